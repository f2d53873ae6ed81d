//! Versions, notes and settings.

use domain::bucket_lock::{BucketLockRule, LockCondition};
use domain::lifecycle::{LifecyclePolicy, LifecycleRule, LifecycleTime};
use domain::object_lock::{
    DefaultRetention, ObjectLock, ObjectLockConfig, PeriodUnit, Retention, RetentionMode, RetentionPeriod,
};
use domain::public_access::PublicAccessBlock;
use domain::tag::{Tag, TagSet};
use domain::upload_rule::UploadRule;
use domain::versioning::Versioning;
use domain::{BucketLocks, ObjectKey, Quota, StorageClass, Timestamp, UploadRules, VersionId};

use crate::tables::bucket::{BucketId, BucketRow, BucketSettings};
use crate::tables::version::Note;
use crate::tables::{setting, version};

const BUCKET: BucketId = BucketId(0x0102_0304_0506_0708);
const BUCKET_BYTES: &[u8] = b"\x01\x02\x03\x04\x05\x06\x07\x08";

fn key() -> ObjectKey {
    ObjectKey::parse("k").expect("valid")
}

fn tags() -> TagSet {
    TagSet::of_object(vec![Tag { key: "a".into(), value: "b".into() }]).expect("valid")
}

#[test]
fn versions_sort_newest_first() {
    let row_key = version::key(BUCKET, &key(), 0x1122);
    let expected = [b"v", BUCKET_BYTES, b"k\0\0\xff\xff\xff\xff\xff\xff\xee\xdd"].concat();
    assert_eq!(row_key, expected);
    assert_eq!(version::parse_key(&row_key), Ok((key(), 0x1122)));
    assert!(version::parse_key(&row_key[..10]).is_err());
    assert!(version::key(BUCKET, &key(), 2) > version::key(BUCKET, &key(), 4));
    assert_eq!((version::id_of(4), version::id_of(5)), (VersionId::Number(4), VersionId::Null));
    let (newer, older) = (version::newer_than(BUCKET, &key(), 4), version::older_than(BUCKET, &key(), 4));
    for (number, is_newer, is_older) in [(2, false, true), (4, false, false), (5, true, false)] {
        let row_key = version::key(BUCKET, &key(), number);
        assert_eq!((newer.contains(&row_key), older.contains(&row_key)), (is_newer, is_older), "{number}");
        assert!(version::of_object(BUCKET, &key()).contains(&row_key));
    }
    assert_eq!(version::null_key(BUCKET, &key()), [b"w", BUCKET_BYTES, b"k\0\0"].concat());
    assert_eq!(&version::encode_null(5)[..], b"\x01\x05\0\0\0\0\0\0\0");
    assert_eq!(version::decode_null(&version::encode_null(5)), Ok(5));
}

#[test]
fn notes() {
    let null = version::note_key(BUCKET, &key(), VersionId::Null);
    assert_eq!(null, [b"t", BUCKET_BYTES, b"k\0\0\xff\xff\xff\xff\xff\xff\xff\xff"].concat());
    assert_ne!(null, version::note_key(BUCKET, &key(), VersionId::Number(2)));
    let retention = Retention { mode: RetentionMode::Compliance, until: Timestamp::from_millis(0x0a0b) };
    let note = Note { tags: tags(), lock: ObjectLock { retention: Some(retention), legal_hold: true } };
    let expected = b"\x01\x01\x03\0\0\0a\0b\x02\x09\0\0\0\x01\x0b\x0a\0\0\0\0\0\0\x03\0\0\0\0";
    assert_eq!(&note.encode()[..], expected);
    assert_eq!(Note::decode(expected), Ok(note));
    assert_eq!(Note::decode(&Note::default().encode()), Ok(Note::default()));
    assert!(Note::decode(b"\x01\x02\x01\0\0\0\x09").is_err());
}

#[test]
fn settings_of_a_bucket() {
    let rule = |id: &str, enabled, prefix: &str, condition| BucketLockRule {
        id: id.into(),
        enabled,
        prefix: prefix.into(),
        condition,
    };
    let locks = BucketLocks::new(vec![
        rule("a", true, "", LockCondition::Age { seconds: 9 }),
        rule("b", false, "p/", LockCondition::Date(Timestamp::from_millis(7))),
        rule("c", true, "", LockCondition::Indefinite),
    ]);
    let period = RetentionPeriod::new(PeriodUnit::Years, 3).expect("valid");
    let default_retention = Some(DefaultRetention { mode: RetentionMode::Governance, period });
    let settings = BucketSettings {
        versioning: Versioning::Suspended,
        locks: locks.expect("valid"),
        object_lock: Some(ObjectLockConfig { default_retention }),
        expires: true,
        upload_rules: true,
        has_notes: true,
        storage_class: StorageClass::StandardIa,
        quota: Quota { max_bytes: Some(258), max_objects: Some(3) },
    };
    let created = Timestamp::from_millis(5);
    let row = BucketRow { id: BUCKET, created, location: Some("weur".into()), settings };
    let value = row.encode();
    assert_eq!(BucketRow::decode(&value), Ok(row.clone()));
    // its default, its flags and the first rule, whole
    let inner = b"\x02\x01\0\0\0\x02\x03\x06\0\0\0\0\x01\x03\0\0\0";
    assert!(value.windows(inner.len()).any(|window| window == inner), "{value:?}");
    let lock = b"\x06\x13\0\0\0\x01\x01\0\0\0a\x04\x08\0\0\0\x09\0\0\0\0\0\0\0";
    assert!(value.windows(lock.len()).any(|window| window == lock), "{value:?}");
    let quota = b"\x09\x08\0\0\0\x02\x01\0\0\0\0\0\0\x0a\x08\0\0\0\x03\0\0\0\0\0\0\0";
    assert!(value.windows(quota.len()).any(|window| window == quota), "{value:?}");
    // a listing reads the head only
    let listed = BucketRow::decode_listed(&value[..30]).expect("decodes");
    assert_eq!((listed.created, listed.location), (created, row.location));
    assert!(BucketRow::decode(&[&value[..], b"\x02\x01\0\0\0\x09"].concat()).is_err(), "no such state");
}

#[test]
fn settings_beside_it() {
    assert_eq!(setting::key(BUCKET, setting::Kind::UploadRules), [b"s", BUCKET_BYTES, b"\x04"].concat());
    let policy = LifecyclePolicy::new(vec![
        LifecycleRule {
            id: "a".into(),
            enabled: true,
            prefix: "p/".into(),
            expiration: Some(LifecycleTime::Age { seconds: 9 }),
            transition: Some(LifecycleTime::Date(Timestamp::from_millis(7))),
            abort_uploads_seconds: Some(5),
        },
        LifecycleRule {
            id: "b".into(),
            expiration: Some(LifecycleTime::Date(Timestamp::from_millis(-7))),
            ..LifecycleRule::default()
        },
    ])
    .expect("valid");
    let value = setting::encode_lifecycle(&policy);
    assert_eq!(&value[..13], b"\x01\x01\x34\0\0\0\x01\x01\0\0\0a\x03");
    assert_eq!(setting::decode_lifecycle(&value), Ok(policy));

    let value = setting::encode_tags(&tags());
    assert_eq!(&value[..], b"\x01\x01\x03\0\0\0a\0b");
    assert_eq!(setting::decode_tags(&value), Ok(tags()));

    let block = PublicAccessBlock { ignore_public_acls: true, ..PublicAccessBlock::default() };
    let value = setting::encode_public_access(&block);
    assert_eq!(&value[..], b"\x01\0\x01\0\0");
    assert_eq!(setting::decode_public_access(&value), Ok(block));
    assert!(setting::decode_public_access(&value[..3]).is_err());

    let rules = UploadRules::new(vec![
        UploadRule {
            prefix: "p/".into(),
            max_bytes: Some(9),
            min_bytes: Some(1),
            content_types: vec!["image/*".into(), "a/b".into()],
            key_pattern: Some("*.png".into()),
        },
        UploadRule::default(),
    ])
    .expect("valid");
    let value = setting::encode_upload_rules(&rules);
    assert_eq!(&value[..13], b"\x01\x01\x3f\0\0\0\x01\x02\0\0\0p/");
    assert_eq!(setting::decode_upload_rules(&value), Ok(rules));
}
