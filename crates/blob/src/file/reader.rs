//! Reads one blob, whole blocks at a time, and returns no byte of a block whose checksum fails.

use std::ops::Range;
use std::sync::{Arc, Mutex};

use buffers::Pool;
use bytes::Bytes;
use disk::{Disk, DiskFile};
use tokio::task::spawn_blocking;

use super::format::{self, BLOCK_BYTES, ENTRY_BYTES, TRAILER_BYTES, Trailer};
use super::{blob_name, failed, joined};
use crate::port::{BlobError, BlobId, BlobReader, BoxFuture, READ_MAX_BYTES};

/// Entries of the table that a reader keeps at a time: 4 KiB of them cover 64 MiB of the blob.
const PIECE_ENTRIES: u64 = 1_024;
const BLOCK: u64 = BLOCK_BYTES as u64;

pub(super) struct FileReader {
    file: Arc<dyn DiskFile>,
    buffers: Arc<Pool>,
    trailer: Trailer,
    /// Part of the table, by the index of its first entry.
    piece: Mutex<Option<(u64, Bytes)>>,
}

impl FileReader {
    /// Opens a blob and checks its footer: the trailer always, the table when it is short enough to be read with it. A
    /// damaged entry of a longer one is found by the block that it belies. Blocks.
    pub(super) fn open(disk: &dyn Disk, buffers: &Arc<Pool>, id: BlobId) -> Result<Self, BlobError> {
        let file = disk.open(&blob_name(id).1).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => BlobError::NotFound(id),
            _ => failed(&error),
        })?;
        let file_bytes = file.len().map_err(|error| failed(&error))?;
        let tail_bytes = file_bytes.min(PIECE_ENTRIES * ENTRY_BYTES as u64 + TRAILER_BYTES as u64);
        let mut tail = vec![0; usize::try_from(tail_bytes).expect("a few KiB")];
        let offset = file_bytes - tail_bytes;
        let read = file.read_at(offset, &mut tail).map_err(|error| failed(&error))?;
        tail.truncate(read);
        let (before, last) = tail.split_at(tail.len().saturating_sub(TRAILER_BYTES));
        let trailer = Trailer::decode(last, id, file_bytes)?;
        let table_bytes = usize::try_from(trailer.layout.table_bytes()).expect("bounded by BLOB_MAX_BYTES");
        let piece = match before.len().checked_sub(table_bytes).and_then(|start| before.get(start..)) {
            Some(table) if format::crc32c(table) != trailer.table_crc => {
                return Err(BlobError::Corrupt(format!("blob {id}: the table of checksums is damaged")));
            }
            Some(table) => Some((0, Bytes::copy_from_slice(table))),
            None => None,
        };
        Ok(Self { file, buffers: Arc::clone(buffers), trailer, piece: Mutex::new(piece) })
    }

    fn length(&self) -> u64 {
        self.trailer.layout.length
    }

    fn corrupt(&self, what: &str) -> BlobError {
        BlobError::Corrupt(format!("blob {}: {what}", self.trailer.id))
    }

    /// Reads exactly `len` bytes: at once when they are in memory, else on a thread that may wait for the disk.
    async fn read_exact(&self, offset: u64, len: usize) -> Result<Bytes, BlobError> {
        let mut out = self.buffers.take(len);
        let cached = self.file.read_cached_at(offset, &mut out).map_err(|error| failed(&error))?;
        if cached == Some(len) {
            return Ok(out.freeze());
        }
        let file = Arc::clone(&self.file);
        let (read, out) = joined(
            spawn_blocking(move || match file.read_at(offset, &mut out) {
                Ok(read) => Ok((read, out)),
                Err(error) => Err(failed(&error)),
            })
            .await,
        )?;
        if read == len { Ok(out.freeze()) } else { Err(self.corrupt("the file is cut off")) }
    }

    /// The table's entries of some blocks.
    async fn entries(&self, blocks: Range<u64>) -> Result<Vec<u32>, BlobError> {
        let mut entries = Vec::new();
        let mut next = blocks.start;
        while next < blocks.end {
            let (first, piece) = self.piece_with(next).await?;
            let skip = usize::try_from(next - first).unwrap_or(usize::MAX);
            let wanted = usize::try_from(blocks.end - next).unwrap_or(usize::MAX);
            let before = entries.len();
            entries.extend(
                piece.as_chunks().0.iter().skip(skip).take(wanted).map(|entry| u32::from_le_bytes(*entry)),
            );
            if entries.len() == before {
                return Err(self.corrupt("the table of checksums is cut off"));
            }
            next = blocks.start + entries.len() as u64;
        }
        Ok(entries)
    }

    async fn piece_with(&self, block: u64) -> Result<(u64, Bytes), BlobError> {
        if let Some((first, piece)) = &*self.piece.lock().expect("nothing panics under this lock") {
            let end = first + (piece.len() / ENTRY_BYTES) as u64;
            if (*first..end).contains(&block) {
                return Ok((*first, piece.clone()));
            }
        }
        let first = block - block % PIECE_ENTRIES;
        let offset = first * ENTRY_BYTES as u64;
        let layout = self.trailer.layout;
        let wanted = layout.table_bytes().saturating_sub(offset).min(PIECE_ENTRIES * ENTRY_BYTES as u64);
        let wanted = usize::try_from(wanted).expect("a few KiB");
        let piece = self.read_exact(layout.table_offset() + offset, wanted).await?;
        *self.piece.lock().expect("nothing panics under this lock") = Some((first, piece.clone()));
        Ok((first, piece))
    }
}

impl BlobReader for FileReader {
    fn len(&self) -> u64 {
        self.length()
    }

    fn is_empty(&self) -> bool {
        self.length() == 0
    }

    fn read(&self, range: Range<u64>) -> BoxFuture<'_, Result<Bytes, BlobError>> {
        Box::pin(async move {
            if range.start >= range.end.min(self.length()) {
                return Ok(Bytes::new());
            }
            // a read that begins inside a block ends sooner, so that the next ones lie on blocks
            let first = range.start / BLOCK;
            let end = range.end.min(self.length()).min(first * BLOCK + READ_MAX_BYTES as u64);
            let after = end.div_ceil(BLOCK);
            let offset = first * BLOCK;
            let len =
                usize::try_from((after * BLOCK).min(self.length()) - offset).expect("READ_MAX_BYTES at most");
            let entries = self.entries(first..after).await?;
            let data = self.read_exact(offset, len).await?;
            for ((block, bytes), expected) in (first..).zip(data.chunks(BLOCK_BYTES)).zip(entries) {
                if format::crc32c(bytes) != expected {
                    return Err(self.corrupt(&format!("block {block} fails its checksum")));
                }
            }
            let at = |position: u64| usize::try_from(position - offset).expect("READ_MAX_BYTES at most");
            Ok(data.slice(at(range.start)..at(end)))
        })
    }
}
