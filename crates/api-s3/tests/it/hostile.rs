//! Requests that were made, or bent, to do something else than what was signed. Each class broke a store of this kind
//! before.

use std::time::{Duration, Instant};

use http::{HeaderValue, Request};
use http_body_util::Full;

use crate::fixture::*;

/// A signed request, bent before it is sent.
async fn bent(world: &World, ask: &Ask, bend: impl FnOnce(&mut Request<Full<bytes::Bytes>>)) -> Answer {
    let mut request = ask.request(world.now_s()).map(|()| Full::new(ask.body.clone()));
    bend(&mut request);
    world.send_raw(request).await
}

/// A request with its query changed as text.
async fn with_query(world: &World, ask: &Ask, change: impl Fn(&str) -> String) -> Answer {
    bent(world, ask, |request| {
        let target = request.uri().to_string();
        *request.uri_mut() = change(&target).parse().expect("a target");
    })
    .await
}

/// aws-sdk v2 signs an upload's type in the URL. A value that is not ASCII is compared, too: it would be stored.
#[tokio::test]
async fn a_type_that_is_not_ascii_is_held_against_the_signed_one() {
    let world = World::new().await;
    let url = put("/inside/k", "<script>").presigned().query("Content-Type", "image/png");
    for raw in [&b"text/html; a=\xff"[..], "text/html; a=é".as_bytes(), b"", b"image/png2"] {
        let answer = bent(&world, &url, |request| {
            request.headers_mut().insert("content-type", HeaderValue::from_bytes(raw).unwrap());
        })
        .await;
        assert_eq!(answer.verdict(), verdict(403, "SignatureDoesNotMatch"), "{raw:?}");
    }
    assert_eq!(world.stored("/inside/k").await, None);
}

/// `a.example.com` is a name of ours and `example.com` too: what was signed for one must not be another object under
/// the other.
#[tokio::test]
async fn a_name_below_a_name_does_not_move_the_bucket() {
    let world = World::with_hosts(&["example.com", "inside.example.com"]).await;
    // signed for the name itself: bucket `outside`, key `k`
    let signed = put("/outside/k", "v").presigned().signed_for("inside.example.com");
    assert_eq!(world.send(&signed.clone().host("inside.example.com")).await.status, 200);
    assert_eq!(world.send(&signed.clone().host("example.com")).await.status, 200, "the same bucket and key");
    // under this name the same path is bucket `inside`, key `outside/k`
    let moved = world.send(&signed.host("inside.inside.example.com")).await;
    assert_eq!(moved.verdict(), verdict(403, "SignatureDoesNotMatch"));
}

/// A long value named many times would be hashed, and answered, as often.
#[tokio::test]
async fn the_work_for_a_wrong_signature_is_bounded() {
    let world = World::new().await;
    let long = "x".repeat(28 * 1024);
    let forger = Key { secret: "not-the-admins-secret", ..ADMIN };
    let began = Instant::now();
    for ask in [get("/inside/k").by(forger), get("/inside/k").by(forger).presigned()] {
        let answer = bent(&world, &ask.clone().unsigned("a", &long), |request| {
            let names = format!("host{}", ";a".repeat(200));
            if let Some(value) = request.headers().get("authorization") {
                let value =
                    value.to_str().unwrap().replace("SignedHeaders=host", &format!("SignedHeaders={names}"));
                request.headers_mut().insert("authorization", value.parse().unwrap());
            } else {
                let target = request.uri().to_string();
                let signed = format!("X-Amz-SignedHeaders={}", names.replace(';', "%3B"));
                *request.uri_mut() = target.replace("X-Amz-SignedHeaders=host", &signed).parse().unwrap();
            }
        })
        .await;
        assert_eq!(answer.verdict(), verdict(400, "InvalidArgument"), "{}", answer.text());
        assert!(answer.element("Message").contains("Duplicate signed header a"), "{}", answer.text());
        // the costliest that is let in: every variation is tried
        let many = "a&".repeat(400);
        let answer = with_query(&world, &ask, |target| {
            format!("{target}{}{many}", if target.contains('?') { "&" } else { "?" })
        })
        .await;
        assert_eq!(answer.verdict(), verdict(403, "SignatureDoesNotMatch"));
        assert!(answer.body.len() < 1024 * 1024, "{}", answer.body.len());
    }
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
}

#[tokio::test]
async fn heads_out_of_proportion_are_refused() {
    let world = World::new().await;
    let rule = "<CORSRule><AllowedOrigin>https://app.test</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>";
    world.cors("/inside", rule).await;
    let long = "x".repeat(33 * 1024);
    let table = [
        ask("GET", &format!("/inside/{long}")),
        get("/inside/k").query("x", &long),
        get("/inside/k").unsigned("a", &long),
        get("/inside/k").anonymous().unsigned("a", &long),
    ];
    for ask in table {
        let answer = world.send(&ask.origin("https://app.test")).await;
        assert_eq!(answer.verdict(), verdict(400, "RequestHeaderSectionTooLarge"));
        assert_eq!(answer.element("MaxSizeAllowed"), "32768");
        assert!(answer.header("access-control-allow-origin").is_some(), "a page can read it");
        assert!(answer.body.len() < 5_000, "it does not repeat all of it");
    }
    let url = get("/inside/k").presigned();
    let many = with_query(&world, &url, |target| format!("{target}{}", "&a".repeat(600))).await;
    assert_eq!(many.verdict(), verdict(400, "InvalidArgument"));
    let fields = (0..257).fold(get("/inside/k"), |ask, n| ask.unsigned(&format!("h{n}"), "1"));
    assert_eq!(world.send(&fields).await.verdict(), verdict(400, "RequestHeaderSectionTooLarge"));
    // metadata to its limit, percent-encoded three bytes for one
    let fits = put("/inside/k", "v").presigned().query("x-amz-meta-a", &"é".repeat(4_000));
    assert_eq!(world.send(&fits).await.status, 200);
}

/// Two readings of one head are how requests are smuggled past a proxy.
#[tokio::test]
async fn heads_that_can_be_read_in_two_ways_are_refused() {
    let world = World::new().await;
    let url = get("/inside/k").presigned();
    let two_hosts = with_query(&world, &url, |target| format!("http://example.org{target}")).await;
    assert_eq!(two_hosts.verdict(), verdict(400, "InvalidRequest"));
    let same_host = with_query(&world, &url, |target| format!("http://{HOST}{target}")).await;
    assert_eq!(same_host.verdict(), verdict(404, "NoSuchKey"));
    for codings in [&["gzip, chunked"][..], &["chunked, chunked"], &["gzip", "chunked"], &["identity"]] {
        let upload = put("/inside/k", "v").presigned();
        let upload = codings.iter().fold(upload, |ask, coding| ask.unsigned("transfer-encoding", coding));
        assert_eq!(world.send(&upload).await.verdict(), verdict(501, "NotImplemented"), "{codings:?}");
    }
    assert_eq!(world.stored("/inside/k").await, None);
}

/// Headers that a holder of a URL adds, in the table of what a framework let through.
#[tokio::test]
async fn what_was_not_signed_changes_nothing() {
    let world = World::new().await;
    world.send(&put("/outside/secret", "secret")).await;
    let headers = [
        ("x-amz-copy-source", "/outside/secret"),
        ("x-amz-acl", "public-read"),
        ("x-amz-tagging", "a=b"),
        ("x-amz-meta-a", "b"),
        ("x-amz-storage-class", "STANDARD_IA"),
        ("x-amz-decoded-content-length", "1"),
        ("x-amz-trailer", "x-amz-checksum-crc32"),
        ("x-amz-security-token", "t"),
        ("x-amz-server-side-encryption", "AES256"),
        ("x-amz-metadata-directive", "REPLACE"),
        ("cf-copy-destination-if-match", "*"),
        ("X-AMZ-Website-Redirect-Location", "/x"),
    ];
    for (name, value) in headers {
        for ask in [put("/inside/k", "v").presigned(), put("/inside/k", "v")] {
            let answer = world.send(&ask.unsigned(name, value)).await;
            assert!(matches!(answer.status, 400 | 403), "{name}: {}", answer.text());
            assert_eq!(world.stored("/inside/k").await, None, "{name}");
        }
    }
    // a forwarded name moves nothing and signs nothing
    let forwarded = get("/secret").host("inside.localhost:9000").presigned();
    let forwarded = forwarded.signed_for("outside.localhost:9000");
    for name in ["x-forwarded-host", "x-host", "forwarded", "x-original-host"] {
        let answer = world.send(&forwarded.clone().unsigned(name, "outside.localhost:9000")).await;
        assert_eq!(answer.verdict(), verdict(403, "SignatureDoesNotMatch"), "{name}");
    }
    // nor do a method or a target that a proxy's headers name
    for name in ["x-http-method-override", "x-method-override", "x-original-url", "x-rewrite-url"] {
        let answer = world.send(&get("/inside/none").presigned().unsigned(name, "DELETE")).await;
        assert_eq!(answer.verdict(), verdict(404, "NoSuchKey"), "{name}");
    }
}

/// The query of a signed URL, changed, and added to.
#[tokio::test]
async fn parameters_are_exact() {
    let world = World::new().await;
    world.send(&put("/inside/k", "v")).await;
    let url = get("/inside/k").presigned();
    let table: [(&str, &str, u16, &str); 12] = [
        ("X-Amz-Expires=300", "X-Amz-Expires=%2B300", 400, "InvalidArgument"),
        ("X-Amz-Expires=300", "X-Amz-Expires=+300", 400, "InvalidArgument"),
        ("X-Amz-Expires=300", "X-Amz-Expires=300.5", 400, "InvalidArgument"),
        ("X-Amz-Expires=300", "X-Amz-Expires=0x12c", 400, "InvalidArgument"),
        ("X-Amz-Expires=300", "X-Amz-Expires=99999999999999999999999", 400, "InvalidArgument"),
        ("X-Amz-Expires=300", "X-Amz-Expires=300&X-Amz-Expires=301", 400, "InvalidArgument"),
        ("X-Amz-SignedHeaders=host", "X-Amz-SignedHeaders=", 401, "Unauthorized"),
        ("X-Amz-SignedHeaders=host", "X-Amz-SignedHeaders=range", 401, "Unauthorized"),
        ("X-Amz-SignedHeaders=host", "X-Amz-SignedHeaders=host%3Bhost", 400, "InvalidArgument"),
        ("X-Amz-Algorithm=AWS4-HMAC-SHA256", "X-Amz-Algorithm=FOO", 400, "InvalidRequest"),
        ("%2Fs3%2Faws4_request", "%2Fsts%2Faws4_request", 400, "InvalidArgument"),
        ("%2Fs3%2Faws4_request", "%2Fs3%2Faws4_request2", 400, "InvalidArgument"),
    ];
    for (from, to, status, code) in table {
        let answer = with_query(&world, &url, |target| {
            assert!(target.contains(from), "{target}");
            target.replace(from, to)
        })
        .await;
        assert_eq!(answer.verdict(), verdict(status, code), "{to}");
    }
    for added in
        ["utm_source=x", "x-amz-meta-a=b", "response-content-type=text%2Fhtml", "versionId=1", "acl", "%FF=1"]
    {
        let answer = with_query(&world, &url, |target| format!("{target}&{added}")).await;
        assert_eq!(answer.verdict(), verdict(403, "SignatureDoesNotMatch"), "{added}");
    }
    // credentials in both places: the header wins, and no good URL makes up for it
    for other in ["Bearer x", "AWS4-HMAC-SHA256 Credential=a", "Basic YTpi"] {
        let answer = world.send(&url.clone().unsigned("authorization", other)).await;
        assert_eq!(answer.verdict(), verdict(400, "InvalidRequest"), "{other}");
        assert!(answer.hint().contains("remove that header"), "{other}: {}", answer.hint());
    }
    let twice = world.send(&get("/inside/k").unsigned("authorization", "AWS4-HMAC-SHA256 x")).await;
    assert_eq!(twice.status, 400);
}

/// A copy that an SDK put into the URL is a copy, not an upload of nothing.
#[tokio::test]
async fn hoisted_meaning_is_kept() {
    let world = World::new().await;
    world.send(&put("/outside/secret", "secret")).await;
    let table = [
        ("x-amz-tagging", "a=b&a=b", 400),
        ("x-amz-object-lock-mode", "GOVERNANCE", 400),
        ("x-amz-acl", "everybody", 501),
        ("x-amz-checksum-crc32", "AAAAAQ==", 400),
        ("x-amz-content-sha256", "0000000000000000000000000000000000000000000000000000000000000000", 400),
        ("x-amz-storage-class", "GLACIER_OF_MINE", 400),
    ];
    for (name, value, status) in table {
        let answer = world.send(&put("/inside/k", "v").presigned().query(name, value)).await;
        assert_eq!(answer.status, status, "{name}: {}", answer.text());
        assert_eq!(world.stored("/inside/k").await, None, "{name}");
    }
    let copy = put("/inside/k", "v").presigned().query("x-amz-copy-source", "/outside/secret");
    assert_eq!(world.send(&copy.clone().by(BOUND)).await.verdict(), verdict(403, "AccessDenied"));
    assert_eq!(world.send(&copy).await.status, 200);
    assert_eq!(world.stored("/inside/k").await, Some("secret".into()));
}

/// Entities, deep nests and many elements in every document that a client sends.
#[tokio::test]
async fn documents_are_bounded() {
    let world = World::new().await;
    let bomb = "<!DOCTYPE a [<!ENTITY b \"bbbb\"><!ENTITY c \"&b;&b;\">]><a>&c;</a>";
    let entity = "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>";
    let deep = format!("{}{}", "<a>".repeat(5_000), "</a>".repeat(5_000));
    let wide = format!("<Delete>{}</Delete>", "<Object><Key>k</Key></Object>".repeat(2_000));
    world.send(&put("/inside/k", "v")).await;
    let id = crate::multipart::begin(&world, post("/inside/k", "")).await;
    for document in [bomb.to_owned(), entity.to_owned(), deep, wide] {
        let settings =
            ["cors", "lifecycle", "versioning", "tagging", "object-lock", "publicAccessBlock", "encryption"];
        let settings = settings.map(|name| put("/inside", document.clone()).query(name, ""));
        let notes = ["tagging", "retention", "legal-hold"];
        let notes = notes.map(|name| put("/inside/k", document.clone()).query(name, ""));
        let others = [
            post("/inside", document.clone()).query("delete", ""),
            post("/inside/k", document.clone()).query("uploadId", &id),
            put("/new-bucket", document.clone()),
        ];
        for ask in settings.into_iter().chain(notes).chain(others) {
            let answer = world.send(&ask).await;
            let expected = [verdict(400, "MalformedXML"), verdict(400, "MaxMessageLengthExceeded")];
            assert!(expected.contains(&answer.verdict()), "{ask:?}: {}", answer.text());
            assert!(!answer.text().contains("root:"), "a file of the server");
        }
    }
}
