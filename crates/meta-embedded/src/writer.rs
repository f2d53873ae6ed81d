//! The one writer: takes what has queued, decides it in order, writes and syncs it as one batch, brings it into the index
//! and answers. It runs on a thread of its own, so that no request's task ever waits in a sync.

mod assembly;

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Receiver;

use disk::{AlignedBuf, SECTOR_BYTES};
use meta::{EngineError, Version};

use crate::commit::Job;
use crate::effects::Placed;
use crate::keys::Applied;
use crate::log::format::{
    BATCH_HEADER_BYTES, BatchHeader, DATA_START, SECTOR, SEGMENT_FORMAT, SegmentHeader, crc32c,
};
use crate::log::segment::{Segment, write_header};
use crate::log::supply::SupplyError;
use crate::settings::BATCH_LIMIT_BYTES;
use crate::shared::Shared;
use assembly::Assembly;

/// Where the next batch goes.
pub(crate) struct Tail {
    pub(crate) segment: Arc<Segment>,
    pub(crate) offset: u64,
    /// CRC of the header of the last batch in the segment; 0 for none.
    pub(crate) prev_crc: u32,
}

/// Numbers that are not used yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Next {
    pub(crate) segment: u64,
    pub(crate) batch: u64,
    pub(crate) version: Version,
}

pub(crate) struct Writer {
    shared: Arc<Shared>,
    /// `None` when the last segment is sealed, or its end is not known.
    tail: Option<Tail>,
    next: Next,
    /// The last batch known durable.
    durable: u64,
    pending: VecDeque<Job>,
    buffer: AlignedBuf,
    records: Vec<u8>,
}

type Outcomes = Vec<Result<Version, EngineError>>;

impl Writer {
    pub(crate) fn new(shared: Arc<Shared>, tail: Option<Tail>, next: Next, durable: u64) -> Self {
        let (pending, records) = (VecDeque::new(), Vec::new());
        let buffer = AlignedBuf::with_capacity(64 * SECTOR_BYTES);
        Self { shared, tail, next, durable, pending, buffer, records }
    }

    /// Works until it is told to close, or until nobody can send any more.
    pub(crate) fn run(mut self, jobs: &Receiver<Job>) {
        loop {
            if self.pending.is_empty() {
                match jobs.recv() {
                    Ok(job) => self.pending.push_back(job),
                    Err(_) => return,
                }
            }
            while self.pending.len() < self.shared.settings.batch_max_commits {
                match jobs.try_recv() {
                    Ok(job) => self.pending.push_back(job),
                    Err(_) => break,
                }
            }
            let (group, closing) = self.take_group();
            let left = self.process(group);
            if closing && left.is_empty() {
                return;
            }
            if closing {
                self.pending.push_front(Job::Close);
            }
            left.into_iter().rev().for_each(|job| self.pending.push_front(job));
        }
    }

    /// Takes jobs for one batch, in order, as many as fit; whether the last was to close.
    fn take_group(&mut self) -> (Vec<Job>, bool) {
        let (mut group, mut bytes) = (Vec::new(), 0);
        while let Some(job) = self.pending.pop_front() {
            let more = match &job {
                Job::Commit { commit, .. } => commit.bytes,
                Job::Move { load, .. } => load.bytes,
                Job::Close => return (group, true),
            };
            if !group.is_empty() && bytes + more > self.shared.settings.batch_max_bytes {
                self.pending.push_front(job);
                break;
            }
            bytes += more;
            group.push(job);
        }
        (group, false)
    }

    /// Does what fits in one batch and answers; returns the jobs that have to wait for the next, in order.
    fn process(&mut self, group: Vec<Job>) -> Vec<Job> {
        let outcomes = if self.shared.is_read_only() {
            group.iter().map(|_| Err(EngineError::ReadOnly)).collect()
        } else {
            self.write_group(&group)
        };
        let counters = &self.shared.counters;
        let mut done = group;
        let left = done.split_off(outcomes.len());
        for (job, outcome) in done.into_iter().zip(outcomes) {
            match job {
                Job::Commit { commit, reply } => {
                    counters.queued_commits.fetch_sub(1, Ordering::SeqCst);
                    counters.queued_bytes.fetch_sub(commit.bytes, Ordering::SeqCst);
                    counters.commits.fetch_add(outcome.is_ok().into(), Ordering::Relaxed);
                    // free the body before its owner goes on; an owner that went away does not matter
                    drop(commit);
                    let _ = reply.send(outcome);
                }
                Job::Move { reply, .. } => {
                    let _ = reply.send(outcome.map(|_| ()));
                }
                Job::Close => {}
            }
        }
        left
    }

    /// Decides and writes jobs as one batch; what becomes of each that fits, at least of the first.
    fn write_group(&mut self, group: &[Job]) -> Outcomes {
        let shared = Arc::clone(&self.shared);
        let puts = |job: &Job| matches!(job, Job::Commit { commit, .. } if commit.grows);
        let grows = group.iter().any(puts) && !shared.supply.is_tight().unwrap_or(true);
        let (assembly, mut outcomes) = self.assemble(&shared, group, grows);
        if !outcomes.iter().any(Result::is_ok) {
            return outcomes;
        }
        let done = match self.make_room(assembly.total_bytes(), grows) {
            Ok(()) => self.write(assembly),
            Err(SupplyError::Full) if grows => {
                // what only deletes can still be done: decide again without the puts
                self.records = assembly.records;
                let (assembly, without_puts) = self.assemble(&shared, group, false);
                outcomes = without_puts;
                self.write_without_growth(assembly, &outcomes)
            }
            Err(error) => Err(self.no_room(error)),
        };
        if let Err(error) = done {
            outcomes.iter_mut().filter(|outcome| outcome.is_ok()).for_each(|o| *o = Err(error.clone()));
        }
        outcomes
    }

    /// Writes what is left of a batch whose puts found no room.
    fn write_without_growth(
        &mut self,
        assembly: Assembly<'_>,
        outcomes: &Outcomes,
    ) -> Result<(), EngineError> {
        if !outcomes.iter().any(Result::is_ok) {
            return Ok(());
        }
        match self.make_room(assembly.total_bytes(), false) {
            Ok(()) => self.write(assembly),
            Err(error) => Err(self.no_room(error)),
        }
    }

    fn no_room(&self, error: SupplyError) -> EngineError {
        match error {
            SupplyError::Full => EngineError::Full,
            SupplyError::Io(error) => self.failed("beginning a segment", &error),
        }
    }

    /// Decides jobs in order; with `puts` unset those that put anything are refused for want of space.
    fn assemble<'a>(&mut self, shared: &'a Shared, group: &[Job], puts: bool) -> (Assembly<'a>, Outcomes) {
        let records = std::mem::take(&mut self.records);
        let mut assembly = {
            let of = (shared.settings.measure, self.next.version);
            Assembly::new(&*shared.index, &shared.segments, records, of)
        };
        let mut outcomes = Outcomes::new();
        for job in group {
            let outcome = match job {
                Job::Commit { commit, .. } if commit.grows && !puts => Err(EngineError::Full),
                Job::Commit { commit, .. } => assembly.commit(commit),
                Job::Move { load, .. } if !assembly.has_room_for(load.bytes) => Ok(None),
                Job::Move { load, .. } => assembly.take_along(load).map(|()| Some(0)),
                Job::Close => Ok(Some(0)),
            };
            match outcome.transpose() {
                Some(outcome) => outcomes.push(outcome),
                None => break,
            }
        }
        (assembly, outcomes)
    }

    fn failed(&self, what: &str, error: &io::Error) -> EngineError {
        self.shared.fail(what, error);
        EngineError::Io(format!("{what}: {error}"))
    }

    /// Writes and syncs the batch, then brings it into the index.
    fn write(&mut self, mut assembly: Assembly<'_>) -> Result<(), EngineError> {
        assembly.lay_out(&mut self.buffer);
        let records_bytes = u32::try_from(assembly.records.len()).expect("a batch has a bound");
        let records_crc = crc32c(&assembly.records);
        let header = self.header(records_bytes, assembly.count, records_crc, assembly.next_version);
        let applied = self.append(&header).map_err(|error| self.failed("writing the log", &error))?;
        self.next.version = assembly.next_version;
        let placed = Placed {
            segment: header.seq,
            offset: u32::try_from(header.offset).expect("a segment has a bound"),
            bodies_at: u32::try_from(header.bodies_at()).expect("a batch has a bound"),
        };
        self.records = std::mem::take(&mut assembly.records);
        if self.records.capacity() as u64 > BATCH_LIMIT_BYTES / 16 {
            self.records = Vec::new();
        }
        self.shared.apply(assembly.effects, &placed, &applied).map_err(|error| {
            self.shared.fail("writing the index", &error);
            EngineError::Io(error.to_string())
        })
    }

    fn header(
        &self,
        records_bytes: u32,
        records: u32,
        records_crc: u32,
        next_version: Version,
    ) -> BatchHeader {
        let tail = self.tail.as_ref().expect("room was made");
        let total_bytes = u32::try_from(self.buffer.len()).expect("a batch has a bound");
        BatchHeader {
            seq: tail.segment.seq,
            salt: tail.segment.salt,
            offset: tail.offset,
            number: self.next.batch,
            durable: self.durable,
            next_version,
            total_bytes,
            records_bytes,
            records,
            prev_crc: tail.prev_crc,
            records_crc,
            seal: false,
        }
    }

    /// Writes what the buffer holds as one batch at the tail, and syncs it.
    fn append(&mut self, header: &BatchHeader) -> io::Result<Applied> {
        let tail = self.tail.as_mut().expect("room was made");
        let (bytes, header_crc) = header.encode();
        self.buffer.as_mut_slice()[..BATCH_HEADER_BYTES].copy_from_slice(&bytes);
        tail.segment.file.write_at(tail.offset, self.buffer.as_slice())?;
        tail.segment.file.sync()?;
        let counters = &self.shared.counters;
        counters.batches.fetch_add(1, Ordering::Relaxed);
        counters.syncs.fetch_add(1, Ordering::Relaxed);
        counters.written_bytes.fetch_add(self.buffer.len() as u64, Ordering::Relaxed);
        tail.offset += u64::from(header.total_bytes);
        tail.prev_crc = header_crc;
        self.durable = header.number;
        self.next.batch = header.number + 1;
        if self.buffer.len() as u64 > self.shared.settings.batch_max_bytes {
            self.buffer = AlignedBuf::with_capacity(64 * SECTOR_BYTES);
        }
        Ok(Applied {
            number: header.number,
            segment: header.seq,
            salt: header.salt,
            end: tail.offset,
            header_crc,
            next_version: header.next_version,
        })
    }

    /// Sees to it that a batch of `total` bytes fits at the tail, in a new segment if need be.
    fn make_room(&mut self, total: u64, growth: bool) -> Result<(), SupplyError> {
        // a sector is kept for the seal; a damaged segment is sealed and left, and one that older programs would read wrongly
        let fits = |tail: &Tail| {
            let is_current = tail.segment.format == SEGMENT_FORMAT && !tail.segment.is_damaged();
            is_current && tail.offset + total + SECTOR <= tail.segment.capacity
        };
        if self.tail.as_ref().is_some_and(fits) {
            return Ok(());
        }
        let shared = Arc::clone(&self.shared);
        let seq = self.next.segment;
        let (file, capacity) = shared.supply.take(seq, DATA_START + total + SECTOR, growth)?;
        self.seal().map_err(SupplyError::Io)?;
        let salt = shared.settings.nonce;
        let (next_version, next_batch) = (self.next.version, self.next.batch);
        let format = SEGMENT_FORMAT;
        let header = SegmentHeader { format, seq, salt, capacity, next_version, next_batch };
        write_header(&*file, &header).map_err(SupplyError::Io)?;
        let segment = Arc::new(Segment::new(seq, salt, capacity, file));
        shared.segments.insert(Arc::clone(&segment));
        shared.counters.tail.store(seq, Ordering::SeqCst);
        self.next.segment += 1;
        self.tail = Some(Tail { segment, offset: DATA_START, prev_crc: 0 });
        Ok(())
    }

    /// Ends the segment at the tail, so that recovery can tell its end from damage.
    fn seal(&mut self) -> io::Result<()> {
        let has_room = |tail: &Tail| tail.offset + SECTOR <= tail.segment.capacity;
        if !self.tail.as_ref().is_some_and(has_room) {
            return Ok(());
        }
        self.buffer.clear();
        self.buffer.extend_from_slice(&[0; BATCH_HEADER_BYTES]);
        self.buffer.pad_to_sector();
        let header = BatchHeader { seal: true, ..self.header(0, 0, crc32c(&[]), self.next.version) };
        self.append(&header)?;
        self.tail = None;
        Ok(())
    }
}
