//! API tokens end to end: made over REST, used by SDKs and on connections that stay open, ended at once, kept by a restart.

use std::path::Path;

use e2e::{Client, Larder, Reply, Signer, exchange, run_script};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::clients::python;

/// R2's permission groups.
pub(crate) const STORAGE_WRITE: &str = "bf7481a1826f439697cb59a20b22293e";
pub(crate) const STORAGE_READ: &str = "b4992e1108244f5d8bfbd5744320c2e1";
pub(crate) const ITEM_WRITE: &str = "2efd5506f9c8494dacb1fa10a3e7d5b6";

/// A token that was made over REST.
pub(crate) struct Token {
    pub(crate) id: String,
    pub(crate) value: String,
}

impl Token {
    /// Signs with its key pair.
    pub(crate) fn signer(&self, larder: &Larder) -> Signer {
        Signer::new(&larder.address.to_string(), &self.id, &secret(&self.value))
    }
}

/// The secret access key of a token's value.
pub(crate) fn secret(value: &str) -> String {
    Sha256::digest(value.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A REST call below the account, with a bearer.
pub(crate) fn call(larder: &Larder, bearer: &str, method: &str, path: &str, document: &Value) -> Reply {
    let (host, bearer) = (larder.address.to_string(), format!("Bearer {bearer}"));
    let headers = [("host", host.as_str()), ("authorization", bearer.as_str())];
    let body = if document.is_null() { String::new() } else { document.to_string() };
    let target = format!("/client/v4/accounts/{}{path}", larder.account);
    exchange(larder.address, method, &target, &headers, body.as_bytes())
}

/// The result of a call of the admin's that succeeds.
pub(crate) fn result(larder: &Larder, method: &str, path: &str, document: &Value) -> Value {
    let reply = call(larder, &larder.api_token, method, path, document);
    assert_eq!(reply.status, 200, "{method} {path}: {}", reply.text());
    serde_json::from_slice::<Value>(&reply.body).expect("JSON")["result"].clone()
}

/// The document of a token with one group, on the account or on all buckets.
pub(crate) fn wanted(larder: &Larder, group: &str) -> Value {
    let within = json!({ "com.cloudflare.edge.r2.bucket.*": "*" });
    let what = if group == ITEM_WRITE { within } else { json!("*") };
    let resources = json!({ format!("com.cloudflare.api.account.{}", larder.account): what });
    let policy = json!({ "effect": "allow", "resources": resources, "permission_groups": [{ "id": group }] });
    json!({ "name": "app", "policies": [policy] })
}

/// Makes a token.
pub(crate) fn make(larder: &Larder, document: &Value) -> Token {
    let made = result(larder, "POST", "/tokens", document);
    let text = |name: &str| made[name].as_str().expect("a text").to_owned();
    Token { id: text("id"), value: text("value") }
}

/// One request on an open connection: its verdict.
fn put(client: &mut Client, signer: &Signer) -> (u16, String) {
    let (target, headers) = signer.sign("PUT", "/user-uploads/a", &[], &[], b"x");
    let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    client.request("PUT", &target, &headers, b"x").expect("a reply").verdict()
}

fn verdict(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[test]
fn a_token_ends_at_once_on_a_connection_that_stays_open() {
    let larder = Larder::dev();
    let token = make(&larder, &wanted(&larder, ITEM_WRITE));
    let path = format!("/tokens/{}", token.id);
    let mut signer = token.signer(&larder);
    let mut client = Client::connect(larder.address).expect("connects");
    let last_used = || result(&larder, "GET", &path, &Value::Null)["last_used_on"].clone();
    let stranger = Signer { secret: secret("not its value"), ..signer.clone() };
    assert_eq!(put(&mut client, &stranger), verdict(403, "SignatureDoesNotMatch"));
    assert!(last_used().is_null(), "who has not its secret does not use it");
    assert_eq!(put(&mut client, &signer), verdict(200, ""));
    assert!(last_used().is_string());
    let with_status = |status: &str| {
        let mut document = wanted(&larder, ITEM_WRITE);
        document["status"] = json!(status);
        result(&larder, "PUT", &path, &document);
    };
    for _ in 0..2 {
        with_status("disabled");
        assert_eq!(put(&mut client, &signer), verdict(401, "Unauthorized"));
        with_status("active");
        assert_eq!(put(&mut client, &signer), verdict(200, ""));
    }
    let rolled = result(&larder, "PUT", &format!("{path}/value"), &json!({}));
    assert_eq!(put(&mut client, &signer), verdict(403, "SignatureDoesNotMatch"));
    signer.secret = secret(rolled.as_str().expect("a text"));
    assert_eq!(put(&mut client, &signer), verdict(200, ""));
    result(&larder, "DELETE", &path, &Value::Null);
    assert_eq!(put(&mut client, &signer), verdict(401, "Unauthorized"));

    // and as a bearer
    let admin = make(&larder, &wanted(&larder, STORAGE_READ));
    let (host, bearer) = (larder.address.to_string(), format!("Bearer {}", admin.value));
    let headers = [("host", host.as_str()), ("authorization", bearer.as_str())];
    let target = format!("/client/v4/accounts/{}/r2/buckets", larder.account);
    let mut list = || client.request("GET", &target, &headers, b"").expect("a reply").status;
    assert_eq!(list(), 200);
    result(&larder, "DELETE", &format!("/tokens/{}", admin.id), &Value::Null);
    assert_eq!(list(), 401);
}

#[test]
fn tokens_live_through_a_restart_and_a_kill() {
    let mut larder = Larder::dev();
    let [kept, off, gone] = [(); 3].map(|()| make(&larder, &wanted(&larder, ITEM_WRITE)));
    let mut document = wanted(&larder, ITEM_WRITE);
    document["status"] = json!("disabled");
    result(&larder, "PUT", &format!("/tokens/{}", off.id), &document);
    result(&larder, "DELETE", &format!("/tokens/{}", gone.id), &Value::Null);
    for graceful in [true, false] {
        if graceful {
            assert!(larder.terminate());
        }
        larder = larder.restarted();
        for (token, expected) in [(&kept, 200), (&off, 401), (&gone, 401)] {
            let mut client = Client::connect(larder.address).expect("connects");
            assert_eq!(put(&mut client, &token.signer(&larder)).0, expected);
        }
        let listed = result(&larder, "GET", "/tokens", &Value::Null);
        assert_eq!(listed.as_array().map(Vec::len), Some(2), "{listed}");
    }
}

fn said_ok(said: &str) -> usize {
    said.lines().filter(|line| line.starts_with("ok tokens: ")).count()
}

#[test]
fn aws_sdk_js_v3_with_tokens_made_over_rest() {
    let larder = Larder::dev();
    let said = run_script(&larder, Path::new("node"), &["js/tokens.mjs"], &[]);
    assert_eq!(said_ok(&said), 9, "{said}");
}

#[test]
fn boto3_with_tokens_made_over_rest() {
    let larder = Larder::dev();
    let said = run_script(&larder, &python(), &["python/tokens.py"], &[]);
    assert_eq!(said_ok(&said), 9, "{said}");
}
