//! Memory for bodies: buffers that are used again, and that go back to the system when they are not.
//!
//! An allocator that serves many threads keeps what a burst took: a buffer that one thread allocates and another frees
//! leaves holes in the first one's heap. Large buffers therefore are mappings of their own, and a pool keeps a bounded
//! number of them (`docs/adr/0007-buffers-of-our-own.md`).

mod memory;
mod pool;

pub use memory::Memory;
pub use pool::{Buffer, Pool};
