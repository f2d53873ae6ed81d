//! Puts a batch together: decides each commit, in order, against the index and what the batch did before it, and collects
//! the records of those that take effect.

use bytes::Bytes;
use disk::AlignedBuf;
use meta::engine::DISPLACED_MAX_BYTES;
use meta::{Check, EngineError, Measure, Version, WriteId};

use crate::commit::{Load, Moved, MovedBody, MovedRecord, ReadyBody, ReadyCommit, ReadyWrite, SummedBody};
use crate::effects::{Effects, State, Written};
use crate::index::Index;
use crate::log::format::BATCH_HEADER_BYTES;
use crate::log::record::{Kind, Record, RecordBody};
use crate::log::segment::{Segments, sectors};
use crate::reading::LoggedValue;
use crate::row::{BodyPlace, Value};
use crate::settings::BATCH_SHARED_BYTES;

pub(crate) struct Assembly<'a> {
    segments: &'a Segments,
    pub(crate) effects: Effects<'a>,
    pub(crate) records: Vec<u8>,
    pub(crate) count: u32,
    bodies: Vec<Bytes>,
    bodies_bytes: u64,
    pub(crate) next_version: Version,
}

/// One record's identity, apart from what it says.
#[derive(Clone, Copy)]
struct Mark {
    kind: Kind,
    version: Version,
    write_id: WriteId,
    origin: u64,
}

impl<'a> Assembly<'a> {
    /// An empty batch; `records` is a buffer to be reused.
    pub(crate) fn new(
        index: &'a dyn Index,
        segments: &'a Segments,
        mut records: Vec<u8>,
        (measure, next_version): (Measure, Version),
    ) -> Self {
        records.clear();
        let (bodies, effects) = (Vec::new(), Effects::new(index, measure));
        Self { segments, effects, records, count: 0, bodies, bodies_bytes: 0, next_version }
    }

    /// Bytes of the batch as it stands.
    pub(crate) fn total_bytes(&self) -> u64 {
        sectors((BATCH_HEADER_BYTES + self.records.len()) as u64 + self.bodies_bytes)
    }

    /// Lays the batch out: room for the header, records, bodies, padding.
    pub(crate) fn lay_out(&self, out: &mut AlignedBuf) {
        out.clear();
        out.extend_from_slice(&[0; BATCH_HEADER_BYTES]);
        out.extend_from_slice(&self.records);
        self.bodies.iter().for_each(|piece| out.extend_from_slice(piece));
        out.pad_to_sector();
    }

    /// Whether so much more can be added: a batch is never longer than recovery reads, and the first job always fits.
    pub(crate) fn has_room_for(&self, bytes: u64) -> bool {
        self.count == 0 || self.total_bytes() + bytes <= BATCH_SHARED_BYTES
    }

    /// Decides a commit; when it takes effect its records are in the batch, else nothing is. `None` when it has to wait for
    /// the next batch.
    pub(crate) fn commit(&mut self, commit: &ReadyCommit) -> Result<Option<Version>, EngineError> {
        for (check, condition) in commit.checks.iter().enumerate() {
            if !self.holds(condition)? {
                return Err(EngineError::Conflict { check });
            }
        }
        commit.checks.iter().try_for_each(|check| self.bound(check, commit))?;
        let shared = self.shared_bodies(commit)?;
        let displaced_bytes = self.load(commit)?;
        if !self.has_room_for(commit.bytes + displaced_bytes as u64) {
            return Ok(None);
        }
        let version = self.next_version;
        self.next_version += 1;
        for (write, shared) in commit.writes.iter().zip(shared) {
            let mark = |kind| Mark { kind, version, write_id: commit.write_id, origin: 0 };
            let state = self.effects.state(&write.key)?;
            let displaced =
                write.displaced_to.as_ref().filter(|_| state.is_external()).zip(whole_value(state));
            let exists = state.version().is_some();
            match &write.put {
                Some(put) => {
                    let body = match &put.body {
                        Some(ReadyBody::Carried(body)) => Some(self.lay_body(body)),
                        Some(ReadyBody::Of(..)) | None => shared,
                    };
                    self.put(mark(Kind::Put), &write.key, put.external, (&put.value, body))?;
                }
                None if exists => self.delete(mark(Kind::Delete), &write.key)?,
                None => {}
            }
            if let Some((kept_at, value)) = displaced {
                self.put(mark(Kind::Put), kept_at, true, (&value, None))?;
            }
        }
        Ok(Some(version))
    }

    /// The bodies that writes are to share with rows as they stand before the commit.
    fn shared_bodies(&mut self, commit: &ReadyCommit) -> Result<Vec<Option<BodyPlace>>, EngineError> {
        let mut shared = Vec::with_capacity(commit.writes.len());
        for write in &commit.writes {
            let Some(ReadyBody::Of(key, version)) = write.put.as_ref().and_then(|put| put.body.as_ref())
            else {
                shared.push(None);
                continue;
            };
            let state = self.effects.state(key)?;
            if state.version() != Some(*version) {
                return Err(EngineError::Conflict { check: commit.checks.len() });
            }
            shared.push(match state {
                State::Absent => None,
                State::Written(row) => row.body.clone(),
                State::Indexed(row) => {
                    let body = row.body_from_afar();
                    self.effects.shares_with(key)?;
                    body
                }
            });
        }
        Ok(shared)
    }

    /// Takes records of other segments along, as far as they are still wanted.
    pub(crate) fn take_along(&mut self, load: &Load) -> Result<(), EngineError> {
        let mut laid = vec![None; load.bodies.len()];
        load.records.iter().try_for_each(|moved| self.take_one(moved, &load.bodies, &mut laid))
    }

    /// `laid` has the place of each body of the load that is in the batch.
    fn take_one(
        &mut self,
        moved: &MovedRecord,
        bodies: &[SummedBody],
        laid: &mut [Option<BodyPlace>],
    ) -> Result<(), EngineError> {
        let mark = |kind, origin| Mark { kind, version: moved.version, write_id: moved.write_id, origin };
        let state = self.effects.state(&moved.key)?;
        match &moved.what {
            Moved::Put { segment, record_at, value, external, body } => match state {
                State::Indexed(row) if (row.place.segment, row.place.record_at) == (*segment, *record_at) => {
                    let body = body.as_ref().map(|body| match body {
                        MovedBody::Stays(place) => place.clone(),
                        MovedBody::Along(n) => {
                            laid[*n].get_or_insert_with(|| self.lay_body(&bodies[*n])).clone()
                        }
                    });
                    self.put(mark(Kind::MovedPut, 0), &moved.key, *external, (value, body))
                }
                _ => Ok(()),
            },
            Moved::Delete { origin } => match state {
                State::Absent => self.delete(mark(Kind::MovedDelete, *origin), &moved.key),
                _ => Ok(()),
            },
        }
    }

    fn holds(&mut self, check: &Check) -> Result<bool, EngineError> {
        Ok(match check {
            Check::Absent(key) => self.effects.state(key)?.version().is_none(),
            Check::Present(key) => self.effects.state(key)?.version().is_some(),
            Check::VersionIs(key, version) => self.effects.state(key)?.version() == Some(*version),
            Check::Empty(range) => !self.effects.any_in(range)?,
            Check::AtMost { .. } => true,
        })
    }

    /// Whether the commit leaves a total within its bound.
    fn bound(&mut self, check: &Check, commit: &ReadyCommit) -> Result<(), EngineError> {
        let Check::AtMost { group, places, most } = check else { return Ok(()) };
        let before = self.effects.totals(*group)?;
        let mut after = before;
        for write in &commit.writes {
            let (old, new) = self.effects.shares(&write.key, measured(write))?;
            let [old, new] = [old, new].map(|share| share.filter(|(of, _)| of == group));
            after = after.replacing(old.as_ref().map(|(_, row)| row), new.as_ref().map(|(_, row)| row));
        }
        match after.sum(places) <= (*most).max(before.sum(places)) {
            true => Ok(()),
            false => Err(EngineError::OverLimit { places, most: *most }),
        }
    }

    /// Reads all that the commit needs, so that nothing fails once its first record is in the batch; returns how many bytes
    /// of values it displaces.
    fn load(&mut self, commit: &ReadyCommit) -> Result<usize, EngineError> {
        let mut displaced_bytes = 0;
        for write in &commit.writes {
            self.effects.read_totals_for(&write.key, measured(write))?;
            let Some(kept_at) = &write.displaced_to else { continue };
            self.effects.state(kept_at)?;
            let state = self.effects.state(&write.key)?;
            if !state.is_external() {
                continue;
            }
            if let State::Indexed(row) = state
                && let Value::Logged { at, len, crc, .. } = row.value
            {
                let place = row.place;
                let value = self.logged(place.segment, LoggedValue { at, len, crc })?;
                self.effects.complete(&write.key, value);
            }
            if let Some(value) = whole_value(self.effects.state(&write.key)?) {
                displaced_bytes += value.len();
                self.effects.read_totals_for(kept_at, Some((&value, true)))?;
            }
        }
        if displaced_bytes > DISPLACED_MAX_BYTES {
            return Err(EngineError::TooLarge("displaced values"));
        }
        Ok(displaced_bytes)
    }

    fn logged(&self, segment: u64, value: LoggedValue) -> Result<Bytes, EngineError> {
        // only this thread takes rows away from a segment, so a segment with a row is there
        let segment = self.segments.get(segment);
        let segment = segment.ok_or_else(|| EngineError::Corrupt("a row's segment is missing".to_owned()))?;
        value.read_blocking(&segment)
    }

    /// Adds the bytes of a body to the batch.
    fn lay_body(&mut self, body: &SummedBody) -> BodyPlace {
        let at = u32::try_from(self.bodies_bytes).expect("a batch has a bound");
        self.bodies.extend(body.pieces.iter().cloned());
        self.bodies_bytes += u64::from(body.len);
        BodyPlace { home: None, at, len: body.len, crcs: body.crcs.clone() }
    }

    fn put(
        &mut self,
        mark: Mark,
        key: &[u8],
        external: bool,
        (value, body): (&Bytes, Option<BodyPlace>),
    ) -> Result<(), EngineError> {
        let crcs = body.as_ref().map(|body| body.crcs.clone()).unwrap_or_default();
        let body = body.map(|body| RecordBody { home: body.home, at: body.at, len: body.len, crcs: &crcs });
        let record = record(mark, external, key, value, body);
        let record_at = self.push(&record);
        self.effects.put(key, Written::new(&record, record_at, value.clone(), crcs.clone()))
    }

    fn delete(&mut self, mark: Mark, key: &[u8]) -> Result<(), EngineError> {
        let record = record(mark, false, key, &[], None);
        self.push(&record);
        self.effects.delete(key, mark.origin, record.bytes())
    }

    fn push(&mut self, record: &Record<'_>) -> u32 {
        let at = BATCH_HEADER_BYTES + self.records.len();
        record.encode_into(&mut self.records);
        self.count += 1;
        u32::try_from(at).expect("a batch has a bound")
    }
}

fn record<'r>(
    mark: Mark,
    external: bool,
    key: &'r [u8],
    value: &'r [u8],
    body: Option<RecordBody<'r>>,
) -> Record<'r> {
    let Mark { kind, version, write_id, origin } = mark;
    Record { kind, external, version, write_id, origin, key, value, body }
}

/// The value of a put, and whether it comes with bytes: what is measured of it.
fn measured(write: &ReadyWrite) -> Option<(&Bytes, bool)> {
    write.put.as_ref().map(|put| (&put.value, put.body.is_some() || put.external))
}

/// The whole value of a row; `None` when there is no row. A long value was completed by [`Assembly::load`].
fn whole_value(state: &State) -> Option<Bytes> {
    match state {
        State::Absent => None,
        State::Indexed(row) => match &row.value {
            Value::Inline(value) => Some(value.clone()),
            Value::Logged { .. } => None,
        },
        State::Written(row) => Some(row.value.clone()),
    }
}
