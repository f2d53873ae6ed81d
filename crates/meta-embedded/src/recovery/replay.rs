//! Reads the log from where the index stands to its end, and brings the index along.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use disk::Disk;
use meta::engine::KEY_MAX_BYTES;

use super::RecoveryReport;
use crate::effects::{Effects, Placed, Written};
use crate::engine::OpenError;
use crate::keys::Applied;
use crate::log::format::{BatchHeader, DATA_START, SECTOR};
use crate::log::quarantine::{Rot, quarantine};
use crate::log::record::{FIXED_BYTES, Home, key_bytes};
use crate::log::segment::Segment;
use crate::log::walk::{Found, Loaded, Located, find_header, load};
use crate::settings::BATCH_LIMIT_BYTES;
use crate::shared::Shared;
use crate::writer::Tail;

/// The newest batch seen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Last {
    pub(super) number: u64,
    pub(super) next_version: u64,
}

pub(super) struct Replay<'a> {
    disk: &'a dyn Disk,
    shared: &'a Shared,
    report: &'a mut RecoveryReport,
    last: Last,
}

/// What a replay ends with.
pub(super) struct Replayed {
    pub(super) tail: Option<Tail>,
    pub(super) last: Last,
}

/// How a segment ends.
enum End {
    Sealed,
    /// The next batch goes here.
    Open {
        offset: u64,
        prev_crc: u32,
    },
    /// In damage whose end is not known.
    Rotten,
}

/// A place where a good batch should begin.
struct Place<'s> {
    segment: &'s Arc<Segment>,
    offset: u64,
    /// CRC of the header before it; `None` when that is damaged.
    prev_crc: Option<u32>,
    newest: bool,
}

impl<'a> Replay<'a> {
    /// Replays every batch after `applied`.
    pub(super) fn run(
        disk: &'a dyn Disk,
        shared: &'a Shared,
        applied: Option<&Applied>,
        report: &'a mut RecoveryReport,
    ) -> Result<Replayed, OpenError> {
        let last = applied.map_or(Last { number: 0, next_version: 1 }, |applied| Last {
            number: applied.number,
            next_version: applied.next_version,
        });
        let mut replay = Replay { disk, shared, report, last };
        let segments = shared.segments.all();
        let newest = segments.last().map(|segment| segment.seq);
        let mut tail = None;
        for segment in segments.iter().filter(|segment| applied.is_none_or(|a| segment.seq >= a.segment)) {
            let from = applied.filter(|applied| applied.segment == segment.seq);
            let (offset, prev_crc) = from.map_or((DATA_START, 0), |at| (at.end, at.header_crc));
            let place =
                Place { segment, offset, prev_crc: Some(prev_crc), newest: Some(segment.seq) == newest };
            let end = replay.walk(place)?;
            tail = match end {
                End::Open { offset, prev_crc } => {
                    Some(Tail { segment: Arc::clone(segment), offset, prev_crc })
                }
                End::Sealed | End::Rotten => None,
            };
        }
        Ok(Replayed { tail, last: replay.last })
    }

    fn walk(&mut self, mut place: Place<'_>) -> Result<End, OpenError> {
        loop {
            let batch = match load(place.segment, place.offset)? {
                Found::Batch(batch) if self.follows(&batch, &place) => Some(batch),
                Found::Batch(_) | Found::Nothing => None,
            };
            match batch {
                Some(batch) if batch.is_whole() => {
                    let (records, _) = batch.records();
                    self.apply(&place, &batch, &records)?;
                    if batch.header.seal {
                        return Ok(End::Sealed);
                    }
                    pass(&mut place, &batch);
                }
                batch => {
                    if let Some(end) = self.damage(&mut place, batch)? {
                        return Ok(end);
                    }
                }
            }
        }
    }

    fn follows(&self, batch: &Loaded, place: &Place<'_>) -> bool {
        let header = &batch.header;
        header.number > self.last.number && place.prev_crc.is_none_or(|crc| crc == header.prev_crc)
    }

    fn apply(&mut self, place: &Place<'_>, batch: &Loaded, records: &[Located<'_>]) -> Result<(), OpenError> {
        let header = &batch.header;
        self.last = Last { number: header.number, next_version: header.next_version };
        if header.seal {
            // the index stays before it, so that the next start finds the seal again
            return Ok(());
        }
        let mut effects = Effects::new(&*self.shared.index, self.shared.settings.measure);
        for located in records {
            let record = &located.record;
            if record.kind.is_delete() {
                effects.delete(record.key, record.origin, record.bytes())?;
            } else {
                let value = Bytes::copy_from_slice(record.value);
                let crcs = Bytes::copy_from_slice(record.body.map_or(&[], |body| body.crcs));
                let row = Written::new(record, located.at, value, crcs);
                effects.put(record.key, row)?;
                if let Some(first) = record.body.and_then(|body| body.home).map(|home| self.key_at(home)) {
                    first?.map_or(Ok(()), |key| effects.shares_with(&key))?;
                }
            }
        }
        let small = |n: u64| u32::try_from(n).expect("a segment has a bound");
        let placed = Placed {
            segment: header.seq,
            offset: small(header.offset),
            bodies_at: small(header.bodies_at()),
        };
        let applied = Applied {
            number: header.number,
            segment: header.seq,
            salt: header.salt,
            end: place.offset + u64::from(header.total_bytes),
            header_crc: batch.header_crc,
            next_version: header.next_version,
        };
        self.shared.apply(effects, &placed, &applied)?;
        self.report.batches_replayed += 1;
        self.report.records_replayed += records.len() as u64;
        Ok(())
    }

    /// The key of the put that a body was written with; `None` when it cannot be read any more. That is no error: a later
    /// record then tells where the body is, or its segment is damaged and stays.
    fn key_at(&self, home: Home) -> Result<Option<Vec<u8>>, OpenError> {
        let Some(segment) = self.shared.segments.get(home.segment) else { return Ok(None) };
        let read = |offset, len| match segment.read_exact(offset, len) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
            other => other.map(Some),
        };
        let at = u64::from(home.record_at);
        let Some(len) = read(at, FIXED_BYTES)?.as_deref().and_then(key_bytes) else { return Ok(None) };
        Ok(read(at + FIXED_BYTES as u64, len)?.filter(|key| key.len() <= KEY_MAX_BYTES))
    }

    /// Judges what is not a good batch: where the log goes on, or how it ends.
    fn damage(&mut self, place: &mut Place<'_>, batch: Option<Loaded>) -> Result<Option<End>, OpenError> {
        let (segment, offset) = (place.segment, place.offset);
        let known = batch.as_ref().map(|batch| batch.header);
        let from = known.map_or(offset + SECTOR, |header| offset + u64::from(header.total_bytes));
        let after = known.map_or(self.last.number, |header| header.number);
        let later = find_header(segment, from, from + BATCH_LIMIT_BYTES, after)?;
        let covers = |header: &BatchHeader| match known {
            Some(bad) => header.durable >= bad.number,
            None => header.durable > self.last.number,
        };
        if place.newest && !later.as_ref().is_some_and(covers) {
            if let Some(header) = known {
                self.report.torn_tail_bytes = header.total_bytes.into();
                // its numbers may be on disk: they are not used again
                self.last.next_version = self.last.next_version.max(header.next_version);
                tracing::warn!(
                    segment = segment.seq,
                    offset,
                    "a torn batch that nobody was promised is dropped"
                );
            }
            return Ok(Some(End::Open { offset, prev_crc: place.prev_crc.unwrap_or(0) }));
        }
        let next = known.map(|_| from).or(later.map(|header| header.offset));
        let end = next.unwrap_or(segment.capacity).min(offset + BATCH_LIMIT_BYTES);
        let rot = Rot { segment: segment.seq, offset, bytes: end - offset };
        quarantine(self.disk, segment, &rot);
        self.report.rot.push(rot);
        match (batch, next) {
            (Some(batch), _) => {
                let (records, whole) = batch.records();
                let kept = if whole { &records[..] } else { whole_commits(&records) };
                self.apply(place, &batch, kept)?;
                pass(place, &batch);
                Ok(batch.header.seal.then_some(End::Sealed))
            }
            (None, Some(next)) => {
                (place.offset, place.prev_crc) = (next, None);
                Ok(None)
            }
            (None, None) => Ok(Some(End::Rotten)),
        }
    }
}

fn pass(place: &mut Place<'_>, batch: &Loaded) {
    place.offset += u64::from(batch.header.total_bytes);
    place.prev_crc = Some(batch.header_crc);
}

/// The records before damage, without the last commit: it may not be all there.
fn whole_commits<'r, 'b>(records: &'r [Located<'b>]) -> &'r [Located<'b>] {
    let Some(last) = records.last() else { return records };
    let whole = records.iter().rposition(|located| located.record.version != last.record.version);
    &records[..whole.map_or(0, |at| at + 1)]
}
