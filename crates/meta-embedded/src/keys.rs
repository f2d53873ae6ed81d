//! The index's keys: rows, their totals, who shares bodies, the use of each segment, and how far the index has come.

use meta::{EngineError, Group, KeyRange, Version};

use crate::index::Index;
use crate::log::format::{Fields, Salt};
use crate::row::IndexRow;
use crate::sharing::Location;

const ROWS: u8 = b'r';
const ROWS_END: u8 = ROWS + 1;
const USAGE: u8 = b'u';
const APPLIED: u8 = b'a';
const SHARES: u8 = b's';
const SHARERS: u8 = b'n';
const TOTALS: u8 = b't';
/// Of the whole index: it was 1 before there were totals.
const FORMAT_VERSION: u8 = 2;

/// The entry of a row.
pub(crate) fn row_key(key: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(1 + key.len());
    out.push(ROWS);
    out.extend_from_slice(key);
    out
}

/// The row's key, from its entry's.
pub(crate) const ROW_KEY_START: usize = 1;

/// The entries of a range of rows.
pub(crate) fn row_range(range: &KeyRange) -> (Vec<u8>, Vec<u8>) {
    (row_key(&range.start), range.end.as_ref().map_or_else(|| vec![ROWS_END], |end| row_key(end)))
}

pub(crate) fn usage_key(segment: u64) -> Vec<u8> {
    [&[USAGE][..], &segment.to_be_bytes()].concat()
}

/// The segment of a usage entry.
pub(crate) fn usage_segment(key: &[u8]) -> Option<u64> {
    key.strip_prefix(&[USAGE])?.try_into().ok().map(u64::from_be_bytes)
}

/// All usage entries.
pub(crate) fn usage_range() -> (Vec<u8>, Vec<u8>) {
    (vec![USAGE], vec![USAGE + 1])
}

pub(crate) fn applied_key() -> Vec<u8> {
    vec![APPLIED]
}

fn located(kind: u8, location: Location) -> Vec<u8> {
    [&[kind][..], &location.segment.to_be_bytes(), &location.at.to_be_bytes()].concat()
}

/// Says that a row uses a shared body.
pub(crate) fn share_key(location: Location, row: &[u8]) -> Vec<u8> {
    [&located(SHARES, location)[..], row].concat()
}

/// Where the body lies that an entry speaks of, and the row's key.
pub(crate) fn decode_share(key: &[u8]) -> Result<(Location, &[u8]), EngineError> {
    let decoded = key.strip_prefix(&[SHARES]).and_then(|key| {
        let mut fields = Fields(key);
        let (segment, at) = (u64::from_be_bytes(fields.array()?), u32::from_be_bytes(fields.array()?));
        Some((Location { segment, at }, fields.0))
    });
    decoded.ok_or_else(|| EngineError::Corrupt("an entry of a shared body does not decode".to_owned()))
}

/// The entries of shared bodies that begin from `from` to `to`, exclusive, both in one segment.
pub(crate) fn shares_range(from: Location, to: u32) -> (Vec<u8>, Vec<u8>) {
    (located(SHARES, from), located(SHARES, Location { at: to, ..from }))
}

/// The number of rows that use a shared body.
pub(crate) fn sharers_key(location: Location) -> Vec<u8> {
    located(SHARERS, location)
}

/// The sums over a group of rows.
pub(crate) fn total_key(group: Group) -> Vec<u8> {
    [&[TOTALS][..], &group].concat()
}

/// The last batch whose effects are in the index, and where the log goes on after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Applied {
    pub(crate) number: u64,
    pub(crate) segment: u64,
    pub(crate) salt: Salt,
    pub(crate) end: u64,
    pub(crate) header_crc: u32,
    pub(crate) next_version: Version,
}

impl Applied {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = vec![FORMAT_VERSION];
        out.extend_from_slice(&self.number.to_le_bytes());
        out.extend_from_slice(&self.segment.to_le_bytes());
        out.extend_from_slice(&self.salt);
        out.extend_from_slice(&self.end.to_le_bytes());
        out.extend_from_slice(&self.header_crc.to_le_bytes());
        out.extend_from_slice(&self.next_version.to_le_bytes());
        out
    }

    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut fields = Fields(bytes);
        let format = fields.u8()?;
        let (number, segment, salt) = (fields.u64()?, fields.u64()?, fields.array()?);
        let (end, header_crc, next_version) = (fields.u64()?, fields.u32()?, fields.u64()?);
        let whole = format == FORMAT_VERSION && fields.0.is_empty();
        whole.then_some(Self { number, segment, salt, end, header_crc, next_version })
    }
}

/// The row of a key, as the index has it.
pub(crate) fn read_row(index: &dyn Index, key: &[u8]) -> Result<Option<IndexRow>, EngineError> {
    let entry = index.get(&row_key(key))?;
    entry.map(|entry| decode_row(&entry)).transpose()
}

pub(crate) fn decode_row(entry: &bytes::Bytes) -> Result<IndexRow, EngineError> {
    IndexRow::decode(entry).ok_or_else(|| EngineError::Corrupt("an index row does not decode".to_owned()))
}
