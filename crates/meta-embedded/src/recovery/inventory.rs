//! What lies in the log's folder.

use std::io;
use std::sync::Arc;

use disk::{Disk, DiskFile};
use meta::Version;

use crate::engine::OpenError;
use crate::keys::Applied;
use crate::log::format::{
    BATCH_HEADER_BYTES, BatchHeader, DATA_START, HeaderFound, SECTOR, SEGMENT_FORMAT, Salt, SegmentHeader,
};
use crate::log::segment::{LOG_DIR, Segment, read_header, segment_name, write_header};
use crate::log::supply::Spare;
use crate::log::walk::{Found, find_header, load};
use crate::settings::BATCH_LIMIT_BYTES;

pub(super) struct Inventory {
    /// Oldest first.
    pub(super) segments: Vec<Arc<Segment>>,
    headers: Vec<SegmentHeader>,
    /// Files that were named for a segment and not begun, with their lengths.
    pub(super) unbegun: Vec<(u64, u64)>,
    pub(super) spares: Vec<Spare>,
}

/// What a segment's file turned out to be.
enum Sort {
    Begun(SegmentHeader),
    /// Its header is gone, but not what it holds.
    Headless(Salt),
    Unbegun,
}

impl Inventory {
    /// Opens every segment. Other names than ours are left alone.
    pub(super) fn take(disk: &dyn Disk, applied: Option<&Applied>) -> Result<Self, OpenError> {
        let mut inventory =
            Self { segments: Vec::new(), headers: Vec::new(), unbegun: Vec::new(), spares: Vec::new() };
        let mut seqs = Vec::new();
        for name in disk.list(LOG_DIR)? {
            let number = |suffix| name.strip_suffix(suffix).and_then(parse);
            seqs.extend(number(".seg"));
            let spare = |written| move |number| Spare { written, number };
            inventory.spares.extend(number(".spare").map(spare(true)));
            inventory.spares.extend(number(".fresh").map(spare(false)));
        }
        seqs.sort_unstable();
        for seq in seqs {
            let file = disk.open(&segment_name(seq))?;
            let len = file.len()?;
            let salt = applied.filter(|applied| applied.segment == seq).map(|applied| applied.salt);
            match sort(&file, seq, salt)? {
                Sort::Begun(header) => {
                    let capacity = header.capacity.min(len);
                    let segment = Segment::new(seq, header.salt, capacity, file).of_format(header.format);
                    inventory.segments.push(Arc::new(segment));
                    inventory.headers.push(header);
                }
                Sort::Headless(salt) => {
                    tracing::error!(segment = seq, "a segment's header is damaged");
                    let segment = Segment::new(seq, salt, len, file);
                    segment.mark_damaged();
                    inventory.segments.push(Arc::new(segment));
                }
                Sort::Unbegun => inventory.unbegun.push((seq, len)),
            }
        }
        Ok(inventory)
    }

    pub(super) fn newest_seq(&self) -> Option<u64> {
        self.segments.last().map(|segment| segment.seq)
    }

    /// First batch number that no header denies.
    pub(super) fn next_batch(&self) -> u64 {
        self.headers.iter().map(|header| header.next_batch).max().unwrap_or(1)
    }

    /// First version that no header denies.
    pub(super) fn next_version(&self) -> Version {
        self.headers.iter().map(|header| header.next_version).max().unwrap_or(1)
    }
}

fn parse(name: &str) -> Option<u64> {
    let ours = name.len() == 16 && name.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if ours { u64::from_str_radix(name, 16).ok() } else { None }
}

/// A file whose header is not its own was named for a segment, and the power went before the header was durable: which is
/// when the first batch is. So what can have been acknowledged in it shows in the index, or in a batch after the first; a
/// lone first batch is kept when it is whole.
fn sort(file: &Arc<dyn DiskFile>, seq: u64, known_salt: Option<Salt>) -> Result<Sort, OpenError> {
    let found = read_header(&**file)?;
    match found {
        HeaderFound::Good(header) if header.seq == seq => return Ok(Sort::Begun(header)),
        HeaderFound::Unknown(version) => return Err(OpenError::UnknownFormat { segment: seq, version }),
        HeaderFound::Good(_) | HeaderFound::Damaged | HeaderFound::Nothing => {}
    }
    if let Some(salt) = known_salt {
        return Ok(Sort::Headless(salt));
    }
    let Some(first) = first_batch(&**file, seq)? else {
        let was_header = found == HeaderFound::Damaged;
        return Ok(if was_header { Sort::Headless(Salt::default()) } else { Sort::Unbegun });
    };
    let segment = Segment::new(seq, first.salt, file.len()?, Arc::clone(file));
    let limit = DATA_START + BATCH_LIMIT_BYTES;
    if find_header(&segment, DATA_START + SECTOR, limit, first.number)?.is_some() {
        return Ok(Sort::Headless(first.salt));
    }
    let whole = match load(&segment, DATA_START)? {
        Found::Batch(batch) => batch.is_whole(),
        Found::Nothing => false,
    };
    if !whole {
        return Ok(Sort::Unbegun);
    }
    let header = SegmentHeader {
        format: SEGMENT_FORMAT,
        seq,
        salt: first.salt,
        capacity: segment.capacity,
        next_version: first.next_version,
        next_batch: first.number,
    };
    write_header(&**file, &header)?;
    Ok(Sort::Begun(header))
}

fn first_batch(file: &dyn DiskFile, seq: u64) -> io::Result<Option<BatchHeader>> {
    let mut bytes = [0; BATCH_HEADER_BYTES];
    let n = file.read_at(DATA_START, &mut bytes)?;
    let header = BatchHeader::decode(&bytes[..n]).map(|(header, _)| header);
    Ok(header.filter(|header| header.seq == seq && header.offset == DATA_START))
}
