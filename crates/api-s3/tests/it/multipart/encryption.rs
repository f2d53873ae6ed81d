//! Uploads in parts with a key of the customer's (SSE-C): each part is sealed with the key that the upload was begun with,
//! and the object is opened by it alone.

use super::*;

const KEY: (&str, &str) = ("AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=", "4Funlf7OsLF0HL+vKU+fkg==");
const OTHER: (&str, &str) = ("AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=", "F3apf5enN9TQbA8CaOS4/g==");
const PREFIX: &str = "x-amz-server-side-encryption-customer";
const PATH: &str = "/inside/k";

fn keyed(ask: Ask, (key, md5): (&str, &str)) -> Ask {
    keyed_as(PREFIX, ask, (key, md5))
}

/// With the key of a copy's source.
fn from_keyed(ask: Ask, key: (&str, &str)) -> Ask {
    keyed_as("x-amz-copy-source-server-side-encryption-customer", ask, key)
}

fn keyed_as(prefix: &str, ask: Ask, (key, md5): (&str, &str)) -> Ask {
    ask.header(&format!("{prefix}-algorithm"), "AES256")
        .header(&format!("{prefix}-key"), key)
        .header(&format!("{prefix}-key-md5"), md5)
}

/// What a reply says of the encryption: algorithm and MD5 of the key. The key itself is never said.
fn said(answer: &Answer) -> (Option<String>, Option<String>) {
    let shown = format!("{:?}{}", answer.headers, answer.text());
    assert!(!shown.contains(KEY.0) && !shown.contains(OTHER.0), "a key is not repeated");
    (answer.header(&format!("{PREFIX}-algorithm")), answer.header(&format!("{PREFIX}-key-md5")))
}

fn with_key() -> (Option<String>, Option<String>) {
    (Some("AES256".to_owned()), Some(KEY.1.to_owned()))
}

/// Spec: Amazon S3 API, CreateMultipartUpload, UploadPart and UploadPartCopy, response headers.
#[tokio::test]
async fn an_upload_in_parts_with_the_customers_key() {
    for world in [World::new().await, World::strict().await] {
        for (path, ask) in [
            ("/inside/plain", put("/inside/plain", "of a plain object")),
            ("/inside/closed", keyed(put("/inside/closed", "of a closed object"), OTHER)),
        ] {
            assert_eq!(world.send(&ask).await.status, 200, "{path}");
        }
        let created = world.send(&keyed(post(PATH, "").query("uploads", ""), KEY)).await;
        assert_eq!((created.status, said(&created)), (200, with_key()), "{}", created.text());
        let id = created.element("UploadId");
        let first = world.send(&keyed(part(PATH, &id, "1", vec![b'a'; 5 * MIB]), KEY)).await;
        assert_eq!((first.status, said(&first)), (200, with_key()), "{}", first.text());
        let copy = |number: &str, source: &str, range: &str| {
            let ask = part(PATH, &id, number, "").header("x-amz-copy-source", source);
            if range.is_empty() { ask } else { ask.header("x-amz-copy-source-range", range) }
        };
        let copies = [
            keyed(copy("2", "/inside/plain", ""), KEY),
            keyed(from_keyed(copy("2", "/inside/closed", "bytes=3-10"), OTHER), KEY),
        ];
        let mut second = String::new();
        for ask in copies {
            let answer = world.send(&ask).await;
            assert_eq!((answer.status, said(&answer)), (200, with_key()), "{}", answer.text());
            second = answer.element("ETag");
        }
        let listed = world.send(&get(PATH).query("uploadId", &id)).await;
        assert_eq!((listed.status, listed.text().matches("<Part>").count()), (200, 2));
        assert!(listed.text().contains("<Size>5242880</Size>") && listed.text().contains("<Size>8</Size>"));
        assert!(
            listed.text().contains(&second.replace('"', "&quot;")),
            "sizes and hashes are of the content"
        );
        let etag = first.header("etag").expect("a part has one");
        let done = world.send(&complete(PATH, &id, &[(1, &etag), (2, &second)])).await;
        assert_eq!((done.status, said(&done)), (200, (None, None)), "it needs no key: {}", done.text());
        let whole = [&vec![b'a'; 5 * MIB][..], b"a closed"].concat();
        let read = world.send(&keyed(get(PATH), KEY)).await;
        assert_eq!((read.status, said(&read)), (200, with_key()), "{}", read.text());
        assert!(read.body == whole);
        let across = keyed(get(PATH).header("range", "bytes=5242878-5242887"), KEY);
        assert_eq!(world.send(&across).await.text(), "aaa closed");
        let by_part = keyed(get(PATH).query("partNumber", "2"), KEY);
        assert_eq!(world.send(&by_part).await.text(), "a closed");
        assert_eq!(world.send(&keyed(get(PATH), OTHER)).await.verdict(), verdict(403, "AccessDenied"));
        assert_eq!(world.send(&get(PATH)).await.verdict(), verdict(400, "InvalidRequest"));
    }
}

#[tokio::test]
async fn parts_with_another_key_or_none_are_refused() {
    let world = World::new().await;
    assert_eq!(world.send(&put("/inside/plain", "v")).await.status, 200);
    assert_eq!(world.send(&keyed(put("/inside/closed", "v"), OTHER)).await.status, 200);
    let closed = begin(&world, keyed(post(PATH, ""), KEY)).await;
    let open = begin(&world, post(PATH, "")).await;
    let sent = |id: &str| part(PATH, id, "1", "v");
    let copied = |id: &str, source: &str| part(PATH, id, "1", "").header("x-amz-copy-source", source);
    let missing = "send the three headers";
    let another = "another customer's key";
    let table = [
        ("a part, another key", keyed(sent(&closed), OTHER), 403, "AccessDenied", another),
        ("a part, no key", sent(&closed), 400, "InvalidRequest", missing),
        ("a part, a key of another MD5", keyed(sent(&closed), (KEY.0, OTHER.1)), 400, "InvalidArgument", ""),
        (
            "a part, a key alone",
            sent(&closed).header(&format!("{PREFIX}-key"), KEY.0),
            400,
            "InvalidArgument",
            "",
        ),
        ("a part of a plain upload", keyed(sent(&open), KEY), 400, "InvalidRequest", "leave the headers"),
        ("a copy, another key", keyed(copied(&closed, "/inside/plain"), OTHER), 403, "AccessDenied", another),
        ("a copy, no key", copied(&closed, "/inside/plain"), 400, "InvalidRequest", missing),
        (
            "a copy into a plain upload",
            keyed(copied(&open, "/inside/plain"), KEY),
            400,
            "InvalidRequest",
            "leave the headers",
        ),
        (
            "a copy, no key of its source",
            keyed(copied(&closed, "/inside/closed"), KEY),
            400,
            "InvalidRequest",
            missing,
        ),
        (
            "a copy, another key of its source",
            keyed(from_keyed(copied(&closed, "/inside/closed"), KEY), KEY),
            403,
            "AccessDenied",
            another,
        ),
        (
            "a copy, a key of a plain source",
            keyed(from_keyed(copied(&closed, "/inside/plain"), OTHER), KEY),
            400,
            "InvalidRequest",
            "leave the headers",
        ),
    ];
    for (what, ask, status, code, hint) in table {
        let answer = world.send(&ask).await;
        assert_eq!(answer.verdict(), verdict(status, code), "{what}: {}", answer.text());
        assert!(answer.hint().contains(hint), "{what}: {}", answer.hint());
        assert_eq!(said(&answer), (None, None), "{what}");
    }
    for id in [&closed, &open] {
        let listed = world.send(&get(PATH).query("uploadId", id)).await;
        assert_eq!((listed.status, listed.element("PartNumber")), (200, String::new()), "none was kept");
    }
    let alone = post(PATH, "").query("uploads", "").header(&format!("{PREFIX}-key"), KEY.0);
    assert_eq!(world.send(&alone).await.verdict(), verdict(400, "InvalidArgument"));
    let by_url = keyed(part(PATH, &closed, "1", "v"), KEY).presigned();
    assert_eq!(world.send(&by_url).await.status, 200, "a URL whose signature covers the headers");
}

/// A key is not needed to list parts or to complete the upload; one that is sent must be the upload's.
///
/// Spec: Amazon S3 API, ListParts and CompleteMultipartUpload, request headers.
#[tokio::test]
async fn a_key_that_is_not_needed_is_judged_when_it_is_sent() {
    for world in [World::new().await, World::strict().await] {
        let closed = begin(&world, keyed(post(PATH, ""), KEY)).await;
        let open = begin(&world, post("/inside/open", "")).await;
        let etag = world.send(&keyed(part(PATH, &closed, "1", "v"), KEY)).await.header("etag").expect("sent");
        sent(&world, "/inside/open", &open, 1, "v").await;
        let asks =
            |path: &str, id: &str| [get(path).query("uploadId", id), complete(path, id, &[(1, &etag)])];
        for ask in asks(PATH, &closed) {
            let alone = ask.clone().header(&format!("{PREFIX}-key"), KEY.0);
            let table = [
                (keyed(ask.clone(), OTHER), 403, "AccessDenied", "another customer's key"),
                (keyed(ask.clone(), (KEY.0, OTHER.1)), 400, "InvalidArgument", ""),
                (alone, 400, "InvalidArgument", ""),
            ];
            for (ask, status, code, hint) in table {
                let answer = world.send(&ask).await;
                assert_eq!(answer.verdict(), verdict(status, code), "{ask:?}: {}", answer.text());
                assert!(answer.hint().contains(hint), "{}", answer.hint());
            }
        }
        for ask in asks("/inside/open", &open) {
            let answer = world.send(&keyed(ask, KEY)).await;
            assert_eq!(answer.verdict(), verdict(400, "InvalidRequest"), "{}", answer.text());
            assert!(answer.hint().contains("leave the headers"), "{}", answer.hint());
        }
        assert_eq!(world.stored("/inside/open").await, None);
        for ask in asks(PATH, &closed) {
            let answer = world.send(&keyed(ask, KEY)).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
        }
        assert_eq!(world.send(&keyed(get(PATH), KEY)).await.text(), "v");
    }
}
