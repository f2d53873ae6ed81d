//! PutObject, GetObject, HeadObject, DeleteObject: what goes in comes out, in whole or in ranges, with what was said of it.

use bytes::Bytes;

use crate::fixture::*;
use crate::forms::form::form;

const MD5_OF_HELLO: &str = "\"5d41402abc4b2a76b9719d911017c592\"";

#[tokio::test]
async fn put_get_head_delete() {
    let world = World::new().await;
    let stored = world.send(&put("/inside/a/b.txt", "hello").header("content-type", "text/plain")).await;
    assert_eq!(
        (stored.status, stored.header("etag").as_deref()),
        (200, Some(MD5_OF_HELLO)),
        "{}",
        stored.text()
    );
    assert!(stored.header("x-amz-version-id").is_some() && stored.body.is_empty());

    let got = world.send(&get("/inside/a/b.txt")).await;
    assert_eq!((got.status, got.text().as_str()), (200, "hello"));
    let head = world.send(&head("/inside/a/b.txt")).await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    for name in
        ["etag", "content-length", "content-type", "last-modified", "accept-ranges", "x-amz-version-id"]
    {
        assert!(got.header(name).is_some(), "{name}");
        assert_eq!(got.header(name), head.header(name), "{name}");
    }
    assert_eq!(got.header("content-type").as_deref(), Some("text/plain"));
    assert_eq!(got.header("last-modified").as_deref(), Some("Thu, 01 Jan 2026 00:00:00 GMT"));
    assert_eq!(got.header("content-length").as_deref(), Some("5"));

    assert_eq!(world.send(&delete("/inside/a/b.txt")).await.status, 204);
    assert_eq!(world.send(&delete("/inside/a/b.txt")).await.status, 204);
    let gone = world.send(&get("/inside/a/b.txt")).await;
    assert_eq!((gone.verdict(), gone.element("Key")), (verdict(404, "NoSuchKey"), "a/b.txt".into()));
    let gone = world.send(&crate::fixture::head("/inside/a/b.txt")).await;
    assert_eq!((gone.status, gone.body.len(), gone.header("content-type")), (404, 0, None));
}

/// R2's four presigned methods, each good until the URL expires.
#[tokio::test]
async fn presigned_urls_are_reusable_until_they_expire() {
    let world = World::new().await;
    let table = [put("/inside/k", "hello"), get("/inside/k"), head("/inside/k"), delete("/inside/k")];
    for (ask, status) in table.into_iter().zip([200, 200, 200, 204]) {
        let ask = ask.expires(60);
        for ago in [0, 30, 60] {
            assert_eq!(world.send(&ask.clone().signed_ago(ago)).await.status, status, "{} {ago}", ask.method);
        }
        let late = world.send(&ask.clone().signed_ago(72)).await;
        assert_eq!(late.status, 403, "{}", ask.method);
        if ask.method != "HEAD" {
            assert_eq!(late.code(), "ExpiredRequest");
            assert!(late.hint().contains("12 s"), "{}", late.hint());
        }
    }
}

#[tokio::test]
async fn keys_are_taken_as_they_are() {
    let world = World::new().await;
    for path in [
        "/inside/a%20b",
        "/inside/a+b",
        "/inside/%2B",
        "/inside//",
        "/inside//x//y",
        "/inside/./.././a",
        "/inside/%25",
        "/inside/%252F",
        "/inside/%C3%BC",
        "/inside/a/",
        "/inside/=&;",
        "/inside/%0A",
        "/inside/%F0%9F%A6%80",
    ] {
        for sign in [|ask: Ask| ask, Ask::presigned] {
            assert_eq!(world.send(&sign(put(path, path.to_owned()))).await.status, 200, "{path}");
            assert_eq!(world.send(&sign(get(path))).await.text(), path, "{path}");
        }
        assert_eq!(world.send(&delete(path)).await.status, 204);
        assert_eq!(world.stored(path).await, None, "{path}");
    }
}

#[tokio::test]
async fn every_name_of_the_server_and_every_style() {
    let world = World::new().await;
    world.send(&put("/inside/k", "v")).await;
    let table = [
        (HOST, "/inside/k"),
        ("inside.localhost:9000", "/k"),
        ("Inside.LocalHost:9000", "/k"),
        ("inside.s3.localhost:9000", "/k"),
        ("files.example.com", "/inside/k"),
        ("inside.files.example.com", "/k"),
        ("123456789abcdef0123456789abcdef0.r2.localhost:9000", "/inside/k"),
        ("inside.123456789abcdef0123456789abcdef0.r2.localhost:9000", "/k"),
    ];
    for (host, path) in table {
        for sign in [|ask: Ask| ask, Ask::presigned] {
            let answer = world.send(&sign(get(path).host(host))).await;
            assert_eq!((answer.status, answer.text().as_str()), (200, "v"), "{host}{path}");
        }
        assert!(world.door.answers_host(host), "{host}");
    }
    let unknown = world.send(&get("/inside/k").host("example.org")).await;
    assert_eq!(unknown.verdict(), verdict(404, "RouteNotFound"));
    for part in ["host name", "example.org", "Host header"] {
        assert!(unknown.hint().contains(part), "{}", unknown.hint());
    }
    assert!(!world.door.answers_host("example.org"));
}

#[tokio::test]
async fn metadata_comes_back() {
    let world = World::new().await;
    let headers = [
        ("content-type", "image/png"),
        ("cache-control", "max-age=60"),
        ("content-disposition", "attachment; filename=\"a.png\""),
        ("content-language", "de"),
        ("content-encoding", "gzip"),
        ("expires", "0"),
        ("x-amz-meta-color", "blue"),
        ("x-amz-meta-name", "J\u{fc}rgen"),
    ];
    let ask = headers.iter().fold(put("/inside/k", "v"), |ask, (name, value)| ask.header(name, value));
    assert_eq!(world.send(&ask).await.status, 200);
    let got = world.send(&get("/inside/k")).await;
    for (name, value) in headers.iter().take(7) {
        assert_eq!(got.header(name).as_deref(), Some(*value), "{name}");
    }
    // whatever coding it is said to have, and whether or not the client takes that
    assert_eq!(got.text(), "v");
    // not ASCII: in the encoding of RFC 2047
    assert!(got.header("x-amz-meta-name").is_some_and(|value| value.starts_with("=?")), "{:?}", got.headers);
    let too_much = put("/inside/k", "w").header("x-amz-meta-a", &"x".repeat(8_192));
    assert_eq!(world.send(&too_much).await.verdict(), verdict(400, "MetadataTooLarge"));
    assert_eq!(world.stored("/inside/k").await, Some(Bytes::from("v")));
}

/// Names and values count, on whatever writes them.
#[tokio::test]
async fn custom_metadata_at_its_edge() {
    let world = World::new().await;
    assert_eq!(world.send(&put("/inside/source", "v")).await.status, 200);
    for (bytes, allowed) in [(8_191, true), (8_192, true), (8_193, false)] {
        let value = "x".repeat(bytes - 1);
        let copy = put("/inside/k", "").header("x-amz-copy-source", "/inside/source");
        let table = [
            ("PutObject", put("/inside/k", "v")),
            ("PutObject by URL", put("/inside/k", "v").presigned()),
            ("CreateMultipartUpload", post("/inside/k", "").query("uploads", "")),
            ("CopyObject", copy.header("x-amz-metadata-directive", "REPLACE")),
        ];
        let expected = if allowed { verdict(200, "") } else { verdict(400, "MetadataTooLarge") };
        for (what, ask) in table {
            let answer = world.send(&ask.header("x-amz-meta-a", &value)).await;
            assert_eq!(answer.verdict(), expected, "{what}, {bytes}: {}", answer.text());
        }
        let form = form("k", "v").extra("x-amz-meta-a", &value);
        let answer = world.post(&form.and(r#"["starts-with","$x-amz-meta-a",""]"#)).await;
        let expected = if allowed { verdict(204, "") } else { expected };
        assert_eq!(answer.verdict(), expected, "PostObject, {bytes}: {}", answer.text());
        if allowed {
            assert_eq!(world.send(&head("/inside/k")).await.header("x-amz-meta-a"), Some(value));
        }
    }
}

#[tokio::test]
async fn checksums_of_every_kind_are_verified_kept_and_echoed() {
    let world = World::new().await;
    // of the text `123456789`: the algorithms' own check values
    let table = [
        ("x-amz-checksum-crc32", "y/Q5Jg==", "y/Q5Jw=="),
        ("x-amz-checksum-crc32c", "4waSgw==", "4waShA=="),
        ("x-amz-checksum-crc64nvme", "rosUhgp5mIg=", "rosUhgp5mIk="),
        ("x-amz-checksum-sha1", "98O8HYCOBHMq32eZZczDTKeuNEE=", "98O8HYCOBHMq32eZZczDTKeuNEI="),
        (
            "x-amz-checksum-sha256",
            "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=",
            "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiY=",
        ),
        ("content-md5", "JfnnlDI7RTiF9RgfG2JNCw==", "JfnnlDI7RTiF9RgfG2JNDA=="),
    ];
    for (name, good, bad) in table {
        let path = format!("/inside/{name}");
        // once signed, once as an addition of the sender
        for send in [Ask::header, Ask::unsigned] {
            let refused = world.send(&send(put(&path, "123456789").presigned(), name, bad)).await;
            assert_eq!(refused.verdict(), verdict(400, "BadDigest"), "{name}");
            assert_eq!(refused.element("Message").lines().count(), 3, "{name}");
            assert_eq!(world.stored(&path).await, None, "{name}");
            let undecodable = world.send(&send(put(&path, "123456789").presigned(), name, "AA==")).await;
            assert_eq!(undecodable.verdict(), verdict(400, "InvalidDigest"), "{name}");
        }
        let stored = world.send(&put(&path, "123456789").header(name, good)).await;
        assert_eq!(stored.status, 200, "{name}: {}", stored.text());
        if name != "content-md5" {
            assert_eq!(stored.header(name).as_deref(), Some(good));
            assert_eq!(world.send(&get(&path)).await.header(name), None, "only when asked for");
            let asked = world.send(&head(&path).header("x-amz-checksum-mode", "ENABLED")).await;
            assert_eq!(asked.header(name).as_deref(), Some(good));
        }
    }
}

#[tokio::test]
async fn a_signed_payload_hash_is_a_promise() {
    let world = World::new().await;
    let hash = sigv4::sign::payload_sha256(b"hello");
    assert_eq!(world.send(&put("/inside/k", "hello").payload(&hash)).await.status, 200);
    let refused = world.send_body(&put("/inside/k", "hello").payload(&hash), body("jello")).await;
    assert_eq!(refused.verdict(), verdict(400, "XAmzContentSHA256Mismatch"));
    // of a presigned URL, in the query or in a header
    let in_query = put("/inside/k", "hello").presigned().query("X-Amz-Content-Sha256", &hash);
    let in_header = put("/inside/k", "hello").presigned().header("x-amz-content-sha256", &hash);
    for ask in [in_query, in_header] {
        assert_eq!(world.send(&ask).await.status, 200);
        let refused = world.send_body(&ask, body("jello")).await;
        assert_eq!(refused.verdict(), verdict(400, "XAmzContentSHA256Mismatch"));
    }
    assert_eq!(world.stored("/inside/k").await, Some(Bytes::from("hello")));
}

fn body(text: &'static str) -> http_body_util::Full<Bytes> {
    http_body_util::Full::new(Bytes::from(text))
}

/// The text and the Content-Range, or status and message.
type Ranged = Result<(&'static str, &'static str), (u16, &'static str)>;

/// Observed: R2, 2026-06-11 (forms and texts).
#[tokio::test]
async fn ranges() {
    let world = World::new().await;
    world.send(&put("/inside/k", "0123456789")).await;
    world.send(&put("/inside/empty", "")).await;
    const FORMAT: &str = "range must be in format 'bytes=start-end', 'bytes=start-' or 'bytes=-suffix'.'";
    let table: [(&str, Ranged); 17] = [
        ("bytes=0-0", Ok(("0", "bytes 0-0/10"))),
        ("bytes=2-4", Ok(("234", "bytes 2-4/10"))),
        ("bytes=8-99", Ok(("89", "bytes 8-9/10"))),
        ("bytes=9-", Ok(("9", "bytes 9-9/10"))),
        ("bytes=0-", Ok(("0123456789", "bytes 0-9/10"))),
        ("bytes=-3", Ok(("789", "bytes 7-9/10"))),
        ("bytes=-99", Ok(("0123456789", "bytes 0-9/10"))),
        ("bytes=10-", Err((416, "The requested range is not satisfiable"))),
        ("bytes=99999999999999999999999-", Err((416, "The requested range is not satisfiable"))),
        ("bytes=-0", Err((416, "The requested range is not satisfiable"))),
        ("bytes=5-2", Err((400, "range must be positive."))),
        ("bytes=abc", Err((400, FORMAT))),
        ("bytes=0-1,3-4", Err((400, FORMAT))),
        ("items=0-1", Err((400, FORMAT))),
        ("bytes=-", Err((400, FORMAT))),
        ("bytes=+1-2", Err((400, FORMAT))),
        ("", Err((400, FORMAT))),
    ];
    for (range, expected) in table {
        let got = world.send(&get("/inside/k").unsigned("range", range)).await;
        let head = world.send(&head("/inside/k").unsigned("range", range)).await;
        assert_eq!(head.status, got.status, "{range}");
        match expected {
            Ok((text, content_range)) => {
                assert_eq!((got.status, got.text().as_str()), (206, text), "{range}");
                assert_eq!(got.header("content-range").as_deref(), Some(content_range));
                assert_eq!(head.header("content-length"), Some(text.len().to_string()));
            }
            Err((status, message)) => {
                assert_eq!((got.status, got.element("Message").as_str()), (status, message), "{range}");
                assert_eq!(head.body.len(), 0);
            }
        }
    }
    for range in ["bytes=0-", "bytes=-1", "bytes=0-0"] {
        let got = world.send(&get("/inside/empty").unsigned("range", range)).await;
        assert_eq!(got.verdict(), verdict(416, "InvalidRange"), "{range}");
    }
    assert_eq!(world.send(&get("/inside/empty")).await.status, 200);
}

#[tokio::test]
async fn overrides_replace_stored_headers() {
    let world = World::new().await;
    world.send(&put("/inside/k", "v").header("content-type", "text/plain")).await;
    let table = [
        ("response-content-type", "content-type", "image/png"),
        ("response-content-language", "content-language", "de"),
        ("response-expires", "expires", "Thu, 01 Jan 2026 00:00:00 GMT"),
        ("response-cache-control", "cache-control", "no-store"),
        ("response-content-disposition", "content-disposition", "attachment; filename=\"x y+z.txt\""),
        ("response-content-encoding", "content-encoding", "gzip"),
    ];
    for (parameter, header, value) in table {
        for ask in [get("/inside/k"), get("/inside/k").presigned(), head("/inside/k").presigned()] {
            let got = world.send(&ask.query(parameter, value)).await;
            assert_eq!((got.status, got.header(header).as_deref()), (200, Some(value)), "{parameter}");
        }
        let splitting = world.send(&get("/inside/k").query(parameter, "a\r\nset-cookie: a=b")).await;
        assert_eq!(splitting.verdict(), verdict(400, "InvalidArgument"), "{parameter}");
        assert_eq!(splitting.header("set-cookie"), None);
    }
}

/// Larger than what rides in a commit, and than a read: it streams, whole and in parts.
#[tokio::test]
async fn large_objects_stream() {
    let world = World::new().await;
    let content: Vec<u8> = (0..3_000_007_u32).map(|n| (n / 7) as u8).collect();
    assert_eq!(world.send(&put("/inside/k", content.clone())).await.status, 200);
    assert_eq!(world.stored("/inside/k").await, Some(Bytes::from(content.clone())));
    let got = world.send(&get("/inside/k").unsigned("range", "bytes=1000000-2999999")).await;
    assert_eq!(got.status, 206);
    assert!(got.body == content[1_000_000..3_000_000], "the range differs");
}

#[tokio::test]
async fn lengths_are_announced_and_kept() {
    let world = World::new().await;
    let table = [
        (put("/inside/k", "hello").length(None), (411, "MissingContentLength")),
        (put("/inside/k", "hello").length(Some(6)), (400, "IncompleteBody")),
        (put("/inside/k", "hello").length(Some(4)), (400, "IncompleteBody")),
        (put("/inside/k", "hello").length(Some(5_368_709_120)), (400, "EntityTooLarge")),
    ];
    for (ask, (status, code)) in table {
        assert_eq!(world.send(&ask).await.verdict(), verdict(status, code));
    }
    assert_eq!(world.stored("/inside/k").await, None);
}
