use domain::{ChecksumAlgorithm, ETag, ObjectKey, ObjectMetadata, Timestamp};
use http::HeaderValue;

use super::*;
use crate::error_code::S3ErrorCode;

fn read(pairs: &[(&'static str, &str)]) -> Result<GetObjectAttributes, S3Error> {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
    }
    decode(&headers)
}

fn checksum() -> Checksum {
    Checksum::from_base64(ChecksumAlgorithm::Crc32, "NhCmhg==").unwrap()
}

fn reply(request: &GetObjectAttributes, parts: Option<&ObjectParts<'_>>) -> String {
    let info = ObjectInfo {
        key: ObjectKey::parse("k").unwrap(),
        size: 10,
        etag: ETag::from_text("abc-3"),
        last_modified: Timestamp::from_millis(1_767_323_045_678),
        version: 7,
        metadata: ObjectMetadata::default(),
        checksums: vec![checksum()],
        version_id: None,
        checksum_type: domain::ChecksumType::FullObject,
        parts: None,
        part_checksums: None,
        encryption: None,
    };
    let (headers, document) = encode(request, &info, parts);
    assert_eq!(headers["last-modified"], "Fri, 02 Jan 2026 03:04:05 GMT");
    assert_eq!(headers["x-amz-version-id"], "0000000000000007");
    String::from_utf8(document.to_vec()).unwrap()
}

#[test]
fn what_is_asked_for() {
    let all = read(&[
        ("x-amz-object-attributes", "ETag, Checksum,ObjectParts"),
        ("x-amz-object-attributes", "StorageClass,ObjectSize,ETag"),
        ("x-amz-max-parts", "5"),
        ("x-amz-part-number-marker", "2"),
    ]);
    let page = PartsPage { limit: 5, marker: 2 };
    let expected = GetObjectAttributes {
        etag: true,
        checksum: true,
        parts: true,
        storage_class: true,
        size: true,
        page,
    };
    assert_eq!(all, Ok(expected));
    for (wanted, limit) in [("999", 999), ("1000", 1_000), ("1001", 1_000)] {
        let request = read(&[("x-amz-object-attributes", "ObjectParts"), ("x-amz-max-parts", wanted)]);
        assert_eq!(request.unwrap().page.limit, limit);
    }
    let size = GetObjectAttributes { size: true, ..GetObjectAttributes::default() };
    assert_eq!(read(&[("x-amz-object-attributes", "ObjectSize")]), Ok(size));
    for empty in [&[][..], &[("x-amz-object-attributes", "")], &[("x-amz-object-attributes", " , ")]] {
        assert_eq!(read(empty).unwrap_err().code, S3ErrorCode::InvalidRequest, "{empty:?}");
    }
    for bad in ["Etag", "ETag,Owner"] {
        let error = read(&[("x-amz-object-attributes", bad)]).unwrap_err();
        assert_eq!(
            (error.code, &*error.message),
            (S3ErrorCode::InvalidArgument, "Invalid attribute name specified.")
        );
    }
    let error = read(&[("x-amz-object-attributes", "ETag"), ("x-amz-max-parts", "x")]).unwrap_err();
    assert_eq!(error.code, S3ErrorCode::InvalidArgument);
}

#[test]
fn everything_of_an_object_in_parts() {
    let checksum = checksum();
    let rows = [3, 7].map(|number| ObjectPart {
        number: PartNumber::new(number).unwrap(),
        size: 5,
        checksum: Some(checksum.clone()),
    });
    let parts =
        ObjectParts { count: 3, checksum_type: ChecksumType::Composite, rows: &rows, is_truncated: true };
    let request = GetObjectAttributes {
        etag: true,
        checksum: true,
        parts: true,
        storage_class: true,
        size: true,
        page: PartsPage { limit: 2, marker: 1 },
    };
    assert_eq!(
        reply(&request, Some(&parts)),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <GetObjectAttributesResponse xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><ETag>abc-3</ETag>\
         <Checksum><ChecksumCRC32>NhCmhg==</ChecksumCRC32><ChecksumType>COMPOSITE</ChecksumType></Checksum>\
         <ObjectParts><PartsCount>3</PartsCount><PartNumberMarker>1</PartNumberMarker>\
         <NextPartNumberMarker>7</NextPartNumberMarker><MaxParts>2</MaxParts><IsTruncated>true</IsTruncated>\
         <Part><PartNumber>3</PartNumber><Size>5</Size><ChecksumCRC32>NhCmhg==</ChecksumCRC32></Part>\
         <Part><PartNumber>7</PartNumber><Size>5</Size><ChecksumCRC32>NhCmhg==</ChecksumCRC32></Part>\
         </ObjectParts><StorageClass>STANDARD</StorageClass><ObjectSize>10</ObjectSize>\
         </GetObjectAttributesResponse>"
    );
}

#[test]
fn only_what_is_asked_for() {
    let request = GetObjectAttributes { checksum: true, parts: true, ..GetObjectAttributes::default() };
    let text = reply(&request, None);
    assert!(
        text.contains("<ChecksumType>FULL_OBJECT</ChecksumType></Checksum></GetObjectAttributesResponse>"),
        "{text}"
    );
    assert!(!text.contains("ObjectParts"), "an object in one piece has none");
    let request = GetObjectAttributes { size: true, ..GetObjectAttributes::default() };
    assert!(
        reply(&request, None).ends_with("01/\"><ObjectSize>10</ObjectSize></GetObjectAttributesResponse>")
    );
}
