//! Simulated clock, random and disk; fault wrappers; reference model. Dev only.
//!
//! Everything here is deterministic: one seed replays a run. It deliberately imitates a disk that keeps as little as its
//! contract allows, since code that is right on such a disk is right on a kinder one.

mod clock;
mod faults;
mod model;
mod random;
mod sim_disk;

pub use clock::SimClock;
pub use faults::{BlobCall, CommitFate, FaultyBlobs, FaultyEngine};
pub use model::{Model, ModelBucket, ModelCompleted, ModelCompletion, ModelObject, ModelUpload, Stretch};
pub use random::SeededRandom;
pub use sim_disk::{DiskStats, SimDisk};
