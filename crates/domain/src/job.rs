//! Jobs: work on many objects of a bucket that goes on behind the requests. Doing it is the store's.

use std::fmt;

use crate::clock::Timestamp;
use crate::storage_class::StorageClass;

/// Names a job; it begins with its time, so that the jobs of a bucket sort by age.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(pub [u8; 16]);

impl JobId {
    /// Reads 32 lower-case hexadecimal characters; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_hex = text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        let number = (text.len() == 32 && is_hex).then(|| u128::from_str_radix(text, 16).ok())??;
        Some(Self(number.to_be_bytes()))
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

/// What a job does to the objects that were there when it began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobKind {
    /// Deletes those whose keys begin with this; empty for all.
    PrefixDelete {
        /// The prefix.
        prefix: String,
    },
    /// Moves those of one storage class to another.
    StorageClassMigration {
        /// Their class.
        from: StorageClass,
        /// Where to.
        to: StorageClass,
    },
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobStatus {
    /// It has not begun.
    Enqueued,
    /// It is under way.
    Running,
    /// Everything is done.
    Completed,
    /// It came to its end, and some of it could not be done.
    Failed,
}

impl JobStatus {
    /// Whether nothing more is done.
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Completed | Self::Failed)
    }
}

/// A job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// What it does.
    pub kind: JobKind,
    /// Where it stands.
    pub status: JobStatus,
    /// When it was asked for.
    pub created: Timestamp,
    /// When it ended.
    pub finished: Option<Timestamp>,
    /// Objects that were deleted or moved.
    pub done: u64,
    /// Objects that a lock kept.
    pub locked: u64,
    /// Objects whose stored bytes or rows are damaged.
    pub damaged: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_back() {
        let id = JobId([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255]);
        assert_eq!(id.to_string(), "000102030405060708090a0b0c0d0eff");
        assert_eq!(JobId::parse(&id.to_string()), Some(id));
        for bad in ["", "0", "+00102030405060708090a0b0c0d0eff", "000102030405060708090A0B0C0D0EFF"] {
            assert_eq!(JobId::parse(bad), None, "{bad}");
        }
    }
}
