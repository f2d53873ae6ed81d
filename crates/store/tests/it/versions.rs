//! Versions: random histories against a plain list of versions for each key, and what locks keep.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use auth::Caller;
use blob::MemoryBlobs;
use bytes::Bytes;
use domain::bucket_lock::{BucketLockRule, LockCondition};
use domain::object_lock::{ObjectLock, ObjectLockConfig, Retention, RetentionMode};
use domain::tag::{Tag, TagSet};
use domain::versioning::{VersionEntry, VersionPosition, VersionQuery, Versioning};
use domain::{BucketLocks, Clock as _, Conditions, Error, ObjectKey, Timestamp, VersionId};
use meta::tables::version::{self, Note};
use meta::{Engine as _, Entry, KeyRange, MemoryEngine, Scan};
use store::{CopyObject, CopySource, DeleteObject, Deleted, GetObject, PutObject, Settings, VersionRef};
use testkit::{SeededRandom, SimDisk};

use crate::source::Source;
use crate::world::{INLINE_MAX, World, bucket, object_key, pattern, read_all, small};

const SYSTEM: &Caller = &Caller::System;

/// A version as the model has it: `None` is a delete marker.
type Held = (VersionId, Option<Bytes>);

/// Every key's versions, newest first.
#[derive(Default)]
struct Model {
    versioning: Versioning,
    keys: BTreeMap<ObjectKey, Vec<Held>>,
}

impl Model {
    fn add(&mut self, key: &ObjectKey, version: Option<VersionId>, body: Option<Bytes>) {
        let versions = self.keys.entry(key.clone()).or_default();
        let id = version.unwrap_or(VersionId::Null);
        versions.retain(|(other, _)| *other != id);
        versions.insert(0, (id, body));
    }

    fn current(&self, key: &ObjectKey) -> Option<&Bytes> {
        self.keys.get(key)?.first()?.1.as_ref()
    }
}

struct History {
    world: World,
    model: Model,
    dice: SeededRandom,
}

impl History {
    fn key(&self) -> ObjectKey {
        const KEYS: [&str; 5] = ["a", "a/b", "a/c", "b", "ü"];
        object_key(KEYS[usize::try_from(self.dice.below(5)).expect("small")])
    }

    fn body(&self) -> Bytes {
        let sizes = [0, 10, INLINE_MAX as u64, 20_000];
        let size = sizes[usize::try_from(self.dice.below(4)).expect("small")];
        pattern(usize::try_from(size).expect("small"), self.dice.next_u64())
    }

    fn some_version(&self, key: &ObjectKey) -> VersionId {
        let versions = self.model.keys.get(key).map(Vec::as_slice).unwrap_or_default();
        if versions.is_empty() || self.dice.below(8) == 0 {
            return if self.dice.coin() { VersionId::Null } else { VersionId::Number(2) };
        }
        versions[usize::try_from(self.dice.below(versions.len() as u64)).expect("small")].0
    }

    async fn step(&mut self) {
        match self.dice.below(20) {
            0..=7 => self.put().await,
            8..=10 => self.delete().await,
            11..=13 => self.delete_versions().await,
            14 => self.copy().await,
            15 => self.turn().await,
            16 => self.world.clock.advance(Duration::from_millis(self.dice.below(3_000))),
            17 => {
                // back: numbers must grow all the same
                let now = self.world.clock.now().as_millis();
                self.world.clock.set(Timestamp::from_millis(now - 5_000));
            }
            18 => drop(self.world.reclaim().await.expect("reclaims")),
            _ => self.world.restart().await,
        }
    }

    async fn put(&mut self) {
        let (key, body) = (self.key(), self.body());
        let mut source = Source::whole(body.clone());
        let stored =
            self.world.store.put_object(SYSTEM, &bucket(), &key, PutObject::default(), &mut source).await;
        let version = stored.expect("stores").version_id;
        match self.model.versioning {
            Versioning::Off => assert_eq!(version, None),
            Versioning::Enabled => assert!(matches!(version, Some(VersionId::Number(_)))),
            Versioning::Suspended => assert_eq!(version, Some(VersionId::Null)),
        }
        self.model.add(&key, version, Some(body));
    }

    async fn copy(&mut self) {
        let (from, to) = (self.key(), self.key());
        let version = self.dice.coin().then(|| self.some_version(&from));
        let source = CopySource {
            bucket: bucket(),
            key: from.clone(),
            version,
            conditions: Conditions::default(),
            customer_key: None,
        };
        let copied =
            self.world.store.copy_object(SYSTEM, &source, &bucket(), &to, &CopyObject::default()).await;
        let body = match version {
            None => self.model.current(&from).cloned(),
            Some(id) => {
                let versions = self.model.keys.get(&from).map(Vec::as_slice).unwrap_or_default();
                versions.iter().find(|(other, _)| *other == id).and_then(|(_, body)| body.clone())
            }
        };
        match (copied, body) {
            (Ok(copied), Some(body)) => self.model.add(&to, copied.info.version_id, Some(body)),
            (Err(_), None) => {}
            (copied, body) => panic!("{copied:?} of {:?}", body.map(|b| b.len())),
        }
    }

    async fn delete(&mut self) {
        let key = self.key();
        let deleted = self.world.store.delete_object(SYSTEM, &bucket(), key.clone().into(), false).await;
        let deleted = deleted.expect("deletes");
        if self.model.versioning == Versioning::Off {
            assert_eq!(deleted, Deleted::default());
            self.model.keys.remove(&key);
        } else {
            assert!(deleted.is_marker);
            self.model.add(&key, deleted.version_id, None);
        }
    }

    async fn delete_versions(&mut self) {
        let count = if self.dice.coin() { 1 } else { self.dice.below(12) };
        let mut objects = Vec::new();
        for _ in 0..count {
            let key = self.key();
            let version = Some(self.some_version(&key));
            objects.push(DeleteObject { version, ..DeleteObject::from(key) });
        }
        let deleted = self.world.store.delete_objects(SYSTEM, &bucket(), objects.clone(), false).await;
        let deleted = deleted.expect("deletes");
        assert_eq!(deleted.len(), objects.len());
        for (DeleteObject { key, version, .. }, deleted) in objects.into_iter().zip(deleted) {
            let versions = self.model.keys.entry(key).or_default();
            let at = versions.iter().position(|(other, _)| Some(*other) == version);
            let is_marker = at.is_some_and(|at| versions[at].1.is_none());
            assert_eq!(deleted, Ok(Deleted { version_id: version, is_marker }));
            if let Some(at) = at {
                versions.remove(at);
            }
        }
    }

    async fn turn(&mut self) {
        let to = if self.dice.coin() { Versioning::Enabled } else { Versioning::Suspended };
        self.world.store.put_versioning(SYSTEM, &bucket(), to).await.expect("turns");
        self.model.versioning = to;
    }

    async fn check(&mut self) {
        self.world.reclaim().await.expect("reclaims");
        self.world.sweep().await.expect("sweeps");
        let mut large = 0;
        for (key, versions) in &self.model.keys {
            let current = self.world.get(key.as_str()).await;
            match versions.first() {
                Some((_, Some(body))) => assert!(current.expect("reads") == *body, "{key}"),
                _ => assert!(current.is_err(), "{key}"),
            }
            for (id, body) in versions {
                large += usize::from(body.as_ref().is_some_and(|body| body.len() > INLINE_MAX));
                let get = GetObject { version: Some(*id), ..GetObject::default() };
                let got = self.world.store.get_object(SYSTEM, &bucket(), key, &get).await;
                match (got, body) {
                    (Ok(object), Some(body)) => {
                        assert!(read_all(object.body).await.expect("reads") == *body, "{key} {id}");
                    }
                    (Err((Error::IsDeleteMarker { named: true, .. }, _)), None) => {}
                    (got, _) => panic!("{key} {id}: {:?}", got.map(|o| o.info)),
                }
            }
        }
        self.check_listings().await;
        // copies share their blobs
        assert!(self.world.blob_ids().await.len() <= large, "no blob is without a version");
        assert_eq!((self.world.rows("x").await, self.world.rows("g").await), (large, 0));
    }

    async fn check_listings(&self) {
        for delimiter in [None, Some("/".to_owned())] {
            let mut expected = Vec::new();
            for (key, versions) in &self.model.keys {
                let folded = delimiter.as_ref().and_then(|d| key.as_str().split_once(d.as_str()));
                for (n, (id, body)) in versions.iter().enumerate() {
                    let shown = match folded {
                        Some((prefix, _)) => format!("{prefix}/"),
                        None => format!("{key} {id} {} {}", body.is_some(), n == 0),
                    };
                    if expected.last() != Some(&shown) {
                        expected.push(shown);
                    }
                }
            }
            for limit in [1, 3, 1_000] {
                assert_eq!(self.walk(delimiter.clone(), limit).await, expected, "{delimiter:?} {limit}");
            }
        }
    }

    async fn walk(&self, delimiter: Option<String>, limit: u32) -> Vec<String> {
        let (mut shown, mut after): (_, Option<VersionPosition>) = (Vec::new(), None);
        loop {
            let query =
                VersionQuery { delimiter: delimiter.clone(), after, limit, ..VersionQuery::default() };
            let page = self.world.store.list_versions(SYSTEM, &bucket(), &query).await.expect("lists");
            assert!(
                page.entries.len() <= limit as usize && (page.next.is_none() || !page.entries.is_empty())
            );
            shown.extend(page.entries.iter().map(|entry| match entry {
                VersionEntry::Object { info, version, is_latest } => {
                    format!("{} {version} true {is_latest}", info.key)
                }
                VersionEntry::DeleteMarker { key, version, is_latest, .. } => {
                    format!("{key} {version} false {is_latest}")
                }
                VersionEntry::Prefix(prefix) => prefix.clone(),
            }));
            match page.next {
                Some(next) => after = Some(next),
                None => return shown,
            }
        }
    }
}

async fn run(world: World, seed: u64, steps: u32) {
    world.store.create_bucket(SYSTEM, &bucket(), None).await.expect("creates");
    let mut history = History { world, model: Model::default(), dice: SeededRandom::new(!seed) };
    for _ in 0..steps {
        history.step().await;
    }
    history.check().await;
    history.world.restart().await;
    history.check().await;
    // down to nothing
    let keys: Vec<_> = history.model.keys.clone().into_iter().collect();
    for (key, versions) in keys {
        let objects = versions
            .into_iter()
            .map(|(id, _)| DeleteObject { version: Some(id), ..DeleteObject::from(key.clone()) });
        let outcomes = history.world.store.delete_objects(SYSTEM, &bucket(), objects.collect(), false).await;
        assert!(outcomes.expect("deletes").iter().all(Result::is_ok));
    }
    history.world.reclaim().await.expect("reclaims");
    history.world.assert_bare("after the last version").await;
    history.world.store.delete_bucket(SYSTEM, &bucket()).await.expect("an empty bucket goes");
}

#[tokio::test]
async fn versions_come_to_what_the_model_says() {
    for seed in 0..60 {
        eprintln!("seed {seed}");
        let random = Arc::new(SeededRandom::new(seed));
        let blobs = Arc::new(MemoryBlobs::new(random.clone()));
        run(World::over(Arc::new(MemoryEngine::new()), blobs, random, small()).await, seed, 120).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn so_they_do_on_a_disk_that_loses_its_power() {
    for seed in 0..8 {
        eprintln!("seed {seed}");
        let random = Arc::new(SeededRandom::new(seed));
        run(World::on_disk(&SimDisk::new(), random).await.expect("opens"), seed, 80).await;
    }
}

/// A marker on top of a small body moves the body: a batch moves no more at once than memory has room for.
#[tokio::test(start_paused = true)]
async fn a_batch_of_deletions_moves_small_bodies_a_few_at_a_time() {
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
