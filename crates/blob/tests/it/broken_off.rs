//! Uploads that end before they are finished leave nothing, whatever the moment; memory is bounded whatever the size.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use blob::{BlobError, BlobStore, contract};
use bytes::Bytes;
use testkit::SimDisk;

use crate::{SMALL, open};

async fn poll_once<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

#[tokio::test]
async fn a_dropped_writer_leaves_nothing() {
    for size in [0, 10, SMALL.chunk_bytes, 5 * SMALL.chunk_bytes + 1] {
        for known in [Some(1_000_000), None] {
            let disk = SimDisk::new();
            let blobs = open(&disk);
            let mut writer = blobs.create(known).await.expect("creates");
            writer.write(contract::pattern(size, 1)).await.expect("writes");
            assert_eq!(disk.files().len(), 1);
            drop(writer);
            disk.wait_for_files(<[String]>::is_empty);
        }
    }
}

#[tokio::test]
async fn a_writer_dropped_in_the_middle_of_a_write_leaves_nothing() {
    let disk = SimDisk::new();
    let blobs = open(&disk);
    let mut writer = blobs.create(None).await.expect("creates");
    disk.hold_writes();
    writer.write(contract::pattern(SMALL.chunk_bytes + 1, 1)).await.expect("the chunk is on its way");
    disk.wait_for_held_writes(1);
    drop(writer);
    assert_eq!(disk.files().len(), 1, "the write still needs its file");
    disk.release_writes();
    disk.wait_for_files(<[String]>::is_empty);
}

#[tokio::test]
async fn a_finish_that_is_given_up_leaves_nothing() {
    let disk = SimDisk::new();
    let blobs = open(&disk);
    let mut writer = blobs.create(None).await.expect("creates");
    let id = writer.id();
    writer.write(contract::pattern(1_000, 1)).await.expect("writes");
    disk.hold_writes();
    assert_eq!(poll_once(writer.finish()).await, None);
    disk.wait_for_held_writes(1);
    disk.release_writes();
    disk.wait_for_files(<[String]>::is_empty);
    assert_eq!(blobs.open(&id).await.err(), Some(BlobError::NotFound(id)));
    assert!(disk.stats().dir_syncs > 0, "it was durable, and nobody was told");
}

#[tokio::test]
async fn a_write_that_is_given_up_spoils_its_writer() {
    let disk = SimDisk::new();
    let blobs = open(&disk);
    let mut writer = blobs.create(None).await.expect("creates");
    disk.hold_writes();
    let three_chunks = contract::pattern(3 * SMALL.chunk_bytes, 1);
    assert_eq!(poll_once(writer.write(three_chunks)).await, None);
    disk.release_writes();
    assert!(matches!(writer.write(Bytes::from_static(b"more")).await, Err(BlobError::Io(_))));
    assert!(matches!(writer.finish().await, Err(BlobError::Io(_))));
    disk.wait_for_files(<[String]>::is_empty);
}

#[tokio::test]
async fn a_writer_holds_two_chunks_and_waits() {
    let disk = SimDisk::new();
    let blobs = open(&disk);
    let mut writer = blobs.create(None).await.expect("creates");
    disk.hold_writes();
    let piece = contract::pattern(16 * 1024, 1);
    let mut taken = 0;
    while poll_once(writer.write(piece.clone())).await.is_some() {
        taken += piece.len();
    }
    assert!(taken < 2 * SMALL.chunk_bytes, "{taken} bytes were taken while the disk stood still");
    assert!(taken >= SMALL.chunk_bytes, "one chunk is filled while another is written");
    disk.release_writes();
    drop(writer);
    disk.wait_for_files(<[String]>::is_empty);

    let mut writer = blobs.create(None).await.expect("creates");
    for _ in 0..1_000 {
        writer.write(piece.clone()).await.expect("writes");
    }
    writer.finish().await.expect("finishes");
    assert!(disk.stats().write_max_bytes <= SMALL.chunk_bytes as u64, "no write is longer than a chunk");
}

#[test]
fn a_runtime_that_ends_takes_unfinished_blobs_with_it() {
    let disk = SimDisk::new();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let blobs = open(&disk);
    let writer = runtime.block_on(async {
        let mut writer = blobs.create(None).await.expect("creates");
        writer.write(contract::pattern(300_000, 1)).await.expect("writes");
        writer
    });
    drop(runtime);
    drop(writer);
    disk.wait_for_files(<[String]>::is_empty);
}

#[tokio::test]
async fn what_was_unfinished_is_removed_at_the_next_start() {
    let disk = SimDisk::new();
    let blobs = open(&disk);
    let mut writer = blobs.create(Some(500_000)).await.expect("creates");
    writer.write(contract::pattern(300_000, 1)).await.expect("writes");
    let after = disk.kill_process();
    assert_eq!(after.files().len(), 1);
    open(&after);
    assert_eq!(after.files(), [""; 0]);
}
