//! A bucket's lock rules as S3 clients meet them: what would change a locked object is refused. No S3 operation sets the
//! rules.

use std::time::Duration;

use auth::Caller;
use domain::bucket_lock::{BucketLockRule, LockCondition};
use domain::{BucketLocks, BucketName};

use crate::fixture::*;
use crate::forms::form::form;
use crate::multipart::{begin, complete, part};

impl World {
    async fn lock(&self, prefix: &str, condition: LockCondition) {
        let rule = BucketLockRule { id: "keep".into(), enabled: true, prefix: prefix.into(), condition };
        let locks = BucketLocks::new(vec![rule]).expect("valid");
        self.set_locks(&locks).await;
    }

    async fn set_locks(&self, locks: &BucketLocks) {
        let name = BucketName::parse("inside").expect("valid");
        self.store.put_bucket_locks(&Caller::System, &name, locks).await.expect("locks");
    }
}

/// With the objects `keep/k` and `free`, and all that begins with `keep/` locked.
async fn locked(condition: LockCondition) -> World {
    let world = World::new().await;
    for path in ["/inside/keep/k", "/inside/free"] {
        assert_eq!(world.send(&put(path, "first")).await.status, 200);
    }
    world.lock("keep/", condition).await;
    world
}

fn copy(to: &str) -> Ask {
    put(to, "").header("x-amz-copy-source", "/inside/free")
}

/// Spec: R2 docs, error codes, 10069.
#[tokio::test]
async fn a_locked_object_is_neither_deleted_nor_overwritten() {
    let world = locked(LockCondition::Age { seconds: 60 }).await;
    let path = "/inside/keep/k";
    let id = begin(&world, post(path, "")).await;
    let etag = world.send(&part(path, &id, "1", "second")).await.header("etag").expect("a part has one");
    let table = [
        ("delete", delete(path)),
        ("delete by URL", delete(path).presigned()),
        ("delete by who may not change the rules", delete(path).by(BOUND)),
        ("delete by who would bypass", delete(path).header("x-amz-bypass-governance-retention", "true")),
        ("overwrite", put(path, "second")),
        ("overwrite by URL", put(path, "second").presigned()),
        ("overwrite if it is there", put(path, "second").header("if-match", "*")),
        ("a copy onto it", copy(path)),
        ("a copy of itself", copy(path).header("x-amz-metadata-directive", "REPLACE")),
        ("parts onto it", complete(path, &id, &[(1, &etag)])),
    ];
    for (what, ask) in &table {
        let answer = world.send(ask).await;
        assert_eq!(answer.verdict(), verdict(403, "ObjectLockedByBucketPolicy"), "{what}: {}", answer.text());
        assert_eq!(answer.element("Message"), "The object is locked by the bucket policy.", "{what}");
        let hint = answer.hint();
        assert!(hint.contains("\"keep\"") && hint.contains("until 2026-01-01T00:01:00"), "{what}: {hint}");
        assert_eq!(world.stored(path).await, Some("first".into()), "{what}");
    }
    let by_form = world.post(&form("keep/k", "second")).await;
    assert_eq!(by_form.verdict(), verdict(403, "ObjectLockedByBucketPolicy"));
    // who may not write is not told of locks
    assert_eq!(world.send(&delete(path).by(READER)).await.verdict(), verdict(403, "AccessDenied"));
    // what a lock does not forbid
    for ask in [
        get(path),
        put("/inside/keep/new", "v"),
        put("/inside/free", "v"),
        copy("/inside/keep/copied"),
        post("/inside/keep/parts", "").query("uploads", ""),
    ] {
        assert_eq!(world.send(&ask).await.status, 200, "{ask:?}");
    }
    assert_eq!(world.send(&delete("/inside/free")).await.status, 204);
    world.clock.advance(Duration::from_secs(60));
    assert_eq!(world.send(&complete(path, &id, &[(1, &etag)])).await.status, 200, "its time is over");
    assert_eq!(world.stored(path).await, Some("second".into()));
    assert_eq!(world.send(&delete(path)).await.code(), "ObjectLockedByBucketPolicy", "it began anew");
}

#[tokio::test]
async fn of_many_the_locked_ones_stay() {
    for strict in [false, true] {
        let world = if strict { World::strict().await } else { World::new().await };
        for path in ["/inside/keep/k", "/inside/free"] {
            assert_eq!(world.send(&put(path, "v")).await.status, 200);
        }
        world.lock("keep/", LockCondition::Indefinite).await;
        let objects = ["keep/k", "free"].map(|key| format!("<Object><Key>{key}</Key></Object>")).concat();
        let answer =
            world.send(&post("/inside", format!("<Delete>{objects}</Delete>")).query("delete", "")).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let (failed, deleted) = (answer.element("Error"), answer.element("Deleted"));
        assert!(
            failed.contains("keep/k") && failed.contains("<Code>ObjectLockedByBucketPolicy</Code>"),
            "{failed}"
        );
        assert!(deleted.contains("<Key>free</Key>"), "{}", answer.text());
        assert_eq!(world.stored("/inside/keep/k").await, Some("v".into()));
        assert_eq!(world.stored("/inside/free").await, None);
        let refused = world.send(&delete("/inside/keep/k")).await;
        assert_eq!(refused.verdict(), verdict(403, "ObjectLockedByBucketPolicy"));
        assert!(refused.hint().contains("until that is lifted"), "{}", refused.hint());
        world.set_locks(&BucketLocks::default()).await;
        assert_eq!(world.send(&delete("/inside/keep/k")).await.status, 204, "no rule, no lock");
    }
}

/// A marker hides the object and changes no version; a version itself is kept.
#[tokio::test]
async fn with_versions_the_versions_are_kept() {
    let world = World::new().await;
    let enabled = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    assert_eq!(world.send(&put("/inside", enabled).query("versioning", "")).await.status, 200);
    let first = world.send(&put("/inside/k", "first")).await.header("x-amz-version-id").expect("an id");
    world.lock("", LockCondition::Indefinite).await;
    assert_eq!(world.send(&put("/inside/k", "second")).await.status, 200);
    assert_eq!(world.send(&delete("/inside/k")).await.status, 204);
    let version = delete("/inside/k").query("versionId", &first);
    assert_eq!(world.send(&version).await.verdict(), verdict(403, "ObjectLockedByBucketPolicy"));
    assert_eq!(world.send(&get("/inside/k").query("versionId", &first)).await.text(), "first");
}
