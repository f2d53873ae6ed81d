//! What the index keeps of a row: enough to list it and to read its body with one read of the log. Short values are in it,
//! long ones stay in the log.

use bytes::Bytes;
use meta::Version;
use meta::engine::VALUE_HEAD_BYTES;

use crate::log::format::Fields;
use crate::log::record::{Home, crcs_bytes};
use crate::sharing::Location;

/// Longest index value in bytes: the index engine is robust against torn writes for short values only.
pub(crate) const ROW_MAX_BYTES: usize = 2_048;
const FORMAT_VERSION: u8 = 1;
const FLAG_EXTERNAL: u8 = 1;
const FLAG_BODY: u8 = 2;
const FLAG_LOGGED: u8 = 4;
const FLAG_ELSEWHERE: u8 = 8;
const FIXED_BYTES: usize = 26;
const HOME_BYTES: usize = 12;

/// Where a row's record is, and how many bytes came with it: the record, and its body unless that lies in another batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) segment: u64,
    pub(crate) record_at: u32,
    pub(crate) footprint: u32,
}

/// Where a row's body is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BodyPlace {
    /// `None` when it came with the row's record; else `at` is in the home's segment.
    pub(crate) home: Option<Home>,
    pub(crate) at: u32,
    pub(crate) len: u32,
    /// Four little-endian bytes for each block.
    pub(crate) crcs: Bytes,
}

/// A row's value, or where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Inline(Bytes),
    Logged { head: Bytes, at: u32, len: u32, crc: u32 },
}

/// One entry of the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IndexRow {
    pub(crate) version: Version,
    pub(crate) external: bool,
    pub(crate) place: Place,
    pub(crate) body: Option<BodyPlace>,
    pub(crate) value: Value,
}

/// Whether a value goes into the index with its row.
pub(crate) fn fits_inline(value_bytes: usize, body: Option<&BodyPlace>) -> bool {
    let home = |body: &BodyPlace| if body.home.is_some() { HOME_BYTES } else { 0 };
    let body = body.map_or(0, |body| 8 + crcs_bytes(body.len) + home(body));
    FIXED_BYTES + body + value_bytes <= ROW_MAX_BYTES
}

impl IndexRow {
    /// Where its body lies, and its length; `None` when it has none, or not a byte of it.
    pub(crate) fn location(&self) -> Option<(Location, u32)> {
        let body = self.body.as_ref().filter(|body| body.len > 0)?;
        let segment = body.home.map_or(self.place.segment, |home| home.segment);
        Some((Location { segment, at: body.at }, body.len))
    }

    /// Bytes of its record alone.
    pub(crate) fn record_bytes(&self) -> u32 {
        let own = self.body.as_ref().filter(|body| body.home.is_none()).map_or(0, |body| body.len);
        self.place.footprint.saturating_sub(own)
    }

    /// Its body, as a record of another batch refers to it. An empty one is nowhere: nothing keeps its place.
    pub(crate) fn body_from_afar(&self) -> Option<BodyPlace> {
        let Place { segment, record_at, .. } = self.place;
        let body = self.body.clone()?;
        Some(match body.len {
            0 => BodyPlace { home: None, at: 0, ..body },
            _ => BodyPlace { home: body.home.or(Some(Home { segment, record_at })), ..body },
        })
    }

    /// The first bytes of the value, for a scan.
    pub(crate) fn head(&self) -> Bytes {
        match &self.value {
            Value::Inline(value) => value.slice(..value.len().min(VALUE_HEAD_BYTES)),
            Value::Logged { head, .. } => head.clone(),
        }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(FIXED_BYTES + 64);
        let flag = |set: bool, flag: u8| if set { flag } else { 0 };
        let logged = matches!(self.value, Value::Logged { .. });
        let flags = flag(self.external, FLAG_EXTERNAL)
            | flag(self.body.is_some(), FLAG_BODY)
            | flag(logged, FLAG_LOGGED)
            | flag(self.body.as_ref().is_some_and(|body| body.home.is_some()), FLAG_ELSEWHERE);
        out.extend_from_slice(&[FORMAT_VERSION, flags]);
        out.extend_from_slice(&self.version.to_le_bytes());
        out.extend_from_slice(&self.place.segment.to_le_bytes());
        out.extend_from_slice(&self.place.record_at.to_le_bytes());
        out.extend_from_slice(&self.place.footprint.to_le_bytes());
        if let Some(body) = &self.body {
            out.extend_from_slice(&body.at.to_le_bytes());
            out.extend_from_slice(&body.len.to_le_bytes());
            out.extend_from_slice(&body.crcs);
            if let Some(home) = body.home {
                out.extend_from_slice(&home.segment.to_le_bytes());
                out.extend_from_slice(&home.record_at.to_le_bytes());
            }
        }
        match &self.value {
            Value::Inline(value) => out.extend_from_slice(value),
            Value::Logged { head, at, len, crc } => {
                [at, len, crc].iter().for_each(|field| out.extend_from_slice(&field.to_le_bytes()));
                out.extend_from_slice(head);
            }
        }
        debug_assert!(out.len() <= ROW_MAX_BYTES);
        out
    }

    /// `None` when the entry is damaged or of another version.
    pub(crate) fn decode(entry: &Bytes) -> Option<Self> {
        let mut fields = Fields(entry);
        let (format, flags) = (fields.u8()?, fields.u8()?);
        let (version, segment) = (fields.u64()?, fields.u64()?);
        let place = Place { segment, record_at: fields.u32()?, footprint: fields.u32()? };
        let body = if flags & FLAG_BODY != 0 {
            let (at, len) = (fields.u32()?, fields.u32()?);
            let crcs = entry.slice_ref(fields.bytes(crcs_bytes(len))?);
            let home = if flags & FLAG_ELSEWHERE != 0 {
                Some(Home { segment: fields.u64()?, record_at: fields.u32()? })
            } else {
                None
            };
            Some(BodyPlace { home, at, len, crcs })
        } else {
            None
        };
        let value = if flags & FLAG_LOGGED != 0 {
            let (at, len, crc) = (fields.u32()?, fields.u32()?, fields.u32()?);
            Value::Logged { head: entry.slice_ref(fields.0), at, len, crc }
        } else {
            Value::Inline(entry.slice_ref(fields.0))
        };
        let external = flags & FLAG_EXTERNAL != 0;
        (format == FORMAT_VERSION).then_some(Self { version, external, place, body, value })
    }
}

#[cfg(test)]
mod tests;
