//! Multipart uploads: CreateMultipartUpload, UploadPart, UploadPartCopy, ListParts, ListMultipartUploads,
//! CompleteMultipartUpload, AbortMultipartUpload, and what is read of an object made of parts.

mod encryption;
mod lists;

use bytes::Bytes;
use domain::limits::PUT_MAX_BYTES;

use crate::fixture::*;

pub(crate) const MIB: usize = 1024 * 1024;

pub(crate) async fn begin(world: &World, ask: Ask) -> String {
    let answer = world.send(&ask.query("uploads", "")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.element("UploadId")
}

pub(crate) fn part(path: &str, id: &str, number: &str, body: impl Into<Bytes>) -> Ask {
    put(path, body).query("partNumber", number).query("uploadId", id)
}

async fn sent(world: &World, path: &str, id: &str, number: u16, body: impl Into<Bytes>) -> String {
    let answer = world.send(&part(path, id, &number.to_string(), body)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.header("etag").expect("a part has an ETag")
}

pub(crate) fn complete(path: &str, id: &str, parts: &[(u16, &str)]) -> Ask {
    let parts = parts.iter().map(|(number, etag)| {
        format!("<Part><PartNumber>{number}</PartNumber><ETag>{}</ETag></Part>", etag.replace('"', "&quot;"))
    });
    let document =
        format!("<CompleteMultipartUpload>{}</CompleteMultipartUpload>", parts.collect::<String>());
    post(path, document).query("uploadId", id)
}

fn abort(path: &str, id: &str) -> Ask {
    delete(path).query("uploadId", id)
}

/// Parts of 5 MiB and a rest, with their ETags.
async fn three_parts(world: &World, path: &str, id: &str) -> (Vec<u8>, Vec<String>) {
    let bodies = [vec![b'a'; 5 * MIB], vec![b'b'; 5 * MIB], b"rest".to_vec()];
    let mut etags = Vec::new();
    for (number, body) in (1..).zip(&bodies) {
        etags.push(sent(world, path, id, number, body.clone()).await);
    }
    (bodies.concat(), etags)
}

fn numbered(etags: &[String]) -> Vec<(u16, &str)> {
    (1..).zip(etags).map(|(number, etag)| (number, etag.as_str())).collect()
}

/// Observed: R2, 2026-06-11 (elements and their order). Spec: R2 docs, multipart uploads (ETag).
#[tokio::test]
async fn an_object_of_three_parts() {
    for world in [World::new().await, World::strict().await] {
        let path = "/inside/a%20b";
        let create = post(path, "")
            .header("content-type", "image/png")
            .header("x-amz-meta-color", "blue")
            .header("x-amz-storage-class", "STANDARD_IA");
        let created = world.send(&create.query("uploads", "")).await;
        assert_eq!((created.element("Bucket"), created.element("Key")), ("inside".into(), "a b".into()));
        let id = created.element("UploadId");
        assert_eq!(world.stored(path).await, None, "it is not there before it is complete");
        let (whole, etags) = three_parts(&world, path, &id).await;
        assert_eq!(etags[2], "\"65e8800b5c6800aad896f888b2a62afc\"", "the MD5 of its bytes");
        let answer = world.send(&complete(path, &id, &numbered(&etags))).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let etag = "\"4f77591e8b87902774652ca4b0972c86-3\"";
        let places = ["<Bucket>", "<Key>", "<ETag>", "<Location>"].map(|name| answer.text().find(name));
        assert!(places.is_sorted() && places[0].is_some(), "{}", answer.text());
        assert_eq!(answer.element("ETag"), etag);
        assert_eq!(answer.element("Location"), "http://localhost:9000/inside/a%20b");
        let got = world.send(&get(path)).await;
        assert_eq!(got.body, whole);
        let table = [
            ("etag", answer.element("ETag")),
            ("content-type", "image/png".into()),
            ("x-amz-meta-color", "blue".into()),
            ("x-amz-storage-class", "STANDARD_IA".into()),
            ("content-length", whole.len().to_string()),
        ];
        for (name, value) in table {
            assert_eq!(got.header(name), Some(value), "{name}");
        }
        // a range across two parts
        let edge = 5 * MIB;
        let range = format!("bytes={}-{}", edge - 2, edge + 1);
        assert_eq!(world.send(&get(path).header("range", &range)).await.text(), "aabb");
        let listed = world.send(&get("/inside").query("list-type", "2")).await;
        assert_eq!((listed.element("Key"), listed.element("ETag")), ("a b".into(), answer.element("ETag")));
        let uploads = world.send(&get("/inside").query("uploads", "")).await;
        assert_eq!(uploads.element("UploadId"), "", "it has ended");
        // a client that lost the answer asks again, and gets it again
        let again = world.send(&complete(path, &id, &numbered(&etags))).await;
        assert_eq!((again.status, again.element("ETag")), (200, answer.element("ETag")), "{}", again.text());
        assert!(answer.header("x-amz-version-id").is_some() && again.header("x-amz-version-id").is_none());
        let other = world.send(&complete("/inside/other", &id, &numbered(&etags))).await;
        assert_eq!(other.verdict(), verdict(404, "NoSuchUpload"), "it was another key's");
    }
}

/// Spec: Amazon S3 API, GetObject and HeadObject, `partNumber`.
#[tokio::test]
async fn a_part_of_it_is_read_by_number() {
    let world = World::new().await;
    let id = begin(&world, post("/inside/k", "")).await;
    let (whole, etags) = three_parts(&world, "/inside/k", &id).await;
    assert_eq!(world.send(&complete("/inside/k", &id, &numbered(&etags))).await.status, 200);
    let size = whole.len();
    for (number, from, to) in [(1, 0, 5 * MIB), (2, 5 * MIB, 10 * MIB), (3, 10 * MIB, size)] {
        let asked = get("/inside/k").query("partNumber", &number.to_string());
        let got = world.send(&asked).await;
        assert_eq!((got.status, got.body.as_ref()), (206, &whole[from..to]), "{number}");
        assert_eq!(got.header("content-range"), Some(format!("bytes {from}-{}/{size}", to - 1)));
        assert_eq!(got.header("x-amz-mp-parts-count").as_deref(), Some("3"));
        let head = world.send(&head("/inside/k").query("partNumber", &number.to_string())).await;
        assert_eq!((head.status, head.header("content-length")), (206, Some((to - from).to_string())));
    }
    let beyond = world.send(&get("/inside/k").query("partNumber", "4")).await;
    assert_eq!(beyond.verdict(), verdict(416, "InvalidPartNumber"));
    assert_eq!(beyond.element("ActualPartCount"), "3");
    let both = world.send(&get("/inside/k").query("partNumber", "1").header("range", "bytes=0-1")).await;
    assert_eq!(both.verdict(), verdict(400, "InvalidRequest"));
    // not every part may be named; they are numbered by their place then
    let id = begin(&world, post("/inside/k", "")).await;
    let (_, etags) = three_parts(&world, "/inside/k", &id).await;
    let some = [(2, etags[1].as_str()), (3, etags[2].as_str())];
    assert_eq!(world.send(&complete("/inside/k", &id, &some)).await.status, 200);
    let got = world.send(&get("/inside/k").query("partNumber", "2")).await;
    assert_eq!((got.text().as_str(), got.header("x-amz-mp-parts-count").as_deref()), ("rest", Some("2")));
}

/// Observed: R2, 2026-06-11 (codes and texts).
#[tokio::test]
async fn what_cannot_be_completed_says_why() {
    let world = World::new().await;
    let path = "/inside/k";
    let id = begin(&world, post(path, "")).await;
    let small = sent(&world, path, &id, 1, "small").await;
    let last = sent(&world, path, &id, 2, "last").await;
    let stranger = "\"00000000000000000000000000000000\"";
    let document = |inner: &str| {
        post(path, format!("<CompleteMultipartUpload>{inner}</CompleteMultipartUpload>"))
            .query("uploadId", &id)
    };
    let table = [
        (complete(path, &id, &[(1, &small), (2, &last)]), 400, "EntityTooSmall", ""),
        (complete(path, &id, &[(3, &small)]), 400, "InvalidPart", "No part of this number"),
        (complete(path, &id, &[(1, stranger)]), 400, "InvalidPart", "another ETag"),
        (complete(path, &id, &[(1, &small), (1, &small)]), 400, "InvalidPart", "listed twice"),
        (complete(path, &id, &[(10_001, &small)]), 400, "InvalidPart", "1 to 10000"),
        (complete(path, &id, &[(0, &small)]), 400, "InvalidPart", "1 to 10000"),
        (complete(path, &id, &[]), 400, "MalformedXML", "at least one part"),
        (document("<Part><PartNumber>x</PartNumber><ETag>a</ETag></Part>"), 400, "MalformedXML", "integer"),
        (document("<Part><PartNumber>1</PartNumber></Part>"), 400, "MalformedXML", "ETag"),
        (complete(path, "none", &[(1, &small)]), 404, "NoSuchUpload", "never begun"),
        (complete("/inside/other", &id, &[(1, &small)]), 404, "NoSuchUpload", "never begun for this key"),
        (complete("/outside/k", &id, &[(1, &small)]), 404, "NoSuchUpload", ""),
        (complete("/missing/k", &id, &[(1, &small)]), 404, "NoSuchBucket", ""),
        (
            complete(path, &id, &[(1, &small)]).header("x-amz-mp-object-size", "4"),
            400,
            "InvalidRequest",
            "4 bytes were announced and the parts have 5",
        ),
        (complete(path, &id, &[(1, &small)]).header("if-match", "*"), 412, "PreconditionFailed", ""),
    ];
    for (ask, status, code, hint) in table {
        let answer = world.send(&ask).await;
        assert_eq!(answer.verdict(), verdict(status, code), "{ask:?}: {}", answer.text());
        assert!(answer.hint().contains(hint), "{code}: {}", answer.hint());
        assert_eq!(world.stored(path).await, None, "{code}");
    }
    // all the while the upload was there; sizes and order are the client's
    let small_only = complete(path, &id, &[(1, &small)]).header("x-amz-mp-object-size", "5");
    assert_eq!(world.send(&small_only).await.status, 200);
    assert_eq!(world.stored(path).await, Some("small".into()));
}

/// R2 wants parts of one size; we do so in strict mode only.
#[tokio::test]
async fn unequal_parts_are_refused_by_r2_alone() {
    for (world, status) in [(World::new().await, 200), (World::strict().await, 400)] {
        let path = "/inside/k";
        let id = begin(&world, post(path, "")).await;
        let first = sent(&world, path, &id, 1, vec![1; 6 * MIB]).await;
        let second = sent(&world, path, &id, 2, vec![2; 5 * MIB]).await;
        let third = sent(&world, path, &id, 3, "rest").await;
        // out of order, and with ETags without quotes
        let parts =
            [(3, third.trim_matches('"')), (1, first.trim_matches('"')), (2, second.trim_matches('"'))];
        let answer = world.send(&complete(path, &id, &parts)).await;
        assert_eq!(answer.status, status, "{}", answer.text());
        if status == 400 {
            assert_eq!(answer.code(), "InvalidPart");
            assert_eq!(answer.element("Message"), "There was a problem with the multipart upload.");
            assert!(
                answer.hint().contains("part 2") || answer.hint().contains("Part 2"),
                "{}",
                answer.hint()
            );
        }
    }
}

/// By the name that the client used, also where that is no `Host` header, and behind a proxy that speaks TLS.
#[tokio::test]
async fn the_object_is_where_the_client_sent_it() {
    let world = World::new().await;
    let finish = async |secure: bool, by_authority: bool| {
        let id = begin(&world, post("/inside/a%20b", "")).await;
        let etag = sent(&world, "/inside/a%20b", &id, 1, "x").await;
        let mut ask = complete("/a%20b", &id, &[(1, &etag)]).host("inside.files.example.com");
        if secure {
            ask = ask.unsigned("x-forwarded-proto", "https");
        }
        let mut request = ask.request(world.now_s()).map(|()| http_body_util::Full::new(ask.body.clone()));
        if by_authority {
            request.headers_mut().remove("host");
            let target = format!("http://inside.files.example.com{}", request.uri());
            *request.uri_mut() = target.parse().expect("a target");
        }
        let answer = world.send_raw(request).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.element("Location")
    };
    assert_eq!(finish(false, false).await, "http://inside.files.example.com/a%20b");
    assert_eq!(finish(true, false).await, "https://inside.files.example.com/a%20b");
    assert_eq!(finish(false, true).await, "http://inside.files.example.com/a%20b");
}

#[tokio::test]
async fn parts_that_are_refused() {
    let world = World::new().await;
    let path = "/inside/k";
    let id = begin(&world, post(path, "")).await;
    let table = [
        (part(path, &id, "0", "x"), 400, "InvalidArgument", "between 1 and 10000"),
        (part(path, &id, "10001", "x"), 400, "InvalidArgument", "between 1 and 10000"),
        (part(path, &id, "-1", "x"), 400, "InvalidArgument", "between 1 and 10000"),
        (part(path, &id, "one", "x"), 404, "RouteNotFound", ""),
        (part(path, "none", "1", "x"), 404, "NoSuchUpload", ""),
        (part("/inside/other", &id, "1", "x"), 404, "NoSuchUpload", ""),
        (
            part(path, &id, "1", "x").header("content-md5", "JfnnlDI7RTiF9RgfG2JNCw=="),
            400,
            "BadDigest",
            "did not match",
        ),
        (part(path, &id, "1", "x").header("x-amz-checksum-crc32", "AAAAAA=="), 400, "BadDigest", "CRC32"),
        (part(path, &id, "1", "x").payload(&"0".repeat(64)), 400, "XAmzContentSHA256Mismatch", ""),
        (part(path, &id, "1", "x").length(None), 411, "MissingContentLength", ""),
        (
            part(path, &id, "1", "x").header("x-amz-server-side-encryption", "AES256"),
            501,
            "NotImplemented",
            "",
        ),
    ];
    for (ask, status, code, message) in table {
        let answer = world.send(&ask).await;
        assert_eq!(answer.verdict(), verdict(status, code), "{ask:?}: {}", answer.text());
        assert!(answer.element("Message").contains(message), "{code}: {}", answer.text());
    }
    let listed = world.send(&get(path).query("uploadId", &id)).await;
    assert_eq!((listed.status, listed.element("PartNumber")), (200, String::new()), "none was kept");
    // as many as may be are waited for, one more are not
    let table = [
        (PUT_MAX_BYTES - 1, "IncompleteBody"),
        (PUT_MAX_BYTES, "IncompleteBody"),
        (PUT_MAX_BYTES + 1, "EntityTooLarge"),
    ];
    for (bytes, code) in table {
        for ask in [part(path, &id, "1", ""), put(path, "")] {
            let answer = world.send(&ask.length(Some(bytes))).await;
            assert_eq!(answer.verdict(), verdict(400, code), "{bytes}: {}", answer.text());
        }
    }
    for number in [1, 2, 9_999, 10_000] {
        sent(&world, path, &id, number, "x").await;
    }
}

#[tokio::test]
async fn an_aborted_upload_is_gone() {
    for world in [World::new().await, World::strict().await] {
        let path = "/inside/k";
        let id = begin(&world, post(path, "")).await;
        let etag = sent(&world, path, &id, 1, "x").await;
        let answer = world.send(&abort(path, &id)).await;
        assert_eq!((answer.status, answer.body.len()), (204, 0));
        let after = [
            part(path, &id, "1", "x"),
            complete(path, &id, &[(1, &etag)]),
            get(path).query("uploadId", &id),
            abort(path, &id),
        ];
        for ask in after {
            assert_eq!(world.send(&ask).await.verdict(), verdict(404, "NoSuchUpload"), "{ask:?}");
        }
    }
}

/// A page uploads parts by URLs alone, which are of one part each.
#[tokio::test]
async fn parts_by_presigned_urls() {
    let world = World::new().await;
    let path = "/inside/k";
    let id = begin(&world, post(path, "").presigned()).await;
    let url = |body: &'static str| part(path, &id, "1", body).presigned();
    let answer = world.send(&url("hello")).await;
    assert_eq!(
        (answer.status, answer.header("etag").as_deref()),
        (200, Some("\"5d41402abc4b2a76b9719d911017c592\""))
    );
    // what SDK v3 signs before there is a body
    let placeholder =
        url("hello").query("x-amz-checksum-crc32", "AAAAAA==").query("x-amz-sdk-checksum-algorithm", "CRC32");
    assert_eq!(world.send(&placeholder).await.status, 200);
    let mut other =
        url("hello").request(world.now_s()).map(|()| http_body_util::Full::new(Bytes::from("hello")));
    *other.uri_mut() =
        other.uri().to_string().replace("partNumber=1", "partNumber=2").parse().expect("a target");
    assert_eq!(world.send_raw(other).await.verdict(), verdict(403, "SignatureDoesNotMatch"));
    let limited = url("hello").query("x-larder-max-bytes", "4");
    assert_eq!(world.send(&limited).await.verdict(), verdict(400, "EntityTooLarge"));
    let expired = part(path, &id, "1", "x").expires(1).signed_ago(2);
    assert_eq!(world.send(&expired).await.verdict(), verdict(403, "ExpiredRequest"));
    let etag = answer.header("etag").expect("as above");
    assert_eq!(world.send(&complete(path, &id, &[(1, &etag)]).presigned()).await.status, 200);
    assert_eq!(world.stored(path).await, Some("hello".into()));
    let id = begin(&world, post(path, "").presigned()).await;
    assert_eq!(world.send(&abort(path, &id).presigned()).await.status, 204);
}

/// The checksums of parts, of both types, and of the object that they make.
///
/// Spec: R2 docs, S3 API compatibility, checksum types; Amazon S3 user guide, checking object integrity.
#[tokio::test]
async fn checksums_of_parts_and_of_the_whole() {
    let world = World::new().await;
    let create = post("/inside/k", "").header("x-amz-checksum-algorithm", "CRC32");
    let created = world.send(&create.clone().query("uploads", "")).await;
    assert_eq!(created.header("x-amz-checksum-algorithm").as_deref(), Some("CRC32"));
    assert_eq!(created.header("x-amz-checksum-type").as_deref(), Some("COMPOSITE"));
    let id = created.element("UploadId");
    let answer = world.send(&part("/inside/k", &id, "1", "hello")).await;
    assert_eq!(answer.header("x-amz-checksum-crc32").as_deref(), Some("NhCmhg=="), "it is computed unasked");
    let etag = answer.header("etag").expect("a part has one");
    let listed = world.send(&get("/inside/k").query("uploadId", &id)).await;
    assert_eq!(listed.element("ChecksumCRC32"), "NhCmhg==");
    assert_eq!(
        (listed.element("ChecksumAlgorithm"), listed.element("ChecksumType")),
        ("CRC32".into(), "COMPOSITE".into())
    );
    let wrong = complete("/inside/k", &id, &[(1, &etag)]).header("x-amz-checksum-crc32", "AAAAAA==-1");
    assert_eq!(world.send(&wrong).await.verdict(), verdict(400, "BadDigest"));
    let count = complete("/inside/k", &id, &[(1, &etag)]).header("x-amz-checksum-crc32", "AAAAAA==-2");
    let count = world.send(&count).await;
    assert_eq!(count.verdict(), verdict(400, "InvalidRequest"));
    assert_eq!(count.element("Message"), "The checksum is one of 2 parts, and 1 are named.");
    let whole_type = complete("/inside/k", &id, &[(1, &etag)]).header("x-amz-checksum-type", "FULL_OBJECT");
    assert_eq!(world.send(&whole_type).await.code(), "InvalidPart");
    let done = world.send(&complete("/inside/k", &id, &[(1, &etag)])).await;
    let composite = done.element("ChecksumCRC32");
    assert!(composite.ends_with("-1"), "{}", done.text());
    let read = world.send(&get("/inside/k").header("x-amz-checksum-mode", "ENABLED")).await;
    assert_eq!(read.header("x-amz-checksum-crc32"), Some(composite));
    assert_eq!(read.header("x-amz-checksum-type").as_deref(), Some("COMPOSITE"));
    // of the whole: what the bytes have, however they came
    for (algorithm, element, value) in
        [("CRC64NVME", "ChecksumCRC64NVME", "M3eFcAZSQlc="), ("CRC32", "ChecksumCRC32", "NhCmhg==")]
    {
        let create = post("/inside/k", "")
            .header("x-amz-checksum-algorithm", algorithm)
            .header("x-amz-checksum-type", "FULL_OBJECT");
        let id = begin(&world, create).await;
        let etag = sent(&world, "/inside/k", &id, 1, "hello").await;
        let done = world.send(&complete("/inside/k", &id, &[(1, &etag)])).await;
        assert_eq!(done.element(element), value, "{}", done.text());
    }
    let strict = World::strict().await;
    let full = post("/inside/k", "")
        .header("x-amz-checksum-algorithm", "CRC32")
        .header("x-amz-checksum-type", "FULL_OBJECT");
    assert_eq!(strict.send(&full.query("uploads", "")).await.verdict(), verdict(400, "InvalidRequest"));
    let no_type = post("/inside/k", "").header("x-amz-checksum-type", "COMPOSITE").query("uploads", "");
    assert_eq!(world.send(&no_type).await.verdict(), verdict(400, "InvalidRequest"));
    let unknown = post("/inside/k", "").header("x-amz-checksum-algorithm", "MD4").query("uploads", "");
    assert_eq!(world.send(&unknown).await.verdict(), verdict(400, "InvalidRequest"));
}

/// A part that is read by its number shows its own checksum where that of the whole is made from those of the parts.
///
/// Spec: Amazon S3 user guide, checking object integrity, composite checksums. Observed: Amazon S3, 2025-07, as LocalStack's
/// tests record it.
#[tokio::test]
async fn a_part_shows_its_own_checksum() {
    let world = World::new().await;
    for (kind, shown) in
        [("COMPOSITE", [Some("r/zBbw=="), Some("yG5QvA=="), Some("/RQh0A==")]), ("FULL_OBJECT", [None; 3])]
    {
        let create = post("/inside/k", "")
            .header("x-amz-checksum-algorithm", "CRC32")
            .header("x-amz-checksum-type", kind);
        let id = begin(&world, create).await;
        let (_, etags) = three_parts(&world, "/inside/k", &id).await;
        assert_eq!(world.send(&complete("/inside/k", &id, &numbered(&etags))).await.status, 200);
        for (number, expected) in (1..).zip(shown) {
            for ask in [get("/inside/k"), head("/inside/k")] {
                let ask = ask.query("partNumber", &number.to_string());
                let unasked = world.send(&ask).await;
                assert_eq!(unasked.header("x-amz-checksum-crc32"), None);
                let answer = world.send(&ask.header("x-amz-checksum-mode", "ENABLED")).await;
                assert_eq!(answer.status, 206);
                assert_eq!(answer.header("x-amz-checksum-crc32").as_deref(), expected, "{kind}, {number}");
                let kind = expected.map(|_| kind.to_owned());
                assert_eq!(answer.header("x-amz-checksum-type"), kind, "{number}");
            }
        }
        let ask = get("/inside/k").query("attributes", "").header("x-amz-object-attributes", "ObjectParts");
        let shown = world.send(&ask).await.text().matches("<ChecksumCRC32>").count();
        assert_eq!(shown, if kind == "COMPOSITE" { 3 } else { 0 });
    }
}

/// A client may send another checksum with a part than the upload was begun with: lists show that of the upload.
#[tokio::test]
async fn parts_are_listed_with_the_uploads_checksum() {
    let world = World::new().await;
    let create = post("/inside/k", "").header("x-amz-checksum-algorithm", "SHA256");
    let id = begin(&world, create).await;
    let other = part("/inside/k", &id, "1", "hello").header("x-amz-checksum-crc32", "NhCmhg==");
    assert_eq!(world.send(&other).await.status, 200);
    let listed = world.send(&get("/inside/k").query("uploadId", &id)).await;
    let sha256 = "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=";
    assert_eq!(listed.element("ChecksumSHA256"), sha256, "{}", listed.text());
    assert_eq!(listed.element("ChecksumCRC32"), "", "{}", listed.text());
}

/// Conditions are judged at the begin and again at the end. Spec: R2 docs, S3 API extensions, conditional writes.
#[tokio::test]
async fn conditions_of_uploads() {
    let world = World::new().await;
    let path = "/inside/k";
    let unless_there = post(path, "").header("if-none-match", "*");
    let id = begin(&world, unless_there.clone()).await;
    let etag = sent(&world, path, &id, 1, "mine").await;
    world.send(&put(path, "theirs")).await;
    let refused = world.send(&unless_there.query("uploads", "")).await;
    assert_eq!(refused.verdict(), verdict(412, "PreconditionFailed"));
    assert_eq!(refused.element("Condition"), "If-None-Match");
    let late = complete(path, &id, &[(1, &etag)]).header("if-none-match", "*");
    assert_eq!(world.send(&late).await.verdict(), verdict(412, "PreconditionFailed"));
    assert_eq!(world.stored(path).await, Some("theirs".into()));
    assert_eq!(
        world.send(&complete(path, &id, &[(1, &etag)])).await.status,
        200,
        "the upload is still there"
    );
}

#[tokio::test]
async fn who_may_upload_in_parts() {
    let world = World::new().await;
    let path = "/inside/k";
    let id = begin(&world, post(path, "").by(BOUND)).await;
    let etag = sent(&world, path, &id, 1, "x").await;
    let writes = |path: &str| {
        [
            post(path, "").query("uploads", ""),
            part(path, &id, "1", "x"),
            part(path, &id, "1", "").header("x-amz-copy-source", "/inside/k"),
            complete(path, &id, &[(1, &etag)]),
            abort(path, &id),
        ]
    };
    for ask in writes(path) {
        assert_eq!(world.send(&ask.by(READER)).await.verdict(), verdict(403, "AccessDenied"));
    }
    for ask in writes("/outside/k").into_iter().chain([get("/outside/k").query("uploadId", &id)]) {
        assert_eq!(world.send(&ask.by(BOUND)).await.verdict(), verdict(403, "AccessDenied"));
    }
    assert_eq!(world.send(&get(path).query("uploadId", &id).by(READER)).await.status, 200);
    assert_eq!(world.send(&get("/inside").query("uploads", "").by(READER)).await.status, 200);
    let hidden = get("/outside").query("uploads", "").by(BOUND);
    assert_eq!(world.send(&hidden).await.verdict(), verdict(403, "AccessDenied"));
    assert_eq!(world.send(&complete(path, &id, &[(1, &etag)]).by(BOUND)).await.status, 200);
}
