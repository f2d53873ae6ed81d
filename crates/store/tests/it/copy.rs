//! Copies share bytes and live on their own: whatever becomes of the source, and the other way round.

mod parts;
mod small;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use auth::{BucketScope, Caller, Permission, Scope};
use domain::condition::Failed;
use domain::etag::parse_etag_list;
use domain::limits::PUT_MAX_BYTES;
use domain::{
    BucketName, Checksum, ChecksumAlgorithm, ChecksumType, Conditions, Error, HttpMetadata,
    MetadataDirective, ObjectInfo, ObjectMetadata, StorageClass,
};
use meta::tables::object::Segment;
use store::{CopyObject, CopyPart, CopySource, CreateUpload, DeleteObject, PutObject};
use testkit::{BlobCall, CommitFate};

use crate::source::Source;
use crate::world::{INLINE_MAX, PART_MIN, World, bucket, object_key, part_number, pattern, source};

/// Puts an object of one of the kinds that contents come in; returns its bytes and how many blobs it has.
async fn put(world: &World, key: &str, kind: &str) -> (Vec<u8>, u64) {
    let size = match kind {
        "empty" => 0,
        "small" => INLINE_MAX,
        "large" => 200_000,
        _ => return (world.put_parts(key, &[PART_MIN, 90_000, PART_MIN, 3]).await, 4),
    };
    let body = pattern(size, 1);
    world.put(key, body.clone()).await.expect("stores");
    (body.to_vec(), u64::from(size > INLINE_MAX))
}

const KINDS: [&str; 4] = ["empty", "small", "large", "multipart"];

#[tokio::test]
async fn a_copy_has_all_that_its_source_has() {
    let world = World::new().await;
    let other = BucketName::parse("other").expect("valid");
    world.store.create_bucket(&Caller::System, &other, None).await.expect("creates");
    for kind in KINDS {
        let (body, blobs) = put(&world, "k", kind).await;
        world.reclaim().await.expect("reclaims");
        let calls = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&calls);
        world.blobs.plan(move |call| {
            count.fetch_add(u32::from(call != BlobCall::List), Ordering::SeqCst);
            None
        });
        world.clock.advance(Duration::from_secs(5));
        let original = world.head("k").await.expect("is there");
        let copy = CopyObject::default();
        let copied = world
            .store
            .copy_object(&Caller::System, &source("k"), &other, &object_key("copy"), &copy)
            .await
            .expect("copies")
            .info;
        assert_eq!(calls.load(Ordering::SeqCst), 0, "{kind}: no byte of a blob is read or written");
        world.blobs.clear_plan();
        let now = domain::Clock::now(&*world.clock);
        let expected = ObjectInfo {
            key: object_key("copy"),
            last_modified: now,
            version: copied.version,
            ..original.clone()
        };
        assert_eq!(copied, expected, "{kind}");
        assert!(copied.version > original.version);
        let from = CopySource { bucket: other.clone(), ..source("copy") };
        world.copy_with(&from, "back", &copy).await.expect("copies back");
        assert!(world.get("back").await.expect("reads") == body, "{kind}");
        assert_eq!(world.blob_ids().await.len() as u64, blobs, "{kind}");
        world.delete("k").await.expect("deletes");
        world.delete("back").await.expect("deletes");
        assert_eq!(world.reclaim().await, Ok(0), "{kind}");
        let copy = object_key("copy").into();
        world.store.delete_object(&Caller::System, &other, copy, false).await.expect("deletes");
        assert_eq!(world.reclaim().await, Ok(blobs), "{kind}");
        world.assert_bare(kind).await;
    }
}

/// Three holders of the same bytes, ended in every order and in every way.
#[tokio::test]
async fn bytes_go_with_the_last_who_holds_them() {
    const ORDERS: [[&str; 3]; 6] = [
        ["a", "b", "c"],
        ["a", "c", "b"],
        ["b", "a", "c"],
        ["b", "c", "a"],
        ["c", "a", "b"],
        ["c", "b", "a"],
    ];
    let world = World::new().await;
    for kind in ["large", "multipart"] {
        for (n, order) in ORDERS.into_iter().enumerate() {
            let (body, blobs) = put(&world, "a", kind).await;
            world.copy("a", "b").await.expect("copies");
            world.copy("b", "c").await.expect("copies a copy");
            for (step, key) in order.into_iter().enumerate() {
                assert_eq!(world.reclaim().await, Ok(0), "{kind}, {order:?} before {key}");
                for left in &order[step..] {
                    assert!(world.get(left).await.expect("reads") == body, "{kind}, {order:?}: {left}");
                }
                if (n + step) % 2 == 0 {
                    world.delete(key).await.expect("deletes");
                } else {
                    world.put(key, "new").await.expect("replaces");
                }
            }
            assert_eq!(world.sweep().await, Ok(0), "they are reclaim's");
            assert_eq!(world.reclaim().await, Ok(blobs), "{kind}, {order:?}");
            for key in order {
                world.delete(key).await.expect("deletes");
            }
            world.assert_bare(kind).await;
        }
    }
}

#[tokio::test]
async fn several_who_go_at_once_are_counted_once() {
    let world = World::new().await;
    put(&world, "a", "multipart").await;
    for key in ["b", "c"] {
        world.copy("a", key).await.expect("copies");
    }
    let objects = ["a", "b", "c"].map(|key| DeleteObject::from(object_key(key))).to_vec();
    world.store.delete_objects(&Caller::System, &bucket(), objects, false).await.expect("deletes");
    assert_eq!(world.reclaim().await, Ok(4));
    world.assert_bare("after all").await;
}

fn metadata(content_type: &str, custom: &[(&str, &str)]) -> ObjectMetadata {
    let custom = custom.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let http = HttpMetadata { content_type: Some(content_type.into()), ..HttpMetadata::default() };
    ObjectMetadata { http, custom, storage_class: StorageClass::Standard }
}

#[tokio::test]
async fn onto_itself_with_each_directive() {
    let world = World::new().await;
    for kind in KINDS {
        let (body, blobs) = put(&world, "k", kind).await;
        let infrequent = Some(StorageClass::StandardIa);
        let merged = metadata("c/d", &[("a", "1"), ("b", "3"), ("c", "4")]);
        let table = [
            (
                MetadataDirective::Replace,
                metadata("a/b", &[("a", "1"), ("b", "2")]),
                infrequent,
                metadata("a/b", &[("a", "1"), ("b", "2")]),
                StorageClass::StandardIa,
            ),
            (
                MetadataDirective::Merge,
                metadata("c/d", &[("b", "3"), ("c", "4")]),
                None,
                merged.clone(),
                StorageClass::StandardIa,
            ),
            (
                MetadataDirective::Copy,
                metadata("ignored", &[("a", "9")]),
                Some(StorageClass::Standard),
                merged,
                StorageClass::Standard,
            ),
            (
                MetadataDirective::Replace,
                metadata("x/y", &[]),
                None,
                metadata("x/y", &[]),
                StorageClass::Standard,
            ),
        ];
        for (directive, metadata, storage_class, expected, expected_class) in table {
            let before = world.head("k").await.expect("is there");
            world.clock.advance(Duration::from_secs(1));
            let copy = CopyObject { directive, metadata, storage_class, ..CopyObject::default() };
            let info = world.copy_with(&source("k"), "k", &copy).await.expect("copies");
            let expected = ObjectMetadata { storage_class: expected_class, ..expected };
            assert_eq!((&info.metadata, &info.etag), (&expected, &before.etag), "{kind}");
            assert!(info.last_modified > before.last_modified && info.version > before.version);
            assert_eq!(world.head("k").await, Ok(info));
            assert_eq!(world.reclaim().await, Ok(0), "{kind}");
            assert!(world.get("k").await.expect("reads") == body, "{kind}");
        }
        world.delete("k").await.expect("deletes");
        assert_eq!(world.reclaim().await, Ok(blobs), "{kind}");
        world.assert_bare(kind).await;
    }
}

/// Asked for a checksum, a copy has it whatever its source has; the bytes are shared all the same.
#[tokio::test]
async fn a_copy_has_the_checksum_that_is_asked_for() {
    let world = World::new().await;
    for kind in KINDS {
        let (body, blobs) = put(&world, "k", kind).await;
        let copy = CopyObject { checksum: Some(ChecksumAlgorithm::Crc32), ..CopyObject::default() };
        let info = world.copy_with(&source("k"), "copy", &copy).await.expect("copies");
        let crc = crc_fast::checksum(crc_fast::CrcAlgorithm::Crc32IsoHdlc, &body);
        let crc = u32::try_from(crc).expect("32 bits").to_be_bytes();
        assert_eq!(
            info.checksums,
            [Checksum::new(ChecksumAlgorithm::Crc32, crc.to_vec()).expect("4 bytes")],
            "{kind}"
        );
        assert_eq!(info.checksum_type, ChecksumType::FullObject);
        assert_eq!(world.head("copy").await, Ok(info));
        world.delete("k").await.expect("deletes");
        assert_eq!(world.reclaim().await, Ok(0), "{kind}: the copy holds them");
        assert!(world.get("copy").await.expect("reads") == body, "{kind}");
        world.delete("copy").await.expect("deletes");
        assert_eq!(world.reclaim().await, Ok(blobs), "{kind}");
    }
}

#[tokio::test]
async fn refused_copies_change_nothing() {
    let world = World::new().await;
    let info = world.put("k", pattern(20_000, 1)).await.expect("stores");
    world.put("there", "old").await.expect("stores");
    let none = Conditions { if_none_match: Some(parse_etag_list("*")), ..Conditions::default() };
    let other = Conditions { if_match: Some(parse_etag_list("\"other\"")), ..Conditions::default() };
    let this =
        Conditions { if_match: Some(parse_etag_list(&info.etag.to_string())), ..Conditions::default() };
    let missing = BucketName::parse("missing").expect("valid");
    let from = |conditions: &Conditions| CopySource { conditions: conditions.clone(), ..source("k") };
    let to = |conditions: &Conditions| CopyObject { conditions: conditions.clone(), ..CopyObject::default() };
    let failed = |failed| Error::PreconditionFailed { failed };
    let metadata = metadata("a/b", &[("a", "x".repeat(8_192).as_str())]);
    let big = CopyObject { directive: MetadataDirective::Replace, metadata, ..CopyObject::default() };
    let table = [
        (source("missing"), to(&this), Error::NoSuchKey { key: object_key("missing") }),
        (
            CopySource { bucket: missing.clone(), ..source("k") },
            to(&this),
            Error::NoSuchBucket { bucket: missing.clone() },
        ),
        (from(&other), CopyObject::default(), failed(Failed::IfMatch)),
        (from(&none), CopyObject::default(), failed(Failed::IfNoneMatch)),
        (from(&this), to(&none), failed(Failed::IfNoneMatch)),
        (from(&this), to(&this), failed(Failed::IfMatch)),
        (source("k"), big, Error::MetadataTooLarge { bytes: 8_193 }),
    ];
    for (from, copy, expected) in table {
        assert_eq!(world.copy_with(&from, "there", &copy).await, Err(expected), "{from:?}, {copy:?}");
    }
    let copy = CopyObject::default();
    let nowhere =
        world.store.copy_object(&Caller::System, &source("k"), &missing, &object_key("k"), &copy).await;
    assert_eq!(nowhere, Err(Error::NoSuchBucket { bucket: missing.clone() }));
    assert_eq!(world.get("there").await.as_deref(), Ok(b"old".as_slice()));
    assert_eq!((world.rows("x").await, world.rows("g").await), (1, 0));
    world.copy_with(&from(&this), "there", &CopyObject::default()).await.expect("its condition holds");
}

#[tokio::test]
async fn what_is_too_large_for_one_copy_is_copied_in_parts() {
    let world = World::new().await;
    for (size, allowed) in [(PUT_MAX_BYTES, true), (PUT_MAX_BYTES + 1, false)] {
        let info = world.put("k", pattern(20_000, 1)).await.expect("stores");
        world.forge(ObjectInfo { size, ..info }, vec![Segment::whole(1, [7; 16], size)]).await;
        let too_large = Error::EntityTooLarge { max_bytes: PUT_MAX_BYTES };
        let expected = if allowed { Ok(()) } else { Err(too_large) };
        assert_eq!(world.copy("k", "copy").await.map(drop), expected);
        let id = world.begin("copy").await;
        assert_eq!(world.part_copy("copy", (id, 1), "k", None).await.map(drop), expected);
        let part = world.part_copy("copy", (id, 1), "k", Some((1, PUT_MAX_BYTES))).await;
        assert_eq!(part.map(|info| info.size), Ok(if allowed { size - 1 } else { PUT_MAX_BYTES }));
    }
}

/// The first commit from now on is held, the others pass.
fn hold_first(world: &World, fate: CommitFate) {
    let mut first = Some(fate);
    world.engine.plan(move |_| first.take().unwrap_or(CommitFate::Passed));
}

/// The source goes, and reclaim with it, while the copy's commit is under way: the copy is whole or absent.
#[tokio::test]
async fn a_copy_races_the_end_of_its_source() {
    for kind in KINDS {
        for fate in [CommitFate::Held, CommitFate::AnswerHeld] {
            for end in ["deleted", "replaced", "replaced by a small one"] {
                let world = World::new().await;
                let (body, _) = put(&world, "k", kind).await;
                world.reclaim().await.expect("reclaims");
                hold_first(&world, fate.clone());
                let meanwhile = async {
                    world.engine.wait_for_held(1).await;
                    match end {
                        "deleted" => world.delete("k").await.expect("deletes"),
                        "replaced" => drop(world.put("k", pattern(9_000, 2)).await.expect("replaces")),
                        _ => drop(world.put("k", "new").await.expect("replaces")),
                    }
                    world.reclaim().await.expect("reclaims");
                    world.engine.release();
                };
                let (copied, ()) = tokio::join!(world.copy("k", "copy"), meanwhile);
                let context = format!("{kind}, {fate:?}, {end}");
                match (&fate, end) {
                    (CommitFate::AnswerHeld, _) => {
                        copied.expect("it came first");
                        assert!(world.get("copy").await.expect("reads") == body, "{context}");
                    }
                    (_, "deleted") => {
                        assert_eq!(copied, Err(Error::NoSuchKey { key: object_key("k") }), "{context}");
                    }
                    _ => {
                        copied.expect("there is a source");
                        assert_eq!(world.get("copy").await, world.get("k").await, "{context}");
                    }
                }
                world.delete("k").await.expect("deletes");
                world.delete("copy").await.expect("deletes");
                world.reclaim().await.expect("reclaims");
                world.assert_bare(&context).await;
            }
        }
    }
}

/// A copy that is dropped during its commit is whole or absent, and leaves nothing.
#[tokio::test]
async fn a_client_that_leaves_during_a_copy_leaks_nothing() {
    for kind in KINDS {
        for fate in [CommitFate::Held, CommitFate::AnswerHeld] {
            let world = World::new().await;
            let (body, _) = put(&world, "k", kind).await;
            hold_first(&world, fate.clone());
            {
                let mut copy = std::pin::pin!(world.copy("k", "copy"));
                tokio::select! {
                    _ = &mut copy => panic!("the commit is held"),
                    () = world.engine.wait_for_held(1) => {}
                }
            }
            world.engine.release();
            world.delete("k").await.expect("deletes");
            world.reclaim().await.expect("reclaims");
            if fate == CommitFate::AnswerHeld {
                assert!(world.get("copy").await.expect("reads") == body, "{kind}");
            }
            world.delete("copy").await.expect("deletes");
            world.reclaim().await.expect("reclaims");
            world.assert_bare(&format!("{kind}, {fate:?}")).await;
        }
    }
}

/// The source is read: who copies must be allowed to read it, and to write the copy.
#[tokio::test]
async fn both_ends_are_authorised() {
    let world = World::new().await;
    let other = BucketName::parse("other").expect("valid");
    world.store.create_bucket(&Caller::System, &other, None).await.expect("creates");
    let (from, key) = (source("k"), object_key("copy"));
    let copy = CopyObject::default();
    let part = CopyPart { source: from.clone(), range: None, customer_key: None };
    world.put("k", pattern(20_000, 1)).await.expect("stores");
    let create = CreateUpload::default();
    let id = world.store.create_upload(&Caller::System, &other, &key, &create).await.expect("begins");
    let table = [
        (Permission::ObjectReadWrite, vec![bucket(), other.clone()], Ok(())),
        (Permission::ObjectReadWrite, vec![other.clone()], Err(Error::AccessDenied)),
        (Permission::ObjectReadWrite, vec![bucket()], Err(Error::AccessDenied)),
        (Permission::ObjectReadOnly, vec![bucket(), other.clone()], Err(Error::AccessDenied)),
    ];
    for (permission, buckets, expected) in table {
        let context = format!("{permission:?} of {buckets:?}");
        let scope = Scope::new(permission, BucketScope::Only(buckets.into_iter().collect()));
        let account = world.store.account().clone();
        let caller = &Caller::Known { account, access_key_id: "k".into(), scope, origin: None };
        let copied = world.store.copy_object(caller, &from, &other, &key, &copy).await;
        assert_eq!(copied.map(drop), expected, "{context}");
        let copied = world.store.copy_part(caller, &other, &key, (id, part_number(1)), &part).await;
        assert_eq!(copied.map(drop), expected, "{context}");
    }
}

#[tokio::test]
async fn checksums_go_with_the_bytes() {
    let world = World::new().await;
    let integrity = store::Integrity {
        algorithms: domain::ChecksumAlgorithm::ALL.to_vec(),
        ..store::Integrity::default()
    };
    let put = PutObject { integrity, ..PutObject::default() };
    let info = world.put_with("k", put, &mut Source::whole(pattern(20_000, 1))).await.expect("stores");
    let copied = world.copy("k", "copy").await.expect("copies");
    assert_eq!((copied.checksums.len(), copied.checksums), (5, info.checksums));
}
