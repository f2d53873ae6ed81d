//! A full disk refuses what grows, in clear words, and nothing else.

use std::sync::Arc;

use auth::Caller;
use blob::{BlobError, FileBlobs};
use domain::api_token::{PermissionGroup, TokenPolicy, TokenResource};
use domain::listing::ListQuery;
use domain::versioning::Versioning;
use domain::{BucketName, Error, IpRange, TokenSettings};
use meta::{EngineError, MemoryEngine, Write};
use store::{AuditQuery, DeleteObject};
use testkit::{BlobCall, CommitFate, SeededRandom, SimDisk};

use crate::world::{World, bucket, object_key, pattern, small};

/// Refuses batches that put more than notes of what is deleted, as an engine on a full disk does.
fn fill_engine(world: &World) {
    world.engine.plan(|batch| {
        let deletes = batch.writes.iter().filter(|write| matches!(write, Write::Delete { .. })).count();
        let put = |write: &Write| match write {
            Write::Put { key, value, body: None, .. } => key.len() + value.len(),
            Write::Put { .. } => usize::MAX / 2,
            Write::Delete { .. } => 0,
        };
        // as the embedded engine judges
        if batch.writes.iter().map(put).sum::<usize>() <= deletes * 4_000 {
            CommitFate::Passed
        } else {
            CommitFate::Refused(EngineError::Full)
        }
    });
}

async fn reads_and_deletes_work(world: &World) {
    let query = ListQuery { limit: 1_000, ..ListQuery::default() };
    let page = world.store.list_objects(&Caller::System, &bucket(), &query).await.expect("lists");
    assert_eq!(page.entries.len(), 2);
    assert!(world.get("small").await.expect("reads") == pattern(100, 1));
    assert!(world.get("large").await.expect("reads") == pattern(100_000, 2));
    assert_eq!(world.store.evaluate_cors(&Caller::Anonymous, &bucket()).await, Ok(None));
    world.delete("small").await.expect("deletes");
    world.delete("large").await.expect("deletes");
    assert_eq!(world.reclaim().await, Ok(1), "and the space comes back");
    world.assert_bare("after the deletes").await;
}

#[tokio::test]
async fn a_full_engine() {
    let world = World::new().await;
    world.put("small", pattern(100, 1)).await.expect("stores");
    world.put("large", pattern(100_000, 2)).await.expect("stores");
    fill_engine(&world);
    for size in [0, 100, 100_000] {
        for key in ["new", "small", "large"] {
            assert_eq!(world.put(key, pattern(size, 3)).await, Err(Error::InsufficientStorage));
        }
    }
    let other = BucketName::parse("other").expect("valid");
    let refused = world.store.create_bucket(&Caller::System, &other, None).await;
    assert_eq!(refused, Err(Error::InsufficientStorage));
    assert_eq!(world.reclaim().await, Ok(3), "the blobs of refused uploads do not stay");
    reads_and_deletes_work(&world).await;
    world.engine.clear_plan();
    world.put("small", pattern(100, 1)).await.expect("stores again");
}

#[tokio::test]
async fn uploads_on_a_full_engine() {
    let world = World::new().await;
    world.put("small", pattern(100, 1)).await.expect("stores");
    world.put("large", pattern(100_000, 2)).await.expect("stores");
    let (id, other) = (world.begin("k").await, world.begin("k").await);
    let (parts, _) = world.parts("k", id, &[100_000]).await;
    world.parts("k", other, &[100_000, 9]).await;
    fill_engine(&world);
    let full = Error::InsufficientStorage;
    assert_eq!(world.begin_with("k", &store::CreateUpload::default()).await, Err(full.clone()));
    assert_eq!(world.part("k", (id, 1), pattern(9, 3)).await, Err(full.clone()));
    assert_eq!(world.part_copy("k", (id, 1), "large", None).await, Err(full.clone()));
    assert_eq!(world.copy("large", "copy").await, Err(full));
    world.abort("k", other).await.expect("aborts");
    assert_eq!(world.reclaim().await, Ok(3), "what was refused, and what was aborted");
    world.complete("k", id, &parts).await.expect("its bytes are there already");
    world.delete("k").await.expect("deletes");
    world.reclaim().await.expect("reclaims");
    reads_and_deletes_work(&world).await;
}

#[tokio::test]
async fn full_blobs_at_each_call() {
    for failing in [BlobCall::Create, BlobCall::Write, BlobCall::Finish] {
        let world = World::new().await;
        world.put("small", pattern(100, 1)).await.expect("stores");
        world.put("large", pattern(100_000, 2)).await.expect("stores");
        world.blobs.plan(move |call| (call == failing).then_some(BlobError::Full));
        for key in ["new", "large"] {
            assert_eq!(
                world.put(key, pattern(50_000, 3)).await,
                Err(Error::InsufficientStorage),
                "{failing:?}"
            );
        }
        world.reclaim().await.expect("reclaims");
        assert_eq!(world.blob_ids().await.len(), 1, "nothing is left of what was refused: {failing:?}");
        world.put("inline", "body").await.expect("what fits elsewhere is stored");
        world.delete("inline").await.expect("deletes");
        reads_and_deletes_work(&world).await;
    }
}

#[tokio::test]
async fn a_disk_that_fills_under_an_upload() {
    let (disk, random) = (SimDisk::new(), Arc::new(SeededRandom::new(1)));
    let files = blob::Settings { chunk_bytes: 64 * 1024, reserve_free_bytes: 10_000 };
    let blobs = FileBlobs::open(Arc::new(disk.clone()), random.clone(), files).expect("opens");
    let world = World::over(Arc::new(MemoryEngine::new()), Arc::new(blobs), random, small()).await;
    world.store.create_bucket(&Caller::System, &bucket(), None).await.expect("creates");
    world.put("small", pattern(100, 1)).await.expect("stores");
    world.put("large", pattern(100_000, 2)).await.expect("stores");
    disk.set_free_bytes(300_000);
    assert_eq!(world.put("k", pattern(400_000, 3)).await, Err(Error::InsufficientStorage));
    let put = store::PutObject { length: Some(400_000), ..store::PutObject::default() };
    let mut unread = crate::source::Source::default().then_fail(Error::internal("it was read"));
    let refused = world.put_with("k", put, &mut unread).await;
    assert_eq!(refused, Err(Error::InsufficientStorage), "before a byte is sent");
    disk.wait_for_files(|files| files.len() == 1);
    world.reclaim().await.expect("reclaims");
    world.put("k", pattern(200_000, 3)).await.expect("what fits is stored");
    world.delete("k").await.expect("deletes");
    assert_eq!(world.reclaim().await, Ok(1));
    reads_and_deletes_work(&world).await;
}

#[tokio::test]
async fn a_broken_engine_says_that_it_is_read_only() {
    let world = World::new().await;
    world.put("k", "body").await.expect("stores");
    for (error, expected) in [
        (EngineError::ReadOnly, Error::ReadOnly),
        (EngineError::Busy, Error::SlowDown),
        (EngineError::Io("gone".into()), Error::Internal { context: "gone".into() }),
        (EngineError::Corrupt("bad".into()), Error::Corrupt { context: "bad".into() }),
    ] {
        let planned = error.clone();
        world.engine.plan(move |_| CommitFate::Refused(planned.clone()));
        assert_eq!(world.put("k", "other").await, Err(expected.clone()));
        assert_eq!(world.delete("k").await, Err(expected.clone()));
        assert_eq!(world.get("k").await.as_deref(), Ok(b"body".as_slice()), "reads go on");
        world.engine.fail_reads(Some(error));
        assert_eq!(world.get("k").await, Err(expected));
        world.engine.fail_reads(None);
    }
}

#[tokio::test]
async fn versions_can_be_deleted_on_a_full_disk() {
    let world = World::new().await;
    world.store.put_versioning(&Caller::System, &bucket(), Versioning::Enabled).await.expect("turns");
    let old = world.put("k", pattern(100_000, 1)).await.expect("stores").version_id;
    let new = world.put("k", pattern(100_000, 2)).await.expect("stores").version_id;
    fill_engine(&world);
    let marker = world.store.delete_object(&Caller::System, &bucket(), object_key("k").into(), false).await;
    let marker = marker.expect("leaves a marker");
    assert!(marker.is_marker);
    for version in [marker.version_id, new, old] {
        let named = DeleteObject { version, ..DeleteObject::from(object_key("k")) };
        world.store.delete_object(&Caller::System, &bucket(), named, false).await.expect("deletes");
    }
    world.reclaim().await.expect("reclaims");
    world.store.delete_bucket(&Caller::System, &bucket()).await.expect("deletes");
}

#[tokio::test]
async fn a_full_engine_takes_the_end_of_tokens_and_buckets_with_their_audit_entries() {
    let world = World::new().await;
    let caller = &Caller::System;
    let policy = TokenPolicy {
        groups: vec![PermissionGroup::BucketItemRead],
        resources: vec![TokenResource::AllBuckets],
    };
    // as long as a summary gets
    let ip_in = (0..255_u8).filter_map(|n| IpRange::parse(&format!("10.0.0.{n}/32"))).collect();
    let settings = TokenSettings { name: "t".into(), policies: vec![policy], ip_in, ..Default::default() };
    let (token, _) = world.store.create_token(caller, settings).await.expect("creates");
    fill_engine(&world);
    world.store.delete_token(caller, &token.id).await.expect("deletes");
    world.store.delete_bucket(caller, &bucket()).await.expect("deletes");
    let query = AuditQuery { limit: 10, ..AuditQuery::default() };
    let page = world.store.list_audit(caller, &query).await.expect("reads");
    let actions: Vec<_> = page.entries.iter().map(|(_, entry)| entry.action.as_str()).collect();
    assert_eq!(actions, ["DeleteBucket", "DeleteToken", "CreateToken", "CreateBucket"]);
}
