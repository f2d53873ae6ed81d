use domain::etag::ETagMatch;
use domain::{Checksum, ETag, ObjectKey, Timestamp};
use http::HeaderValue;

use super::*;
use crate::error_code::S3ErrorCode;

const SOURCE: (&str, &str) = ("x-amz-copy-source", "my-bucket/a%20b");

fn read(pairs: &[(&'static str, &str)]) -> Result<CopyObject, S3Error> {
    let pairs = pairs.iter().chain([&SOURCE]);
    let headers = pairs.map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_str(v).unwrap()));
    decode(&headers.collect())
}

fn strong(text: &str) -> Option<Vec<ETagMatch>> {
    Some(vec![ETagMatch::Strong(ETag::from_text(text))])
}

#[test]
fn the_plainest_copy() {
    let request = read(&[]).unwrap();
    assert_eq!((request.source.bucket.as_str(), request.source.key.as_str()), ("my-bucket", "a b"));
    assert!(request.source_conditions.is_empty() && request.conditions.is_empty());
    assert_eq!(request.metadata_directive, MetadataDirective::Copy);
    assert!(!request.replace_tags);
    assert_eq!((request.storage_class, request.checksum_algorithm), (None, None));
    assert_eq!(decode(&HeaderMap::new()).unwrap_err().message, "copy source bucket name");
}

#[test]
fn conditions_on_either_side() {
    let request = read(&[
        ("x-amz-copy-source-if-match", "\"s\""),
        ("x-amz-copy-source-if-modified-since", "Fri, 02 Jan 2026 03:04:05 GMT"),
        ("cf-copy-destination-if-match", "\"d\""),
        ("cf-copy-destination-if-unmodified-since", "Fri, 02 Jan 2026 03:04:05 GMT"),
        ("if-match", "\"plain\""),
        ("if-none-match", "*"),
    ])
    .unwrap();
    let date = Some(Timestamp::from_seconds(1_767_323_045));
    assert_eq!(
        request.source_conditions,
        Conditions { if_match: strong("s"), if_modified_since: date, ..Conditions::default() }
    );
    assert_eq!(
        request.conditions,
        Conditions {
            if_match: strong("d"),
            if_none_match: Some(vec![ETagMatch::Any]),
            if_modified_since: None,
            if_unmodified_since: date,
            begun: None,
        }
    );
}

#[test]
fn directives() {
    let of = |text| read(&[("x-amz-metadata-directive", text)]).map(|r| r.metadata_directive);
    assert_eq!(of("COPY"), Ok(MetadataDirective::Copy));
    assert_eq!(of("REPLACE"), Ok(MetadataDirective::Replace));
    assert_eq!(of("MERGE"), Ok(MetadataDirective::Merge));
    for bad in ["", "copy", "Merge", "KEEP"] {
        let error = of(bad).unwrap_err();
        let expected = format!("metadata directive {bad}.");
        assert_eq!((error.code, &*error.message), (S3ErrorCode::InvalidArgument, expected.as_str()));
    }
    assert!(of(&"x".repeat(5_000)).unwrap_err().message.len() < 200);
    let of = |text| read(&[("x-amz-tagging-directive", text)]).map(|r| r.replace_tags);
    assert_eq!(of("COPY"), Ok(false));
    assert_eq!(of("REPLACE"), Ok(true));
    assert_eq!(of("MERGE").unwrap_err().message, "Unknown tagging directive.");
}

#[test]
fn what_the_copy_is_to_be() {
    let request = read(&[
        ("content-type", "text/plain"),
        ("x-amz-meta-a", "1"),
        ("x-amz-storage-class", "STANDARD_IA"),
        ("x-amz-checksum-algorithm", "sha256"),
    ])
    .unwrap();
    assert_eq!(request.metadata.http.content_type.as_deref(), Some("text/plain"));
    assert_eq!(request.storage_class, Some(StorageClass::StandardIa));
    assert_eq!(request.checksum_algorithm, Some(ChecksumAlgorithm::Sha256));
    let error = read(&[("x-amz-checksum-algorithm", "MD4")]).unwrap_err();
    assert_eq!(error.code, S3ErrorCode::InvalidRequest);
}

#[test]
fn the_reply() {
    let info = ObjectInfo {
        key: ObjectKey::parse("k").unwrap(),
        size: 10,
        etag: ETag::from_text("abc"),
        last_modified: Timestamp::from_millis(1_767_323_045_678),
        version: 255,
        metadata: ObjectMetadata::default(),
        checksums: vec![Checksum::from_base64(ChecksumAlgorithm::Crc32, "NhCmhg==").unwrap()],
        version_id: None,
        checksum_type: domain::ChecksumType::FullObject,
        parts: None,
        part_checksums: None,
        encryption: None,
    };
    let (headers, document) = encode(&info, None, "0000000000000007");
    assert_eq!(headers["x-amz-version-id"], "00000000000000ff");
    assert_eq!(headers["x-amz-copy-source-version-id"], "0000000000000007");
    assert_eq!(
        document,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <CopyObjectResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><ETag>&quot;abc&quot;</ETag>\
         <LastModified>2026-01-02T03:04:05.678Z</LastModified><ChecksumCRC32>NhCmhg==</ChecksumCRC32>\
         <ChecksumType>FULL_OBJECT</ChecksumType></CopyObjectResult>"
    );
}
