//! Parts that are copied from other objects.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use domain::condition::Failed;
use domain::error::PartsFault;
use domain::etag::parse_etag_list;
use domain::{
    ChecksumAlgorithm, ChecksumType, CompletedPart, Conditions, Error, MetadataDirective, RangeRequest,
    UploadChecksum,
};
use meta::tables::object::Segment;
use store::{CopyPart, CopySource, CreateUpload, Settings};
use testkit::{BlobCall, CommitFate};

use super::hold_first;
use crate::world::{INLINE_MAX, PART_MIN, World, etag, named, now, object_key, pattern, small, source};

/// Counts the blobs that are begun from now on.
fn count_blobs(world: &World) -> Arc<AtomicU32> {
    let calls = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&calls);
    world.blobs.plan(move |call| {
        count.fetch_add(u32::from(call == BlobCall::Create), Ordering::SeqCst);
        None
    });
    calls
}

#[tokio::test]
async fn ranges_over_several_stretches_of_copies_of_copies() {
    let world = World::with(Settings { part_min_bytes: 0, ..small() }).await;
    let first = world.put_parts("first", &[100, 7_000, 0, 20_000, 50]).await;
    let small_body = pattern(INLINE_MAX, 7);
    world.put("small", small_body.clone()).await.expect("stores");
    let written = count_blobs(&world);
    let ranges =
        [(0, 0), (99, 100), (50, 7_149), (100, 7_099), (7_100, 7_100), (0, 27_149), (27_100, u64::MAX)];
    let id = world.begin("second").await;
    let (mut parts, mut second) = (Vec::new(), Vec::new());
    for (number, (from, to)) in (1..).zip(ranges) {
        let info = world.part_copy("second", (id, number), "first", Some((from, to))).await.expect("copies");
        let end = usize::try_from(to.saturating_add(1)).unwrap_or(usize::MAX).min(first.len());
        let bytes = &first[usize::try_from(from).expect("small")..end];
        assert_eq!(info.size, bytes.len() as u64, "{from} to {to}");
        second.extend_from_slice(bytes);
        parts.push(named(number, &info));
    }
    let info = now(world.complete("second", id, &parts).await);
    assert_eq!((info.size, info.parts), (second.len() as u64, Some(7)));
    assert!(world.get("second").await.expect("reads") == second);
    assert_eq!(written.load(Ordering::SeqCst), 0, "every byte is shared");
    // and once more: of the copy, of a small body, and of bytes of its own
    let id = world.begin("third").await;
    let middle = (5_000, second.len() as u64 - 5_000);
    let copied = [
        world.part_copy("third", (id, 1), "second", Some(middle)).await.expect("copies"),
        world.part_copy("third", (id, 2), "small", Some((1, 1_000))).await.expect("copies"),
        world.part_copy("third", (id, 3), "second", None).await.expect("copies"),
        world.part("third", (id, 4), pattern(300, 8)).await.expect("stores"),
    ];
    assert_eq!(copied[1].etag, etag(&small_body[1..=1_000]), "what is written has its MD5");
    let parts: Vec<CompletedPart> = (1..).zip(&copied).map(|(number, info)| named(number, info)).collect();
    now(world.complete("third", id, &parts).await);
    let third =
        [&second[5_000..=second.len() - 5_000], &small_body[1..=1_000], &second, &pattern(300, 8)].concat();
    assert_eq!(world.reclaim().await, Ok(0));
    assert!(world.get("third").await.expect("reads") == third);
    assert_eq!(written.load(Ordering::SeqCst), 2, "a small body's bytes, and its own");
    // each lives as long as it is there
    for (key, left) in [("first", 2), ("second", 1)] {
        world.delete(key).await.expect("deletes");
        world.reclaim().await.expect("reclaims");
        assert!(world.get("third").await.expect("reads") == third, "without {key}");
        assert_eq!(world.get("second").await.is_ok(), left == 2);
    }
    world.delete("third").await.expect("deletes");
    world.delete("small").await.expect("deletes");
    world.reclaim().await.expect("reclaims");
    world.assert_bare("after all").await;
}

#[tokio::test]
async fn nothing_but_the_blobs_of_the_range_is_held() {
    let world = World::new().await;
    let whole = world.put_parts("k", &[PART_MIN, PART_MIN, PART_MIN, 10]).await;
    let id = world.begin("copy").await;
    let range = (PART_MIN as u64 + 1, 2 * PART_MIN as u64);
    let info = world.part_copy("copy", (id, 1), "k", Some(range)).await.expect("copies");
    world.delete("k").await.expect("deletes");
    assert_eq!(world.reclaim().await, Ok(2), "the first and the last");
    now(world.complete("copy", id, &[named(1, &info)]).await);
    assert_eq!(world.reclaim().await, Ok(0));
    assert!(world.get("copy").await.expect("reads") == whole[PART_MIN + 1..=2 * PART_MIN]);
    world.delete("copy").await.expect("deletes");
    assert_eq!(world.reclaim().await, Ok(2));
    world.assert_bare("after all").await;
}

#[tokio::test]
async fn a_copied_part_is_replaced_and_aborted_like_any() {
    let world = World::new().await;
    world.put("k", pattern(20_000, 1)).await.expect("stores");
    let id = world.begin("copy").await;
    for _ in 0..3 {
        world.part_copy("copy", (id, 1), "k", Some((0, 9))).await.expect("copies");
    }
    assert_eq!(world.reclaim().await, Ok(0));
    assert_eq!((world.rows("x").await, world.rows("g").await), (2, 0), "the source's and the part's");
    world.part("copy", (id, 1), "own bytes").await.expect("replaces");
    assert_eq!(world.reclaim().await, Ok(0));
    assert_eq!((world.rows("x").await, world.blob_ids().await.len()), (2, 2));
    world.part_copy("copy", (id, 1), "k", None).await.expect("replaces");
    assert_eq!(world.reclaim().await, Ok(1), "its own bytes");
    world.delete("k").await.expect("deletes");
    assert_eq!(world.reclaim().await, Ok(0), "the part holds them");
    world.abort("copy", id).await.expect("aborts");
    assert_eq!(world.reclaim().await, Ok(1));
    world.assert_bare("after the abort").await;
}

#[tokio::test]
async fn the_source_must_be_as_it_is_said_to_be() {
    let world = World::new().await;
    let info = world.put("k", pattern(20_000, 1)).await.expect("stores");
    let id = world.begin("copy").await;
    let copy = |source: CopySource, range| CopyPart { source, range, customer_key: None };
    let with = |conditions| CopySource { conditions, ..source("k") };
    let none = Conditions { if_none_match: Some(parse_etag_list("*")), ..Conditions::default() };
    let other = Conditions { if_match: Some(parse_etag_list("\"x\"")), ..Conditions::default() };
    let this =
        Conditions { if_match: Some(parse_etag_list(&info.etag.to_string())), ..Conditions::default() };
    let failed = |failed| Err(Error::PreconditionFailed { failed });
    let table = [
        (copy(with(none), None), failed(Failed::IfNoneMatch)),
        (copy(with(other), None), failed(Failed::IfMatch)),
        (copy(source("missing"), None), Err(Error::NoSuchKey { key: object_key("missing") })),
        (
            copy(with(this.clone()), Some(RangeRequest::From(20_000))),
            Err(Error::InvalidRange { size: 20_000 }),
        ),
        (copy(with(this), Some(RangeRequest::Suffix(1))), Ok(1)),
    ];
    for (copy, expected) in table {
        let copied = world.part_copy_with("copy", (id, 1), &copy).await;
        assert_eq!(copied.map(|info| info.size), expected, "{copy:?}");
    }
}

/// An upload that asks for checksums gets them for copied parts too: then, and only then, shared bytes are read.
#[tokio::test]
async fn checksums_of_copied_parts() {
    let world = World::new().await;
    let whole = world.put_parts("k", &[PART_MIN, 20_000, 10]).await;
    for (algorithm, kind) in [
        (ChecksumAlgorithm::Crc64Nvme, ChecksumType::FullObject),
        (ChecksumAlgorithm::Sha256, ChecksumType::Composite),
    ] {
        let create =
            CreateUpload { checksum: UploadChecksum::new(algorithm, kind), ..CreateUpload::default() };
        let id = world.begin_with("copy", &create).await.expect("begins");
        let range = &whole[1_000..=PART_MIN + 5_000];
        let written = count_blobs(&world);
        let copied = world.part_copy("copy", (id, 1), "k", Some((1_000, PART_MIN as u64 + 5_000))).await;
        let copied = copied.expect("copies");
        assert_eq!(written.load(Ordering::SeqCst), 0);
        let sent = world.part("copy", (id, 2), range.to_vec()).await.expect("stores");
        assert_eq!((&copied.etag, &copied.checksums), (&sent.etag, &sent.checksums), "{algorithm:?}");
        let info = now(world.complete("copy", id, &[named(1, &copied), named(2, &sent)]).await);
        assert_eq!((info.checksums.len(), info.checksum_type), (1, kind));
        assert!(world.get("copy").await.expect("reads") == [range, range].concat());
    }
}

#[tokio::test]
async fn very_many_pieces_are_written_again() {
    let world = World::with(Settings { part_min_bytes: 0, ..small() }).await;
    for (pieces, rewritten) in [(1_000, false), (1_001, true)] {
        let whole = world.put_parts("k", &vec![3; pieces]).await;
        let id = world.begin("copy").await;
        let written = count_blobs(&world);
        let info = world.part_copy("copy", (id, 1), "k", None).await.expect("copies");
        assert_eq!(written.load(Ordering::SeqCst), u32::from(rewritten), "{pieces} pieces");
        assert_eq!(info.etag == etag(&whole), rewritten);
        now(world.complete("copy", id, &[named(1, &info)]).await);
        world.delete("k").await.expect("deletes");
        world.reclaim().await.expect("reclaims");
        assert_eq!(world.blob_ids().await.len(), if rewritten { 1 } else { pieces });
        assert!(world.get("copy").await.expect("reads") == whole, "{pieces} pieces");
        world.delete("copy").await.expect("deletes");
        world.reclaim().await.expect("reclaims");
        world.assert_bare(&format!("{pieces} pieces")).await;
    }
}

/// A row has a bound, whatever parts are made of; and a copy of the largest may still have all the metadata there is.
#[tokio::test]
async fn more_pieces_than_one_object_can_have_are_refused() {
    let world = World::with(Settings { part_min_bytes: 0, ..small() }).await;
    let info = world.put("k", pattern(20_000, 1)).await.expect("stores");
    let piece = |n| Segment { offset: n, ..Segment::whole(1, [7; 16], 1) };
    let (size, segments) = (1_000, (0..1_000).map(piece).collect());
    world.forge(domain::ObjectInfo { size, ..info }, segments).await;
    let id = world.begin("copy").await;
    let mut parts = Vec::new();
    for number in 1..=28 {
        let info = world.part_copy("copy", (id, number), "k", None).await.expect("copies");
        parts.push(named(number, &info));
    }
    let refused = world.complete("copy", id, &parts).await;
    assert_eq!(refused, Err(Error::PartsMismatch(PartsFault::TooManySegments)));
    now(world.complete("copy", id, &parts[..27]).await);
    let custom = vec![("a".to_owned(), "x".repeat(8_191))];
    let metadata = domain::ObjectMetadata { custom, ..domain::ObjectMetadata::default() };
    let directive = MetadataDirective::Replace;
    let copy = store::CopyObject { directive, metadata, ..store::CopyObject::default() };
    world.copy_with(&source("copy"), "copy", &copy).await.expect("copies");
}

/// The source goes, and reclaim with it, while a part of it is under way.
#[tokio::test]
async fn a_part_races_the_end_of_its_source() {
    for checksum in [None, Some(UploadChecksum::of(ChecksumAlgorithm::Crc32))] {
        for held in ["the source's row", "the commit", "the answer"] {
            let world = World::new().await;
            let whole = world.put_parts("k", &[PART_MIN, 70_000, 10]).await;
            world.reclaim().await.expect("reclaims");
            let create = CreateUpload { checksum, ..CreateUpload::default() };
            let id = world.begin_with("copy", &create).await.expect("begins");
            match held {
                "the source's row" => world.engine.hold_read(b"o"),
                "the commit" => hold_first(&world, CommitFate::Held),
                _ => hold_first(&world, CommitFate::AnswerHeld),
            }
            let meanwhile = async {
                world.engine.wait_for_held(1).await;
                world.delete("k").await.expect("deletes");
                world.reclaim().await.expect("reclaims");
                world.engine.release();
            };
            let (copied, ()) = tokio::join!(world.part_copy("copy", (id, 1), "k", None), meanwhile);
            if held == "the answer" {
                let part = named(1, &copied.expect("it came first"));
                now(world.complete("copy", id, &[part]).await);
                assert!(world.get("copy").await.expect("reads") == whole);
                world.delete("copy").await.expect("deletes");
            } else {
                assert_eq!(copied, Err(Error::NoSuchKey { key: object_key("k") }), "{held}, {checksum:?}");
                world.abort("copy", id).await.expect("aborts");
            }
            world.reclaim().await.expect("reclaims");
            world.assert_bare(held).await;
        }
    }
}
