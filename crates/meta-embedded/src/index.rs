//! The port to the disposable index: ordered bytes that are fast to read and may be lost. Whatever goes wrong here, the
//! log can rebuild it; so an index promises order and atomicity, and durability only up to a checkpoint.

mod fjall_index;
mod memory_index;
pub(crate) mod watched;

use std::sync::Arc;

use bytes::Bytes;
use meta::EngineError;

pub use fjall_index::FjallIndex;
pub use memory_index::MemoryIndex;

/// An index that did not do it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("index: {0}")]
pub struct IndexError(pub String);

impl From<IndexError> for EngineError {
    fn from(error: IndexError) -> Self {
        Self::Io(error.to_string())
    }
}

/// Opens an index, or does away with it.
pub trait IndexStore: Send + Sync {
    /// Opens the index, or begins an empty one.
    ///
    /// # Errors
    /// When it is damaged or cannot be read; the caller then destroys it and begins again.
    fn open(&self) -> Result<Arc<dyn Index>, IndexError>;

    /// Removes all of it; it is not open.
    ///
    /// # Errors
    /// When it cannot be removed.
    fn destroy(&self) -> Result<(), IndexError>;
}

/// A change of one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IndexChange {
    /// Creates or replaces it.
    Put(Vec<u8>, Vec<u8>),
    /// Removes it; a missing one is no error.
    Delete(Vec<u8>),
}

/// Ordered entries. Keys are not empty and at most 5 KiB long, values at most 2 KiB.
pub trait Index: Send + Sync {
    /// Reads one entry, as of the last whole [`Index::write`].
    ///
    /// # Errors
    /// When it cannot be read.
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, IndexError>;

    /// One moment of the index, to be read at leisure.
    fn snapshot(&self) -> Box<dyn IndexSnapshot>;

    /// Makes all changes at once, for readers and for what survives. Not durable by itself: after a power cut the index is
    /// as it was after some earlier write, at or after the last checkpoint.
    ///
    /// # Errors
    /// When it cannot; which changes were made is then unknown.
    fn write(&self, changes: Vec<IndexChange>) -> Result<(), IndexError>;

    /// Makes all writes that have returned durable.
    ///
    /// # Errors
    /// When it cannot.
    fn checkpoint(&self) -> Result<(), IndexError>;
}

/// Entries in the order of their keys.
pub type Entries<'a> = Box<dyn Iterator<Item = Result<(Bytes, Bytes), IndexError>> + 'a>;

/// One moment of an index.
pub trait IndexSnapshot: Send + Sync {
    /// The entries from `start`, inclusive, to `end`, exclusive.
    fn range<'a>(&'a self, start: &[u8], end: &[u8]) -> Entries<'a>;
}
