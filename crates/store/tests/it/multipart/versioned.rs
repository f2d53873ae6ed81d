//! Uploads in parts where a bucket keeps versions: each version has its parts as long as it is there.

use auth::Caller;
use domain::versioning::Versioning;
use domain::{ChecksumAlgorithm, Error, PartChecksums, UploadChecksum, VersionId};
use meta::Engine;
use meta::tables::object;
use store::{CopyObject, CopySource, CreateUpload, DeleteObject, GetObject};

use crate::world::{PART_MIN, World, bucket, now, object_key, pattern, read_all, source};

const SYSTEM: &Caller = &Caller::System;

/// Stores an object of two parts; returns its version and its bytes.
async fn put(world: &World, seed: usize) -> (VersionId, Vec<u8>) {
    let id = world.begin("k").await;
    let (parts, whole) = world.parts("k", id, &[PART_MIN + seed, 10]).await;
    let info = now(world.complete("k", id, &parts).await);
    (info.version_id.unwrap_or(VersionId::Null), whole)
}

async fn get(world: &World, version: VersionId) -> Result<Vec<u8>, Error> {
    let get = GetObject { version: Some(version), ..GetObject::default() };
    let object = world.store.get_object(SYSTEM, &bucket(), &object_key("k"), &get).await;
    read_all(object.map_err(|(error, _)| error)?.body).await
}

async fn delete(world: &World, version: VersionId) {
    let object = DeleteObject { version: Some(version), ..object_key("k").into() };
    world.store.delete_object(SYSTEM, &bucket(), object, false).await.expect("deletes");
}

async fn turn(world: &World, versioning: Versioning) {
    world.store.put_versioning(SYSTEM, &bucket(), versioning).await.expect("turns");
}

#[tokio::test]
async fn every_version_keeps_its_parts() {
    let world = World::new().await;
    turn(&world, Versioning::Enabled).await;
    let ((first, first_body), (second, second_body)) = (put(&world, 1).await, put(&world, 2).await);
    let from = CopySource { version: Some(first), ..source("k") };
    let third = world.copy_with(&from, "k", &CopyObject::default()).await.expect("copies");
    let third = third.version_id.expect("versions are kept");
    assert_eq!(world.reclaim().await, Ok(0));
    for (version, body) in [(first, &first_body), (second, &second_body), (third, &first_body)] {
        assert!(get(&world, version).await.expect("reads") == *body);
    }
    assert!(world.get("k").await.expect("reads") == first_body, "the copy is on top");
    world.delete("k").await.expect("leaves a marker");
    assert_eq!(world.reclaim().await, Ok(0));
    delete(&world, first).await;
    assert_eq!(world.reclaim().await, Ok(0), "the copy holds its parts");
    assert!(get(&world, third).await.expect("reads") == first_body);
    delete(&world, third).await;
    assert_eq!(world.reclaim().await, Ok(2));
    assert!(get(&world, second).await.expect("reads") == second_body);
    delete(&world, second).await;
    assert_eq!(world.reclaim().await, Ok(2));
    world.assert_bare("after all versions").await;
}

#[tokio::test]
async fn the_version_without_a_number_is_moved_and_replaced_with_its_parts() {
    let world = World::new().await;
    let (null, null_body) = put(&world, 1).await;
    assert_eq!(null, VersionId::Null);
    turn(&world, Versioning::Enabled).await;
    let (second, second_body) = put(&world, 2).await;
    assert_eq!(world.reclaim().await, Ok(0), "the first is kept in another place");
    assert!(get(&world, null).await.expect("reads") == null_body);
    // what is read while it is replaced is read to its end
    let reading = GetObject { version: Some(null), ..GetObject::default() };
    let reader = world.store.get_object(SYSTEM, &bucket(), &object_key("k"), &reading).await;
    let reader = reader.unwrap_or_else(|(error, _)| panic!("{error}")).body;
    turn(&world, Versioning::Suspended).await;
    let (third, third_body) = put(&world, 3).await;
    assert_eq!(third, VersionId::Null);
    assert_eq!(world.reclaim().await, Ok(0), "somebody reads it");
    assert!(read_all(reader).await.expect("reads") == null_body);
    assert_eq!(world.reclaim().await, Ok(2), "there is one such version");
    assert!(get(&world, null).await.expect("reads") == third_body);
    assert!(get(&world, second).await.expect("reads") == second_body);
    delete(&world, null).await;
    assert!(world.get("k").await.expect("reads") == second_body, "the next older stands for the key");
    delete(&world, second).await;
    assert_eq!(world.reclaim().await, Ok(4));
    world.assert_bare("after all versions").await;
}

#[tokio::test]
async fn an_upload_begun_before_versions_are_kept_becomes_one() {
    let world = World::new().await;
    world.put("k", pattern(9_000, 9)).await.expect("stores");
    let id = world.begin("k").await;
    let (parts, whole) = world.parts("k", id, &[PART_MIN, 10]).await;
    turn(&world, Versioning::Enabled).await;
    let info = now(world.complete("k", id, &parts).await);
    assert!(matches!(info.version_id, Some(VersionId::Number(_))), "{info:?}");
    assert_eq!(world.reclaim().await, Ok(0));
    assert!(world.get("k").await.expect("reads") == whole);
    assert!(get(&world, VersionId::Null).await.expect("reads") == pattern(9_000, 9));
}

/// They are kept once, with the version, and go along with its copies, unless those get a checksum of their own.
#[tokio::test]
async fn checksums_of_parts_stay_with_the_content() {
    let world = World::new().await;
    turn(&world, Versioning::Enabled).await;
    let checksum = Some(UploadChecksum::of(ChecksumAlgorithm::Sha256));
    let create = CreateUpload { checksum, ..CreateUpload::default() };
    let id = world.begin_with("k", &create).await.expect("begins");
    let (parts, _) = world.parts("k", id, &[PART_MIN, PART_MIN, 10]).await;
    let kept = now(world.complete("k", id, &parts).await).part_checksums;
    assert_eq!(kept.as_ref().map(PartChecksums::values).map(<[u8]>::len), Some(3 * 32));
    assert_eq!(world.head("k").await.expect("is there").part_checksums, kept);
    let row = world.engine.get(&object::key(world.bucket_id().await, &object_key("k"))).await;
    let pointer = row.expect("reads").expect("is there").value;
    assert!(pointer.len() < 128, "a list does not read them: {} bytes", pointer.len());
    world.copy("k", "copy").await.expect("copies");
    assert_eq!(world.head("copy").await.expect("is there").part_checksums, kept);
    let copy = CopyObject { checksum: Some(ChecksumAlgorithm::Crc32), ..CopyObject::default() };
    world.copy_with(&source("k"), "copy", &copy).await.expect("copies");
    assert_eq!(world.head("copy").await.expect("is there").part_checksums, None);
}
