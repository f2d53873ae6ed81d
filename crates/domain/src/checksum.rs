//! The five checksums that S3 clients send: which they are, what a value looks like, and what they cover of an object in
//! parts. Computing them is `store`'s.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A checksum algorithm of the S3 API.
///
/// Spec: Amazon S3 API, PutObject, `x-amz-checksum-*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ChecksumAlgorithm {
    /// CRC-32 (ISO-HDLC), 4 bytes.
    Crc32,
    /// CRC-32C (Castagnoli), 4 bytes.
    Crc32c,
    /// CRC-64/NVME, 8 bytes.
    Crc64Nvme,
    /// SHA-1, 20 bytes.
    Sha1,
    /// SHA-256, 32 bytes.
    Sha256,
}

impl ChecksumAlgorithm {
    /// All five.
    pub const ALL: [Self; 5] = [Self::Crc32, Self::Crc32c, Self::Crc64Nvme, Self::Sha1, Self::Sha256];

    /// The name as clients send it: `CRC32`, `CRC32C`, `CRC64NVME`, `SHA1`, `SHA256`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Crc32 => "CRC32",
            Self::Crc32c => "CRC32C",
            Self::Crc64Nvme => "CRC64NVME",
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
        }
    }

    /// The header that carries a value: `x-amz-checksum-crc32` and so on.
    #[must_use]
    pub const fn header(self) -> &'static str {
        match self {
            Self::Crc32 => "x-amz-checksum-crc32",
            Self::Crc32c => "x-amz-checksum-crc32c",
            Self::Crc64Nvme => "x-amz-checksum-crc64nvme",
            Self::Sha1 => "x-amz-checksum-sha1",
            Self::Sha256 => "x-amz-checksum-sha256",
        }
    }

    /// The algorithm a header name stands for (lower case), if any.
    #[must_use]
    pub fn from_header(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|a| a.header() == name)
    }

    /// The algorithm of a name, in any letter case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|a| a.name().eq_ignore_ascii_case(name))
    }

    /// Bytes of a value.
    #[must_use]
    pub const fn value_bytes(self) -> usize {
        match self {
            Self::Crc32 | Self::Crc32c => 4,
            Self::Crc64Nvme => 8,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }
}

/// What a checksum of an object that was uploaded in parts is made from.
///
/// Spec: Amazon S3 API, `x-amz-checksum-type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChecksumType {
    /// `COMPOSITE`: the checksums of the parts, in order.
    Composite,
    /// `FULL_OBJECT`: the object's bytes, as if they had come in one piece.
    FullObject,
}

impl ChecksumType {
    /// The name as clients send it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Composite => "COMPOSITE",
            Self::FullObject => "FULL_OBJECT",
        }
    }

    /// The type of a name, in any letter case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Composite, Self::FullObject].into_iter().find(|t| t.name().eq_ignore_ascii_case(name))
    }
}

/// What an upload computes: an algorithm over each part, and a type that it has for the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UploadChecksum {
    algorithm: ChecksumAlgorithm,
    kind: ChecksumType,
}

impl UploadChecksum {
    /// An algorithm with the type that it has unless another is asked for.
    ///
    /// Spec: R2 docs, S3 API compatibility, checksums.
    #[must_use]
    pub const fn of(algorithm: ChecksumAlgorithm) -> Self {
        let kind = match algorithm {
            ChecksumAlgorithm::Crc64Nvme => ChecksumType::FullObject,
            _ => ChecksumType::Composite,
        };
        Self { algorithm, kind }
    }

    /// An algorithm with a type; `None` for a pair that does not exist. The digests have no way to join those of parts
    /// into that of the whole; CRC64NVME is never composite.
    ///
    /// Spec: Amazon S3 API, checking object integrity, multipart uploads.
    #[must_use]
    pub fn new(algorithm: ChecksumAlgorithm, kind: ChecksumType) -> Option<Self> {
        let is_linear = matches!(algorithm, ChecksumAlgorithm::Crc32 | ChecksumAlgorithm::Crc32c);
        (is_linear || Self::of(algorithm).kind == kind).then_some(Self { algorithm, kind })
    }

    /// The algorithm.
    #[must_use]
    pub const fn algorithm(self) -> ChecksumAlgorithm {
        self.algorithm
    }

    /// What the checksum of the whole is made from.
    #[must_use]
    pub const fn kind(self) -> ChecksumType {
        self.kind
    }
}

/// A checksum's value: big-endian bytes for the CRCs, the digest for the others.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Checksum {
    algorithm: ChecksumAlgorithm,
    value: Vec<u8>,
}

impl Checksum {
    /// From raw bytes; `None` when the length is not the algorithm's.
    #[must_use]
    pub fn new(algorithm: ChecksumAlgorithm, value: Vec<u8>) -> Option<Self> {
        (value.len() == algorithm.value_bytes()).then_some(Self { algorithm, value })
    }

    /// From the base64 text of a header; `None` when it does not decode to the right length.
    #[must_use]
    pub fn from_base64(algorithm: ChecksumAlgorithm, text: &str) -> Option<Self> {
        Self::new(algorithm, STANDARD.decode(text.trim()).ok()?)
    }

    /// Which algorithm.
    #[must_use]
    pub const fn algorithm(&self) -> ChecksumAlgorithm {
        self.algorithm
    }

    /// The raw bytes.
    #[must_use]
    pub fn value(&self) -> &[u8] {
        &self.value
    }

    /// The base64 text of a header.
    #[must_use]
    pub fn to_base64(&self) -> String {
        STANDARD.encode(&self.value)
    }
}

impl fmt::Debug for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm.name(), self.to_base64())
    }
}

/// The checksums of an object's parts, all of one algorithm, in the order of the parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartChecksums {
    algorithm: ChecksumAlgorithm,
    values: Vec<u8>,
}

impl PartChecksums {
    /// From the values one after the other; `None` when the last is cut off.
    #[must_use]
    pub fn new(algorithm: ChecksumAlgorithm, values: Vec<u8>) -> Option<Self> {
        values.len().is_multiple_of(algorithm.value_bytes()).then_some(Self { algorithm, values })
    }

    /// Which algorithm.
    #[must_use]
    pub const fn algorithm(&self) -> ChecksumAlgorithm {
        self.algorithm
    }

    /// The values one after the other.
    #[must_use]
    pub fn values(&self) -> &[u8] {
        &self.values
    }

    /// That of the part at this place, from 1 on.
    #[must_use]
    pub fn get(&self, part: u16) -> Option<Checksum> {
        let at = usize::from(part).checked_sub(1)?;
        let value = self.values.chunks_exact(self.algorithm.value_bytes()).nth(at)?;
        Checksum::new(self.algorithm, value.to_vec())
    }
}

/// A checksum that an object in parts is to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectChecksum {
    /// The value.
    pub checksum: Checksum,
    /// The number of parts that the text ended with, as that of a composite checksum does when it is shown.
    pub composite_of: Option<u16>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_their_algorithms_length() {
        for algorithm in ChecksumAlgorithm::ALL {
            let value = vec![7; algorithm.value_bytes()];
            let checksum = Checksum::new(algorithm, value).expect("right length");
            assert_eq!(Checksum::from_base64(algorithm, &checksum.to_base64()), Some(checksum));
            assert_eq!(Checksum::new(algorithm, vec![7; 5]), None);
            assert_eq!(ChecksumAlgorithm::from_header(algorithm.header()), Some(algorithm));
            assert_eq!(ChecksumAlgorithm::from_name(&algorithm.name().to_lowercase()), Some(algorithm));
        }
        assert_eq!(Checksum::from_base64(ChecksumAlgorithm::Crc32, "AAAAAA"), None);
        assert_eq!(
            Checksum::from_base64(ChecksumAlgorithm::Crc32, "AAAAAA==").map(|c| c.value),
            Some(vec![0; 4])
        );
    }

    #[test]
    fn checksums_of_parts_by_their_place() {
        let values = PartChecksums::new(ChecksumAlgorithm::Crc32, (1..=8).collect()).expect("two values");
        let value = |part| values.get(part).map(|checksum| checksum.value);
        let expected = [None, Some(vec![1, 2, 3, 4]), Some(vec![5, 6, 7, 8]), None, None];
        assert_eq!([0, 1, 2, 3, u16::MAX].map(value), expected);
        assert_eq!(PartChecksums::new(ChecksumAlgorithm::Crc32, vec![0; 7]), None);
    }

    #[test]
    fn only_some_pairs_exist() {
        use ChecksumType::{Composite, FullObject};
        let table = [
            (ChecksumAlgorithm::Crc32, Composite, true, true),
            (ChecksumAlgorithm::Crc32c, Composite, true, true),
            (ChecksumAlgorithm::Crc64Nvme, FullObject, false, true),
            (ChecksumAlgorithm::Sha1, Composite, true, false),
            (ChecksumAlgorithm::Sha256, Composite, true, false),
        ];
        for (algorithm, default, composite, full_object) in table {
            assert_eq!(UploadChecksum::of(algorithm).kind(), default, "{algorithm:?}");
            assert_eq!(UploadChecksum::new(algorithm, Composite).is_some(), composite, "{algorithm:?}");
            assert_eq!(UploadChecksum::new(algorithm, FullObject).is_some(), full_object, "{algorithm:?}");
        }
        for kind in [Composite, FullObject] {
            assert_eq!(ChecksumType::from_name(&kind.name().to_lowercase()), Some(kind));
        }
        assert_eq!(ChecksumType::from_name("FULL"), None);
    }
}
