//! The manifest in a row: which stretches of which blobs a content is made of, and in whose name each blob is held.

use super::codec::{Damaged, Decoder, Encoder};

const TAG_SEGMENTS: u8 = 18;
/// Whole blobs, as rows named them before blobs could be shared. Read only.
const TAG_BLOBS: u8 = 9;
/// A holder that some segments name by its number, from 1 on.
const TAG_HOLDER: u8 = 13;
/// Bytes that a segment takes in a row, a holder's id apart.
pub const SEGMENT_BYTES: usize = 36;
/// Bytes of one whole blob: its id and its size.
const BLOB_BYTES: usize = 24;

/// A stretch of one blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Number of the part it came in; 1 for a body that came whole.
    pub part: u16,
    /// The blob's id.
    pub blob: [u8; 16],
    /// In whose name the blob is held (table `x`): the blob's own id where it was written for this content.
    pub holder: [u8; 16],
    /// Where the stretch begins in the blob.
    pub offset: u64,
    /// Its length in bytes.
    pub size: u64,
}

impl Segment {
    /// A blob that was written for one part of one content, as a whole.
    #[must_use]
    pub const fn whole(part: u16, blob: [u8; 16], size: u64) -> Self {
        Self { part, blob, holder: blob, offset: 0, size }
    }
}

/// Appends a manifest.
pub(super) fn encode(out: &mut Encoder, segments: &[Segment]) {
    let mut holders: Vec<[u8; 16]> = Vec::new();
    let mut bytes = Vec::with_capacity(segments.len() * SEGMENT_BYTES);
    for segment in segments {
        let holder = if segment.holder == segment.blob {
            0
        } else {
            // those of one copy stand together
            if holders.last() != Some(&segment.holder) {
                holders.push(segment.holder);
            }
            u16::try_from(holders.len()).expect("values have a bound")
        };
        bytes.extend_from_slice(&segment.part.to_le_bytes());
        bytes.extend_from_slice(&holder.to_le_bytes());
        bytes.extend_from_slice(&segment.blob);
        bytes.extend_from_slice(&segment.offset.to_le_bytes());
        bytes.extend_from_slice(&segment.size.to_le_bytes());
    }
    holders.iter().for_each(|holder| out.field(TAG_HOLDER, holder));
    out.field(TAG_SEGMENTS, &bytes);
}

/// Collects a manifest from the fields of a row.
#[derive(Default)]
pub(super) struct ManifestReader {
    holders: Vec<[u8; 16]>,
    segments: Option<Vec<(Segment, u16)>>,
}

impl ManifestReader {
    /// Takes one field; whether it belongs to a manifest.
    pub(super) fn take(&mut self, decoder: &Decoder<'_>, tag: u8, bytes: &[u8]) -> Result<bool, Damaged> {
        let damaged = decoder.damaged("manifest");
        match tag {
            TAG_HOLDER => self.holders.push(bytes.try_into().map_err(|_| damaged)?),
            TAG_SEGMENTS => {
                let (entries, []) = bytes.as_chunks::<SEGMENT_BYTES>() else { return Err(damaged) };
                let segments = entries.iter().map(|entry| segment(entry).ok_or(damaged));
                self.segments = Some(segments.collect::<Result<_, _>>()?);
            }
            TAG_BLOBS => {
                let (entries, []) = bytes.as_chunks::<BLOB_BYTES>() else { return Err(damaged) };
                let segments = entries.iter().map(|entry| whole_blob(entry).map(|s| (s, 0)).ok_or(damaged));
                self.segments = Some(segments.collect::<Result<_, _>>()?);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The manifest, when the row has one.
    pub(super) fn finish(self, decoder: &Decoder<'_>) -> Result<Option<Vec<Segment>>, Damaged> {
        let Self { holders, segments } = self;
        let named = |(segment, holder): (Segment, u16)| match usize::from(holder).checked_sub(1) {
            None => Ok(segment),
            Some(n) => match holders.get(n) {
                Some(holder) => Ok(Segment { holder: *holder, ..segment }),
                None => Err(decoder.damaged("holder of a segment")),
            },
        };
        segments.map(|segments| segments.into_iter().map(named).collect()).transpose()
    }
}

fn segment(entry: &[u8; SEGMENT_BYTES]) -> Option<(Segment, u16)> {
    let (part, rest) = entry.split_first_chunk()?;
    let (holder, rest) = rest.split_first_chunk()?;
    let (blob, rest) = rest.split_first_chunk::<16>()?;
    let (offset, size) = rest.split_first_chunk()?;
    let segment = Segment {
        part: u16::from_le_bytes(*part),
        blob: *blob,
        holder: *blob,
        offset: u64::from_le_bytes(*offset),
        size: u64::from_le_bytes(size.try_into().ok()?),
    };
    Some((segment, u16::from_le_bytes(*holder)))
}

fn whole_blob(entry: &[u8; BLOB_BYTES]) -> Option<Segment> {
    let (blob, size) = entry.split_first_chunk()?;
    Some(Segment::whole(1, *blob, u64::from_le_bytes(size.try_into().ok()?)))
}
