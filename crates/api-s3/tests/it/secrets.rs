//! What must never be in a reply: a secret, or a header that the client wrote.

use proptest::prelude::*;

use crate::fixture::*;

/// Every way to be refused, and every way to be answered, with each key.
fn asks() -> Vec<Ask> {
    let mut asks = Vec::new();
    for key in KEYS {
        let forged = Key { secret: "not-a-secret-of-anybody", ..key };
        for method in ["GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS", "PATCH"] {
            for path in ["/", "/inside", "/inside/k", "/missing/k", "/No", "/inside/%zz"] {
                let ask = ask(method, path);
                asks.extend([
                    ask.clone().by(key),
                    ask.clone().by(key).presigned(),
                    ask.clone().by(forged),
                    ask.clone().by(forged).presigned(),
                    ask.clone().by(key).presigned().signed_for("example.org"),
                    ask.clone().by(key).expires(1).signed_ago(10),
                    ask.clone().by(key).presigned().unsigned("x-amz-copy-source", "/inside/k"),
                    ask.by(key).query("cors", ""),
                ]);
            }
        }
    }
    asks
}

#[tokio::test]
async fn no_reply_holds_a_secret() {
    let world = World::new().await;
    world.send(&put("/inside/k", "v")).await;
    for ask in asks() {
        let answer = world.send(&ask).await;
        let reply = format!("{:?} {}", answer.headers, answer.text());
        for key in KEYS {
            assert!(!reply.contains(key.secret), "{} {}: {reply}", ask.method, ask.path);
            let hex: String = key.secret.bytes().map(|byte| format!("{byte:02x} ")).collect();
            assert!(!reply.contains(hex.trim()), "{} {}: {reply}", ask.method, ask.path);
        }
    }
}

/// A signature that was computed here, were it shown, would sign whatever a stranger asks for.
#[tokio::test]
async fn no_reply_holds_the_right_signature() {
    let world = World::new().await;
    let good = get("/inside/k").presigned().request(world.now_s()).uri().to_string();
    let right = good.split("X-Amz-Signature=").nth(1).unwrap().to_owned();
    let forged = get("/inside/k").presigned().by(Key { secret: "not-the-admins-secret", ..ADMIN });
    let answer = world.send(&forged).await;
    assert_eq!(answer.verdict(), verdict(403, "SignatureDoesNotMatch"));
    assert!(!answer.text().contains(&right));
}

/// What was signed is shown, but for what opens an object.
#[tokio::test]
async fn no_reply_holds_a_customers_key() {
    const NAME: &str = "x-amz-server-side-encryption-customer-key";
    const VALUE: &str = "c2FpbG9yIGplcnJ5IHNhaWxvciBqZXJyeSBzYWlsb3I=";
    let world = World::new().await;
    let forged = Key { secret: "not-the-admins-secret", ..ADMIN };
    for ask in [
        get("/inside/k").header(NAME, VALUE),
        get("/inside/k").header(NAME, VALUE).presigned(),
        get("/inside/k").query(NAME, VALUE).presigned(),
        put("/inside/k", "").header(&NAME.replace("amz-", "amz-copy-source-"), VALUE),
    ] {
        let answer = world.send(&ask.by(forged)).await;
        assert_eq!(answer.verdict(), verdict(403, "SignatureDoesNotMatch"));
        assert!(answer.element("CanonicalRequest").contains("-customer-key"), "{}", answer.text());
        assert!(!answer.text().contains("c2FpbG9y"), "{}", answer.text());
        assert!(!answer.text().contains("63 32 46 70 62 47 39 79"), "{}", answer.text());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever a client writes into a key, a parameter, metadata or an origin: no reply gets a header of its making, and
    /// nothing panics.
    #[test]
    fn replies_cannot_be_split(text in "(\\PC|[\r\n\t\0<>&\"':]){0,40}", name in "[a-z-]{1,8}") {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let world = World::new().await;
            let rule = "<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>";
            world.cors("/inside", rule).await;
            let evil = format!("{text}\r\nset-cookie: {name}=1\r\n\r\n<script>");
            let path = format!("/inside/{}", sigv4::uri_encode(evil.as_bytes(), false));
            let asks = [
                put(&path, "v").presigned().query("x-amz-meta-a", &evil),
                put(&path, "v").presigned().query("x-amz-meta-a", &text),
                put(&path, "v").presigned().query("Content-Type", &evil),
                put(&path, "v"),
                get(&path),
                get(&path).query("response-content-type", &evil),
                get(&path).query("response-content-disposition", &text),
                get(&path).query("versionId", &evil),
                get("/inside").query("prefix", &evil).query("delimiter", &text),
                get("/inside").query("list-type", "2").query("start-after", &evil).query("continuation-token", &text),
                get("/inside").query("encoding-type", &evil),
                get("/inside").query(&evil, "x"),
                get("/").query("prefix", &evil).query("start-after", &text),
                get("/").query("continuation-token", &evil),
                delete(&path).query(&text, &evil),
            ];
            for ask in asks {
                let answer = world.send(&ask).await;
                assert_eq!(answer.header("set-cookie"), None);
                assert!(answer.status < 500 || answer.status == 501, "{}", answer.text());
                let control = |value: &http::HeaderValue| value.as_bytes().iter().any(|b| *b < 0x20 && *b != b'\t');
                assert!(!answer.headers.values().any(control), "{:?}", answer.headers);
                let is_xml = answer.header("content-type").as_deref() == Some("application/xml");
                assert!(!is_xml || !answer.text().contains("<script>"), "{}", answer.text());
            }
        });
    }
}
