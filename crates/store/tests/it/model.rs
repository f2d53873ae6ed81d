//! Random histories of every operation come to what the model says, with clock jumps, broken-off uploads, lost commits and
//! restarts in between. A failure prints its seed, which replays it.

mod uploads;

use std::sync::Arc;
use std::time::Duration;

use auth::Caller;
use blob::MemoryBlobs;
use bytes::Bytes;
use domain::UploadId;
use domain::etag::{ETagMatch, parse_etag_list};
use domain::listing::{ListEntry, ListPosition, ListQuery};
use domain::{
    BucketName, Checksum, ChecksumAlgorithm, Conditions, CorsPolicy, CorsRule, ETag, Error, ObjectInfo,
    ObjectKey, ObjectMetadata, RangeRequest, StorageClass, Timestamp,
};
use meta::{EngineError, MemoryEngine};
use store::{Bucket, BucketQuery, DeleteObject, Deleted, GetObject, Integrity, PutObject};
use testkit::{CommitFate, Model, ModelObject, SeededRandom, SimDisk};

use crate::source::Source;
use crate::world::{INLINE_MAX, World, etag, object_key, pattern, read_all, small};

const SYSTEM: &Caller = &Caller::System;

/// Both sides of a history, and what chooses the next step.
struct History {
    world: World,
    model: Model,
    dice: SeededRandom,
    /// Every upload that was ever begun.
    uploads: Vec<(BucketName, ObjectKey, UploadId)>,
}

fn bucket_name(n: u64) -> BucketName {
    BucketName::parse(&format!("bucket-{n}")).expect("valid")
}

/// An info without what only the store decides.
fn unversioned(info: ObjectInfo) -> ObjectInfo {
    ObjectInfo { version: 0, ..info }
}

impl History {
    fn bucket(&self) -> BucketName {
        bucket_name(self.dice.below(3))
    }

    fn key(&self) -> ObjectKey {
        const KEYS: [&str; 8] = ["a", "a/b", "a//b", "a/b/c", "ab", "ü", "\0", "a\0b"];
        object_key(KEYS[usize::try_from(self.dice.below(8)).expect("small")])
    }

    fn body(&self) -> Bytes {
        let sizes = [0, 1, 1_000, INLINE_MAX as u64, INLINE_MAX as u64 + 1, 20_000];
        let size = sizes[usize::try_from(self.dice.below(6)).expect("small")];
        pattern(usize::try_from(size).expect("small"), self.dice.next_u64())
    }

    /// One time in four, some header; times lie about the clock's.
    fn conditions(&self) -> Conditions {
        let mut conditions = Conditions::default();
        let time = |dice: &SeededRandom| {
            let jitter = i64::try_from(dice.below(6)).expect("small") - 3;
            Timestamp::from_seconds(domain::Clock::now(&*self.world.clock).as_seconds() + jitter)
        };
        match self.dice.below(16) {
            0 => conditions.if_match = Some(self.etags()),
            1 => conditions.if_none_match = Some(self.etags()),
            2 => conditions.if_modified_since = Some(time(&self.dice)),
            3 => conditions.if_unmodified_since = Some(time(&self.dice)),
            _ => {}
        }
        conditions
    }

    fn etags(&self) -> Vec<ETagMatch> {
        let bucket = self.model.buckets.get(&self.bucket());
        let current = bucket.and_then(|bucket| bucket.objects.values().next());
        match (self.dice.below(3), current) {
            (0, _) => parse_etag_list("*"),
            (1, Some(object)) => vec![ETagMatch::Strong(object.info.etag.clone())],
            _ => vec![ETagMatch::Strong(ETag::from_text("other"))],
        }
    }

    async fn step(&mut self) {
        match self.dice.below(56) {
            0..=8 => self.put().await,
            9..=10 => self.refused_put().await,
            11..=16 => self.get().await,
            17..=19 => self.delete().await,
            20..=23 => self.list().await,
            24 => self.create_bucket().await,
            25 => self.delete_bucket().await,
            26..=27 => self.cors().await,
            28 => self.clock(),
            29 => drop(self.world.reclaim().await.expect("reclaims")),
            30 => drop(self.world.sweep().await.expect("sweeps")),
            31 => self.world.restart().await,
            32..=34 => self.create_upload().await,
            35..=41 => self.put_part().await,
            42 => self.refused_part().await,
            43..=45 => self.copy_part().await,
            46..=48 => self.complete().await,
            49 => self.abort().await,
            _ => self.copy().await,
        }
    }

    async fn put(&mut self) {
        let (name, key, body) = (self.bucket(), self.key(), self.body());
        let conditions = self.conditions();
        let metadata = ObjectMetadata {
            custom: vec![("n".into(), self.dice.below(100).to_string())],
            storage_class: if self.dice.coin() { StorageClass::Standard } else { StorageClass::StandardIa },
            ..ObjectMetadata::default()
        };
        let put = PutObject {
            metadata: metadata.clone(),
            length: self.dice.coin().then_some(body.len() as u64),
            conditions: conditions.clone(),
            integrity: Integrity::default(),
            ..PutObject::default()
        };
        let mut source = Source::in_pieces(&body, 3_000);
        let stored = self.world.store.put_object(SYSTEM, &name, &key, put, &mut source).await;
        let info = ObjectInfo {
            key,
            size: body.len() as u64,
            etag: etag(&body),
            last_modified: domain::Clock::now(&*self.world.clock),
            version: 0,
            version_id: None,
            metadata,
            checksums: Vec::new(),
            checksum_type: domain::ChecksumType::FullObject,
            parts: None,
            part_checksums: None,
            encryption: None,
        };
        let content = if body.len() > INLINE_MAX { self.model.stored(info.size) } else { None };
        let object = ModelObject { info: info.clone(), body, content };
        let expected = self.model.put(&name, &conditions, object);
        assert_eq!(stored.map(unversioned), expected.map(|()| info));
    }

    /// A put that fails on the way, at a place of its choice: the model hears nothing of it.
    async fn refused_put(&mut self) {
        let (name, key, body) = (self.bucket(), self.key(), self.body());
        let source = Source::in_pieces(&body, 3_000);
        let mut put = PutObject::default();
        let mut source = match self.dice.below(4) {
            0 => source.first(1).then_fail(Error::ClientDisconnect),
            1 => {
                put.length = Some(body.len() as u64 + 1);
                source
            }
            2 => {
                let wrong = Checksum::new(ChecksumAlgorithm::Sha1, vec![0; 20]).expect("twenty bytes");
                put.integrity.checksums.push(wrong);
                source
            }
            _ => {
                self.world.engine.plan(|_| CommitFate::Refused(EngineError::Busy));
                source
            }
        };
        let refused = self.world.store.put_object(SYSTEM, &name, &key, put, &mut source).await;
        self.world.engine.clear_plan();
        let missing = self.model.bucket(&name).is_err();
        assert!(refused.is_err());
        assert_eq!(missing, matches!(refused, Err(Error::NoSuchBucket { .. })));
    }

    async fn get(&mut self) {
        let (name, key, conditions) = (self.bucket(), self.key(), self.conditions());
        let range = match self.dice.below(6) {
            0 => Some(RangeRequest::FromTo(self.dice.below(5_000), self.dice.below(30_000))),
            1 => Some(RangeRequest::From(self.dice.below(30_000))),
            2 => Some(RangeRequest::Suffix(self.dice.below(10_000))),
            _ => None,
        };
        let get = GetObject { conditions: conditions.clone(), range, ..GetObject::default() };
        let head = self.world.store.head_object(SYSTEM, &name, &key, &get).await;
        let got = self.world.store.get_object(SYSTEM, &name, &key, &get).await;
        let got = match got {
            Ok(object) => {
                let head = head.unwrap_or_else(|(error, _)| panic!("{error}"));
                assert_eq!((&head.info, head.range), (&object.info, object.range));
                let body = read_all(object.body).await.expect("reads");
                Ok((unversioned(object.info), object.range, Bytes::from(body)))
            }
            Err((error, info)) => {
                assert_eq!(head.err(), Some((error.clone(), info)));
                Err(error)
            }
        };
        let expected = self.model.get(&name, &key, &conditions, range).map(|(object, range)| {
            let body = range.map_or(object.body.clone(), |range| {
                let at = |offset: u64| usize::try_from(offset).expect("small");
                object.body.slice(at(range.start)..at(range.end))
            });
            (object.info.clone(), range, body)
        });
        assert!(got == expected, "{:?}, {:?}", got.map(|g| (g.0, g.1)), expected.map(|e| (e.0, e.1)));
    }

    async fn delete(&mut self) {
        let name = self.bucket();
        let keys: Vec<ObjectKey> = (0..self.dice.below(4)).map(|_| self.key()).collect();
        let objects = keys.iter().cloned().map(DeleteObject::from).collect();
        let deleted = self.world.store.delete_objects(SYSTEM, &name, objects, false).await;
        let expected = self.model.delete(&name, &keys);
        assert_eq!(deleted, expected.map(|()| vec![Ok(Deleted::default()); keys.len()]));
    }

    async fn list(&mut self) {
        const TEXTS: [&str; 5] = ["", "a", "a/", "/", "\0"];
        let text = || TEXTS[usize::try_from(self.dice.below(5)).expect("small")].to_owned();
        let query = ListQuery {
            prefix: text(),
            delimiter: self.dice.coin().then(text),
            after: (self.dice.below(4) == 0).then(|| ListPosition::Key(text())),
            limit: u32::try_from(self.dice.below(6)).expect("small"),
        };
        let name = self.bucket();
        let mut listed = self.world.store.list_objects(SYSTEM, &name, &query).await;
        let mut expected = self.model.list(&name, &query);
        // a listing has no metadata but the storage class, and no number of parts
        for page in [&mut listed, &mut expected].into_iter().flatten() {
            for entry in &mut page.entries {
                if let ListEntry::Object(info) = entry {
                    (info.version, info.parts) = (0, None);
                    info.metadata.custom.clear();
                }
            }
        }
        assert_eq!(listed, expected, "{query:?}");
    }

    async fn create_bucket(&mut self) {
        let (name, location) = (self.bucket(), self.dice.coin().then(|| "weur".to_owned()));
        let created = self.world.store.create_bucket(SYSTEM, &name, location.clone()).await;
        let now = domain::Clock::now(&*self.world.clock);
        assert_eq!(created, self.model.create_bucket(&name, now, location));
    }

    async fn delete_bucket(&mut self) {
        let name = self.bucket();
        let deleted = self.world.store.delete_bucket(SYSTEM, &name).await;
        assert_eq!(deleted, self.model.delete_bucket(&name));
    }

    async fn cors(&mut self) {
        let name = self.bucket();
        let rule = CorsRule {
            allowed_origins: vec![format!("https://{}.example", self.dice.below(100))],
            allowed_methods: vec!["PUT".into()],
            ..CorsRule::default()
        };
        let policy = self.dice.coin().then(|| CorsPolicy { rules: vec![rule] });
        let changed = match &policy {
            Some(policy) => self.world.store.put_bucket_cors(SYSTEM, &name, policy).await,
            None => self.world.store.delete_bucket_cors(SYSTEM, &name).await,
        };
        assert_eq!(changed, self.model.set_cors(&name, policy));
    }

    /// The machine's clock may jump, and nothing may depend on its going forwards.
    fn clock(&self) {
        if self.dice.coin() {
            self.world.clock.advance(Duration::from_millis(self.dice.below(5_000)));
        } else {
            let now = domain::Clock::now(&*self.world.clock);
            let back = i64::try_from(self.dice.below(5_000)).expect("small");
            self.world.clock.set(Timestamp::from_millis(now.as_millis() - back));
        }
    }

    /// Everything that can be seen is what the model says, and nothing is kept for nothing.
    async fn check(&mut self) {
        let query = BucketQuery { limit: 1_000, ..BucketQuery::default() };
        let buckets = self.world.store.list_buckets(SYSTEM, &query).await.expect("lists").buckets;
        let expected: Vec<Bucket> = self
            .model
            .buckets
            .iter()
            .map(|(name, bucket)| Bucket {
                name: name.clone(),
                created: bucket.created,
                location: bucket.location.clone(),
            })
            .collect();
        assert_eq!(buckets, expected);
        for (name, bucket) in &self.model.buckets {
            let cors = self.world.store.evaluate_cors(&Caller::Anonymous, name).await;
            assert_eq!(cors, Ok(bucket.cors.clone()));
            for (key, object) in &bucket.objects {
                let got = self.world.store.get_object(SYSTEM, name, key, &GetObject::default()).await;
                let got = got.unwrap_or_else(|(error, _)| panic!("{key}: {error}"));
                assert_eq!(unversioned(got.info), object.info);
                assert!(read_all(got.body).await.expect("reads") == object.body, "{key}");
            }
            self.check_uploads(name, bucket).await;
        }
        self.world.reclaim().await.expect("reclaims");
        // a restart forgets what uploads left; the sweep finds it
        self.world.sweep().await.expect("sweeps");
        let objects: usize = self.model.buckets.values().map(|bucket| bucket.objects.len()).sum();
        assert_eq!(self.world.rows("o").await, objects);
        let (bodies, holders) = self.model.held();
        assert_eq!(self.world.blob_ids().await.len(), bodies, "what is needed is there, and nothing else");
        assert_eq!(self.world.rows("x").await, holders);
        let uploads = || self.model.buckets.values().flat_map(|bucket| bucket.uploads.values());
        let parts = uploads().map(|upload| upload.parts.len()).sum();
        assert_eq!((self.world.rows("u").await, self.world.rows("p").await), (uploads().count(), parts));
        for garbage in ["g", "e", "q", "d"] {
            assert_eq!(self.world.rows(garbage).await, 0, "rows of table {garbage}");
        }
        for (name, bucket) in &self.model.buckets {
            let totals = self.world.store.bucket_totals(SYSTEM, name).await.expect("totals");
            let bytes = bucket.objects.values().map(|object| object.info.size).sum();
            let parts = bucket.uploads.values().flat_map(|upload| upload.parts.values());
            let part_bytes = parts.map(|part| part.info.size).sum();
            assert_eq!((totals.objects(), totals.bytes()), (bucket.objects.len() as u64, bytes));
            assert_eq!((totals.kept_bytes, totals.part_bytes), (bytes, part_bytes));
            let uploads = totals.standard.uploads + totals.infrequent_access.uploads;
            assert_eq!(uploads, bucket.uploads.len() as u64);
        }
    }
}

async fn run(world: World, seed: u64, steps: u32) {
    let (model, dice, uploads) = (Model::default(), SeededRandom::new(!seed), Vec::new());
    let mut history = History { world, model, dice, uploads };
    history.create_bucket().await;
    for _ in 0..steps {
        history.step().await;
    }
    history.check().await;
    history.world.restart().await;
    history.check().await;
}

#[tokio::test]
async fn histories_come_to_what_the_model_says() {
    for seed in 0..80 {
        eprintln!("seed {seed}");
        let random = Arc::new(SeededRandom::new(seed));
        let blobs = Arc::new(MemoryBlobs::new(random.clone()));
        let world = World::over(Arc::new(MemoryEngine::new()), blobs, random, small()).await;
        run(world, seed, 300).await;
    }
}

/// Each restart is a power cut: whatever was acknowledged is there afterwards, and nothing else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn so_they_do_on_a_disk_that_loses_its_power() {
    for seed in 0..12 {
        eprintln!("seed {seed}");
        let random = Arc::new(SeededRandom::new(seed));
        let world = World::on_disk(&SimDisk::new(), random).await.expect("opens");
        run(world, seed, 250).await;
    }
}
