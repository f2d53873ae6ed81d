use http::{HeaderName, HeaderValue};

use super::*;
use crate::error_code::S3ErrorCode;

fn screened(operation: Operation, name: &'static str, value: &'static str) -> Result<(), S3Error> {
    let headers = HeaderMap::from_iter([(HeaderName::from_static(name), HeaderValue::from_static(value))]);
    screen(operation, &headers, true)
}

fn refusal(name: &str, value: &str) -> Result<(), S3Error> {
    let error = S3Error::new(S3ErrorCode::NotImplemented);
    Err(error.with_message(format!("Header '{name}' with value '{value}' not implemented")))
}

#[test]
fn guards_are_refused_by_every_operation() {
    for operation in Operation::ALL {
        assert_eq!(screen(*operation, &HeaderMap::new(), true), Ok(()));
        for name in EVERYWHERE.iter().chain(&[BYPASS]).copied() {
            assert_eq!(screened(*operation, name, "v"), refusal(name, "v"), "{operation} {name}");
        }
    }
}

#[test]
fn each_operation_refuses_its_own() {
    use Operation::*;
    let table = [
        (PutObject, "x-amz-tagging", true),
        (PutObject, "x-amz-website-redirect-location", true),
        (PutObject, "x-amz-object-lock-mode", true),
        (PutObject, "x-amz-write-offset-bytes", true),
        (PutObject, "x-amz-grant-read", true),
        (PutObject, "x-amz-grant-full-control", true),
        (PutObject, "x-amz-grant-read-acp", true),
        (PutObject, "x-amz-server-side-encryption-aws-kms-key-id", true),
        (PutObject, "x-amz-server-side-encryption-context", true),
        (PutObject, "x-amz-server-side-encryption-bucket-key-enabled", true),
        (PutObject, "x-amz-meta-tagging", false),
        (PutObject, "if-match", false),
        (PutObject, "x-amz-copy-source-if-match", false),
        (CreateBucket, "x-amz-grant-write", true),
        (CreateBucket, "x-amz-grant-write-acp", true),
        (CreateBucket, "x-amz-object-ownership", false),
        (CreateBucket, "x-amz-tagging", false),
        (CopyObject, "x-amz-tagging-directive", true),
        (CopyObject, "x-amz-checksum-algorithm", true),
        (CopyObject, "x-amz-copy-source-if-match", false),
        (UploadPart, "x-amz-server-side-encryption", true),
        (UploadPartCopy, "x-amz-copy-source-if-none-match", true),
        (DeleteObject, "if-match", true),
        (DeleteObject, "x-amz-if-match-size", true),
        (GetObject, "if-match", false),
        (GetObject, "x-amz-tagging", false),
        (ListObjectsV2, "x-amz-optional-object-attributes", false),
        (PutObjectLockConfiguration, "x-amz-bucket-object-lock-token", false),
        (PutBucketLifecycleConfiguration, "x-amz-transition-default-minimum-object-size", false),
    ];
    for (operation, name, refused) in table {
        let expected = if refused { refusal(name, "v") } else { Ok(()) };
        assert_eq!(screened(operation, name, "v"), expected, "{operation} {name}");
    }
}

#[test]
fn what_only_r2_refuses() {
    use Operation::*;
    let table = [
        (PutObject, TAGS_AND_LOCK, true),
        (CreateMultipartUpload, TAGS_AND_LOCK, true),
        (CopyObject, TAGS_AND_LOCK, true),
        (PutObject, NEW_OBJECT, false),
        (DeleteObject, &[BYPASS], true),
        (DeleteObjects, &[BYPASS], true),
        (PutObjectRetention, &[BYPASS], true),
        (PutObject, &[BYPASS], false),
        (PutObjectLegalHold, &[BYPASS], false),
        (CopyObject, COPY, true),
        (UploadPartCopy, PART_COPY, true),
        (DeleteObject, DELETE_CONDITIONS, true),
        (DeleteObject, DELETE_GUARDS, false),
        (CopyObject, EVERYWHERE, false),
        (UploadPartCopy, EVERYWHERE, false),
    ];
    for (operation, names, accepted) in table {
        for name in names.iter().copied() {
            let headers: HeaderMap =
                [(HeaderName::from_static(name), HeaderValue::from_static("v"))].into_iter().collect();
            assert_eq!(screen(operation, &headers, true), refusal(name, "v"), "{operation} {name}");
            assert_eq!(screen(operation, &headers, false).is_ok(), accepted, "{operation} {name}");
        }
    }
}

#[test]
fn buckets_with_object_lock() {
    let of = |value: &'static str, strict_r2| {
        let name = HeaderName::from_static("x-amz-bucket-object-lock-enabled");
        let headers = HeaderMap::from_iter([(name, HeaderValue::from_static(value))]);
        screen(Operation::CreateBucket, &headers, strict_r2).is_ok()
    };
    assert!(of("true", false) && of("false", false) && of("false", true));
    assert!(!of("true", true) && !of("yes", false), "what is unclear is refused");
}

#[test]
fn some_values_are_harmless() {
    use Operation::*;
    let table = [
        (CreateBucket, "x-amz-bucket-object-lock-enabled", "false", true),
        (CreateBucket, "x-amz-bucket-object-lock-enabled", "False", true),
        (CreateBucket, "x-amz-bucket-object-lock-enabled", "true", false),
        (PutObject, "x-amz-server-side-encryption", "AES256", true),
        (PutObject, "x-amz-server-side-encryption", "aws:kms", false),
        (PutObject, "x-amz-server-side-encryption", "", false),
        (PutObject, "x-amz-acl", "public-read", true),
        (PutObject, "x-amz-acl", "public-read-write", true),
        (PutObject, "x-amz-acl", "authenticated-read", true),
        (PutObject, "x-amz-acl", "aws-exec-read", true),
        (PutObject, "x-amz-acl", "bucket-owner-read", true),
        (PutObject, "x-amz-acl", "bucket-owner-full-control", true),
        (PutObject, "x-amz-acl", "log-delivery-write", false),
        (CreateBucket, "x-amz-acl", "private", true),
        (GetObject, "x-amz-acl", "bogus", true),
        (GetObject, "x-amz-storage-class", "bogus", true),
    ];
    for (operation, name, value, accepted) in table {
        let expected = if accepted { Ok(()) } else { refusal(name, value) };
        assert_eq!(screened(operation, name, value), expected, "{operation} {name}: {value}");
    }
}

#[test]
fn storage_classes() {
    assert_eq!(screened(Operation::PutObject, "x-amz-storage-class", "STANDARD_IA"), Ok(()));
    let error = screened(Operation::PutObject, "x-amz-storage-class", "GLACIER").unwrap_err();
    assert_eq!(error.code, S3ErrorCode::InvalidStorageClass);
}

#[test]
fn refusals_come_in_r2s_order() {
    let order =
        [("x-amz-tagging", "a=b"), ("x-amz-server-side-encryption", "aws:kms"), ("x-amz-acl", "bogus")];
    for first in 0..order.len() {
        let headers: HeaderMap = order[first..]
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .chain([(HeaderName::from_static("x-amz-storage-class"), HeaderValue::from_static("GLACIER"))])
            .collect();
        let (name, value) = order[first];
        assert_eq!(screen(Operation::PutObject, &headers, true), refusal(name, value));
    }
}

#[test]
fn a_callers_key_is_judged_where_it_is_used() {
    use Operation::*;
    const SOURCE: &str = "x-amz-copy-source-server-side-encryption-customer-key";
    const KEY: &str = "x-amz-server-side-encryption-customer-key";
    let table = [
        (PutObject, KEY, true),
        (GetObject, KEY, true),
        (HeadObject, KEY, true),
        (CreateMultipartUpload, KEY, true),
        (UploadPart, KEY, true),
        (UploadPartCopy, KEY, true),
        (CompleteMultipartUpload, KEY, true),
        (ListParts, KEY, true),
        (CopyObject, KEY, true),
        (CopyObject, SOURCE, true),
        (UploadPartCopy, SOURCE, true),
        (GetObject, SOURCE, false),
        (DeleteObject, KEY, false),
        (ListObjectsV2, KEY, false),
    ];
    for (operation, name, judged) in table {
        let verdict = screened(operation, name, "c2VjcmV0").map_err(|error| error.code);
        let expected = if judged { Err(S3ErrorCode::InvalidArgument) } else { Ok(()) };
        assert_eq!(verdict, expected, "{operation} {name}");
    }
    let headers = HeaderMap::from_iter([
        (HeaderName::from_static(KEY), HeaderValue::from_static("c2VjcmV0")),
        (HeaderName::from_static("x-amz-storage-class"), HeaderValue::from_static("GLACIER")),
    ]);
    let before_the_class = screen(PutObject, &headers, false).unwrap_err();
    assert_eq!(before_the_class.code, S3ErrorCode::InvalidArgument);
}

#[test]
fn long_values_are_cut() {
    let long = "v".repeat(10_000);
    let error = header_not_implemented("x-amz-tagging", &long);
    assert!(error.message.len() < 400);
}
