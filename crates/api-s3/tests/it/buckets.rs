//! Operations on buckets and on many objects: ListBuckets, CreateBucket, HeadBucket, DeleteBucket, GetBucketLocation,
//! ListObjects, ListObjectsV2, DeleteObjects.

use crate::fixture::*;

/// The texts of all elements of a name.
fn all(answer: &Answer, name: &str) -> Vec<String> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let text = answer.text();
    text.split(&open).skip(1).map(|rest| rest.split(&close).next().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn a_buckets_life() {
    let world = World::new().await;
    let made = world.send(&put("/fresh", "")).await;
    assert_eq!((made.status, made.header("location").as_deref()), (200, Some("/fresh")));
    let head = world.send(&head("/fresh")).await;
    assert_eq!((head.status, head.header("x-amz-bucket-region").as_deref()), (200, Some("auto")));
    world.send(&put("/fresh/k", "v")).await;
    assert_eq!(world.send(&delete("/fresh")).await.verdict(), verdict(409, "BucketNotEmpty"));
    world.send(&delete("/fresh/k")).await;
    assert_eq!(world.send(&delete("/fresh/")).await.status, 204);
    assert_eq!(world.send(&crate::fixture::head("/fresh")).await.status, 404);
    assert_eq!(world.send(&delete("/fresh")).await.verdict(), verdict(404, "NoSuchBucket"));
    let odd = world.send(&put("/fresh", "").query("foo", "").query("bar", "1")).await;
    assert_eq!(odd.verdict(), verdict(400, "InvalidArgument"));
    assert_eq!(odd.element("Message"), "Unsupported search param(s) \"foo\", \"bar\" on a PUT bucket route");
}

#[tokio::test]
async fn locations() {
    let world = World::new().await;
    let document = |hint: &str| {
        format!(
            "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
             <LocationConstraint>{hint}</LocationConstraint></CreateBucketConfiguration>"
        )
    };
    for (n, (hint, shown)) in
        [("weur", "WEUR"), ("ENAM", "ENAM"), ("auto", "auto"), ("", "auto")].iter().enumerate()
    {
        let path = format!("/located-{n}");
        assert_eq!(world.send(&put(&path, document(hint))).await.status, 200, "{hint}");
        let answer = world.send(&get(&path).query("location", "")).await;
        assert!(answer.text().contains(&format!(">{shown}</LocationConstraint>")), "{}", answer.text());
    }
    let answer = world.send(&put("/located-9", document("mars"))).await;
    assert_eq!(answer.verdict(), verdict(400, "InvalidLocationConstraint"));
    let answer = world.send(&get("/inside").query("location", "").query("x", "")).await;
    assert_eq!(answer.element("Message"), "Search param x is unsupported for bucket location");
}

/// Rows 000-2 and 001-1 of docs/compat.md.
#[tokio::test]
async fn buckets_are_listed_searched_and_paged() {
    let world = World::new().await;
    let answer = world.send(&get("/")).await;
    assert_eq!((answer.status, all(&answer, "Name")), (200, vec!["inside".into(), "outside".into()]));
    assert_eq!(all(&answer, "CreationDate")[0], "2026-01-01T00:00:00.000Z");
    assert_eq!((answer.element("ID").as_str(), answer.element("DisplayName").as_str()), (ACCOUNT, ACCOUNT));
    assert_eq!(world.send(&get("/").presigned()).await.status, 200);
    for n in 0..3 {
        world.send(&put(&format!("/page-{n}"), "")).await;
    }
    let searches = [
        get("/").query("prefix", "page-").query("max-keys", "2"),
        get("/").header("cf-prefix", "page-").header("cf-max-keys", "2").query("prefix", "loses"),
    ];
    for first in searches {
        let answer = world.send(&first).await;
        assert_eq!(all(&answer, "Name"), ["page-0", "page-1"], "{}", answer.text());
        assert_eq!(answer.header("cf-is-truncated").as_deref(), Some("true"));
        let token = answer.header("cf-next-continuation-token").unwrap();
        let next = world.send(&get("/").query("prefix", "page-").query("continuation-token", &token)).await;
        assert_eq!(
            (all(&next, "Name"), next.element("IsTruncated")),
            (vec!["page-2".into()], "false".into())
        );
    }
    let after = world.send(&get("/").query("start-after", "page-1")).await;
    assert_eq!(all(&after, "Name"), ["page-2"]);
    let odd = world.send(&get("/").query("color", "blue")).await;
    assert_eq!(odd.element("Message"), "ListBuckets search parameter color not implemented");
}

/// Rows 000-3 and 001-2 of docs/compat.md.
#[tokio::test]
async fn objects_are_listed_in_pages() {
    let world = World::new().await;
    for key in ["a/1", "a/2", "b", "c/1", "d%20%2B%01"] {
        world.send(&put(&format!("/inside/{key}"), "hello")).await;
    }
    let v1 = world.send(&get("/inside")).await;
    assert_eq!((v1.status, all(&v1, "Key").len(), v1.element("IsTruncated").as_str()), (200, 5, "false"));
    assert_eq!((v1.element("Name").as_str(), v1.element("MaxKeys").as_str()), ("inside", "1000"));
    assert_eq!(v1.element("ETag"), "\"5d41402abc4b2a76b9719d911017c592\"");
    assert_eq!((v1.element("Size").as_str(), v1.element("StorageClass").as_str()), ("5", "STANDARD"));
    assert_eq!(
        (v1.element("ID").as_str(), v1.element("LastModified").as_str()),
        (ACCOUNT, "2026-01-01T00:00:00.000Z")
    );

    let v2 =
        |page: &str| get("/inside/").query("list-type", "2").query("delimiter", "/").query("max-keys", page);
    let page = world.send(&v2("2")).await;
    assert_eq!(all(&page, "CommonPrefixes"), ["<Prefix>a/</Prefix>"]);
    assert_eq!((all(&page, "Key"), page.element("KeyCount").as_str()), (vec!["b".into()], "2"));
    let token = page.element("NextContinuationToken");
    let next = world.send(&v2("2").query("continuation-token", &token).query("encoding-type", "url")).await;
    assert_eq!(all(&next, "CommonPrefixes"), ["<Prefix>c%2F</Prefix>"]);
    assert_eq!(
        (all(&next, "Key"), next.element("IsTruncated").as_str()),
        (vec!["d%20%2B%01".into()], "false")
    );
    let own =
        world.send(&get("/inside").query("list-type", "2").query("fetch-owner", "true").presigned()).await;
    assert_eq!(own.element("ID"), ACCOUNT);
    let after = get("/inside").query("list-type", "2").query("start-after", "b").query("prefix", "c");
    assert_eq!(all(&world.send(&after).await, "Key"), ["c/1"]);
    let marked = get("/inside").query("marker", "a/").query("delimiter", "/");
    assert_eq!(all(&world.send(&marked).await, "CommonPrefixes"), ["<Prefix>c/</Prefix>"]);
    let odd = world.send(&get("/inside").query("list-type", "2").query("color", "blue")).await;
    assert_eq!(odd.element("Message"), "ListObjectsV2 search parameter color not implemented");
}

fn keys(keys: &[&str], more: &str) -> String {
    let objects: String = keys.iter().map(|key| format!("<Object><Key>{key}</Key></Object>")).collect();
    format!("<Delete>{objects}{more}</Delete>")
}

#[tokio::test]
async fn many_objects_are_deleted_at_once() {
    for (world, quiet) in [(World::new().await, true), (World::strict().await, false)] {
        for key in ["a", "b", "c"] {
            world.send(&put(&format!("/inside/{key}"), "v")).await;
        }
        let long = "x".repeat(1_025);
        let all_of = post("/inside/", keys(&["a", "none", &long], "")).query("delete", "");
        let answer = world.send(&all_of).await;
        assert_eq!(all(&answer, "Deleted"), ["<Key>a</Key>", "<Key>none</Key>"], "{}", answer.text());
        assert_eq!((all(&answer, "Error").len(), answer.element("Code").as_str()), (1, "KeyTooLongError"));
        assert_eq!(world.stored("/inside/a").await, None);
        let silent = post("/inside", keys(&["b", "b"], "<Quiet>true</Quiet>")).query("delete", "");
        let answer = world.send(&silent).await;
        assert_eq!((answer.status, all(&answer, "Deleted").is_empty()), (200, quiet), "R2 ignores Quiet");
        assert_eq!(world.stored("/inside/b").await, None);
        assert_eq!(world.stored("/inside/c").await, Some("v".into()));
    }
}

/// SDKs send a checksum in place of Content-MD5; either is verified before anything is deleted.
#[tokio::test]
async fn documents_are_verified() {
    let world = World::new().await;
    world.send(&put("/inside/a", "v")).await;
    let document = keys(&["a"], "");
    let hash = sigv4::sign::payload_sha256(document.as_bytes());
    let asked = || post("/inside", document.clone()).query("delete", "");
    let table = [
        (asked().header("content-md5", "JfnnlDI7RTiF9RgfG2JNCw=="), "BadDigest"),
        (asked().header("content-md5", "x"), "InvalidDigest"),
        (asked().header("x-amz-checksum-crc32", "AAAAAA=="), "BadDigest"),
        (asked().payload(&sigv4::sign::payload_sha256(b"other")), "XAmzContentSHA256Mismatch"),
    ];
    for (ask, code) in table {
        assert_eq!(world.send(&ask).await.verdict(), verdict(400, code));
    }
    assert_eq!(world.stored("/inside/a").await, Some("v".into()));
    let many: Vec<String> = (0..1_001).map(|n| n.to_string()).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let answer = world.send(&post("/inside", keys(&many, "")).query("delete", "")).await;
    assert_eq!(answer.verdict(), verdict(400, "MalformedXML"));
    let huge = put("/inside", vec![b' '; 70_000]).query("cors", "");
    assert_eq!(world.send(&huge).await.verdict(), verdict(400, "MaxMessageLengthExceeded"));
    assert_eq!(world.send(&asked().payload(&hash)).await.status, 200);
    assert_eq!(world.stored("/inside/a").await, None);
}
