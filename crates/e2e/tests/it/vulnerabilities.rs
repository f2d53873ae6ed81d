//! Mistakes that other object stores made with identities, replayed against a real server: one test for each class.
//! `docs/vulnerabilities.md` has the table.

mod addresses;
mod logs;

use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use e2e::{Larder, Reply, Signer, binary, exchange, now_s, scratch_folder};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::tokens::{ITEM_WRITE, STORAGE_READ, STORAGE_WRITE, Token, call, make, result, secret, wanted};

/// A temporary credential that was made over REST.
pub(crate) fn temporary(larder: &Larder, parent: &str, permission: &str) -> Signer {
    let bucket = &larder.bucket;
    let document = json!({ "bucket": bucket, "parentAccessKeyId": parent, "permission": permission });
    let made = result(larder, "POST", "/r2/temp-access-credentials", &document);
    let text = |name: &str| made[name].as_str().expect("a text").to_owned();
    let host = larder.address.to_string();
    let mut signer = Signer::new(&host, &text("accessKeyId"), &text("secretAccessKey"));
    signer.session_token = Some(text("sessionToken"));
    signer
}

fn send(larder: &Larder, signer: &Signer, method: &str, path: &str, body: &[u8]) -> Reply {
    signer.send(larder.address, method, path, &[], &[], body)
}

fn verdict(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

/// A token that may read and write the objects of one bucket.
pub(crate) fn bound(larder: &Larder, bucket: &str) -> Token {
    let mut document = wanted(larder, ITEM_WRITE);
    let name = format!("com.cloudflare.edge.r2.bucket.{}_default_{bucket}", larder.account);
    document["policies"][0]["resources"] = json!({ name: "*" });
    make(larder, &document)
}

/// Classes of CVE-2024-24747 and CVE-2025-62506 (MinIO).
#[test]
fn a_child_is_never_wider_than_its_parent() {
    let larder = Larder::dev();
    let admin = larder.signer();
    assert_eq!(send(&larder, &admin, "PUT", "/user-uploads/a", b"a").status, 200);
    assert_eq!(send(&larder, &admin, "PUT", "/other-bucket", b"").status, 200);
    assert_eq!(send(&larder, &admin, "PUT", "/other-bucket/a", b"a").status, 200);
    let parent = bound(&larder, &larder.bucket);

    // it is not made wider
    for permission in ["admin-read-write", "admin-read-only"] {
        let document =
            json!({ "bucket": larder.bucket, "parentAccessKeyId": parent.id, "permission": permission });
        let path = "/r2/temp-access-credentials";
        assert_eq!(call(&larder, &larder.api_token, "POST", path, &document).status, 400, "{permission}");
    }
    // and when its parent makes it so by itself, it is not: each of these is signed by the parent's own secret
    for (bucket, scope) in [
        ("user-uploads", "admin-read-write"),
        ("other-bucket", "admin-read-write"),
        ("other-bucket", "object-read-only"),
    ] {
        let claims = claims(&larder, &parent.id, bucket, scope);
        let child = forged(&larder, &parent.id, HEADER, &claims, secret(&parent.value).as_bytes());
        let denied = verdict(403, "AccessDenied");
        for (method, path) in [("GET", "/"), ("GET", "/other-bucket/a"), ("PUT", "/new-bucket")] {
            assert_eq!(
                send(&larder, &child, method, path, b"").verdict(),
                denied,
                "{claims} {method} {path}"
            );
        }
        let cors = child.send(larder.address, "GET", "/user-uploads", &[("cors", "")], &[], b"");
        assert_eq!(cors.verdict(), denied, "{claims}");
        let expected = if bucket == "user-uploads" { 200 } else { 403 };
        assert_eq!(send(&larder, &child, "GET", "/user-uploads/a", b"").status, expected, "{claims}");
    }

    // what its parent loses, it loses
    let child = temporary(&larder, &parent.id, "object-read-write");
    assert_eq!(send(&larder, &child, "PUT", "/user-uploads/b", b"b").status, 200);
    let mut narrower = wanted(&larder, "6a018a9f2fc74eb6b293b0c548f38b39");
    let name = format!("com.cloudflare.edge.r2.bucket.{}_default_user-uploads", larder.account);
    narrower["policies"][0]["resources"] = json!({ name: "*" });
    result(&larder, "PUT", &format!("/tokens/{}", parent.id), &narrower);
    assert_eq!(send(&larder, &child, "PUT", "/user-uploads/b", b"b").verdict(), verdict(403, "AccessDenied"));
    assert_eq!(send(&larder, &child, "GET", "/user-uploads/b", b"").status, 200);

    // a child has no part in the REST API, and a token that manages none makes none
    let token = child.session_token.as_deref().expect("a token");
    for bearer in [token, child.secret.as_str()] {
        assert_eq!(call(&larder, bearer, "GET", "/tokens", &Value::Null).status, 401);
    }
    let reader = make(&larder, &wanted(&larder, STORAGE_READ));
    let refused = call(&larder, &reader.value, "POST", "/tokens", &wanted(&larder, STORAGE_WRITE));
    assert_eq!(refused.status, 403, "{}", refused.text());
    let own = format!("/tokens/{}", reader.id);
    assert_eq!(call(&larder, &reader.value, "PUT", &own, &wanted(&larder, STORAGE_WRITE)).status, 403);
    assert_eq!(call(&larder, &reader.value, "PUT", &format!("{own}/value"), &json!({})).status, 403);
}

const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

fn claims(larder: &Larder, issuer: &str, bucket: &str, scope: &str) -> Value {
    let now = now_s();
    json!({
        "sub": larder.account, "iss": issuer, "aud": larder.address.to_string(),
        "iat": now, "exp": now + 900, "bucket": bucket, "scope": scope,
    })
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any key");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// The credential of a token as anybody can write one: what it is signed with follows from its text.
fn of_jwt(larder: &Larder, id: &str, jwt: &str) -> Signer {
    let mut signer = Signer::new(&larder.address.to_string(), id, &secret(jwt));
    signer.session_token = Some(STANDARD.encode(format!("jwt/{jwt}")));
    signer
}

fn forged(larder: &Larder, id: &str, header: &str, claims: &Value, key: &[u8]) -> Signer {
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims.to_string()));
    let signature = URL_SAFE_NO_PAD.encode(mac(key, &signed));
    of_jwt(larder, id, &format!("{signed}.{signature}"))
}

/// Classes of the RustFS advisories 5qfg, jxrr, ccrv, 48rf, xvfh and m77q: temporary tokens that anybody could make.
#[test]
fn forged_and_tampered_tokens_are_refused() {
    let larder = Larder::dev();
    assert_eq!(send(&larder, &larder.signer(), "PUT", "/user-uploads/a", b"a").status, 200);
    let (admin, other) = (&larder.access_key_id, bound(&larder, &larder.bucket));
    let claims = claims(&larder, admin, "user-uploads", "admin-read-write");
    let right = larder.secret.as_bytes();
    let good = forged(&larder, admin, HEADER, &claims, right);
    let get = |signer: &Signer| send(&larder, signer, "GET", "/user-uploads/a", b"").verdict();
    assert_eq!(get(&good), verdict(200, ""), "the forger knows how");

    let others = secret(&other.value);
    let childs = good.secret.clone();
    for (what, key) in [
        ("no key", &b""[..]),
        ("the account's id", larder.account.as_bytes()),
        ("the access key id", admin.as_bytes()),
        ("another token's secret", others.as_bytes()),
        ("another token's value", other.value.as_bytes()),
        ("its child's secret", childs.as_bytes()),
        ("the token's value, not its hash", larder.api_token.as_bytes()),
        ("the secret in capitals", &larder.secret.to_uppercase().into_bytes()),
    ] {
        let signer = forged(&larder, admin, HEADER, &claims, key);
        assert_eq!(get(&signer), verdict(400, "InvalidToken"), "signed with {what}");
    }
    for header in [
        r#"{"alg":"none","typ":"JWT"}"#,
        r#"{"alg":"None"}"#,
        r#"{"alg":"HS512","typ":"JWT"}"#,
        r#"{"alg":"RS256","typ":"JWT"}"#,
        r#"{"alg":"hs256"}"#,
        r#"{"alg":"HS256","alg":"none"}"#,
        r#"{"alg":"HS256","crit":["exp"]}"#,
        r#"{"typ":"JWT"}"#,
        "",
    ] {
        assert_eq!(
            get(&forged(&larder, admin, header, &claims, right)),
            verdict(400, "InvalidToken"),
            "{header}"
        );
    }
    // the right signature under other words, and other signatures under the right words
    let session = STANDARD.decode(good.session_token.as_deref().expect("a token")).expect("base64");
    let session = String::from_utf8(session).expect("text");
    let jwt = session.strip_prefix("jwt/").expect("a JWT");
    let (signed, signature) = jwt.rsplit_once('.').expect("three parts");
    let (header, _) = signed.split_once('.').expect("three parts");
    for (name, value) in
        [("exp", json!(now_s() + 90_000)), ("bucket", json!("other-bucket")), ("iss", json!(other.id))]
    {
        let mut wider = claims.clone();
        wider[name] = value;
        let payload = URL_SAFE_NO_PAD.encode(wider.to_string());
        let signer = of_jwt(&larder, admin, &format!("{header}.{payload}.{signature}"));
        assert_eq!(get(&signer), verdict(400, "InvalidToken"), "{name}");
    }
    let flipped = if signature.starts_with('A') { "B" } else { "A" };
    for changed in [
        format!("{signed}."),
        signed.to_owned(),
        format!("{signed}.{}", &signature[..signature.len() - 1]),
        format!("{signed}.{signature}A"),
        format!("{signed}.{flipped}{}", &signature[1..]),
        format!("{signed}.{signature}.{signature}"),
        format!(".{}.{signature}", signed.split_once('.').expect("three parts").1),
    ] {
        assert_eq!(get(&of_jwt(&larder, admin, &changed)), verdict(400, "InvalidToken"), "{changed}");
    }
    // the token of one key under the id of another, and of one that nobody has
    for (id, expected) in
        [(other.id.as_str(), verdict(400, "InvalidToken")), (&"0".repeat(32), verdict(401, "Unauthorized"))]
    {
        assert_eq!(get(&Signer { access_key_id: id.to_owned(), ..good.clone() }), expected);
    }
    let expired = json!({ "iat": now_s() - 1_000, "exp": now_s() - 1 });
    let mut old = claims.clone();
    old["iat"] = expired["iat"].clone();
    old["exp"] = expired["exp"].clone();
    assert_eq!(get(&forged(&larder, admin, HEADER, &old, right)), verdict(400, "ExpiredToken"));

    // and bearers of the REST API
    let value = larder.api_token.as_str();
    for bearer in [
        admin.as_str(),
        larder.secret.as_str(),
        &value[..value.len() - 1],
        &format!("{value}x"),
        &value.to_uppercase(),
        &value[5..],
        good.session_token.as_deref().expect("a token"),
        jwt,
        "null",
        "undefined",
    ] {
        assert_eq!(call(&larder, bearer, "GET", "/tokens", &Value::Null).status, 401, "{bearer}");
    }
    let target = format!("/client/v4/accounts/{}/tokens", larder.account);
    for name in ["access_token", "token", "api_token", "authorization"] {
        let target = format!("{target}?{name}={value}");
        let reply = exchange(larder.address, "GET", &target, &[("host", &good.host)], b"");
        assert_eq!(reply.status, 400, "{name}");
    }
}

/// Classes of CVE-2026-39360 (RustFS) and versity/versitygw#2225: a copy reads its source without asking.
#[test]
fn a_copy_asks_for_its_source() {
    let larder = Larder::dev();
    let admin = larder.signer();
    assert_eq!(send(&larder, &admin, "PUT", "/private-bucket", b"").status, 200);
    assert_eq!(send(&larder, &admin, "PUT", "/private-bucket/secret", b"the secret").status, 200);
    assert_eq!(send(&larder, &admin, "PUT", "/user-uploads/mine", b"mine").status, 200);
    let token = bound(&larder, &larder.bucket);
    let child = temporary(&larder, &token.id, "object-read-write");
    let begun = admin.send(larder.address, "POST", "/user-uploads/parts", &[("uploads", "")], &[], b"");
    let upload = begun.element("UploadId").expect("an upload");
    let part = [("partNumber", "1"), ("uploadId", upload.as_str())];
    let ways: [(&str, &[(&str, &str)]); 2] = [("/user-uploads/copy", &[]), ("/user-uploads/parts", &part)];
    for signer in [token.signer(&larder), child] {
        for source in [
            "/private-bucket/secret",
            "private-bucket/secret",
            "%2Fprivate-bucket%2Fsecret",
            "/private-bucket/secret?versionId=null",
            "//private-bucket/secret",
            "/user-uploads/../private-bucket/secret",
            "/user-uploads/..%2Fprivate-bucket%2Fsecret",
            "/user-uploads%2F..%2Fprivate-bucket/secret",
            "/user-uploads/%2e%2e/private-bucket/secret",
            "/user-uploads\u{0}/private-bucket/secret",
            "arn:aws:s3:::private-bucket/secret",
            "/private-bucket/none",
            "/missing-bucket/secret",
        ] {
            for (path, query) in ways {
                let header = [("x-amz-copy-source", source)];
                let replies = [
                    signer.send(larder.address, "PUT", path, query, &header, b""),
                    // as a parameter of a presigned URL, where SDKs put it
                    presigned(&larder, &signer, path, &[query, &header].concat(), &[]),
                ];
                for reply in replies {
                    assert!((400..500).contains(&reply.status), "{source} {path}: {}", reply.text());
                }
            }
            let copy = send(&larder, &admin, "GET", "/user-uploads/copy", b"");
            assert_eq!(copy.status, 404, "{source}: {}", copy.text());
        }
        // its own it may
        for (path, query) in ways {
            let header = [("x-amz-copy-source", "/user-uploads/mine")];
            assert_eq!(signer.send(larder.address, "PUT", path, query, &header, b"").status, 200, "{path}");
        }
        assert_eq!(send(&larder, &admin, "DELETE", "/user-uploads/copy", b"").status, 204);
    }
    // whoever has an admin's URL for an upload does not make it a copy
    for (path, query) in ways {
        let reply =
            presigned(&larder, &admin, path, query, &[("x-amz-copy-source", "/private-bucket/secret")]);
        assert_eq!(reply.status, 403, "{path}: {}", reply.text());
    }
    let listed = admin.send(larder.address, "GET", "/user-uploads/parts", &part[1..], &[], b"");
    let mine = format!("<Size>{}</Size>", "mine".len());
    assert!(
        listed.text().matches("<Part>").count() == 1 && listed.text().contains(&mine),
        "{}",
        listed.text()
    );
}

fn presigned(
    larder: &Larder,
    signer: &Signer,
    path: &str,
    query: &[(&str, &str)],
    headers: &[(&str, &str)],
) -> Reply {
    let target = signer.presign("PUT", path, query);
    let host = [("host", signer.host.as_str())];
    exchange(larder.address, "PUT", &target, &[&host, headers].concat(), b"")
}

/// Classes of CVE-2023-28432 (MinIO) and RustFS j59h: a key that everybody knows.
#[test]
fn there_are_no_default_credentials() {
    let (larder, another) = (Larder::dev(), Larder::dev());
    for (mine, theirs) in [
        (&larder.access_key_id, &another.access_key_id),
        (&larder.secret, &another.secret),
        (&larder.api_token, &another.api_token),
        (&larder.account, &another.account),
    ] {
        assert_ne!(mine, theirs);
    }
    let (own, foreign) = (larder.signer(), another.signer());
    let stolen = Signer { host: own.host.clone(), ..foreign };
    assert_eq!(send(&larder, &stolen, "GET", "/", b"").verdict(), verdict(401, "Unauthorized"));
    for (id, password) in [
        ("", ""),
        ("minioadmin", "minioadmin"),
        ("rustfsadmin", "rustfsadmin"),
        ("admin", "admin"),
        ("larder", "larder"),
        ("root", "root"),
        ("test", "test"),
        ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        (&larder.access_key_id, ""),
        (&larder.access_key_id, &larder.access_key_id),
        (&larder.account, &larder.account),
    ] {
        let signer = Signer::new(&own.host, id, password);
        let reply = send(&larder, &signer, "GET", "/", b"");
        assert!((400..=403).contains(&reply.status), "{id}: {}", reply.text());
        if !password.is_empty() {
            assert_eq!(call(&larder, password, "GET", "", &Value::Null).status, 401, "{password}");
        }
    }
    for file in ["credentials.toml", "token-key"] {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(larder.data().join(file)).expect("is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    // in production there is none that nobody gave it
    for tokens in ["", "[[token]]\n", "token = []\n"] {
        let folder = scratch_folder();
        let said = refused_start(folder.path(), tokens);
        assert!(said.contains("token") || said.contains("credentials"), "{said}");
    }
}

/// What `larder serve` says when it does not start with such a credentials file.
fn refused_start(folder: &Path, tokens: &str) -> String {
    use std::os::unix::fs::OpenOptionsExt as _;
    let (config, credentials) = (folder.join("larder.toml"), folder.join("credentials.toml"));
    let mut file = std::fs::OpenOptions::new();
    let file = file.write(true).create(true).mode(0o600).open(&credentials).expect("is made");
    std::io::Write::write_all(&mut &file, tokens.as_bytes()).expect("is written");
    let text = format!(
        "data = {:?}\nhosts = [\"localhost\"]\nlisten = \"127.0.0.1:0\"\ncredentials = {credentials:?}\n",
        folder.join("data")
    );
    std::fs::write(&config, text).expect("is written");
    let output = Command::new(binary()).args(["serve", "--config"]).arg(&config).output().expect("runs");
    assert!(!output.status.success(), "it started with {tokens:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Classes of CVE-2023-28432 (MinIO), RustFS jqmc, 8784 and f5cv: what a server tells of itself to anybody.
#[test]
fn nothing_is_told_without_authentication() {
    let larder = Larder::dev_with(&[("LARDER_TEST_MARK", "a-mark-in-the-environment")]);
    let signer = larder.signer();
    let data = larder.data().display().to_string();
    let hidden = [
        larder.account.as_str(),
        &larder.access_key_id,
        &larder.secret,
        &larder.api_token,
        &data,
        "a-mark-in-the-environment",
        "user-uploads",
    ];
    for path in [
        "/",
        "/debug/pprof/",
        "/debug/vars",
        "/metrics",
        "/minio/v2/metrics/cluster",
        "/minio/bootstrap/v1/verify",
        "/minio/health/cluster",
        "/minio/admin/v3/info",
        "/rustfs/admin/v3/info",
        "/rustfs/rpc/",
        "/v1/status",
        "/v2/GetClusterStatus",
        "/admin",
        "/_internal",
        "/server-status",
        "/.env",
        "/client/v4/accounts",
        "/client/v4/user/tokens/verify",
        "/client/v4/user/tokens",
        "/client/v4/graphql",
        "/client/v4/",
    ] {
        for method in ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "TRACE"] {
            for host in [signer.host.clone(), format!("api.localhost:{}", larder.address.port())] {
                let reply = exchange(larder.address, method, path, &[("host", &host)], b"");
                assert!(reply.status >= 400, "{method} {host}{path}: {}", reply.status);
                let told = format!("{:?} {}", reply.headers, reply.text());
                for secret in hidden {
                    assert!(!told.contains(secret), "{method} {host}{path}: {told}");
                }
                assert!(reply.header("server").is_none() && reply.header("x-powered-by").is_none());
                assert!(!told.contains(env!("CARGO_MANIFEST_DIR")) && !told.contains(".rs:"), "{told}");
            }
        }
    }
}
