//! The local disk, on a real file system.

use disk::{AlignedBuf, Disk, LocalDisk, SECTOR_BYTES};

fn scratch() -> (tempfile::TempDir, LocalDisk) {
    let dir = tempfile::tempdir().expect("a scratch folder");
    let disk = LocalDisk::open(dir.path()).expect("opens");
    (dir, disk)
}

#[test]
fn bytes_written_directly_are_read_through_the_cache() {
    let (_dir, disk) = scratch();
    let file = disk.create("a", 3 * SECTOR_BYTES as u64).expect("creates");
    assert_eq!(file.len().expect("len"), 3 * SECTOR_BYTES as u64);
    let mut buf = AlignedBuf::with_capacity(SECTOR_BYTES);
    buf.extend_from_slice(&[7; 100]);
    buf.pad_to_sector();
    let mut out = [0; 100];
    // read first, so that the direct write has a cached page to make stale
    file.read_at(SECTOR_BYTES as u64, &mut out).expect("reads");
    file.write_at(SECTOR_BYTES as u64, buf.as_slice()).expect("writes");
    file.sync().expect("syncs");
    assert_eq!(file.read_at(SECTOR_BYTES as u64, &mut out).expect("reads"), 100);
    assert_eq!(out, [7; 100]);
    assert_eq!(file.read_cached_at(SECTOR_BYTES as u64, &mut out).expect("reads"), Some(100));
    file.write_at(5, b"unaligned").expect("writes");
    assert_eq!(file.read_at(3 * SECTOR_BYTES as u64, &mut out).expect("reads past the end"), 0);
}

#[test]
fn one_process_at_a_time() {
    let (dir, _disk) = scratch();
    let second = LocalDisk::open(dir.path());
    assert_eq!(second.err().map(|e| e.kind()), Some(std::io::ErrorKind::WouldBlock));
}

#[test]
fn names_come_and_go() {
    let (_dir, disk) = scratch();
    disk.create_dir("big/00").expect("creates");
    disk.create_dir("big/00").expect("again is no error");
    disk.create("big/00/b", 0).expect("creates");
    disk.create("big/00/a", 0).expect("creates");
    assert!(disk.create("big/00/a", 0).is_err(), "a file is created once");
    disk.rename("big/00/a", "big/00/c").expect("renames");
    disk.sync_dir("big/00").expect("syncs");
    assert_eq!(disk.list("big/00").expect("lists"), ["b", "c"]);
    assert_eq!(disk.list("nowhere").expect("lists"), [""; 0]);
    disk.remove("big/00/b").expect("removes");
    disk.remove("big/00/b").expect("again is no error");
    assert!(disk.open("big/00/b").is_err());
}

#[test]
fn a_reservation_that_cannot_be_had_leaves_no_file() {
    let (_dir, disk) = scratch();
    // more than any file system tries: one that tries leaves no space to the tests beside this one
    assert!(disk.create("huge", 1 << 60).is_err());
    assert!(disk.open("huge").is_err());
}
