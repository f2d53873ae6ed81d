//! What may become an object: sizes, names, checksums, conditions.

use auth::Caller;
use domain::condition::Failed;
use domain::error::PartsFault;
use domain::etag::parse_etag_list;
use domain::limits::{OBJECT_MAX_BYTES, PUT_MAX_BYTES};
use domain::{
    ByteRange, Checksum, ChecksumAlgorithm, ChecksumType, CompletedPart, Conditions, Error,
    MetadataDirective, ObjectInfo, ObjectMetadata, RangeRequest, UploadChecksum,
};
use meta::tables::object::Segment;
use store::{CompleteUpload, CopyObject, CreateUpload, GetObject, Integrity, PutObject, PutPart, Settings};
use testkit::CommitFate;

use crate::source::Source;
use crate::world::{
    PART_MIN, World, bucket, etag_of_parts, named, now, object_key, part_number, pattern, read_all, small,
    source,
};

fn complete(parts: &[CompletedPart]) -> CompleteUpload {
    CompleteUpload { parts: parts.to_vec(), ..CompleteUpload::default() }
}

#[tokio::test]
async fn sizes_of_parts() {
    const MIN: usize = PART_MIN;
    let small = |bytes: u64| Err(Error::EntityTooSmall { bytes, min_bytes: MIN as u64 });
    let unequal = |part, bytes: usize| {
        let (bytes, first_bytes) = (bytes as u64, MIN as u64);
        Err(Error::PartsMismatch(PartsFault::Unequal { part, bytes, first_bytes }))
    };
    // sizes; what becomes of them; the same when they must be equal
    let table = [
        (vec![0], Ok(()), Ok(())),
        (vec![1], Ok(()), Ok(())),
        (vec![MIN - 1, 1], small(MIN as u64 - 1), small(MIN as u64 - 1)),
        (vec![MIN, MIN - 1, MIN], small(MIN as u64 - 1), small(MIN as u64 - 1)),
        (vec![MIN, 0, 1], small(0), small(0)),
        (vec![MIN, 0], Ok(()), Ok(())),
        (vec![MIN, 1], Ok(()), Ok(())),
        (vec![MIN, MIN, MIN], Ok(()), Ok(())),
        (vec![MIN, MIN, MIN + 1], Ok(()), unequal(3, MIN + 1)),
        (vec![MIN, MIN + 1], Ok(()), unequal(2, MIN + 1)),
        (vec![MIN, MIN + 1, MIN], Ok(()), unequal(2, MIN + 1)),
        (vec![MIN, MIN, MIN + 1, MIN + 2, 1], Ok(()), unequal(3, MIN + 1)),
    ];
    let world = World::new().await;
    for (sizes, default, strict) in table {
        for (equal_parts, expected) in [(true, strict), (false, default)] {
            let id = world.begin("k").await;
            let (parts, whole) = world.parts("k", id, &sizes).await;
            let outcome =
                world.complete_with("k", id, CompleteUpload { equal_parts, ..complete(&parts) }).await;
            assert_eq!(outcome.map(drop), expected, "{sizes:?}, equal: {equal_parts}");
            match expected {
                Ok(()) => assert!(world.get("k").await.expect("reads") == whole, "{sizes:?}"),
                Err(_) => world.abort("k", id).await.expect("it is still under way"),
            }
        }
    }
    world.delete("k").await.expect("deletes");
    world.reclaim().await.expect("reclaims");
    world.assert_bare("after all").await;
}

#[tokio::test]
async fn what_is_named_must_be_what_is_there() {
    let world = World::new().await;
    let id = world.begin("k").await;
    let (parts, whole) = world.parts("k", id, &[PART_MIN, PART_MIN, 10]).await;
    let [first, second, third] = &parts[..] else { panic!("three parts") };
    let md5_of_other = CompletedPart { number: part_number(2), ..first.clone() };
    let missing = CompletedPart { number: part_number(4), ..third.clone() };
    let checksum = Checksum::new(ChecksumAlgorithm::Crc32, vec![1; 4]);
    let unknown_sum = CompletedPart { checksum, ..third.clone() };
    let repeated = Err(Error::PartsMismatch(PartsFault::Repeated(2)));
    let invalid = |part| Err(Error::InvalidPart { part });
    let table = [
        (vec![first, second, second], repeated.clone()),
        (vec![second, first, &md5_of_other], repeated),
        (vec![first, &md5_of_other, third], invalid(2)),
        (vec![&missing, first], invalid(4)),
        (vec![&missing, &md5_of_other], invalid(2)),
    ];
    for (named, expected) in table {
        let named: Vec<_> = named.into_iter().cloned().collect();
        assert_eq!(world.complete("k", id, &named).await.map(drop), expected, "{named:?}");
    }
    let size = Some(whole.len() as u64 + 1);
    let (expected_bytes, actual_bytes) = (whole.len() as u64 + 1, whole.len() as u64);
    let mismatch = world.complete_with("k", id, CompleteUpload { size, ..complete(&parts) }).await;
    assert_eq!(mismatch, Err(Error::ObjectSizeMismatch { expected_bytes, actual_bytes }));
    assert!(matches!(world.get("k").await, Err(Error::NoSuchKey { .. })), "none took effect");
    // a checksum that the upload does not have cannot be compared
    let named = [first.clone(), second.clone(), unknown_sum];
    let size = Some(whole.len() as u64);
    now(world.complete_with("k", id, CompleteUpload { size, ..complete(&named) }).await);
    assert!(world.get("k").await.expect("reads") == whole);
}

/// The checksum that a whole body has, as a put computes it.
async fn checksum_of(world: &World, algorithm: ChecksumAlgorithm, body: &[u8]) -> Checksum {
    let integrity = Integrity { algorithms: vec![algorithm], ..Integrity::default() };
    let put = PutObject { integrity, ..PutObject::default() };
    let info = world.put_with("whole", put, &mut Source::whole(body.to_vec())).await.expect("stores");
    info.checksums[0].clone()
}

#[tokio::test]
async fn checksums_of_parts_come_to_one_of_the_whole() {
    let world = World::new().await;
    let kinds = [ChecksumType::Composite, ChecksumType::FullObject];
    for (algorithm, kind) in ChecksumAlgorithm::ALL.into_iter().flat_map(|a| kinds.map(|kind| (a, kind))) {
        let Some(checksum) = UploadChecksum::new(algorithm, kind) else { continue };
        let create = CreateUpload { checksum: Some(checksum), ..CreateUpload::default() };
        let id = world.begin_with("k", &create).await.expect("begins");
        let (mut parts, mut bytes, mut values) = (Vec::new(), Vec::new(), Vec::new());
        for (number, size) in [(1, PART_MIN), (2, PART_MIN + 77), (5, 0)] {
            let body = pattern(size, u64::from(number));
            let info = world.part("k", (id, number), body.clone()).await.expect("stores");
            let checksum = checksum_of(&world, algorithm, &body).await;
            assert_eq!(&info.checksums[..], std::slice::from_ref(&checksum), "{algorithm:?} of a part");
            values.extend_from_slice(checksum.value());
            bytes.extend_from_slice(&body);
            parts.push(CompletedPart { checksum: Some(checksum), ..named(number, &info) });
        }
        let covered = if kind == ChecksumType::Composite { &values } else { &bytes };
        let expected = checksum_of(&world, algorithm, covered).await;
        let wrong = Checksum::new(algorithm, vec![1; algorithm.value_bytes()]).expect("right length");
        let mut misnamed = parts.clone();
        misnamed[1].checksum = Some(wrong.clone());
        let refused = world.complete("k", id, &misnamed).await;
        assert_eq!(refused, Err(Error::InvalidPart { part: 2 }), "{algorithm:?}");
        let checksums = vec![wrong];
        let refused = world.complete_with("k", id, CompleteUpload { checksums, ..complete(&parts) }).await;
        assert!(matches!(refused, Err(Error::BadChecksum { .. })), "{algorithm:?}, {kind:?}: {refused:?}");
        let checksums = vec![expected.clone()];
        let right = CompleteUpload { checksums, ..complete(&parts) };
        let info = now(world.complete_with("k", id, right).await);
        assert_eq!((&info.checksums[..], info.checksum_type), (&[expected][..], kind), "{algorithm:?}");
        let of_parts = (kind == ChecksumType::Composite).then_some(&values[..]);
        let kept = info.part_checksums.as_ref().map(domain::PartChecksums::values);
        assert_eq!(kept, of_parts, "{algorithm:?}, {kind:?}");
        assert_eq!(world.head("k").await, Ok(info));
    }
}

#[tokio::test]
async fn a_part_with_a_wrong_checksum_is_refused() {
    let world = World::new().await;
    let checksum = UploadChecksum::new(ChecksumAlgorithm::Crc32c, ChecksumType::FullObject);
    let create = CreateUpload { checksum, ..CreateUpload::default() };
    let id = world.begin_with("k", &create).await.expect("begins");
    let wrong = Checksum::new(ChecksumAlgorithm::Crc32c, vec![0; 4]).expect("four bytes");
    // announced, or sent after the body: the upload's own algorithm needs no announcement
    let integrity = Integrity { checksums: vec![wrong.clone()], ..Integrity::default() };
    let table = [
        (PutPart { integrity, ..PutPart::default() }, Source::whole(pattern(20_000, 1))),
        (PutPart::default(), Source::whole(pattern(20_000, 1)).trailing(wrong)),
    ];
    for (put, mut body) in table {
        let refused = world.part_with("k", (id, 1), put, &mut body).await;
        assert!(matches!(refused, Err(Error::BadChecksum { .. })), "{refused:?}");
    }
    assert_eq!((world.rows("p").await, world.blob_ids().await.len()), (0, 0));
}

fn if_none() -> Conditions {
    Conditions { if_none_match: Some(parse_etag_list("*")), ..Conditions::default() }
}

fn if_match(info: &ObjectInfo) -> Conditions {
    Conditions { if_match: Some(parse_etag_list(&info.etag.to_string())), ..Conditions::default() }
}

#[tokio::test]
async fn conditions_are_judged_at_the_beginning_and_at_the_end() {
    let world = World::new().await;
    let failed = |failed| Err(Error::PreconditionFailed { failed });
    let old = world.put("k", "old").await.expect("stores");
    let create = |conditions| CreateUpload { conditions, ..CreateUpload::default() };
    let refused = world.begin_with("k", &create(if_none())).await;
    assert_eq!(refused.map(drop), failed(Failed::IfNoneMatch));
    assert_eq!(world.rows("u").await, 0);
    let id = world.begin_with("k", &create(if_match(&old))).await.expect("it is the old one");
    let (parts, whole) = world.parts("k", id, &[PART_MIN, 10]).await;
    let new = world.put("k", "new").await.expect("stores");
    for (conditions, expected) in [(if_none(), Failed::IfNoneMatch), (if_match(&old), Failed::IfMatch)] {
        let refused = world.complete_with("k", id, CompleteUpload { conditions, ..complete(&parts) }).await;
        assert_eq!(refused.map(drop), failed(expected));
        assert_eq!(world.get("k").await.as_deref(), Ok(b"new".as_slice()));
    }
    let conditions = if_match(&new);
    now(world.complete_with("k", id, CompleteUpload { conditions, ..complete(&parts) }).await);
    assert!(world.get("k").await.expect("reads") == whole, "a refused completion ended nothing");
}

/// What is judged is what is there at the moment of effect.
#[tokio::test]
async fn a_completion_that_loses_its_race_judges_again() {
    let world = World::new().await;
    let id = world.begin("k").await;
    let (parts, _) = world.parts("k", id, &[PART_MIN, 10]).await;
    let conditional = || CompleteUpload { conditions: if_none(), ..complete(&parts) };
    let mut commits = 0;
    world.engine.plan(move |_| {
        commits += 1;
        if commits == 1 { CommitFate::Held } else { CommitFate::Passed }
    });
    let other = async {
        world.engine.wait_for_held(1).await;
        world.put("k", "first").await.expect("stores");
        world.engine.release();
    };
    let (outcome, ()) = tokio::join!(world.complete_with("k", id, conditional()), other);
    assert_eq!(outcome, Err(Error::PreconditionFailed { failed: Failed::IfNoneMatch }));
    // a part that is replaced meanwhile is another one
    let mut commits = 0;
    world.engine.plan(move |_| {
        commits += 1;
        if commits == 1 { CommitFate::Held } else { CommitFate::Passed }
    });
    let other = async {
        world.engine.wait_for_held(2).await;
        world.part("k", (id, 2), "another").await.expect("stores");
        world.engine.release();
    };
    let (outcome, ()) = tokio::join!(world.complete("k", id, &parts), other);
    assert_eq!(outcome, Err(Error::InvalidPart { part: 2 }));
    assert_eq!(world.get("k").await.as_deref(), Ok(b"first".as_slice()));
}

#[tokio::test]
async fn metadata_is_bounded_wherever_it_comes_in() {
    let world = World::new().await;
    world.put("k", "body").await.expect("stores");
    for bytes in [8_191, 8_192, 8_193] {
        let custom = vec![("a".to_owned(), "x".repeat(bytes - 1))];
        let metadata = ObjectMetadata { custom, ..ObjectMetadata::default() };
        let expected = if bytes > 8_192 { Err(Error::MetadataTooLarge { bytes }) } else { Ok(()) };
        let create = CreateUpload { metadata: metadata.clone(), ..CreateUpload::default() };
        let begun = world.begin_with("upload", &create).await;
        assert_eq!(begun.clone().map(drop), expected, "{bytes} at the beginning of an upload");
        if let Ok(id) = begun {
            let (parts, _) = world.parts("upload", id, &[10]).await;
            assert_eq!(now(world.complete("upload", id, &parts).await).metadata, metadata);
            assert_eq!(world.head("upload").await.expect("is there").metadata, metadata);
        }
        for directive in [MetadataDirective::Replace, MetadataDirective::Merge] {
            let copy = CopyObject { directive, metadata: metadata.clone(), ..CopyObject::default() };
            let copied = world.copy_with(&source("k"), "copy", &copy).await;
            assert_eq!(copied.map(drop), expected, "{bytes} with a copy, {directive:?}");
        }
    }
    assert_eq!(world.head("copy").await.expect("is there").metadata.custom[0].1.len(), 8_191);
}

/// 1,024 of the largest parts are the largest object.
#[tokio::test]
async fn an_object_has_a_largest_size() {
    let world = World::new().await;
    let info = world.put("part", "x").await.expect("stores");
    let forge = async |id, number, size| {
        let segments = vec![Segment::whole(1, [7; 16], size)];
        world.forge_part((id, number), ObjectInfo { size, ..info.clone() }, segments).await;
    };
    // the size of part 1,024, and whether one of a single byte follows
    for (last, is_followed) in
        [(PUT_MAX_BYTES - 1, false), (PUT_MAX_BYTES - 1, true), (PUT_MAX_BYTES, false), (PUT_MAX_BYTES, true)]
    {
        let id = world.begin("k").await;
        for number in 1..1_024 {
            forge(id, number, PUT_MAX_BYTES).await;
        }
        forge(id, 1_024, last).await;
        forge(id, 1_025, 1).await;
        let count = if is_followed { 1_025 } else { 1_024 };
        let parts: Vec<_> = (1..=count).map(|number| named(number, &info)).collect();
        let completed = world.complete("k", id, &parts).await;
        let size = 1_023 * PUT_MAX_BYTES + last + u64::from(is_followed);
        if size <= OBJECT_MAX_BYTES {
            assert_eq!(now(completed).size, size);
            assert_eq!(world.head("k").await.map(|info| (info.size, info.parts)), Ok((size, Some(count))));
        } else {
            assert_eq!(size, OBJECT_MAX_BYTES + 1, "the first that is too much");
            assert_eq!(completed, Err(Error::EntityTooLarge { max_bytes: OBJECT_MAX_BYTES }));
            // with a part less it is an object still
            assert_eq!(now(world.complete("k", id, &parts[..1_024]).await).size, OBJECT_MAX_BYTES);
        }
    }
}

#[tokio::test]
async fn ten_thousand_parts() {
    const PARTS: u16 = domain::limits::PARTS_MAX;
    let world = World::with(Settings { part_min_bytes: 0, ..small() }).await;
    // the longest checksum: it is kept of each part
    let checksum = Some(UploadChecksum::of(ChecksumAlgorithm::Sha256));
    let create = CreateUpload { checksum, ..CreateUpload::default() };
    let id = world.begin_with("k", &create).await.expect("begins");
    let (mut parts, mut whole, mut sums) = (Vec::new(), Vec::new(), Vec::new());
    for number in (1..=PARTS).rev() {
        let body = pattern(usize::from(number % 4), u64::from(number));
        let info = world.part("k", (id, number), body.clone()).await.expect("stores");
        sums.push(info.checksums[0].clone());
        parts.push(named(number, &info));
        whole.push(body);
    }
    parts.reverse();
    whole.reverse();
    let whole = whole.concat();
    let info = now(world.complete("k", id, &parts).await);
    assert_eq!((info.size, info.parts), (whole.len() as u64, Some(PARTS)));
    assert_eq!(info.etag, etag_of_parts(parts.iter().map(|part| &part.etag)));
    assert!(world.get("k").await.expect("reads") == whole);
    let middle = world.get_range("k", RangeRequest::FromTo(7_001, 7_020)).await;
    assert_eq!(middle.as_deref(), Ok(&whole[7_001..=7_020]));
    for number in [1, 2, 5_000, PARTS - 2, PARTS - 1, PARTS] {
        let get = GetObject { part: Some(part_number(number)), ..GetObject::default() };
        let object = world.store.get_object(&Caller::System, &bucket(), &object_key("k"), &get).await;
        let object = object.unwrap_or_else(|(error, _)| panic!("{number}: {error}"));
        let body = pattern(usize::from(number % 4), u64::from(number));
        let start = (1..number).map(|n| u64::from(n % 4)).sum();
        let range = ByteRange { start, end: start + body.len() as u64 };
        assert_eq!((object.range, object.info.parts), (Some(range), Some(PARTS)));
        assert!(read_all(object.body).await.expect("reads") == body, "part {number}");
        let checksum = object.info.part_checksums.and_then(|sums| sums.get(number));
        assert_eq!(checksum.as_ref(), sums.get(usize::from(PARTS - number)), "part {number}");
    }
    world.reclaim().await.expect("reclaims");
    assert_eq!((world.rows("p").await, world.rows("x").await), (0, usize::from(PARTS)));
    world.copy("k", "copy").await.expect("copies");
    world.delete("k").await.expect("deletes");
    assert_eq!(world.reclaim().await, Ok(0), "the copy needs all");
    assert!(world.get("copy").await.expect("reads") == whole);
    world.delete("copy").await.expect("deletes");
    assert_eq!(world.reclaim().await, Ok(u64::from(PARTS)));
    world.assert_bare("after all").await;
}
