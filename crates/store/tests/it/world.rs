//! A store with everything that a test may want to reach into.

mod forged;
mod multipart;

use std::sync::Arc;

use auth::Caller;
use blob::{BlobId, BlobStore, FileBlobs, MemoryBlobs};
use bytes::Bytes;
use domain::{BucketName, ETag, Error, ObjectInfo, ObjectKey, Random};
use md5::{Digest, Md5};
use meta::{Engine, KeyRange, MemoryEngine, Scan};
use meta_embedded::{EmbeddedEngine, MemoryIndex};
use seal::Keyring;
use store::{Credentials, GetObject, ObjectBody, Parts, PutObject, Settings, Store};
use testkit::{FaultyBlobs, FaultyEngine, SeededRandom, SimClock, SimDisk};

use crate::source::Source;

pub(crate) use multipart::{etag_of_parts, named, now, part_number, source};

/// Bodies over 4 KiB are blobs, so that large ones are cheap.
pub(crate) const INLINE_MAX: usize = 4 * 1024;

/// What the secrets of tokens are sealed with.
pub(crate) const TOKEN_KEY: &str = "test AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

/// Parts but the last have at least so many bytes.
pub(crate) const PART_MIN: usize = 5_000;

pub(crate) fn small() -> Settings {
    Settings { inline_max_bytes: INLINE_MAX as u64, part_min_bytes: PART_MIN as u64, ..Settings::default() }
}

pub(crate) struct World {
    pub(crate) engine: Arc<FaultyEngine>,
    pub(crate) blobs: Arc<FaultyBlobs>,
    pub(crate) clock: Arc<SimClock>,
    pub(crate) random: Arc<SeededRandom>,
    pub(crate) settings: Settings,
    pub(crate) store: Store,
    /// What both ports lie on, when they are the durable ones.
    disk: Option<SimDisk>,
}

impl World {
    /// A store in memory with one bucket.
    pub(crate) async fn new() -> Self {
        Self::with(small()).await
    }

    pub(crate) async fn with(settings: Settings) -> Self {
        let random = Arc::new(SeededRandom::new(1));
        let blobs = Arc::new(MemoryBlobs::new(random.clone()));
        let world = Self::over(Arc::new(MemoryEngine::new()), blobs, random, settings).await;
        world.store.create_bucket(&Caller::System, &bucket(), None).await.expect("creates");
        world
    }

    /// A store over what is there.
    pub(crate) async fn over(
        engine: Arc<dyn Engine>,
        blobs: Arc<dyn BlobStore>,
        random: Arc<SeededRandom>,
        settings: Settings,
    ) -> Self {
        let engine = Arc::new(FaultyEngine::new(engine));
        let blobs = Arc::new(FaultyBlobs::new(blobs));
        let clock = Arc::new(SimClock::default());
        let store = open(&engine, &blobs, &clock, &random, settings).await.expect("opens");
        Self { engine, blobs, clock, random, settings, store, disk: None }
    }

    /// A store over the durable engine and blob files, both on one disk; `None` when the power goes while it opens.
    pub(crate) async fn on_disk(disk: &SimDisk, random: Arc<SeededRandom>) -> Option<Self> {
        let (engine, blobs) = open_disk(disk, &random)?;
        let (clock, settings) = (Arc::new(SimClock::default()), small());
        let store = open(&engine, &blobs, &clock, &random, settings).await.ok()?;
        Some(Self { engine, blobs, clock, random, settings, store, disk: Some(disk.clone()) })
    }

    /// Ends the store and opens another over the same engine and blobs. On a disk, by a power cut.
    pub(crate) async fn restart(&mut self) {
        if let Some(disk) = &self.disk {
            let disk = disk.power_cut(&self.random);
            (self.engine, self.blobs) = open_disk(&disk, &self.random).expect("opens after the power cut");
            self.disk = Some(disk);
        }
        let store = open(&self.engine, &self.blobs, &self.clock, &self.random, self.settings);
        self.store = store.await.expect("opens again");
    }

    /// The same world with another form of its store.
    pub(crate) fn map_store(self, change: impl FnOnce(Store) -> Store) -> Self {
        Self { store: change(self.store), ..self }
    }

    pub(crate) async fn put(&self, key: &str, body: impl Into<Bytes>) -> Result<ObjectInfo, Error> {
        self.put_with(key, PutObject::default(), &mut Source::whole(body)).await
    }

    pub(crate) async fn put_with(
        &self,
        key: &str,
        put: PutObject,
        body: &mut Source,
    ) -> Result<ObjectInfo, Error> {
        self.store.put_object(&Caller::System, &bucket(), &object_key(key), put, body).await
    }

    pub(crate) async fn get(&self, key: &str) -> Result<Vec<u8>, Error> {
        let get = GetObject::default();
        let object = self.store.get_object(&Caller::System, &bucket(), &object_key(key), &get).await;
        read_all(object.map_err(|(error, _)| error)?.body).await
    }

    pub(crate) async fn delete(&self, key: &str) -> Result<(), Error> {
        let object = object_key(key).into();
        self.store.delete_object(&Caller::System, &bucket(), object, false).await.map(|_| ())
    }

    pub(crate) async fn reclaim(&self) -> Result<u64, Error> {
        self.store.reclaim(&Caller::System).await
    }

    pub(crate) async fn sweep(&self) -> Result<u64, Error> {
        self.store.sweep_orphans(&Caller::System).await
    }

    pub(crate) async fn blob_ids(&self) -> Vec<BlobId> {
        let blobs = self.blobs.list(None, u32::MAX).await.expect("lists");
        blobs.into_iter().map(|blob| blob.id).collect()
    }

    /// Rows of one table.
    pub(crate) async fn rows(&self, table: &str) -> usize {
        let scan = Scan { range: KeyRange::prefix(table.as_bytes()), limit: 10_000, fold: None };
        self.engine.scan(scan).await.expect("scans").entries.len()
    }

    /// Nothing is left of anything: no object, no blob, no reference, no garbage.
    pub(crate) async fn assert_bare(&self, when: &str) {
        assert_eq!(self.blob_ids().await, [], "blobs, {when}");
        for table in ["o", "x", "g", "u", "p", "e", "q", "d"] {
            assert_eq!(self.rows(table).await, 0, "rows of table {table}, {when}");
        }
    }
}

async fn open(
    engine: &Arc<FaultyEngine>,
    blobs: &Arc<FaultyBlobs>,
    clock: &Arc<SimClock>,
    random: &Arc<SeededRandom>,
    settings: Settings,
) -> Result<Store, Error> {
    let parts =
        Parts { engine: engine.clone(), blobs: blobs.clone(), clock: clock.clone(), random: random.clone() };
    let store = Store::open(parts, Credentials::default(), settings, None).await?;
    store.with_tokens(Keyring::parse(TOKEN_KEY).expect("a key")).await
}

fn open_disk(disk: &SimDisk, random: &Arc<SeededRandom>) -> Option<(Arc<FaultyEngine>, Arc<FaultyBlobs>)> {
    let mut nonce = [0; 16];
    random.fill(&mut nonce);
    let log = meta_embedded::Settings {
        segment_bytes: 256 * 1024,
        reserve_bytes: 0,
        nonce,
        ..meta_embedded::Settings::default()
    };
    let index = Box::new(MemoryIndex::new());
    let engine = EmbeddedEngine::open(Arc::new(disk.clone()), index, log).ok()?;
    let files = blob::Settings { chunk_bytes: 64 * 1024, reserve_free_bytes: 0 };
    let blobs = FileBlobs::open(Arc::new(disk.clone()), random.clone(), files).ok()?;
    Some((Arc::new(FaultyEngine::new(engine)), Arc::new(FaultyBlobs::new(Arc::new(blobs)))))
}

pub(crate) fn bucket() -> BucketName {
    BucketName::parse("user-uploads").expect("valid")
}

pub(crate) fn object_key(key: &str) -> ObjectKey {
    ObjectKey::parse(key).expect("valid")
}

/// Bytes that differ from place to place.
pub(crate) fn pattern(len: usize, seed: u64) -> Bytes {
    blob::contract::pattern(len, seed)
}

pub(crate) fn etag(body: &[u8]) -> ETag {
    ETag::from_md5(Md5::digest(body).into())
}

pub(crate) async fn read_all(mut body: ObjectBody) -> Result<Vec<u8>, Error> {
    let mut out = Vec::new();
    while let Some(piece) = body.next().await? {
        assert!(!piece.is_empty(), "a piece has bytes");
        out.extend_from_slice(&piece);
        assert!(piece.len() <= blob::READ_MAX_BYTES);
    }
    assert_eq!(body.remaining(), 0);
    Ok(out)
}
