//! What the writer, the readers and maintenance of one engine share.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use buffers::Pool;
use disk::Disk;
use meta::engine::READ_MAX_BYTES;

use crate::effects::{Effects, Placed};
use crate::index::{Index, IndexChange, IndexError};
use crate::keys::{Applied, applied_key, usage_key};
use crate::log::segment::Segments;
use crate::log::supply::Supply;
use crate::settings::Settings;
use crate::usage::UsageTable;

pub(crate) struct Shared {
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) settings: Settings,
    pub(crate) index: Arc<dyn Index>,
    pub(crate) segments: Segments,
    pub(crate) supply: Supply,
    /// Held while the index is written, so that both change together.
    usage: Mutex<UsageTable>,
    pub(crate) counters: Counters,
    /// For reads of bodies and long values.
    pub(crate) buffers: Arc<Pool>,
    read_only: AtomicBool,
}

/// Read buffers kept between reads: 8 MiB of them.
const READ_BUFFERS_KEPT: usize = 32;

/// What an engine has done, and what waits.
#[derive(Default)]
pub(crate) struct Counters {
    pub(crate) queued_commits: AtomicUsize,
    pub(crate) queued_bytes: AtomicU64,
    pub(crate) batches: AtomicU64,
    pub(crate) commits: AtomicU64,
    pub(crate) syncs: AtomicU64,
    pub(crate) written_bytes: AtomicU64,
    /// The last batch in the index.
    pub(crate) applied: AtomicU64,
    /// The segment the writer writes to.
    pub(crate) tail: AtomicU64,
}

impl Shared {
    pub(crate) fn new(
        disk: Arc<dyn Disk>,
        settings: Settings,
        index: Arc<dyn Index>,
        segments: Segments,
        supply: Supply,
        usage: UsageTable,
    ) -> Self {
        let (counters, read_only) = (Counters::default(), AtomicBool::new(false));
        let buffers = Pool::new(READ_MAX_BYTES, READ_BUFFERS_KEPT);
        Self {
            disk,
            settings,
            index,
            segments,
            supply,
            usage: Mutex::new(usage),
            counters,
            buffers,
            read_only,
        }
    }

    pub(crate) fn usage(&self) -> MutexGuard<'_, UsageTable> {
        self.usage.lock().expect("nothing panics under this lock")
    }

    pub(crate) fn is_read_only(&self) -> bool {
        self.read_only.load(Ordering::SeqCst)
    }

    /// Ends all writing until restart.
    pub(crate) fn fail(&self, what: &str, error: &dyn std::fmt::Display) {
        if !self.read_only.swap(true, Ordering::SeqCst) {
            tracing::error!(%error, "{what} failed: nothing is written until restart");
        }
    }

    /// Brings a durable batch into the index: rows, use of segments and position in one write.
    pub(crate) fn apply(
        &self,
        effects: Effects<'_>,
        placed: &Placed,
        applied: &Applied,
    ) -> Result<(), IndexError> {
        let mut usage = self.usage();
        let (mut changes, change) = effects.into_changes(placed, &usage)?;
        let touched = usage.after(&change, applied.segment, applied.end, applied.number);
        changes.extend(touched.iter().map(|(seq, usage)| IndexChange::Put(usage_key(*seq), usage.encode())));
        changes.push(IndexChange::Put(applied_key(), applied.encode()));
        self.index.write(changes)?;
        usage.0.extend(touched);
        drop(usage);
        self.counters.applied.store(applied.number, Ordering::SeqCst);
        Ok(())
    }
}
