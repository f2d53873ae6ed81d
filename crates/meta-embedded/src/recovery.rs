//! Opens what a run left behind: finds the segments, opens the index or does away with it, and replays what the index has
//! missed. It tells a torn tail, which nobody was promised, from rot in what was acknowledged.

mod inventory;
mod replay;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use disk::Disk;

use crate::engine::OpenError;
use crate::index::{Index, IndexChange, IndexError, IndexStore};
use crate::keys::{Applied, applied_key, usage_key, usage_range, usage_segment};
use crate::log::segment::{LOG_DIR, Segments};
use crate::log::supply::Supply;
use crate::settings::Settings;
use crate::shared::Shared;
use crate::usage::{Usage, UsageTable};
use crate::writer::{Next, Tail};
use inventory::Inventory;
use replay::Replay;

/// Numbers passed over at each start, so that none of a batch that was lost unseen is used again.
const GAP: u64 = 1 << 20;

/// A damaged stretch of the log among acknowledged batches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rot {
    /// Number of the segment.
    pub segment: u64,
    /// Where it begins.
    pub offset: u64,
    /// Its length: of the damaged batch, or up to the next good one.
    pub bytes: u64,
}

/// What opening an engine found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecoveryReport {
    /// Segments of the log.
    pub segments: usize,
    /// Why the index was rebuilt from the whole log, if it was.
    pub index_rebuilt: Option<String>,
    /// Batches that the index had missed.
    pub batches_replayed: u64,
    /// Records of those.
    pub records_replayed: u64,
    /// Bytes of an unacknowledged batch that was dropped, as far as they can be known.
    pub torn_tail_bytes: u64,
    /// Damage in acknowledged data. Copied to `quarantine/`; its segments are kept as they are.
    pub rot: Vec<Rot>,
}

/// An engine's parts, ready to run.
pub(crate) struct Recovered {
    pub(crate) shared: Shared,
    pub(crate) tail: Option<Tail>,
    pub(crate) next: Next,
    pub(crate) durable: u64,
    pub(crate) checkpointed: u64,
    pub(crate) report: RecoveryReport,
}

/// Opens the log in `disk` and its index. Blocks.
pub(crate) fn recover(
    disk: &Arc<dyn Disk>,
    store: &dyn IndexStore,
    settings: Settings,
) -> Result<Recovered, OpenError> {
    disk.create_dir(LOG_DIR)?;
    match attempt(disk, store, settings, None) {
        // the index can always be made again
        Err(OpenError::Index(error)) => {
            tracing::warn!(%error, "the index is rebuilt from the log");
            store.destroy()?;
            attempt(disk, store, settings, Some(error.to_string()))
        }
        other => other,
    }
}

fn attempt(
    disk: &Arc<dyn Disk>,
    store: &dyn IndexStore,
    settings: Settings,
    rebuilt: Option<String>,
) -> Result<Recovered, OpenError> {
    let index = store.open()?;
    let applied = read_applied(&*index)?;
    let inventory = Inventory::take(&**disk, applied.as_ref())?;
    let segments = Segments::default();
    inventory.segments.iter().for_each(|segment| segments.insert(Arc::clone(segment)));
    let usage = match &applied {
        Some(applied) => {
            let known = segments.get(applied.segment).is_some_and(|segment| segment.salt == applied.salt);
            if !known {
                return Err(IndexError("it belongs to another log".to_owned()).into());
            }
            read_usage(&*index, &segments, applied.number)?
        }
        None => UsageTable::default(),
    };
    let supply = Supply::new(Arc::clone(disk), &settings);
    let shared = Shared::new(settings, index, segments, supply, usage);
    let mut report = RecoveryReport { segments: inventory.segments.len(), ..RecoveryReport::default() };
    report.index_rebuilt = rebuilt.or_else(|| {
        let missing = applied.is_none() && !inventory.segments.is_empty();
        missing.then(|| "it was missing".to_owned())
    });
    let replay = Replay::run(&**disk, &shared, applied.as_ref(), &mut report)?;
    shared.index.checkpoint()?;
    tidy_up(&**disk, &shared, &inventory)?;

    let last = replay.last;
    let newest = inventory.newest_seq();
    shared.counters.tail.store(newest.unwrap_or(0), Ordering::SeqCst);
    let next = Next {
        segment: newest.map_or(1, |seq| seq + 1),
        batch: inventory.next_batch().max(last.number + 1) + GAP,
        version: inventory.next_version().max(last.next_version) + GAP,
    };
    // the last batch in the index, not a seal after it: the index stays before a seal
    let known = applied.map_or(0, |applied| applied.number);
    let checkpointed = shared.counters.applied.fetch_max(known, Ordering::SeqCst).max(known);
    let (tail, durable) = (replay.tail, last.number);
    Ok(Recovered { shared, tail, next, durable, checkpointed, report })
}

/// Puts unused files by, and makes durable what a killed process may have written and not synced: it is seen from now on.
fn tidy_up(disk: &dyn Disk, shared: &Shared, inventory: &Inventory) -> Result<(), OpenError> {
    shared.supply.adopt(&inventory.spares)?;
    for (seq, capacity) in &inventory.unbegun {
        shared.supply.put_by(*seq, *capacity)?;
    }
    // even when it is sealed: the seal itself may be unsynced, and the segments before it were synced by theirs
    if let Some(newest) = inventory.segments.last() {
        newest.file.sync()?;
    }
    disk.sync_dir(LOG_DIR)?;
    Ok(())
}

fn read_applied(index: &dyn Index) -> Result<Option<Applied>, IndexError> {
    match index.get(&applied_key())? {
        Some(entry) => match Applied::decode(&entry) {
            Some(applied) => Ok(Some(applied)),
            None => Err(IndexError("its position does not decode".to_owned())),
        },
        None if index.snapshot().range(&[0], &[0xff]).next().is_some() => {
            Err(IndexError("it has entries and no position".to_owned()))
        }
        None => Ok(None),
    }
}

/// The use of the segments that are there; entries of others are forgotten.
fn read_usage(index: &dyn Index, segments: &Segments, applied: u64) -> Result<UsageTable, IndexError> {
    let (mut table, mut gone) = (UsageTable::default(), Vec::new());
    let snapshot = index.snapshot();
    let (start, end) = usage_range();
    for entry in snapshot.range(&start, &end) {
        let (key, value) = entry?;
        let decoded = usage_segment(&key).zip(Usage::decode(&value, applied));
        let (seq, usage) = decoded.ok_or_else(|| IndexError("a usage entry does not decode".to_owned()))?;
        if segments.get(seq).is_some() {
            table.0.insert(seq, usage);
        } else if usage.live == 0 {
            gone.push(IndexChange::Delete(usage_key(seq)));
        } else {
            return Err(IndexError(format!("rows point into segment {seq:016x}, which is missing")));
        }
    }
    if !gone.is_empty() {
        index.write(gone)?;
    }
    Ok(table)
}
