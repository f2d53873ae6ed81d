//! Each refusal with its code, its status and its plain words. What a signature covers is `sigv4`'s to test; here it is
//! the reply that counts.

use std::time::Duration;

use crate::fixture::*;

struct Case {
    what: &'static str,
    ask: Ask,
    status: u16,
    code: &'static str,
    message: &'static str,
    hint: &'static str,
}

const fn case(
    what: &'static str,
    ask: Ask,
    (status, code): (u16, &'static str),
    message: &'static str,
    hint: &'static str,
) -> Case {
    Case { what, ask, status, code, message, hint }
}

fn authentication() -> Vec<Case> {
    let key = "/inside/k";
    let stranger = Key { id: "99999999999999999999999999999999", secret: "x" };
    let forger = Key { secret: "not-the-admins-secret", ..ADMIN };
    vec![
        case("unsigned", get(key).anonymous(), (400, "InvalidArgument"), "Authorization", "not signed"),
        case("unknown key", get(key).by(stranger), (401, "Unauthorized"), "Unauthorized", ""),
        case(
            "unknown key, URL",
            get(key).by(stranger).presigned(),
            (401, "Unauthorized"),
            "Unauthorized",
            "",
        ),
        case("wrong secret", get(key).by(forger), (403, "SignatureDoesNotMatch"), "does not match", ""),
        case(
            "expired",
            get(key).expires(60).signed_ago(72),
            (403, "ExpiredRequest"),
            "Request has expired",
            "12 s",
        ),
        case("no time", get(key).expires(0), (403, "ExpiredRequest"), "Request has expired", ""),
        case(
            "over a week",
            get(key).expires(604_801),
            (400, "InvalidArgument"),
            "less than 604800 seconds",
            "",
        ),
        case(
            "from the future",
            get(key).presigned().signed_ago(-960),
            (403, "AccessDenied"),
            "not yet valid",
            "16 min",
        ),
        case(
            "slow clock",
            get(key).signed_ago(21 * 60),
            (403, "RequestTimeTooSkewed"),
            "too large",
            "21 min",
        ),
        case(
            "other host",
            get(key).signed_for("example.org:9000"),
            (403, "SignatureDoesNotMatch"),
            "does not match",
            "",
        ),
        case(
            "signature version 2",
            get(key)
                .anonymous()
                .query("AWSAccessKeyId", ADMIN.id)
                .query("Signature", "x")
                .query("Expires", "1"),
            (400, "InvalidRequest"),
            "AWS4-HMAC-SHA256",
            "Signature Version 2",
        ),
        case(
            "unsigned header on a URL",
            put(key, "v").presigned().unsigned("x-amz-copy-source", "/outside/secret"),
            (403, "AccessDenied"),
            "not signed",
            "x-amz-copy-source",
        ),
        case(
            "unsigned header beside a signature",
            put(key, "v").unsigned("x-amz-copy-source", "/outside/secret"),
            (403, "AccessDenied"),
            "not signed",
            "x-amz-copy-source",
        ),
        case(
            "unsigned internal header",
            put(key, "v").presigned().unsigned("cf-create-bucket-if-missing", "true"),
            (403, "AccessDenied"),
            "not signed",
            "cf-create-bucket-if-missing",
        ),
        case(
            "unknown framing",
            put(key, "v").payload("STREAMING-UNSIGNED-PAYLOAD"),
            (400, "InvalidArgument"),
            "x-amz-content-sha256 must be",
            "STREAMING-UNSIGNED-PAYLOAD",
        ),
        case(
            "session token on a permanent key",
            get(key).header("x-amz-security-token", "t"),
            (400, "InvalidToken"),
            "malformed or otherwise invalid",
            "not standard base64",
        ),
        case("malformed escape", get("/inside/%zz"), (400, "InvalidURI"), "", "percent escape"),
        case(
            "form upload that is none",
            post("/inside", "form").anonymous(),
            (412, "PreconditionFailed"),
            "",
            "",
        ),
    ]
}

fn requests() -> Vec<Case> {
    let key = "/inside/k";
    let long = format!("/inside/{}", "k".repeat(1_025));
    vec![
        case("no bucket", get("/missing/k"), (404, "NoSuchBucket"), "The specified bucket does not exist.", ""),
        case("no key", get(key), (404, "NoSuchKey"), "The specified key does not exist.", ""),
        case("bad bucket name", get("/No_Bucket/k"), (400, "InvalidBucketName"), "", ""),
        case("short bucket name", put("/ab", ""), (400, "InvalidBucketName"), "", ""),
        case("long key", put(&long, "v"), (400, "KeyTooLongError"), "", ""),
        case("key that is no text", get("/inside/%FF"), (400, "InvalidObjectName"), "", "UTF-8"),
        case("no such route", ask("PATCH", key), (404, "RouteNotFound"), "No route matches this url.", ""),
        case("bucket is there", put("/inside", ""), (409, "BucketAlreadyOwnedByYou"), "and you own it.", ""),
        case("no policy", get("/inside").query("cors", ""), (404, "NoSuchCORSConfiguration"), "does not exist.", ""),
        case("storage class", put(key, "v").header("x-amz-storage-class", "GLACIER"), (400, "InvalidStorageClass"), "", ""),
        case(
            "redirection header",
            put(key, "v").header("x-amz-website-redirect-location", "/b"),
            (501, "NotImplemented"),
            "Header 'x-amz-website-redirect-location' with value '/b' not implemented",
            "",
        ),
        case("not XML", put("/inside", "<a").query("cors", ""), (400, "MalformedXML"), "", ""),
        case("no location", put("/fresh", "x"), (400, "MalformedXML"), "", ""),
        case("no keys", post("/inside", "<Delete></Delete>").query("delete", ""), (400, "MalformedXML"), "", ""),
        case("part number", put(key, "v").query("uploadId", "u").query("partNumber", "0"), (400, "InvalidArgument"), "between 1 and 10000", ""),
        case("page size", get("/inside").query("list-type", "2").query("max-keys", "-1"), (400, "InvalidMaxKeys"), "", ""),
        case("token", get("/inside").query("list-type", "2").query("continuation-token", "?"), (400, "InvalidArgument"), "", ""),
        case(
            "origin without scheme",
            put("/inside", "<CORSConfiguration><CORSRule><AllowedOrigin>localhost:3000</AllowedOrigin><AllowedMethod>PUT</AllowedMethod></CORSRule></CORSConfiguration>").query("cors", ""),
            (400, "InvalidRequest"),
            "Write \"http://localhost:3000\".",
            "",
        ),
    ]
}

#[tokio::test]
async fn codes_statuses_messages_and_hints() {
    let world = World::new().await;
    for Case { what, ask, status, code, message, hint } in authentication().into_iter().chain(requests()) {
        let answer = world.send(&ask).await;
        assert_eq!(answer.verdict(), verdict(status, code), "{what}: {}", answer.text());
        assert!(answer.element("Message").contains(message), "{what}: {}", answer.element("Message"));
        assert!(answer.hint().contains(hint), "{what}: {}", answer.hint());
        assert_eq!(answer.element("Resource"), ask.path, "{what}");
        assert_eq!(Some(answer.element("RequestId")), answer.header("x-amz-request-id"), "{what}");
        assert_eq!(answer.header("content-type").as_deref(), Some("application/xml"), "{what}");
    }
    assert_eq!(world.stored("/inside/k").await, None, "nothing was stored by any of them");
}

#[tokio::test]
async fn a_refused_signature_shows_what_was_signed() {
    let world = World::new().await;
    let forger = Key { secret: "not-the-admins-secret", ..ADMIN };
    let answer = world.send(&get("/inside/k").by(forger)).await;
    let text = answer.text();
    let places: Vec<_> = [
        "StringToSign",
        "StringToSignBytes",
        "CanonicalRequest",
        "CanonicalRequestBytes",
        "SignatureProvided",
    ]
    .iter()
    .map(|element| text.find(&format!("<{element}>")).expect("R2's element"))
    .collect();
    assert!(places.is_sorted(), "in R2's order");
    assert!(
        answer.element("StringToSign").starts_with("AWS4-HMAC-SHA256\n20260101T000000Z\n20260101/auto/s3/")
    );
    assert!(answer.element("CanonicalRequest").starts_with("GET\n/inside/k\n\nhost:localhost:9000\n"));
    assert_eq!(answer.element("SignatureProvided").len(), 64);
}

/// The difference that users meet most is named.
#[tokio::test]
async fn hints_name_the_difference() {
    let world = World::new().await;
    // the signer knew the server by a name it does not have, and a proxy says under which the request arrived
    let proxied =
        get("/inside/k").presigned().signed_for("storage:9000").unsigned("x-forwarded-host", "storage:9000");
    let hint = world.send(&proxied).await.hint();
    assert!(hint.contains("storage:9000") && hint.contains("localhost:9000"), "{hint}");
    let r2 = format!("{ACCOUNT}.r2.cloudflarestorage.com");
    let hint = world.send(&get("/inside/k").presigned().signed_for(&r2)).await.hint();
    assert!(hint.contains(&r2), "{hint}");
    let mut other_type =
        put("/inside/k", "v").presigned().header("content-type", "image/jpeg").request(world.now_s());
    other_type.headers_mut().insert("content-type", "image/jpg".parse().unwrap());
    let answer = world.send_raw(other_type.map(|()| http_body_util::Full::new("v".into()))).await;
    assert_eq!(answer.verdict(), verdict(403, "SignatureDoesNotMatch"));
    assert!(answer.hint().contains("image/jpg"), "{}", answer.hint());
    assert!(answer.hint().to_lowercase().contains("content-type"), "{}", answer.hint());
    let mut other_method = put("/inside/k", "v").presigned().request(world.now_s());
    *other_method.method_mut() = http::Method::GET;
    let answer = world.send_raw(other_method.map(|()| http_body_util::Full::default())).await;
    assert_eq!(answer.verdict(), verdict(403, "SignatureDoesNotMatch"));
    assert!(answer.hint().contains("PUT"), "{}", answer.hint());
}

/// Each of these, changed alone, spoils a presigned URL.
#[tokio::test]
async fn whatever_is_changed_is_refused() {
    let world = World::new().await;
    world.send(&put("/inside/k", "v")).await;
    world.send(&put("/inside/other", "v")).await;
    let good = get("/inside/k").presigned().query("x-id", "GetObject").request(world.now_s());
    let target = good.uri().to_string();
    let signature = target.split("X-Amz-Signature=").nth(1).unwrap();
    let first = if signature.starts_with('0') { '1' } else { '0' };
    let flipped = format!("{first}{}", signature.get(1..).expect("64 digits"));
    let table = [
        ("/inside/k", "/inside/other", 403, "SignatureDoesNotMatch"),
        ("/inside/k", "/outside/k", 403, "SignatureDoesNotMatch"),
        ("/inside/k", "/missing/k", 403, "SignatureDoesNotMatch"),
        ("X-Amz-Expires=300", "X-Amz-Expires=301", 403, "SignatureDoesNotMatch"),
        ("X-Amz-Expires=300", "X-Amz-Expires=abc", 400, "InvalidArgument"),
        ("X-Amz-Expires=300", "X-Amz-Expires=-1", 403, "ExpiredRequest"),
        ("20260101T000000Z", "20260101T000001Z", 403, "SignatureDoesNotMatch"),
        (ADMIN.id, READER.id, 403, "SignatureDoesNotMatch"),
        (ADMIN.id, "ffffffffffffffffffffffffffffffff", 401, "Unauthorized"),
        ("auto", "eu-west-1", 403, "SignatureDoesNotMatch"),
        ("%2Fs3%2F", "%2Fsts%2F", 400, "InvalidArgument"),
        ("x-id=GetObject", "x-id=PutObject", 403, "SignatureDoesNotMatch"),
        ("x-id=GetObject", "x-id=GetObject&utm_source=mail", 403, "SignatureDoesNotMatch"),
        (signature, flipped.as_str(), 403, "SignatureDoesNotMatch"),
        (signature, "0", 403, "SignatureDoesNotMatch"),
    ];
    let send = async |target: &str| {
        let mut request = good.clone().map(|()| http_body_util::Full::default());
        *request.uri_mut() = target.parse().unwrap();
        world.send_raw(request).await
    };
    assert_eq!(send(&target).await.status, 200);
    for (from, to, status, code) in table {
        let changed = target.replace(from, to);
        assert_ne!(changed, target, "{from}");
        assert_eq!(send(&changed).await.verdict(), verdict(status, code), "{from} to {to}");
    }
}

#[tokio::test]
async fn every_region_verifies_and_the_day_may_turn() {
    let world = World::new().await;
    world.send(&put("/inside/k", "v")).await;
    world.clock.advance(Duration::from_secs(86_399));
    let ask = get("/inside/k").presigned();
    let request = ask.request(world.now_s());
    world.clock.advance(Duration::from_secs(2));
    let answer = world.send_raw(request.map(|()| http_body_util::Full::default())).await;
    assert_eq!(answer.status, 200);
    for region in ["auto", "us-east-1", "", "eu-west-1", "mars-1"] {
        assert_eq!(world.send(&ask.clone().region(region)).await.status, 200, "{region:?}");
        assert_eq!(world.send(&get("/inside/k").region(region)).await.status, 200, "{region:?}");
    }
}

/// Over HTTP/2 the host is the request's authority; a request that names two is nobody's.
#[tokio::test]
async fn one_host_and_no_more() {
    let world = World::new().await;
    world.send(&put("/inside/k", "v")).await;
    let request =
        || get("/inside/k").presigned().request(world.now_s()).map(|()| http_body_util::Full::default());
    let mut by_authority = request();
    by_authority.headers_mut().remove("host");
    assert_eq!(world.send_raw(by_authority).await.verdict(), verdict(400, "InvalidRequest"), "none at all");
    let mut by_authority = request();
    by_authority.headers_mut().remove("host");
    let target = format!("http://{HOST}{}", by_authority.uri());
    *by_authority.uri_mut() = target.parse().unwrap();
    assert_eq!(world.send_raw(by_authority).await.status, 200);
    let mut two = request();
    two.headers_mut().append("host", "example.org".parse().unwrap());
    assert_eq!(world.send_raw(two).await.verdict(), verdict(400, "InvalidRequest"));
}
