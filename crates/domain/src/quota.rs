//! How much a bucket may hold, and how often its objects may be asked for.

use crate::rate_limit::RateLimit;

/// Bounds of a bucket; `None` for one that is not bounded. What would go beyond is refused, what is there stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quota {
    /// Bytes of objects, of older versions and of the parts of uploads that have not ended.
    pub max_bytes: Option<u64>,
    /// Objects; older versions are not counted.
    pub max_objects: Option<u64>,
}

/// What a quota bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bounded {
    /// Bytes.
    Bytes,
    /// Objects.
    Objects,
}

impl Bounded {
    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bytes => "bytes",
            Self::Objects => "objects",
        }
    }
}

/// What a bucket's owner limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BucketLimits {
    /// Requests about its objects.
    pub requests: Option<RateLimit>,
    /// What it may hold.
    pub quota: Quota,
}
