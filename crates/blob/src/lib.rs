//! Immutable byte strings with random names; the `BlobStore` port, its memory and file stores and its contract suite.
//!
//! It holds what is too large to ride in a commit. It has never heard of a bucket or a key.

pub mod contract;
pub mod file;
pub mod memory;
pub mod port;

pub use file::{FileBlobs, Settings};
pub use memory::MemoryBlobs;
pub use port::{BlobError, BlobId, BlobInfo, BlobReader, BlobStore, BlobWriter, BoxFuture, READ_MAX_BYTES};
