//! The port to a store of immutable bytes. Guarantees stand on the trait; [`crate::contract`] tests them.

use std::fmt;
use std::future::Future;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use domain::Random;

/// A boxed future: one allocation a call is nothing beside I/O, and the ports stay usable as trait objects.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Most bytes that one [`BlobReader::read`] returns.
pub const READ_MAX_BYTES: usize = 256 * 1024;

/// Immutable bytes under random names.
///
/// - A blob is seen only after `finish` returned: whole, and durable against a power cut, its name included.
/// - A writer that is dropped before, or whose `finish` fails, leaves nothing behind.
/// - A reader goes on reading a blob that is deleted meanwhile.
pub trait BlobStore: Send + Sync + 'static {
    /// Begins a blob; `size_bytes`, when known, lets space be reserved.
    ///
    /// # Errors
    /// [`BlobError::Full`], [`BlobError::ReadOnly`], [`BlobError::Io`].
    fn create(&self, size_bytes: Option<u64>) -> BoxFuture<'_, Result<Box<dyn BlobWriter>, BlobError>>;

    /// Opens a blob.
    ///
    /// # Errors
    /// [`BlobError::NotFound`], [`BlobError::Corrupt`] when its footer is damaged, [`BlobError::Io`].
    fn open<'a>(&'a self, id: &'a BlobId) -> BoxFuture<'a, Result<Arc<dyn BlobReader>, BlobError>>;

    /// Deletes a blob and gives its space back; a missing one is no error.
    ///
    /// # Errors
    /// [`BlobError::Io`].
    fn delete<'a>(&'a self, id: &'a BlobId) -> BoxFuture<'a, Result<(), BlobError>>;

    /// Blobs in order of id, after one if given: for the sweep of orphans and the scrub.
    ///
    /// # Errors
    /// [`BlobError::Io`].
    fn list(&self, after: Option<BlobId>, limit: u32) -> BoxFuture<'_, Result<Vec<BlobInfo>, BlobError>>;
}

/// A blob being written.
pub trait BlobWriter: Send {
    /// The id the blob will have: known from the start, so that a sweep can tell an unfinished upload from an orphan.
    fn id(&self) -> BlobId;

    /// Appends bytes; waits when the disk is behind.
    ///
    /// # Errors
    /// [`BlobError::Full`], [`BlobError::Io`]; the writer is then of no further use.
    fn write(&mut self, bytes: Bytes) -> BoxFuture<'_, Result<(), BlobError>>;

    /// Makes the blob durable and visible.
    ///
    /// # Errors
    /// As `write`; nothing is left behind.
    fn finish(self: Box<Self>) -> BoxFuture<'static, Result<BlobId, BlobError>>;
}

/// An open blob.
pub trait BlobReader: Send + Sync {
    /// Length in bytes.
    fn len(&self) -> u64;

    /// Whether it has no byte.
    fn is_empty(&self) -> bool;

    /// Reads the bytes of `range` that fit in [`READ_MAX_BYTES`]: at least one when the range is not empty.
    ///
    /// # Errors
    /// [`BlobError::Corrupt`] when a block's checksum fails: no byte of it is returned. [`BlobError::Io`].
    fn read(&self, range: Range<u64>) -> BoxFuture<'_, Result<Bytes, BlobError>>;
}

/// A blob's name: 16 random bytes, written as 32 lower-case hexadecimal characters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobId(pub [u8; 16]);

impl BlobId {
    /// A new random id.
    #[must_use]
    pub fn random(random: &dyn Random) -> Self {
        let mut bytes = [0; 16];
        random.fill(&mut bytes);
        Self(bytes)
    }

    /// Parses the 32 characters; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let lower_hex =
            text.len() == 32 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        let value = lower_hex.then(|| u128::from_str_radix(text, 16).ok()).flatten()?;
        Some(Self(value.to_be_bytes()))
    }
}

impl fmt::Display for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl fmt::Debug for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A blob as listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlobInfo {
    /// Its id.
    pub id: BlobId,
    /// Its content's length in bytes.
    pub size_bytes: u64,
}

/// Why a blob could not be written or read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BlobError {
    /// No such blob.
    #[error("no blob {0}")]
    NotFound(BlobId),
    /// No space for writes.
    #[error("no space left")]
    Full,
    /// A write or sync failed before; writes are refused until restart.
    #[error("read-only after an I/O error")]
    ReadOnly,
    /// Stored bytes failed a check: nothing of them is returned.
    #[error("corrupt: {0}")]
    Corrupt(String),
    /// The disk or the network failed.
    #[error("I/O: {0}")]
    Io(String),
}
