//! Part numbers: which piece of an upload a part is. Parts may come in any order and be sent again; the number says where
//! their bytes stand in the object.

use std::fmt;

use crate::checksum::Checksum;
use crate::etag::ETag;
use crate::limits::PARTS_MAX;

/// A part's number: 1 to 10,000.
///
/// Spec: Amazon S3 API, UploadPart, `partNumber`; R2 docs, platform limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PartNumber(u16);

impl PartNumber {
    /// From a number; `None` when it is out of bounds.
    #[must_use]
    pub fn new(number: u64) -> Option<Self> {
        let number = u16::try_from(number).ok()?;
        (1..=PARTS_MAX).contains(&number).then_some(Self(number))
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl fmt::Display for PartNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A part that an object is to have, as the client names it that completes the upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompletedPart {
    /// Its number.
    pub number: PartNumber,
    /// The ETag that it must have.
    pub etag: ETag,
    /// The checksum that it must have.
    pub checksum: Option<Checksum>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_bounds() {
        for number in [1, 2, 10_000] {
            assert_eq!(PartNumber::new(number).map(|n| u64::from(n.get())), Some(number));
        }
        for number in [0, 10_001, 65_537, u64::MAX] {
            assert_eq!(PartNumber::new(number), None);
        }
    }
}
