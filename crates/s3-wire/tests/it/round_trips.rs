//! decode(encode(x)) = x, for policies and for batches of keys with any text in them.

use domain::limits::DELETE_MAX_KEYS;
use domain::versioning::Deletion;
use domain::{
    AccountId, BucketName, Checksum, ChecksumAlgorithm, CompletedPart, CorsPolicy, CorsRule, ETag, ObjectKey,
    PartNumber, StorageClass, Timestamp,
};
use proptest::prelude::*;
use s3_wire::ops::complete_multipart_upload;
use s3_wire::ops::delete_objects;
use s3_wire::ops::list_parts::{self, ListParts, PartRow, Upload};
use s3_wire::xml::Writer;
use s3_wire::{S3Error, cors, xml};

fn texts() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(any::<String>(), 0..3)
}

fn rule() -> impl Strategy<Value = CorsRule> {
    let id = prop::option::of(any::<String>());
    (id, texts(), texts(), texts(), texts(), prop::option::of(any::<u32>())).prop_map(
        |(id, allowed_origins, allowed_methods, allowed_headers, expose_headers, max_age_seconds)| CorsRule {
            id,
            allowed_origins,
            allowed_methods,
            allowed_headers,
            expose_headers,
            max_age_seconds,
        },
    )
}

fn key() -> impl Strategy<Value = ObjectKey> {
    any::<String>().prop_filter_map("a key has a byte", |text| ObjectKey::parse(text).ok())
}

fn part() -> impl Strategy<Value = CompletedPart> {
    let algorithm = prop::sample::select(ChecksumAlgorithm::ALL.to_vec());
    let checksum = algorithm.prop_flat_map(|algorithm| {
        prop::collection::vec(any::<u8>(), algorithm.value_bytes())
            .prop_map(move |value| Checksum::new(algorithm, value).expect("the right length"))
    });
    (1..=10_000_u64, "[0-9a-f]{32}", prop::option::of(checksum)).prop_map(|(number, etag, checksum)| {
        let number = PartNumber::new(number).expect("within bounds");
        CompletedPart { number, etag: ETag::from_text(&etag), checksum }
    })
}

/// What a client sends to complete an upload whose parts a ListParts has shown to it.
fn completion_of(listed: &[u8]) -> Result<bytes::Bytes, S3Error> {
    let limits = xml::Limits { bytes: listed.len(), elements: 1_000 };
    let root = xml::parse(listed, limits)?.expect_root("ListPartsResult")?;
    let mut document = Writer::with_capacity(0);
    document.open_root("CompleteMultipartUpload");
    for part in root.children()?.iter().filter(|element| element.name() == "Part") {
        document.open("Part");
        for element in part.children()? {
            if !["LastModified", "Size"].contains(&element.name()) {
                document.leaf(element.name(), element.leaf_text()?);
            }
        }
        document.close("Part");
    }
    document.close("CompleteMultipartUpload");
    Ok(document.finish())
}

proptest! {
    #[test]
    fn listed_parts_complete_their_upload(parts in prop::collection::vec(part(), 1..20), key in key()) {
        let mut parts = parts;
        parts.sort_by_key(|part| part.number);
        parts.dedup_by_key(|part| part.number);
        let rows: Vec<_> = parts.iter().map(|part| PartRow {
            number: part.number,
            size: 5,
            etag: &part.etag,
            last_modified: Timestamp::from_seconds(1),
            checksum: part.checksum.as_ref(),
        }).collect();
        let upload = Upload {
            bucket: &BucketName::parse("my-bucket").unwrap(),
            key: &key,
            owner: &AccountId::parse("123456789abcdef0123456789abcdef0").unwrap(),
            storage_class: StorageClass::Standard,
            checksum: None,
        };
        let listed = list_parts::encode(&ListParts::default(), &upload, &rows, false);
        prop_assert_eq!(complete_multipart_upload::decode_parts(&completion_of(&listed).unwrap()), Ok(parts));
    }

    #[test]
    fn policies(rules in prop::collection::vec(rule(), 0..4)) {
        let policy = CorsPolicy { rules };
        prop_assert_eq!(cors::decode(&cors::encode(&policy)), Ok(policy));
    }

    #[test]
    fn keys_to_delete(keys in prop::collection::vec(key(), 1..20), quiet in any::<bool>()) {
        let mut document = Writer::with_capacity(0);
        document.open_root("Delete");
        for key in &keys {
            document.open("Object");
            document.leaf("Key", key.as_str());
            document.close("Object");
        }
        document.leaf_display("Quiet", quiet);
        document.close("Delete");
        let request = delete_objects::decode(&document.finish(), true).unwrap();
        prop_assert_eq!(request.objects.into_iter().map(|object| object.key).collect::<Vec<_>>(), keys.clone());
        prop_assert!(request.refused.is_empty());
        prop_assert_eq!(request.quiet, quiet);

        let reply = delete_objects::encode(keys.iter().map(|key| (key, Deletion::Object)), &[], false);
        let limits = xml::Limits { bytes: reply.len(), elements: 3 * DELETE_MAX_KEYS };
        let root = xml::parse(&reply, limits).unwrap().expect_root("DeleteResult").unwrap();
        let shown: Vec<_> =
            root.children().unwrap().iter().map(|d| d.children().unwrap()[0].leaf_text().unwrap()).collect();
        prop_assert_eq!(shown, keys.iter().map(ObjectKey::as_str).collect::<Vec<_>>());
    }
}
