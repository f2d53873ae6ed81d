use domain::etag::ETagMatch;
use domain::{Checksum, ChecksumAlgorithm, ETag, ObjectKey, StorageClass, Timestamp};
use http::HeaderValue;

use super::*;

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    pairs.iter().map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v))).collect()
}

fn length(pairs: &[(&'static str, &'static str)]) -> Result<u64, S3ErrorCode> {
    decode(&headers(pairs)).map(|r| r.content_length).map_err(|e| e.code)
}

#[test]
fn a_browsers_upload() {
    let request = decode(&headers(&[
        ("content-length", "5"),
        ("content-type", "image/png"),
        ("x-amz-meta-a", "1"),
        ("x-amz-storage-class", "STANDARD_IA"),
        ("if-none-match", "*"),
        ("content-md5", "XUFAKrxLKna5cZ2REBfFkg=="),
        ("x-amz-checksum-crc32", "NhCmhg=="),
    ]))
    .unwrap();
    assert_eq!(request.content_length, 5);
    assert_eq!(request.metadata.http.content_type.as_deref(), Some("image/png"));
    assert_eq!(request.metadata.custom, [("a".to_owned(), "1".to_owned())]);
    assert_eq!(request.metadata.storage_class, StorageClass::StandardIa);
    assert_eq!(request.conditions.if_none_match, Some(vec![ETagMatch::Any]));
    assert!(request.integrity.content_md5.is_some());
    assert_eq!(request.integrity.checksums.len(), 1);
    assert!(!request.create_bucket);
}

#[test]
fn lengths_of_plain_bodies() {
    assert_eq!(length(&[("content-length", "0")]), Ok(0));
    assert_eq!(length(&[("content-length", "18446744073709551615")]), Ok(u64::MAX));
    assert_eq!(length(&[]), Err(S3ErrorCode::MissingContentLength));
    assert_eq!(length(&[("transfer-encoding", "chunked")]), Err(S3ErrorCode::MissingContentLength));
    for bad in ["", "x", "-1", "+1", "1.0", "0x1", "18446744073709551616"] {
        assert_eq!(length(&[("content-length", bad)]), Err(S3ErrorCode::InvalidArgument), "{bad}");
    }
}

#[test]
fn lengths_of_chunked_bodies() {
    let signed = ("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD");
    let unsigned = ("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER");
    let decoded = ("x-amz-decoded-content-length", "5");
    let framed = ("content-length", "90");
    assert_eq!(length(&[signed, decoded, framed]), Ok(5));
    assert_eq!(length(&[unsigned, decoded, ("transfer-encoding", "chunked")]), Ok(5));
    assert_eq!(length(&[("content-encoding", "aws-chunked"), decoded, framed]), Ok(5));
    for missing in [signed, unsigned, ("content-encoding", "gzip,aws-chunked")] {
        assert_eq!(length(&[missing, framed]), Err(S3ErrorCode::MissingContentLength), "{missing:?}");
    }
    let error = decode(&headers(&[signed, framed])).unwrap_err();
    assert_eq!(error.message, "You must provide the Content-Length HTTP header.");
    assert_eq!(error.status().as_u16(), 411);
    assert!(error.hint.unwrap().contains("x-amz-decoded-content-length"));
}

#[test]
fn the_reply_shows_what_was_stored() {
    let mut info = ObjectInfo {
        key: ObjectKey::parse("k").unwrap(),
        size: 5,
        etag: ETag::from_text("5d41402abc4b2a76b9719d911017c592"),
        last_modified: Timestamp::from_seconds(1),
        version: 255,
        version_id: None,
        metadata: ObjectMetadata::default(),
        checksums: Vec::new(),
        checksum_type: domain::ChecksumType::FullObject,
        parts: None,
        part_checksums: None,
        encryption: None,
    };
    let reply = encode(&info);
    assert_eq!(reply["etag"], "\"5d41402abc4b2a76b9719d911017c592\"");
    assert_eq!(reply["x-amz-version-id"], "00000000000000ff");
    assert_eq!(reply.len(), 2);
    info.checksums = vec![Checksum::from_base64(ChecksumAlgorithm::Crc32, "NhCmhg==").unwrap()];
    let reply = encode(&info);
    assert_eq!(reply["x-amz-checksum-crc32"], "NhCmhg==");
    assert_eq!(reply["x-amz-checksum-type"], "FULL_OBJECT");
}
