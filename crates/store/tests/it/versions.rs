//! Versions: what becomes of them one by one, and what locks keep.

mod batches;
mod random;

use std::time::Duration;

use auth::Caller;
use domain::bucket_lock::{BucketLockRule, LockCondition};
use domain::object_lock::{ObjectLock, ObjectLockConfig, Retention, RetentionMode};
use domain::tag::{Tag, TagSet};
use domain::versioning::Versioning;
use domain::{BucketLocks, Clock as _, Conditions, Error, VersionId};
use meta::tables::version::{self, Note};
use meta::{Engine as _, Entry, KeyRange, Scan};
use store::{CopyObject, CopySource, DeleteObject, Deleted, GetObject, PutObject, Settings, VersionRef};

use crate::source::Source;
use crate::world::{PART_MIN, World, bucket, now, object_key, pattern, read_all, small};

const SYSTEM: &Caller = &Caller::System;

/// A marker on top of a small body makes it a version; a batch of many needs no memory for their bytes.
#[tokio::test(start_paused = true)]
async fn a_batch_of_deletions_keeps_small_bodies_as_versions() {
    const OBJECTS: u64 = 24;
    let settings = Settings { inline_max_bytes: 64 * 1024, upload_memory_bytes: 512 * 1024, ..small() };
    let world = World::with(settings).await;
    let keys = || (0..OBJECTS).map(|n| object_key(&format!("k{n:02}")));
    for (n, key) in (0..).zip(keys()) {
        world.put(key.as_str(), pattern(60_000, n)).await.expect("stores");
    }
    world.store.put_versioning(SYSTEM, &bucket(), Versioning::Enabled).await.expect("turns");
    let objects = keys().map(DeleteObject::from).collect();
    let deleted = world.store.delete_objects(SYSTEM, &bucket(), objects, false).await.expect("deletes");
    assert!(deleted.iter().all(|outcome| matches!(outcome, Ok(Deleted { is_marker: true, .. }))));
    assert_eq!(deleted.len() as u64, OBJECTS);
    for (n, key) in (0..).zip(keys()) {
        assert!(matches!(world.get(key.as_str()).await, Err(Error::IsDeleteMarker { .. })));
        let get = GetObject { version: Some(VersionId::Null), ..GetObject::default() };
        let kept = world.store.get_object(SYSTEM, &bucket(), &key, &get).await;
        let kept = kept.unwrap_or_else(|(error, _)| panic!("{error}"));
        assert!(read_all(kept.body).await.expect("reads") == pattern(60_000, n), "{key}");
    }
}

fn locked_for(seconds: u64, prefix: &str) -> BucketLocks {
    let rule = BucketLockRule {
        id: "keep".into(),
        enabled: true,
        prefix: prefix.into(),
        condition: LockCondition::Age { seconds },
    };
    BucketLocks::new(vec![rule]).expect("valid")
}

#[tokio::test]
async fn a_bucket_lock_keeps_what_it_covers() {
    let world = World::new().await;
    world.put("keep/k", "first").await.expect("stores");
    world.put("free", "first").await.expect("stores");
    world.store.put_bucket_locks(SYSTEM, &bucket(), &locked_for(60, "keep/")).await.expect("locks");
    let is_locked =
        |outcome: Result<(), Error>| matches!(outcome, Err(Error::ObjectLockedByBucketPolicy { .. }));
    assert!(is_locked(world.put("keep/k", "second").await.map(drop)));
    assert!(is_locked(world.delete("keep/k").await));
    let source = CopySource {
        bucket: bucket(),
        key: object_key("free"),
        version: None,
        conditions: Conditions::default(),
        customer_key: None,
    };
    let onto = object_key("keep/k");
    let copied = world.store.copy_object(SYSTEM, &source, &bucket(), &onto, &CopyObject::default()).await;
    assert!(is_locked(copied.map(drop)));
    world.put("keep/new", "a new key is no change").await.expect("stores");
    // a batch deletes what it may
    let objects = ["keep/k", "free", "keep/new"].map(|key| DeleteObject::from(object_key(key))).to_vec();
    let outcomes = world.store.delete_objects(SYSTEM, &bucket(), objects, true).await.expect("answers");
    assert_eq!(outcomes.iter().map(Result::is_ok).collect::<Vec<_>>(), [false, true, false]);
    assert!(world.get("free").await.is_err());
    assert_eq!(world.get("keep/k").await.as_deref(), Ok(b"first".as_slice()));
    world.clock.advance(Duration::from_secs(60));
    world.put("keep/k", "second").await.expect("its time is over");
    assert!(is_locked(world.delete("keep/k").await), "which began anew");
    world.store.put_bucket_locks(SYSTEM, &bucket(), &BucketLocks::default()).await.expect("unlocks");
    world.delete("keep/k").await.expect("no rule, no lock");
}

#[tokio::test]
async fn a_bucket_lock_refuses_a_completion_and_nothing_is_lost() {
    let world = World::new().await;
    world.put("keep/k", pattern(9_000, 1)).await.expect("stores");
    world.store.put_bucket_locks(SYSTEM, &bucket(), &locked_for(60, "keep/")).await.expect("locks");
    let id = world.begin("keep/k").await;
    let (parts, whole) = world.parts("keep/k", id, &[PART_MIN, 10]).await;
    for _ in 0..2 {
        let refused = world.complete("keep/k", id, &parts).await;
        assert!(matches!(refused, Err(Error::ObjectLockedByBucketPolicy { .. })), "{refused:?}");
        assert_eq!(world.reclaim().await, Ok(0), "its parts wait");
        assert!(world.get("keep/k").await.expect("reads") == pattern(9_000, 1));
    }
    let listed = world.store.list_parts(SYSTEM, &bucket(), &object_key("keep/k"), id, (0, 10), None).await;
    assert_eq!(listed.expect("is under way").parts.len(), 2);
    // one more part, and a free key, are no change of what is kept
    world.part("keep/k", (id, 3), "later").await.expect("stores");
    world.put_parts("keep/new", &[PART_MIN, 1]).await;
    let again = world.begin("keep/new").await;
    let (more, _) = world.parts("keep/new", again, &[10]).await;
    let refused = world.complete("keep/new", again, &more).await;
    assert!(matches!(refused, Err(Error::ObjectLockedByBucketPolicy { .. })), "{refused:?}");
    world.abort("keep/new", again).await.expect("an upload may be given up");
    world.clock.advance(Duration::from_secs(60));
    now(world.complete("keep/k", id, &parts).await);
    assert!(world.get("keep/k").await.expect("reads") == whole);
    // the old body, the part that was not named, and the one that was given up
    assert_eq!(world.reclaim().await, Ok(3));
}

#[tokio::test]
async fn a_completion_on_top_of_a_locked_version_takes_nothing_away() {
    let world = World::new().await;
    world.put("k", pattern(9_000, 1)).await.expect("stores");
    world.store.put_bucket_locks(SYSTEM, &bucket(), &locked_for(60, "")).await.expect("locks");
    let id = world.begin("k").await;
    let (parts, whole) = world.parts("k", id, &[PART_MIN, 10]).await;
    // it would take the place of the version without a number
    world.store.put_versioning(SYSTEM, &bucket(), Versioning::Suspended).await.expect("turns");
    let refused = world.complete("k", id, &parts).await;
    assert!(matches!(refused, Err(Error::ObjectLockedByBucketPolicy { .. })), "{refused:?}");
    assert!(world.get("k").await.expect("reads") == pattern(9_000, 1));
    world.store.put_versioning(SYSTEM, &bucket(), Versioning::Enabled).await.expect("turns");
    now(world.complete("k", id, &parts).await);
    assert!(world.get("k").await.expect("reads") == whole);
    let get = GetObject { version: Some(VersionId::Null), ..GetObject::default() };
    let kept = world.store.get_object(SYSTEM, &bucket(), &object_key("k"), &get).await;
    let kept = kept.unwrap_or_else(|(error, _)| panic!("{error}"));
    assert!(read_all(kept.body).await.expect("reads") == pattern(9_000, 1));
    assert_eq!(world.reclaim().await, Ok(0));
}

/// R2 wants a bucket emptied before it is deleted, and rules removed before it is emptied; of an empty one it says nothing.
#[tokio::test]
async fn a_bucket_lock_keeps_a_bucket_by_what_is_in_it() {
    let world = World::new().await;
    let delete = async || world.store.delete_bucket(SYSTEM, &bucket()).await;
    let locks = locked_for(60, "");
    world.put("k", "x").await.expect("stores");
    world.store.put_bucket_locks(SYSTEM, &bucket(), &locks).await.expect("locks");
    assert!(matches!(world.delete("k").await, Err(Error::ObjectLockedByBucketPolicy { .. })));
    assert_eq!(delete().await, Err(Error::BucketNotEmpty { bucket: bucket() }));
    world.store.put_bucket_locks(SYSTEM, &bucket(), &BucketLocks::default()).await.expect("unlocks");
    world.delete("k").await.expect("no rule, no lock");
    world.store.put_bucket_locks(SYSTEM, &bucket(), &locks).await.expect("locks");
    delete().await.expect("there is nothing to keep");
    world.store.create_bucket(SYSTEM, &bucket(), None).await.expect("creates");
    let settings = world.store.bucket_settings(SYSTEM, &bucket()).await.expect("reads");
    assert_eq!(settings.locks, BucketLocks::default(), "another bucket has none of its rules");
}

#[tokio::test]
async fn retention_and_legal_holds_keep_a_version() {
    let world = World::new().await;
    let lock = ObjectLock { retention: None, legal_hold: true };
    let put = PutObject { note: Note { lock, ..Note::default() }, ..PutObject::default() };
    let refused = world.put_with("k", put.clone(), &mut Source::whole("x")).await;
    assert_eq!(refused, Err(Error::ObjectLockNotEnabled));
    let config = ObjectLockConfig::default();
    assert_eq!(world.store.put_object_lock(SYSTEM, &bucket(), config).await, Err(Error::InvalidBucketState));
    world.store.put_versioning(SYSTEM, &bucket(), Versioning::Enabled).await.expect("turns");
    world.store.put_object_lock(SYSTEM, &bucket(), config).await.expect("locks");
    assert_eq!(
        world.store.put_versioning(SYSTEM, &bucket(), Versioning::Suspended).await,
        Err(Error::InvalidBucketState),
        "object lock needs versions"
    );

    let id = world.put_with("k", put, &mut Source::whole("x")).await.expect("stores").version_id;
    let key = object_key("k");
    let version = VersionRef { key: &key, version: id };
    let delete = async |bypass| {
        let object = DeleteObject { version: id, ..DeleteObject::from(object_key("k")) };
        world.store.delete_object(SYSTEM, &bucket(), object, bypass).await
    };
    assert!(matches!(delete(true).await, Err(Error::ObjectLocked { .. })), "a hold knows no bypass");
    world.store.put_legal_hold(SYSTEM, &bucket(), version, false).await.expect("lifts");
    let until = domain::Clock::now(&*world.clock).plus_seconds(100);
    let governed = Some(Retention { mode: RetentionMode::Governance, until });
    world.store.put_object_retention(SYSTEM, &bucket(), version, governed, false).await.expect("retains");
    assert!(matches!(delete(false).await, Err(Error::ObjectLocked { .. })));
    // without an id nothing is taken away
    world.delete("k").await.expect("leaves a marker");
    assert_eq!(world.store.object_retention(SYSTEM, &bucket(), version).await.ok(), governed);
    let shorter = Some(Retention { mode: RetentionMode::Governance, until: until.plus_seconds(0) });
    assert_eq!(world.store.put_object_retention(SYSTEM, &bucket(), version, shorter, false).await, Ok(()));
    let removed = world.store.put_object_retention(SYSTEM, &bucket(), version, None, false).await;
    assert!(matches!(removed, Err(Error::ObjectLocked { .. })));
    assert!(delete(true).await.is_ok(), "governance may be bypassed");
    assert!(world.get("k").await.is_err());
    world.reclaim().await.expect("reclaims");
    assert_eq!(world.rows("t").await, 0, "the note goes with its version");
}

#[tokio::test]
async fn tags_go_with_their_version() {
    let world = World::new().await;
    let tags =
        |value: &str| TagSet::of_object(vec![Tag { key: "k".into(), value: value.into() }]).expect("valid");
    let key = object_key("k");
    let current = VersionRef { key: &key, version: None };
    world.put("k", "x").await.expect("stores");
    world.store.put_object_tags(SYSTEM, &bucket(), current, &tags("1")).await.expect("tags");
    assert_eq!(world.store.object_tags(SYSTEM, &bucket(), current).await, Ok((tags("1"), None)));
    world.put("k", "y").await.expect("replaces");
    assert_eq!(world.store.object_tags(SYSTEM, &bucket(), current).await, Ok((TagSet::default(), None)));
    let put = PutObject { note: Note { tags: tags("2"), ..Note::default() }, ..PutObject::default() };
    world.put_with("k", put, &mut Source::whole("z")).await.expect("stores");
    world.store.put_versioning(SYSTEM, &bucket(), Versioning::Enabled).await.expect("turns");
    let second = world.put("k", "w").await.expect("stores").version_id;
    assert_eq!(world.store.object_tags(SYSTEM, &bucket(), current).await, Ok((TagSet::default(), second)));
    let null = VersionRef { key: &key, version: Some(VersionId::Null) };
    let (found, id) = world.store.object_tags(SYSTEM, &bucket(), null).await.expect("it moved with its tags");
    assert_eq!((found, id), (tags("2"), Some(VersionId::Null)));
    assert_eq!(world.rows("t").await, 1);
    world.store.put_object_tags(SYSTEM, &bucket(), null, &TagSet::default()).await.expect("removes");
    assert_eq!(world.rows("t").await, 0);
}

#[tokio::test]
async fn a_null_version_is_known_by_no_number() {
    let world = World::new().await;
    let key = object_key("k");
    world.put("k", "precious").await.expect("stores");
    world.store.put_versioning(SYSTEM, &bucket(), Versioning::Enabled).await.expect("turns");
    world.store.put_object_lock(SYSTEM, &bucket(), ObjectLockConfig::default()).await.expect("locks");
    let until = world.clock.now().plus_seconds(1_000_000);
    let retention = Some(Retention { mode: RetentionMode::Compliance, until });
    let null = VersionRef { key: &key, version: Some(VersionId::Null) };
    world.store.put_object_retention(SYSTEM, &bucket(), null, retention, false).await.expect("retains");
    // it goes to table `v`, under a number
    world.put("k", "second").await.expect("stores");
    let scan = Scan { range: KeyRange::prefix(b"v"), limit: 10, fold: None };
    let page = world.engine.scan(scan).await.expect("scans");
    let numbers = page.entries.iter().map(|entry| match entry {
        Entry::Row { key, .. } => version::parse_key(key).expect("a version's key").1,
        Entry::Prefix { .. } => panic!("nothing was folded"),
    });
    let number = numbers.filter(|number| number % 2 == 1).collect::<Vec<_>>();
    let [number] = number[..] else { panic!("{number:?}") };

    let named = |version| DeleteObject { version: Some(version), ..DeleteObject::from(key.clone()) };
    let by_number = named(VersionId::Number(number));
    let nothing = world.store.delete_object(SYSTEM, &bucket(), by_number, true).await.expect("is no error");
    assert_eq!(nothing.version_id, Some(VersionId::Number(number)), "as of a version that is not there");
    let get = GetObject { version: Some(VersionId::Number(number)), ..GetObject::default() };
    let missing = world.store.get_object(SYSTEM, &bucket(), &key, &get).await.map(drop);
    assert!(matches!(missing, Err((Error::NoSuchVersion { .. }, _))), "{missing:?}");
    let kept = world.store.delete_object(SYSTEM, &bucket(), named(VersionId::Null), true).await;
    assert!(matches!(kept, Err(Error::ObjectLocked { .. })), "{kept:?}");
    let get = GetObject { version: Some(VersionId::Null), ..GetObject::default() };
    let got = world.store.get_object(SYSTEM, &bucket(), &key, &get).await.expect("reads");
    assert_eq!(read_all(got.body).await.expect("reads"), b"precious");
}

#[tokio::test]
async fn the_versions_of_one_key_are_deleted_in_two_commits() {
    let world = World::new().await;
    world.store.put_versioning(SYSTEM, &bucket(), Versioning::Enabled).await.expect("turns");
    let mut objects = Vec::new();
    for n in 0..100 {
        let version = world.put("k", pattern(10, n)).await.expect("stores").version_id;
        objects.push(DeleteObject { version, ..DeleteObject::from(object_key("k")) });
    }
    let before = world.put("other", "x").await.expect("stores").version;
    world.store.delete_objects(SYSTEM, &bucket(), objects, false).await.expect("deletes");
    let after = world.put("other", "x").await.expect("stores").version;
    assert_eq!(after - before - 1, 2, "the last one alone: the key stood for it");
}
