//! How much of each segment is still wanted. Kept in the index with every batch, so that it always agrees with the rows.

use std::collections::BTreeMap;

use crate::log::format::{DATA_START, Fields};

const FORMAT_VERSION: u8 = 2;
/// That before bodies were shared.
const FORMAT_UNSHARED: u8 = 1;
/// Most origins told apart in one segment; further ones are counted with the newest, which errs towards keeping.
const ORIGINS_MAX: usize = 64;

/// The use of one segment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    /// Bytes of records and bodies that rows of the index point to, each counted once.
    pub(crate) live: u64,
    /// Bodies in it that have an account of their own, since several rows may use them.
    pub(crate) shared: u64,
    /// Where its data ends.
    pub(crate) end: u64,
    /// Its last batch.
    pub(crate) last_batch: u64,
    /// Bytes of deletes by the segment in which each was first written.
    pub(crate) tombstones: BTreeMap<u64, u64>,
    /// The batch that took its last live byte. Not stored: after a start it is the last batch applied.
    pub(crate) freed_at: u64,
}

impl Usage {
    /// Bytes of data, padding included.
    pub(crate) fn used(&self) -> u64 {
        self.end.saturating_sub(DATA_START)
    }

    fn add_tombstone(&mut self, origin: u64, bytes: u64) {
        let newest = self.tombstones.keys().next_back().copied().unwrap_or(origin);
        let full = self.tombstones.len() >= ORIGINS_MAX && !self.tombstones.contains_key(&origin);
        if full && origin > newest {
            // the entry of the newest origin must not hide a newer one
            let moved = self.tombstones.remove(&newest).unwrap_or(0);
            self.tombstones.insert(origin, moved + bytes);
        } else {
            *self.tombstones.entry(if full { newest } else { origin }).or_default() += bytes;
        }
    }

    /// Bytes of deletes that a rebuild would need, when `oldest` is the oldest other segment.
    pub(crate) fn needed_tombstones(&self, oldest: Option<u64>) -> u64 {
        oldest.map_or(0, |oldest| self.tombstones.range(oldest..).map(|(_, bytes)| bytes).sum())
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = vec![FORMAT_VERSION];
        for field in [self.live, self.end, self.last_batch, self.shared] {
            out.extend_from_slice(&field.to_le_bytes());
        }
        for (origin, bytes) in &self.tombstones {
            out.extend_from_slice(&origin.to_le_bytes());
            out.extend_from_slice(&bytes.to_le_bytes());
        }
        out
    }

    pub(crate) fn decode(bytes: &[u8], freed_at: u64) -> Option<Self> {
        let mut fields = Fields(bytes);
        let format = fields.u8()?;
        let (live, end, last_batch) = (fields.u64()?, fields.u64()?, fields.u64()?);
        let shared = if format == FORMAT_UNSHARED { 0 } else { fields.u64()? };
        let mut tombstones = BTreeMap::new();
        while !fields.0.is_empty() {
            tombstones.insert(fields.u64()?, fields.u64()?);
        }
        let known = (FORMAT_UNSHARED..=FORMAT_VERSION).contains(&format);
        known.then_some(Self { live, shared, end, last_batch, tombstones, freed_at })
    }
}

/// What one batch changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct UsageChange {
    /// Bytes that died, by segment.
    pub(crate) died: BTreeMap<u64, u64>,
    /// Bytes that came to life, by segment.
    pub(crate) born: BTreeMap<u64, u64>,
    /// By how many the shared bodies of each segment have become more.
    pub(crate) shared: BTreeMap<u64, i64>,
    /// Bytes of deletes in the batch by origin; 0 stands for the batch's own segment.
    pub(crate) tombstones: BTreeMap<u64, u64>,
}

impl UsageChange {
    pub(crate) fn add_born(&mut self, segment: u64, bytes: u32) {
        *self.born.entry(segment).or_default() += u64::from(bytes);
    }

    pub(crate) fn add_died(&mut self, segment: u64, bytes: u32) {
        *self.died.entry(segment).or_default() += u64::from(bytes);
    }
}

/// The use of all segments.
#[derive(Debug, Default)]
pub(crate) struct UsageTable(pub(crate) BTreeMap<u64, Usage>);

impl UsageTable {
    /// The entries that a batch in `segment`, which ends at `end`, changes.
    pub(crate) fn after(
        &self,
        change: &UsageChange,
        segment: u64,
        end: u64,
        batch: u64,
    ) -> BTreeMap<u64, Usage> {
        let mut touched = BTreeMap::new();
        let entry = |seq: u64| self.0.get(&seq).cloned().unwrap_or_default();
        let mut own = entry(segment);
        (own.end, own.last_batch, own.freed_at) = (end, batch, batch);
        for (origin, bytes) in &change.tombstones {
            own.add_tombstone(if *origin == 0 { segment } else { *origin }, *bytes);
        }
        touched.insert(segment, own);
        for (seq, bytes) in &change.born {
            touched.entry(*seq).or_insert_with(|| entry(*seq)).live += bytes;
        }
        for (seq, more) in &change.shared {
            let usage = touched.entry(*seq).or_insert_with(|| entry(*seq));
            usage.shared = usage.shared.saturating_add_signed(*more);
        }
        for (seq, bytes) in &change.died {
            let usage = touched.entry(*seq).or_insert_with(|| entry(*seq));
            debug_assert!(usage.live >= *bytes, "more died in segment {seq} than lived");
            usage.live = usage.live.saturating_sub(*bytes);
            if usage.live == 0 {
                usage.freed_at = batch;
            }
        }
        touched
    }
}

#[cfg(test)]
mod tests;
