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

/// Names a multipart upload; the first bytes are its time, so that the uploads of one key sort by age.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UploadId(pub [u8; 16]);

impl UploadId {
    /// Reads the 32 lower-case hexadecimal characters; `None` for any other text, which names no upload.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let lower_hex =
            text.len() == 32 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        let value = lower_hex.then(|| u128::from_str_radix(text, 16).ok()).flatten()?;
        Some(Self(value.to_be_bytes()))
    }
}

impl fmt::Display for UploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
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
    fn upload_ids_come_back_as_they_were_shown() {
        for id in [UploadId([0; 16]), UploadId([0xab; 16])] {
            assert_eq!(UploadId::parse(&id.to_string()), Some(id));
        }
        for other in ["", "0", "AB", &"AB".repeat(16), &"+".repeat(32), &"0".repeat(33)] {
            assert_eq!(UploadId::parse(other), None, "{other}");
        }
    }

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
