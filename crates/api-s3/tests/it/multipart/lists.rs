//! ListParts and ListMultipartUploads, page by page.

use std::time::Duration;

use super::{begin, complete, numbered, sent, three_parts};
use crate::fixture::*;

#[tokio::test]
async fn parts_are_listed_in_pages() {
    let world = World::new().await;
    let path = "/inside/k";
    let id = begin(&world, post(path, "")).await;
    for number in [10_000, 1, 7] {
        sent(&world, path, &id, number, number.to_string()).await;
    }
    let list = |query: &[(&str, &str)]| {
        let ask = get(path).query("uploadId", &id);
        query.iter().fold(ask, |ask, (name, value)| ask.query(name, value))
    };
    let all = world.send(&list(&[])).await;
    let numbers: Vec<_> = all.text().split("<PartNumber>").skip(1).map(first_number).collect();
    assert_eq!(numbers, [1, 7, 10_000]);
    let table = [
        ("Bucket", "inside"),
        ("Key", "k"),
        ("UploadId", &id),
        ("PartNumberMarker", "0"),
        ("NextPartNumberMarker", "10000"),
        ("MaxParts", "1000"),
        ("IsTruncated", "false"),
        ("ETag", "\"c4ca4238a0b923820dcc509a6f75849b\""),
        ("Size", "1"),
        ("StorageClass", "STANDARD"),
        ("ID", ACCOUNT),
    ];
    for (name, value) in table {
        assert_eq!(all.element(name), value, "{name}");
    }
    let first = world.send(&list(&[("max-parts", "2")])).await;
    assert_eq!(
        (first.element("IsTruncated"), first.element("NextPartNumberMarker")),
        ("true".into(), "7".into())
    );
    let second = world.send(&list(&[("max-parts", "2"), ("part-number-marker", "7")])).await;
    assert_eq!(
        (second.element("IsTruncated"), second.element("PartNumber")),
        ("false".into(), "10000".into())
    );
    let behind = world.send(&list(&[("part-number-marker", "70000")])).await;
    assert_eq!((behind.status, behind.element("PartNumber")), (200, String::new()));
    for (name, value) in [("max-parts", "x"), ("max-parts", "-1"), ("part-number-marker", "1.5")] {
        assert_eq!(
            world.send(&list(&[(name, value)])).await.verdict(),
            verdict(400, "InvalidArgument"),
            "{value}"
        );
    }
    // replacing one leaves the others
    sent(&world, path, &id, 7, "seven").await;
    assert_eq!(
        world.send(&list(&[("max-parts", "1"), ("part-number-marker", "1")])).await.element("Size"),
        "5"
    );
}

fn first_number(text: &str) -> u16 {
    text.split('<').next().and_then(|digits| digits.parse().ok()).expect("a number")
}

#[tokio::test]
async fn uploads_are_listed_in_pages() {
    let world = World::new().await;
    let mut ids = Vec::new();
    for key in ["a/1", "a/2", "b", "b"] {
        ids.push(begin(&world, post(&format!("/inside/{key}"), "")).await);
        world.clock.advance(Duration::from_secs(1));
    }
    let list = |query: &[(&str, &str)]| {
        let ask = get("/inside").query("uploads", "");
        query.iter().fold(ask, |ask, (name, value)| ask.query(name, value))
    };
    let all = world.send(&list(&[])).await.text();
    assert!(ids.iter().all(|id| all.contains(id.as_str())), "{all}");
    assert!(all.contains("<Initiated>2026-01-01T00:00:00.000Z</Initiated>"), "{all}");
    let folded = world.send(&list(&[("delimiter", "/")])).await;
    assert!(
        folded.text().contains("<CommonPrefixes><Prefix>a/</Prefix></CommonPrefixes>"),
        "{}",
        folded.text()
    );
    assert_eq!(folded.text().matches("<Upload>").count(), 2);
    let under = world.send(&list(&[("prefix", "a/")])).await;
    assert_eq!(under.text().matches("<Upload>").count(), 2);
    // two of one key do not get lost between pages
    let mut seen = Vec::new();
    let mut marker = (String::new(), String::new());
    loop {
        let (key, id) = &marker;
        let page =
            world.send(&list(&[("max-uploads", "1"), ("key-marker", key), ("upload-id-marker", id)])).await;
        seen.push(page.element("UploadId"));
        if page.element("IsTruncated") == "false" {
            break;
        }
        marker = (page.element("NextKeyMarker"), page.element("NextUploadIdMarker"));
    }
    seen.sort_unstable();
    ids.sort_unstable();
    assert_eq!(seen, ids);
    let wrong = world.send(&list(&[("max-uploads", "many")])).await;
    assert_eq!(wrong.verdict(), verdict(400, "InvalidArgument"));
}

/// GetObjectAttributes of an object made of parts. Spec: Amazon S3 API.
#[tokio::test]
async fn parts_of_an_object_are_listed_in_pages() {
    let world = World::new().await;
    let create = post("/inside/k", "").header("x-amz-checksum-algorithm", "CRC32");
    let id = begin(&world, create).await;
    let (_, etags) = three_parts(&world, "/inside/k", &id).await;
    assert_eq!(world.send(&complete("/inside/k", &id, &numbered(&etags))).await.status, 200);
    let ask = || {
        let ask = get("/inside/k").query("attributes", "");
        ask.header("x-amz-object-attributes", "ObjectParts,Checksum")
    };
    let all = world.send(&ask()).await;
    let table =
        [("PartsCount", "3"), ("IsTruncated", "false"), ("Size", "5242880"), ("ChecksumType", "COMPOSITE")];
    for (name, value) in table {
        assert_eq!(all.element(name), value, "{name}: {}", all.text());
    }
    assert_eq!(all.text().matches("<Part>").count(), 3);
    for sum in ["r/zBbw==", "yG5QvA==", "/RQh0A=="] {
        let part = format!("<ChecksumCRC32>{sum}</ChecksumCRC32></Part>");
        assert!(all.text().contains(&part), "{sum}: {}", all.text());
    }
    assert!(!all.element("ChecksumCRC32").contains('-'), "{}", all.text());
    let first = world.send(&ask().header("x-amz-max-parts", "2")).await;
    assert_eq!(
        (first.element("IsTruncated"), first.element("NextPartNumberMarker")),
        ("true".into(), "2".into())
    );
    let rest = ask().header("x-amz-max-parts", "2").header("x-amz-part-number-marker", "2");
    let rest = world.send(&rest).await;
    assert_eq!((rest.element("IsTruncated"), rest.element("Size")), ("false".into(), "4".into()));
    assert!(rest.text().contains("<ChecksumCRC32>/RQh0A==</ChecksumCRC32></Part>"), "{}", rest.text());
    let wrong = world.send(&ask().header("x-amz-max-parts", "few")).await;
    assert_eq!(wrong.verdict(), verdict(400, "InvalidArgument"));
}

/// Keys that XML cannot hold are asked for encoded.
#[tokio::test]
async fn names_are_encoded_when_that_is_asked_for() {
    let world = World::new().await;
    let path = "/inside/a%20b/%C3%A9%01";
    let id = begin(&world, post(path, "")).await;
    let lists = [
        get(path).query("uploadId", &id),
        get("/inside").query("uploads", ""),
        get("/inside").query("versions", ""),
    ];
    world.send(&put(path, "v")).await;
    for list in lists {
        let answer = world.send(&list.clone().query("encoding-type", "url")).await;
        assert_eq!(
            (answer.status, answer.element("EncodingType").as_str()),
            (200, "url"),
            "{}",
            answer.text()
        );
        assert_eq!(answer.element("Key"), "a%20b%2F%C3%A9%01");
        let refused = world.send(&list.query("encoding-type", "base64")).await;
        assert_eq!(refused.verdict(), verdict(501, "NotImplemented"));
    }
}
