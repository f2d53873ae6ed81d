//! The power goes at every step: afterwards a blob is whole or it is not there, and what was acknowledged is there.

use blob::{BlobError, BlobId, BlobStore, contract};
use bytes::Bytes;
use testkit::{SeededRandom, SimDisk};

use crate::open;

/// What a run tried to store, and whether it was told that it had.
#[derive(Default)]
struct History(Vec<(BlobId, Bytes, bool)>);

async fn put(
    blobs: &dyn BlobStore,
    bytes: &Bytes,
    known: bool,
    history: &mut History,
) -> Result<(), BlobError> {
    let mut writer = blobs.create(known.then_some(bytes.len() as u64)).await?;
    history.0.push((writer.id(), bytes.clone(), false));
    for start in (0..bytes.len()).step_by(50_000) {
        writer.write(bytes.slice(start..bytes.len().min(start + 50_000))).await?;
    }
    writer.finish().await?;
    history.0.last_mut().expect("pushed above").2 = true;
    Ok(())
}

/// Stores some blobs and deletes one, until the power goes.
async fn run(disk: &SimDisk) -> (History, Result<(), BlobError>) {
    let mut history = History::default();
    let result = async {
        let blobs = blob::FileBlobs::open(std::sync::Arc::new(disk.clone()), crate::random(9), crate::SMALL)?;
        for (seed, size) in (0..).zip([0, 5, 70_000, 131_072, 400_003]) {
            put(&blobs, &contract::pattern(size, seed), seed % 2 == 0, &mut history).await?;
        }
        // a delete is not synced, so the power cut may bring the blob back: whole or gone are both right from here on
        history.0[1].2 = false;
        blobs.delete(&history.0[1].0).await?;
        put(&blobs, &contract::pattern(300_000, 7), false, &mut history).await
    };
    let result = result.await;
    (history, result)
}

async fn check(disk: &SimDisk, history: &History) {
    let blobs = open(disk);
    assert!(!disk.files().iter().any(|name| name.starts_with("tmp/")), "nothing unfinished is left");
    for (id, bytes, acknowledged) in &history.0 {
        match contract::read_all(&blobs, *id).await {
            Ok(read) => assert!(read == *bytes, "{id} is whole"),
            Err(BlobError::NotFound(_)) => assert!(!acknowledged, "{id} was acknowledged"),
            Err(other) => panic!("{other}"),
        }
    }
    for info in blobs.list(None, u32::MAX).await.expect("lists") {
        let read = contract::read_all(&blobs, info.id).await.expect("what is listed is whole");
        assert_eq!(read.len() as u64, info.size_bytes);
    }
    let bytes = contract::pattern(200_000, 8);
    let id = contract::store(&blobs, &bytes, None, 60_000).await;
    assert!(contract::read_all(&blobs, id).await.expect("the store goes on") == bytes);
}

#[tokio::test]
async fn the_power_goes_at_every_sync() {
    let mut cuts = 0;
    for syncs in 0.. {
        let mut completed = false;
        for seed in 0..8 {
            let disk = SimDisk::new();
            disk.fail_after_syncs(syncs);
            let (history, result) = run(&disk).await;
            completed = result.is_ok();
            check(&disk.power_cut(&SeededRandom::new(seed)), &history).await;
        }
        if completed {
            break;
        }
        cuts += 1;
    }
    assert!(cuts >= 2 * 6, "two syncs for each blob, and some for folders: {cuts}");
}

#[tokio::test]
async fn the_power_goes_at_every_operation() {
    for ops in 0.. {
        let mut completed = false;
        for seed in 0..4 {
            let disk = SimDisk::new();
            disk.fail_after_ops(ops);
            let (history, result) = run(&disk).await;
            completed = result.is_ok();
            check(&disk.power_cut(&SeededRandom::new(seed)), &history).await;
        }
        if completed {
            assert!(ops > 40, "{ops} operations were enough");
            break;
        }
    }
}

#[tokio::test]
async fn a_killed_process_leaves_whole_blobs_only() {
    for ops in 0..40 {
        let disk = SimDisk::new();
        disk.fail_after_ops(ops);
        let (history, _) = run(&disk).await;
        check(&disk.kill_process(), &history).await;
    }
}

#[tokio::test]
async fn a_failed_sync_ends_all_writing_and_no_reading() {
    for fail in [SimDisk::fail_next_sync, SimDisk::fail_next_sync_dir] {
        let disk = SimDisk::new();
        let blobs = open(&disk);
        let bytes = contract::pattern(300_000, 1);
        let id = contract::store(&blobs, &bytes, None, 60_000).await;
        let mut other = blobs.create(None).await.expect("creates");
        let mut failing = blobs.create(None).await.expect("creates");
        failing.write(bytes.clone()).await.expect("writes");
        let failed = failing.id();
        fail(&disk);
        assert!(matches!(failing.finish().await, Err(BlobError::Io(_))));
        assert_eq!(blobs.open(&failed).await.err(), Some(BlobError::NotFound(failed)));

        assert_eq!(blobs.create(None).await.err(), Some(BlobError::ReadOnly));
        other.write(Bytes::from_static(b"begun before")).await.expect("nothing reaches the disk yet");
        assert_eq!(other.finish().await.err(), Some(BlobError::ReadOnly));
        assert!(contract::read_all(&blobs, id).await.expect("reads go on") == bytes);
        assert_eq!(disk.files().len(), 1, "nothing else is left");
        blobs.delete(&id).await.expect("deletes go on");

        drop(blobs);
        contract::store(&open(&disk), &bytes, None, 60_000).await;
    }
}

#[tokio::test]
async fn a_failed_write_ends_its_blob_alone() {
    let disk = SimDisk::new();
    let blobs = open(&disk);
    let bytes = contract::pattern(300_000, 1);
    let mut writer = blobs.create(None).await.expect("creates");
    disk.fail_next_write();
    let written = writer.write(bytes.clone()).await;
    let finished = writer.finish().await;
    assert!(matches!((written, finished), (Err(BlobError::Io(_)), Err(BlobError::Io(_)))));
    assert_eq!(disk.files(), [""; 0]);
    contract::store(&blobs, &bytes, None, 60_000).await;
}
