//! Small bodies, on the durable engine: whoever gets the bytes of another object shares them, without writing or reading one.

use std::sync::Arc;

use auth::Caller;
use bytes::Bytes;
use domain::versioning::Versioning;
use domain::{MetadataDirective, ObjectMetadata, VersionId};
use meta_embedded::{EmbeddedEngine, MemoryIndex};
use seal::Keyring;
use store::{CopyObject, CopySource, CustomerKey, GetObject, PutObject, Settings};
use testkit::{SeededRandom, SimDisk};

use crate::source::Source;
use crate::world::{World, bucket, object_key, pattern, read_all, source};

const SYSTEM: &Caller = &Caller::System;
const MIB: usize = 1024 * 1024;
/// What a commit of a few rows takes: a sector.
const COMMIT_BYTES: u64 = 4_096;

async fn world() -> (World, SimDisk, Arc<EmbeddedEngine>) {
    let (disk, random) = (SimDisk::new(), Arc::new(SeededRandom::new(1)));
    let log =
        meta_embedded::Settings { segment_bytes: 32 * MIB as u64, ..meta_embedded::Settings::default() };
    let index = Box::new(MemoryIndex::new());
    let engine = EmbeddedEngine::open(Arc::new(disk.clone()), index, log).expect("opens");
    let blobs = Arc::new(blob::MemoryBlobs::new(random.clone()));
    let settings = Settings { inline_max_bytes: MIB as u64, ..Settings::default() };
    let world = World::over(engine.clone(), blobs, random, settings).await;
    world.store.create_bucket(SYSTEM, &bucket(), None).await.expect("creates");
    (world, disk, engine)
}

/// Bytes written and reads of the disk while `work` runs.
async fn cost<T>(disk: &SimDisk, work: impl Future<Output = T>) -> (u64, u64, T) {
    let before = disk.stats();
    let done = work.await;
    let after = disk.stats();
    (after.written_bytes - before.written_bytes, after.reads - before.reads, done)
}

fn retitled(key: Option<&CustomerKey>) -> CopyObject {
    let metadata = ObjectMetadata {
        custom: vec![("title".into(), "new".into())].into_iter().collect(),
        ..ObjectMetadata::default()
    };
    CopyObject {
        directive: MetadataDirective::Replace,
        metadata,
        customer_key: key.cloned(),
        ..CopyObject::default()
    }
}

#[tokio::test]
async fn copies_of_a_small_object_write_and_read_no_byte_of_it() {
    for (sealed, customer) in [(false, false), (true, false), (true, true)] {
        let context = format!("sealed {sealed}, by the customer {customer}");
        let (mut world, disk, engine) = world().await;
        if sealed {
            let keys = Keyring::parse("one AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE=").expect("keys");
            world = world.map_store(|store| store.with_keyring(keys));
        }
        let key = |byte| customer.then(|| CustomerKey::new(&[byte; 32]));
        let body = pattern(MIB, 1);
        let put = PutObject { length: Some(MIB as u64), customer_key: key(1), ..PutObject::default() };
        world.put_with("k", put, &mut Source::whole(body.clone())).await.expect("stores");
        let live = engine.stats().live_bytes;
        disk.set_cold(true);
        let from = |name, byte| CopySource { customer_key: key(byte), ..source(name) };
        // to another key, a copy of that under another customer's key, and onto itself
        for (from, to, byte) in [(from("k", 1), "a", 1), (from("a", 1), "b", 2), (from("k", 1), "k", 1)] {
            let copy = retitled(key(byte).as_ref());
            let (written, reads, copied) = cost(&disk, world.copy_with(&from, to, &copy)).await;
            copied.expect("copies");
            assert_eq!((written, reads), (COMMIT_BYTES, 0), "{context}: to {to}");
        }
        world.delete("k").await.expect("deletes");
        disk.set_cold(false);
        assert!(engine.stats().live_bytes < live + 2_000, "{context}: counted once");
        for (name, byte) in [("a", 1), ("b", 2)] {
            let get = GetObject { customer_key: key(byte), ..GetObject::default() };
            let object = world.store.get_object(SYSTEM, &bucket(), &object_key(name), &get).await;
            let object = object.unwrap_or_else(|(error, _)| panic!("{context}: {error}"));
            assert_eq!(object.info.metadata.custom.len(), 1);
            assert!(read_all(object.body).await.expect("reads") == body, "{context}: {name}");
            world.delete(name).await.expect("deletes");
        }
        assert!(engine.stats().live_bytes < 2_000, "{context}: the last lets the bytes go");
    }
}

/// A version that is put below another, or brought back, shares its bytes with what it was.
#[tokio::test]
async fn a_small_version_moves_without_its_bytes() {
    let (world, disk, engine) = world().await;
    let body = pattern(MIB, 1);
    world.put("k", body.clone()).await.expect("stores");
    world.store.put_versioning(SYSTEM, &bucket(), Versioning::Enabled).await.expect("turns");
    let live = engine.stats().live_bytes;
    disk.set_cold(true);
    let (written, reads, put) = cost(&disk, world.put("k", Bytes::from_static(b"newer"))).await;
    put.expect("stores");
    assert_eq!((written, reads), (COMMIT_BYTES, 0), "what was there becomes a version");
    let restored = CopySource { version: Some(VersionId::Null), ..source("k") };
    let (written, reads, copied) = cost(&disk, world.copy_with(&restored, "k", &CopyObject::default())).await;
    copied.expect("restores");
    assert_eq!((written, reads), (COMMIT_BYTES, 0), "and the newest again");
    disk.set_cold(false);
    assert!(world.get("k").await.expect("reads") == body);
    assert!(engine.stats().live_bytes < live + 4_000);
}
