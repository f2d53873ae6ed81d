//! The contract of the port, on a real disk and on a simulated one.

use std::sync::Arc;

use disk::LocalDisk;
use meta::{Engine, contract};
use meta_embedded::{EmbeddedEngine, FjallIndex, Settings};
use testkit::SimDisk;

use crate::world::{SMALL, open};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_disk_with_the_shipped_index_keeps_the_contract() {
    let dir = tempfile::tempdir().expect("a scratch folder");
    let disk = Arc::new(LocalDisk::open(dir.path()).expect("opens"));
    let index = Box::new(FjallIndex::new(dir.path().join("index"), 8 * 1024 * 1024));
    let settings = Settings { segment_bytes: 16 * 1024 * 1024, reserve_bytes: 0, ..Settings::default() };
    let engine: Arc<dyn Engine> = EmbeddedEngine::open(disk, index, settings).expect("opens");
    contract::all(async || Arc::clone(&engine)).await;
}

#[tokio::test]
async fn a_simulated_disk_keeps_the_contract() {
    contract::all(async || open(&SimDisk::new()) as Arc<dyn Engine>).await;
}

#[tokio::test]
async fn reads_that_wait_for_the_disk_keep_the_contract() {
    let disk = SimDisk::new();
    disk.set_cold(true);
    let engine: Arc<dyn Engine> = open(&disk);
    contract::all(async || Arc::clone(&engine)).await;
}

/// Upkeep at every moment changes nothing that a caller sees.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_contract_holds_under_constant_upkeep() {
    let disk = SimDisk::new();
    let settings = Settings { segment_bytes: 512 * 1024, ..SMALL };
    let engine = crate::world::open_with(&disk, settings);
    let upkeep = Arc::clone(&engine);
    let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let task = tokio::task::spawn_blocking(move || {
        let mut recycled = 0;
        while !stopped.load(std::sync::atomic::Ordering::SeqCst) {
            recycled += upkeep.maintain().expect("upkeep works").recycled;
        }
        recycled
    });
    let shared: Arc<dyn Engine> = engine;
    contract::all(async || Arc::clone(&shared)).await;
    stop.store(true, std::sync::atomic::Ordering::SeqCst);
    let recycled = task.await.expect("upkeep ends");
    assert!(recycled > 0, "segments were reused meanwhile");
}
