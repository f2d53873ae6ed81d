//! Writes one blob: fills a chunk while the one before it goes to the disk, so that memory is two chunks whatever the size.

use std::sync::Arc;

use bytes::{Buf, Bytes};
use disk::{AlignedBuf, DiskFile};
use tokio::runtime::Handle;
use tokio::task::{JoinHandle, spawn_blocking};

use super::format::{self, Layout, Trailer};
use super::unfinished::Unfinished;
use super::{Shared, blob_name, failed, joined};
use crate::port::{BlobError, BlobId, BlobWriter, BoxFuture};

pub(super) struct FileWriter {
    id: BlobId,
    chunk_bytes: usize,
    filling: AlignedBuf,
    tail: Tail,
    /// Set while `write` runs: when its future was dropped half-way, nobody knows which bytes are in.
    torn: bool,
}

/// The half of a writer that touches the disk.
enum Tail {
    /// Waiting for a chunk, with a buffer to use again.
    Idle(Box<Pipe>, Option<AlignedBuf>),
    /// Writing one. Dropping the handle lets the write end; the pipe it returns is then dropped, and the file with it.
    Busy(JoinHandle<Result<(Box<Pipe>, AlignedBuf), BlobError>>),
    /// It failed.
    Spent,
}

impl FileWriter {
    pub(super) fn new(pipe: Pipe, chunk_bytes: usize) -> Self {
        let id = pipe.id;
        let filling = AlignedBuf::with_capacity(chunk_bytes);
        Self { id, chunk_bytes, filling, tail: Tail::Idle(Box::new(pipe), None), torn: false }
    }

    /// Waits for the chunk on its way.
    async fn idle(&mut self) -> Result<(Box<Pipe>, Option<AlignedBuf>), BlobError> {
        if let Tail::Busy(task) = &mut self.tail {
            let result = joined(task.await);
            self.tail = Tail::Spent;
            let (pipe, buffer) = result?;
            self.tail = Tail::Idle(pipe, Some(buffer));
        }
        match std::mem::replace(&mut self.tail, Tail::Spent) {
            Tail::Idle(pipe, spare) => Ok((pipe, spare)),
            Tail::Busy(_) | Tail::Spent => Err(spent()),
        }
    }

    /// Sends the full chunk on its way.
    async fn submit(&mut self) -> Result<(), BlobError> {
        let (mut pipe, spare) = self.idle().await?;
        let next = spare.unwrap_or_else(|| AlignedBuf::with_capacity(self.chunk_bytes));
        let mut full = std::mem::replace(&mut self.filling, next);
        self.tail = Tail::Busy(spawn_blocking(move || {
            pipe.append(&full)?;
            full.clear();
            Ok((pipe, full))
        }));
        Ok(())
    }
}

fn spent() -> BlobError {
    BlobError::Io("the writer failed or was broken off before".to_owned())
}

impl BlobWriter for FileWriter {
    fn id(&self) -> BlobId {
        self.id
    }

    fn write(&mut self, mut bytes: Bytes) -> BoxFuture<'_, Result<(), BlobError>> {
        Box::pin(async move {
            if std::mem::replace(&mut self.torn, true) {
                return Err(spent());
            }
            while bytes.has_remaining() {
                let room = self.chunk_bytes - self.filling.len();
                self.filling.extend_from_slice(&bytes.split_to(room.min(bytes.len())));
                if self.filling.len() == self.chunk_bytes {
                    self.submit().await?;
                }
            }
            self.torn = false;
            Ok(())
        })
    }

    fn finish(mut self: Box<Self>) -> BoxFuture<'static, Result<BlobId, BlobError>> {
        Box::pin(async move {
            if self.torn {
                return Err(spent());
            }
            let (pipe, _) = self.idle().await?;
            let last = std::mem::replace(&mut self.filling, AlignedBuf::with_capacity(0));
            // a caller who goes away now drops the handle, and what the task returns takes the file with it
            joined(spawn_blocking(move || pipe.finish(last)).await)?.keep();
            Ok(self.id)
        })
    }
}

impl Drop for FileWriter {
    fn drop(&mut self) {
        if let Tail::Idle(pipe, _) = std::mem::replace(&mut self.tail, Tail::Spent)
            && let Ok(runtime) = Handle::try_current()
        {
            // freeing a large file's blocks takes its time; a runtime that is shutting down drops the pipe right here
            runtime.spawn_blocking(move || drop(pipe));
        }
    }
}

/// A file being written, in order. Its calls block; dropped, it removes the file.
pub(super) struct Pipe {
    id: BlobId,
    shared: Arc<Shared>,
    unfinished: Unfinished,
    file: Arc<dyn DiskFile>,
    written: u64,
    reserved: u64,
    table: Vec<u8>,
}

impl Pipe {
    /// Creates the file in `tmp/`, with room for `size` bytes and its footer when the size is known.
    pub(super) fn create(shared: &Arc<Shared>, id: BlobId, size: Option<u64>) -> Result<Self, BlobError> {
        let reserved = match size {
            Some(length) => Layout::of(length).ok_or_else(too_long)?.file_bytes(),
            None => 0,
        };
        shared.check_space(reserved)?;
        let name = format!("tmp/{id}");
        let file = shared.disk.create(&name, reserved).map_err(|error| failed(&error))?;
        let unfinished = Unfinished::new(shared, id, name);
        Ok(Self { id, shared: Arc::clone(shared), unfinished, file, written: 0, reserved, table: Vec::new() })
    }

    /// Appends a chunk that is a whole number of blocks.
    fn append(&mut self, chunk: &AlignedBuf) -> Result<(), BlobError> {
        let end = self.written + chunk.len() as u64;
        Layout::of(end).ok_or_else(too_long)?;
        format::push_entries(&mut self.table, chunk.as_slice());
        self.write(self.written, chunk)?;
        self.written = end;
        Ok(())
    }

    fn write(&self, offset: u64, data: &AlignedBuf) -> Result<(), BlobError> {
        self.shared.check_writable()?;
        if offset + data.len() as u64 > self.reserved.next_multiple_of(disk::SECTOR_BYTES as u64) {
            self.shared.check_space(data.len() as u64)?;
        }
        self.file.write_at(offset, data.as_slice()).map_err(|error| failed(&error))
    }

    /// Writes the rest and the footer, and makes bytes and name durable, in this order.
    fn finish(mut self, mut last: AlignedBuf) -> Result<Unfinished, BlobError> {
        let layout = Layout::of(self.written + last.len() as u64).ok_or_else(too_long)?;
        format::push_entries(&mut self.table, last.as_slice());
        last.pad_to_sector();
        if last.len() + self.table.len() + format::TRAILER_BYTES > self.shared.settings.chunk_bytes {
            self.write(self.written, &last)?;
            last.clear();
        }
        let trailer = Trailer { id: self.id, layout, table_crc: format::crc32c(&self.table) };
        let offset = layout.table_offset() - last.len() as u64;
        last.extend_from_slice(&self.table);
        last.extend_from_slice(&trailer.encode());
        last.pad_to_sector();
        self.write(offset, &last)?;
        drop(last);
        let Self { shared, mut unfinished, file, .. } = self;
        file.set_len(layout.file_bytes()).map_err(|error| failed(&error))?;
        shared.synced(file.sync())?;
        let (dir, name) = blob_name(trailer.id);
        shared.ensure_dir(&dir)?;
        unfinished.rename(name).map_err(|error| failed(&error))?;
        shared.synced(shared.disk.sync_dir(&dir))?;
        Ok(unfinished)
    }
}

fn too_long() -> BlobError {
    BlobError::Io(format!("a blob has at most {} bytes", format::BLOB_MAX_BYTES))
}
