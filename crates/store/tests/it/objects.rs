//! PutObject, GetObject, HeadObject, DeleteObject: what goes in comes out.

use auth::Caller;
use bytes::Bytes;
use domain::condition::Failed;
use domain::etag::parse_etag_list;
use domain::listing::{ListEntry, ListQuery};
use domain::{
    Checksum, ChecksumAlgorithm, Conditions, Error, HttpMetadata, ObjectMetadata, RangeRequest, StorageClass,
    Timestamp,
};
use store::{DeleteObject, Deleted, GetObject, Integrity, PutObject};
use testkit::BlobCall;

use crate::source::Source;
use crate::world::{INLINE_MAX, World, bucket, etag, object_key, pattern, read_all};

const SIZES: [usize; 7] = [0, 1, INLINE_MAX - 1, INLINE_MAX, INLINE_MAX + 1, 300_000, 1_000_001];

fn metadata() -> ObjectMetadata {
    ObjectMetadata {
        http: HttpMetadata { content_type: Some("image/png".into()), ..HttpMetadata::default() },
        custom: vec![("owner".into(), "grün".into()), ("zone".into(), String::new())],
        storage_class: StorageClass::StandardIa,
    }
}

#[tokio::test]
async fn bodies_come_back_whatever_their_size_and_pieces() {
    let world = World::new().await;
    for (seed, size) in (0..).zip(SIZES) {
        let body = pattern(size, seed);
        for (length, piece_bytes) in [(Some(size as u64), 65_536), (None, 70_001), (None, 1_000)] {
            let put = PutObject { length, ..PutObject::default() };
            let info = world.put_with("k", put, &mut Source::in_pieces(&body, piece_bytes)).await;
            let info = info.expect("stores");
            assert_eq!((info.size, &info.etag), (size as u64, &etag(&body)));
            assert!(world.get("k").await.expect("reads") == body, "{size} bytes, length {length:?}");
        }
    }
    world.reclaim().await.expect("reclaims");
    assert_eq!(world.blob_ids().await.len(), 1, "small bodies are no blobs, and replaced ones are gone");
}

#[tokio::test]
async fn what_is_said_of_an_object_is_kept() {
    let world = World::new().await;
    world.clock.set(Timestamp::from_millis(1_767_323_045_678));
    for body in [pattern(10, 1), pattern(10_000, 2)] {
        let integrity = Integrity { algorithms: ChecksumAlgorithm::ALL.to_vec(), ..Integrity::default() };
        let put = PutObject { metadata: metadata(), integrity, ..PutObject::default() };
        let stored = world.put_with("k", put, &mut Source::whole(body.clone())).await.expect("stores");
        let get = GetObject::default();
        let head = world.store.head_object(&Caller::System, &bucket(), &object_key("k"), &get).await;
        let head = head.unwrap_or_else(|(error, _)| panic!("{error}"));
        assert_eq!(head.info, stored);
        assert_eq!((head.range, head.body.remaining()), (None, 0));
        assert_eq!(stored.last_modified, Timestamp::from_millis(1_767_323_045_678));
        assert_eq!(stored.metadata, metadata());
        let algorithms: Vec<_> = stored.checksums.iter().map(Checksum::algorithm).collect();
        assert_eq!(algorithms, ChecksumAlgorithm::ALL);

        let page = world.store.list_objects(&Caller::System, &bucket(), &query()).await.expect("lists");
        let [ListEntry::Object(listed)] = &page.entries[..] else { panic!("{page:?}") };
        assert_eq!((listed.size, &listed.etag), (stored.size, &stored.etag));
        assert_eq!(listed.last_modified, stored.last_modified);
        assert_eq!(listed.metadata.storage_class, StorageClass::StandardIa);
    }
}

fn query() -> ListQuery {
    ListQuery { limit: 1_000, ..ListQuery::default() }
}

#[tokio::test]
async fn metadata_over_its_limit_is_refused() {
    let world = World::new().await;
    for (bytes, allowed) in [(8_192 - 1, true), (8_193 - 1, false)] {
        let custom = vec![("a".to_owned(), "x".repeat(bytes))];
        let put = PutObject {
            metadata: ObjectMetadata { custom, ..ObjectMetadata::default() },
            ..PutObject::default()
        };
        let stored = world.put_with("k", put, &mut Source::whole("body")).await;
        let expected = if allowed { Ok(()) } else { Err(Error::MetadataTooLarge { bytes: bytes + 1 }) };
        assert_eq!(stored.map(drop), expected);
    }
}

#[tokio::test]
async fn ranges_cut_the_body() {
    let world = World::new().await;
    for size in [1_000, 700_000] {
        let body = pattern(size, 3);
        world.put("k", body.clone()).await.expect("stores");
        let last = size as u64 - 1;
        let table = [
            (RangeRequest::FromTo(0, 0), Some(0..1)),
            (RangeRequest::FromTo(10, 19), Some(10..20)),
            (RangeRequest::FromTo(last, u64::MAX), Some(size - 1..size)),
            (RangeRequest::From(5), Some(5..size)),
            (RangeRequest::Suffix(7), Some(size - 7..size)),
            (RangeRequest::Suffix(u64::MAX), Some(0..size)),
            (RangeRequest::From(last + 1), None),
            (RangeRequest::Suffix(0), None),
        ];
        for (range, expected) in table {
            let get = GetObject { range: Some(range), ..GetObject::default() };
            let got = world.store.get_object(&Caller::System, &bucket(), &object_key("k"), &get).await;
            match (got, expected) {
                (Ok(object), Some(expected)) => {
                    let range = object.range.expect("a range was asked for");
                    assert_eq!((range.start, range.end), (expected.start as u64, expected.end as u64));
                    assert_eq!(object.body.remaining(), range.len());
                    assert!(read_all(object.body).await.expect("reads") == body[expected]);
                }
                (Err((error, _)), None) => assert_eq!(error, Error::InvalidRange { size: size as u64 }),
                (got, expected) => panic!("{range:?}: {:?}, {expected:?}", got.map(|o| o.range)),
            }
        }
    }
}

#[tokio::test]
async fn conditions_decide_reads_and_show_what_a_304_needs() {
    let world = World::new().await;
    let info = world.put("k", "body").await.expect("stores");
    let read = async |conditions: Conditions| {
        let get = GetObject { conditions, ..GetObject::default() };
        let got = world.store.get_object(&Caller::System, &bucket(), &object_key("k"), &get).await;
        let head = world.store.head_object(&Caller::System, &bucket(), &object_key("k"), &get).await;
        let (got, head) = (got.map(|object| object.info), head.map(|object| object.info));
        assert_eq!(got, head);
        got
    };
    let none_match = Conditions { if_none_match: Some(parse_etag_list("*")), ..Conditions::default() };
    let failed = Error::PreconditionFailed { failed: Failed::IfNoneMatch };
    assert_eq!(read(none_match).await, Err((failed, Some(Box::new(info.clone())))));
    let matching =
        Conditions { if_match: Some(parse_etag_list(&info.etag.to_string())), ..Conditions::default() };
    assert_eq!(read(matching).await, Ok(info));
    let get = GetObject::default();
    let missing = world.store.get_object(&Caller::System, &bucket(), &object_key("other"), &get).await;
    assert_eq!(missing.err(), Some((Error::NoSuchKey { key: object_key("other") }, None)));
}

#[tokio::test]
async fn a_refused_condition_costs_no_byte_of_the_body() {
    let world = World::new().await;
    world.put("k", "body").await.expect("stores");
    let conditions = Conditions { if_none_match: Some(parse_etag_list("*")), ..Conditions::default() };
    let put = PutObject { conditions, ..PutObject::default() };
    let mut body = Source::default().then_fail(Error::internal("it was read"));
    let refused = world.put_with("k", put, &mut body).await;
    assert_eq!(refused, Err(Error::PreconditionFailed { failed: Failed::IfNoneMatch }));
}

#[tokio::test]
async fn deletes_are_of_one_moment_and_forgive() {
    let world = World::new().await;
    for n in 0..5 {
        world.put(&format!("k{n}"), pattern(5_000 * n, 1)).await.expect("stores");
    }
    let keys = ["k1", "missing", "k3", "k1"].map(object_key);
    let objects = keys.iter().cloned().map(DeleteObject::from).collect();
    let outcomes = world.store.delete_objects(&Caller::System, &bucket(), objects, false).await;
    assert_eq!(outcomes, Ok(vec![Ok(Deleted::default()); 4]), "one outcome for each key named");
    for (n, expected) in [(0, true), (1, false), (2, true), (3, false), (4, true)] {
        assert_eq!(world.get(&format!("k{n}")).await.is_ok(), expected, "k{n}");
    }
    world.delete("k1").await.expect("a missing object is no error");
    world
        .store
        .delete_objects(&Caller::System, &bucket(), Vec::new(), false)
        .await
        .expect("nothing to delete");
    assert_eq!(world.reclaim().await, Ok(2), "both were blobs");
}

#[tokio::test]
async fn damaged_bytes_are_not_served() {
    let world = World::new().await;
    world.put("k", pattern(600_000, 1)).await.expect("stores");
    let mut reads = 0;
    world.blobs.plan(move |call| {
        reads += u32::from(call == BlobCall::Read);
        (reads == 2).then(|| blob::BlobError::Corrupt("block 4".into()))
    });
    let get = GetObject::default();
    let object = world.store.get_object(&Caller::System, &bucket(), &object_key("k"), &get).await;
    let mut body = object.unwrap_or_else(|(error, _)| panic!("{error}")).body;
    assert!(body.next().await.expect("the first block is sound").is_some());
    assert_eq!(body.next().await, Err(Error::Corrupt { context: "block 4".into() }));
}

#[tokio::test]
async fn a_blob_that_is_missing_is_damage_and_not_a_missing_key() {
    let world = World::new().await;
    world.put("k", pattern(10_000, 1)).await.expect("stores");
    let ids = world.blob_ids().await;
    blob::BlobStore::delete(&*world.blobs, &ids[0]).await.expect("deletes");
    assert!(matches!(world.get("k").await, Err(Error::Corrupt { .. })));
}

#[tokio::test]
async fn documents_are_verified_as_bodies_are() {
    let document = Bytes::from_static(b"<Delete/>");
    let sound = Integrity { algorithms: vec![ChecksumAlgorithm::Crc32c], ..Integrity::default() };
    assert_eq!(sound.verify_document(&document, &[]).await, Ok(()));
    let wrong = Checksum::new(ChecksumAlgorithm::Crc32c, vec![0; 4]).expect("four bytes");
    let refused = sound.verify_document(&document, std::slice::from_ref(&wrong)).await;
    assert!(matches!(refused, Err(Error::BadChecksum { .. })), "{refused:?}");
    let unannounced = Integrity::default().verify_document(&document, &[wrong]).await;
    assert!(matches!(unannounced, Err(Error::MalformedBody(_))), "{unannounced:?}");
    let md5 = Integrity { md5: Some([0; 16]), ..Integrity::default() };
    assert!(matches!(md5.verify_document(&document, &[]).await, Err(Error::BadMd5 { .. })));
}
