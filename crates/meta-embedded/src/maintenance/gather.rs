//! What is still wanted of one batch: its live records with their bodies, needed deletes, and the rows with records elsewhere
//! that share its bodies. All rows of a body go in one load, so that they share it in its new place too.

use std::collections::BTreeMap;

use bytes::Bytes;
use meta::EngineError;

use super::compaction::readable;
use crate::commit::{Load, Moved, MovedBody, MovedRecord, SummedBody};
use crate::keys::{decode_share, read_row, shares_range};
use crate::log::format::BatchHeader;
use crate::log::quarantine::{Rot, quarantine};
use crate::log::record::{Record, RecordBody, body_is_whole};
use crate::log::segment::Segment;
use crate::log::walk::{Located, load_records, parse};
use crate::row::{BodyPlace, IndexRow};
use crate::settings::BATCH_SHARED_BYTES;
use crate::shared::Shared;
use crate::sharing::Location;

/// How much of a batch is in the load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gathered {
    All,
    /// The rest when this has moved.
    Part,
    Damaged,
    /// A row that shares a body of it cannot be read, so the segment has to stay.
    Stuck,
}

/// Adds what is still wanted of a batch to a load.
pub(super) fn gather(
    shared: &Shared,
    segment: &Segment,
    header: &BatchHeader,
    load: &mut Load,
) -> Result<Gathered, EngineError> {
    let Some(area) = readable(load_records(segment, header)).flatten() else { return Ok(Gathered::Damaged) };
    let (records, whole) = parse(&area, header.records);
    let start = u32::try_from(header.offset).expect("a segment has a bound");
    let mut gathering = Gathering { shared, segment, header, start, bodies: BTreeMap::new(), load };
    if !whole || !gathering.add_records(&records)? {
        return Ok(Gathered::Damaged);
    }
    gathering.add_users()
}

struct Gathering<'a> {
    shared: &'a Shared,
    segment: &'a Segment,
    header: &'a BatchHeader,
    /// Where the batch begins.
    start: u32,
    /// Numbers in the load of bodies by place and length.
    bodies: BTreeMap<(u32, u32), usize>,
    load: &'a mut Load,
}

impl Gathering<'_> {
    /// The batch's own records; `false` when a body is damaged.
    fn add_records(&mut self, records: &[Located<'_>]) -> Result<bool, EngineError> {
        let (shared, segment) = (self.shared, self.segment.seq);
        let oldest = shared.segments.seqs().into_iter().find(|seq| *seq != segment);
        for Located { at, record } in records {
            let row = read_row(&*shared.index, record.key)?;
            let record_at = self.start + at;
            if record.kind.is_delete() {
                let origin = if record.origin == 0 { segment } else { record.origin };
                if row.is_none() && oldest.is_some_and(|oldest| oldest <= origin) {
                    self.push(record, Moved::Delete { origin });
                }
            } else if row.is_some_and(|row| (row.place.segment, row.place.record_at) == (segment, record_at))
            {
                let body = match record.body {
                    None => None,
                    Some(RecordBody { home: Some(home), at, len, crcs }) => {
                        let crcs = Bytes::copy_from_slice(crcs);
                        Some(MovedBody::Stays(BodyPlace { home: Some(home), at, len, crcs }))
                    }
                    Some(RecordBody { home: None, at, len, crcs }) => {
                        let bodies_at = u32::try_from(self.header.bodies_at()).expect("a batch has a bound");
                        let Some(n) = self.body(self.start + bodies_at + at, len, crcs) else {
                            return Ok(false);
                        };
                        Some(MovedBody::Along(n))
                    }
                };
                self.push_put(record, (segment, record_at), body);
            }
        }
        Ok(true)
    }

    /// Rows with records elsewhere.
    fn add_users(&mut self) -> Result<Gathered, EngineError> {
        let from = Location { segment: self.segment.seq, at: self.start };
        let (from, to) = shares_range(from, self.start + self.header.total_bytes);
        let snapshot = self.shared.index.snapshot();
        let mut added = 0;
        for entry in snapshot.range(&from, &to) {
            let (entry, _) = entry?;
            let (location, key) = decode_share(&entry)?;
            let Some(row) = read_row(&*self.shared.index, key)? else { continue };
            let (own, at) = (row.place.segment == self.segment.seq, row.place.record_at);
            let in_batch = own && (self.start..self.start + self.header.total_bytes).contains(&at);
            if in_batch || row.location().is_none_or(|(now, _)| now != location) {
                continue;
            }
            match self.add_user(key, &row, &mut added)? {
                Gathered::All => {}
                other => return Ok(other),
            }
        }
        Ok(Gathered::All)
    }

    /// `added` counts the bytes of such records, for a bound.
    fn add_user(&mut self, key: &[u8], row: &IndexRow, added: &mut u64) -> Result<Gathered, EngineError> {
        let place = row.place;
        // a record that compaction moved meanwhile is found by the next pass
        let Some(other) = self.shared.segments.get(place.segment) else { return Ok(Gathered::All) };
        let bytes = readable(other.read_exact(place.record_at.into(), row.record_bytes() as usize));
        let record = bytes.as_deref().and_then(Record::decode).map(|(record, _)| record);
        let (Some(record), Some(body)) = (record.filter(|record| record.key == key), &row.body) else {
            let (offset, bytes) = (place.record_at.into(), row.record_bytes().into());
            quarantine(&*self.shared.disk, &other, &Rot { segment: other.seq, offset, bytes });
            self.segment.mark_damaged();
            return Ok(Gathered::Stuck);
        };
        let (bytes, known) = (u64::from(record.bytes()), self.bodies.contains_key(&(body.at, body.len)));
        let more = bytes + if known { 0 } else { u64::from(body.len) };
        let is_much = *added + bytes > self.shared.settings.compact_step_bytes
            || self.load.bytes + more > BATCH_SHARED_BYTES;
        if is_much && !self.load.records.is_empty() {
            return Ok(Gathered::Part);
        }
        *added += bytes;
        let Some(n) = self.body(body.at, body.len, &body.crcs) else { return Ok(Gathered::Damaged) };
        self.push_put(&record, (place.segment, place.record_at), Some(MovedBody::Along(n)));
        Ok(Gathered::All)
    }

    /// The number of a body in the load; `None` when it is damaged.
    fn body(&mut self, at: u32, len: u32, crcs: &[u8]) -> Option<usize> {
        if let Some(n) = self.bodies.get(&(at, len)) {
            return Some(*n);
        }
        let bytes = readable(self.segment.read_exact(at.into(), len as usize))?;
        if !body_is_whole(&bytes, crcs) {
            return None;
        }
        let n = self.load.bodies.len();
        self.load.bodies.push(SummedBody {
            pieces: vec![bytes.into()],
            len,
            crcs: Bytes::copy_from_slice(crcs),
        });
        self.load.bytes += u64::from(len);
        self.bodies.insert((at, len), n);
        Some(n)
    }

    fn push_put(&mut self, record: &Record<'_>, (segment, record_at): (u64, u32), body: Option<MovedBody>) {
        let (value, external) = (Bytes::copy_from_slice(record.value), record.external);
        self.push(record, Moved::Put { segment, record_at, value, external, body });
    }

    fn push(&mut self, record: &Record<'_>, what: Moved) {
        self.load.bytes += u64::from(record.bytes());
        let (version, write_id) = (record.version, record.write_id);
        self.load.records.push(MovedRecord { key: record.key.to_vec(), version, write_id, what });
    }
}
