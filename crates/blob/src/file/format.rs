//! The layout of a blob's file: data, padding to a sector, table of block checksums, trailer. `docs/formats/blob.md` is the
//! description; a change here is a new version there.

use disk::SECTOR_BYTES;

use crate::port::{BlobError, BlobId};

/// Bytes that one checksum covers; the last block of a blob is shorter.
pub(super) const BLOCK_BYTES: usize = 64 * 1024;
/// Longest blob in bytes: it bounds the table that a writer holds in memory.
pub(super) const BLOB_MAX_BYTES: u64 = 8 * 1024 * 1024 * 1024;
/// Bytes of one entry of the table.
pub(super) const ENTRY_BYTES: usize = 4;
pub(super) const TRAILER_BYTES: usize = 64;

const MAGIC: [u8; 8] = *b"LARDBLOB";
const VERSION: u32 = 1;
const BLOCK_BYTES_U32: u32 = 64 * 1024;

/// CRC-32C. Spec: RFC 3720, section 12.1.
pub(super) fn crc32c(bytes: &[u8]) -> u32 {
    let crc = crc_fast::checksum(crc_fast::CrcAlgorithm::Crc32Iscsi, bytes);
    u32::try_from(crc).expect("a 32-bit checksum")
}

/// Appends the checksum of each block of `data`, which begins on a block.
pub(super) fn push_entries(table: &mut Vec<u8>, data: &[u8]) {
    for block in data.chunks(BLOCK_BYTES) {
        table.extend_from_slice(&crc32c(block).to_le_bytes());
    }
}

/// Where the parts of a blob's file lie, from its length alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) length: u64,
}

impl Layout {
    /// `None` for a blob that is too long.
    pub(super) fn of(length: u64) -> Option<Self> {
        (length <= BLOB_MAX_BYTES).then_some(Self { length })
    }

    pub(super) fn table_offset(self) -> u64 {
        self.length.next_multiple_of(SECTOR_BYTES as u64)
    }

    pub(super) fn table_bytes(self) -> u64 {
        self.length.div_ceil(BLOCK_BYTES as u64) * ENTRY_BYTES as u64
    }

    pub(super) fn file_bytes(self) -> u64 {
        self.table_offset() + self.table_bytes() + TRAILER_BYTES as u64
    }
}

/// The last bytes of a blob's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Trailer {
    pub(super) id: BlobId,
    pub(super) layout: Layout,
    pub(super) table_crc: u32,
}

impl Trailer {
    pub(super) fn encode(&self) -> [u8; TRAILER_BYTES] {
        let mut out = Vec::with_capacity(TRAILER_BYTES);
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&VERSION.to_le_bytes());
        out.extend_from_slice(&BLOCK_BYTES_U32.to_le_bytes());
        out.extend_from_slice(&self.id.0);
        out.extend_from_slice(&self.layout.length.to_le_bytes());
        out.extend_from_slice(&self.layout.table_bytes().to_le_bytes());
        out.extend_from_slice(&self.table_crc.to_le_bytes());
        out.extend_from_slice(&[0; 8]);
        let crc = crc32c(&out);
        out.extend_from_slice(&crc.to_le_bytes());
        out.try_into().expect("the fields above are 64 bytes")
    }

    /// Reads a trailer and checks it against the name and length of its file.
    pub(super) fn decode(bytes: &[u8], id: BlobId, file_bytes: u64) -> Result<Self, BlobError> {
        let corrupt = |what: &str| BlobError::Corrupt(format!("blob {id}: {what}"));
        let mut fields = Fields(bytes);
        let parsed = (|| {
            let magic = fields.take()?;
            let (version, block_bytes) = (fields.u32()?, fields.u32()?);
            let (stored_id, length, table_bytes) = (BlobId(fields.take()?), fields.u64()?, fields.u64()?);
            let (table_crc, _reserved, crc) = (fields.u32()?, fields.u64()?, fields.u32()?);
            Some((magic, version, block_bytes, stored_id, length, table_bytes, table_crc, crc))
        })();
        let Some((magic, version, block_bytes, stored_id, length, table_bytes, table_crc, crc)) = parsed
        else {
            return Err(corrupt("the trailer is cut off"));
        };
        if magic != MAGIC || bytes.get(..TRAILER_BYTES - 4).map(crc32c) != Some(crc) {
            return Err(corrupt("the trailer is damaged"));
        }
        if version != VERSION || block_bytes != BLOCK_BYTES_U32 {
            return Err(corrupt(&format!("format version {version}, blocks of {block_bytes}, is not known")));
        }
        if stored_id != id {
            return Err(corrupt(&format!("the file holds blob {stored_id}")));
        }
        match Layout::of(length) {
            Some(layout) if layout.table_bytes() == table_bytes && layout.file_bytes() == file_bytes => {
                Ok(Self { id, layout, table_crc })
            }
            _ => Err(corrupt(&format!("the file of {file_bytes} bytes does not fit its length of {length}"))),
        }
    }
}

/// Takes little-endian fields off the front.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.take().map(u64::from_le_bytes)
    }
}

#[cfg(test)]
mod tests;
