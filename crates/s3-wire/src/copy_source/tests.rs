use proptest::prelude::*;

use super::*;
use crate::error_code::S3ErrorCode;

fn parsed(text: &str) -> (String, String, Option<String>) {
    let CopySource { bucket, key, version_id } = CopySource::parse(text).expect(text);
    (bucket.to_string(), key.to_string(), version_id)
}

#[test]
fn every_form_that_clients_send() {
    let table = [
        ("my-bucket/key", "key", None),
        ("/my-bucket/key", "key", None),
        ("/my-bucket//key", "/key", None),
        ("/my-bucket/a/b c/", "a/b c/", None),
        ("%2Fmy-bucket%2Fa%2Fb", "a/b", None),
        ("my-bucket/a+b%2Bc%20d", "a+b+c d", None),
        ("my-bucket/%252F", "%2F", None),
        ("my-bucket/ü%C3%BC", "üü", None),
        ("my-bucket/../other/a", "../other/a", None),
        ("my-bucket/a?b=c", "a?b=c", None),
        ("my-bucket/a%3FversionId=b", "a?versionId=b", None),
        ("my-bucket/a?versionId=v%2F1", "a", Some("v/1")),
        ("my-bucket/a?versionId=", "a", None),
        ("my-bucket/a?versionId=b?versionId=c", "a?versionId=b", Some("c")),
        ("/my-bucket/?versionId", "?versionId", None),
    ];
    for (text, key, version_id) in table {
        let expected = ("my-bucket".to_owned(), key.to_owned(), version_id.map(str::to_owned));
        assert_eq!(parsed(text), expected, "{text}");
    }
}

#[test]
fn what_names_no_object() {
    for text in ["", "/", "my-bucket", "/my-bucket", "my-bucket/", "/my-bucket/?versionId=a", "a/b%", "a/%zz"]
    {
        let error = CopySource::parse(text).unwrap_err();
        assert_eq!(
            (error.code, &*error.message),
            (S3ErrorCode::InvalidArgument, "copy source bucket name"),
            "{text}"
        );
        assert!(error.hint.is_some(), "{text}");
    }
    let code = |text: &str| CopySource::parse(text).unwrap_err().code;
    for text in ["//key", "My-Bucket/key", "%ff/key", "arn:aws:s3:auto:1:accesspoint/a/object/key", "../key"]
    {
        assert_eq!(code(text), S3ErrorCode::InvalidBucketName, "{text}");
    }
    assert_eq!(code("my-bucket/%ff"), S3ErrorCode::InvalidObjectName);
    assert_eq!(code(&format!("my-bucket/{}", "a".repeat(1_025))), S3ErrorCode::KeyTooLongError);
    assert_eq!(CopySource::decode(&HeaderMap::new()).unwrap_err().code, S3ErrorCode::InvalidArgument);
}

proptest! {
    #[test]
    fn escaped_names_come_back(key in ".{1,64}", version in ".{0,8}", slash in any::<bool>()) {
        let mut text = if slash { b"/my-bucket/".to_vec() } else { b"my-bucket/".to_vec() };
        percent::encode_into(&mut text, &key);
        text.extend_from_slice(VERSION.as_bytes());
        percent::encode_into(&mut text, &version);
        let source = CopySource::parse(std::str::from_utf8(&text).unwrap()).unwrap();
        prop_assert_eq!(source.key.as_str(), key);
        prop_assert_eq!(source.version_id.unwrap_or_default(), version);
    }
}
