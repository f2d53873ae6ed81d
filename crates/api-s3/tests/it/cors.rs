//! What a browser is told: preflights, and the headers on every other reply.

use crate::fixture::*;

const UPLOADS: &str = "<CORSRule><AllowedOrigin>http://localhost:3000</AllowedOrigin><AllowedMethod>PUT</AllowedMethod>\
    <AllowedMethod>GET</AllowedMethod><AllowedHeader>Content-Type</AllowedHeader><AllowedHeader>x-amz-*</AllowedHeader>\
    <ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>3600</MaxAgeSeconds></CORSRule>";
const PAGE: &str = "http://localhost:3000";
const VARY: &str = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers";

fn preflight(path: &str, origin: &str, method: &str, headers: &str) -> Ask {
    let ask =
        ask("OPTIONS", path).anonymous().origin(origin).unsigned("access-control-request-method", method);
    if headers.is_empty() { ask } else { ask.unsigned("access-control-request-headers", headers) }
}

/// The names of all `Access-Control-*` headers of a reply.
fn granted(answer: &Answer) -> Vec<&str> {
    let mut names: Vec<_> = answer
        .headers
        .keys()
        .map(http::HeaderName::as_str)
        .filter(|n| n.starts_with("access-control-"))
        .collect();
    names.sort_unstable();
    names
}

/// Rows 000-7 and 004-1 of docs/compat.md.
#[tokio::test]
async fn a_preflight_of_a_presigned_upload() {
    for (world, status) in [(World::new().await, 200), (World::strict().await, 204)] {
        world.cors("/inside", UPLOADS).await;
        let url = put("/inside/a.png", "").presigned();
        let target = url.request(world.now_s()).uri().to_string();
        let asked = preflight(&target, PAGE, "PUT", "Content-Type,X-Amz-Meta-A, content-type");
        let answer = world.send(&asked).await;
        assert_eq!((answer.status, answer.body.len()), (status, 0), "{}", answer.text());
        let table = [
            ("access-control-allow-origin", PAGE),
            ("access-control-allow-methods", "PUT, GET"),
            ("access-control-allow-headers", "content-type, x-amz-meta-a"),
            ("access-control-expose-headers", "ETag"),
            ("access-control-max-age", "3600"),
            ("vary", VARY),
        ];
        for (name, value) in table {
            assert_eq!(answer.header(name).as_deref(), Some(value), "{name}");
        }
        assert_eq!(answer.header("access-control-allow-credentials"), None);
        // without headers there is nothing to allow; a signature that is broken does not matter
        let bare = world.send(&preflight("/inside/k?X-Amz-Signature=0&acl=x", PAGE, "GET", "")).await;
        assert_eq!((bare.status, bare.header("access-control-allow-headers")), (status, None));
    }
}

#[tokio::test]
async fn a_preflight_that_fails_says_what_did_not_match() {
    let world = World::new().await;
    world.cors("/inside", UPLOADS).await;
    let other = "https://evil.example.com";
    let table = [
        (
            preflight("/inside/k", other, "PUT", ""),
            "OBJECT",
            "does not allow the origin https://evil.example.com",
        ),
        (preflight("/inside/k", "http://localhost:3001", "PUT", ""), "OBJECT", "http://localhost:3001"),
        (preflight("/inside/k", "HTTP://localhost:3000", "PUT", ""), "OBJECT", "does not allow the origin"),
        (preflight("/inside", PAGE, "DELETE", ""), "BUCKET", "but not the method DELETE"),
        (
            preflight("/inside/k", PAGE, "PUT", "content-type, authorization"),
            "OBJECT",
            "the request header authorization",
        ),
        (preflight("/inside/k", PAGE, "PUT", "a b"), "OBJECT", "not a list of header names"),
    ];
    for (ask, resource, hint) in table {
        let answer = world.send(&ask).await;
        assert_eq!(answer.verdict(), verdict(403, "AccessForbidden"), "{hint}");
        assert!(answer.element("Message").starts_with("CORSResponse: This CORS request is not allowed."));
        assert_eq!(answer.element("ResourceType"), resource);
        assert!(answer.hint().contains(hint), "{hint}: {}", answer.hint());
        assert_eq!((granted(&answer), answer.header("vary").as_deref()), (vec![], Some(VARY)));
    }
    let many = (0..200).map(|n| format!("x-amz-{n}")).collect::<Vec<_>>().join(",");
    let answer = world.send(&preflight("/inside/k", PAGE, "PUT", &many)).await;
    assert_eq!(answer.verdict(), verdict(403, "AccessForbidden"), "bounded");
    // commas without names between them are no names
    assert_eq!(world.send(&preflight("/inside/k", PAGE, "PUT", ",, ,content-type,")).await.status, 200);
}

#[tokio::test]
async fn what_is_no_preflight() {
    let world = World::new().await;
    world.cors("/inside", UPLOADS).await;
    let table = [
        (ask("OPTIONS", "/inside/k").anonymous(), "Insufficient information. Origin request header needed."),
        (ask("OPTIONS", "/inside/k"), "Insufficient information. Origin request header needed."),
        (ask("OPTIONS", "/inside/k").anonymous().origin(PAGE), "Invalid Access-Control-Request-Method: null"),
        (preflight("/inside/k", PAGE, "PATCH", ""), "Invalid Access-Control-Request-Method: PATCH"),
        (preflight("/inside/k", PAGE, "put", ""), "Invalid Access-Control-Request-Method: put"),
        (preflight("/inside/k", PAGE, "<x>", ""), "Invalid Access-Control-Request-Method: <x>"),
    ];
    for (ask, message) in table {
        let answer = world.send(&ask).await;
        assert_eq!(answer.verdict(), verdict(400, "BadRequest"));
        assert_eq!(answer.element("Message"), message);
        assert_eq!(granted(&answer), Vec::<&str>::new());
    }
}

/// A stranger learns nothing: a bucket that is missing, one that has no policy and a name that cannot be a bucket's answer
/// alike, and so does every object.
#[tokio::test]
async fn a_preflight_reveals_no_existence() {
    let world = World::new().await;
    world.send(&put("/outside/k", "v")).await;
    let mut seen = Vec::new();
    for path in ["/outside/k", "/outside/none", "/missing/k"] {
        let answer = world.send(&preflight(path, PAGE, "PUT", "content-type")).await;
        let mut headers = answer.headers.clone();
        let id = headers.remove("x-amz-request-id").unwrap();
        let text = answer.text().replace(id.to_str().unwrap(), "id").replace(path, "path");
        seen.push((answer.status, format!("{headers:?}"), text));
    }
    assert_eq!(seen[0].0, 403);
    assert!(seen[0].2.contains("CORSResponse: CORS is not enabled for this bucket."), "{}", seen[0].2);
    assert!(seen.iter().all(|reply| *reply == seen[0]), "{seen:#?}");
    world.cors("/outside", UPLOADS).await;
    for path in ["/outside/k", "/outside/none"] {
        assert_eq!(world.send(&preflight(path, PAGE, "PUT", "content-type")).await.status, 200, "{path}");
    }
}

/// Spec: ceph s3-tests, `test_cors_origin_response` (as facts).
#[tokio::test]
async fn the_matrix_of_s3_tests() {
    let world = World::new().await;
    let rule = |origin: &str, method: &str| {
        format!(
            "<CORSRule><AllowedOrigin>{origin}</AllowedOrigin><AllowedMethod>{method}</AllowedMethod></CORSRule>"
        )
    };
    let rules = [
        rule("*suffix", "GET"),
        rule("http://start*end", "GET"),
        rule("http://prefix*", "GET"),
        rule("*.put", "PUT"),
    ];
    world.cors("/inside", &rules.concat()).await;
    world.send(&put("/inside/k", "v")).await;

    let plain = world.send(&get("/inside/k")).await;
    assert_eq!((plain.status, granted(&plain)), (200, vec![]), "no Origin");
    let matching = [
        "foo.suffix",
        "http://startend",
        "http://start1end",
        "http://start12end",
        "http://prefix",
        "http://prefix.suffix",
    ];
    for origin in matching {
        for (path, status) in [("/inside/k", 200), ("/inside/none", 404)] {
            let answer = world.send(&get(path).origin(origin)).await;
            assert_eq!(answer.status, status, "{origin}");
            assert_eq!(answer.header("access-control-allow-origin").as_deref(), Some(origin));
            assert_eq!(answer.header("access-control-allow-methods").as_deref(), Some("GET"));
            assert_eq!(answer.header("vary").as_deref(), Some(VARY));
        }
        assert_eq!(world.send(&preflight("/inside/k", origin, "GET", "")).await.status, 200, "{origin}");
    }
    for origin in ["foo.bar", "foo.suffix.get", "http://0start12end", "bla.prefix"] {
        let answer = world.send(&get("/inside/k").origin(origin)).await;
        assert_eq!((answer.status, granted(&answer)), (200, vec![]), "{origin}");
        assert_eq!(world.send(&preflight("/inside/k", origin, "GET", "")).await.status, 403, "{origin}");
    }
    // the method that is asked for counts, even outside a preflight
    let upload = |origin: &str, method: &str| {
        let ask = put("/inside/k", "v").anonymous().origin(origin);
        if method.is_empty() { ask } else { ask.unsigned("access-control-request-method", method) }
    };
    let table = [
        ("foo.suffix", "GET", Some("GET")),
        ("foo.suffix", "PUT", None),
        ("foo.suffix", "DELETE", None),
        ("foo.suffix", "", None),
        ("foo.put", "", Some("PUT")),
        ("foo.put", "PUT", Some("PUT")),
        ("foo.put", "GET", None),
    ];
    for (origin, method, expected) in table {
        let answer = world.send(&upload(origin, method)).await;
        assert_eq!(answer.code(), "InvalidArgument", "nobody signed");
        assert_eq!(answer.header("access-control-allow-methods").as_deref(), expected, "{origin} {method}");
        assert_eq!(answer.header("access-control-allow-origin").is_some(), expected.is_some());
    }
}

/// A page can read why it was refused, whatever the step that refused it.
#[tokio::test]
async fn errors_carry_the_headers_too() {
    let world = World::new().await;
    world.cors("/inside", UPLOADS).await;
    let key = "/inside/k";
    let table = [
        (put(key, "v").presigned().signed_for("example.org"), 403),
        (put(key, "v").expires(1).signed_ago(5), 403),
        (put(key, "v").by(READER).presigned(), 403),
        (put(key, "v").presigned().unsigned("x-amz-acl", "private"), 403),
        (put(key, "v").presigned().unsigned("content-md5", "JfnnlDI7RTiF9RgfG2JNCw=="), 400),
        (put(key, "v").presigned().unsigned("if-match", "*"), 412),
        (put(key, "v").anonymous(), 400),
        (put("/inside/%zz", "v").presigned(), 400),
        (put(key, "v").header("x-amz-acl", "everybody"), 501),
        (get(key), 404),
    ];
    for (ask, status) in table {
        let answer = world.send(&ask.origin(PAGE)).await;
        assert_eq!(answer.status, status, "{}", answer.text());
        assert_eq!(answer.header("access-control-allow-origin").as_deref(), Some(PAGE), "{status}");
        assert_eq!(answer.header("access-control-expose-headers").as_deref(), Some("ETag"));
        assert!(!answer.body.is_empty(), "{status}");
    }
}

/// Every operation on a bucket or its objects answers to the page, granted or refused.
#[tokio::test]
async fn every_operation_carries_them() {
    let world = World::new().await;
    let rule = "<CORSRule><AllowedOrigin>http://localhost:3000</AllowedOrigin><AllowedMethod>PUT</AllowedMethod>\
        <AllowedMethod>GET</AllowedMethod><AllowedMethod>POST</AllowedMethod><AllowedMethod>DELETE</AllowedMethod>\
        <ExposeHeader>ETag</ExposeHeader></CORSRule>";
    world.cors("/inside", rule).await;
    world.send(&put("/inside/k", "v")).await;
    let id = crate::multipart::begin(&world, post("/inside/k", "")).await;
    let table = [
        (post("/inside/k", "").query("uploads", ""), 200),
        (crate::multipart::part("/inside/k", &id, "1", "x"), 200),
        (crate::multipart::part("/inside/k", "none", "1", "x"), 404),
        (get("/inside/k").query("uploadId", &id), 200),
        (get("/inside").query("uploads", ""), 200),
        (crate::multipart::complete("/inside/k", &id, &[(7, "x")]), 400),
        (delete("/inside/k").query("uploadId", &id), 204),
        (put("/inside/copy", "").header("x-amz-copy-source", "/inside/k"), 200),
        (put("/inside/copy", "").header("x-amz-copy-source", "/inside/none"), 404),
        (get("/inside").query("versions", ""), 200),
        (get("/inside").query("lifecycle", ""), 200),
        (get("/inside").query("larder-upload-rules", ""), 404),
        (get("/inside/k").query("tagging", ""), 200),
        (get("/inside/k").query("retention", ""), 400),
        (put("/inside/k", "<a/>").query("tagging", ""), 400),
        (delete("/inside/k").query("tagging", ""), 204),
    ];
    for (ask, status) in table {
        for ask in [ask.clone(), ask.presigned()] {
            let method = ask.method;
            let answer = world.send(&ask.clone().origin(PAGE)).await;
            if method != "DELETE" {
                assert_eq!(answer.status, status, "{ask:?}: {}", answer.text());
            }
            assert_eq!(answer.header("access-control-allow-origin").as_deref(), Some(PAGE), "{ask:?}");
            assert_eq!(answer.header("access-control-expose-headers").as_deref(), Some("ETag"), "{ask:?}");
            let asked = preflight(&ask.path, PAGE, method, "");
            assert_eq!(world.send(&asked).await.status, 200, "{ask:?}");
        }
    }
}

#[tokio::test]
async fn a_star_is_not_an_echo_and_null_is_an_origin() {
    let world = World::new().await;
    let star = "<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>";
    world.cors("/inside", star).await;
    for origin in [PAGE, "null", "http://a"] {
        let answer = world.send(&get("/inside/none").origin(origin)).await;
        assert_eq!(answer.header("access-control-allow-origin").as_deref(), Some("*"));
        assert_eq!(answer.header("access-control-allow-credentials"), None);
    }
    // two origins are no origin
    let two = world.send(&get("/inside/none").origin(PAGE).origin("http://a")).await;
    assert_eq!(granted(&two), Vec::<&str>::new());
    let bytes = get("/inside/none").request(world.now_s());
    let mut bytes = bytes.map(|()| http_body_util::Full::default());
    bytes.headers_mut().insert("origin", http::HeaderValue::from_bytes(b"http://\xff").unwrap());
    assert_eq!(granted(&world.send_raw(bytes).await), Vec::<&str>::new());
}

/// Virtual-host style names the bucket in the host; a policy is in force at once, and gone at once.
#[tokio::test]
async fn a_policy_counts_from_the_next_request_on() {
    let world = World::new().await;
    let asked = preflight("/k", PAGE, "PUT", "").host("inside.localhost:9000");
    assert_eq!(world.send(&asked).await.status, 403);
    world.cors("/inside", UPLOADS).await;
    assert_eq!(world.send(&asked).await.status, 200);
    let kept = world.send(&get("/inside").query("cors", "")).await;
    assert_eq!((kept.status, kept.element("AllowedOrigin").as_str()), (200, PAGE));
    assert_eq!(kept.element("MaxAgeSeconds"), "3600");
    assert_eq!(world.send(&delete("/inside").query("cors", "")).await.status, 204);
    assert_eq!(world.send(&asked).await.status, 403);
    assert_eq!(world.send(&get("/inside").query("cors", "")).await.status, 404);
    let unknown_host = world.send(&preflight("/inside/k", PAGE, "PUT", "").host("example.org")).await;
    assert_eq!(unknown_host.verdict(), verdict(404, "RouteNotFound"));
}
