use domain::{
    Checksum, ChecksumAlgorithm, ETag, HttpMetadata, ObjectKey, ObjectMetadata, StorageClass, Timestamp,
};

use super::*;
use crate::error_code::S3ErrorCode;

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(*name, HeaderValue::from_static(value));
    }
    headers
}

fn read(query: &str, pairs: &[(&'static str, &'static str)]) -> Result<GetObject, S3Error> {
    decode(&Query::parse(query).unwrap(), &headers(pairs))
}

fn info() -> ObjectInfo {
    ObjectInfo {
        key: ObjectKey::parse("k").unwrap(),
        size: 10,
        etag: ETag::from_text("5d41402abc4b2a76b9719d911017c592"),
        last_modified: Timestamp::from_millis(1_767_323_045_678),
        version: 7,
        version_id: None,
        metadata: ObjectMetadata {
            http: HttpMetadata {
                content_type: Some("image/png".into()),
                cache_control: Some("no-cache".into()),
                ..HttpMetadata::default()
            },
            custom: vec![("a".into(), "ü".into())],
            storage_class: StorageClass::StandardIa,
        },
        checksums: vec![Checksum::from_base64(ChecksumAlgorithm::Crc32, "NhCmhg==").unwrap()],
        checksum_type: domain::ChecksumType::FullObject,
        encryption: None,
        parts: None,
        part_checksums: None,
    }
}

fn shown(headers: &HeaderMap) -> Vec<(&str, &str)> {
    let mut pairs: Vec<_> = headers.iter().map(|(n, v)| (n.as_str(), v.to_str().unwrap())).collect();
    pairs.sort_unstable();
    pairs
}

#[test]
fn ranges_in_r2s_three_forms() {
    let table = [
        ("bytes=0-0", RangeRequest::FromTo(0, 0)),
        ("bytes=2-5", RangeRequest::FromTo(2, 5)),
        ("bytes=5-", RangeRequest::From(5)),
        ("bytes=-5", RangeRequest::Suffix(5)),
        ("bytes=-0", RangeRequest::Suffix(0)),
        ("bytes=0-99999999999999999999", RangeRequest::FromTo(0, u64::MAX)),
        (" bytes=1-2 ", RangeRequest::FromTo(1, 2)),
    ];
    for (text, expected) in table {
        assert_eq!(read("", &[("range", text)]).unwrap().range, Some(expected), "{text}");
    }
    assert_eq!(read("", &[]).unwrap(), GetObject::default());
}

#[test]
fn other_ranges() {
    let malformed = "range must be in format 'bytes=start-end', 'bytes=start-' or 'bytes=-suffix'.'";
    let texts = [
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=a-b",
        "bytes=1",
        "items=1-2",
        "bytes=1-2,4-5",
        "bytes=1-2-3",
    ];
    for text in texts.into_iter().chain(["bytes=+1-2", "bytes=1 - 2", "bytes=--1", "bytes=1-2x"]) {
        let error = read("", &[("range", text)]).unwrap_err();
        assert_eq!((error.code, &*error.message), (S3ErrorCode::InvalidArgument, malformed), "{text}");
    }
    let error = read("", &[("range", "bytes=1-2"), ("range", "bytes=4-5")]).unwrap_err();
    assert_eq!(error.message, malformed);
    let error = read("", &[("range", "bytes=5-2")]).unwrap_err();
    assert_eq!((error.code, &*error.message), (S3ErrorCode::InvalidArgument, "range must be positive."));
}

#[test]
fn parts_of_an_object_in_one_piece() {
    let request = read("partNumber=1", &[]).unwrap();
    assert_eq!((request.part_number, request.range), (PartNumber::new(1), None));
    let (status, reply) = encode(&info(), None, None, &request);
    assert_eq!((status.as_u16(), &reply["content-range"]), (206, &HeaderValue::from_static("bytes 0-9/10")));
    assert!(!reply.contains_key("x-amz-mp-parts-count"));
    let error = read("partNumber=1", &[("range", "bytes=0-1")]).unwrap_err();
    assert_eq!(error.message, "Cannot specify both Range header and partNumber query parameter");
    assert_eq!(read("partNumber=0", &[]).unwrap_err().code, S3ErrorCode::InvalidArgument);
    let empty = ObjectInfo { size: 0, ..info() };
    assert_eq!(encode(&empty, None, None, &read("partNumber=1", &[]).unwrap()).0.as_u16(), 200);
}

#[test]
fn parts_of_an_object_in_parts() {
    let part_checksum = Checksum::from_base64(ChecksumAlgorithm::Crc32, "AAAAAA==");
    let mut parts = Parts { count: 3, checksum_type: ChecksumType::Composite, part_checksum };
    let request = read("partNumber=2", &[("x-amz-checksum-mode", "ENABLED")]).unwrap();
    let range = Some(ByteRange { start: 4, end: 8 });
    let (status, reply) = encode(&info(), range, Some(&parts), &request);
    assert_eq!(status.as_u16(), 206);
    assert_eq!(reply["content-range"], "bytes 4-7/10");
    assert_eq!(reply["x-amz-mp-parts-count"], "3");
    assert_eq!(reply["x-amz-checksum-crc32"], "AAAAAA==");
    assert_eq!(reply["x-amz-checksum-type"], "COMPOSITE");
    parts.part_checksum = None;
    let (_, reply) = encode(&info(), range, Some(&parts), &request);
    assert!(!reply.contains_key("x-amz-checksum-crc32") && !reply.contains_key("x-amz-checksum-type"));
    assert!(
        !encode(&info(), range, Some(&parts), &read("partNumber=2", &[]).unwrap())
            .1
            .contains_key("x-amz-checksum-crc32")
    );
}

#[test]
fn the_whole_of_an_object_in_parts() {
    let request = read("", &[("x-amz-checksum-mode", "ENABLED")]).unwrap();
    let of = |checksum_type| {
        let parts = Parts { count: 3, checksum_type, part_checksum: None };
        let (status, reply) = encode(&info(), None, Some(&parts), &request);
        assert_eq!(status.as_u16(), 200);
        assert!(!reply.contains_key("x-amz-mp-parts-count"), "only for a part");
        [reply["x-amz-checksum-crc32"].clone(), reply["x-amz-checksum-type"].clone()]
    };
    assert_eq!(of(ChecksumType::Composite), ["NhCmhg==-3", "COMPOSITE"]);
    assert_eq!(of(ChecksumType::FullObject), ["NhCmhg==", "FULL_OBJECT"]);
}

#[test]
fn the_whole_object() {
    let (status, reply) = encode(&info(), None, None, &GetObject::default());
    assert_eq!(status.as_u16(), 200);
    assert_eq!(
        shown(&reply),
        [
            ("accept-ranges", "bytes"),
            ("cache-control", "no-cache"),
            ("content-length", "10"),
            ("content-type", "image/png"),
            ("etag", "\"5d41402abc4b2a76b9719d911017c592\""),
            ("last-modified", "Fri, 02 Jan 2026 03:04:05 GMT"),
            ("x-amz-meta-a", "=?UTF-8?B?w7w=?="),
            ("x-amz-storage-class", "STANDARD_IA"),
            ("x-amz-version-id", "0000000000000007"),
        ]
    );
    let plain = ObjectInfo { metadata: ObjectMetadata::default(), ..info() };
    let (_, reply) = encode(&plain, None, None, &GetObject::default());
    assert_eq!(reply["content-type"], "application/octet-stream");
    assert!(!reply.contains_key("x-amz-storage-class"));
}

#[test]
fn a_part_of_it() {
    let (status, reply) = encode(&info(), Some(ByteRange { start: 2, end: 6 }), None, &GetObject::default());
    assert_eq!(status.as_u16(), 206);
    assert_eq!(
        (&reply["content-range"], &reply["content-length"]),
        (&HeaderValue::from_static("bytes 2-5/10"), &HeaderValue::from_static("4"))
    );
    let (status, reply) = encode(&info(), Some(ByteRange::whole(10)), None, &GetObject::default());
    assert_eq!((status.as_u16(), &reply["content-range"]), (206, &HeaderValue::from_static("bytes 0-9/10")));
}

#[test]
fn checksums_on_request() {
    for (mode, shown) in [("ENABLED", true), ("enabled", true), ("", false), ("DISABLED", false)] {
        let request = read("", &[("x-amz-checksum-mode", mode)]).unwrap();
        let (_, reply) = encode(&info(), None, None, &request);
        assert_eq!(reply.contains_key("x-amz-checksum-crc32"), shown, "{mode}");
        assert_eq!(reply.contains_key("x-amz-checksum-type"), shown, "{mode}");
    }
}

#[test]
fn a_part_does_not_carry_the_checksum_of_the_whole() {
    let request = read("", &[("x-amz-checksum-mode", "ENABLED")]).unwrap();
    for (start, end, shown) in [(0, 10, true), (0, 9, false), (3, 10, false)] {
        let (_, reply) = encode(&info(), Some(ByteRange { start, end }), None, &request);
        assert_eq!(reply.contains_key("x-amz-checksum-crc32"), shown, "{start}..{end}");
    }
}

#[test]
fn overrides_replace_what_is_stored() {
    let request = read(
        "response-content-type=text%2Fplain&response-content-disposition=attachment%3B%20filename%3D%22%C3%BC+1.txt%22\
         &response-cache-control=max-age%3D1&response-expires=never&response-content-language=de\
         &response-content-encoding=br&response-x-amz-meta-a=1&response-etag=x",
        &[],
    )
    .unwrap();
    let (_, reply) = encode(&info(), None, None, &request);
    assert_eq!(reply["content-type"], "text/plain");
    assert_eq!(reply["content-disposition"].as_bytes(), "attachment; filename=\"ü 1.txt\"".as_bytes());
    assert_eq!(reply["cache-control"], "max-age=1");
    assert_eq!(reply["expires"], "never");
    assert_eq!(reply["content-language"], "de");
    assert_eq!(reply["content-encoding"], "br");
    assert_eq!(reply.get_all("content-type").iter().count(), 1);
    assert_eq!(reply["x-amz-meta-a"], "=?UTF-8?B?w7w=?=");
    assert_eq!(read("response-content-type=&response-expires", &[]).unwrap().overrides, []);
}

#[test]
fn overrides_cannot_split_a_reply() {
    for text in ["a%0D%0Aset-cookie:%20b", "a%0A", "%0Db", "a%00"] {
        let error = read(&format!("response-content-type={text}"), &[]).unwrap_err();
        assert_eq!(error.code, S3ErrorCode::InvalidArgument, "{text}");
    }
}

#[test]
fn not_modified_keeps_what_caches_need() {
    assert_eq!(
        shown(&encode_not_modified(&info())),
        [
            ("accept-ranges", "bytes"),
            ("cache-control", "no-cache"),
            ("etag", "\"5d41402abc4b2a76b9719d911017c592\""),
            ("last-modified", "Fri, 02 Jan 2026 03:04:05 GMT"),
            ("x-amz-version-id", "0000000000000007"),
        ]
    );
}
