//! Files with named durability steps: the `Disk` port and the local disk.
//!
//! Everything that must survive a power cut goes through this port, so that one simulated disk can cut the power at any
//! sync. Calls block; callers on an async task use a blocking pool, or a thread of their own. Names are relative to the
//! store's folder, use `/`, and are made by us: nothing a user sends becomes one.

mod aligned;
mod local;

use std::io;
use std::sync::Arc;

pub use aligned::AlignedBuf;
pub use local::LocalDisk;

/// Unit of direct I/O in bytes: offsets, lengths and addresses of direct writes are multiples of it.
pub const SECTOR_BYTES: usize = 4_096;

/// A folder on a disk.
///
/// Durability: a file's bytes are durable after [`DiskFile::sync`]; its name, a rename or a removal after
/// [`Disk::sync_dir`] of the folder that holds it. Before that, a power cut may keep or lose either.
pub trait Disk: Send + Sync + 'static {
    /// Creates a file that must not exist, with `reserve_bytes` of space set aside (its length is then that).
    ///
    /// # Errors
    /// `StorageFull` when the space cannot be had; `AlreadyExists`; any other I/O error.
    fn create(&self, name: &str, reserve_bytes: u64) -> io::Result<Arc<dyn DiskFile>>;

    /// Opens an existing file for reading and writing.
    ///
    /// # Errors
    /// `NotFound`; any other I/O error.
    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>>;

    /// Renames a file, replacing what had the new name.
    ///
    /// # Errors
    /// Any I/O error.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Removes a file; a missing one is no error. Open handles go on reading it.
    ///
    /// # Errors
    /// Any I/O error.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Creates a folder and its parents, durably; an existing one is no error.
    ///
    /// # Errors
    /// Any I/O error.
    fn create_dir(&self, name: &str) -> io::Result<()>;

    /// The file names (not folders) in a folder, sorted; empty when there is no such folder.
    ///
    /// # Errors
    /// Any I/O error.
    fn list(&self, dir: &str) -> io::Result<Vec<String>>;

    /// Makes names, renames and removals in a folder durable.
    ///
    /// # Errors
    /// Any I/O error; it is final, never retried.
    fn sync_dir(&self, dir: &str) -> io::Result<()>;

    /// Bytes that can still be allocated.
    ///
    /// # Errors
    /// Any I/O error.
    fn free_bytes(&self) -> io::Result<u64>;
}

/// An open file.
pub trait DiskFile: Send + Sync {
    /// Writes all of `data` at `offset`, bypassing the page cache when address, length and offset are multiples of
    /// [`SECTOR_BYTES`] and the file system allows it.
    ///
    /// # Errors
    /// Any I/O error.
    fn write_at(&self, offset: u64, data: &[u8]) -> io::Result<()>;

    /// Reads up to `out.len()` bytes at `offset`, through the page cache; fewer only at the end of the file.
    ///
    /// # Errors
    /// Any I/O error.
    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<usize>;

    /// As [`DiskFile::read_at`], but `None` when the bytes are not all in memory and the call would wait for the disk.
    ///
    /// # Errors
    /// Any I/O error.
    fn read_cached_at(&self, offset: u64, out: &mut [u8]) -> io::Result<Option<usize>>;

    /// Makes the bytes written so far durable (fdatasync).
    ///
    /// # Errors
    /// Any I/O error; it is final: the caller must not write or sync this file again.
    fn sync(&self) -> io::Result<()>;

    /// Cuts or extends the file to `len` bytes.
    ///
    /// # Errors
    /// Any I/O error.
    fn set_len(&self, len: u64) -> io::Result<()>;

    /// Length in bytes.
    ///
    /// # Errors
    /// Any I/O error.
    fn len(&self) -> io::Result<u64>;

    /// Whether the file is empty.
    ///
    /// # Errors
    /// Any I/O error.
    fn is_empty(&self) -> io::Result<bool>;
}
