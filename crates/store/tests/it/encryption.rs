//! Encrypted bodies: they come back, nothing plain is stored, and no key but the right one opens them.

use auth::Caller;
use blob::BlobStore as _;
use bytes::Bytes;
use domain::condition::Failed;
use domain::etag::parse_etag_list;
use domain::{CompletedPart, Conditions, Encryption, Error, ObjectInfo, PartNumber, RangeRequest};
use meta::Engine as _;
use seal::Keyring;
use store::{
    CompleteUpload, Completed, CopyObject, CopyPart, CopySource, CreateUpload, CustomerKey, GetObject,
    PutObject, PutPart, Store,
};

use crate::source::Source;
use crate::world::{INLINE_MAX, PART_MIN, World, bucket, etag, object_key, pattern, read_all, source};

const SYSTEM: &Caller = &Caller::System;
const FIRST_KEYS: &str = "one AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE=";
const ROTATED_KEYS: &str =
    "two AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAI=\none AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE=";

/// Whose key, if any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    Nobody,
    Server,
    Customer(u8),
}

impl Whose {
    fn key(self) -> Option<CustomerKey> {
        match self {
            Self::Customer(byte) => Some(CustomerKey::new(&[byte; 32])),
            Self::Nobody | Self::Server => None,
        }
    }

    fn shown(self) -> Option<Encryption> {
        match self {
            Self::Nobody => None,
            Self::Server => Some(Encryption::Server),
            Self::Customer(_) => Some(Encryption::Customer),
        }
    }
}

/// The world's store, with the server's keys or without.
async fn with_keys(mut world: World, keys: Option<&str>) -> World {
    world.restart().await;
    match keys {
        Some(keys) => world.map_store(|store: Store| store.with_keyring(Keyring::parse(keys).expect("keys"))),
        None => world,
    }
}

async fn put(world: &World, key: &str, body: &Bytes, whose: Whose, announced: bool) -> ObjectInfo {
    let length = announced.then_some(body.len() as u64);
    let put = PutObject { length, customer_key: whose.key(), ..PutObject::default() };
    world.put_with(key, put, &mut Source::in_pieces(body, 7_001)).await.expect("stores")
}

async fn get(
    world: &World,
    key: &str,
    whose: Whose,
    range: Option<RangeRequest>,
) -> Result<(ObjectInfo, Vec<u8>), Error> {
    let get = GetObject { range, customer_key: whose.key(), ..GetObject::default() };
    let object = world.store.get_object(SYSTEM, &bucket(), &object_key(key), &get).await;
    let object = object.map_err(|(error, _)| error)?;
    Ok((object.info, read_all(object.body).await?))
}

/// Everything that is stored of bodies, as it lies there.
async fn stored(world: &World) -> Vec<u8> {
    let mut out = Vec::new();
    for id in world.blob_ids().await {
        let reader = world.blobs.open(&id).await.expect("opens");
        let mut at = 0;
        while at < reader.len() {
            let piece = reader.read(at..reader.len()).await.expect("reads");
            at += piece.len() as u64;
            out.extend_from_slice(&piece);
        }
    }
    let scan = meta::Scan { range: meta::KeyRange::prefix(b"o"), limit: 100, fold: None };
    for entry in world.engine.scan(scan).await.expect("scans").entries {
        let meta::Entry::Row { key, .. } = entry else { continue };
        let Some(handle) = world.engine.get(&key).await.expect("reads").and_then(|row| row.body) else {
            continue;
        };
        let mut at = 0;
        while at < handle.len() {
            let piece = handle.read(at..handle.len()).await.expect("reads");
            at += piece.len() as u64;
            out.extend_from_slice(&piece);
        }
    }
    out
}

fn holds(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

#[tokio::test]
async fn bodies_come_back_and_are_not_stored_plain() {
    for whose in [Whose::Nobody, Whose::Server, Whose::Customer(7)] {
        let keys = (whose == Whose::Server).then_some(FIRST_KEYS);
        let world = with_keys(World::new().await, keys).await;
        for size in [0, 1, INLINE_MAX, INLINE_MAX + 1, 64 * 1024, 64 * 1024 + 1, 300_000] {
            let body = pattern(size, 3);
            for announced in [true, false] {
                let info = put(&world, "k", &body, whose, announced).await;
                assert_eq!((info.size, info.encryption), (size as u64, whose.shown()), "{whose:?}");
                assert_eq!(info.etag, etag(&body), "the ETag is of the bytes that came");
                let (found, read) = get(&world, "k", whose, None).await.expect("reads");
                assert!(read == body && found.encryption == whose.shown(), "{whose:?} {size} {announced}");
                world.reclaim().await.expect("reclaims");
                if size >= 64 {
                    let sample = &body[size / 2..size / 2 + 32];
                    assert_eq!(
                        holds(&stored(&world).await, sample),
                        whose == Whose::Nobody,
                        "{whose:?} {size}"
                    );
                }
            }
        }
    }
}

#[tokio::test]
async fn ranges_open_where_they_begin() {
    let chunk = 64 * 1024_u64;
    for size in [10, chunk * 3 + 100] {
        let world = with_keys(World::new().await, Some(FIRST_KEYS)).await;
        let body = pattern(usize::try_from(size).expect("small"), 5);
        put(&world, "k", &body, Whose::Server, true).await;
        for first in [0, 1, chunk - 1, chunk, chunk + 1, size - 1] {
            for length in [1, 2, chunk, chunk * 2, size] {
                if first >= size {
                    continue;
                }
                let range = Some(RangeRequest::FromTo(first, first + length - 1));
                let (_, read) = get(&world, "k", Whose::Server, range).await.expect("reads");
                let (from, to) = (first as usize, (first + length).min(size) as usize);
                assert!(read == body[from..to], "{first}+{length} of {size}");
            }
        }
    }
}

#[tokio::test]
async fn only_the_right_key_opens() {
    let world = World::new().await;
    let body = pattern(20_000, 1);
    put(&world, "plain", &body, Whose::Nobody, true).await;
    put(&world, "theirs", &body, Whose::Customer(1), true).await;
    let table = [
        ("plain", Whose::Customer(1), Error::EncryptionKeyUnwanted),
        ("theirs", Whose::Nobody, Error::EncryptionKeyMissing),
        ("theirs", Whose::Customer(2), Error::EncryptionKeyWrong),
    ];
    for (key, whose, error) in table {
        assert_eq!(get(&world, key, whose, None).await.map(drop), Err(error.clone()), "{key} {whose:?}");
        let head = GetObject { customer_key: whose.key(), ..GetObject::default() };
        let head = world.store.head_object(SYSTEM, &bucket(), &object_key(key), &head).await;
        assert_eq!(head.map(drop).map_err(|(error, _)| error), Err(error));
    }
    // damage is damage, whatever the key
    world.store.delete_object(SYSTEM, &bucket(), object_key("plain").into(), false).await.expect("deletes");
}

#[tokio::test]
async fn the_servers_keys_may_be_changed_as_long_as_the_old_ones_are_there() {
    let mut world = with_keys(World::new().await, None).await;
    let body = pattern(20_000, 1);
    put(&world, "before", &body, Whose::Nobody, true).await;
    world = with_keys(world, Some(FIRST_KEYS)).await;
    put(&world, "first", &body, Whose::Server, true).await;
    world = with_keys(world, Some(ROTATED_KEYS)).await;
    put(&world, "second", &body, Whose::Server, true).await;
    for key in ["before", "first", "second"] {
        assert!(get(&world, key, Whose::Server, None).await.expect("reads").1 == body, "{key}");
    }
    world = with_keys(world, None).await;
    assert!(matches!(get(&world, "first", Whose::Server, None).await, Err(Error::Internal { .. })));
    assert!(get(&world, "before", Whose::Nobody, None).await.expect("reads").1 == body);
}

#[tokio::test]
async fn copies_change_the_key_and_share_the_bytes_where_they_can() {
    let ends = [Whose::Nobody, Whose::Server, Whose::Customer(1), Whose::Customer(2)];
    for size in [100, 200_000] {
        for from in ends {
            for to in ends {
                let source_keys = (from == Whose::Server).then_some(FIRST_KEYS);
                let mut world = with_keys(World::new().await, source_keys).await;
                let body = pattern(size, 1);
                put(&world, "from", &body, from, true).await;
                // what was the server's needs its keys to be read
                let keys = (from == Whose::Server || to == Whose::Server).then_some(FIRST_KEYS);
                world = with_keys(world, keys).await;
                let to = if to == Whose::Nobody && keys.is_some() { Whose::Server } else { to };
                let source = CopySource {
                    bucket: bucket(),
                    key: object_key("from"),
                    version: None,
                    conditions: Default::default(),
                    customer_key: from.key(),
                };
                let copy = CopyObject { customer_key: to.key(), ..CopyObject::default() };
                let made =
                    world.store.copy_object(SYSTEM, &source, &bucket(), &object_key("to"), &copy).await;
                let made = made.unwrap_or_else(|error| panic!("{from:?} to {to:?}: {error}"));
                assert_eq!(made.info.encryption, to.shown(), "{from:?} to {to:?}");
                assert_eq!(made.info.etag, etag(&body));
                world.delete("from").await.expect("deletes");
                world.reclaim().await.expect("reclaims");
                assert!(get(&world, "to", to, None).await.expect("reads").1 == body, "{from:?} to {to:?}");
                let blobs = world.blob_ids().await.len();
                assert_eq!(blobs, usize::from(size > INLINE_MAX), "{from:?} to {to:?}");
            }
        }
    }
}

async fn upload(world: &World, whose: Whose, parts: &[Bytes], copied: Option<(&str, Whose)>) -> ObjectInfo {
    let (name, key) = (bucket(), object_key("k"));
    let create = CreateUpload { customer_key: whose.key(), ..CreateUpload::default() };
    let id = world.store.create_upload(SYSTEM, &name, &key, &create).await.expect("begins");
    let mut named = Vec::new();
    for (number, body) in (1..).zip(parts) {
        let number = PartNumber::new(number).expect("valid");
        let put =
            PutPart { length: Some(body.len() as u64), customer_key: whose.key(), ..PutPart::default() };
        let mut source = Source::in_pieces(body, 7_001);
        let part =
            world.store.put_part(SYSTEM, &name, &key, (id, number), put, &mut source).await.expect("stores");
        assert_eq!(part.encryption, whose.shown());
        named.push(CompletedPart { number, etag: part.etag, checksum: None });
    }
    if let Some((from, from_whose)) = copied {
        let number = PartNumber::new(parts.len() as u64 + 1).expect("valid");
        let source = CopySource {
            bucket: name.clone(),
            key: object_key(from),
            version: None,
            conditions: Default::default(),
            customer_key: from_whose.key(),
        };
        let copy = CopyPart { source, range: Some(RangeRequest::From(10)), customer_key: whose.key() };
        let part = world.store.copy_part(SYSTEM, &name, &key, (id, number), &copy).await.expect("copies");
        named.push(CompletedPart { number, etag: part.etag, checksum: None });
    }
    let complete = CompleteUpload { parts: named, ..CompleteUpload::default() };
    match world.store.complete_upload(SYSTEM, &name, &key, id, complete).await.expect("completes") {
        Completed::Now(info) => *info,
        Completed::Before(_) => panic!("it was completed before"),
    }
}

#[tokio::test]
async fn uploads_in_parts_have_one_key() {
    for whose in [Whose::Nobody, Whose::Server, Whose::Customer(3)] {
        let world = with_keys(World::new().await, (whose == Whose::Server).then_some(FIRST_KEYS)).await;
        for from_whose in [whose, Whose::Customer(9)] {
            let other = pattern(30_000, 8);
            put(&world, "other", &other, from_whose, true).await;
            let parts = [pattern(PART_MIN, 1), pattern(70_000, 2), pattern(PART_MIN, 3)];
            let info = upload(&world, whose, &parts, Some(("other", from_whose))).await;
            let body = [parts.concat(), other[10..].to_vec()].concat();
            assert_eq!((info.size, info.encryption), (body.len() as u64, whose.shown()));
            assert!(get(&world, "k", whose, None).await.expect("reads").1 == body, "{whose:?}");
            let over = RangeRequest::FromTo(PART_MIN as u64 - 3, PART_MIN as u64 + 66_000);
            let (_, read) = get(&world, "k", whose, Some(over)).await.expect("reads");
            assert!(read == body[PART_MIN - 3..=PART_MIN + 66_000], "{whose:?}");
        }
    }
    let world = World::new().await;
    let (name, key) = (bucket(), object_key("k"));
    let create = CreateUpload { customer_key: Whose::Customer(1).key(), ..CreateUpload::default() };
    let id = world.store.create_upload(SYSTEM, &name, &key, &create).await.expect("begins");
    let number = PartNumber::new(1).expect("valid");
    for (whose, error) in
        [(Whose::Nobody, Error::EncryptionKeyMissing), (Whose::Customer(2), Error::EncryptionKeyWrong)]
    {
        let put = PutPart { customer_key: whose.key(), ..PutPart::default() };
        let mut source = Source::whole("x");
        let refused = world.store.put_part(SYSTEM, &name, &key, (id, number), put, &mut source).await;
        assert_eq!(refused.map(drop), Err(error));
    }
}

#[tokio::test]
async fn a_part_copy_with_a_key_for_a_plain_upload_is_refused_whatever_its_size() {
    let world = World::new().await;
    let id = world.begin("k").await;
    for (from, size) in [("large", 100_000), ("tiny", 100)] {
        world.put(from, pattern(size, 1)).await.expect("stores");
        let source = CopySource {
            bucket: bucket(),
            key: object_key(from),
            version: None,
            conditions: domain::Conditions::default(),
            customer_key: None,
        };
        let copy = CopyPart { source, range: None, customer_key: Whose::Customer(3).key() };
        let refused = world.part_copy_with("k", (id, 1), &copy).await.map(drop);
        assert_eq!(refused, Err(Error::EncryptionKeyUnwanted), "{from}");
    }
}

/// Who has not the key learns nothing of the object by conditions, neither by reading it nor by copying it.
#[tokio::test]
async fn the_key_is_judged_before_the_conditions() {
    let world = World::new().await;
    put(&world, "k", &pattern(20_000, 1), Whose::Customer(1), true).await;
    put(&world, "plain", &pattern(20_000, 1), Whose::Nobody, true).await;
    let id = world.begin("parts").await;
    let conditions = || Conditions { if_match: Some(parse_etag_list("\"other\"")), ..Conditions::default() };
    let failed = Error::PreconditionFailed { failed: Failed::IfMatch };
    let table = [
        ("k", Whose::Customer(1), failed.clone()),
        ("k", Whose::Customer(2), Error::EncryptionKeyWrong),
        ("k", Whose::Nobody, Error::EncryptionKeyMissing),
        ("plain", Whose::Nobody, failed),
        ("plain", Whose::Customer(1), Error::EncryptionKeyUnwanted),
    ];
    for (key, whose, expected) in table {
        let get = GetObject { conditions: conditions(), customer_key: whose.key(), ..GetObject::default() };
        let read = world.store.get_object(SYSTEM, &bucket(), &object_key(key), &get).await;
        assert_eq!(read.err().map(|(error, _)| error), Some(expected.clone()), "reading {key}, {whose:?}");
        let from = CopySource { conditions: conditions(), customer_key: whose.key(), ..source(key) };
        let copied = world.copy_with(&from, "copy", &CopyObject::default()).await;
        assert_eq!(copied.err(), Some(expected.clone()), "copying {key}, {whose:?}");
        let copy = CopyPart { source: from, range: None, customer_key: None };
        let part = (id, PartNumber::new(1).expect("a number"));
        let copied = world.store.copy_part(SYSTEM, &bucket(), &object_key("parts"), part, &copy).await;
        assert_eq!(copied.err(), Some(expected), "copying a part of {key}, {whose:?}");
    }
}
