//! A disk that fills up refuses blobs, leaves nothing of them, and goes on reading and deleting.

use std::sync::Arc;

use blob::{BlobError, BlobStore, FileBlobs, Settings, contract};
use testkit::SimDisk;

use crate::{SMALL, open, random};

#[tokio::test]
async fn a_known_size_is_refused_before_a_byte_is_sent() {
    let disk = SimDisk::new();
    let blobs = open(&disk);
    disk.set_free_bytes(1_000_000);
    assert_eq!(blobs.create(Some(1_000_000)).await.err(), Some(BlobError::Full), "the footer needs room too");
    assert_eq!(disk.files(), [""; 0]);
    let bytes = contract::pattern(900_000, 1);
    let id = contract::store(&blobs, &bytes, Some(900_000), 50_000).await;
    assert_eq!(blobs.create(Some(900_000)).await.err(), Some(BlobError::Full));
    assert!(contract::read_all(&blobs, id).await.expect("reads go on") == bytes);
    blobs.delete(&id).await.expect("deletes go on");
    contract::store(&blobs, &bytes, Some(900_000), 50_000).await;
}

#[tokio::test]
async fn an_unknown_size_is_refused_when_the_space_ends() {
    let disk = SimDisk::new();
    let blobs = open(&disk);
    disk.set_free_bytes(1_000_000);
    let mut writer = blobs.create(None).await.expect("creates");
    let piece = contract::pattern(50_000, 1);
    let mut result = Ok(());
    for _ in 0..30 {
        result = writer.write(piece.clone()).await;
        if result.is_err() {
            break;
        }
    }
    assert_eq!(result, Err(BlobError::Full));
    drop(writer);
    disk.wait_for_files(<[String]>::is_empty);

    // the last chunk is written by finish
    let mut writer = blobs.create(None).await.expect("creates");
    for _ in 0..19 {
        writer.write(piece.clone()).await.expect("writes");
    }
    writer.write(contract::pattern(49_000, 1)).await.expect("the writer takes what it does not write yet");
    assert_eq!(writer.finish().await, Err(BlobError::Full));
    assert_eq!(disk.files(), [""; 0]);
    contract::store(&blobs, &piece, None, 50_000).await;
}

#[tokio::test]
async fn some_space_is_left_for_deletes() {
    let disk = SimDisk::new();
    let settings = Settings { reserve_free_bytes: 500_000, ..SMALL };
    let blobs = FileBlobs::open(Arc::new(disk.clone()), random(1), settings).expect("opens");
    disk.set_free_bytes(1_000_000);
    assert_eq!(blobs.create(Some(500_000)).await.err(), Some(BlobError::Full));
    let mut writer = blobs.create(None).await.expect("creates");
    let mut result = Ok(());
    for _ in 0..20 {
        result = writer.write(contract::pattern(50_000, 1)).await;
        if result.is_err() {
            break;
        }
    }
    assert_eq!(result, Err(BlobError::Full));
    drop(writer);
    disk.wait_for_files(<[String]>::is_empty);
    contract::store(&blobs, &contract::pattern(400_000, 1), Some(400_000), 50_000).await;
    disk.set_free_bytes(400_000);
    assert_eq!(blobs.create(None).await.err(), Some(BlobError::Full));
}

#[tokio::test]
async fn a_wrong_promise_of_the_size_does_no_harm() {
    let disk = SimDisk::new();
    let blobs = open(&disk);
    for (promised, given) in [(1_000_000, 10), (10, 1_000_000), (0, 5), (5, 0)] {
        let bytes = contract::pattern(given, 1);
        let id = contract::store(&blobs, &bytes, Some(promised), 60_000).await;
        assert!(contract::read_all(&blobs, id).await.expect("reads") == bytes);
        let length = given.next_multiple_of(4_096) + given.div_ceil(65_536) * 4 + 64;
        let file = disk.files().into_iter().find(|name| name.ends_with(&id.to_string())).expect("its file");
        let file = disk::Disk::open(&disk, &file).expect("opens");
        assert_eq!(file.len().expect("len"), length as u64, "no more space is kept than needed");
    }
    let absurd = blobs.create(Some(u64::MAX)).await.err();
    assert!(matches!(absurd, Some(BlobError::Io(_))), "{absurd:?}");
}
