//! Copies what is still wanted out of a mostly dead segment, through the writer, so that the segment can be reused.
//!
//! Two reasons make a segment a victim: less than half of it is wanted; or the deletes carried along for the sake of old
//! segments have become many, and rewriting the oldest segment frees them.

use std::io;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{SyncSender, sync_channel};

use meta::EngineError;

use super::Maintenance;
use super::gather::{Gathered, gather};
use crate::commit::{Job, Load};
use crate::index::IndexChange;
use crate::keys::usage_key;
use crate::log::format::{DATA_START, SECTOR};
use crate::log::quarantine::{Rot, quarantine};
use crate::log::segment::Segment;
use crate::log::walk::header_at;
use crate::settings::BATCH_SHARED_BYTES;
use crate::shared::Shared;

/// How far a victim has been read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor {
    segment: u64,
    offset: u64,
    /// Whether this pass through it has moved anything.
    moved: bool,
}

/// What one step did.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Step {
    pub(super) moved_bytes: u64,
    pub(super) more: bool,
}

impl Maintenance {
    pub(super) fn compact(&mut self, shared: &Shared, jobs: &SyncSender<Job>) -> Result<Step, EngineError> {
        let Some(cursor) = self.cursor.or_else(|| choose(shared)) else { return Ok(Step::default()) };
        let Some(segment) = shared.segments.get(cursor.segment).filter(|segment| !segment.is_damaged())
        else {
            self.cursor = None;
            return Ok(Step::default());
        };
        let end = shared.usage().0.get(&cursor.segment).map_or(0, |usage| usage.end);
        self.cursor = None;
        let mut load = Load::default();
        let mut offset = cursor.offset;
        while offset < end && load.bytes < shared.settings.compact_step_bytes {
            let header = readable(header_at(&segment, offset)).flatten();
            // what is moved at once has to fit in a batch again
            let longer = header.map_or(0, |(header, _)| load.bytes + u64::from(header.total_bytes));
            if load.bytes > 0 && longer > BATCH_SHARED_BYTES {
                break;
            }
            let gathered =
                header.map(|(header, _)| gather(shared, &segment, &header, &mut load)).transpose()?;
            let bytes = header.map_or(SECTOR, |(header, _)| header.total_bytes.into());
            match gathered {
                Some(Gathered::All) => offset += bytes,
                Some(Gathered::Part) => break,
                Some(Gathered::Stuck) => return Ok(Step::default()),
                Some(Gathered::Damaged) | None => {
                    quarantine(&*shared.disk, &segment, &Rot { segment: segment.seq, offset, bytes });
                    return Ok(Step::default());
                }
            }
        }
        let (moved_bytes, moves) = (load.bytes, !load.records.is_empty());
        if moves {
            send(jobs, load)?;
        }
        let moved = cursor.moved || moves;
        if offset < end {
            self.cursor = Some(Cursor { segment: cursor.segment, offset, moved });
        } else if !settle(shared, &segment, moved)? {
            self.cursor = Some(Cursor { segment: cursor.segment, offset: DATA_START, moved: false });
        }
        Ok(Step { moved_bytes, more: true })
    }
}

/// What cannot be read is as good as damaged.
pub(super) fn readable<T>(read: io::Result<T>) -> Option<T> {
    read.inspect_err(|error| tracing::error!(%error, "compaction cannot read the log")).ok()
}

/// The segment most worth rewriting, if any is.
fn choose(shared: &Shared) -> Option<Cursor> {
    let seqs = shared.segments.seqs();
    let (newest, tail) = (seqs.last().copied(), shared.counters.tail.load(Ordering::SeqCst));
    let usage = shared.usage();
    let (mut live, mut tombstones) = (0, 0);
    let (mut best, mut oldest) = (None, None);
    let first = seqs.first();
    for seq in &seqs {
        let Some(of) = usage.0.get(seq) else { continue };
        let needed = of.needed_tombstones(seqs.iter().copied().find(|other| other != seq));
        live += of.live;
        tombstones += needed;
        let sound = shared.segments.get(*seq).is_some_and(|segment| !segment.is_damaged());
        if !sound || Some(*seq) == newest || *seq == tail {
            continue;
        }
        let wanted = of.live + needed;
        if Some(seq) == first && wanted > 0 {
            oldest = Some(*seq);
        }
        // per mille: exact enough to choose by
        let share = wanted * 1_000 / of.used().max(1);
        if wanted > 0 && share < 500 && best.is_none_or(|(least, _)| share < least) {
            best = Some((share, *seq));
        }
    }
    let burdened = tombstones > (live / 4).max(shared.settings.segment_bytes / 4);
    let segment = best.map(|(_, seq)| seq).or(if burdened { oldest } else { None })?;
    Some(Cursor { segment, offset: DATA_START, moved: false })
}

fn send(jobs: &SyncSender<Job>, load: Load) -> Result<(), EngineError> {
    let (reply, answer) = sync_channel(1);
    let job = Job::Move { load, reply };
    jobs.send(job).map_err(|_| EngineError::ReadOnly)?;
    answer.recv().unwrap_or(Err(EngineError::ReadOnly))
}

/// Nothing of the segment is wanted any more: its deletes were carried on or are not needed. `false` when a body of it was
/// shared while it was on its way elsewhere: another pass takes the new user along.
fn settle(shared: &Shared, segment: &Segment, moved: bool) -> Result<bool, EngineError> {
    let mut usage = shared.usage();
    let Some(of) = usage.0.get_mut(&segment.seq) else { return Ok(true) };
    if of.shared > 0 && moved {
        return Ok(false);
    }
    if of.live > 0 {
        tracing::error!(segment = segment.seq, bytes = of.live, "live bytes that no record accounts for");
        segment.mark_damaged();
        return Ok(true);
    }
    let settled = crate::usage::Usage { tombstones: Default::default(), ..of.clone() };
    let change = IndexChange::Put(usage_key(segment.seq), settled.encode());
    shared.index.write(vec![change])?;
    *of = settled;
    Ok(true)
}
