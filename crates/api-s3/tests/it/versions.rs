//! Buckets that keep versions: what is stored, read, copied, listed and deleted by version, and what delete markers answer.

use std::time::Duration;

use crate::fixture::*;

const ID_LEN: usize = 16;

fn versioning(status: &str) -> Ask {
    let document = format!("<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>");
    put("/inside", document).query("versioning", "")
}

async fn versioned() -> World {
    let world = World::new().await;
    assert_eq!(world.send(&versioning("Enabled")).await.status, 200);
    world
}

async fn stored(world: &World, path: &str, body: &'static str) -> String {
    let answer = world.send(&put(path, body)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    world.clock.advance(Duration::from_secs(1));
    answer.header("x-amz-version-id").expect("each version has an id")
}

fn version(ask: Ask, id: &str) -> Ask {
    ask.query("versionId", id)
}

/// GetBucketVersioning and PutBucketVersioning. Spec: Amazon S3 API.
#[tokio::test]
async fn versioning_is_turned_on_and_suspended() {
    let world = World::new().await;
    let state = async || world.send(&get("/inside").query("versioning", "")).await.element("Status");
    assert_eq!(state().await, "");
    for status in ["Enabled", "Suspended", "Enabled"] {
        assert_eq!(world.send(&versioning(status)).await.status, 200);
        assert_eq!(state().await, status);
    }
    let table = [
        ("", 400, "IllegalVersioningConfigurationException"),
        ("Off", 400, "MalformedXML"),
        ("Enabled</Status><MfaDelete>Enabled</MfaDelete><Status>", 501, "NotImplemented"),
    ];
    for (status, code_status, code) in table {
        assert_eq!(world.send(&versioning(status)).await.verdict(), verdict(code_status, code), "{status}");
    }
    for key in [READER, BOUND] {
        assert_eq!(
            world.send(&versioning("Suspended").by(key)).await.verdict(),
            verdict(403, "AccessDenied")
        );
    }
    let missing = put("/missing", versioning("Enabled").body).query("versioning", "");
    assert_eq!(world.send(&missing).await.verdict(), verdict(404, "NoSuchBucket"));
    assert_eq!(state().await, "Enabled");
}

/// Spec: Amazon S3 user guide, how versioning works; deleting object versions.
#[tokio::test]
async fn what_is_replaced_or_deleted_can_be_read_and_restored() {
    let world = World::new().await;
    world.send(&put("/inside/k", "null")).await;
    world.send(&versioning("Enabled")).await;
    let one = stored(&world, "/inside/k", "one").await;
    let two = stored(&world, "/inside/k", "two").await;
    assert_eq!((one.len(), two.len()), (ID_LEN, ID_LEN));
    for (id, body) in [("null", "null"), (one.as_str(), "one"), (two.as_str(), "two"), ("", "two")] {
        let got = world.send(&version(get("/inside/k"), id)).await;
        assert_eq!((got.status, got.text().as_str()), (200, body), "{id}");
        let head = world.send(&version(head("/inside/k"), id)).await;
        assert_eq!(head.header("x-amz-version-id").as_deref(), Some(if id.is_empty() { &two } else { id }));
    }
    // deleting the object hides it
    let deleted = world.send(&delete("/inside/k")).await;
    assert_eq!((deleted.status, deleted.header("x-amz-delete-marker").as_deref()), (204, Some("true")));
    let marker = deleted.header("x-amz-version-id").expect("a marker is a version");
    let gone = world.send(&get("/inside/k")).await;
    assert_eq!(gone.verdict(), verdict(404, "NoSuchKey"));
    assert_eq!(gone.header("x-amz-delete-marker").as_deref(), Some("true"));
    assert_eq!(gone.header("x-amz-version-id").as_ref(), Some(&marker));
    let named = world.send(&version(get("/inside/k"), &marker)).await;
    assert_eq!(named.verdict(), verdict(405, "MethodNotAllowed"));
    assert!(named.hint().contains("delete marker"), "{}", named.hint());
    assert_eq!(world.send(&version(head("/inside/k"), &marker)).await.status, 405);
    assert_eq!(world.send(&version(get("/inside/k"), &one)).await.text(), "one");
    let plain = world.send(&get("/inside").query("list-type", "2")).await;
    assert_eq!(plain.element("KeyCount"), "0");
    // and deleting the marker shows it again
    let undone = world.send(&version(delete("/inside/k"), &marker)).await;
    assert_eq!((undone.status, undone.header("x-amz-delete-marker").as_deref()), (204, Some("true")));
    assert_eq!(world.stored("/inside/k").await, Some("two".into()));
    // a version that is deleted is gone, and the one before it is the latest
    let last = world.send(&version(delete("/inside/k"), &two)).await;
    assert_eq!((last.status, last.header("x-amz-version-id").as_ref()), (204, Some(&two)));
    assert_eq!(last.header("x-amz-delete-marker"), None);
    assert_eq!(world.stored("/inside/k").await, Some("one".into()));
    assert_eq!(world.send(&version(get("/inside/k"), &two)).await.verdict(), verdict(404, "NoSuchVersion"));
    // a copy of an old version is the way to restore it
    let source = "/inside/k?versionId=null";
    let copied = world.send(&put("/inside/k", "").header("x-amz-copy-source", source)).await;
    assert_eq!(
        (copied.status, copied.header("x-amz-copy-source-version-id").as_deref()),
        (200, Some("null"))
    );
    assert_eq!(world.stored("/inside/k").await, Some("null".into()));
    for bad in ["1", "undefined", "0000000000000000000"] {
        let answer = world.send(&version(get("/inside/k"), bad)).await;
        assert_eq!(answer.verdict(), verdict(400, "InvalidArgument"), "{bad}");
        assert_eq!(
            (answer.element("ArgumentName"), answer.element("ArgumentValue")),
            ("versionId".into(), bad.into())
        );
    }
    let unknown = world.send(&version(get("/inside/k"), "00000000000000ff")).await;
    assert_eq!(
        (unknown.verdict(), unknown.element("VersionId")),
        (verdict(404, "NoSuchVersion"), "00000000000000ff".into())
    );
}

/// Spec: Amazon S3 user guide, adding objects to versioning-suspended buckets.
#[tokio::test]
async fn a_suspended_bucket_replaces_the_null_version_only() {
    let world = versioned().await;
    let kept = stored(&world, "/inside/k", "kept").await;
    world.send(&versioning("Suspended")).await;
    for body in ["a", "b"] {
        assert_eq!(stored(&world, "/inside/k", body).await, "null");
    }
    let list = world.send(&get("/inside").query("versions", "")).await;
    assert_eq!(list.text().matches("<Version>").count(), 2, "{}", list.text());
    let deleted = world.send(&delete("/inside/k")).await;
    assert_eq!(deleted.header("x-amz-version-id").as_deref(), Some("null"));
    assert_eq!(world.send(&version(get("/inside/k"), &kept)).await.text(), "kept");
    assert_eq!(world.send(&version(get("/inside/k"), "null")).await.status, 405, "the marker took its place");
}

/// ListObjectVersions. Spec: Amazon S3 API.
#[tokio::test]
async fn versions_are_listed_newest_first_in_pages() {
    let world = versioned().await;
    let mut ids = Vec::new();
    for (path, body) in [("/inside/a/1", "x"), ("/inside/k", "one"), ("/inside/k", "three")] {
        ids.push(stored(&world, path, body).await);
    }
    let marker = world.send(&delete("/inside/k")).await.header("x-amz-version-id").expect("a marker");
    let list = |query: &[(&str, &str)]| {
        let ask = get("/inside").query("versions", "");
        query.iter().fold(ask, |ask, (name, value)| ask.query(name, value))
    };
    let all = world.send(&list(&[])).await;
    let text = all.text();
    let order = [&ids[0], &marker, &ids[2], &ids[1]].map(|id| text.find(id.as_str()).expect("it is listed"));
    assert!(order.is_sorted(), "{text}");
    assert!(text.contains(&format!(
        "<DeleteMarker><Key>k</Key><VersionId>{marker}</VersionId><IsLatest>true</IsLatest>"
    )));
    assert!(text.contains(&format!(
        "<Version><Key>k</Key><VersionId>{}</VersionId><IsLatest>false</IsLatest>",
        ids[2]
    )));
    for (name, value) in [("Name", "inside"), ("MaxKeys", "1000"), ("IsTruncated", "false"), ("ID", ACCOUNT)]
    {
        assert_eq!(all.element(name), value, "{name}");
    }
    let folded = world.send(&list(&[("delimiter", "/")])).await.text();
    assert!(folded.contains("<CommonPrefixes><Prefix>a/</Prefix></CommonPrefixes>"), "{folded}");
    assert_eq!(world.send(&list(&[("prefix", "a/")])).await.text().matches("<Version>").count(), 1);
    let (mut seen, mut at) = (Vec::new(), (String::new(), String::new()));
    loop {
        let mut ask = list(&[("max-keys", "1")]);
        if !at.0.is_empty() {
            ask = ask.query("key-marker", &at.0).query("version-id-marker", &at.1);
        }
        let page = world.send(&ask).await;
        seen.push(page.element("VersionId"));
        if page.element("IsTruncated") == "false" {
            break;
        }
        at = (page.element("NextKeyMarker"), page.element("NextVersionIdMarker"));
    }
    assert_eq!(seen, [ids[0].clone(), marker, ids[2].clone(), ids[1].clone()]);
    let table = [
        (list(&[("version-id-marker", "null")]), "InvalidArgument"),
        (list(&[("key-marker", "k"), ("version-id-marker", "x")]), "InvalidArgument"),
        (list(&[("max-keys", "-1")]), "InvalidMaxKeys"),
    ];
    for (ask, code) in table {
        assert_eq!(world.send(&ask).await.verdict(), verdict(400, code), "{ask:?}");
    }
    assert_eq!(world.send(&list(&[]).by(READER)).await.status, 200);
    let hidden = get("/outside").query("versions", "").by(BOUND);
    assert_eq!(world.send(&hidden).await.verdict(), verdict(403, "AccessDenied"));
    // a bucket that never kept versions has one of each object
    world.send(&put("/outside/k", "x")).await;
    let plain = world.send(&get("/outside").query("versions", "")).await;
    assert_eq!((plain.element("VersionId"), plain.element("IsLatest")), ("null".into(), "true".into()));
}

/// Spec: Amazon S3 API, DeleteObjects.
#[tokio::test]
async fn many_versions_are_deleted_at_once() {
    let world = versioned().await;
    let one = stored(&world, "/inside/a", "one").await;
    stored(&world, "/inside/a", "two").await;
    stored(&world, "/inside/b", "b").await;
    let document = format!(
        "<Delete><Object><Key>a</Key><VersionId>{one}</VersionId></Object><Object><Key>b</Key></Object>\
         <Object><Key>a</Key><VersionId>bad</VersionId></Object>\
         <Object><Key>a</Key><ETag>00000000000000000000000000000000</ETag></Object></Delete>"
    );
    let answer = world.send(&post("/inside", document.clone()).query("delete", "")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let text = answer.text();
    assert!(text.contains(&format!("<Deleted><Key>a</Key><VersionId>{one}</VersionId></Deleted>")), "{text}");
    assert!(
        text.contains("<Deleted><Key>b</Key><DeleteMarker>true</DeleteMarker><DeleteMarkerVersionId>"),
        "{text}"
    );
    assert_eq!(text.matches("<Error>").count(), 2, "{text}");
    assert!(
        text.contains("<Code>InvalidArgument</Code>") && text.contains("<Code>PreconditionFailed</Code>"),
        "{text}"
    );
    assert_eq!(world.stored("/inside/a").await, Some("two".into()));
    assert_eq!(world.stored("/inside/b").await, None);
    // R2 has neither versions nor conditions here
    let strict = World::strict().await;
    strict.send(&put("/inside/a", "one")).await;
    let answer = strict.send(&post("/inside", document).query("delete", "")).await;
    assert_eq!(answer.text().matches("<Code>NotImplemented</Code>").count(), 3, "{}", answer.text());
    assert_eq!(strict.stored("/inside/a").await, Some("one".into()));
    let named = strict.send(&version(delete("/inside/a"), "00000000000000ff")).await;
    assert_eq!(named.verdict(), verdict(501, "NotImplemented"));
    assert_eq!(
        strict.send(&version(get("/inside/a"), "00000000000000ff")).await.text(),
        "one",
        "as R2: ignored"
    );
}

/// GetObjectAttributes. Spec: Amazon S3 API.
#[tokio::test]
async fn attributes_of_an_object_and_of_its_versions() {
    let world = versioned().await;
    let put = put("/inside/k", "hello").header("x-amz-checksum-crc32", "NhCmhg==");
    let id = world.send(&put).await.header("x-amz-version-id").expect("an id");
    stored(&world, "/inside/k", "other").await;
    let ask = |names: &str| {
        version(get("/inside/k").query("attributes", ""), &id).header("x-amz-object-attributes", names)
    };
    let answer = world.send(&ask("ETag,Checksum,ObjectParts,StorageClass,ObjectSize").by(READER)).await;
    assert_eq!((answer.status, answer.header("x-amz-version-id")), (200, Some(id.clone())));
    let table = [
        ("ETag", "5d41402abc4b2a76b9719d911017c592"),
        ("ChecksumCRC32", "NhCmhg=="),
        ("ChecksumType", "FULL_OBJECT"),
        ("StorageClass", "STANDARD"),
        ("ObjectSize", "5"),
        ("ObjectParts", ""),
    ];
    for (name, value) in table {
        assert_eq!(answer.element(name), value, "{name}: {}", answer.text());
    }
    assert_eq!(world.send(&ask("ObjectSize")).await.element("ETag"), "");
    let wrong = world.send(&ask("Owner")).await;
    assert_eq!(
        (wrong.verdict(), wrong.hint().contains("ObjectSize")),
        (verdict(400, "InvalidArgument"), true)
    );
    let none = world.send(&get("/inside/k").query("attributes", "")).await;
    assert_eq!(none.verdict(), verdict(400, "InvalidRequest"));
    assert!(none.element("Message").contains("missing or empty"), "{}", none.text());
    let missing = get("/inside/none").query("attributes", "").header("x-amz-object-attributes", "ETag");
    assert_eq!(world.send(&missing).await.verdict(), verdict(404, "NoSuchKey"));
}
