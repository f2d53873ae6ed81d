//! `Engine` on one local disk: one writer, group commit.
//!
//! The commit log is the truth; the index beside it is fed from the log, and rebuilt from it when it is lost. Neither has
//! ever heard of a bucket. `docs/formats/log.md` has the bytes, `docs/adr/0002-commit-log-and-disposable-index.md` the why.

mod commit;
mod effects;
mod engine;
pub mod index;
mod keys;
mod log;
mod maintenance;
mod reading;
mod recovery;
mod row;
mod scan;
mod settings;
mod shared;
mod sharing;
mod summing;
mod usage;
mod writer;

pub use engine::{EmbeddedEngine, OpenError, Stats};
pub use index::{FjallIndex, Index, IndexStore, MemoryIndex};
pub use log::quarantine::Rot;
pub use maintenance::Maintained;
pub use recovery::RecoveryReport;
pub use settings::Settings;
