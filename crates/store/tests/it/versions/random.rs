//! Random histories against a plain list of versions for each key. Bodies, uploads and conditions are judged by the model of a
//! bucket without versions, whose objects are what the keys stand for.

mod check;
mod settings;
mod uploads;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use blob::MemoryBlobs;
use bytes::Bytes;
use domain::etag::{ETagMatch, parse_etag_list};
use domain::object_lock::ObjectLock;
use domain::tag::{Tag, TagSet};
use domain::versioning::Versioning;
use domain::{
    BucketLocks, Clock as _, Conditions, DeleteConditions, ETag, Error, MetadataDirective, ObjectInfo,
    ObjectKey, ObjectMetadata, Timestamp, UploadId, VersionId,
};
use meta::MemoryEngine;
use meta::tables::version::Note;
use store::{CopyObject, CopySource, DeleteObject, Deleted, PutObject};
use testkit::{ModelObject, SeededRandom, SimDisk};

use super::SYSTEM;
use crate::source::Source;
use crate::world::{INLINE_MAX, World, bucket, etag, object_key, pattern, small};

/// A version as the model has it.
#[derive(Clone, Debug)]
struct Held {
    id: VersionId,
    /// `None` is a delete marker.
    object: Option<ModelObject>,
    note: Note,
}

#[derive(Default)]
struct Model {
    versioning: Versioning,
    has_lock: bool,
    locks: BucketLocks,
    /// Every key's versions, newest first.
    keys: BTreeMap<ObjectKey, Vec<Held>>,
    /// What the keys stand for, and the uploads.
    plain: testkit::Model,
    /// What uploads were begun with.
    notes: HashMap<UploadId, Note>,
}

impl Model {
    fn versions(&self, key: &ObjectKey) -> &[Held] {
        self.keys.get(key).map(Vec::as_slice).unwrap_or_default()
    }

    fn add(&mut self, key: &ObjectKey, version: Option<VersionId>, object: Option<ModelObject>, note: Note) {
        let id = version.unwrap_or(VersionId::Null);
        self.keys.entry(key.clone()).or_default().retain(|held| held.id != id);
        self.keys.entry(key.clone()).or_default().insert(0, Held { id, object, note });
        self.stand(key);
    }

    /// Takes versions away.
    fn remove(&mut self, key: &ObjectKey, is_gone: impl Fn(&Held) -> bool) {
        self.keys.entry(key.clone()).or_default().retain(|held| !is_gone(held));
        self.stand(key);
    }

    /// The key stands for its newest version, or for nothing when that is a delete marker.
    fn stand(&mut self, key: &ObjectKey) {
        let current = self.versions(key).first().and_then(|held| held.object.clone());
        let objects = &mut self.plain.buckets.entry(bucket()).or_default().objects;
        match current {
            Some(object) => drop(objects.insert(key.clone(), object)),
            None => drop(objects.remove(key)),
        }
    }

    fn current(&self, key: &ObjectKey) -> Option<&ModelObject> {
        self.versions(key).first()?.object.as_ref()
    }

    /// What a request for a version, or for none, finds.
    fn wanted(&self, key: &ObjectKey, version: Option<VersionId>) -> Result<(&Held, &ModelObject), Error> {
        let versions = self.versions(key);
        let found = match version {
            None => versions.first().ok_or_else(|| Error::NoSuchKey { key: key.clone() })?,
            Some(version) => versions
                .iter()
                .find(|held| held.id == version)
                .ok_or_else(|| Error::NoSuchVersion { key: key.clone(), version })?,
        };
        let named = version.is_some();
        let marker = || Error::IsDeleteMarker { key: key.clone(), version: found.id, named };
        Ok((found, found.object.as_ref().ok_or_else(marker)?))
    }

    /// What a write without an id takes away must be under no lock of the bucket.
    fn may_replace(&self, key: &ObjectKey, now: Timestamp) -> Result<(), Error> {
        let is_replaced = |held: &&Held| held.id == VersionId::Null;
        let replaced = match self.versioning {
            Versioning::Enabled => None,
            Versioning::Off | Versioning::Suspended => self.versions(key).iter().find(is_replaced),
        };
        let info = replaced.and_then(|held| held.object.as_ref()).map(|object| &object.info);
        info.map_or(Ok(()), |info| self.locks.check_change(key, info.last_modified, now))
    }

    /// Stores an object for which the conditions hold.
    fn put(
        &mut self,
        conditions: &Conditions,
        object: ModelObject,
        now: Timestamp,
    ) -> Result<ModelObject, Error> {
        let key = object.info.key.clone();
        let stored = self.plain.put(&bucket(), conditions, object.clone());
        let stored = stored.and_then(|()| self.may_replace(&key, now));
        // for `add`, if it was stored
        self.stand(&key);
        stored.map(|()| object)
    }

    /// The id that answers give.
    fn shown(&self, id: VersionId) -> Option<VersionId> {
        (self.versioning != Versioning::Off).then_some(id)
    }
}

struct History {
    world: World,
    model: Model,
    dice: SeededRandom,
    /// Whether object lock follows when versions are kept.
    locks: bool,
    /// Every upload that was ever begun.
    uploads: Vec<(ObjectKey, UploadId)>,
}

/// An info without what only the store decides.
fn unversioned(info: ObjectInfo) -> ObjectInfo {
    ObjectInfo { version: 0, version_id: None, ..info }
}

impl History {
    /// One of `among`.
    fn any<T: Clone>(&self, among: &[T]) -> T {
        among[usize::try_from(self.dice.below(among.len() as u64)).expect("small")].clone()
    }

    fn key(&self) -> ObjectKey {
        object_key(self.any(&["a", "a/b", "a/c", "b", "ü"]))
    }

    fn body(&self) -> Bytes {
        pattern(self.any(&[0, 10, INLINE_MAX, 20_000]), self.dice.next_u64())
    }

    fn metadata(&self) -> ObjectMetadata {
        let custom = vec![("m".into(), self.dice.below(100).to_string())];
        ObjectMetadata { custom, ..ObjectMetadata::default() }
    }

    fn tags(&self) -> TagSet {
        let tag = Tag { key: "k".into(), value: self.dice.below(100).to_string() };
        TagSet::of_object(if self.dice.below(3) == 0 { Vec::new() } else { vec![tag] }).expect("valid")
    }

    /// What a new version is to begin with.
    fn note(&self) -> Note {
        let legal_hold = self.model.has_lock && self.dice.below(4) == 0;
        let tags = if self.dice.below(3) == 0 { self.tags() } else { TagSet::default() };
        Note { tags, lock: ObjectLock { retention: None, legal_hold } }
    }

    fn some_version(&self, key: &ObjectKey) -> VersionId {
        let versions = self.model.versions(key);
        if versions.is_empty() || self.dice.below(8) == 0 {
            // an even number is a version's, and an odd one nobody's
            return self.any(&[
                VersionId::Null,
                VersionId::Number(1 << 60),
                VersionId::Number((1 << 60) + 1),
            ]);
        }
        self.any(versions).id
    }

    /// ETags of what the key stands for, of any of its versions, or of nothing.
    fn etags(&self, key: &ObjectKey) -> Vec<ETagMatch> {
        let of_any = |held: &Held| held.object.as_ref().map(|object| object.info.etag.clone());
        let current = self.model.current(key).map(|object| object.info.etag.clone());
        let etag = match self.dice.below(4) {
            0 => return parse_etag_list("*"),
            1 => current,
            2 if !self.model.versions(key).is_empty() => of_any(&self.any(self.model.versions(key))),
            _ => None,
        };
        vec![ETagMatch::Strong(etag.unwrap_or_else(|| ETag::from_text("other")))]
    }

    /// Often none; else on what the key stands for.
    fn conditions(&self, key: &ObjectKey) -> Conditions {
        match self.dice.below(8) {
            0 | 1 => Conditions { if_match: Some(self.etags(key)), ..Conditions::default() },
            2 => Conditions { if_none_match: Some(self.etags(key)), ..Conditions::default() },
            3 => Conditions { if_none_match: Some(parse_etag_list("*")), ..Conditions::default() },
            _ => Conditions::default(),
        }
    }

    fn delete_conditions(&self, key: &ObjectKey) -> DeleteConditions {
        let size_bytes = (self.dice.below(10) == 0).then(|| self.any(&[0, 10, INLINE_MAX as u64, 20_000]));
        let if_match = (self.dice.below(3) == 0).then(|| self.etags(key));
        DeleteConditions { if_match, size_bytes, last_modified: None }
    }

    async fn step(&mut self) {
        match self.dice.below(48) {
            0..=8 => self.put().await,
            9..=12 => self.delete().await,
            13..=16 => self.delete_versions().await,
            17..=19 => self.copy().await,
            20 => self.turn().await,
            21 => self.world.clock.advance(Duration::from_millis(self.dice.below(3_000))),
            22 => {
                // back: numbers must grow all the same
                let now = self.world.clock.now().as_millis();
                self.world.clock.set(Timestamp::from_millis(now - 5_000));
            }
            23 => drop(self.world.reclaim().await.expect("reclaims")),
            24 => self.world.restart().await,
            25..=26 => self.tag().await,
            27 => self.hold().await,
            28 => self.lock().await,
            29..=30 => self.begin().await,
            31..=38 => self.part().await,
            39..=41 => self.part_copy().await,
            42..=46 => self.complete().await,
            _ => self.abort().await,
        }
    }

    /// Holds an answer against what the model expects, and gives the model its new version.
    fn stored(
        &mut self,
        stored: Result<ObjectInfo, Error>,
        expected: Result<ModelObject, Error>,
        note: Note,
    ) {
        let (info, object) = match (stored, expected) {
            (Ok(info), Ok(object)) => (info, object),
            (stored, expected) => {
                assert_eq!(stored.map(drop), expected.map(drop));
                return;
            }
        };
        let id = info.version_id;
        match self.model.versioning {
            Versioning::Off => assert_eq!(id, None),
            Versioning::Enabled => assert!(matches!(id, Some(VersionId::Number(_)))),
            Versioning::Suspended => assert_eq!(id, Some(VersionId::Null)),
        }
        assert_eq!(unversioned(info), object.info);
        let key = object.info.key.clone();
        self.model.add(&key, id, Some(object), note);
    }

    fn info(&self, key: &ObjectKey, size: u64, etag: ETag) -> ObjectInfo {
        ObjectInfo { size, etag, last_modified: self.world.clock.now(), ..ObjectInfo::unknown(key) }
    }

    async fn put(&mut self) {
        let (key, body, metadata, note) = (self.key(), self.body(), self.metadata(), self.note());
        let conditions = self.conditions(&key);
        let put = PutObject {
            metadata: metadata.clone(),
            conditions: conditions.clone(),
            note: note.clone(),
            ..PutObject::default()
        };
        let stored = self.world.put_with(key.as_str(), put, &mut Source::whole(body.clone())).await;
        let info = ObjectInfo { metadata, ..self.info(&key, body.len() as u64, etag(&body)) };
        let content = if body.len() > INLINE_MAX { self.model.plain.stored(info.size) } else { None };
        let object = ModelObject { info, body, content };
        let expected = self.model.put(&conditions, object, self.world.clock.now());
        self.stored(stored, expected, note);
    }

    /// A version of some key, or what it stands for.
    fn source(&self) -> CopySource {
        let key = self.key();
        let version = self.dice.coin().then(|| self.some_version(&key));
        let conditions = self.conditions(&key);
        CopySource { bucket: bucket(), key, version, conditions, customer_key: None }
    }

    fn model_source(&self, source: &CopySource) -> Result<Held, Error> {
        let (held, object) = self.model.wanted(&source.key, source.version)?;
        let judged = source.conditions.check(Some((&object.info.etag, object.info.last_modified)));
        judged.map_err(|failed| Error::PreconditionFailed { failed })?;
        Ok(held.clone())
    }

    async fn copy(&mut self) {
        let (source, key, metadata, mut note) = (self.source(), self.key(), self.metadata(), self.note());
        let (conditions, keep_tags) = (self.conditions(&key), self.dice.coin());
        let directive = self.any(&[MetadataDirective::Copy, MetadataDirective::Replace]);
        let copy = CopyObject {
            directive,
            metadata: metadata.clone(),
            conditions: conditions.clone(),
            note: note.clone(),
            keep_tags,
            ..CopyObject::default()
        };
        let copied = self.world.copy_with(&source, key.as_str(), &copy).await;
        let expected = match self.model_source(&source) {
            Ok(held) => {
                let mut object = self.model.plain.copied(&held.object.expect("it is no marker"));
                object.info.key = key;
                object.info.last_modified = self.world.clock.now();
                if directive == MetadataDirective::Replace {
                    object.info.metadata = metadata;
                }
                if keep_tags {
                    note.tags = held.note.tags;
                }
                self.model.put(&conditions, object, self.world.clock.now())
            }
            Err(error) => Err(error),
        };
        self.stored(copied, expected, note);
    }

    async fn delete(&mut self) {
        let key = self.key();
        let conditions = self.delete_conditions(&key);
        let object = DeleteObject { conditions: conditions.clone(), ..DeleteObject::from(key.clone()) };
        let deleted = self.world.store.delete_object(SYSTEM, &bucket(), object, false).await;
        let current = self.model.current(&key).map(|object| &object.info);
        let judged = conditions.check(current.map(|info| (&info.etag, info.last_modified, info.size)));
        if let Err(failed) = judged {
            assert_eq!(deleted, Err(Error::PreconditionFailed { failed }));
        } else if let Err(locked) = self.model.may_replace(&key, self.world.clock.now()) {
            assert_eq!(deleted, Err(locked));
        } else if self.model.versioning == Versioning::Off {
            assert_eq!(deleted, Ok(Deleted::default()));
            self.model.remove(&key, |_| true);
        } else {
            let deleted = deleted.expect("deletes");
            assert!(deleted.is_marker);
            let is_null = deleted.version_id == Some(VersionId::Null);
            assert_eq!(is_null, self.model.versioning == Versioning::Suspended);
            self.model.add(&key, deleted.version_id, None, Note::default());
        }
    }

    /// Named versions; what is asked of one is asked of itself.
    async fn delete_versions(&mut self) {
        let count = if self.dice.coin() { 1 } else { self.dice.below(12) };
        let mut objects = Vec::new();
        for _ in 0..count {
            let key = self.key();
            let (version, conditions) = (Some(self.some_version(&key)), self.delete_conditions(&key));
            objects.push(DeleteObject { key, version, conditions });
        }
        let deleted = self.world.store.delete_objects(SYSTEM, &bucket(), objects.clone(), false).await;
        let deleted = deleted.expect("deletes");
        assert_eq!(deleted.len(), objects.len());
        for (DeleteObject { key, version, conditions }, deleted) in objects.into_iter().zip(deleted) {
            let Some(held) = self.model.versions(&key).iter().find(|held| Some(held.id) == version) else {
                assert_eq!(deleted, Ok(Deleted { version_id: version, is_marker: false }));
                continue;
            };
            let (is_marker, marker) = (held.object.is_none(), ETag::from_text(""));
            let target = held.object.as_ref().map(|object| &object.info);
            let target =
                target.map_or((&marker, self.world.clock.now(), 0), |i| (&i.etag, i.last_modified, i.size));
            let locked = match is_marker {
                true => Ok(()),
                false => self.model.locks.check_change(&key, target.1, self.world.clock.now()),
            };
            match (conditions.check(Some(target)), locked, held.note.lock.legal_hold) {
                (Err(failed), _, _) => assert_eq!(deleted, Err(Error::PreconditionFailed { failed })),
                (Ok(()), Err(locked), _) => assert_eq!(deleted, Err(locked)),
                (Ok(()), Ok(()), true) => {
                    assert!(matches!(deleted, Err(Error::ObjectLocked { .. })), "{deleted:?}");
                }
                (Ok(()), Ok(()), false) => {
                    assert_eq!(deleted, Ok(Deleted { version_id: version, is_marker }));
                    self.model.remove(&key, |held| Some(held.id) == version);
                }
            }
        }
    }
}

async fn run(world: World, seed: u64, steps: u32) {
    world.store.create_bucket(SYSTEM, &bucket(), None).await.expect("creates");
    let mut model = Model::default();
    model.plain.create_bucket(&bucket(), world.clock.now(), None).expect("creates");
    let (dice, locks) = (SeededRandom::new(!seed), seed.is_multiple_of(3));
    let mut history = History { world, model, dice, locks, uploads: Vec::new() };
    for _ in 0..steps {
        history.step().await;
    }
    history.check().await;
    history.world.restart().await;
    history.check().await;
    history.take_down().await;
}

#[tokio::test]
async fn versions_come_to_what_the_model_says() {
    for seed in 0..60 {
        eprintln!("seed {seed}");
        let random = Arc::new(SeededRandom::new(seed));
        let blobs = Arc::new(MemoryBlobs::new(random.clone()));
        run(World::over(Arc::new(MemoryEngine::new()), blobs, random, small()).await, seed, 250).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn so_they_do_on_a_disk_that_loses_its_power() {
    for seed in 0..8 {
        eprintln!("seed {seed}");
        let random = Arc::new(SeededRandom::new(seed));
        run(World::on_disk(&SimDisk::new(), random).await.expect("opens"), seed, 160).await;
    }
}
