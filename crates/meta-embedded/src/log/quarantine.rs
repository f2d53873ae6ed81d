//! Damage in acknowledged data: the segment is kept as it is, and a copy of the damaged stretch is put where nothing touches
//! it. The copy also tells later starts which segments are damaged.

use std::io;

use disk::Disk;

use super::segment::Segment;

const DIR: &str = "quarantine";
/// Bytes copied at a time.
const COPY_BYTES: u64 = 1024 * 1024;

/// A damaged stretch of the log among acknowledged batches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rot {
    /// Number of the segment.
    pub segment: u64,
    /// Where it begins.
    pub offset: u64,
    /// Its length: of the damaged batch, or up to the next good one.
    pub bytes: u64,
}

/// Reports rot, keeps its segment from being reused, and copies the stretch. Better a start without a copy than none: a copy
/// that fails is but reported.
pub(crate) fn quarantine(disk: &dyn Disk, segment: &Segment, rot: &Rot) {
    segment.mark_damaged();
    tracing::error!(?rot, "acknowledged data is damaged: copied to quarantine, its segment is kept");
    if let Err(error) = copy(disk, segment, rot) {
        tracing::error!(%error, ?rot, "the copy to quarantine failed");
    }
}

fn copy(disk: &dyn Disk, segment: &Segment, rot: &Rot) -> io::Result<()> {
    disk.create_dir(DIR)?;
    let name = format!("{DIR}/{:016x}-{:08x}.log", rot.segment, rot.offset);
    let copy = match disk.create(&name, 0) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
        other => other?,
    };
    let mut done = 0;
    while done < rot.bytes {
        let len = usize::try_from(COPY_BYTES.min(rot.bytes - done)).expect("a small number");
        copy.write_at(done, &segment.read_exact(rot.offset + done, len)?)?;
        done += len as u64;
    }
    copy.sync()?;
    disk.sync_dir(DIR)
}

/// The numbers of the segments from which something was copied.
pub(crate) fn quarantined(disk: &dyn Disk) -> io::Result<Vec<u64>> {
    let names = disk.list(DIR)?;
    let seqs = names.iter().filter_map(|name| u64::from_str_radix(name.split_once('-')?.0, 16).ok());
    Ok(seqs.collect())
}
