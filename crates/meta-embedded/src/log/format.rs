//! The headers of segments and batches. `docs/formats/log.md` is the description; a change here is a new version there.

use disk::SECTOR_BYTES;

use crate::settings::BATCH_LIMIT_BYTES;

/// A sector as an offset.
pub(crate) const SECTOR: u64 = SECTOR_BYTES as u64;
/// A segment begins with its header, twice; the first batch follows.
pub(crate) const DATA_START: u64 = 2 * SECTOR;
/// Bytes of a batch header.
pub(crate) const BATCH_HEADER_BYTES: usize = 96;
/// Bytes of a body that one checksum covers.
pub(crate) const BLOCK_BYTES: usize = 64 * 1024;

/// Version of segments begun now: from 2 on, records may name bodies in other batches.
pub(crate) const SEGMENT_FORMAT: u16 = 2;
const OLDEST_SEGMENT_FORMAT: u16 = 1;
const BATCH_FORMAT: u16 = 1;
const SEGMENT_MAGIC: [u8; 8] = *b"LARDRLOG";
/// Bytes of a segment header before its CRC.
const SEGMENT_HEADER_BYTES: usize = 60;
const BATCH_MAGIC: [u8; 4] = *b"LBAT";
const FLAG_SEAL: u16 = 1;

/// Random bytes of the run that began a segment; see [`crate::Settings::nonce`].
pub(crate) type Salt = [u8; 16];

/// CRC-32C. Spec: RFC 3720, section 12.1.
pub(crate) fn crc32c(bytes: &[u8]) -> u32 {
    let crc = crc_fast::checksum(crc_fast::CrcAlgorithm::Crc32Iscsi, bytes);
    u32::try_from(crc).expect("a 32-bit checksum")
}

/// Takes little-endian fields off the front.
pub(crate) struct Fields<'a>(pub(crate) &'a [u8]);

impl<'a> Fields<'a> {
    pub(crate) fn bytes(&mut self, n: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(head)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.array().map(u8::from_le_bytes)
    }

    pub(crate) fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }
}

/// What a segment says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SegmentHeader {
    pub(crate) format: u16,
    pub(crate) seq: u64,
    pub(crate) salt: Salt,
    pub(crate) capacity: u64,
    /// First version and batch number that were unused when the segment was begun.
    pub(crate) next_version: u64,
    pub(crate) next_batch: u64,
}

/// What the sectors at the front of a segment's file hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HeaderFound {
    Good(SegmentHeader),
    /// It was a header once.
    Damaged,
    /// A later version of this format.
    Unknown(u16),
    Nothing,
}

impl SegmentHeader {
    /// One sector; it is written twice.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(SECTOR_BYTES);
        out.extend_from_slice(&SEGMENT_MAGIC);
        out.extend_from_slice(&self.format.to_le_bytes());
        out.extend_from_slice(&[0; 2]);
        out.extend_from_slice(&self.seq.to_le_bytes());
        out.extend_from_slice(&self.salt);
        out.extend_from_slice(&self.capacity.to_le_bytes());
        out.extend_from_slice(&self.next_version.to_le_bytes());
        out.extend_from_slice(&self.next_batch.to_le_bytes());
        let crc = crc32c(&out);
        out.extend_from_slice(&crc.to_le_bytes());
        debug_assert_eq!(out.len(), SEGMENT_HEADER_BYTES + 4);
        out.resize(SECTOR_BYTES, 0);
        out
    }

    pub(crate) fn decode(sector: &[u8]) -> HeaderFound {
        let mut fields = Fields(sector);
        if fields.array() != Some(SEGMENT_MAGIC) {
            return HeaderFound::Nothing;
        }
        let Some(covered) = sector.get(..SEGMENT_HEADER_BYTES) else { return HeaderFound::Damaged };
        let parsed = (|| {
            let (format, _reserved) = (fields.u16()?, fields.u16()?);
            let (seq, salt, capacity) = (fields.u64()?, fields.array()?, fields.u64()?);
            let (next_version, next_batch) = (fields.u64()?, fields.u64()?);
            Some((Self { format, seq, salt, capacity, next_version, next_batch }, fields.u32()?))
        })();
        match parsed {
            Some((header, crc)) if crc == crc32c(covered) => match header.format {
                OLDEST_SEGMENT_FORMAT..=SEGMENT_FORMAT => HeaderFound::Good(header),
                unknown => HeaderFound::Unknown(unknown),
            },
            _ => HeaderFound::Damaged,
        }
    }
}

/// The front of a batch: what was written and synced as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BatchHeader {
    pub(crate) seq: u64,
    pub(crate) salt: Salt,
    /// Where the batch begins in its segment.
    pub(crate) offset: u64,
    /// Grows with every batch of the log, never reused.
    pub(crate) number: u64,
    /// The last batch that was known durable when this one was written; 0 for none.
    pub(crate) durable: u64,
    /// First version that is unused after this batch.
    pub(crate) next_version: u64,
    /// Bytes of the batch, header and padding included: a multiple of a sector.
    pub(crate) total_bytes: u32,
    pub(crate) records_bytes: u32,
    pub(crate) records: u32,
    /// CRC of the header of the batch before it in its segment; 0 for the first.
    pub(crate) prev_crc: u32,
    pub(crate) records_crc: u32,
    /// Nothing follows in this segment.
    pub(crate) seal: bool,
}

impl BatchHeader {
    /// The header's bytes and its CRC, which the next batch repeats.
    pub(crate) fn encode(&self) -> ([u8; BATCH_HEADER_BYTES], u32) {
        let mut out = Vec::with_capacity(BATCH_HEADER_BYTES);
        out.extend_from_slice(&BATCH_MAGIC);
        out.extend_from_slice(&BATCH_FORMAT.to_le_bytes());
        out.extend_from_slice(&(if self.seal { FLAG_SEAL } else { 0 }).to_le_bytes());
        out.extend_from_slice(&self.seq.to_le_bytes());
        out.extend_from_slice(&self.salt);
        for field in [self.offset, self.number, self.durable, self.next_version] {
            out.extend_from_slice(&field.to_le_bytes());
        }
        for field in
            [self.total_bytes, self.records_bytes, self.records, self.prev_crc, self.records_crc, 0, 0]
        {
            out.extend_from_slice(&field.to_le_bytes());
        }
        let crc = crc32c(&out);
        out.extend_from_slice(&crc.to_le_bytes());
        (out.try_into().expect("the fields above are 96 bytes"), crc)
    }

    /// Reads a header and checks what it says of itself; returns it with its CRC.
    pub(crate) fn decode(bytes: &[u8]) -> Option<(Self, u32)> {
        let mut fields = Fields(bytes);
        if fields.array()? != BATCH_MAGIC || fields.u16()? != BATCH_FORMAT {
            return None;
        }
        let seal = fields.u16()? & FLAG_SEAL != 0;
        let (seq, salt, offset) = (fields.u64()?, fields.array()?, fields.u64()?);
        let (number, durable, next_version) = (fields.u64()?, fields.u64()?, fields.u64()?);
        let (total_bytes, records_bytes, records) = (fields.u32()?, fields.u32()?, fields.u32()?);
        let (prev_crc, records_crc, _reserved) = (fields.u32()?, fields.u32()?, fields.u64()?);
        let crc = fields.u32()?;
        if crc32c(bytes.get(..BATCH_HEADER_BYTES - 4)?) != crc {
            return None;
        }
        let total = u64::from(total_bytes);
        let sizes = (SECTOR..=BATCH_LIMIT_BYTES).contains(&total)
            && total.is_multiple_of(SECTOR)
            && BATCH_HEADER_BYTES as u64 + u64::from(records_bytes) <= total;
        let header = Self {
            seq,
            salt,
            offset,
            number,
            durable,
            next_version,
            total_bytes,
            records_bytes,
            records,
            prev_crc,
            records_crc,
            seal,
        };
        sizes.then_some((header, crc))
    }

    /// Where the bodies begin, from the start of the batch.
    pub(crate) fn bodies_at(&self) -> u64 {
        BATCH_HEADER_BYTES as u64 + u64::from(self.records_bytes)
    }
}

#[cfg(test)]
mod tests;
