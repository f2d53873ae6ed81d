//! Upkeep: checkpoints of the index, reuse of dead segments, and compaction of mostly dead ones, a bounded piece at a time.
//!
//! A segment may go when no row points into it, when no delete in it is needed any more to keep a rebuild from bringing
//! back a row, when the index is durable beyond its last batch, and when nobody reads it.

mod compaction;

use std::sync::atomic::Ordering;
use std::sync::mpsc::SyncSender;

use meta::EngineError;

use crate::commit::Job;
use crate::index::IndexChange;
use crate::keys::usage_key;
use crate::shared::Shared;
use compaction::Cursor;

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
}

impl Maintenance {
    pub(crate) const fn new(checkpointed: u64) -> Self {
        Self { checkpointed, bytes_then: 0, cursor: None }
    }

    pub(crate) fn run(&mut self, shared: &Shared, jobs: &SyncSender<Job>) -> Result<Maintained, EngineError> {
        if shared.is_read_only() {
            return Err(EngineError::ReadOnly);
        }
        let mut done = Maintained::default();
        shared.supply.stock().map_err(|error| final_error(shared, &error))?;
        let written = shared.counters.written_bytes.load(Ordering::Relaxed);
        let due = written - self.bytes_then >= shared.settings.checkpoint_bytes;
        if due || self.dead(shared).any(|dead| !self.is_behind_checkpoint(dead.1)) {
            done.checkpointed = self.checkpoint(shared)?;
        }
        done.recycled = self.recycle(shared)?;
        let step = self.compact(shared, jobs)?;
        done.moved_bytes = step.moved_bytes;
        done.more = step.more || done.recycled > 0;
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

    /// The segments that no row and no rebuild needs, with the batch that the index must be durable beyond. The last one is
    /// never among them: it has the newest numbers.
    fn dead(&self, shared: &Shared) -> impl Iterator<Item = (u64, u64)> + use<> {
        let seqs = shared.segments.seqs();
        let (newest, tail) = (seqs.last().copied(), shared.counters.tail.load(Ordering::SeqCst));
        let usage = shared.usage();
        let mut dead = Vec::new();
        for seq in seqs.iter().copied().filter(|seq| Some(*seq) != newest && *seq != tail) {
            let damaged = shared.segments.get(seq).is_none_or(|segment| segment.is_damaged());
            let of = usage.0.get(&seq).cloned().unwrap_or_default();
            let oldest = seqs.iter().copied().find(|other| *other != seq);
            if !damaged && of.live == 0 && of.needed_tombstones(oldest) == 0 {
                dead.push((seq, of.freed_at.max(of.last_batch + 1)));
            }
        }
        dead.into_iter()
    }

    const fn is_behind_checkpoint(&self, needed: u64) -> bool {
        needed <= self.checkpointed
    }

    /// Takes dead segments out of use, oldest first: each may free the deletes of the next.
    fn recycle(&mut self, shared: &Shared) -> Result<u32, EngineError> {
        let mut recycled = 0;
        loop {
            let ready = self.dead(shared).filter(|(_, needed)| self.is_behind_checkpoint(*needed));
            let Some(segment) = ready.into_iter().find_map(|(seq, _)| shared.segments.remove_unused(seq))
            else {
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

/// A failed rename or sync of the log's folder: what is there after a power cut is unknown, so nothing more is written.
fn final_error(shared: &Shared, error: &std::io::Error) -> EngineError {
    shared.fail("upkeep of the log", error);
    EngineError::Io(error.to_string())
}
