//! What every engine must do, as functions that panic when it does not. An engine's tests call [`all`]; the functions are
//! public so that a failing behaviour can be run alone. Each works under a key prefix of its own, so they may share an
//! engine. What only a restart can show (durability, recovery) is for each engine's own tests.

mod bodies;
mod commits;
mod displaced;
mod folds;
mod join;
mod races;
mod scans;
mod totals;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;

use crate::engine::{
    Batch, Check, Engine, EngineError, Entry, Fold, KeyRange, Page, Scan, VALUE_HEAD_BYTES, Version, Write,
    WriteId,
};

pub use bodies::{
    bodies_are_shared, bodies_outlive_their_rows, bodies_round_trip, body_ranges, sharing_is_checked,
};
pub use commits::{batches_are_atomic, checks_decide, limits_are_kept, rows_round_trip, versions_grow};
pub use displaced::{displaced_values_are_kept, displacement_has_a_bound};
pub use folds::{delimiters_fold, folded_pages_resume, prefixes_of_any_size_fold};
pub use races::{counters_lose_nothing, one_winner, scans_see_one_moment};
pub use scans::{pages_and_heads, ranges_have_bounds};
pub use totals::{bounds_are_kept, totals_are_kept};

/// Runs every behaviour, each on what `make` returns then: a new engine, or the same again.
pub async fn all<F: AsyncFn() -> Arc<dyn Engine>>(make: F) {
    rows_round_trip(&*make().await).await;
    batches_are_atomic(&*make().await).await;
    versions_grow(&*make().await).await;
    checks_decide(&*make().await).await;
    limits_are_kept(&*make().await).await;
    displaced_values_are_kept(&*make().await).await;
    displacement_has_a_bound(&*make().await).await;
    bodies_round_trip(&*make().await).await;
    body_ranges(&*make().await).await;
    bodies_outlive_their_rows(&*make().await).await;
    bodies_are_shared(&*make().await).await;
    sharing_is_checked(&*make().await).await;
    ranges_have_bounds(&*make().await).await;
    pages_and_heads(&*make().await).await;
    delimiters_fold(&*make().await).await;
    folded_pages_resume(&*make().await).await;
    prefixes_of_any_size_fold(&*make().await).await;
    one_winner(&*make().await).await;
    counters_lose_nothing(&*make().await).await;
    scans_see_one_moment(&*make().await).await;
    totals_are_kept(&*make().await).await;
    bounds_are_kept(&*make().await).await;
}

fn write_id() -> WriteId {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let mut id = [0; 16];
    id[..8].copy_from_slice(&NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    WriteId(id)
}

fn key(space: &str, rest: impl AsRef<[u8]>) -> Vec<u8> {
    [space.as_bytes(), b"/", rest.as_ref()].concat()
}

fn put(key: &[u8], value: impl Into<Bytes>) -> Write {
    Write::Put { key: key.to_vec(), value: value.into(), body: None, external: false, displaced_to: None }
}

fn delete(key: &[u8]) -> Write {
    Write::Delete { key: key.to_vec(), displaced_to: None }
}

async fn commit(
    engine: &dyn Engine,
    checks: impl IntoIterator<Item = Check>,
    writes: impl IntoIterator<Item = Write>,
) -> Result<Version, EngineError> {
    let (checks, writes) = (checks.into_iter().collect(), writes.into_iter().collect());
    engine.commit(Batch { write_id: write_id(), checks, writes }).await
}

async fn write(engine: &dyn Engine, writes: impl IntoIterator<Item = Write>) -> Version {
    commit(engine, [], writes).await.expect("a batch without checks commits")
}

async fn value(engine: &dyn Engine, key: &[u8]) -> Option<Bytes> {
    engine.get(key).await.expect("get answers").map(|row| row.value)
}

async fn read_version(engine: &dyn Engine, key: &[u8]) -> Option<Version> {
    engine.get(key).await.expect("get answers").map(|row| row.version)
}

async fn scan(engine: &dyn Engine, range: &KeyRange, limit: u32, fold: Option<&Fold>) -> Page {
    let scan = Scan { range: range.clone(), limit, fold: fold.cloned() };
    engine.scan(scan).await.expect("scan answers")
}

/// The keys of a page without prefixes.
fn keys(page: &Page) -> Vec<Vec<u8>> {
    let key = |entry: &Entry| match entry {
        Entry::Row { key, .. } => key.to_vec(),
        Entry::Prefix(prefix) => panic!("prefix {prefix:?} without a fold"),
    };
    page.entries.iter().map(key).collect()
}

/// What a scan must return, by looking at every row.
fn expected_page(
    rows: &[(Vec<u8>, Bytes, Version)],
    range: &KeyRange,
    limit: u32,
    fold: Option<&Fold>,
) -> Page {
    let mut entries: Vec<Entry> = Vec::new();
    for (key, value, version) in rows.iter().filter(|(key, ..)| range.contains(key)) {
        let entry = match fold.and_then(|fold| fold.prefix_of(key)) {
            Some(prefix) => Entry::Prefix(Bytes::copy_from_slice(prefix)),
            None => Entry::Row {
                key: Bytes::copy_from_slice(key),
                head: value.slice(..value.len().min(VALUE_HEAD_BYTES)),
                version: *version,
            },
        };
        if entries.last() != Some(&entry) {
            entries.push(entry);
        }
    }
    let more = entries.len() > limit as usize;
    entries.truncate(limit as usize);
    Page { entries, more }
}
