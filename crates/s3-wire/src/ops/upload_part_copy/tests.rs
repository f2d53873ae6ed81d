use domain::ChecksumAlgorithm;
use http::{HeaderName, HeaderValue};

use super::*;
use crate::error_code::S3ErrorCode;

const QUERY: &str = "uploadId=u&partNumber=7";

fn read(query: &str, pairs: &[(&'static str, &str)]) -> Result<UploadPartCopy, S3Error> {
    let headers = pairs.iter().map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_str(v).unwrap()));
    decode(&Query::parse(query).unwrap(), &headers.collect())
}

fn range(text: &str) -> Result<Option<RangeRequest>, S3Error> {
    read(QUERY, &[("x-amz-copy-source", "b-1/k"), ("x-amz-copy-source-range", text)]).map(|r| r.range)
}

#[test]
fn a_part_of_an_object() {
    let request = read(
        QUERY,
        &[
            ("x-amz-copy-source", "/other-bucket/a%20b"),
            ("x-amz-copy-source-if-match", "\"abc\""),
            ("x-amz-copy-source-if-unmodified-since", "Fri, 02 Jan 2026 03:04:05 GMT"),
            ("if-none-match", "*"),
        ],
    )
    .unwrap();
    assert_eq!((request.upload_id.as_str(), request.number.get()), ("u", 7));
    assert_eq!(request.source.key.as_str(), "a b");
    assert_eq!(request.range, None);
    let conditions = &request.source_conditions;
    assert!(conditions.if_match.is_some() && conditions.if_unmodified_since.is_some());
    assert!(conditions.if_none_match.is_none(), "the part itself has no conditions");
    assert_eq!(read(QUERY, &[]).unwrap_err().code, S3ErrorCode::InvalidArgument);
    let error = read("uploadId=u&partNumber=-3", &[("x-amz-copy-source", "b-1/k")]).unwrap_err();
    assert_eq!(error.message, "Part number must be an integer between 1 and 10000, inclusive.");
}

#[test]
fn ranges_of_the_source() {
    assert_eq!(range("bytes=0-0"), Ok(Some(RangeRequest::FromTo(0, 0))));
    assert_eq!(range("bytes=5-99999999999999999999"), Ok(Some(RangeRequest::FromTo(5, u64::MAX))));
    for bad in [
        "",
        "bytes=",
        "bytes=5-",
        "bytes=-5",
        "bytes=a-b",
        "0-5",
        "bytes=0-5,7-9",
        "bytes=0-5-6",
        "items=0-5",
    ] {
        let error = range(bad).unwrap_err();
        let expected = format!("Invalid x-amz-copy-source-range: {bad}");
        assert_eq!((error.code, &*error.message), (S3ErrorCode::InvalidArgument, expected.as_str()));
        assert!(error.hint.is_some());
    }
    assert!(range(&"x".repeat(10_000)).unwrap_err().message.len() < 400);
    assert_eq!(range("bytes=5-4").unwrap_err().message, "x-amz-copy-source-range must be positive.");
}

#[test]
fn the_reply() {
    let time = Timestamp::from_millis(1_767_323_045_678);
    let checksum = Checksum::from_base64(ChecksumAlgorithm::Crc32c, "NhCmhg==").unwrap();
    assert_eq!(
        encode(&ETag::from_text("abc"), time, Some(&checksum)),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><CopyPartResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
         <ETag>&quot;abc&quot;</ETag><LastModified>2026-01-02T03:04:05.678Z</LastModified>\
         <ChecksumCRC32C>NhCmhg==</ChecksumCRC32C></CopyPartResult>"
    );
}
