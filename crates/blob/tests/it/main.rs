//! Blob stores against the contract, and the file store on disks that fail.

mod broken_off;
mod crash;
mod damage;
mod full_disk;
mod ranges;

use std::sync::Arc;

use blob::{BlobStore, FileBlobs, MemoryBlobs, Settings, contract};
use disk::{Disk, LocalDisk};
use testkit::{SeededRandom, SimDisk};

/// Small chunks, so that small blobs have several.
const SMALL: Settings = Settings { chunk_bytes: 128 * 1024, reserve_free_bytes: 0 };

fn random(seed: u64) -> Arc<SeededRandom> {
    Arc::new(SeededRandom::new(seed))
}

fn open(disk: &SimDisk) -> FileBlobs {
    FileBlobs::open(Arc::new(disk.clone()), random(disk.stats().ops + 1), SMALL).expect("opens")
}

#[tokio::test]
async fn blobs_in_memory_keep_the_contract() {
    contract::all(async || Arc::new(MemoryBlobs::new(random(1))) as Arc<dyn BlobStore>).await;
}

#[tokio::test]
async fn files_keep_the_contract() {
    contract::all(async || Arc::new(open(&SimDisk::new())) as Arc<dyn BlobStore>).await;
}

#[tokio::test]
async fn files_that_are_not_in_memory_keep_the_contract() {
    let disk = SimDisk::new();
    disk.set_cold(true);
    let blobs: Arc<dyn BlobStore> = Arc::new(open(&disk));
    contract::all(async || Arc::clone(&blobs)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_on_the_local_disk_keep_the_contract() {
    let dir = tempfile::tempdir().expect("a scratch folder");
    let disk: Arc<dyn Disk> = Arc::new(LocalDisk::open(dir.path()).expect("opens"));
    let settings = Settings { reserve_free_bytes: 0, ..Settings::default() };
    let blobs: Arc<dyn BlobStore> =
        Arc::new(FileBlobs::open(Arc::clone(&disk), random(1), settings).expect("opens"));
    contract::all(async || Arc::clone(&blobs)).await;

    let bytes = contract::pattern(3_000_000, 1);
    let id = contract::store(&*blobs, &bytes, Some(3_000_000), 100_000).await;
    drop(blobs);
    // the same seed: ids of blobs that are there already must not be handed out over them, so take another
    let blobs = FileBlobs::open(disk, random(2), settings).expect("opens again");
    assert!(contract::read_all(&blobs, id).await.expect("reads") == bytes);
}
