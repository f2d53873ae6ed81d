//! Presigned URLs into which an SDK moved headers: what they mean, and what nobody may add to them.

use bytes::Bytes;

use crate::fixture::*;

const CRC32_OF_NOTHING: &str = "AAAAAA==";
const CRC32_OF_HELLO: &str = "NhCmhg==";

/// aws-sdk v3 and v2 put metadata, class and ACL into the query.
#[tokio::test]
async fn parameters_stand_for_headers() {
    let world = World::new().await;
    let url = put("/inside/k", "hello")
        .presigned()
        .query("x-amz-meta-color", "blue")
        .query("x-amz-acl", "public-read")
        .query("x-amz-storage-class", "STANDARD_IA")
        .query("x-id", "PutObject");
    assert_eq!(world.send(&url).await.status, 200);
    let got = world.send(&head("/inside/k")).await;
    assert_eq!(got.header("x-amz-meta-color").as_deref(), Some("blue"));
    assert_eq!(got.header("x-amz-storage-class").as_deref(), Some("STANDARD_IA"));
    // the same once more as a header changes nothing, another value does
    let same = url.clone().unsigned("x-amz-meta-color", "blue");
    assert_eq!(world.send(&same).await.status, 200);
    let other = world.send(&url.clone().unsigned("x-amz-meta-color", "red")).await;
    assert_eq!(other.verdict(), verdict(403, "AccessDenied"));
    let signed_twice = world.send(&url.clone().header("x-amz-meta-color", "red")).await;
    assert_eq!(signed_twice.verdict(), verdict(400, "InvalidArgument"));
    let twice = world.send(&url.query("x-amz-meta-color", "red")).await;
    assert_eq!(twice.verdict(), verdict(400, "InvalidArgument"));
}

/// What would be refused as a header is refused as a parameter: nothing is dropped in silence.
#[tokio::test]
async fn parameters_are_screened_like_headers() {
    let world = World::new().await;
    world.send(&put("/outside/secret", "v")).await;
    let table = [
        ("x-amz-tagging", "aws:a=b", 400, "InvalidTag"),
        ("x-amz-storage-class", "GLACIER", 400, "InvalidStorageClass"),
        ("x-amz-server-side-encryption", "aws:kms", 501, "NotImplemented"),
        ("x-amz-acl", "everyone", 501, "NotImplemented"),
        ("x-amz-expected-bucket-owner", "me", 501, "NotImplemented"),
        ("x-amz-copy-source", "/outside/missing", 404, "NoSuchKey"),
    ];
    for (name, value, status, code) in table {
        let answer = world.send(&put("/inside/k", "v").presigned().query(name, value)).await;
        assert_eq!(answer.verdict(), verdict(status, code), "{name}");
    }
    assert_eq!(world.stored("/inside/k").await, None);
    let tagged = put("/inside/k", "v").presigned().query("x-amz-tagging", "a=b");
    assert_eq!(world.send(&tagged).await.status, 200);
    assert_eq!(world.send(&head("/inside/k")).await.header("x-amz-tagging-count").as_deref(), Some("1"));
    let strict = World::strict().await;
    assert_eq!(strict.send(&tagged).await.verdict(), verdict(501, "NotImplemented"));
}

/// aws-sdk v3 signs the checksum of an empty body, since the file is not there yet when it signs.
#[tokio::test]
async fn the_checksum_of_nothing_is_a_placeholder() {
    let (world, strict) = (World::new().await, World::strict().await);
    let of_nothing = [
        ("CRC32", "x-amz-checksum-crc32", CRC32_OF_NOTHING),
        ("CRC32C", "x-amz-checksum-crc32c", "AAAAAA=="),
        ("CRC64NVME", "x-amz-checksum-crc64nvme", "AAAAAAAAAAA="),
        ("SHA1", "x-amz-checksum-sha1", "2jmj7l5rSw0yVb/vlWAYkK/YBwk="),
        ("SHA256", "x-amz-checksum-sha256", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
    ];
    for (algorithm, header, value) in of_nothing {
        let url = |body: &'static str| {
            let url = put("/inside/k", body).presigned();
            url.query("x-amz-sdk-checksum-algorithm", algorithm).query(header, value)
        };
        assert_eq!(world.send(&url("hello")).await.status, 200, "{algorithm}");
        assert_eq!(world.stored("/inside/k").await, Some(Bytes::from("hello")));
        assert_eq!(strict.send(&url("hello")).await.verdict(), verdict(400, "BadDigest"), "{algorithm}");
        assert_eq!(strict.stored("/inside/k").await, None);
        // for an empty body it is no placeholder but the truth
        let empty = world.send(&url("")).await;
        assert_eq!((empty.status, empty.header(header).as_deref()), (200, Some(value)), "{algorithm}");
        // as a header it is a promise
        let promised = put("/inside/k", "hello").presigned().unsigned(header, value);
        assert_eq!(world.send(&promised).await.verdict(), verdict(400, "BadDigest"), "{algorithm}");
    }
}

#[tokio::test]
async fn a_real_checksum_beats_the_placeholder() {
    let world = World::new().await;
    let url = || {
        let url = put("/inside/k", "hello").presigned();
        url.query("x-amz-checksum-crc32", CRC32_OF_NOTHING).query("x-amz-sdk-checksum-algorithm", "CRC32")
    };
    for (header, value) in [
        ("x-amz-checksum-crc32", CRC32_OF_HELLO),
        ("x-amz-checksum-sha256", "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="),
    ] {
        let stored = world.send(&url().unsigned(header, value)).await;
        assert_eq!(
            (stored.status, stored.header(header).as_deref()),
            (200, Some(value)),
            "{}",
            stored.text()
        );
        let wrong =
            world.send_body(&url().unsigned(header, value), http_body_util::Full::new("jello".into())).await;
        assert_eq!(wrong.verdict(), verdict(400, "BadDigest"), "{header}");
    }
    // one that was made for a body is no placeholder
    let made_for = put("/inside/k", "jello").presigned().query("x-amz-checksum-crc32", CRC32_OF_HELLO);
    assert_eq!(world.send(&made_for).await.verdict(), verdict(400, "BadDigest"));
    let disagreeing = put("/inside/k", "hello").presigned().query("x-amz-checksum-crc32", CRC32_OF_HELLO);
    let answer = world.send(&disagreeing.unsigned("x-amz-checksum-crc32", "AAAAAQ==")).await;
    assert_eq!(answer.verdict(), verdict(403, "AccessDenied"));
}

/// aws-sdk v2 signs the type as a parameter. Row 000-5 of docs/compat.md.
#[tokio::test]
async fn a_content_type_in_the_query() {
    let (world, strict) = (World::new().await, World::strict().await);
    let url = || put("/inside/k", "hello").presigned().query("Content-Type", "image/png");
    assert_eq!(world.send(&url().unsigned("content-type", "image/png")).await.status, 200);
    assert_eq!(world.send(&url()).await.status, 200);
    assert_eq!(world.send(&head("/inside/k")).await.header("content-type").as_deref(), Some("image/png"));
    let other = world.send(&url().unsigned("content-type", "text/html")).await;
    assert_eq!(other.verdict(), verdict(403, "SignatureDoesNotMatch"));
    assert!(other.hint().contains("image/png") && other.hint().contains("text/html"), "{}", other.hint());
    // R2 takes no notice of it
    assert_eq!(strict.send(&url().unsigned("content-type", "text/html")).await.status, 200);
    assert_eq!(strict.send(&head("/inside/k")).await.header("content-type").as_deref(), Some("text/html"));
}

/// Browsers and SDKs add these without signing them.
#[tokio::test]
async fn harmless_headers_need_no_signature() {
    let world = World::new().await;
    let url = put("/inside/k", "hello")
        .presigned()
        .unsigned("content-type", "image/png")
        .unsigned("x-amz-checksum-crc32", CRC32_OF_HELLO)
        .unsigned("x-amz-sdk-checksum-algorithm", "CRC32")
        .unsigned("x-amz-content-sha256", UNSIGNED)
        .unsigned("x-amz-user-agent", "browser")
        .unsigned("user-agent", "browser")
        .unsigned("cf-ray", "1");
    assert_eq!(world.send(&url).await.status, 200);
    assert_eq!(world.send(&head("/inside/k")).await.header("content-type").as_deref(), Some("image/png"));
}
