//! One record of a batch: a row put or deleted, or a row or tombstone moved here by compaction.

use meta::{Version, WriteId};

use super::format::{BLOCK_BYTES, Fields, crc32c};

/// Bytes of a record before its key.
pub(crate) const FIXED_BYTES: usize = 52;
const CRC_BYTES: usize = 4;
const FLAG_EXTERNAL: u8 = 1;
const FLAG_BODY: u8 = 2;
/// The body is not in the record's own batch.
const FLAG_ELSEWHERE: u8 = 4;

/// What a record does to its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Put,
    Delete,
    /// A put that compaction copied from another segment, with its old version.
    MovedPut,
    /// A delete that compaction carried on.
    MovedDelete,
}

impl Kind {
    const fn code(self) -> u8 {
        match self {
            Self::Put => 1,
            Self::Delete => 2,
            Self::MovedPut => 3,
            Self::MovedDelete => 4,
        }
    }

    const fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Put),
            2 => Some(Self::Delete),
            3 => Some(Self::MovedPut),
            4 => Some(Self::MovedDelete),
            _ => None,
        }
    }

    pub(crate) const fn is_delete(self) -> bool {
        matches!(self, Self::Delete | Self::MovedDelete)
    }
}

/// The put that a body was written with, when that was in another batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Home {
    pub(crate) segment: u64,
    /// Where the put's record begins, from the start of the segment.
    pub(crate) record_at: u32,
}

/// A body as a record knows it: where it lies and what its blocks' checksums are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RecordBody<'a> {
    /// `None` when it lies in the record's own batch.
    pub(crate) home: Option<Home>,
    /// From the start of the batch's bodies, or of the home's segment.
    pub(crate) at: u32,
    pub(crate) len: u32,
    /// Four little-endian bytes for each block.
    pub(crate) crcs: &'a [u8],
}

/// A record, borrowed from its batch or about to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Record<'a> {
    pub(crate) kind: Kind,
    pub(crate) external: bool,
    pub(crate) version: Version,
    pub(crate) write_id: WriteId,
    /// For a moved delete the segment in which it was first written, else 0.
    pub(crate) origin: u64,
    pub(crate) key: &'a [u8],
    pub(crate) value: &'a [u8],
    pub(crate) body: Option<RecordBody<'a>>,
}

/// Bytes of the block checksums of a body.
pub(crate) const fn crcs_bytes(body_len: u32) -> usize {
    (body_len as usize).div_ceil(BLOCK_BYTES) * 4
}

impl<'a> Record<'a> {
    /// Bytes in the records area.
    pub(crate) fn bytes(&self) -> u32 {
        let crcs = self.body.map_or(0, |body| body.crcs.len());
        let bytes = FIXED_BYTES + self.key.len() + self.value.len() + crcs + CRC_BYTES;
        u32::try_from(bytes).expect("keys, values and checksums have bounds")
    }

    /// Bytes that it brings into the log: the record, and its body unless that lies in another batch.
    pub(crate) fn footprint(&self) -> u32 {
        self.bytes() + self.body.filter(|body| body.home.is_none()).map_or(0, |body| body.len)
    }

    /// Where its value begins, from the start of the record.
    pub(crate) fn value_at(&self) -> u32 {
        u32::try_from(FIXED_BYTES + self.key.len()).expect("keys have a bound")
    }

    pub(crate) fn encode_into(&self, out: &mut Vec<u8>) {
        let start = out.len();
        let external = if self.external { FLAG_EXTERNAL } else { 0 };
        let with_body = if self.body.is_some() { FLAG_BODY } else { 0 };
        let home = self.body.and_then(|body| body.home);
        let elsewhere = if home.is_some() { FLAG_ELSEWHERE } else { 0 };
        out.extend_from_slice(&[self.kind.code(), external | with_body | elsewhere]);
        out.extend_from_slice(&u16::try_from(self.key.len()).expect("keys have a bound").to_le_bytes());
        let value_len = u32::try_from(self.value.len()).expect("values have a bound");
        let (body_at, body_len) = self.body.map_or((0, 0), |body| (body.at, body.len));
        for field in [value_len, body_len, body_at, home.map_or(0, |home| home.record_at)] {
            out.extend_from_slice(&field.to_le_bytes());
        }
        out.extend_from_slice(&self.version.to_le_bytes());
        out.extend_from_slice(&self.write_id.0);
        out.extend_from_slice(&home.map_or(self.origin, |home| home.segment).to_le_bytes());
        debug_assert_eq!(out.len() - start, FIXED_BYTES);
        out.extend_from_slice(self.key);
        out.extend_from_slice(self.value);
        if let Some(body) = self.body {
            debug_assert_eq!(body.crcs.len(), crcs_bytes(body.len));
            out.extend_from_slice(body.crcs);
        }
        let crc = crc32c(&out[start..]);
        out.extend_from_slice(&crc.to_le_bytes());
    }

    /// Takes a record off the front; `None` when it is damaged.
    pub(crate) fn decode(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let mut fields = Fields(bytes);
        let (kind, flags, key_len) = (Kind::from_code(fields.u8()?)?, fields.u8()?, fields.u16()?);
        let (value_len, body_len, body_at, record_at) =
            (fields.u32()?, fields.u32()?, fields.u32()?, fields.u32()?);
        let (version, write_id, segment) = (fields.u64()?, WriteId(fields.array()?), fields.u64()?);
        let key = fields.bytes(key_len.into())?;
        let value = fields.bytes(usize::try_from(value_len).ok()?)?;
        let home = (flags & FLAG_ELSEWHERE != 0).then_some(Home { segment, record_at });
        let origin = if home.is_some() { 0 } else { segment };
        let body = if flags & FLAG_BODY != 0 {
            let crcs = fields.bytes(crcs_bytes(body_len))?;
            Some(RecordBody { home, at: body_at, len: body_len, crcs })
        } else {
            None
        };
        let covered = bytes.len() - fields.0.len();
        let crc = fields.u32()?;
        let external = flags & FLAG_EXTERNAL != 0;
        let record = Self { kind, external, version, write_id, origin, key, value, body };
        (crc32c(bytes.get(..covered)?) == crc).then_some((record, fields.0))
    }
}

/// Bytes of the key of the record that begins so; not verified.
pub(crate) fn key_bytes(fixed: &[u8]) -> Option<usize> {
    fixed.get(2..4)?.try_into().ok().map(|len| usize::from(u16::from_le_bytes(len)))
}

/// The block checksums of a body given in pieces.
pub(crate) fn block_crcs<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut crcs = Vec::new();
    let new = || crc_fast::Digest::new(crc_fast::CrcAlgorithm::Crc32Iscsi);
    let (mut digest, mut filled) = (new(), 0);
    let mut push = |digest: &crc_fast::Digest| {
        let crc = u32::try_from(digest.finalize()).expect("a 32-bit checksum");
        crcs.extend_from_slice(&crc.to_le_bytes());
    };
    for mut piece in pieces {
        while !piece.is_empty() {
            let (head, rest) = piece.split_at(piece.len().min(BLOCK_BYTES - filled));
            digest.update(head);
            filled += head.len();
            piece = rest;
            if filled == BLOCK_BYTES {
                push(&digest);
                (digest, filled) = (new(), 0);
            }
        }
    }
    if filled > 0 {
        push(&digest);
    }
    crcs
}

/// Whether every block of `body` has its checksum.
pub(crate) fn body_is_whole(body: &[u8], crcs: &[u8]) -> bool {
    body.len().div_ceil(BLOCK_BYTES) * 4 == crcs.len()
        && body.chunks(BLOCK_BYTES).zip(crcs.chunks(4)).all(|(block, crc)| crc32c(block).to_le_bytes() == crc)
}

#[cfg(test)]
mod tests;
