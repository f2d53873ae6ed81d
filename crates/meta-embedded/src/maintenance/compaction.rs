//! Copies what is still wanted out of a mostly dead segment, through the writer, so that the segment can be reused.
//!
//! Two reasons make a segment a victim: less than half of it is wanted; or the deletes carried along for the sake of old
//! segments have become many, and rewriting the oldest segment frees them.

use std::io;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{SyncSender, sync_channel};

use bytes::Bytes;
use meta::EngineError;

use super::Maintenance;
use crate::commit::{Job, Moved, MovedRecord, ReadyPut, SummedBody};
use crate::index::IndexChange;
use crate::keys::{read_row, usage_key};
use crate::log::format::{BatchHeader, DATA_START, SECTOR};
use crate::log::quarantine::{Rot, quarantine};
use crate::log::record::{Record, body_is_whole};
use crate::log::segment::Segment;
use crate::log::walk::{Located, header_at, load_records, parse};
use crate::settings::BATCH_SHARED_BYTES;
use crate::shared::Shared;

/// How far a victim has been read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor {
    segment: u64,
    offset: u64,
}

/// What one step did.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Step {
    pub(super) moved_bytes: u64,
    pub(super) more: bool,
}

/// Records to be moved.
#[derive(Default)]
struct Load {
    records: Vec<MovedRecord>,
    bytes: u64,
}

impl Maintenance {
    pub(super) fn compact(&mut self, shared: &Shared, jobs: &SyncSender<Job>) -> Result<Step, EngineError> {
        let Some(cursor) = self.cursor.or_else(|| choose(shared)) else { return Ok(Step::default()) };
        let Some(segment) = shared.segments.get(cursor.segment).filter(|segment| !segment.is_damaged())
        else {
            self.cursor = None;
            return Ok(Step::default());
        };
        let end = shared.usage().0.get(&cursor.segment).map_or(0, |usage| usage.end);
        self.cursor = None;
        let mut load = Load::default();
        let mut offset = cursor.offset;
        while offset < end && load.bytes < shared.settings.compact_step_bytes {
            let header = readable(header_at(&segment, offset)).flatten();
            // what is moved at once has to fit in a batch again
            let longer = header.map_or(0, |(header, _)| load.bytes + u64::from(header.total_bytes));
            if load.bytes > 0 && longer > BATCH_SHARED_BYTES {
                break;
            }
            let gathered = header.map(|(header, _)| gather(shared, &segment, &header, &mut load));
            let (Some((header, _)), Some(true)) = (header, gathered.transpose()?) else {
                let bytes = header.map_or(SECTOR, |(header, _)| header.total_bytes.into());
                quarantine(&*shared.disk, &segment, &Rot { segment: segment.seq, offset, bytes });
                return Ok(Step::default());
            };
            offset += u64::from(header.total_bytes);
        }
        let moved_bytes = load.bytes;
        if !load.records.is_empty() {
            send(jobs, load)?;
        }
        if offset < end {
            self.cursor = Some(Cursor { segment: cursor.segment, offset });
        } else {
            settle(shared, &segment)?;
        }
        Ok(Step { moved_bytes, more: true })
    }
}

/// What cannot be read is as good as damaged.
fn readable<T>(read: io::Result<T>) -> Option<T> {
    read.inspect_err(|error| tracing::error!(%error, "compaction cannot read the log")).ok()
}

/// The segment most worth rewriting, if any is.
fn choose(shared: &Shared) -> Option<Cursor> {
    let seqs = shared.segments.seqs();
    let (newest, tail) = (seqs.last().copied(), shared.counters.tail.load(Ordering::SeqCst));
    let usage = shared.usage();
    let (mut live, mut tombstones) = (0, 0);
    let (mut best, mut oldest) = (None, None);
    let first = seqs.first();
    for seq in &seqs {
        let Some(of) = usage.0.get(seq) else { continue };
        let needed = of.needed_tombstones(seqs.iter().copied().find(|other| other != seq));
        live += of.live;
        tombstones += needed;
        let sound = shared.segments.get(*seq).is_some_and(|segment| !segment.is_damaged());
        if !sound || Some(*seq) == newest || *seq == tail {
            continue;
        }
        let wanted = of.live + needed;
        if Some(seq) == first && wanted > 0 {
            oldest = Some(*seq);
        }
        // per mille: exact enough to choose by
        let share = wanted * 1_000 / of.used().max(1);
        if wanted > 0 && share < 500 && best.is_none_or(|(least, _)| share < least) {
            best = Some((share, *seq));
        }
    }
    let burdened = tombstones > (live / 4).max(shared.settings.segment_bytes / 4);
    let segment = best.map(|(_, seq)| seq).or(if burdened { oldest } else { None })?;
    Some(Cursor { segment, offset: DATA_START })
}

/// Adds what is still wanted of a batch; `false` when the batch is damaged.
fn gather(
    shared: &Shared,
    segment: &Segment,
    header: &BatchHeader,
    load: &mut Load,
) -> Result<bool, EngineError> {
    let Some(area) = readable(load_records(segment, header)).flatten() else { return Ok(false) };
    let (records, whole) = parse(&area, header.records);
    if !whole {
        return Ok(false);
    }
    let oldest = shared.segments.seqs().into_iter().find(|seq| *seq != segment.seq);
    for located in records {
        let row = read_row(&*shared.index, located.record.key)?;
        let record_at = u32::try_from(header.offset).expect("a segment has a bound") + located.at;
        let what = if located.record.kind.is_delete() {
            let origin = if located.record.origin == 0 { segment.seq } else { located.record.origin };
            let needed = row.is_none() && oldest.is_some_and(|oldest| oldest <= origin);
            needed.then_some(Moved::Delete { origin })
        } else if row.is_some_and(|row| (row.place.segment, row.place.record_at) == (segment.seq, record_at))
        {
            let Some(put) = put_of(segment, header, &located) else { return Ok(false) };
            Some(Moved::Put { segment: segment.seq, record_at, put })
        } else {
            None
        };
        if let Some(what) = what {
            load.push(&located.record, what);
        }
    }
    Ok(true)
}

impl Load {
    fn push(&mut self, record: &Record<'_>, what: Moved) {
        self.bytes += u64::from(record.footprint());
        let (version, write_id) = (record.version, record.write_id);
        self.records.push(MovedRecord { key: record.key.to_vec(), version, write_id, what });
    }
}

/// A live put with its body; `None` when the body is damaged.
fn put_of(segment: &Segment, header: &BatchHeader, located: &Located<'_>) -> Option<ReadyPut> {
    let record = &located.record;
    let mut summed = None;
    if let Some(body) = record.body {
        let at = header.offset + header.bodies_at() + u64::from(body.at);
        let bytes = readable(segment.read_exact(at, body.len as usize))?;
        if !body_is_whole(&bytes, body.crcs) {
            return None;
        }
        let crcs = Bytes::copy_from_slice(body.crcs);
        summed = Some(SummedBody { pieces: vec![bytes.into()], len: body.len, crcs });
    }
    let value = Bytes::copy_from_slice(record.value);
    Some(ReadyPut { value, body: summed, external: record.external })
}

fn send(jobs: &SyncSender<Job>, load: Load) -> Result<(), EngineError> {
    let (reply, answer) = sync_channel(1);
    let job = Job::Move { records: load.records, bytes: load.bytes, reply };
    jobs.send(job).map_err(|_| EngineError::ReadOnly)?;
    answer.recv().unwrap_or(Err(EngineError::ReadOnly))
}

/// Nothing of the segment is wanted any more: its deletes were carried on or are not needed.
fn settle(shared: &Shared, segment: &Segment) -> Result<(), EngineError> {
    let mut usage = shared.usage();
    let Some(of) = usage.0.get_mut(&segment.seq) else { return Ok(()) };
    if of.live > 0 {
        tracing::error!(segment = segment.seq, bytes = of.live, "live bytes that no record accounts for");
        segment.mark_damaged();
        return Ok(());
    }
    let settled = crate::usage::Usage { tombstones: Default::default(), ..of.clone() };
    let change = IndexChange::Put(usage_key(segment.seq), settled.encode());
    shared.index.write(vec![change])?;
    *of = settled;
    Ok(())
}
