//! The four `If-*` headers, on reads and on writes.

use std::time::Duration;

use bytes::Bytes;

use crate::fixture::*;

const ETAG: &str = "\"5d41402abc4b2a76b9719d911017c592\"";
const BEFORE: &str = "Wed, 31 Dec 2025 23:59:59 GMT";
const EQUAL: &str = "Thu, 01 Jan 2026 00:00:00 GMT";
const AFTER: &str = "Thu, 01 Jan 2026 00:00:01 GMT";

fn with(ask: Ask, conditions: &[(&str, &str)]) -> Ask {
    conditions.iter().fold(ask, |ask, (name, value)| ask.unsigned(name, value))
}

/// Observed: R2, 2026-06-11. Spec: RFC 9110, section 13.2.2.
#[tokio::test]
async fn reads() {
    let world = World::new().await;
    let stored =
        put("/inside/k", "hello").header("cache-control", "max-age=1").header("content-type", "text/plain");
    world.send(&stored).await;
    let table: [(&[(&str, &str)], u16); 16] = [
        (&[("if-match", ETAG)], 200),
        (&[("if-match", "*")], 200),
        (&[("if-match", "\"x\"")], 412),
        (&[("if-match", "\"x\""), ("if-match", ETAG)], 200),
        (&[("if-none-match", ETAG)], 304),
        (&[("if-none-match", "W/\"5d41402abc4b2a76b9719d911017c592\"")], 304),
        (&[("if-none-match", "\"x\"")], 200),
        (&[("if-modified-since", BEFORE)], 200),
        (&[("if-modified-since", EQUAL)], 304),
        (&[("if-modified-since", "soon")], 200),
        (&[("if-unmodified-since", BEFORE)], 412),
        (&[("if-unmodified-since", EQUAL)], 200),
        (&[("if-match", ETAG), ("if-unmodified-since", BEFORE)], 200),
        (&[("if-none-match", "\"x\""), ("if-modified-since", AFTER)], 200),
        (&[("if-none-match", ETAG), ("if-modified-since", BEFORE)], 304),
        (&[("if-match", "\"x\""), ("if-none-match", ETAG)], 412),
    ];
    for (conditions, status) in table {
        for ask in [get("/inside/k"), head("/inside/k"), get("/inside/k").presigned()] {
            let is_head = ask.method == "HEAD";
            let got = world.send(&with(ask, conditions)).await;
            assert_eq!(got.status, status, "{conditions:?}");
            match status {
                304 => {
                    assert_eq!((got.header("etag").as_deref(), got.body.len()), (Some(ETAG), 0));
                    assert_eq!(got.header("last-modified").as_deref(), Some(EQUAL));
                    assert_eq!(got.header("cache-control").as_deref(), Some("max-age=1"));
                    assert_eq!(got.header("content-length"), None);
                }
                412 if !is_head => assert_eq!(got.verdict(), verdict(412, "PreconditionFailed")),
                _ => {}
            }
        }
    }
    // a missing object is missing, whatever was asked of it
    let missing = world.send(&with(get("/inside/none"), &[("if-match", "*")])).await;
    assert_eq!(missing.verdict(), verdict(404, "NoSuchKey"));
}

/// A download that is continued must not be made of two objects. Spec: RFC 9110, section 13.1.5.
#[tokio::test]
async fn a_range_of_another_object_is_the_whole_of_this_one() {
    let world = World::new().await;
    world.send(&put("/inside/k", "hello")).await;
    let table = [
        (ETAG, 206, "el"),
        ("5d41402abc4b2a76b9719d911017c592", 206, "el"),
        (EQUAL, 206, "el"),
        ("\"x\"", 200, "hello"),
        ("W/\"5d41402abc4b2a76b9719d911017c592\"", 200, "hello"),
        ("*", 200, "hello"),
        (BEFORE, 200, "hello"),
        (AFTER, 200, "hello"),
        ("", 200, "hello"),
    ];
    for (validator, status, body) in table {
        let ask = |ask: Ask| ask.unsigned("range", "bytes=1-2").unsigned("if-range", validator);
        let got = world.send(&ask(get("/inside/k"))).await;
        assert_eq!((got.status, got.text().as_str()), (status, body), "{validator}");
        assert_eq!(got.header("content-range").is_some(), status == 206, "{validator}");
        let head = world.send(&ask(head("/inside/k"))).await;
        assert_eq!(head.header("content-length"), Some(body.len().to_string()), "{validator}");
    }
    // a range that this object does not have is no matter when it is of another
    let beyond = get("/inside/k").unsigned("range", "bytes=90-").unsigned("if-range", "\"x\"");
    assert_eq!(world.send(&beyond).await.status, 200);
    assert_eq!(world.send(&get("/inside/k").unsigned("if-range", "\"x\"")).await.status, 200);
    let part = get("/inside/k").query("partNumber", "2").unsigned("if-range", "\"x\"");
    assert_eq!(world.send(&part).await.verdict(), verdict(416, "InvalidPartNumber"));
}

/// Spec: R2 docs, S3 API extensions, conditional writes.
#[tokio::test]
async fn writes() {
    let world = World::new().await;
    let table: [(&str, &str, bool, bool); 10] = [
        // header, value, passes over `hello`, passes where nothing is
        ("if-match", ETAG, true, false),
        ("if-match", "*", true, false),
        ("if-match", "\"x\"", false, false),
        ("if-none-match", "*", false, true),
        ("if-none-match", ETAG, false, true),
        ("if-none-match", "\"x\"", true, true),
        ("if-modified-since", BEFORE, true, false),
        ("if-modified-since", AFTER, false, false),
        ("if-unmodified-since", BEFORE, false, true),
        ("if-unmodified-since", EQUAL, true, true),
    ];
    for (name, value, over, fresh) in table {
        world.send(&put("/inside/k", "hello")).await;
        world.send(&delete("/inside/none")).await;
        for (path, passes) in [("/inside/k", over), ("/inside/none", fresh)] {
            let before = world.stored(path).await;
            let answer = world.send(&put(path, "new").unsigned(name, value)).await;
            if passes {
                assert_eq!(answer.status, 200, "{name}: {value} on {path}");
                assert_eq!(world.stored(path).await, Some(Bytes::from("new")));
            } else {
                assert_eq!(answer.verdict(), verdict(412, "PreconditionFailed"), "{name}: {value} on {path}");
                assert!(answer.element("Condition").eq_ignore_ascii_case(name));
                assert_eq!(world.stored(path).await, before);
            }
        }
    }
}

/// What no S3 does is refused rather than ignored, and in strict mode what R2 does not do.
#[tokio::test]
async fn deletes_refuse_conditions_that_they_would_ignore() {
    for (world, conditional) in [(World::new().await, 412), (World::strict().await, 501)] {
        world.send(&put("/inside/k", "hello")).await;
        world.clock.advance(Duration::from_secs(1));
        let table = [
            ("if-match", "\"x\"", conditional),
            ("x-amz-if-match-size", "6", conditional),
            ("x-amz-if-match-last-modified-time", BEFORE, conditional),
            ("if-none-match", "*", 501),
            ("if-unmodified-since", BEFORE, 501),
        ];
        for (name, value, status) in table {
            let answer = world.send(&delete("/inside/k").header(name, value)).await;
            let code = if status == 501 { "NotImplemented" } else { "PreconditionFailed" };
            assert_eq!(answer.verdict(), verdict(status, code), "{name}");
            assert!(status == 412 || answer.element("Message").contains(name), "{name}");
        }
        assert_eq!(world.stored("/inside/k").await, Some(Bytes::from("hello")));
    }
}

/// Spec: Amazon S3 API, DeleteObject, request headers.
#[tokio::test]
async fn deletes_happen_when_their_conditions_hold() {
    let world = World::new().await;
    let table: [&[(&str, &str)]; 5] = [
        &[("if-match", ETAG)],
        &[("if-match", "*")],
        &[("x-amz-if-match-size", "5")],
        &[("x-amz-if-match-last-modified-time", EQUAL)],
        &[("if-match", ETAG), ("x-amz-if-match-size", "5"), ("x-amz-if-match-last-modified-time", EQUAL)],
    ];
    for conditions in table {
        world.send(&put("/inside/k", "hello")).await;
        let ask = conditions.iter().fold(delete("/inside/k"), |ask, (name, value)| ask.header(name, value));
        assert_eq!(world.send(&ask).await.status, 204, "{conditions:?}");
        assert_eq!(world.stored("/inside/k").await, None);
    }
    // nothing there fulfils nothing
    let answer = world.send(&delete("/inside/k").header("if-match", "*")).await;
    assert_eq!(answer.verdict(), verdict(412, "PreconditionFailed"));
    for (name, value) in [("x-amz-if-match-size", "many"), ("x-amz-if-match-last-modified-time", "soon")] {
        let answer = world.send(&delete("/inside/k").header(name, value)).await;
        assert_eq!(answer.verdict(), verdict(400, "InvalidArgument"), "{name}");
        assert!(answer.element("Message").contains(name), "{}", answer.text());
    }
}
