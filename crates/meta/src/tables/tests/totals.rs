use domain::{ETag, ObjectInfo, ObjectKey, StorageClass, Timestamp, UploadId};

use super::super::bucket::BucketId;
use super::super::object::{self, Content, ObjectRow, Segment};
use super::super::totals::{BucketTotals, ClassTotals, measure};
use super::super::{upload, version};
use crate::engine::VALUE_HEAD_BYTES;
use crate::totals::{Measured, Totals};

const BUCKET: BucketId = BucketId(0x0102_0304_0506_0708);

fn measured(key: &[u8], value: &[u8], has_bytes: bool) -> Option<BucketTotals> {
    let head = &value[..value.len().min(VALUE_HEAD_BYTES)];
    let (group, totals) = measure(&Measured { key, head, value_bytes: value.len(), has_bytes })?;
    assert_eq!(group, [1, 2, 3, 4, 5, 6, 7, 8]);
    Some(BucketTotals::of(&totals))
}

fn row(key: &ObjectKey, class: StorageClass, etag: &str, content: Content) -> ObjectRow {
    let mut info = ObjectInfo {
        size: 300,
        etag: ETag::from_text(etag),
        last_modified: Timestamp::from_millis(5),
        ..ObjectInfo::unknown(key)
    };
    info.metadata.storage_class = class;
    info.metadata.http.content_type = Some("x".repeat(400));
    ObjectRow { info, content, wrapped_key: None }
}

#[test]
fn each_table_counts_as_what_it_is() {
    let key = ObjectKey::parse("e\u{301}/a".repeat(40)).expect("a key");
    let row_key = object::key(BUCKET, &key);
    let segments = || Content::Manifest(vec![Segment::whole(1, [4; 16], 300)]);
    for (class, etag) in [
        (StorageClass::Standard, "e".repeat(32)),
        (StorageClass::StandardIa, "e".repeat(32)),
        // the class is behind it, where nobody looks
        (StorageClass::Standard, "e".repeat(255)),
    ] {
        let value = row(&key, class, &etag, segments()).encode();
        let metadata_bytes = (row_key.len() + value.len()) as u64;
        let of_class = ClassTotals { objects: 1, bytes: 300, metadata_bytes, uploads: 0 };
        let found = measured(&row_key, &value, true).expect("counted");
        let (standard, infrequent_access) = match class {
            StorageClass::Standard => (of_class, ClassTotals::default()),
            StorageClass::StandardIa => (ClassTotals::default(), of_class),
        };
        let expected =
            BucketTotals { standard, infrequent_access, kept_bytes: 300, ..BucketTotals::default() };
        assert_eq!(found, expected);
        assert_eq!((found.objects(), found.bytes()), (1, 300));
    }
    // the bytes of a version are counted with the version
    let pointer = row(&key, StorageClass::Standard, "e", Content::Version(7)).encode();
    let found = measured(&row_key, &pointer, false).expect("counted");
    assert_eq!((found.objects(), found.bytes(), found.kept_bytes), (1, 300, 0));
    let stacked = row(&key, StorageClass::StandardIa, "e", segments()).encode();
    let found = measured(&version::key(BUCKET, &key, 8), &stacked, true).expect("counted");
    assert_eq!(found, BucketTotals { versions: 1, kept_bytes: 300, ..BucketTotals::default() });

    let part = row(&key, StorageClass::Standard, "e", segments()).encode();
    let found = measured(&upload::part_key(BUCKET, UploadId([9; 16]), 1), &part, true).expect("counted");
    assert_eq!(found, BucketTotals { part_bytes: 300, ..BucketTotals::default() });
}

#[test]
fn what_is_none_of_these_is_not_counted() {
    let key = ObjectKey::parse("a".to_owned()).expect("a key");
    let value = row(&key, StorageClass::Standard, "e", Content::Inline).encode();
    let other = [b"t", &object::key(BUCKET, &key)[1..]].concat();
    assert_eq!(measured(&other, &value, true), None, "a note");
    assert_eq!(measured(&object::key(BUCKET, &key)[..8], &value, true), None, "no whole bucket id");
    assert_eq!(measured(&[], &value, true), None);
    assert_eq!(measured(&object::key(BUCKET, &key), b"\x02", true), None, "another format");
    assert_eq!(measured(&object::key(BUCKET, &key), b"", true), None);
}

#[test]
fn sums_do_not_wrap() {
    let (most, one) = (Totals([u64::MAX; 12]), Totals([1; 12]));
    assert_eq!(most.sum(&[0, 1]), u64::MAX);
    assert_eq!(most.replacing(None, Some(&one)), most);
    assert_eq!(one.replacing(Some(&most), None), Totals::default());
}
