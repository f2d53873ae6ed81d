//! Upkeep: checkpoints of the index, reuse of dead segments, and compaction of mostly dead ones, a bounded piece at a time.
//!
//! A segment may go when no row points into it, when no delete in it is needed any more to keep a rebuild from bringing
//! back a row, when the index is durable beyond its last batch, and when nobody reads it.

mod compaction;
mod gather;

use std::sync::atomic::Ordering;
use std::sync::mpsc::SyncSender;

use meta::EngineError;

use crate::commit::Job;
use crate::index::IndexChange;
use crate::keys::usage_key;
use crate::shared::Shared;
use compaction::Cursor;

/// Bytes written between two calls under which the engine counts as idle.
const IDLE_BYTES: u64 = 256 * 1024;

/// What a piece of upkeep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Maintained {
    /// Whether the index was made durable.
    pub checkpointed: bool,
    /// Segments taken out of use.
    pub recycled: u32,
    /// Bytes of records copied out of a segment.
    pub moved_bytes: u64,
    /// Whether there is more to do at once.
    pub more: bool,
}

pub(crate) struct Maintenance {
    /// The last batch that the durable index has.
    checkpointed: u64,
    /// Bytes of log at that moment.
    bytes_then: u64,
    cursor: Option<Cursor>,
    /// Bytes of log at the end of the call before.
    bytes_last: u64,
}

impl Maintenance {
    pub(crate) const fn new(checkpointed: u64) -> Self {
        Self { checkpointed, bytes_then: 0, cursor: None, bytes_last: 0 }
    }

    pub(crate) fn run(&mut self, shared: &Shared, jobs: &SyncSender<Job>) -> Result<Maintained, EngineError> {
        if shared.is_read_only() {
            return Err(EngineError::ReadOnly);
        }
        let mut done = Maintained::default();
        shared.supply.stock().map_err(|error| final_error(shared, &error))?;
        let written = shared.counters.written_bytes.load(Ordering::Relaxed);
        let due = written - self.bytes_then >= shared.settings.checkpoint_bytes;
        if due || dead_segments(shared).iter().any(|dead| dead.needed > self.checkpointed) {
            done.checkpointed = self.checkpoint(shared)?;
        }
        done.recycled = self.recycle(shared)?;
        let step = self.compact(shared, jobs)?;
        done.moved_bytes = step.moved_bytes;
        done.more = step.more || done.recycled > 0;
        if !done.more && written - self.bytes_last < IDLE_BYTES {
            let step = shared.settings.compact_step_bytes;
            shared.supply.fill(step).map_err(|error| final_error(shared, &error))?;
        }
        self.bytes_last = shared.counters.written_bytes.load(Ordering::Relaxed);
        Ok(done)
    }

    /// Makes the index durable; `false` when it was so already.
    fn checkpoint(&mut self, shared: &Shared) -> Result<bool, EngineError> {
        let applied = shared.counters.applied.load(Ordering::SeqCst);
        let written = shared.counters.written_bytes.load(Ordering::Relaxed);
        if applied == self.checkpointed {
            return Ok(false);
        }
        shared.index.checkpoint()?;
        (self.checkpointed, self.bytes_then) = (applied, written);
        Ok(true)
    }

    /// Takes dead segments out of use, oldest first: each may free the deletes of the next.
    fn recycle(&mut self, shared: &Shared) -> Result<u32, EngineError> {
        let mut recycled = 0;
        loop {
            let ready = dead_segments(shared).into_iter().filter(|dead| dead.needed <= self.checkpointed);
            let unused = ready.into_iter().find_map(|dead| shared.segments.remove_unused(dead.segment));
            let Some(segment) = unused else {
                return Ok(recycled);
            };
            let mut usage = shared.usage();
            let forget = vec![IndexChange::Delete(usage_key(segment.seq))];
            shared.index.write(forget)?;
            usage.0.remove(&segment.seq);
            drop(usage);
            shared.supply.give_back(&segment).map_err(|error| final_error(shared, &error))?;
            tracing::debug!(segment = segment.seq, "a segment is free again");
            recycled += 1;
        }
    }
}

/// A segment that no row and no rebuild needs.
#[derive(Clone, Copy, Debug)]
struct Dead {
    segment: u64,
    /// The batch up to which the index must be durable before the segment may go.
    needed: u64,
}

/// The dead segments, oldest first. The newest is never among them: it has the newest numbers.
fn dead_segments(shared: &Shared) -> Vec<Dead> {
    let seqs = shared.segments.seqs();
    let (newest, tail) = (seqs.last().copied(), shared.counters.tail.load(Ordering::SeqCst));
    let usage = shared.usage();
    let mut dead = Vec::new();
    for seq in seqs.iter().copied().filter(|seq| Some(*seq) != newest && *seq != tail) {
        let oldest = seqs.iter().copied().find(|other| *other != seq);
        // one that the index has no account of was dead before a power cut brought its name back
        let (wanted, needed) = usage.0.get(&seq).map_or((0, 0), |usage| {
            (usage.live + usage.needed_tombstones(oldest), usage.freed_at.max(usage.last_batch + 1))
        });
        if wanted == 0 && shared.segments.get(seq).is_some_and(|segment| !segment.is_damaged()) {
            dead.push(Dead { segment: seq, needed });
        }
    }
    dead
}

/// A failed rename or sync of the log's folder: what is there after a power cut is unknown, so nothing more is written.
fn final_error(shared: &Shared, error: &std::io::Error) -> EngineError {
    shared.fail("upkeep of the log", error);
    EngineError::Io(error.to_string())
}
