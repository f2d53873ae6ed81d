//! Reads beside upkeep, and what a listing costs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use meta::{Engine, Entry, Fold, KeyRange, Scan, StoredBody};
use meta_embedded::index::{Entries, Index, IndexChange, IndexError, IndexSnapshot, IndexStore};
use meta_embedded::{EmbeddedEngine, MemoryIndex, Settings};
use testkit::SimDisk;

use crate::world::{SMALL, commit, delete, open, pattern, put, put_body, read_all};

async fn body(engine: &dyn Engine, key: &str) -> Arc<dyn StoredBody> {
    engine.get(key.as_bytes()).await.expect("get answers").expect("it is there").body.expect("a body")
}

/// A segment is not reused while somebody holds a body in it, and is afterwards.
#[tokio::test]
async fn a_held_body_keeps_its_segment() {
    let disk = SimDisk::new();
    let engine = open(&disk);
    let bytes = pattern(40_000, 1);
    commit(&*engine, vec![put_body("a", "", bytes.clone())]).await.expect("commits");
    let held = body(&*engine, "a").await;
    commit(&*engine, vec![delete("a")]).await.expect("commits");
    let first = "log/0000000000000001.seg".to_owned();
    for n in 0..20 {
        commit(&*engine, vec![put_body("b", "", pattern(40_000, n))]).await.expect("commits");
        while engine.maintain().expect("upkeep works").more {}
        assert!(disk.files().contains(&first), "it is read from");
    }
    assert!(engine.stats().segments <= 4, "others were reused: {:?}", engine.stats());
    assert!(read_all(&*held).await.expect("reads") == bytes);
    drop(held);
    while engine.maintain().expect("upkeep works").more {}
    assert!(!disk.files().contains(&first), "nobody reads from it any more");
}

/// A body that was moved is read from where it was by who held it, and from its new place by others.
#[tokio::test]
async fn a_moved_body_reads_the_same() {
    let disk = SimDisk::new();
    let engine = open(&disk);
    let bytes = pattern(10_000, 1);
    let version = commit(&*engine, vec![put_body("a", "", bytes.clone())]).await.expect("commits");
    let held = body(&*engine, "a").await;
    for n in 0..8 {
        commit(&*engine, vec![put_body("b", "", pattern(40_000, n))]).await.expect("commits");
    }
    let mut moved = 0;
    loop {
        let done = engine.maintain().expect("upkeep works");
        moved += done.moved_bytes;
        if !done.more {
            break;
        }
    }
    assert!(moved >= 10_000, "the row was moved");
    let row = engine.get(b"a").await.expect("get answers").expect("it is there");
    assert_eq!(row.version, version, "a moved row keeps its version");
    assert!(read_all(&*row.body.expect("a body")).await.expect("reads") == bytes);
    assert!(read_all(&*held).await.expect("reads") == bytes);
}

/// Counts the entries that are read, and the ranges.
#[derive(Clone, Default)]
struct Reads(Arc<AtomicU64>, Arc<AtomicU64>);

struct CountingStore(MemoryIndex, Reads);
struct CountingIndex(Arc<dyn Index>, Reads);
struct CountingSnapshot(Box<dyn IndexSnapshot>, Reads);

impl IndexStore for CountingStore {
    fn open(&self) -> Result<Arc<dyn Index>, IndexError> {
        Ok(Arc::new(CountingIndex(self.0.open()?, self.1.clone())))
    }
    fn destroy(&self) -> Result<(), IndexError> {
        self.0.destroy()
    }
}

impl Index for CountingIndex {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, IndexError> {
        self.0.get(key)
    }
    fn snapshot(&self) -> Box<dyn IndexSnapshot> {
        Box::new(CountingSnapshot(self.0.snapshot(), self.1.clone()))
    }
    fn write(&self, changes: Vec<IndexChange>) -> Result<(), IndexError> {
        self.0.write(changes)
    }
    fn checkpoint(&self) -> Result<(), IndexError> {
        self.0.checkpoint()
    }
}

impl IndexSnapshot for CountingSnapshot {
    fn range<'a>(&'a self, start: &[u8], end: &[u8]) -> Entries<'a> {
        let Reads(count, ranges) = &self.1;
        ranges.fetch_add(1, Ordering::Relaxed);
        Box::new(self.0.range(start, end).inspect(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
        }))
    }
}

#[tokio::test]
async fn folding_costs_what_it_returns() {
    let reads = Reads::default();
    let index = Box::new(CountingStore(MemoryIndex::new(), reads.clone()));
    let settings = Settings { segment_bytes: 4 * 1024 * 1024, ..SMALL };
    let engine = EmbeddedEngine::open(Arc::new(SimDisk::new()), index, settings).expect("opens");
    for folder in 0..10 {
        let rows = (0..1_000).map(|n| put(&format!("{folder}/{n:04}"), "")).collect();
        commit(&*engine, rows).await.expect("commits");
    }
    let fold = Fold { skip_bytes: 0, delimiter: b"/".to_vec(), tail_bytes: 0 };
    let all = KeyRange { start: Vec::new(), end: None };
    for (limit, more) in [(100, false), (10, false), (4, true)] {
        let before = reads.0.load(Ordering::Relaxed);
        let scan = Scan { range: all.clone(), limit, fold: Some(fold.clone()) };
        let page = engine.scan(scan).await.expect("scan answers");
        let expected: Vec<Entry> =
            (0..limit.min(10)).map(|n| Entry::Prefix(format!("{n}/").into())).collect();
        assert_eq!((page.entries, page.more), (expected, more));
        let read = reads.0.load(Ordering::Relaxed) - before;
        assert!(read <= u64::from(limit.min(10)) + 32, "{read} entries were read for {limit}");
    }
}

/// A prefix with few rows is passed over faster than a range is opened.
#[tokio::test]
async fn small_prefixes_are_read_in_one_go() {
    let reads = Reads::default();
    let index = Box::new(CountingStore(MemoryIndex::new(), reads.clone()));
    let settings = Settings { segment_bytes: 4 * 1024 * 1024, ..SMALL };
    let engine = EmbeddedEngine::open(Arc::new(SimDisk::new()), index, settings).expect("opens");
    // the first one is larger, so that less is passed over at the others
    let rows_of = |folder: usize| if folder == 0 { 40 } else { 3 };
    for folder in 0..100 {
        let rows = (0..rows_of(folder)).map(|n| put(&format!("{folder:03}/{n:04}"), "")).collect();
        commit(&*engine, rows).await.expect("commits");
    }
    let fold = Fold { skip_bytes: 0, delimiter: b"/".to_vec(), tail_bytes: 0 };
    let scan = Scan { range: KeyRange { start: Vec::new(), end: None }, limit: 100, fold: Some(fold) };
    let before = [&reads.0, &reads.1].map(|count| count.load(Ordering::Relaxed));
    let page = engine.scan(scan).await.expect("scan answers");
    assert_eq!(page.entries.len(), 100);
    assert!(!page.more);
    let after = [&reads.0, &reads.1].map(|count| count.load(Ordering::Relaxed));
    assert_eq!(after[1] - before[1], 2, "ranges: one seek past the large prefix");
    assert!(after[0] - before[0] < 99 * 3 + 20, "rows are read once");
}
