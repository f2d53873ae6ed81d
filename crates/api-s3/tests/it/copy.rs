//! CopyObject and UploadPartCopy: what is copied, what becomes of its metadata, under which conditions, and for whom.

use std::time::Duration;

use bytes::Bytes;

use crate::fixture::*;
use crate::multipart::{MIB, begin, complete};

const ETAG: &str = "\"5d41402abc4b2a76b9719d911017c592\"";
const OTHER: &str = "\"00000000000000000000000000000000\"";
const BEFORE: &str = "Wed, 31 Dec 2025 23:59:59 GMT";
const STORED: &str = "Thu, 01 Jan 2026 00:00:00 GMT";

fn copy(source: &str, path: &str) -> Ask {
    put(path, "").header("x-amz-copy-source", source)
}

fn copy_part(source: &str, id: &str, number: &str) -> Ask {
    copy(source, "/inside/parts").query("partNumber", number).query("uploadId", id)
}

/// With `hello` under `/outside/source`, stored a second ago.
async fn with_source(world: &World) {
    let source = put("/outside/source", "hello")
        .header("content-type", "text/plain")
        .header("cache-control", "max-age=1")
        .header("x-amz-meta-color", "blue")
        .header("x-amz-meta-size", "small");
    assert_eq!(world.send(&source).await.status, 200);
    world.clock.advance(Duration::from_secs(1));
}

/// Observed: R2, 2026-06-11 (elements).
#[tokio::test]
async fn an_object_is_copied_with_what_is_said_of_it() {
    for world in [World::new().await, World::strict().await] {
        with_source(&world).await;
        let answer = world.send(&copy("/outside/source", "/inside/k")).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.header("content-type").as_deref(), Some("application/xml"));
        assert_eq!(
            (answer.element("ETag").as_str(), answer.element("LastModified").as_str()),
            (ETAG, "2026-01-01T00:00:01.000Z")
        );
        assert!(answer.text().contains("<CopyObjectResult xmlns="), "{}", answer.text());
        for name in ["x-amz-version-id", "x-amz-copy-source-version-id"] {
            assert!(answer.header(name).is_some(), "{name}");
        }
        let got = world.send(&get("/inside/k")).await;
        let table = [
            ("etag", ETAG),
            ("content-type", "text/plain"),
            ("cache-control", "max-age=1"),
            ("x-amz-meta-color", "blue"),
            ("x-amz-meta-size", "small"),
            ("last-modified", "Thu, 01 Jan 2026 00:00:01 GMT"),
        ];
        for (name, value) in table {
            assert_eq!(got.header(name).as_deref(), Some(value), "{name}");
        }
        assert_eq!(got.text(), "hello");
        // the copy is an object of its own
        world.send(&put("/outside/source", "changed")).await;
        world.send(&delete("/outside/source")).await;
        assert_eq!(world.stored("/inside/k").await, Some("hello".into()));
    }
}

/// Spec: Amazon S3 API, CopyObject, `x-amz-metadata-directive`; R2 docs, S3 API extensions (MERGE).
#[tokio::test]
async fn metadata_is_copied_replaced_or_merged() {
    let world = World::new().await;
    with_source(&world).await;
    // directive, content type, cache control, color, size
    let table = [
        ("COPY", Some("text/plain"), Some("max-age=1"), Some("blue"), Some("small")),
        ("REPLACE", Some("image/png"), None, Some("red"), None),
        ("MERGE", Some("image/png"), Some("max-age=1"), Some("red"), Some("small")),
    ];
    for (directive, content_type, cache, color, size) in table {
        let ask = copy("/outside/source", "/inside/k")
            .header("x-amz-metadata-directive", directive)
            .header("content-type", "image/png")
            .header("x-amz-meta-color", "red");
        assert_eq!(world.send(&ask).await.status, 200, "{directive}");
        let got = world.send(&head("/inside/k")).await;
        let expected = [
            ("content-type", content_type),
            ("cache-control", cache),
            ("x-amz-meta-color", color),
            ("x-amz-meta-size", size),
        ];
        for (name, value) in expected {
            assert_eq!(got.header(name).as_deref(), value, "{directive}: {name}");
        }
    }
    let wrong =
        world.send(&copy("/outside/source", "/inside/k").header("x-amz-metadata-directive", "MIX")).await;
    assert_eq!(wrong.verdict(), verdict(400, "InvalidArgument"));
    assert_eq!(wrong.element("Message"), "metadata directive MIX.");
    assert!(wrong.hint().contains("COPY, REPLACE or MERGE"), "{}", wrong.hint());
    // onto itself: R2 allows it even when nothing changes
    for directive in ["COPY", "REPLACE"] {
        let itself = copy("/outside/source", "/outside/source").header("x-amz-metadata-directive", directive);
        assert_eq!(world.send(&itself.header("content-type", "text/css")).await.status, 200, "{directive}");
        assert_eq!(world.stored("/outside/source").await, Some("hello".into()));
    }
    assert_eq!(
        world.send(&head("/outside/source")).await.header("content-type").as_deref(),
        Some("text/css")
    );
    // the class is the request's own, whatever the directive
    let class = copy("/outside/source", "/inside/k").header("x-amz-storage-class", "STANDARD_IA");
    assert_eq!(world.send(&class).await.status, 200);
    assert_eq!(
        world.send(&head("/inside/k")).await.header("x-amz-storage-class").as_deref(),
        Some("STANDARD_IA")
    );
    let large = copy("/outside/source", "/inside/k").header("x-amz-metadata-directive", "MERGE");
    let large = large.header("x-amz-meta-a", &"x".repeat(8_192));
    assert_eq!(world.send(&large).await.verdict(), verdict(400, "MetadataTooLarge"));
}

/// Conditions on the source and, as R2's extension, on what the copy replaces.
#[tokio::test]
async fn conditions_of_a_copy() {
    let world = World::new().await;
    with_source(&world).await;
    let table = [
        ("x-amz-copy-source-if-match", ETAG, 200),
        ("x-amz-copy-source-if-match", OTHER, 412),
        ("x-amz-copy-source-if-none-match", ETAG, 412),
        ("x-amz-copy-source-if-none-match", OTHER, 200),
        ("x-amz-copy-source-if-modified-since", BEFORE, 200),
        ("x-amz-copy-source-if-modified-since", STORED, 412),
        ("x-amz-copy-source-if-unmodified-since", BEFORE, 412),
        ("x-amz-copy-source-if-unmodified-since", STORED, 200),
        ("cf-copy-destination-if-match", ETAG, 412),
        ("cf-copy-destination-if-none-match", "*", 200),
        ("cf-copy-destination-if-modified-since", BEFORE, 412),
        ("cf-copy-destination-if-unmodified-since", BEFORE, 200),
        ("if-match", "*", 412),
        ("if-none-match", "*", 200),
    ];
    for (name, value, status) in table {
        world.send(&delete("/inside/k")).await;
        let answer = world.send(&copy("/outside/source", "/inside/k").header(name, value)).await;
        let code = if status == 200 { "" } else { "PreconditionFailed" };
        assert_eq!(answer.verdict(), verdict(status, code), "{name}: {value}");
        assert_eq!(world.stored("/inside/k").await.is_some(), status == 200, "{name}");
    }
    let over = copy("/outside/source", "/inside/k").header("cf-copy-destination-if-none-match", "*");
    assert_eq!(
        world.send(&over).await.verdict(),
        verdict(412, "PreconditionFailed"),
        "the last row made one"
    );
}

#[tokio::test]
async fn sources_that_are_none() {
    let world = World::new().await;
    with_source(&world).await;
    world.send(&put("/outside/a%20b%2B%25/%C3%A9%3FversionId=1", "odd")).await;
    for source in ["outside/source", "/outside/source", "outside%2Fsource", "%2Foutside%2Fsource"] {
        assert_eq!(world.send(&copy(source, "/inside/k")).await.status, 200, "{source}");
    }
    for source in ["/outside/a%20b+%25/%C3%A9%3FversionId=1", "/outside/a b%2B%25/é%3FversionId=1"] {
        let answer = world.send(&copy(source, "/inside/k")).await;
        assert_eq!(answer.status, 200, "{source}: {}", answer.text());
        assert_eq!(world.stored("/inside/k").await, Some("odd".into()));
    }
    let table = [
        ("outside", 400, "InvalidArgument", "bucket/key"),
        ("/outside/", 400, "InvalidArgument", "bucket/key"),
        ("/outside/%zz", 400, "InvalidArgument", "%25"),
        ("/No_Bucket/k", 400, "InvalidBucketName", "x-amz-copy-source"),
        ("/missing/k", 404, "NoSuchBucket", ""),
        ("/outside/none", 404, "NoSuchKey", ""),
        ("/outside/source?versionId=x", 400, "InvalidArgument", ""),
        ("/outside/source?versionId=00000000000000ff", 404, "NoSuchVersion", ""),
        ("/outside/source?versionId=null", 200, "", ""),
    ];
    for (source, status, code, hint) in table {
        let answer = world.send(&copy(source, "/inside/k")).await;
        assert_eq!(answer.verdict(), verdict(status, code), "{source}: {}", answer.text());
        assert!(answer.hint().contains(hint), "{source}: {}", answer.hint());
    }
    let missing = world.send(&copy("/outside/source", "/missing/k")).await;
    assert_eq!(
        (missing.verdict(), missing.element("BucketName")),
        (verdict(404, "NoSuchBucket"), "missing".into())
    );
}

/// The source is read, so whoever copies must be allowed to; and learns nothing when not.
#[tokio::test]
async fn who_may_copy() {
    let world = World::new().await;
    with_source(&world).await;
    world.send(&put("/inside/k", "mine")).await;
    let id = begin(&world, post("/inside/parts", "")).await;
    for source in ["/outside/source", "/outside/none", "/missing/k"] {
        for ask in [copy(source, "/inside/copy"), copy_part(source, &id, "1")] {
            let answer = world.send(&ask.clone().by(BOUND)).await;
            assert_eq!(answer.verdict(), verdict(403, "AccessDenied"), "{source}");
            assert!(answer.hint().contains("access key"), "{}", answer.hint());
            assert_eq!(world.send(&ask.by(BOUND).presigned()).await.verdict(), verdict(403, "AccessDenied"));
        }
    }
    // not into a bucket that is not theirs, nor with a key that may only read
    assert_eq!(
        world.send(&copy("/inside/k", "/outside/copy").by(BOUND)).await.verdict(),
        verdict(403, "AccessDenied")
    );
    assert_eq!(
        world.send(&copy("/inside/k", "/inside/copy").by(READER)).await.verdict(),
        verdict(403, "AccessDenied")
    );
    assert_eq!(world.send(&copy("/inside/k", "/inside/copy").by(BOUND)).await.status, 200);
    assert_eq!(world.send(&copy_part("/inside/k", &id, "1").by(BOUND)).await.status, 200);
}

/// What AWS does for copies and R2 does not is refused in strict mode.
#[tokio::test]
async fn tags_and_checksums_of_a_copy() {
    let world = World::new().await;
    let strict = World::strict().await;
    with_source(&world).await;
    with_source(&strict).await;
    let tagged = put("/outside/source", "hello").header("x-amz-tagging", "a=b&c=d");
    assert_eq!(world.send(&tagged).await.status, 200);
    let base = copy("/outside/source", "/inside/k");
    let table = [
        (base.clone(), Some("2")),
        (base.clone().header("x-amz-tagging-directive", "COPY").header("x-amz-tagging", "e=f"), Some("2")),
        (base.clone().header("x-amz-tagging-directive", "REPLACE").header("x-amz-tagging", "e=f"), Some("1")),
        (base.clone().header("x-amz-tagging-directive", "REPLACE"), None),
    ];
    for (ask, count) in table {
        let answer = world.send(&ask).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(
            world.send(&head("/inside/k")).await.header("x-amz-tagging-count").as_deref(),
            count,
            "{ask:?}"
        );
    }
    let wrong = world.send(&base.clone().header("x-amz-tagging-directive", "MIX")).await;
    assert_eq!(
        (wrong.verdict(), wrong.hint().contains("COPY or REPLACE")),
        (verdict(400, "InvalidArgument"), true)
    );
    let summed = base.clone().header("x-amz-checksum-algorithm", "CRC32");
    let answer = world.send(&summed).await;
    assert_eq!(answer.element("ChecksumCRC32"), "NhCmhg==", "{}", answer.text());
    let read = world.send(&get("/inside/k").header("x-amz-checksum-mode", "ENABLED")).await;
    assert_eq!(read.header("x-amz-checksum-crc32").as_deref(), Some("NhCmhg=="));
    assert_eq!(
        world.send(&base.clone().header("x-amz-checksum-algorithm", "MD4")).await.code(),
        "InvalidRequest"
    );
    for (name, value) in
        [("x-amz-tagging-directive", "COPY"), ("x-amz-tagging", "a=b"), ("x-amz-checksum-algorithm", "CRC32")]
    {
        assert_eq!(
            strict.send(&base.clone().header(name, value)).await.verdict(),
            verdict(501, "NotImplemented"),
            "{name}"
        );
    }
}

/// Observed: R2, 2026-06-11 (elements, ranges).
#[tokio::test]
async fn parts_are_made_of_other_objects() {
    for world in [World::new().await, World::strict().await] {
        let large: Vec<u8> = (0..6 * MIB).map(|n| (n % 251) as u8).collect();
        world.send(&put("/outside/large", large.clone())).await;
        with_source(&world).await;
        let id = begin(&world, post("/inside/parts", "")).await;
        let first =
            copy_part("/outside/large", &id, "1").header("x-amz-copy-source-range", "bytes=3-5242882");
        let first = world.send(&first).await;
        assert_eq!(first.status, 200, "{}", first.text());
        assert!(first.text().contains("<CopyPartResult xmlns="), "{}", first.text());
        assert!(!first.element("LastModified").is_empty());
        let second = world.send(&copy_part("/outside/source", &id, "2")).await;
        assert_eq!(second.element("ETag"), ETAG);
        let parts = [(1, first.element("ETag")), (2, second.element("ETag"))];
        let parts: Vec<(u16, &str)> = parts.iter().map(|(n, etag)| (*n, etag.as_str())).collect();
        let done = world.send(&complete("/inside/parts", &id, &parts)).await;
        assert_eq!(done.status, 200, "{}", done.text());
        // the sources may go
        world.send(&delete("/outside/large")).await;
        world.send(&delete("/outside/source")).await;
        let expected: Vec<u8> = large[3..=5_242_882].iter().chain(b"hello").copied().collect();
        assert_eq!(world.stored("/inside/parts").await, Some(Bytes::from(expected)));
    }
}

#[tokio::test]
async fn ranges_of_copied_parts() {
    let world = World::new().await;
    with_source(&world).await;
    let id = begin(&world, post("/inside/parts", "")).await;
    let table = [
        ("bytes=0-4", 200, "", ""),
        ("bytes=4-4", 200, "", ""),
        ("bytes=0-400", 200, "", ""),
        ("bytes=5-9", 416, "InvalidRange", ""),
        ("bytes=4-3", 400, "InvalidArgument", "x-amz-copy-source-range must be positive."),
        ("bytes=1-", 400, "InvalidArgument", "Invalid x-amz-copy-source-range: bytes=1-"),
        ("bytes=-1", 400, "InvalidArgument", "Invalid x-amz-copy-source-range: bytes=-1"),
        ("0-4", 400, "InvalidArgument", "Invalid x-amz-copy-source-range: 0-4"),
    ];
    for (range, status, code, message) in table {
        let answer = world
            .send(&copy_part("/outside/source", &id, "1").header("x-amz-copy-source-range", range))
            .await;
        assert_eq!(answer.verdict(), verdict(status, code), "{range}: {}", answer.text());
        assert!(answer.element("Message").contains(message), "{}", answer.text());
        assert!(status != 400 || message.contains("positive") || answer.hint().contains("first byte is 0"));
    }
    let failed = copy_part("/outside/source", &id, "1").header("x-amz-copy-source-if-match", OTHER);
    assert_eq!(world.send(&failed).await.verdict(), verdict(412, "PreconditionFailed"));
    let strict = World::strict().await;
    assert_eq!(
        strict.send(&failed).await.verdict(),
        verdict(501, "NotImplemented"),
        "R2 has no such condition"
    );
    for number in ["0", "10001"] {
        assert_eq!(
            world.send(&copy_part("/outside/source", &id, number)).await.verdict(),
            verdict(400, "InvalidArgument")
        );
    }
    assert_eq!(
        world.send(&copy_part("/outside/source", "none", "1")).await.verdict(),
        verdict(404, "NoSuchUpload")
    );
}
