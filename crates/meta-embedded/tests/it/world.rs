//! Engines on simulated disks, and short words for what tests do with them.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use meta::totals::AMOUNTS;
use meta::{
    Batch, Body, Check, Engine, EngineError, Entry, Group, KeyRange, Measured, Scan, Totals, Version, Write,
    WriteId,
};
use meta_embedded::{EmbeddedEngine, MemoryIndex, Settings};
use testkit::SimDisk;

/// Small segments and batches, and a nonce of its own.
pub(crate) const SMALL: Settings = Settings {
    segment_bytes: 64 * 1024,
    reserve_bytes: 0,
    queue_commits: 1_000,
    queue_bytes: 64 * 1024 * 1024,
    batch_max_commits: 256,
    batch_max_bytes: 1024 * 1024,
    checkpoint_bytes: 256 * 1024,
    compact_step_bytes: 32 * 1024,
    spare_segments: 2,
    nonce: [7; 16],
    measure,
};

/// Counts the rows of random histories by lane, in amounts that differ from row to row; others as the tables have it.
fn measure(row: &Measured<'_>) -> Option<(Group, Totals)> {
    if !row.key.starts_with(b"row/") && !row.key.starts_with(b"kept/") {
        return meta::tables::totals::measure(row);
    }
    let mut amounts = [0; AMOUNTS];
    let head = row.head.iter().map(|byte| u64::from(*byte)).sum();
    amounts[..4].copy_from_slice(&[1, row.value_bytes as u64, u64::from(row.has_bytes), head]);
    Some((lane(row.key), Totals(amounts)))
}

/// The group of a row of random histories.
fn lane(key: &[u8]) -> Group {
    std::array::from_fn(|n| key.get(n).copied().unwrap_or_default())
}

/// What the rows come to, by group.
pub(crate) fn totals_of<'a>(
    rows: impl Iterator<Item = (&'a [u8], &'a [u8], bool)>,
) -> BTreeMap<Group, Totals> {
    let mut totals = BTreeMap::new();
    for (key, value, has_bytes) in rows {
        let head = &value[..value.len().min(256)];
        let Some((group, row)) = measure(&Measured { key, head, value_bytes: value.len(), has_bytes }) else {
            continue;
        };
        let group: &mut Totals = totals.entry(group).or_default();
        *group = group.replacing(None, Some(&row));
    }
    totals
}

pub(crate) fn open_with(disk: &SimDisk, settings: Settings) -> Arc<EmbeddedEngine> {
    EmbeddedEngine::open(Arc::new(disk.clone()), Box::new(MemoryIndex::new()), settings).expect("opens")
}

pub(crate) fn open(disk: &SimDisk) -> Arc<EmbeddedEngine> {
    open_with(disk, SMALL)
}

pub(crate) fn pattern(len: usize, seed: u64) -> Bytes {
    (0..len as u64).map(|n| ((n.wrapping_mul(0x9e37_79b9) >> 7) ^ n ^ seed) as u8).collect()
}

pub(crate) fn put(key: &str, value: impl Into<Bytes>) -> Write {
    Write::Put { key: key.into(), value: value.into(), body: None, external: false, displaced_to: None }
}

pub(crate) fn put_body(key: &str, value: impl Into<Bytes>, body: Bytes) -> Write {
    let body = Some(Body::Pieces(vec![body]));
    Write::Put { key: key.into(), value: value.into(), body, external: false, displaced_to: None }
}

/// A row with the body of another.
pub(crate) fn copy_with(key: &str, value: impl Into<Bytes>, source: &str, version: Version) -> Write {
    let body = Some(Body::Of { key: source.into(), version });
    Write::Put { key: key.into(), value: value.into(), body, external: false, displaced_to: None }
}

pub(crate) fn copy(key: &str, source: &str, version: Version) -> Write {
    copy_with(key, "", source, version)
}

pub(crate) fn delete(key: &str) -> Write {
    Write::Delete { key: key.into(), displaced_to: None }
}

pub(crate) fn batch(checks: Vec<Check>, writes: Vec<Write>) -> Batch {
    Batch { write_id: WriteId([1; 16]), checks, writes }
}

pub(crate) async fn commit(engine: &dyn Engine, writes: Vec<Write>) -> Result<Version, EngineError> {
    engine.commit(batch(Vec::new(), writes)).await
}

#[expect(clippy::disallowed_methods, reason = "a test waits for each of its tasks")]
pub(crate) fn spawn<T: Send + 'static>(
    task: impl Future<Output = T> + Send + 'static,
) -> tokio::task::JoinHandle<T> {
    tokio::spawn(task)
}

/// Makes commits that go into one batch, in this order: the batch before them, of the row `blocker` alone, is held until
/// all have queued. Needs a runtime of one thread.
pub(crate) async fn grouped(engine: &Arc<EmbeddedEngine>, disk: &SimDisk, commits: Vec<Vec<Write>>) {
    let start = |writes| {
        let engine = Arc::clone(engine);
        spawn(async move { commit(&*engine, writes).await })
    };
    disk.hold_writes();
    let mut running = vec![start(vec![put("blocker", "")])];
    let held = disk.clone();
    tokio::task::spawn_blocking(move || held.wait_for_held_writes(1)).await.expect("no panic");
    for writes in commits {
        running.push(start(writes));
        while engine.stats().queued_commits < running.len() {
            tokio::task::yield_now().await;
        }
    }
    disk.release_writes();
    for task in running {
        task.await.expect("no panic").expect("commits");
    }
}

/// A row's value and body.
pub(crate) type Content = (Bytes, Option<Bytes>);

/// The whole content of a row.
pub(crate) async fn content(engine: &dyn Engine, key: &[u8]) -> Result<Option<Content>, EngineError> {
    let Some(row) = engine.get(key).await? else { return Ok(None) };
    let body = match &row.body {
        Some(body) => Some(read_all(&**body).await?),
        None => None,
    };
    Ok(Some((row.value, body)))
}

pub(crate) async fn read_all(body: &dyn meta::StoredBody) -> Result<Bytes, EngineError> {
    let mut out = Vec::new();
    while (out.len() as u64) < body.len() {
        let piece = body.read(out.len() as u64..body.len()).await?;
        assert!(!piece.is_empty(), "a read returns at least one byte");
        out.extend_from_slice(&piece);
    }
    Ok(out.into())
}

/// The keys of all rows.
pub(crate) async fn keys(engine: &dyn Engine) -> Vec<Bytes> {
    let range = KeyRange { start: Vec::new(), end: None };
    let page = engine.scan(Scan { range, limit: 10_000, fold: None }).await.expect("scan answers");
    assert!(!page.more, "a test has few rows");
    let key = |entry| match entry {
        Entry::Row { key, .. } => key,
        Entry::Prefix(_) => panic!("nothing is folded"),
    };
    page.entries.into_iter().map(key).collect()
}
