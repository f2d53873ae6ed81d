//! Where segments come from and go to: spares that are reused, new files when the disk has room, and one spare that only
//! deletes and compaction may take when it has none.

use std::io;
use std::sync::{Arc, Mutex};

use disk::{Disk, DiskFile};

use super::segment::{LOG_DIR, Segment, segment_name};
use crate::settings::Settings;

/// Why there is no segment.
#[derive(Debug)]
pub(crate) enum SupplyError {
    /// No room; the log is as it was.
    Full,
    /// A disk error, final.
    Io(io::Error),
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
    numbers: Vec<u64>,
    next: u64,
}

fn spare_name(number: u64) -> String {
    format!("{LOG_DIR}/{number:016x}.spare")
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

    /// Spares at hand.
    pub(crate) fn len(&self) -> usize {
        self.spares.lock().expect("nothing panics under this lock").numbers.len()
    }

    /// Takes over the spares found at start: those of the right length are kept, up to the number wanted.
    pub(crate) fn adopt(&self, numbers: &[u64]) -> io::Result<()> {
        let mut spares = self.spares.lock().expect("nothing panics under this lock");
        for number in numbers {
            spares.next = spares.next.max(number + 1);
            let name = spare_name(*number);
            if spares.numbers.len() < self.keep && self.disk.open(&name)?.len()? == self.segment_bytes {
                spares.numbers.push(*number);
            } else {
                self.disk.remove(&name)?;
            }
        }
        Ok(())
    }

    /// Whether the free space is what puts leave alone.
    pub(crate) fn is_tight(&self) -> io::Result<bool> {
        Ok(self.disk.free_bytes()? < self.reserve_bytes)
    }

    /// Makes a file for segment `seq` that holds at least `bytes`, its name durable. With `growth` it leaves the reserve
    /// and the last spare alone.
    pub(crate) fn take(
        &self,
        seq: u64,
        bytes: u64,
        growth: bool,
    ) -> Result<(Arc<dyn DiskFile>, u64), SupplyError> {
        let mut spares = self.spares.lock().expect("nothing panics under this lock");
        let (name, capacity) = (segment_name(seq), bytes.max(self.segment_bytes));
        let usable = if capacity == self.segment_bytes { spares.numbers.len() } else { 0 };
        let free = self.disk.free_bytes().map_err(SupplyError::Io)?;
        let roomy = free >= self.reserve_bytes.saturating_add(capacity);
        let created = if usable > 1 || (usable == 1 && !roomy && !growth) {
            None
        } else if roomy || !growth {
            match self.disk.create(&name, capacity) {
                Err(error) if is_full(&error) => None,
                other => Some(other.map_err(SupplyError::Io)?),
            }
        } else {
            None
        };
        let allowed = usize::from(growth);
        let file = match created {
            Some(file) => file,
            None if usable > allowed => {
                let number = *spares.numbers.last().expect("it is not empty");
                self.disk.rename(&spare_name(number), &name).map_err(SupplyError::Io)?;
                spares.numbers.pop();
                self.disk.open(&name).map_err(SupplyError::Io)?
            }
            None => return Err(SupplyError::Full),
        };
        self.disk.sync_dir(LOG_DIR).map_err(SupplyError::Io)?;
        Ok((file, capacity))
    }

    /// Takes back the file of a segment that nobody needs: it becomes a spare, or goes when there are enough, or when the
    /// disk is nearly full. Durable when it returns.
    pub(crate) fn give_back(&self, segment: &Segment) -> io::Result<()> {
        self.put_by(segment.seq, segment.capacity)
    }

    /// As [`Supply::give_back`], for the file of a segment that was never begun.
    pub(crate) fn put_by(&self, seq: u64, capacity: u64) -> io::Result<()> {
        let tight = self.is_tight()?;
        let mut spares = self.spares.lock().expect("nothing panics under this lock");
        let wanted = if tight { 1 } else { self.keep };
        if capacity == self.segment_bytes && spares.numbers.len() < wanted {
            let number = spares.next;
            spares.next += 1;
            self.disk.rename(&segment_name(seq), &spare_name(number))?;
            spares.numbers.push(number);
        } else {
            self.disk.remove(&segment_name(seq))?;
        }
        self.disk.sync_dir(LOG_DIR)
    }

    /// Sees to it that there is a spare for deletes, while the disk has room for one.
    pub(crate) fn stock(&self) -> io::Result<()> {
        let mut spares = self.spares.lock().expect("nothing panics under this lock");
        let room = self.reserve_bytes.saturating_add(self.segment_bytes);
        if !spares.numbers.is_empty() || self.disk.free_bytes()? < room {
            return Ok(());
        }
        let number = spares.next;
        spares.next += 1;
        match self.disk.create(&spare_name(number), self.segment_bytes) {
            Err(error) if is_full(&error) => return Ok(()),
            other => drop(other?),
        }
        spares.numbers.push(number);
        self.disk.sync_dir(LOG_DIR)
    }
}
