//! Blobs as files: written directly past the page cache, checksummed by block, renamed into place once durable.
//!
//! An unfinished blob lives in `tmp/`, a finished one in `big/<first two characters>/`. A failed write is final for its
//! blob. A failed sync is final for the store: Linux drops what it could not write, so a second sync proves nothing. It
//! does not know which blobs are wanted: orphans are found by who keeps the references.

mod format;
mod reader;
mod unfinished;
mod writer;

use std::collections::BTreeSet;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use buffers::Pool;
use disk::{Disk, SECTOR_BYTES};
use domain::Random;
use tokio::task::{JoinError, spawn_blocking};

use crate::port::{
    BlobError, BlobId, BlobInfo, BlobReader, BlobStore, BlobWriter, BoxFuture, READ_MAX_BYTES,
};
use reader::FileReader;
use writer::{FileWriter, Pipe};

/// What may be chosen about a [`FileBlobs`].
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Bytes of one write to the disk: a multiple of 64 KiB. A writer holds two such chunks in memory.
    pub chunk_bytes: usize,
    /// Free space in bytes that new blobs leave alone, so that deletes and the commit log go on when the disk is full.
    pub reserve_free_bytes: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { chunk_bytes: 1024 * 1024, reserve_free_bytes: 64 * 1024 * 1024 }
    }
}

/// Read buffers kept between reads: 8 MiB of them.
const READ_BUFFERS_KEPT: usize = 32;

/// A [`BlobStore`] on a disk. Its calls need a tokio runtime, for its blocking pool.
pub struct FileBlobs {
    shared: Arc<Shared>,
    random: Arc<dyn Random>,
}

struct Shared {
    disk: Arc<dyn Disk>,
    settings: Settings,
    read_only: AtomicBool,
    /// Folders under `big/` that are known to be durable.
    dirs: Mutex<BTreeSet<String>>,
    /// Blobs that have their name but whose `finish` has not returned.
    hidden: Mutex<BTreeSet<BlobId>>,
    buffers: Arc<Pool>,
}

impl FileBlobs {
    /// Opens the store and removes what was unfinished when it ended. Blocks for a few file operations.
    ///
    /// # Errors
    /// [`BlobError::Io`].
    ///
    /// # Panics
    /// When `settings.chunk_bytes` is not a multiple of 64 KiB, or 0.
    pub fn open(disk: Arc<dyn Disk>, random: Arc<dyn Random>, settings: Settings) -> Result<Self, BlobError> {
        let chunks_are_blocks = settings.chunk_bytes.is_multiple_of(format::BLOCK_BYTES);
        assert!(settings.chunk_bytes > 0 && chunks_are_blocks, "chunk_bytes is a multiple of 64 KiB");
        let prepare = || -> io::Result<()> {
            disk.create_dir("big")?;
            disk.create_dir("tmp")?;
            disk.list("tmp")?.iter().try_for_each(|name| disk.remove(&format!("tmp/{name}")))
        };
        prepare().map_err(|error| failed(&error))?;
        let (dirs, hidden) = (Mutex::default(), Mutex::default());
        let buffers = Pool::new(READ_MAX_BYTES, READ_BUFFERS_KEPT);
        let shared = Shared { disk, settings, read_only: AtomicBool::new(false), dirs, hidden, buffers };
        Ok(Self { shared: Arc::new(shared), random })
    }
}

impl BlobStore for FileBlobs {
    fn create(&self, size_bytes: Option<u64>) -> BoxFuture<'_, Result<Box<dyn BlobWriter>, BlobError>> {
        Box::pin(async move {
            self.shared.check_writable()?;
            let id = BlobId::random(&*self.random);
            let shared = Arc::clone(&self.shared);
            let pipe = joined(spawn_blocking(move || Pipe::create(&shared, id, size_bytes)).await)?;
            let writer = FileWriter::new(pipe, self.shared.settings.chunk_bytes);
            Ok(Box::new(writer) as Box<dyn BlobWriter>)
        })
    }

    fn open<'a>(&'a self, id: &'a BlobId) -> BoxFuture<'a, Result<Arc<dyn BlobReader>, BlobError>> {
        Box::pin(async move {
            let (id, shared) = (*id, Arc::clone(&self.shared));
            if shared.is_hidden(id) {
                return Err(BlobError::NotFound(id));
            }
            let reader =
                joined(spawn_blocking(move || FileReader::open(&*shared.disk, &shared.buffers, id)).await)?;
            Ok(Arc::new(reader) as Arc<dyn BlobReader>)
        })
    }

    fn delete<'a>(&'a self, id: &'a BlobId) -> BoxFuture<'a, Result<(), BlobError>> {
        Box::pin(async move {
            let (_, name) = blob_name(*id);
            let shared = Arc::clone(&self.shared);
            // not synced: a blob that a power cut brings back is an orphan, and swept
            joined(spawn_blocking(move || shared.disk.remove(&name).map_err(|error| failed(&error))).await)
        })
    }

    fn list(&self, after: Option<BlobId>, limit: u32) -> BoxFuture<'_, Result<Vec<BlobInfo>, BlobError>> {
        Box::pin(async move {
            let shared = Arc::clone(&self.shared);
            joined(spawn_blocking(move || shared.list(after, limit as usize)).await)
        })
    }
}

impl Shared {
    fn check_writable(&self) -> Result<(), BlobError> {
        if self.read_only.load(Ordering::SeqCst) { Err(BlobError::ReadOnly) } else { Ok(()) }
    }

    /// Refuses growth that would touch the reserve.
    fn check_space(&self, growth_bytes: u64) -> Result<(), BlobError> {
        let free = self.disk.free_bytes().map_err(|error| failed(&error))?;
        let wanted = growth_bytes.next_multiple_of(SECTOR_BYTES as u64);
        if free < wanted.saturating_add(self.settings.reserve_free_bytes) {
            Err(BlobError::Full)
        } else {
            Ok(())
        }
    }

    /// Takes the result of a sync; a failure other than for want of space ends all writing.
    fn synced(&self, result: io::Result<()>) -> Result<(), BlobError> {
        result.map_err(|error| {
            let error = failed(&error);
            if error != BlobError::Full {
                self.read_only.store(true, Ordering::SeqCst);
                tracing::error!(%error, "a sync failed: no more blobs are written until restart");
            }
            error
        })
    }

    /// Makes a folder durable once in the life of the process: after a crash it may be there and not be durable.
    fn ensure_dir(&self, dir: &str) -> Result<(), BlobError> {
        let mut durable = self.dirs.lock().expect("nothing panics under this lock");
        if !durable.contains(dir) {
            self.synced(self.disk.create_dir(dir))?;
            durable.insert(dir.to_owned());
        }
        Ok(())
    }

    fn hide(&self, id: BlobId) {
        self.hidden.lock().expect("nothing panics under this lock").insert(id);
    }

    fn show(&self, id: BlobId) {
        self.hidden.lock().expect("nothing panics under this lock").remove(&id);
    }

    fn is_hidden(&self, id: BlobId) -> bool {
        self.hidden.lock().expect("nothing panics under this lock").contains(&id)
    }

    fn list(&self, after: Option<BlobId>, limit: usize) -> Result<Vec<BlobInfo>, BlobError> {
        let mut page = Vec::new();
        for first in after.map_or(0, |id| id.0[0])..=u8::MAX {
            let names = self.disk.list(&format!("big/{first:02x}")).map_err(|error| failed(&error))?;
            let ids = names.iter().filter_map(|name| BlobId::parse(name));
            for id in ids.filter(|id| id.0[0] == first && after.is_none_or(|after| *id > after)) {
                if page.len() >= limit {
                    return Ok(page);
                }
                if let Some(size_bytes) = self.size_of(id)? {
                    page.push(BlobInfo { id, size_bytes });
                }
            }
        }
        Ok(page)
    }

    /// `None` for a blob that is not there, or not yet. One with a damaged footer is listed by its file's length, so that
    /// it can be found and repaired or removed.
    fn size_of(&self, id: BlobId) -> Result<Option<u64>, BlobError> {
        if self.is_hidden(id) {
            return Ok(None);
        }
        match FileReader::open(&*self.disk, &self.buffers, id) {
            Ok(reader) => Ok(Some(reader.len())),
            Err(BlobError::NotFound(_)) => Ok(None),
            Err(BlobError::Corrupt(_)) => {
                let file = self.disk.open(&blob_name(id).1).map_err(|error| failed(&error))?;
                file.len().map(Some).map_err(|error| failed(&error))
            }
            Err(error) => Err(error),
        }
    }
}

/// The folder and the full name of a finished blob.
fn blob_name(id: BlobId) -> (String, String) {
    let dir = format!("big/{:02x}", id.0[0]);
    let name = format!("{dir}/{id}");
    (dir, name)
}

fn failed(error: &io::Error) -> BlobError {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => BlobError::Full,
        _ => BlobError::Io(error.to_string()),
    }
}

/// The result of a blocking task; a panic in it goes on in its caller.
fn joined<T>(result: Result<Result<T, BlobError>, JoinError>) -> Result<T, BlobError> {
    match result.map_err(JoinError::try_into_panic) {
        Ok(done) => done,
        Err(Ok(panic)) => std::panic::resume_unwind(panic),
        Err(Err(_)) => Err(BlobError::Io("the server is shutting down".to_owned())),
    }
}
