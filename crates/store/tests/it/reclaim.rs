//! Garbage is removed, nothing else is, and trouble with some of it does not stop the rest.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use auth::{Caller, Scope};
use blob::{BlobError, BlobStore};
use domain::{AccountId, Error, ObjectInfo};
use meta::EngineError;
use meta::tables::object::Segment;
use store::{DeleteObject, GetObject, Settings};
use testkit::{BlobCall, CommitFate, SeededRandom, SimDisk};

use crate::world::{World, bucket, object_key, pattern, read_all, small};

#[tokio::test]
async fn what_is_replaced_or_deleted_is_removed_with_its_rows() {
    let world = World::new().await;
    for n in 0..5 {
        world.put("k", pattern(10_000 + n, n as u64)).await.expect("stores");
    }
    world.put("other", pattern(20_000, 9)).await.expect("stores");
    assert_eq!((world.rows("x").await, world.rows("g").await), (6, 4));
    assert_eq!(world.reclaim().await, Ok(4));
    assert_eq!((world.rows("x").await, world.rows("g").await), (2, 0));
    assert_eq!(world.blob_ids().await.len(), 2);
    assert!(world.get("k").await.expect("reads") == pattern(10_004, 4));
    world.delete("k").await.expect("deletes");
    world.put("other", "small").await.expect("stores");
    assert_eq!(world.reclaim().await, Ok(2));
    assert_eq!((world.rows("x").await, world.rows("g").await, world.blob_ids().await.len()), (0, 0, 0));
    assert_eq!(world.reclaim().await, Ok(0));
}

#[tokio::test]
async fn pages_of_garbage_are_removed_in_few_commits() {
    let world = World::new().await;
    for n in 0..600 {
        world.put(&format!("k{n}"), pattern(5_000, n)).await.expect("stores");
    }
    let objects = (0..600).map(|n| object_key(&format!("k{n}")).into()).collect();
    world.store.delete_objects(&Caller::System, &bucket(), objects, false).await.expect("deletes");
    let commits = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&commits);
    world.engine.plan(move |_| {
        count.fetch_add(1, Ordering::SeqCst);
        CommitFate::Passed
    });
    assert_eq!(world.reclaim().await, Ok(600));
    assert!(commits.load(Ordering::SeqCst) <= 6, "{commits:?} commits");
    world.assert_bare("after reclaim").await;
}

/// Batches whose manifests are too long for one commit are deleted and cleared away in several.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_is_displaced_than_one_commit_may_keep() {
    const ROWS: u16 = 16;
    let disk = SimDisk::new();
    let on_disk = World::on_disk(&disk, Arc::new(SeededRandom::new(1))).await.expect("opens");
    on_disk.store.create_bucket(&Caller::System, &bucket(), None).await.expect("creates");
    for world in [World::new().await, on_disk] {
        let mut info = world.put("k", "body").await.expect("stores");
        let id = world.begin("upload").await;
        // rows of nearly a mebibyte each
        info.metadata.custom = vec![("long".into(), "x".repeat(1_048_000))];
        let manifest = |n: u16| vec![Segment::whole(1, [n as u8 + 1; 16], 1)];
        for n in 0..ROWS {
            let key = object_key(&format!("k{n}"));
            world.forge(ObjectInfo { key, ..info.clone() }, manifest(n)).await;
            world.forge_part((id, n), info.clone(), manifest(n + ROWS)).await;
        }
        let keys = (0..ROWS).map(|n| object_key(&format!("k{n}"))).chain([object_key("k")]);
        let objects = keys.map(DeleteObject::from).collect();
        let deleted = world.store.delete_objects(&Caller::System, &bucket(), objects, false).await;
        assert_eq!(deleted.map(|outcomes| outcomes.len()), Ok(usize::from(ROWS) + 1));
        assert_eq!((world.rows("o").await, world.rows("g").await), (0, usize::from(ROWS)));
        world.abort("upload", id).await.expect("aborts");
        world.reclaim().await.expect("reclaims");
        world.assert_bare("after all").await;
    }
}

#[tokio::test]
async fn a_reader_is_not_disturbed() {
    let world = World::new().await;
    let body = pattern(900_000, 1);
    for gone in ["replaced", "deleted"] {
        world.put("k", body.clone()).await.expect("stores");
        let get = GetObject::default();
        let object = world.store.get_object(&Caller::System, &bucket(), &object_key("k"), &get).await;
        let object = object.unwrap_or_else(|(error, _)| panic!("{error}"));
        if gone == "replaced" {
            world.put("k", "new").await.expect("stores");
        } else {
            world.delete("k").await.expect("deletes");
        }
        assert_eq!(world.reclaim().await, Ok(1));
        assert_eq!(world.blob_ids().await, []);
        assert!(read_all(object.body).await.expect("reads") == body, "{gone} while it was open");
    }
}

#[tokio::test]
async fn the_sweep_removes_orphans_only() {
    let world = World::new().await;
    world.put("k", pattern(10_000, 1)).await.expect("stores");
    world.put("replaced", pattern(10_000, 2)).await.expect("stores");
    world.put("replaced", "small").await.expect("stores");
    for n in 0..600 {
        blob::contract::store(&*world.blobs, &pattern(10, n), None, usize::MAX).await;
    }
    assert_eq!(world.sweep().await, Ok(600));
    assert_eq!(world.sweep().await, Ok(0));
    assert!(world.get("k").await.expect("reads") == pattern(10_000, 1));
    assert_eq!(world.reclaim().await, Ok(1), "what waits for reclaim is left to it");
}

#[tokio::test]
async fn what_cannot_be_deleted_is_tried_again_and_keeps_nothing_else() {
    let world = World::new().await;
    for n in 0..4 {
        world.put(&format!("k{n}"), pattern(10_000, n)).await.expect("stores");
        world.delete(&format!("k{n}")).await.expect("deletes");
    }
    let mut deletes = 0;
    world.blobs.plan(move |call| {
        deletes += u32::from(call == BlobCall::Delete);
        (call == BlobCall::Delete && deletes == 2).then(|| BlobError::Io("busy".into()))
    });
    assert_eq!(world.reclaim().await, Err(Error::Internal { context: "busy".into() }));
    assert_eq!((world.blob_ids().await.len(), world.rows("g").await), (1, 1), "the others are gone");
    assert_eq!(world.reclaim().await, Ok(1));
    world.assert_bare("after the second try").await;

    // the same for what a broken-off upload left, and for orphans
    world.engine.plan(|_| CommitFate::Refused(EngineError::Busy));
    assert_eq!(world.put("k", pattern(10_000, 5)).await, Err(Error::SlowDown));
    world.engine.clear_plan();
    world.blobs.plan(|call| (call == BlobCall::Delete).then(|| BlobError::Io("busy".into())));
    for _ in 0..2 {
        assert!(world.reclaim().await.is_err());
        assert_eq!(world.sweep().await, Ok(0), "it is no orphan: somebody knows of it");
    }
    blob::contract::store(&*world.blobs, &pattern(10, 1), None, usize::MAX).await;
    assert!(world.sweep().await.is_err());
    world.blobs.clear_plan();
    assert_eq!((world.reclaim().await, world.sweep().await), (Ok(1), Ok(1)));
    world.assert_bare("after all").await;
}

/// After damage in the log a blob without a row may be the only rest of an object.
#[tokio::test]
async fn orphans_are_kept_when_rows_may_be_lost() {
    let mut world = World::with(Settings { keep_orphans: true, ..small() }).await;
    blob::contract::store(&*world.blobs, &pattern(10, 1), None, usize::MAX).await;
    world.put("k", pattern(10_000, 1)).await.expect("stores");
    world.delete("k").await.expect("deletes");
    assert_eq!((world.sweep().await, world.reclaim().await), (Ok(0), Ok(1)), "known garbage goes");
    assert_eq!(world.blob_ids().await.len(), 1, "what nobody knows stays");
    world.settings.keep_orphans = false;
    world.restart().await;
    assert_eq!(world.sweep().await, Ok(1));
    world.assert_bare("after the repair").await;
}

#[tokio::test]
async fn damaged_rows_stop_nothing_else() {
    let world = World::new().await;
    // more than a page of them, and first in order
    for n in 0..300_u16 {
        world.forge_row([b"g\0".as_slice(), &n.to_be_bytes()].concat(), vec![99].into(), false).await;
    }
    world.put("k", pattern(10_000, 1)).await.expect("stores");
    world.delete("k").await.expect("deletes");
    assert!(matches!(world.reclaim().await, Err(Error::Corrupt { .. })));
    assert_eq!(world.blob_ids().await, []);
    assert_eq!(world.rows("g").await, 300, "what is not understood is kept");
}

#[tokio::test(start_paused = true)]
async fn the_loop_is_woken_by_garbage() {
    let world = World::new().await;
    blob::contract::store(&*world.blobs, &pattern(10, 1), None, usize::MAX).await;
    let work = async {
        for n in 0..3 {
            world.put("k", pattern(10_000, n)).await.expect("stores");
            tokio::time::sleep(Duration::from_secs(3)).await;
            assert_eq!(world.blob_ids().await.len(), 1, "the orphan and what was replaced are gone");
        }
    };
    tokio::select! {
        ended = world.store.reclaim_forever(&Caller::System) => panic!("{ended:?}"),
        () = work => {}
    }
}

#[tokio::test(start_paused = true)]
async fn the_loop_rests_between_rounds_and_longer_after_failures() {
    let world = World::new().await;
    let lists = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&lists);
    world.blobs.plan(move |call| {
        count.fetch_add(u32::from(call == BlobCall::List), Ordering::SeqCst);
        (call == BlobCall::List).then(|| BlobError::Io("broken".into()))
    });
    let hour = Duration::from_secs(3_600);
    let ended = tokio::time::timeout(hour, world.store.reclaim_forever(&Caller::System)).await;
    assert!(ended.is_err(), "it goes on");
    let failed = lists.swap(0, Ordering::SeqCst);
    assert!((10..100).contains(&failed), "{failed} tries in an hour");

    world.blobs.clear_plan();
    let scans = Arc::new(AtomicU32::new(0));
    let churn = async {
        for n in 0..100 {
            world.put("k", pattern(10_000, n)).await.expect("stores");
            tokio::time::sleep(Duration::from_millis(10)).await;
            scans.fetch_add(u32::from(world.rows("g").await == 0), Ordering::SeqCst);
        }
    };
    tokio::select! {
        ended = world.store.reclaim_forever(&Caller::System) => panic!("{ended:?}"),
        () = churn => {}
    }
    let scans = scans.load(Ordering::SeqCst);
    assert!(scans <= 4, "one round a second at most, however much is overwritten: {scans}");
}

#[tokio::test]
async fn the_loop_is_for_the_server_alone() {
    let world = World::new().await;
    let account = AccountId::parse(world.store.account().as_str()).expect("valid");
    let admin = Caller::Known { account, access_key_id: "k".into(), scope: Scope::admin(), origin: None };
    assert_eq!(world.store.reclaim_forever(&admin).await, Err(Error::AccessDenied));
}

#[tokio::test]
async fn a_blob_reclaimed_between_row_and_open_is_looked_for_again() {
    let world = World::new().await;
    world.put("k", pattern(10_000, 1)).await.expect("stores");
    let old = world.blob_ids().await[0];
    let mut opens = 0;
    // the first open finds nothing, as if reclaim had been there in between; the row is read again
    world.blobs.plan(move |call| {
        opens += u32::from(call == BlobCall::Open);
        (call == BlobCall::Open && opens == 1).then_some(BlobError::NotFound(old))
    });
    assert!(world.get("k").await.expect("reads") == pattern(10_000, 1));
    assert!(world.blobs.open(&old).await.is_ok());
}
