//! What may be chosen about an engine. The defaults are for a server; tests use tiny segments.

use disk::SECTOR_BYTES;
use meta::Measure;

use crate::engine::OpenError;

/// Longest batch in bytes that the log format allows: it bounds what recovery reads at a time.
pub(crate) const BATCH_LIMIT_BYTES: u64 = 64 * 1024 * 1024;
/// Longest batch of more than one job, whatever they displace: the rest is for a job that is longer by itself.
pub(crate) const BATCH_SHARED_BYTES: u64 = BATCH_LIMIT_BYTES / 2;
/// Longest single commit in bytes, keys, values and bodies together.
pub(crate) const COMMIT_MAX_BYTES: u64 = 16 * 1024 * 1024;

/// Sizes and bounds of an engine.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Bytes of a segment of the log: a multiple of 4 KiB, 64 KiB to 2 GiB.
    pub segment_bytes: u64,
    /// Free space in bytes that puts leave alone, so that deletes and compaction go on when the disk is full.
    pub reserve_bytes: u64,
    /// Most commits that wait for the writer; one more is answered `Busy`.
    pub queue_commits: usize,
    /// Most bytes of waiting commits; a commit that finds nothing waiting is always taken.
    pub queue_bytes: u64,
    /// Most commits of one batch.
    pub batch_max_commits: usize,
    /// Most bytes of one batch, up to 32 MiB; a longer commit makes a batch of its own.
    pub batch_max_bytes: u64,
    /// Bytes of log after which the index is made durable: bounds what a start must replay.
    pub checkpoint_bytes: u64,
    /// Most bytes that one call of `maintain` copies out of a segment, or prepares of a new one; records elsewhere that share
    /// its bodies may come to as much again.
    pub compact_step_bytes: u64,
    /// Empty segments kept for reuse; the last one is for deletes on a full disk.
    pub spare_segments: usize,
    /// Random bytes, drawn anew by the caller at each start. They mark the batches of this run, so that no client can put
    /// bytes into a body that recovery would take for a batch.
    pub nonce: [u8; 16],
    /// What rows add to the totals of their groups. An index that was kept with another is to be made anew.
    pub measure: Measure,
}

impl Default for Settings {
    fn default() -> Self {
        const MIB: u64 = 1024 * 1024;
        Self {
            segment_bytes: 256 * MIB,
            reserve_bytes: 64 * MIB,
            queue_commits: 4_096,
            queue_bytes: 64 * MIB,
            batch_max_commits: 256,
            batch_max_bytes: 16 * MIB,
            checkpoint_bytes: 64 * MIB,
            compact_step_bytes: 8 * MIB,
            spare_segments: 2,
            nonce: [0; 16],
            measure: meta::tables::totals::measure,
        }
    }
}

impl Settings {
    pub(crate) fn check(&self) -> Result<(), OpenError> {
        let segment = (64 * 1024..=2 * 1024 * 1024 * 1024).contains(&self.segment_bytes)
            && self.segment_bytes.is_multiple_of(SECTOR_BYTES as u64);
        let bounds = [
            (segment, "segment_bytes is a multiple of 4 KiB, 64 KiB to 2 GiB"),
            (self.queue_commits > 0, "queue_commits is at least 1"),
            (self.batch_max_commits > 0, "batch_max_commits is at least 1"),
            (self.batch_max_bytes <= BATCH_LIMIT_BYTES / 2, "batch_max_bytes is at most 32 MiB"),
            (self.compact_step_bytes <= BATCH_LIMIT_BYTES / 4, "compact_step_bytes is at most 16 MiB"),
            (self.spare_segments > 0, "spare_segments is at least 1"),
        ];
        match bounds.into_iter().find(|(holds, _)| !holds) {
            Some((_, rule)) => Err(OpenError::Settings(rule)),
            None => Ok(()),
        }
    }
}
