//! Opens what a run left behind: finds the segments, opens the index or does away with it, and replays what the index has
//! missed. It tells a torn tail, which nobody was promised, from rot in what was acknowledged.

mod inventory;
mod replay;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use disk::Disk;

use crate::engine::OpenError;
use crate::index::watched::{WatchedIndex, is_marked, unmark};
use crate::index::{Index, IndexChange, IndexError, IndexStore};
use crate::keys::{Applied, applied_key, usage_key, usage_range, usage_segment};
use crate::log::quarantine::{Rot, quarantined};
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
    let mut rebuilt = None;
    if is_marked(&**disk)? {
        store.destroy()?;
        rebuilt = Some("it failed while it was in use".to_owned());
    }
    match attempt(disk, store, settings, rebuilt) {
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
    // a killed process may have written what it did not sync: it must be durable before the index learns of it. The seal of
    // a segment was synced before the next one was begun, so only the newest can hold such
    if let Some(newest) = inventory.segments.last() {
        newest.file.sync()?;
    }
    let segments = Segments::default();
    inventory.segments.iter().for_each(|segment| segments.insert(Arc::clone(segment)));
    // rot that an earlier start found is not looked for again while the index is whole
    for damaged in quarantined(&**disk)?.into_iter().filter_map(|seq| segments.get(seq)) {
        damaged.mark_damaged();
    }
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
    let index = WatchedIndex::new(index, Arc::clone(disk));
    let shared = Shared::new(Arc::clone(disk), settings, Arc::new(index), segments, supply, usage);
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

/// Puts unused files by, takes the mark of a failed index away, and makes the names of all durable.
fn tidy_up(disk: &dyn Disk, shared: &Shared, inventory: &Inventory) -> Result<(), OpenError> {
    shared.supply.adopt(&inventory.spares)?;
    for (seq, capacity) in &inventory.unbegun {
        shared.supply.put_by(*seq, *capacity, false)?;
    }
    unmark(disk)?;
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
