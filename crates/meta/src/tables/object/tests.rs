use proptest::prelude::*;

use super::*;

fn row(key: &str) -> ObjectRow {
    let http = HttpMetadata {
        content_type: Some("image/png".into()),
        content_language: Some("de".into()),
        content_disposition: Some("attachment".into()),
        content_encoding: Some("gzip".into()),
        cache_control: Some("no-store".into()),
        expires: Some("0".into()),
    };
    let custom = vec![("a".to_owned(), String::new()), ("b".to_owned(), "grün".to_owned())];
    let info = ObjectInfo {
        key: ObjectKey::parse(key).expect("valid"),
        size: 5,
        etag: ETag::from_md5([7; 16]),
        last_modified: Timestamp::from_millis(1_767_323_045_678),
        version: 9,
        version_id: None,
        metadata: ObjectMetadata { http, custom, storage_class: StorageClass::StandardIa },
        checksums: ChecksumAlgorithm::ALL
            .into_iter()
            .filter_map(|a| Checksum::new(a, vec![3; a.value_bytes()]))
            .collect(),
        checksum_type: ChecksumType::FullObject,
        encryption: None,
        parts: None,
        part_checksums: None,
    };
    ObjectRow { info, content: Content::Inline, wrapped_key: None }
}

#[test]
fn rows_round_trip() {
    let inline = row("k");
    let mut large = row("k");
    // the same holder twice in a row, then again behind another
    let held =
        |part, holder| Segment { part, holder: [holder; 16], offset: 9, ..Segment::whole(1, [2; 16], 1) };
    large.content = Content::Manifest(vec![
        Segment::whole(1, [1; 16], 1),
        held(1, 7),
        held(2, 7),
        held(2, 8),
        held(3, 7),
    ]);
    large.info.parts = Some(3);
    large.info.checksum_type = ChecksumType::Composite;
    large.info.etag = ETag::from_text("d41d8cd98f00b204e9800998ecf8427e-2");
    let checksums = PartChecksums::new(ChecksumAlgorithm::Sha1, vec![4; 3 * 20]);
    large.info.part_checksums = checksums;
    for row in [inline, large] {
        let value = row.encode();
        let listed = ObjectRow::decode_listed(row.info.key.clone(), 9, &value[..value.len().min(256)]);
        let listed = listed.expect("decodes").expect("is whole").info;
        assert_eq!((listed.size, listed.etag), (5, row.info.etag.clone()));
        assert_eq!(listed.metadata.storage_class, StorageClass::StandardIa);
        assert_eq!(ObjectRow::decode(row.info.key.clone(), 9, &value), Ok(row.clone()));
        for cut in 0..30 {
            assert!(ObjectRow::decode(row.info.key.clone(), 9, &value[..cut]).is_err(), "cut at {cut}");
        }
    }
}

/// Texts where escaping matters: NUL, its neighbours, and characters of several bytes.
fn text() -> impl Strategy<Value = String> {
    proptest::collection::vec(
        prop_oneof![Just('\0'), Just('\u{1}'), Just('/'), Just('a'), Just('ü'), Just('\u{10FFFF}')],
        1..6,
    )
    .prop_map(|chars| chars.into_iter().collect())
}

proptest! {
    #[test]
    fn row_order_is_key_order(a in text(), b in text()) {
        let (ka, kb) = (ObjectKey::parse(a.clone()).expect("valid"), ObjectKey::parse(b.clone()).expect("valid"));
        let id = BucketId(7);
        prop_assert_eq!(a.as_bytes().cmp(b.as_bytes()), key(id, &ka).cmp(&key(id, &kb)));
        prop_assert_eq!(object_key_of(&key(id, &ka)).map(|k| k.to_string()), Ok(a.clone()));
        prop_assert_eq!(prefix_range(id, &a).contains(&key(id, &kb)), b.starts_with(&a));
        prop_assert_eq!(key(id, &kb) >= after_key(id, &a), b.as_bytes() > a.as_bytes());
        let beyond = b.as_bytes() > a.as_bytes() && !b.starts_with(&a);
        prop_assert_eq!(key(id, &kb) >= after_prefix(id, &a), beyond);
    }

    #[test]
    fn folding_is_that_of_the_plain_text(a in text(), prefix in text(), delimiter in text()) {
        let id = BucketId(7);
        let whole = format!("{prefix}{a}");
        let row_key = key(id, &ObjectKey::parse(whole.clone()).expect("valid"));
        let folded = fold(id, &prefix, &delimiter);
        let folded = folded.prefix_of(&row_key).map(|p| common_prefix_of(p).expect("text"));
        let expected = a.find(&delimiter).map(|at| format!("{prefix}{}", &a[..at + delimiter.len()]));
        prop_assert_eq!(folded, expected);
    }
}
