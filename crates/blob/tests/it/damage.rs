//! Bits that rot, files that are cut: an error, never wrong bytes.

use blob::{BlobError, BlobId, BlobInfo, BlobStore, contract};
use bytes::Bytes;
use disk::Disk;
use testkit::SimDisk;

use crate::open;

const SIZE: usize = 200_000;

struct Damaged {
    disk: SimDisk,
    blobs: blob::FileBlobs,
    id: BlobId,
    name: String,
    bytes: Bytes,
}

async fn stored(size: usize) -> Damaged {
    let disk = SimDisk::new();
    let blobs = open(&disk);
    let bytes = contract::pattern(size, 1);
    let id = contract::store(&blobs, &bytes, None, 70_000).await;
    let name = disk.files().concat();
    Damaged { disk, blobs, id, name, bytes }
}

fn is_corrupt<T>(result: &Result<T, BlobError>) -> bool {
    matches!(result, Err(BlobError::Corrupt(_)))
}

#[tokio::test]
async fn a_damaged_block_is_not_returned_and_the_others_are() {
    for at in [0, 65_535, 65_536, 150_000, SIZE - 1] {
        let Damaged { disk, blobs, id, name, bytes } = stored(SIZE).await;
        disk.corrupt(&name, at as u64, |rest| rest[0] ^= 0x10);
        let reader = blobs.open(&id).await.expect("the footer is whole");
        assert!(is_corrupt(&contract::read(&*reader, 0..SIZE as u64).await));
        for block in 0..SIZE.div_ceil(65_536) {
            let (start, end) = (block * 65_536, SIZE.min((block + 1) * 65_536));
            let read = contract::read(&*reader, start as u64 + 1..end as u64 - 1).await;
            if at / 65_536 == block {
                assert!(is_corrupt(&read), "not even bytes beside the damage");
            } else {
                assert!(read.expect("a whole block is readable") == bytes[start + 1..end - 1]);
            }
        }
    }
}

#[tokio::test]
async fn any_damage_to_the_footer_is_found_on_opening() {
    let footer = SIZE.next_multiple_of(4_096);
    let end = footer + 4 * 4 + 64;
    for at in footer..end {
        let Damaged { disk, blobs, id, name, .. } = stored(SIZE).await;
        disk.corrupt(&name, at as u64, |rest| rest[0] ^= 1);
        assert!(is_corrupt(&blobs.open(&id).await), "byte {at}");
        let listed = blobs.list(None, 10).await.expect("lists");
        assert_eq!(listed, [BlobInfo { id, size_bytes: end as u64 }], "it is listed all the same");
        blobs.delete(&id).await.expect("and can be deleted");
    }
}

#[tokio::test]
async fn a_file_of_another_length_is_corrupt() {
    let whole = SIZE.next_multiple_of(4_096) + 4 * 4 + 64;
    for len in [0, 1, 63, 64, 4_096, SIZE, whole - 64, whole - 1, whole + 1, whole + 4_096] {
        let Damaged { disk, blobs, id, name, .. } = stored(SIZE).await;
        let reader = blobs.open(&id).await.expect("opens");
        disk.open(&name).expect("opens").set_len(len as u64).expect("cuts");
        assert!(is_corrupt(&blobs.open(&id).await), "{len} bytes");
        if len < SIZE {
            let late = contract::read(&*reader, 0..SIZE as u64).await;
            assert!(is_corrupt(&late), "{len} bytes, cut while open");
        }
    }
}

#[tokio::test]
async fn a_file_under_another_name_is_corrupt() {
    let Damaged { disk, blobs, id, name, .. } = stored(SIZE).await;
    let mut other = id;
    other.0[15] ^= 1;
    disk.rename(&name, &name.replace(&id.to_string(), &other.to_string())).expect("renames");
    assert!(is_corrupt(&blobs.open(&other).await));
    assert_eq!(blobs.open(&id).await.err(), Some(BlobError::NotFound(id)));
}

#[tokio::test]
async fn foreign_files_are_not_listed() {
    let Damaged { disk, blobs, id, name, .. } = stored(10).await;
    let folder = name.rsplit_once('/').expect("it lies in a folder").0;
    for stray in ["README", "0123", "ABCDEF0123456789ABCDEF0123456789"] {
        disk.create(&format!("{folder}/{stray}"), 0).expect("creates");
    }
    let mut elsewhere = id;
    elsewhere.0[0] ^= 1;
    disk.create(&format!("{folder}/{elsewhere}"), 0).expect("creates");
    let listed = blobs.list(None, 10).await.expect("lists");
    assert_eq!(listed, [BlobInfo { id, size_bytes: 10 }]);
}

/// The table of so long a blob is read in pieces, and a damaged entry shows in its block alone.
#[tokio::test]
async fn the_table_of_a_long_blob_is_read_as_needed() {
    const LONG: usize = 65 * 1024 * 1024 + 17;
    let Damaged { disk, blobs, id, name, bytes } = stored(LONG).await;
    let reader = blobs.open(&id).await.expect("opens");
    for start in [LONG - 10, 0, 64 * 1024 * 1024 - 100_000, 5] {
        let end = LONG.min(start + 300_000);
        let read = contract::read(&*reader, start as u64..end as u64).await.expect("reads");
        assert!(read == bytes[start..end], "from {start}");
    }
    let table = LONG.next_multiple_of(4_096) as u64;
    disk.corrupt(&name, table + 4 * 1_030, |rest| rest[0] ^= 1);
    let reader = blobs.open(&id).await.expect("the trailer is whole");
    let block = |n: u64| n * 65_536..(n + 1) * 65_536;
    assert!(is_corrupt(&contract::read(&*reader, block(1_030)).await));
    for n in [0, 1_023, 1_024, 1_029, 1_031] {
        let (start, end) = (n as usize * 65_536, (n as usize + 1) * 65_536);
        assert!(contract::read(&*reader, block(n)).await.expect("reads") == bytes[start..end]);
    }
}
