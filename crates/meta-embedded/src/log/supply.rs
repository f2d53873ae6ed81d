//! Where segments come from and go to: spares that are reused, new files when the disk has room, and one spare that only
//! deletes and compaction may take when it has none.
//!
//! A sync after writing where nothing was written before makes the file system write its own journal too, which takes
//! several times as long. So spares whose blocks were written are preferred, and new ones are filled with zeros in idle time.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use disk::{AlignedBuf, Disk, DiskFile};

use super::segment::{LOG_DIR, Segment, segment_name};
use crate::settings::Settings;

/// Bytes of one write when a spare is filled; whoever needs a segment waits for one at most.
const FILL_BYTES: u64 = 1024 * 1024;

/// Why there is no segment.
#[derive(Debug)]
pub(crate) enum SupplyError {
    /// No room; the log is as it was.
    Full,
    /// A disk error, final.
    Io(io::Error),
}

impl From<io::Error> for SupplyError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// A file that waits to become a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Spare {
    /// Whether all of it was written once.
    pub(crate) written: bool,
    pub(crate) number: u64,
}

impl Spare {
    fn name(self) -> String {
        let suffix = if self.written { "spare" } else { "fresh" };
        format!("{LOG_DIR}/{:016x}.{suffix}", self.number)
    }
}

pub(crate) struct Supply {
    disk: Arc<dyn Disk>,
    segment_bytes: u64,
    reserve_bytes: u64,
    keep: usize,
    spares: Mutex<Spares>,
}

#[derive(Default)]
struct Spares {
    all: Vec<Spare>,
    next: u64,
    /// The fresh spare that is being filled, and how far it is.
    filling: Option<(u64, u64)>,
}

fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

impl Supply {
    pub(crate) fn new(disk: Arc<dyn Disk>, settings: &Settings) -> Self {
        Self {
            disk,
            segment_bytes: settings.segment_bytes,
            reserve_bytes: settings.reserve_bytes,
            keep: settings.spare_segments,
            spares: Mutex::default(),
        }
    }

    fn spares(&self) -> MutexGuard<'_, Spares> {
        self.spares.lock().expect("nothing panics under this lock")
    }

    /// Spares at hand.
    pub(crate) fn len(&self) -> usize {
        self.spares().all.len()
    }

    /// Takes over the spares found at start: those of the right length are kept, up to the number wanted.
    pub(crate) fn adopt(&self, found: &[Spare]) -> io::Result<()> {
        let mut spares = self.spares();
        for spare in found {
            spares.next = spares.next.max(spare.number + 1);
            if spares.all.len() < self.keep && self.disk.open(&spare.name())?.len()? == self.segment_bytes {
                spares.all.push(*spare);
            } else {
                self.disk.remove(&spare.name())?;
            }
        }
        Ok(())
    }

    /// Whether the free space is what puts leave alone.
    pub(crate) fn is_tight(&self) -> io::Result<bool> {
        Ok(self.disk.free_bytes()? < self.reserve_bytes)
    }

    /// Whether a file of that length leaves the reserve alone.
    fn has_room_for(&self, bytes: u64) -> io::Result<bool> {
        Ok(self.disk.free_bytes()? >= self.reserve_bytes.saturating_add(bytes))
    }

    /// Makes a file for segment `seq` that holds at least `bytes`, its name durable. With `growth` it leaves the reserve
    /// and, unless there is room for another, the last spare alone.
    pub(crate) fn take(
        &self,
        seq: u64,
        bytes: u64,
        growth: bool,
    ) -> Result<(Arc<dyn DiskFile>, u64), SupplyError> {
        let mut spares = self.spares();
        let capacity = bytes.max(self.segment_bytes);
        let usable = if capacity == self.segment_bytes { spares.all.len() } else { 0 };
        let roomy = self.has_room_for(capacity)?;
        let file = if usable > usize::from(growth && !roomy) {
            let file = self.begin_spare(&mut spares, seq)?;
            if roomy && spares.all.is_empty() {
                self.add(&mut spares)?;
            }
            file
        } else if roomy || !growth {
            let created = self.disk.create(&segment_name(seq), capacity);
            created.map_err(|error| if is_full(&error) { SupplyError::Full } else { error.into() })?
        } else {
            return Err(SupplyError::Full);
        };
        self.disk.sync_dir(LOG_DIR)?;
        Ok((file, capacity))
    }

    /// Renames the best spare: there is one.
    fn begin_spare(&self, spares: &mut Spares, seq: u64) -> io::Result<Arc<dyn DiskFile>> {
        let best = spares.all.iter().max().copied().expect("there is one");
        self.disk.rename(&best.name(), &segment_name(seq))?;
        spares.all.retain(|spare| *spare != best);
        self.disk.open(&segment_name(seq))
    }

    /// Makes a new spare, if the disk has the space. Its name is not durable yet.
    fn add(&self, spares: &mut Spares) -> io::Result<()> {
        let spare = Spare { written: false, number: spares.next };
        spares.next += 1;
        match self.disk.create(&spare.name(), self.segment_bytes) {
            Err(error) if is_full(&error) => Ok(()),
            Err(error) => Err(error),
            Ok(_) => {
                spares.all.push(spare);
                Ok(())
            }
        }
    }

    /// Takes back the file of a segment that nobody needs: it becomes a spare, or goes when there are enough, or when the
    /// disk is nearly full. Durable when it returns.
    pub(crate) fn give_back(&self, segment: &Segment) -> io::Result<()> {
        self.put_by(segment.seq, segment.capacity, true)
    }

    /// As [`Supply::give_back`], for the file of a segment that was never begun.
    pub(crate) fn put_by(&self, seq: u64, capacity: u64, written: bool) -> io::Result<()> {
        let tight = self.is_tight()?;
        let mut spares = self.spares();
        let wanted = if tight { 1 } else { self.keep };
        if capacity == self.segment_bytes && spares.all.len() < wanted {
            let spare = Spare { written, number: spares.next };
            spares.next += 1;
            self.disk.rename(&segment_name(seq), &spare.name())?;
            spares.all.push(spare);
        } else {
            self.disk.remove(&segment_name(seq))?;
        }
        self.disk.sync_dir(LOG_DIR)
    }

    /// Sees to it that there is a spare for deletes, while the disk has room for one.
    pub(crate) fn stock(&self) -> io::Result<()> {
        let mut spares = self.spares();
        if !spares.all.is_empty() || !self.has_room_for(self.segment_bytes)? {
            return Ok(());
        }
        self.add(&mut spares)?;
        self.disk.sync_dir(LOG_DIR)
    }

    /// Fills up to `bytes` of a fresh spare with zeros, if there is one.
    pub(crate) fn fill(&self, bytes: u64) -> io::Result<()> {
        let mut zeros = None;
        let mut done = 0;
        while done < bytes {
            let mut spares = self.spares();
            let Some(fresh) = spares.all.iter().find(|spare| !spare.written).copied() else { return Ok(()) };
            let filled = spares.filling.filter(|(number, _)| *number == fresh.number).map_or(0, |(_, at)| at);
            let file = self.disk.open(&fresh.name())?;
            if filled == self.segment_bytes {
                file.sync()?;
                let written = Spare { written: true, ..fresh };
                self.disk.rename(&fresh.name(), &written.name())?;
                spares.all.retain(|spare| *spare != fresh);
                spares.all.push(written);
                return self.disk.sync_dir(LOG_DIR);
            }
            let len = FILL_BYTES.min(self.segment_bytes - filled);
            let zeros = zeros.get_or_insert_with(|| zeroed(FILL_BYTES));
            let part = usize::try_from(len).expect("a small number");
            match file.write_at(filled, &zeros.as_slice()[..part]) {
                // a file system that sets no space aside: do without this spare
                Err(error) if is_full(&error) => {
                    spares.all.retain(|spare| *spare != fresh);
                    return self.disk.remove(&fresh.name());
                }
                other => other?,
            }
            spares.filling = Some((fresh.number, filled + len));
            done += len;
        }
        Ok(())
    }
}

fn zeroed(bytes: u64) -> AlignedBuf {
    let bytes = usize::try_from(bytes).expect("a small number");
    let mut zeros = AlignedBuf::with_capacity(bytes);
    zeros.extend_from_slice(&vec![0; bytes]);
    zeros
}
