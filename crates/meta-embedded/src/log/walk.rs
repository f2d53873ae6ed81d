//! Reads batches back and says whether they are what was written.

use std::io;

use disk::SECTOR_BYTES;

use super::format::{BATCH_HEADER_BYTES, BatchHeader, SECTOR, crc32c};
use super::record::{Record, RecordBody, body_is_whole};
use super::segment::Segment;

/// Bytes read at a time when looking for a header.
const LOOK_BYTES: u64 = 1024 * 1024;

/// A record and where it begins, from the start of its batch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Located<'a> {
    pub(crate) at: u32,
    pub(crate) record: Record<'a>,
}

/// What lies at a place where a batch should begin.
pub(crate) enum Found {
    /// No header of this segment.
    Nothing,
    /// A header, and a batch that may or may not be whole.
    Batch(Loaded),
}

/// A batch in memory.
pub(crate) struct Loaded {
    pub(crate) header: BatchHeader,
    pub(crate) header_crc: u32,
    bytes: Vec<u8>,
}

impl Loaded {
    fn records_area(&self) -> &[u8] {
        let end = BATCH_HEADER_BYTES + self.header.records_bytes as usize;
        self.bytes.get(BATCH_HEADER_BYTES..end).unwrap_or_default()
    }

    /// The records up to the first damaged one, and whether they are all.
    pub(crate) fn records(&self) -> (Vec<Located<'_>>, bool) {
        let area = self.records_area();
        let (records, whole) = parse(area, self.header.records);
        (records, whole && crc32c(area) == self.header.records_crc)
    }

    /// Whether all of it is as it was written.
    pub(crate) fn is_whole(&self) -> bool {
        let (records, whole) = self.records();
        whole && self.bodies_are_whole(&records)
    }

    /// The bytes of a body that lies in the batch; `None` when they would be outside of it.
    fn body(&self, body: &RecordBody<'_>) -> Option<&[u8]> {
        let start = usize::try_from(self.header.bodies_at()).ok()?.checked_add(body.at as usize)?;
        self.bytes.get(start..start.checked_add(body.len as usize)?)
    }

    /// Whether every body in the batch has its checksums.
    fn bodies_are_whole(&self, records: &[Located<'_>]) -> bool {
        let own = records.iter().filter_map(|located| located.record.body.filter(|body| body.home.is_none()));
        own.into_iter().all(|body| self.body(&body).is_some_and(|bytes| body_is_whole(bytes, body.crcs)))
    }
}

/// Cuts a records area into its records, up to the first damaged one; whether that is all.
pub(crate) fn parse(area: &[u8], count: u32) -> (Vec<Located<'_>>, bool) {
    let (mut records, mut rest) = (Vec::new(), area);
    while let Some((record, after)) = Record::decode(rest) {
        let at = BATCH_HEADER_BYTES + area.len() - rest.len();
        records.push(Located { at: u32::try_from(at).expect("a batch has a bound"), record });
        rest = after;
    }
    let whole = rest.is_empty() && u32::try_from(records.len()) == Ok(count);
    (records, whole)
}

/// The header at `offset`, when it is one of this segment and belongs there.
pub(crate) fn header_at(segment: &Segment, offset: u64) -> io::Result<Option<(BatchHeader, u32)>> {
    let mut bytes = [0; BATCH_HEADER_BYTES];
    if offset + SECTOR > segment.capacity || segment.file.read_at(offset, &mut bytes)? < bytes.len() {
        return Ok(None);
    }
    Ok(BatchHeader::decode(&bytes).filter(|(header, _)| belongs(segment, offset, header)))
}

fn belongs(segment: &Segment, offset: u64, header: &BatchHeader) -> bool {
    header.seq == segment.seq
        && header.salt == segment.salt
        && header.offset == offset
        && offset.saturating_add(header.total_bytes.into()) <= segment.capacity
}

/// Reads the batch at `offset`.
pub(crate) fn load(segment: &Segment, offset: u64) -> io::Result<Found> {
    let Some((header, header_crc)) = header_at(segment, offset)? else { return Ok(Found::Nothing) };
    let mut bytes = vec![0; header.total_bytes as usize];
    let n = segment.file.read_at(offset, &mut bytes)?;
    bytes.truncate(n);
    Ok(Found::Batch(Loaded { header, header_crc, bytes }))
}

/// Reads the records of a batch without its bodies; `None` when they are damaged.
pub(crate) fn load_records(segment: &Segment, header: &BatchHeader) -> io::Result<Option<Vec<u8>>> {
    let area = segment
        .read_exact(header.offset + BATCH_HEADER_BYTES as u64, header.records_bytes as usize)
        .map(Some)
        .or_else(|error| if error.kind() == io::ErrorKind::UnexpectedEof { Ok(None) } else { Err(error) })?;
    Ok(area.filter(|area| crc32c(area) == header.records_crc))
}

/// The first header in `from..to` that belongs where it lies and is newer than batch `after`.
pub(crate) fn find_header(
    segment: &Segment,
    from: u64,
    to: u64,
    after: u64,
) -> io::Result<Option<BatchHeader>> {
    let mut at = from;
    let to = to.min(segment.capacity);
    while at < to {
        let wanted = usize::try_from(LOOK_BYTES.min(to - at)).expect("a small number");
        let mut bytes = vec![0; wanted];
        let n = segment.file.read_at(at, &mut bytes)?;
        for (offset, sector) in (at..).step_by(SECTOR_BYTES).zip(bytes[..n].chunks(SECTOR_BYTES)) {
            let header = BatchHeader::decode(sector).map(|(header, _)| header);
            if let Some(header) = header.filter(|h| belongs(segment, offset, h) && h.number > after) {
                return Ok(Some(header));
            }
        }
        if n < wanted {
            break;
        }
        at += wanted as u64;
    }
    Ok(None)
}
