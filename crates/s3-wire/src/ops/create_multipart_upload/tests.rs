use domain::{ChecksumAlgorithm, StorageClass};
use http::HeaderValue;

use super::*;
use crate::error_code::S3ErrorCode;

fn read(pairs: &[(&'static str, &str)], strict_r2: bool) -> Result<CreateMultipartUpload, S3Error> {
    let headers = pairs.iter().map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_str(v).unwrap()));
    decode(&headers.collect(), strict_r2)
}

#[test]
fn what_the_object_is_to_be() {
    let request = read(
        &[
            ("content-type", "video/mp4"),
            ("x-amz-meta-a", "1"),
            ("x-amz-storage-class", "STANDARD_IA"),
            ("if-none-match", "*"),
            ("cf-create-bucket-if-missing", "true"),
            // of a body that this request does not have
            ("content-md5", "x"),
            ("x-amz-checksum-crc32", "x"),
        ],
        true,
    )
    .unwrap();
    assert_eq!(request.metadata.http.content_type.as_deref(), Some("video/mp4"));
    assert_eq!(request.metadata.custom, [("a".to_owned(), "1".to_owned())]);
    assert_eq!(request.metadata.storage_class, StorageClass::StandardIa);
    assert!(request.conditions.if_none_match.is_some() && request.create_bucket);
    assert_eq!(request.checksum, None);
    assert_eq!(read(&[], false), Ok(CreateMultipartUpload::default()));
    let error = read(&[("x-amz-storage-class", "GLACIER")], false).unwrap_err();
    assert_eq!(error.code, S3ErrorCode::InvalidStorageClass);
}

#[test]
fn algorithms_and_their_types() {
    use ChecksumType::{Composite, FullObject};
    // algorithm, type asked for, type given by us, type given by R2
    let table = [
        ("CRC32", None, Some(Composite), Some(Composite)),
        ("crc32c", None, Some(Composite), Some(Composite)),
        ("SHA1", None, Some(Composite), Some(Composite)),
        ("CRC64NVME", None, Some(FullObject), Some(FullObject)),
        ("CRC32", Some("COMPOSITE"), Some(Composite), Some(Composite)),
        ("CRC32", Some("FULL_OBJECT"), Some(FullObject), None),
        ("CRC32C", Some("full_object"), Some(FullObject), None),
        ("CRC64NVME", Some("FULL_OBJECT"), Some(FullObject), Some(FullObject)),
        ("CRC64NVME", Some("COMPOSITE"), None, None),
        ("SHA1", Some("FULL_OBJECT"), None, None),
        ("SHA256", Some("FULL_OBJECT"), None, None),
        ("SHA256", Some("COMPOSITE"), Some(Composite), Some(Composite)),
    ];
    for (algorithm, kind, ours, r2s) in table {
        let mut pairs = vec![("x-amz-checksum-algorithm", algorithm)];
        pairs.extend(kind.map(|kind| ("x-amz-checksum-type", kind)));
        for (strict_r2, expected) in [(false, ours), (true, r2s)] {
            match (read(&pairs, strict_r2), expected) {
                (Ok(request), Some(expected)) => {
                    let checksum = request.checksum.unwrap();
                    assert_eq!(checksum.kind(), expected, "{pairs:?}");
                    assert_eq!(Some(checksum.algorithm()), ChecksumAlgorithm::from_name(algorithm));
                }
                (Err(error), None) => assert_eq!(error.code, S3ErrorCode::InvalidRequest, "{pairs:?}"),
                (read, expected) => panic!("{pairs:?}: {read:?}, not {expected:?}"),
            }
        }
    }
}

#[test]
fn what_cannot_be_computed_is_said() {
    let message = |pairs: &[(&'static str, &str)]| read(pairs, false).unwrap_err().message.into_owned();
    assert_eq!(
        message(&[("x-amz-checksum-algorithm", "SHA1"), ("x-amz-checksum-type", "FULL_OBJECT")]),
        "The FULL_OBJECT checksum type cannot be used with the sha1 checksum algorithm."
    );
    assert_eq!(
        message(&[("x-amz-checksum-type", "FULL_OBJECT")]),
        "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header."
    );
    assert_eq!(
        message(&[("x-amz-checksum-algorithm", "CRC32"), ("x-amz-checksum-type", "HALF")]),
        "Value for x-amz-checksum-type header is invalid."
    );
    assert!(
        message(&[("x-amz-checksum-algorithm", "MD4")]).contains("[CRC32, CRC32C, CRC64NVME, SHA1, SHA256]")
    );
}

#[test]
fn the_reply() {
    let bucket = BucketName::parse("my-bucket").unwrap();
    let key = ObjectKey::parse("a&b").unwrap();
    let (headers, document) = encode(&bucket, &key, "id", None);
    assert!(headers.is_empty());
    assert_eq!(
        document,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <InitiateMultipartUploadResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
         <UploadId>id</UploadId><Bucket>my-bucket</Bucket><Key>a&amp;b</Key></InitiateMultipartUploadResult>"
    );
    let (headers, _) = encode(&bucket, &key, "id", Some(UploadChecksum::of(ChecksumAlgorithm::Sha256)));
    assert_eq!(headers["x-amz-checksum-algorithm"], "SHA256");
    assert_eq!(headers["x-amz-checksum-type"], "COMPOSITE");
}
