//! The segments of the log that are in use: one file each, found by number, kept open while anybody reads them.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, RwLock};

use disk::{AlignedBuf, DiskFile, SECTOR_BYTES};

use super::format::{DATA_START, HeaderFound, SECTOR, SEGMENT_FORMAT, Salt, SegmentHeader};

/// Folder of the log.
pub(crate) const LOG_DIR: &str = "log";

pub(crate) fn segment_name(seq: u64) -> String {
    format!("{LOG_DIR}/{seq:016x}.seg")
}

/// A segment's file. Its number is never used again, so whoever found it by number has the right bytes.
pub(crate) struct Segment {
    pub(crate) seq: u64,
    /// Version of its format.
    pub(crate) format: u16,
    pub(crate) salt: Salt,
    pub(crate) capacity: u64,
    pub(crate) file: Arc<dyn DiskFile>,
    damaged: AtomicBool,
}

impl Segment {
    pub(crate) fn new(seq: u64, salt: Salt, capacity: u64, file: Arc<dyn DiskFile>) -> Self {
        Self { seq, format: SEGMENT_FORMAT, salt, capacity, file, damaged: AtomicBool::new(false) }
    }

    pub(crate) fn of_format(self, format: u16) -> Self {
        Self { format, ..self }
    }

    /// Whether rot was found in it: it is then kept as it is, for whoever comes to save what can be saved.
    pub(crate) fn is_damaged(&self) -> bool {
        self.damaged.load(Ordering::SeqCst)
    }

    pub(crate) fn mark_damaged(&self) {
        self.damaged.store(true, Ordering::SeqCst);
    }

    /// Reads exactly `len` bytes; waits for the disk when it must.
    pub(crate) fn read_exact(&self, offset: u64, len: usize) -> io::Result<Vec<u8>> {
        let mut out = vec![0; len];
        self.read_into(offset, &mut out)?;
        Ok(out)
    }

    /// Fills `out`; waits for the disk when it must.
    pub(crate) fn read_into(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let n = self.file.read_at(offset, out)?;
        if n == out.len() { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }
}

/// Writes both copies of a new segment's header. They become durable with the first batch.
pub(crate) fn write_header(file: &dyn DiskFile, header: &SegmentHeader) -> io::Result<()> {
    let mut out = AlignedBuf::with_capacity(2 * SECTOR_BYTES);
    let sector = header.encode();
    out.extend_from_slice(&sector);
    out.extend_from_slice(&sector);
    file.write_at(0, out.as_slice())
}

/// Reads a segment's header, from the second copy when the first is damaged.
pub(crate) fn read_header(file: &dyn DiskFile) -> io::Result<HeaderFound> {
    let mut found = HeaderFound::Nothing;
    for offset in (0..DATA_START).step_by(SECTOR_BYTES) {
        let mut sector = vec![0; SECTOR_BYTES];
        let n = file.read_at(offset, &mut sector)?;
        match SegmentHeader::decode(&sector[..n]) {
            HeaderFound::Good(header) => return Ok(HeaderFound::Good(header)),
            HeaderFound::Nothing => {}
            other => found = other,
        }
    }
    Ok(found)
}

/// All segments in use, by number.
#[derive(Default)]
pub(crate) struct Segments(RwLock<BTreeMap<u64, Arc<Segment>>>);

impl Segments {
    pub(crate) fn get(&self, seq: u64) -> Option<Arc<Segment>> {
        self.0.read().expect("nothing panics under this lock").get(&seq).cloned()
    }

    pub(crate) fn insert(&self, segment: Arc<Segment>) {
        self.0.write().expect("nothing panics under this lock").insert(segment.seq, segment);
    }

    /// Takes a segment out, unless somebody reads it.
    pub(crate) fn remove_unused(&self, seq: u64) -> Option<Arc<Segment>> {
        let mut all = self.0.write().expect("nothing panics under this lock");
        let unused = all.get(&seq).is_some_and(|segment| Arc::strong_count(segment) == 1);
        if unused { all.remove(&seq) } else { None }
    }

    /// All, oldest first.
    pub(crate) fn all(&self) -> Vec<Arc<Segment>> {
        self.0.read().expect("nothing panics under this lock").values().cloned().collect()
    }

    /// The numbers of all, oldest first.
    pub(crate) fn seqs(&self) -> Vec<u64> {
        self.0.read().expect("nothing panics under this lock").keys().copied().collect()
    }
}

/// Rounds up to whole sectors.
pub(crate) fn sectors(bytes: u64) -> u64 {
    bytes.next_multiple_of(SECTOR)
}
