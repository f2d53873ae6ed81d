//! The bytes of each row, as `docs/formats/rows.md` has them: a change here is a change of the format.

mod configuration;
mod settings;
mod totals;

use domain::{
    AccountId, BucketName, Checksum, ChecksumAlgorithm, ChecksumType, CorsPolicy, CorsRule, ETag,
    HttpMetadata, ObjectInfo, ObjectKey, ObjectMetadata, PartChecksums, StorageClass, Timestamp,
    UploadChecksum, UploadId,
};

use super::bucket::{self, BucketId, BucketRow, BucketSettings};
use super::object::{self, Content, ObjectRow, Segment};
use super::upload::{self, FinishedRow, UploadRow};
use super::version::Note;
use super::{account, reclaim};
use crate::engine::WriteId;

fn name() -> BucketName {
    BucketName::parse("abc").expect("valid")
}

#[test]
fn keys() {
    let id = BucketId(0x0102_0304_0506_0708);
    let object_key = ObjectKey::parse("a\0b").expect("valid");
    let table: [(Vec<u8>, &[u8]); 8] = [
        (account::key(), b"a"),
        (bucket::key(&name()), b"babc"),
        (bucket::cors_key(id), b"c\x01\x02\x03\x04\x05\x06\x07\x08"),
        (bucket::count_key(), b"n"),
        (object::key(id, &object_key), b"o\x01\x02\x03\x04\x05\x06\x07\x08a\0\xffb\0\0\0\0\0\0\0\0\0\0"),
        (reclaim::displaced_key(WriteId([9; 16]), 258), &[&[b'g'][..], &[9; 16], &[1, 2]].concat()),
        (reclaim::holder_key(&[7; 16], &[8; 16]), &[&[b'x'][..], &[7; 16], &[8; 16]].concat()),
        (reclaim::holder_key(&[7; 16], &[7; 16]), &[&[b'x'][..], &[7; 16]].concat()),
    ];
    for (key, expected) in table {
        assert_eq!(key, expected);
    }
}

#[test]
fn accounts_and_buckets() {
    let id = AccountId::parse("123456789abcdef0123456789abcdef0").expect("valid");
    let value = account::encode(&id);
    assert_eq!(&value[..], b"\x01\x20123456789abcdef0123456789abcdef0");
    assert_eq!(account::decode(&value), Ok(id));

    let row = BucketRow {
        id: BucketId(0x0102_0304_0506_0708),
        created: Timestamp::from_millis(0x0a0b),
        location: Some("weur".into()),
        settings: BucketSettings::default(),
    };
    let value = row.encode();
    let expected = b"\x01\x08\x07\x06\x05\x04\x03\x02\x01\x0b\x0a\0\0\0\0\0\0\x01\x04\0\0\0weur";
    assert_eq!(&value[..], expected);
    assert_eq!(BucketRow::decode(&value), Ok(row));

    let count = bucket::encode_count(258);
    assert_eq!(&count[..], b"\x01\x02\x01\0\0\0\0\0\0");
    assert_eq!(bucket::decode_count(&count), Ok(258));
    assert!(bucket::decode_count(&count[..8]).is_err());
}

#[test]
fn cors_policies() {
    let rule = CorsRule {
        id: Some("r".into()),
        allowed_origins: vec!["*".into()],
        allowed_methods: vec!["PUT".into(), "GET".into()],
        allowed_headers: vec!["h".into()],
        expose_headers: vec!["ETag".into()],
        max_age_seconds: Some(600),
    };
    let policy = CorsPolicy { rules: vec![rule, CorsRule::default()] };
    let value = bucket::encode_cors(&policy);
    let rule = [
        &b"\x01\x01\0\0\0r"[..],
        b"\x02\x01\0\0\0*",
        b"\x03\x03\0\0\0PUT\x03\x03\0\0\0GET",
        b"\x04\x01\0\0\0h",
        b"\x05\x04\0\0\0ETag",
        b"\x06\x04\0\0\0\x58\x02\0\0",
    ]
    .concat();
    let length = u8::try_from(rule.len()).expect("short");
    let expected = [b"\x01\x01", &[length][..], b"\0\0\0", &rule, b"\x01\0\0\0\0"].concat();
    assert_eq!(&value[..], expected);
    assert_eq!(bucket::decode_cors(&value), Ok(policy));
}

#[test]
fn objects() {
    let info = ObjectInfo {
        key: ObjectKey::parse("k").expect("valid"),
        size: 5,
        etag: ETag::from_md5([0xee; 16]),
        last_modified: Timestamp::from_millis(-2),
        version: 3,
        version_id: None,
        metadata: ObjectMetadata {
            http: HttpMetadata {
                content_type: Some("t".into()),
                content_language: Some("l".into()),
                content_disposition: Some("d".into()),
                content_encoding: Some("e".into()),
                cache_control: Some("c".into()),
                expires: Some("x".into()),
            },
            custom: vec![("n".into(), "v".into())],
            storage_class: StorageClass::StandardIa,
        },
        checksums: vec![Checksum::new(ChecksumAlgorithm::Crc64Nvme, vec![0xcc; 8]).expect("eight bytes")],
        checksum_type: ChecksumType::Composite,
        encryption: None,
        parts: Some(2),
        part_checksums: PartChecksums::new(ChecksumAlgorithm::Crc32, vec![0xab; 8]),
    };
    let own = Segment::whole(1, [0xbb; 16], 3);
    let shared = Segment { part: 2, blob: [0xba; 16], holder: [0xdd; 16], offset: 7, size: 2 };
    let segments = vec![own, shared];
    let content = Content::Manifest(segments.clone());
    let row = ObjectRow { info, content, wrapped_key: None };
    let expected = [
        &b"\x01\x05\0\0\0\0\0\0\0\xfe\xff\xff\xff\xff\xff\xff\xff\x00\x10"[..],
        &[0xee; 16],
        b"\x0a\x01\0\0\0\x02",
        b"\x01\x01\0\0\0t\x02\x01\0\0\0l\x03\x01\0\0\0d\x04\x01\0\0\0e\x05\x01\0\0\0c\x06\x01\0\0\0x",
        b"\x07\x03\0\0\0n\0v",
        b"\x08\x09\0\0\0\x03",
        &[0xcc; 8],
        b"\x0c\x01\0\0\0\x01\x0b\x02\0\0\0\x02\0",
        b"\x13\x09\0\0\0\x01",
        &[0xab; 8],
        b"\x0d\x10\0\0\0",
        &[0xdd; 16],
        b"\x12\x48\0\0\0",
        b"\x01\0\0\0",
        &[0xbb; 16],
        b"\0\0\0\0\0\0\0\0\x03\0\0\0\0\0\0\0",
        b"\x02\0\x01\0",
        &[0xba; 16],
        b"\x07\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0",
    ]
    .concat();
    let value = row.encode();
    assert_eq!(&value[..], expected);
    assert_eq!(ObjectRow::decode(row.info.key.clone(), 3, &value), Ok(row.clone()));
    assert_eq!(reclaim::displaced_segments(&value), Ok(segments));

    // rows from before blobs could be shared
    let fields = value.len() - (5 + 16) - (5 + 2 * 36);
    let blobs = [b"\x09\x18\0\0\0", &[0xbb; 16][..], b"\x03\0\0\0\0\0\0\0"].concat();
    let old = [&value[..fields], &blobs].concat();
    assert_eq!(reclaim::displaced_segments(&old), Ok(vec![own]));
    reclaim::displaced_segments(&old[..old.len() - 1]).expect_err("half a blob");

    // three bytes of the second checksum of a part
    let cut = value.len() - (5 + 16) - (5 + 2 * 36) - 14;
    let cut = [&value[..cut], b"\x13\x08\0\0\0\x01", &[0xab; 7]].concat();
    let damaged = ObjectRow::decode(row.info.key.clone(), 3, &cut).expect_err("is cut off");
    assert_eq!(damaged.what, "checksums of parts");

    let mut text = row;
    text.info.etag = ETag::from_text("abc-2");
    let value = text.encode();
    assert_eq!(&value[17..24], b"\x01\x05abc-2");
    // a field of a later version
    let later = [&value[..], b"\xf0\x02\0\0\0??"].concat();
    assert_eq!(ObjectRow::decode(text.info.key.clone(), 3, &later), Ok(text));
}

#[test]
fn uploads() {
    let (bucket, key) = (BucketId(0x0102_0304_0506_0708), ObjectKey::parse("a\0b").expect("valid"));
    let id = UploadId([9; 16]);
    let bucket_bytes = b"\x01\x02\x03\x04\x05\x06\x07\x08";
    let upload_key = upload::key(bucket, &key, id);
    assert_eq!(upload_key, [b"u", &bucket_bytes[..], b"a\0\xffb\0\0", &[9; 16]].concat());
    assert_eq!(upload::parse_key(&upload_key), Ok((key.clone(), id)));
    let part_key = upload::part_key(bucket, id, 258);
    assert_eq!(part_key, [b"p", &bucket_bytes[..], &[9; 16], &[1, 2]].concat());
    assert_eq!(upload::part_of(&part_key), Ok(258));
    assert_eq!(upload::finished_key(bucket, id), [b"f", &bucket_bytes[..], &[9; 16]].concat());
    let ended = upload::ended_key(bucket, id);
    assert_eq!(ended, [b"e", &bucket_bytes[..], &[9; 16]].concat());
    assert_eq!(upload::parse_ended_key(&ended), Ok((bucket, id)));
    let aborted = upload::aborted_key(bucket, id);
    assert_eq!(aborted, [b"q", &bucket_bytes[..], &[9; 16]].concat());
    assert_eq!(upload::parse_ended_key(&aborted), Ok((bucket, id)));
    let deleted = upload::deleted_bucket_key(bucket);
    assert_eq!(deleted, [b"d", &bucket_bytes[..]].concat());
    assert_eq!(upload::parse_deleted_bucket_key(&deleted), Ok(bucket));
    for cut in 0..9 {
        assert!(upload::parse_key(&upload_key[..cut]).is_err());
        assert!(upload::parse_ended_key(&ended[..cut]).is_err());
        assert!(upload::parse_deleted_bucket_key(&deleted[..cut]).is_err());
    }

    let metadata = ObjectMetadata { storage_class: StorageClass::StandardIa, ..ObjectMetadata::default() };
    let row = UploadRow {
        key: key.clone(),
        initiated: Timestamp::from_millis(0x0a0b),
        metadata,
        checksum: Some(UploadChecksum::of(ChecksumAlgorithm::Sha256)),
        note: Note::default(),
        wrapped_key: None,
    };
    let value = row.encode();
    let expected = b"\x01\x0b\x0a\0\0\0\0\0\0\x0a\x01\0\0\0\x02\x1e\x02\0\0\0\x05\x01";
    assert_eq!(&value[..], expected);
    assert_eq!(UploadRow::decode(key.clone(), &value), Ok(row.clone()));
    let listed = UploadRow::decode_listed(key.clone(), &value[..value.len() - 1]);
    assert_eq!(listed, Ok(Some(UploadRow { checksum: None, ..row })));

    let finished = FinishedRow { at: Timestamp::from_millis(0x0a0b), key, etag: ETag::from_text("e-1") };
    let value = finished.encode();
    assert_eq!(&value[..], b"\x01\x0b\x0a\0\0\0\0\0\0\x03e-1\x01\x03\0\0\0a\0b");
    assert_eq!(FinishedRow::decode_time(&value[..9]), Ok(finished.at));
    assert_eq!(FinishedRow::decode(&value), Ok(finished));

    let value = upload::encode_ended(&[1, 258]);
    assert_eq!(&value[..], b"\x01\x01\x04\0\0\0\x01\0\x02\x01");
    assert_eq!(upload::decode_ended(&value), Ok(vec![1, 258]));
}

#[test]
fn spellings() {
    let composed = ObjectKey::parse("caf\u{e9}").expect("valid");
    let decomposed = ObjectKey::parse("cafe\u{301}").expect("valid");
    let bucket = BucketId(1);
    assert_eq!(object::key(bucket, &composed), object::key(bucket, &decomposed));
    assert_eq!(object::prefix_range(bucket, "caf\u{e9}"), object::prefix_range(bucket, "cafe\u{301}"));
    let info = ObjectInfo {
        key: decomposed.clone(),
        size: 0,
        etag: ETag::from_text("e"),
        last_modified: Timestamp::from_millis(0),
        version: 1,
        version_id: None,
        metadata: ObjectMetadata::default(),
        checksums: Vec::new(),
        checksum_type: ChecksumType::FullObject,
        encryption: None,
        parts: None,
        part_checksums: None,
    };
    let mut row = ObjectRow { info, content: Content::Inline, wrapped_key: None };
    let value = row.encode();
    assert_eq!(&value[20..], b"\x0e\x06\0\0\0cafe\xcc\x81");
    assert_eq!(ObjectRow::decode(composed.clone(), 1, &value), Ok(row.clone()));
    let listed = ObjectRow::decode_listed(composed.clone(), 1, &value).expect("decodes");
    assert_eq!(listed.map(|listed| listed.info.key), Some(decomposed.clone()));
    assert_eq!(ObjectRow::decode_listed(composed.clone(), 1, &value[..25]), Ok(None), "cut off");
    // stored composed, asked for decomposed
    row.info.key = composed;
    assert_eq!(ObjectRow::decode(decomposed, 1, &row.encode()), Ok(row));
}
