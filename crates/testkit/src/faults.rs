//! Wrappers that make the two ports fail, lose answers or wait, at the calls that a test chooses.

mod blobs;
mod engine;

pub use blobs::{BlobCall, FaultyBlobs};
pub use engine::{CommitFate, FaultyEngine};
