//! Lifecycle policies at work: what is due goes, what is not stays, whatever happens in between.

mod random;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use auth::Caller;
use domain::bucket_lock::{BucketLockRule, LockCondition};
use domain::lifecycle::{DAY_SECONDS, LifecyclePolicy, LifecycleTime};
use domain::listing::{ListEntry, ListQuery};
use domain::object_lock::{ObjectLock, ObjectLockConfig};
use domain::tag::{Tag, TagSet};
use domain::versioning::{VersionEntry, VersionId, VersionQuery, Versioning};
use domain::{
    BucketLocks, BucketName, Clock as _, ETag, Error, LifecycleRule, ObjectInfo, ObjectKey, ObjectMetadata,
    StorageClass, Timestamp,
};
use meta::tables::bucket::{self as bucket_table, BucketRow};
use meta::tables::object::{self as object_table, Content, ObjectRow};
use meta::tables::version::Note;
use meta::{Batch, Engine as _, EngineError, Write, WriteId};
use store::{
    CustomerKey, GetObject, LifecycleReport, LifecycleRound, LifecycleStep, PutObject, Settings, UploadQuery,
    VersionRef,
};
use testkit::{CommitFate, SimDisk};

use crate::source::Source;
use crate::world::{World, bucket, object_key, pattern, read_all, small};

const SYSTEM: &Caller = &Caller::System;
const DAY: Duration = Duration::from_secs(DAY_SECONDS);

/// An enabled rule that does nothing yet.
fn rule(prefix: &str) -> LifecycleRule {
    LifecycleRule { enabled: true, prefix: prefix.into(), ..LifecycleRule::default() }
}

fn days(days: u64) -> Option<LifecycleTime> {
    Some(LifecycleTime::Age { seconds: days * DAY_SECONDS })
}

fn expiring(prefix: &str, after_days: u64) -> LifecycleRule {
    LifecycleRule { expiration: days(after_days), ..rule(prefix) }
}

fn moving(prefix: &str, after_days: u64) -> LifecycleRule {
    LifecycleRule { transition: days(after_days), ..rule(prefix) }
}

impl World {
    async fn set_rules(&self, rules: Vec<LifecycleRule>) {
        let policy = LifecyclePolicy::new(rules).expect("valid");
        self.store.put_bucket_lifecycle(SYSTEM, &bucket(), &policy).await.expect("sets");
    }

    /// The rest of a round.
    async fn round(&self, round: &mut LifecycleRound) -> Vec<LifecycleReport> {
        let mut reports = Vec::new();
        loop {
            match self.store.apply_lifecycle(SYSTEM, round).await.expect("steps") {
                LifecycleStep::More => {}
                LifecycleStep::Bucket(report) => reports.push(report),
                LifecycleStep::Over => return reports,
            }
        }
    }

    /// A round of its own, of the one bucket there is.
    async fn sweep_once(&self) -> LifecycleReport {
        let mut reports = self.round(&mut LifecycleRound::default()).await;
        assert_eq!(reports.len(), 1);
        reports.remove(0)
    }

    async fn listed(&self) -> Vec<String> {
        let query = ListQuery { limit: 10_000, ..ListQuery::default() };
        let page = self.store.list_objects(SYSTEM, &bucket(), &query).await.expect("lists");
        let key = |entry| match entry {
            ListEntry::Object(info) => info.key.to_string(),
            ListEntry::Prefix(_) => panic!("nothing folds"),
        };
        page.entries.into_iter().map(key).collect()
    }

    async fn lock(&self, prefix: &str, seconds: u64) {
        let condition = LockCondition::Age { seconds };
        let rule = BucketLockRule { id: "keep".into(), enabled: true, prefix: prefix.into(), condition };
        let locks = BucketLocks::new(vec![rule]).expect("valid");
        self.store.put_bucket_locks(SYSTEM, &bucket(), &locks).await.expect("locks");
    }

    async fn keep_versions(&self, versioning: Versioning) {
        self.store.put_versioning(SYSTEM, &bucket(), versioning).await.expect("turns");
    }

    async fn versions(&self) -> Vec<VersionEntry> {
        let query = VersionQuery { limit: 1_000, ..VersionQuery::default() };
        self.store.list_versions(SYSTEM, &bucket(), &query).await.expect("lists").entries
    }
}

#[tokio::test]
async fn what_is_due_expires_by_age_date_and_prefix() {
    let world = World::new().await;
    let begun = world.clock.now();
    for key in ["logs/a", "logs/b", "tmp/a", "keep/a", "off/a", "day/a"] {
        world.put(key, pattern(if key == "logs/b" { 9_000 } else { 10 }, 1)).await.expect("stores");
    }
    let date = LifecycleTime::Date(begun.plus_seconds(3 * DAY_SECONDS));
    world
        .set_rules(vec![
            expiring("logs/", 2),
            expiring("tmp/", 1),
            LifecycleRule { enabled: false, ..expiring("off/", 1) },
            LifecycleRule { expiration: Some(date), ..rule("day/") },
        ])
        .await;
    world.clock.advance(DAY - Duration::from_millis(1));
    assert_eq!(world.sweep_once().await.expired, 0);
    let left: [&[&str]; 3] = [
        &["day/a", "keep/a", "logs/a", "logs/b", "off/a"],
        &["day/a", "keep/a", "off/a"],
        &["keep/a", "off/a"],
    ];
    world.clock.advance(Duration::from_millis(1));
    for left in left {
        let report = world.sweep_once().await;
        assert!(report.expired > 0 && report.error.is_none(), "{report:?}");
        assert_eq!(world.listed().await, left);
        world.clock.advance(DAY);
    }
    world.reclaim().await.expect("reclaims");
    assert_eq!(world.blob_ids().await, []);
}

#[tokio::test]
async fn a_new_rule_is_for_old_objects_too_and_what_is_due_is_served_until_it_goes() {
    let world = World::new().await;
    world.put("old", "body").await.expect("stores");
    world.clock.advance(400 * DAY);
    world.put("new", "body").await.expect("stores");
    world.set_rules(vec![expiring("", 365)]).await;
    assert_eq!(world.get("old").await.as_deref(), Ok(b"body".as_slice()));
    assert_eq!(world.sweep_once().await.expired, 1);
    assert_eq!(world.listed().await, ["new"]);
}

#[tokio::test]
async fn a_rule_knows_its_keys_in_every_spelling() {
    let world = World::new().await;
    for key in ["e\u{301}te\u{301}/a", "\u{e9}te\u{301}/b", "ete/c"] {
        world.put(key, "body").await.expect("stores");
    }
    world.set_rules(vec![expiring("\u{e9}t\u{e9}/", 1), moving("e", 1)]).await;
    world.clock.advance(2 * DAY);
    let report = world.sweep_once().await;
    assert_eq!((report.expired, report.moved), (2, 1));
    assert_eq!(world.listed().await, ["ete/c"]);
}

#[tokio::test]
async fn a_lock_only_puts_it_off() {
    for versioning in [Versioning::Off, Versioning::Suspended] {
        let world = World::new().await;
        if versioning != Versioning::Off {
            world.keep_versions(versioning).await;
        }
        world.put("keep/a", "body").await.expect("stores");
        world.put("free", "body").await.expect("stores");
        world.set_rules(vec![expiring("", 1)]).await;
        world.lock("keep/", 30 * DAY_SECONDS).await;
        world.clock.advance(DAY);
        let mut round = LifecycleRound::default();
        let report = world.round(&mut round).await.remove(0);
        assert_eq!((report.expired, report.locked, report.error), (1, 1, None));
        assert_eq!(world.listed().await, ["keep/a"]);
        world.clock.advance(29 * DAY);
        let report = world.round(&mut round).await.remove(0);
        assert_eq!((report.expired, report.locked), (1, 0));
        assert_eq!(world.listed().await, [""; 0]);
    }
}

#[tokio::test]
async fn a_bucket_with_versions_keeps_them_under_a_marker() {
    let world = World::new().await;
    world.put("null", "stored before there were versions").await.expect("stores");
    world.keep_versions(Versioning::Enabled).await;
    world.store.put_object_lock(SYSTEM, &bucket(), ObjectLockConfig::default()).await.expect("locks");
    let lock = ObjectLock { retention: None, legal_hold: true };
    let held = PutObject { note: Note { lock, ..Note::default() }, ..PutObject::default() };
    let held = world.put_with("held", held, &mut Source::whole(pattern(9_000, 1))).await.expect("stores");
    world.put("plain", "first").await.expect("stores");
    world.put("plain", "second").await.expect("stores");
    world.set_rules(vec![expiring("", 1)]).await;
    world.clock.advance(DAY);
    let mut round = LifecycleRound::default();
    let report = world.round(&mut round).await.remove(0);
    assert_eq!((report.expired, report.locked, report.error), (3, 0, None));
    assert_eq!(world.listed().await, [""; 0]);
    let versions = world.versions().await;
    let markers = versions.iter().filter(|v| matches!(v, VersionEntry::DeleteMarker { is_latest: true, .. }));
    assert_eq!((versions.len(), markers.count()), (7, 3));
    let version = VersionRef { key: &object_key("held"), version: held.version_id };
    assert!(world.store.object_lock(SYSTEM, &bucket(), version).await.is_ok());
    assert!(matches!(world.get("plain").await, Err(Error::IsDeleteMarker { named: false, .. })));
    // a marker is not deleted again
    world.clock.advance(2 * DAY);
    assert_eq!(world.sweep_once().await.expired, 0);
    assert_eq!(world.versions().await.len(), 7);
}

#[tokio::test]
async fn a_null_version_gives_way_to_its_marker() {
    let world = World::new().await;
    world.keep_versions(Versioning::Enabled).await;
    world.put("k", "kept").await.expect("stores");
    world.keep_versions(Versioning::Suspended).await;
    world.put("k", pattern(9_000, 1)).await.expect("stores");
    world.set_rules(vec![expiring("", 1)]).await;
    world.clock.advance(DAY);
    assert_eq!(world.sweep_once().await.expired, 1);
    let shown = world.versions().await;
    assert!(
        matches!(
            shown.as_slice(),
            [
                VersionEntry::DeleteMarker { version: VersionId::Null, .. },
                VersionEntry::Object { version: VersionId::Number(_), .. }
            ]
        ),
        "{shown:?}"
    );
    world.reclaim().await.expect("reclaims");
    assert_eq!(world.blob_ids().await, []);
}

#[tokio::test]
async fn a_move_changes_the_class_and_nothing_else() {
    for versioning in [Versioning::Off, Versioning::Enabled] {
        let world = World::new().await;
        if versioning != Versioning::Off {
            world.keep_versions(versioning).await;
        }
        world.put("small", "body").await.expect("stores");
        world.put("large", pattern(20_000, 1)).await.expect("stores");
        world.put_parts("parts", &[6_000, 7_000]).await;
        world.put("other", "body").await.expect("stores");
        let tags = TagSet::of_object(vec![Tag { key: "k".into(), value: "v".into() }]).expect("valid");
        let key = object_key("large");
        let current = VersionRef { key: &key, version: None };
        world.store.put_object_tags(SYSTEM, &bucket(), current, &tags).await.expect("tags");
        let keys = ["small", "large", "parts", "other"];
        let mut before = Vec::new();
        for key in keys {
            before.push((world.head(key).await.expect("is there"), world.get(key).await.expect("reads")));
        }
        let blobs = world.blob_ids().await;
        world.set_rules(vec![moving("small", 0), moving("large", 1), moving("parts", 1)]).await;
        world.clock.advance(DAY);
        let report = world.sweep_once().await;
        assert_eq!((report.moved, report.expired, report.error), (3, 0, None));
        assert_eq!((world.reclaim().await, world.sweep().await), (Ok(0), Ok(0)), "every blob is held");
        assert_eq!(world.blob_ids().await, blobs);
        for (key, (info, body)) in keys.iter().zip(before) {
            let class = if *key == "other" { StorageClass::Standard } else { StorageClass::StandardIa };
            let moved = world.head(key).await.expect("is there");
            // the number of its commit, which is another now
            let version = moved.version;
            assert_eq!(version == info.version, *key == "other", "{key}");
            let metadata = ObjectMetadata { storage_class: class, ..info.metadata };
            assert_eq!(moved, ObjectInfo { metadata, version, ..info });
            assert_eq!(world.get(key).await, Ok(body));
        }
        assert_eq!(world.store.object_tags(SYSTEM, &bucket(), current).await.expect("is there").0, tags);
        assert_eq!(world.sweep_once().await.moved, 0, "once");
        // and what moved goes with all its bytes
        for key in keys {
            let version = world.head(key).await.expect("is there").version_id;
            let object = store::DeleteObject { version, ..object_key(key).into() };
            world.store.delete_object(SYSTEM, &bucket(), object, false).await.expect("deletes");
        }
        world.reclaim().await.expect("reclaims");
        world.assert_bare("after all is deleted").await;
    }
}

#[tokio::test]
async fn a_move_needs_no_key() {
    let world = World::new().await;
    let key = CustomerKey::new(&[7; 32]);
    for (name, len) in [("small", 100), ("large", 20_000)] {
        let put = PutObject { customer_key: Some(key.clone()), ..PutObject::default() };
        world.put_with(name, put, &mut Source::whole(pattern(len, 3))).await.expect("stores");
    }
    world.set_rules(vec![moving("", 0)]).await;
    world.clock.advance(DAY);
    let report = world.sweep_once().await;
    assert_eq!((report.moved, report.error), (2, None));
    for (name, len) in [("small", 100), ("large", 20_000)] {
        let get = GetObject { customer_key: Some(key.clone()), ..GetObject::default() };
        let object = world.store.get_object(SYSTEM, &bucket(), &object_key(name), &get).await;
        let object = object.expect("the key still opens it");
        assert_eq!(object.info.metadata.storage_class, StorageClass::StandardIa);
        assert_eq!(read_all(object.body).await, Ok(pattern(len, 3).to_vec()));
    }
}

#[tokio::test]
async fn moves_share_little_memory() {
    let world = World::with(Settings { upload_memory_bytes: 64 * 1024, ..small() }).await;
    for n in 0..40 {
        world.put(&format!("k{n}"), pattern(4_000, n)).await.expect("stores");
    }
    world.set_rules(vec![moving("", 0)]).await;
    world.clock.advance(DAY);
    let report = world.sweep_once().await;
    assert_eq!((report.moved, report.error), (40, None));
    assert_eq!(world.get("k7").await, Ok(pattern(4_000, 7).to_vec()));
}

#[tokio::test]
async fn uploads_that_nobody_completes_are_aborted() {
    let world = World::new().await;
    let old = world.begin("old").await;
    world.part("old", (old, 1), pattern(9_000, 1)).await.expect("stores");
    world.clock.advance(DAY);
    world.begin("new").await;
    let uploads = async || {
        let query = UploadQuery { limit: 100, ..UploadQuery::default() };
        world.store.list_uploads(SYSTEM, &bucket(), &query).await.expect("lists").entries.len()
    };
    // the rule of a new bucket
    world.clock.advance(6 * DAY - Duration::from_millis(1));
    assert_eq!(world.sweep_once().await.aborted, 0);
    world.clock.advance(Duration::from_millis(1));
    assert_eq!((world.sweep_once().await.aborted, uploads().await), (1, 1));
    world.reclaim().await.expect("reclaims");
    assert_eq!(world.blob_ids().await, []);
    assert_eq!(world.part("old", (old, 2), "late").await, Err(Error::NoSuchUpload));
    // a rule that was removed does nothing
    world.set_rules(vec![]).await;
    world.clock.advance(30 * DAY);
    assert_eq!((world.sweep_once().await.aborted, uploads().await), (0, 1));
    world.begin("other").await;
    let abort = LifecycleRule { abort_uploads_seconds: Some(DAY_SECONDS), ..rule("n") };
    world.set_rules(vec![abort]).await;
    world.clock.advance(2 * DAY);
    assert_eq!((world.sweep_once().await.aborted, uploads().await), (1, 1));
}

/// Holds the next commit, and only that.
fn hold_next(world: &World) {
    let held = AtomicBool::new(false);
    world.engine.plan(move |_| match held.swap(true, Ordering::SeqCst) {
        false => CommitFate::Held,
        true => CommitFate::Passed,
    });
}

#[tokio::test]
async fn what_changes_in_between_is_left_alone() {
    for transition in [false, true] {
        let world = World::new().await;
        for key in ["a", "b", "c"] {
            world.put(key, "old").await.expect("stores");
        }
        let id = world.begin("u").await;
        let (parts, _) = world.parts("u", id, &[10]).await;
        let abort = LifecycleRule { abort_uploads_seconds: Some(DAY_SECONDS), ..rule("u") };
        world.set_rules(vec![if transition { moving("", 1) } else { expiring("", 1) }, abort]).await;
        world.clock.advance(DAY);
        hold_next(&world);
        let mut round = LifecycleRound::default();
        let sweep = async { world.round(&mut round).await };
        let overwrite = async {
            world.engine.wait_for_held(1).await;
            world.put("b", "new").await.expect("stores");
            world.delete("c").await.expect("deletes");
            world.engine.release();
        };
        let (reports, ()) = tokio::join!(sweep, overwrite);
        assert_eq!((reports[0].expired + reports[0].moved, reports[0].changed), (1, 2));
        assert_eq!(reports[0].aborted, 1, "{id}, {}", parts.len());
        assert_eq!(world.get("b").await.as_deref(), Ok(b"new".as_slice()));
        assert_eq!(world.head("b").await.expect("is there").metadata.storage_class, StorageClass::Standard);
        assert_eq!(world.listed().await, if transition { vec!["a", "b"] } else { vec!["b"] });
    }
}

#[tokio::test]
async fn an_upload_that_is_completed_meanwhile_is_not_aborted() {
    let world = World::new().await;
    let id = world.begin("u").await;
    let (parts, whole) = world.parts("u", id, &[6_000, 100]).await;
    world.clock.advance(8 * DAY);
    hold_next(&world);
    let complete = async {
        world.engine.wait_for_held(1).await;
        world.complete("u", id, &parts).await.expect("completes");
        world.engine.release();
    };
    let (report, ()) = tokio::join!(world.sweep_once(), complete);
    assert_eq!((report.aborted, report.changed), (0, 1));
    world.reclaim().await.expect("reclaims");
    assert_eq!(world.get("u").await, Ok(whole));
}

#[tokio::test]
async fn a_policy_that_changes_meanwhile_is_the_one_that_counts() {
    let world = World::new().await;
    world.put("a", "body").await.expect("stores");
    world.set_rules(vec![expiring("", 1)]).await;
    world.clock.advance(DAY);
    hold_next(&world);
    let change = async {
        world.engine.wait_for_held(1).await;
        world.set_rules(vec![expiring("", 2)]).await;
        world.engine.release();
    };
    let (report, ()) = tokio::join!(world.sweep_once(), change);
    assert_eq!((report.expired, report.error), (0, None));
    assert_eq!(world.listed().await, ["a"]);
}

#[tokio::test]
async fn a_restart_in_between_loses_nothing() {
    let disk = SimDisk::new();
    let random = Arc::new(testkit::SeededRandom::new(1));
    let mut world = World::on_disk(&disk, random).await.expect("opens");
    world.store.create_bucket(SYSTEM, &bucket(), None).await.expect("creates");
    add_rows(&world, &bucket(), (0..2_500).map(|n| format!("k{n:04}"))).await;
    world.put("fresh", "body").await.expect("stores");
    world.clock.advance(DAY - Duration::from_secs(1));
    world.put("l", "body").await.expect("stores");
    world.set_rules(vec![expiring("k", 1)]).await;
    world.clock.advance(Duration::from_secs(1));
    let mut round = LifecycleRound::default();
    assert_eq!(world.store.apply_lifecycle(SYSTEM, &mut round).await, Ok(LifecycleStep::More));
    assert_eq!(world.listed().await.len(), 1_502);
    world.restart().await;
    assert_eq!(world.sweep_once().await.expired, 1_500);
    assert_eq!(world.listed().await, ["fresh", "l"]);
}

#[tokio::test]
async fn a_bucket_that_fails_is_tried_again_and_keeps_no_other_waiting() {
    let world = World::new().await;
    let second = BucketName::parse("second").expect("valid");
    world.store.create_bucket(SYSTEM, &second, None).await.expect("creates");
    let policy = LifecyclePolicy::new(vec![expiring("", 1)]).expect("valid");
    for name in [&bucket(), &second] {
        add_rows(&world, name, ["k".to_owned()]).await;
        world.store.put_bucket_lifecycle(SYSTEM, name, &policy).await.expect("sets");
    }
    world.clock.advance(DAY);
    let failed = AtomicBool::new(false);
    world.engine.plan(move |_| match failed.swap(true, Ordering::SeqCst) {
        false => CommitFate::Refused(EngineError::Busy),
        true => CommitFate::Passed,
    });
    let mut round = LifecycleRound::default();
    let reports = world.round(&mut round).await;
    assert_eq!((&reports[0].error, reports[0].expired), (&Some(Error::SlowDown), 0));
    assert_eq!((&reports[1].error, reports[1].expired), (&None, 1));
    let reports = world.round(&mut round).await;
    assert_eq!(reports.len(), 1, "the other is settled");
    assert_eq!((&reports[0].error, reports[0].expired), (&None, 1));
    world.engine.fail_reads(Some(EngineError::Io("gone".into())));
    assert!(world.store.apply_lifecycle(SYSTEM, &mut round).await.is_err());
    world.engine.fail_reads(None);
    assert_eq!(world.round(&mut round).await, []);
}

#[tokio::test]
async fn what_is_too_much_for_one_commit_goes_in_several() {
    let world = World::new().await;
    add_rows(&world, &bucket(), (0..100).map(|n| format!("k{n}"))).await;
    world.set_rules(vec![expiring("", 1)]).await;
    world.clock.advance(DAY);
    let commits = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&commits);
    world.engine.plan(move |batch| {
        if batch.writes.len() > 30 {
            return CommitFate::Refused(EngineError::TooLarge("commit"));
        }
        count.fetch_add(1, Ordering::SeqCst);
        CommitFate::Passed
    });
    assert_eq!(world.sweep_once().await.expired, 100);
    assert_eq!(commits.load(Ordering::SeqCst), 4);
}

#[tokio::test]
async fn a_damaged_row_keeps_no_other_waiting() {
    let world = World::new().await;
    add_rows(&world, &bucket(), ["a", "b", "c"].map(str::to_owned)).await;
    let key = object_table::key(id_of(&world, &bucket()).await, &object_key("b"));
    commit(&world, vec![put_row(key, "\u{7f}")]).await;
    world.set_rules(vec![expiring("", 1)]).await;
    world.clock.advance(DAY);
    let report = world.sweep_once().await;
    assert!(matches!(report.error, Some(Error::Corrupt { .. })), "{report:?}");
    assert_eq!((report.expired, report.rows), (2, 3));
}

#[tokio::test]
async fn nothing_is_looked_at_twice_a_day_but_by_a_new_policy() {
    let world = World::new().await;
    add_rows(&world, &bucket(), (0..10).map(|n| format!("k{n}"))).await;
    world.set_rules(vec![expiring("k", 2), expiring("k1", 3), moving("", 9)]).await;
    world.clock.advance(Duration::from_secs(5));
    let mut round = LifecycleRound::default();
    let rows = async |round: &mut LifecycleRound| -> u64 {
        world.round(round).await.iter().map(|report| report.rows).sum()
    };
    assert_eq!(rows(&mut round).await, 10, "each once, whatever rules there are");
    assert_eq!(rows(&mut round).await, 0);
    world.set_rules(vec![expiring("k", 3)]).await;
    assert_eq!(rows(&mut round).await, 10);
    world.clock.advance(DAY - Duration::from_secs(6));
    assert_eq!(rows(&mut round).await, 0);
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(rows(&mut round).await, 10);
}

#[tokio::test]
async fn only_what_a_rule_is_about_is_read() {
    let world = World::new().await;
    add_rows(&world, &bucket(), (0..100_000).map(|n| format!("many/{n:06}"))).await;
    add_rows(&world, &bucket(), (0..10).map(|n| format!("few/{n}"))).await;
    world.set_rules(vec![expiring("few/", 1)]).await;
    world.clock.advance(DAY);
    let before = world.engine.scanned();
    assert_eq!(world.sweep_once().await.expired, 10);
    // and the bucket's own row, once for the bucket and once for the end of the list
    assert!(world.engine.scanned() - before <= 12, "{}", world.engine.scanned() - before);
}

async fn id_of(world: &World, name: &BucketName) -> bucket_table::BucketId {
    let row = world.engine.get(&bucket_table::key(name)).await.expect("reads").expect("is there");
    BucketRow::decode(&row.value).expect("whole").id
}

fn put_row(key: Vec<u8>, value: impl Into<bytes::Bytes>) -> Write {
    Write::Put { key, value: value.into(), body: None, external: false, displaced_to: None }
}

async fn commit(world: &World, writes: Vec<Write>) {
    let batch = Batch { write_id: WriteId([7; 16]), checks: Vec::new(), writes };
    world.engine.commit(batch).await.expect("commits");
}

/// Empty objects that were stored now, many at a time.
async fn add_rows(world: &World, name: &BucketName, keys: impl IntoIterator<Item = String>) {
    let (id, last_modified) = (id_of(world, name).await, world.clock.now());
    let row = |key: String| {
        let key = ObjectKey::parse(key).expect("valid");
        let info = ObjectInfo { last_modified, etag: ETag::from_md5([0; 16]), ..ObjectInfo::unknown(&key) };
        put_row(
            object_table::key(id, &key),
            ObjectRow { info, content: Content::Inline, wrapped_key: None }.encode(),
        )
    };
    let rows: Vec<Write> = keys.into_iter().map(row).collect();
    for chunk in rows.chunks(10_000) {
        commit(world, chunk.to_vec()).await;
    }
}
