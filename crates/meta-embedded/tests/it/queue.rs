//! The writer and its queue: one sync for each batch, none on a caller's thread, bounds, and callers that go away.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};

use disk::{Disk, DiskFile};
use meta::{Engine, EngineError};
use meta_embedded::{EmbeddedEngine, MemoryIndex, Settings};
use testkit::SimDisk;

use crate::world::{SMALL, batch, commit, grouped, keys, open, open_with, pattern, put, put_body, spawn};

/// Counts syncs of files by the name of the thread.
#[derive(Clone, Default)]
struct Syncs(Arc<Mutex<BTreeMap<String, u64>>>);

struct Counting<T>(T, Syncs);

impl Disk for Counting<SimDisk> {
    fn create(&self, name: &str, reserve_bytes: u64) -> io::Result<Arc<dyn DiskFile>> {
        Ok(Arc::new(Counting(self.0.create(name, reserve_bytes)?, self.1.clone())))
    }
    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        Ok(Arc::new(Counting(Disk::open(&self.0, name)?, self.1.clone())))
    }
    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.0.rename(from, to)
    }
    fn remove(&self, name: &str) -> io::Result<()> {
        self.0.remove(name)
    }
    fn create_dir(&self, name: &str) -> io::Result<()> {
        self.0.create_dir(name)
    }
    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        self.0.list(dir)
    }
    fn sync_dir(&self, dir: &str) -> io::Result<()> {
        self.0.sync_dir(dir)
    }
    fn free_bytes(&self) -> io::Result<u64> {
        self.0.free_bytes()
    }
}

impl DiskFile for Counting<Arc<dyn DiskFile>> {
    fn write_at(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.write_at(offset, data)
    }
    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<usize> {
        self.0.read_at(offset, out)
    }
    fn read_cached_at(&self, offset: u64, out: &mut [u8]) -> io::Result<Option<usize>> {
        self.0.read_cached_at(offset, out)
    }
    fn sync(&self) -> io::Result<()> {
        let thread = std::thread::current().name().unwrap_or("unnamed").to_owned();
        *self.1.0.lock().expect("no panic").entry(thread).or_default() += 1;
        self.0.sync()
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }
    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }
    fn is_empty(&self) -> io::Result<bool> {
        self.0.is_empty()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_batch_is_synced_once_by_the_writer_alone() {
    let syncs = Syncs::default();
    let disk = Arc::new(Counting(SimDisk::new(), syncs.clone()));
    let settings = Settings { segment_bytes: 16 * 1024 * 1024, ..SMALL };
    let engine = EmbeddedEngine::open(disk, Box::new(MemoryIndex::new()), settings).expect("opens");
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..64 {
        let engine = Arc::clone(&engine);
        tasks.spawn(async move {
            for n in 0..20 {
                let write = put_body(&format!("{task}/{n}"), "", pattern(1_000, n));
                commit(&*engine, vec![write]).await.expect("commits");
            }
        });
    }
    tasks.join_all().await;
    let stats = engine.stats();
    assert_eq!(stats.commits, 64 * 20);
    assert_eq!(stats.syncs, stats.batches);
    let counted = syncs.0.lock().expect("no panic").clone();
    assert_eq!(counted, BTreeMap::from([("larder-log".to_owned(), stats.batches)]));
}

#[tokio::test]
async fn what_queues_while_a_batch_is_written_makes_the_next() {
    let disk = SimDisk::new();
    let engine = open(&disk);
    grouped(&engine, &disk, (0..50).map(|n| vec![put(&format!("{n}"), "")]).collect()).await;
    let stats = engine.stats();
    assert_eq!((stats.commits, stats.batches, stats.syncs), (51, 2, 2));
    assert_eq!((stats.queued_commits, stats.queued_bytes), (0, 0));

    // bounds of a batch: by number, and by bytes
    for (settings, batches) in [
        (Settings { batch_max_commits: 10, ..SMALL }, 1 + 4),
        (Settings { batch_max_bytes: 30_000, ..SMALL }, 1 + 20),
    ] {
        let disk = SimDisk::new();
        let engine = open_with(&disk, settings);
        let commits = (0..40).map(|n| vec![put_body(&format!("{n}"), "", pattern(12_000, n))]);
        grouped(&engine, &disk, commits.collect()).await;
        let seals = engine.stats().segments as u64 - 1;
        assert_eq!(engine.stats().batches - seals, batches, "{settings:?}");
    }
}

/// Starts a commit and waits until it has queued.
async fn start(
    engine: &Arc<EmbeddedEngine>,
    key: &str,
    bytes: usize,
) -> tokio::task::JoinHandle<Result<u64, EngineError>> {
    let before = engine.stats().queued_commits;
    let (sent, writes) = (Arc::clone(engine), vec![put(key, pattern(bytes, 1))]);
    let task = spawn(async move { commit(&*sent, writes).await });
    while engine.stats().queued_commits == before && !task.is_finished() {
        tokio::task::yield_now().await;
    }
    task
}

async fn hold(
    engine: &Arc<EmbeddedEngine>,
    disk: &SimDisk,
) -> tokio::task::JoinHandle<Result<u64, EngineError>> {
    disk.hold_writes();
    let first = start(engine, "held", 1).await;
    let held = disk.clone();
    tokio::task::spawn_blocking(move || held.wait_for_held_writes(1)).await.expect("no panic");
    first
}

#[tokio::test]
async fn a_full_queue_says_busy() {
    let by_number = Settings { queue_commits: 3, ..SMALL };
    let by_bytes = Settings { queue_bytes: 10_000, ..SMALL };
    for (settings, bytes) in [(by_number, 1), (by_bytes, 3_000)] {
        let disk = SimDisk::new();
        let engine = open_with(&disk, settings);
        let mut running = vec![hold(&engine, &disk).await];
        for n in 0..3 {
            running.push(start(&engine, &format!("{n}"), bytes).await);
        }
        let refused = start(&engine, "one more", bytes).await.await.expect("no panic");
        assert_eq!(refused, Err(EngineError::Busy), "{settings:?}");
        disk.release_writes();
        for task in running {
            task.await.expect("no panic").expect("commits");
        }
        commit(&*engine, vec![put("one more", "")]).await.expect("the queue is empty again");
        assert_eq!(keys(&*engine).await.len(), 5);
    }
}

#[tokio::test]
async fn a_commit_longer_than_the_queue_is_taken_when_nothing_waits() {
    let engine = open_with(&SimDisk::new(), Settings { queue_bytes: 10, ..SMALL });
    commit(&*engine, vec![put("long", pattern(5_000, 1))]).await.expect("commits");
    let too_long = (0..20).map(|n| put(&format!("{n}"), pattern(1_000_000, n))).collect();
    let refused = commit(&*engine, too_long).await;
    assert!(matches!(refused, Err(EngineError::TooLarge(_))), "{refused:?}");
    assert_eq!(keys(&*engine).await, ["long"]);
}

#[tokio::test]
async fn a_caller_that_goes_away_leaves_a_whole_commit_or_none() {
    let disk = SimDisk::new();
    let engine = open(&disk);
    let unpolled = engine.commit(batch(Vec::new(), vec![put("never begun", "")]));
    drop(unpolled);
    let first = hold(&engine, &disk).await;
    let second = start(&engine, "queued", 1).await;
    first.abort();
    second.abort();
    disk.release_writes();
    commit(&*engine, vec![put("after", "")]).await.expect("commits");
    assert_eq!(keys(&*engine).await, ["after", "held", "queued"]);
    assert_eq!(engine.stats().queued_commits, 0);
}

#[tokio::test]
async fn closing_answers_what_has_queued() {
    let disk = SimDisk::new();
    let engine = open(&disk);
    let first = hold(&engine, &disk).await;
    let second = start(&engine, "queued", 1).await;
    let closing = Arc::clone(&engine);
    let closed = tokio::task::spawn_blocking(move || closing.close());
    disk.release_writes();
    closed.await.expect("no panic");
    for task in [first, second] {
        task.await.expect("no panic").expect("what had queued was done");
    }
    assert_eq!(commit(&*engine, vec![put("late", "")]).await, Err(EngineError::ReadOnly));
    engine.close();
    assert_eq!(keys(&*engine).await, ["held", "queued"], "reads go on");
    drop(engine);
    assert_eq!(keys(&*open(&disk)).await, ["held", "queued"]);
}

#[test]
fn bad_settings_are_refused() {
    let bad = [
        Settings { segment_bytes: 100, ..SMALL },
        Settings { segment_bytes: 64 * 1024 + 1, ..SMALL },
        Settings { segment_bytes: 4 << 30, ..SMALL },
        Settings { queue_commits: 0, ..SMALL },
        Settings { batch_max_commits: 0, ..SMALL },
        Settings { batch_max_bytes: 1 << 30, ..SMALL },
        Settings { compact_step_bytes: 1 << 30, ..SMALL },
        Settings { spare_segments: 0, ..SMALL },
    ];
    for settings in bad {
        let opened = EmbeddedEngine::open(Arc::new(SimDisk::new()), Box::new(MemoryIndex::new()), settings);
        assert!(matches!(opened, Err(meta_embedded::OpenError::Settings(_))), "{settings:?}");
    }
}
