//! The engine as its callers see it: reads go to the index and the log, commits to the writer's queue.

use std::io;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use disk::Disk;
use meta::{Batch, BodyHandle, BoxFuture, Engine, EngineError, Group, Page, Row, Scan, Totals, Version};
use tokio::sync::oneshot;

use crate::commit::{Job, ReadyCommit};
use crate::index::{IndexError, IndexStore};
use crate::keys::read_row;
use crate::maintenance::{Maintained, Maintenance};
use crate::reading::{LoggedBody, LoggedValue};
use crate::recovery::{RecoveryReport, recover};
use crate::row::{IndexRow, Value};
use crate::scan::page;
use crate::settings::Settings;
use crate::shared::Shared;
use crate::summing::read_totals;
use crate::writer::Writer;

/// How often a read looks again when compaction moved its row meanwhile.
const READ_TRIES: usize = 16;

/// Why an engine did not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The disk failed.
    #[error("opening the commit log: {0}")]
    Io(#[from] io::Error),
    /// The index could neither be opened nor rebuilt.
    #[error("rebuilding the index: {0}")]
    Index(#[from] IndexError),
    /// A later version wrote this log.
    #[error("segment {segment:016x} has format {version}, which this version does not know")]
    UnknownFormat {
        /// Number of the segment.
        segment: u64,
        /// Its format.
        version: u16,
    },
    /// A setting is out of range.
    #[error("bad setting: {0}")]
    Settings(&'static str),
}

impl From<EngineError> for OpenError {
    /// While an engine opens, its rows come from the index alone.
    fn from(error: EngineError) -> Self {
        Self::Index(IndexError(error.to_string()))
    }
}

/// What an engine holds and has done since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Segments of the log, those for reuse apart.
    pub segments: usize,
    /// Segments for reuse.
    pub spare_segments: usize,
    /// Segments kept as they are because rot was found in them.
    pub damaged_segments: usize,
    /// Bytes of records and bodies that rows point to.
    pub live_bytes: u64,
    /// Bytes of log written to these segments, dead ones and padding included.
    pub used_bytes: u64,
    /// Bytes of deletes that are kept for a rebuild.
    pub tombstone_bytes: u64,
    /// Commits that wait for the writer.
    pub queued_commits: usize,
    /// Bytes of those.
    pub queued_bytes: u64,
    /// Batches written.
    pub batches: u64,
    /// Commits that took effect.
    pub commits: u64,
    /// Syncs of the log: one for each batch.
    pub syncs: u64,
    /// Bytes written to the log.
    pub written_bytes: u64,
    /// Whether an I/O error has ended all writing.
    pub read_only: bool,
}

/// An [`Engine`] on one local disk.
///
/// Calls of [`Engine`] need a tokio runtime, for its blocking pool. The other methods block.
pub struct EmbeddedEngine {
    shared: Arc<Shared>,
    jobs: SyncSender<Job>,
    writer: Mutex<Option<JoinHandle<()>>>,
    maintenance: Mutex<Maintenance>,
    report: RecoveryReport,
}

impl EmbeddedEngine {
    /// Opens the engine: reads back what the index has missed, rebuilds the index when it is lost, and starts the writer.
    ///
    /// # Errors
    /// [`OpenError`]. Rot in the log is no error: see [`EmbeddedEngine::report`].
    #[expect(clippy::needless_pass_by_value, reason = "disk and index are the engine's from here on")]
    pub fn open(
        disk: Arc<dyn Disk>,
        index: Box<dyn IndexStore>,
        settings: Settings,
    ) -> Result<Arc<Self>, OpenError> {
        settings.check()?;
        let recovered = recover(&disk, &*index, settings)?;
        let shared = Arc::new(recovered.shared);
        let (jobs, queue) = sync_channel(settings.queue_commits);
        let writer = Writer::new(Arc::clone(&shared), recovered.tail, recovered.next, recovered.durable);
        let thread = std::thread::Builder::new().name("larder-log".to_owned());
        let handle = thread.spawn(move || writer.run(&queue))?;
        let maintenance = Mutex::new(Maintenance::new(recovered.checkpointed));
        let report = recovered.report;
        Ok(Arc::new(Self { shared, jobs, writer: Mutex::new(Some(handle)), maintenance, report }))
    }

    /// What opening found.
    #[must_use]
    pub const fn report(&self) -> &RecoveryReport {
        &self.report
    }

    /// Does a bounded piece of upkeep: makes the index durable when enough has been written since, reuses segments that
    /// nobody needs, copies live records out of a mostly dead one, or prepares a new one when there is time. Cheap when
    /// there is nothing to do. Blocks.
    ///
    /// # Errors
    /// [`EngineError::Io`] when the disk or the index failed; [`EngineError::ReadOnly`], [`EngineError::Full`] when records
    /// could not be moved. It may be called again after any of them.
    pub fn maintain(&self) -> Result<Maintained, EngineError> {
        // upkeep that panicked leaves nothing half done: its state is but a position
        let mut maintenance = self.maintenance.lock().unwrap_or_else(PoisonError::into_inner);
        maintenance.run(&self.shared, &self.jobs)
    }

    /// What it holds and has done.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let (shared, counters) = (&self.shared, &self.shared.counters);
        let segments = shared.segments.all();
        let usage = shared.usage();
        let sum = |of: &dyn Fn(&crate::usage::Usage) -> u64| usage.0.values().map(of).sum();
        Stats {
            segments: segments.len(),
            spare_segments: shared.supply.len(),
            damaged_segments: segments.iter().filter(|segment| segment.is_damaged()).count(),
            live_bytes: sum(&|usage| usage.live),
            used_bytes: sum(&|usage| usage.used()),
            tombstone_bytes: sum(&|usage| usage.tombstones.values().sum()),
            queued_commits: counters.queued_commits.load(Ordering::SeqCst),
            queued_bytes: counters.queued_bytes.load(Ordering::SeqCst),
            batches: counters.batches.load(Ordering::Relaxed),
            commits: counters.commits.load(Ordering::Relaxed),
            syncs: counters.syncs.load(Ordering::Relaxed),
            written_bytes: counters.written_bytes.load(Ordering::Relaxed),
            read_only: shared.is_read_only(),
        }
    }

    /// Writes what has queued, makes the index durable and ends the writer; later commits are refused as read-only. Blocks.
    pub fn close(&self) {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(handle) = writer.take() else { return };
        // a writer that is gone has nothing left to be told
        let _ = self.jobs.send(Job::Close);
        if handle.join().is_err() {
            tracing::error!("the log's writer panicked");
        }
        let checkpointed = self.shared.index.checkpoint();
        if let Err(error) = checkpointed {
            tracing::warn!(%error, "the next start replays more of the log than it need");
        }
    }

    fn submit(
        &self,
        commit: ReadyCommit,
    ) -> Result<oneshot::Receiver<Result<Version, EngineError>>, EngineError> {
        if self.shared.is_read_only() {
            return Err(EngineError::ReadOnly);
        }
        let (counters, bytes) = (&self.shared.counters, commit.bytes);
        let waiting = counters.queued_bytes.fetch_add(bytes, Ordering::SeqCst);
        counters.queued_commits.fetch_add(1, Ordering::SeqCst);
        let (reply, answer) = oneshot::channel();
        let sent = if waiting > 0 && waiting.saturating_add(bytes) > self.shared.settings.queue_bytes {
            Err(EngineError::Busy)
        } else {
            self.jobs.try_send(Job::Commit { commit: Box::new(commit), reply }).map_err(|error| match error {
                TrySendError::Full(_) => EngineError::Busy,
                TrySendError::Disconnected(_) => EngineError::ReadOnly,
            })
        };
        sent.inspect_err(|_| {
            counters.queued_bytes.fetch_sub(bytes, Ordering::SeqCst);
            counters.queued_commits.fetch_sub(1, Ordering::SeqCst);
        })?;
        Ok(answer)
    }

    async fn row(&self, key: &[u8]) -> Result<Option<Row>, EngineError> {
        for _ in 0..READ_TRIES {
            let Some(row) = read_row(&*self.shared.index, key)? else { return Ok(None) };
            match self.complete(row).await? {
                Some(row) => return Ok(Some(row)),
                // compaction moved it between the two looks
                None => continue,
            }
        }
        Err(EngineError::Corrupt("a row's segment is missing".to_owned()))
    }

    /// Adds what lies in the log; `None` when its segment is gone.
    async fn complete(&self, row: IndexRow) -> Result<Option<Row>, EngineError> {
        let IndexRow { version, place, body, value, .. } = row;
        if let (Value::Inline(value), None) = (&value, &body) {
            return Ok(Some(Row { value: value.clone(), version, body: None }));
        }
        // taken before anything is waited for: it keeps the bytes in place
        let body = match body {
            None => None,
            Some(body) => {
                let seq = body.home.map_or(place.segment, |home| home.segment);
                let Some(segment) = self.shared.segments.get(seq) else { return Ok(None) };
                let buffers = Arc::clone(&self.shared.buffers);
                Some(Arc::new(LoggedBody::new(segment, buffers, body)) as BodyHandle)
            }
        };
        let value = match value {
            Value::Inline(value) => value,
            Value::Logged { at, len, crc, .. } => {
                let Some(segment) = self.shared.segments.get(place.segment) else { return Ok(None) };
                LoggedValue { at, len, crc }.read(&segment, &self.shared.buffers).await?
            }
        };
        Ok(Some(Row { value, version, body }))
    }
}

impl Engine for EmbeddedEngine {
    fn get<'a>(&'a self, key: &'a [u8]) -> BoxFuture<'a, Result<Option<Row>, EngineError>> {
        Box::pin(self.row(key))
    }

    fn scan(&self, scan: Scan) -> BoxFuture<'_, Result<Page, EngineError>> {
        Box::pin(async move { page(&*self.shared.index.snapshot(), &scan) })
    }

    fn totals(&self, group: Group) -> BoxFuture<'_, Result<Totals, EngineError>> {
        Box::pin(async move { read_totals(&*self.shared.index, group) })
    }

    fn commit(&self, batch: Batch) -> BoxFuture<'_, Result<Version, EngineError>> {
        Box::pin(async move {
            let answer = self.submit(ReadyCommit::new(batch)?)?;
            answer.await.unwrap_or_else(|_| Err(EngineError::Io("closed before it was answered".to_owned())))
        })
    }
}

impl Drop for EmbeddedEngine {
    fn drop(&mut self) {
        self.close();
    }
}
