//! Secrets in logs: a server at each level of logging, sent every kind of request, and its log searched for each secret.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use e2e::{Curl, Larder, Signer, exchange};
use serde_json::{Value, json};

use super::{bound, send, temporary};
use crate::tokens::{STORAGE_READ, call, make, result, secret, wanted};

/// A customer's key for encryption.
const KEY: [u8; 32] = *b"a key that only a customer holds";

/// Everything that must not be in a log, each with what it is.
struct Secrets(Vec<(&'static str, String)>);

impl Secrets {
    fn add(&mut self, what: &'static str, text: &str) {
        assert!(text.len() >= 16, "{what}");
        self.0.push((what, text.to_owned()));
    }
}

/// Requests of a signer in every way of signing, right and wrong.
fn use_it(larder: &Larder, signer: &Signer, secrets: &mut Secrets) {
    assert_eq!(send(larder, signer, "PUT", "/user-uploads/a", b"x").status, 200);
    assert_eq!(send(larder, signer, "GET", "/user-uploads/missing", b"").status, 404);
    assert_eq!(send(larder, signer, "GET", "/no-such-bucket/a", b"").status / 100, 4);
    let target = signer.presign("GET", "/user-uploads/a", &[]);
    let signature = target.split("X-Amz-Signature=").nth(1).and_then(|rest| rest.split('&').next());
    secrets.add("the signature of a URL that is still good", signature.expect("is signed"));
    let host = [("host", signer.host.as_str())];
    assert_eq!(exchange(larder.address, "GET", &target, &host, b"").status, 200);
    let url = format!("http://{}{target}", signer.host);
    assert_eq!(Curl::http2(larder.address).send("GET", &url, &[], b"").status, 200);
    // one that is changed, and one that is sent where it is not for
    for target in [
        target.replace("/a?", "/b?"),
        target.replace("/user-uploads", "/%zz"),
        target.replace("X-Amz-Date", "X-Date"),
    ] {
        assert_eq!(exchange(larder.address, "GET", &target, &host, b"").status / 100, 4);
    }
    assert_eq!(exchange(larder.address, "GET", &target, &[("host", "elsewhere.example")], b"").status, 404);
    let wrong = Signer { secret: format!("{}x", signer.secret), ..signer.clone() };
    assert_eq!(send(larder, &wrong, "GET", "/user-uploads/a", b"").status, 403);
    // the secret in places where a program by mistake might put it
    let header = [("authorization", signer.secret.as_str()), host[0]];
    assert_eq!(exchange(larder.address, "GET", "/user-uploads/a", &header, b"").status / 100, 4);
    let as_id = Signer { access_key_id: signer.secret.clone(), ..signer.clone() };
    assert_eq!(send(larder, &as_id, "GET", "/user-uploads/a", b"").status / 100, 4);
    let (_, mut headers) = signer.sign("GET", "/user-uploads/a", &[], &[], b"");
    headers.retain(|(name, _)| name != "host");
    let url = format!("http://{}/user-uploads/a", signer.host);
    assert_eq!(Curl::http2(larder.address).send("GET", &url, &headers, b"").status, 200);
}

fn use_rest(larder: &Larder, bearer: &str) {
    for (method, path) in
        [("GET", "/r2/buckets"), ("GET", "/tokens/none"), ("POST", "/r2/buckets"), ("GET", "/tokens/verify")]
    {
        let _ = call(larder, bearer, method, path, &json!({ "name": 7, "value": bearer }));
    }
    let target = format!("/client/v4/accounts/{}/r2/buckets?token={bearer}", larder.account);
    let host = larder.address.to_string();
    let _ = exchange(larder.address, "GET", &target, &[("host", &host)], b"");
    let header = [("Authorization".to_owned(), format!("Bearer {bearer}"))];
    let url = format!("{}/client/v4/accounts/{}/r2/buckets", larder.endpoint(), larder.account);
    let _ = Curl::http2(larder.address).send("GET", &url, &header, b"");
}

fn every_kind_of_request(larder: &Larder) -> Secrets {
    let mut secrets = Secrets(Vec::new());
    secrets.add("the secret of the file's token", &larder.secret);
    secrets.add("the value of the file's token", &larder.api_token);
    use_it(larder, &larder.signer(), &mut secrets);
    use_rest(larder, &larder.api_token);
    let token = bound(larder, &larder.bucket);
    secrets.add("a stored token's value", &token.value);
    secrets.add("a stored token's secret", &secret(&token.value));
    use_it(larder, &token.signer(larder), &mut secrets);
    use_rest(larder, &token.value);
    let child = temporary(larder, &token.id, "object-read-write");
    let session = child.session_token.clone().expect("a token");
    secrets.add("a temporary secret", &child.secret);
    secrets.add("a session token", &session);
    let jwt = STANDARD.decode(&session).expect("base64");
    let jwt = String::from_utf8(jwt[4..].to_vec()).expect("text");
    secrets.add("the token in a session token", &jwt);
    secrets.add("the signature of a session token", jwt.rsplit('.').next().expect("three parts"));
    use_it(larder, &child, &mut secrets);
    use_rest(larder, &session);
    for broken in [session.replace('J', "K"), session[..session.len() / 2].to_owned()] {
        let signer = Signer { session_token: Some(broken), ..child.clone() };
        assert_eq!(send(larder, &signer, "GET", "/user-uploads/a", b"").status, 400);
    }
    let path = format!("/tokens/{}", token.id);
    let rolled = result(larder, "PUT", &format!("{path}/value"), &json!({}));
    let rolled = rolled.as_str().expect("a text");
    secrets.add("a rolled value", rolled);
    secrets.add("the secret of a rolled value", &secret(rolled));
    let reader = make(larder, &wanted(larder, STORAGE_READ));
    secrets.add("an admin's value", &reader.value);
    use_rest(larder, &reader.value);
    for document in [json!({ "name": reader.value }), json!({ reader.value.clone(): 1 })] {
        assert_eq!(call(larder, &larder.api_token, "POST", "/tokens", &document).status, 400);
    }
    // out of use
    result(larder, "DELETE", &path, &Value::Null);
    assert_eq!(send(larder, &child, "GET", "/user-uploads/a", b"").status, 401);
    let key = STANDARD.encode(KEY);
    secrets.add("a customer's key", &key);
    let headers = [
        ("x-amz-server-side-encryption-customer-algorithm", "AES256"),
        ("x-amz-server-side-encryption-customer-key", key.as_str()),
        ("x-amz-server-side-encryption-customer-key-MD5", "bm90IGl0cyBoYXNoISEhIQ=="),
    ];
    let signer = larder.signer();
    let reply = signer.send(larder.address, "PUT", "/user-uploads/sealed", &[], &headers, b"x");
    assert_eq!(reply.status, 400, "{}", reply.text());
    secrets
}

/// Classes of the RustFS advisories r54g, 8cm2, 333v and 796f.
#[test]
fn no_log_holds_a_secret() {
    for level in ["error", "warn", "info", "debug", "trace"] {
        let mut larder = Larder::dev_with(&[("LARDER_LOG", level)]);
        let secrets = every_kind_of_request(&larder);
        assert!(larder.terminate(), "it ends well");
        let log = larder.log();
        assert_eq!(log.contains("refused"), !matches!(level, "error" | "warn"), "{level}");
        for (what, secret) in &secrets.0 {
            let line = log.lines().find(|line| line.contains(secret.as_str()));
            assert_eq!(line, None, "{level}: {what} is in the log");
            let bytes = format!("{:?}", secret.as_bytes());
            assert!(!log.contains(bytes.trim_matches(['[', ']'])), "{level}: {what} is in the log, as bytes");
        }
    }
}
