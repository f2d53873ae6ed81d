use domain::{ObjectKey, ObjectMetadata, Timestamp};
use http::HeaderValue;

use super::*;

fn document(inner: &str) -> Vec<u8> {
    format!(
        "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{inner}</CompleteMultipartUpload>"
    )
    .into_bytes()
}

fn part(number: &str, rest: &str) -> String {
    format!("<Part><PartNumber>{number}</PartNumber><ETag>\"abc\"</ETag>{rest}</Part>")
}

fn read(inner: &str) -> Result<Vec<CompletedPart>, (S3ErrorCode, String)> {
    decode_parts(&document(inner)).map_err(|error| (error.code, error.message.into_owned()))
}

fn head(pairs: &[(&'static str, &str)]) -> Result<CompleteMultipartUpload, S3Error> {
    let headers = pairs.iter().map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_str(v).unwrap()));
    decode(&Query::parse("uploadId=u").unwrap(), &headers.collect(), &document(&part("1", "")))
}

#[test]
fn parts_keep_their_order() {
    let parts = read(
        "<Part><ETag>&quot;c&quot;</ETag><PartNumber> 30 </PartNumber></Part>
         <Part><PartNumber>10000</PartNumber><ETag>b-1</ETag></Part>
         <Part><PartNumber>007</PartNumber><ChecksumCRC32>NhCmhg==</ChecksumCRC32><ETag>\"a\"</ETag></Part>",
    )
    .unwrap();
    let seen: Vec<_> =
        parts.iter().map(|p| (p.number.get(), p.etag.as_str(), p.checksum.is_some())).collect();
    assert_eq!(seen, [(30, "c", false), (10_000, "b-1", false), (7, "a", true)]);
}

#[test]
fn each_algorithm_has_its_element() {
    for algorithm in ChecksumAlgorithm::ALL {
        let checksum = Checksum::new(algorithm, vec![7; algorithm.value_bytes()]).unwrap();
        let element = integrity::element(algorithm);
        let parts = read(&part("1", &format!("<{element}>{}</{element}>", checksum.to_base64()))).unwrap();
        assert_eq!(parts[0].checksum, Some(checksum));
    }
}

#[test]
fn what_is_no_list_of_parts() {
    let malformed = [
        String::new(),
        "x".to_owned(),
        "<Part/>".to_owned(),
        "<Key>a</Key>".to_owned(),
        part("", ""),
        part("x", ""),
        part("1.5", ""),
        part("0x1", ""),
        part("+1", ""),
        part("-", ""),
        part("1", "<ETag>b</ETag>"),
        part("1", "<PartNumber>2</PartNumber>"),
        part("1", "<Size>5</Size>"),
        part("1", "x"),
        part("<a/>", ""),
        "<Part><PartNumber>1</PartNumber></Part>".to_owned(),
        "<Part><PartNumber>1</PartNumber><ETag/></Part>".to_owned(),
        "<Part><ETag>a</ETag></Part>".to_owned(),
    ];
    for inner in malformed {
        assert_eq!(read(&inner).unwrap_err().0, S3ErrorCode::MalformedXML, "{inner}");
    }
    let error = decode_parts(b"<Complete/>").unwrap_err();
    assert_eq!(error.code, S3ErrorCode::MalformedXML);
}

#[test]
fn numbers_that_no_part_has() {
    let missing = "One or more of the specified parts could not be found.";
    for number in ["0", "-1", "10001", "99999999999999999999"] {
        assert_eq!(read(&part(number, "")), Err((S3ErrorCode::InvalidPart, missing.to_owned())), "{number}");
    }
    let twice = "There was a problem with the multipart upload.";
    let inner = part("1", "") + &part("2", "") + &part("01", "");
    assert_eq!(read(&inner), Err((S3ErrorCode::InvalidPart, twice.to_owned())));
}

#[test]
fn checksums_that_no_part_has() {
    let expected =
        (S3ErrorCode::InvalidArgument, "Invalid Base64 or multiple checksums present in request".to_owned());
    for rest in [
        "<ChecksumCRC32/>",
        "<ChecksumCRC32>!</ChecksumCRC32>",
        "<ChecksumSHA1>NhCmhg==</ChecksumSHA1>",
        "<ChecksumCRC32>NhCmhg==</ChecksumCRC32><ChecksumCRC32>NhCmhg==</ChecksumCRC32>",
        "<ChecksumCRC32>NhCmhg==</ChecksumCRC32><ChecksumCRC32C>NhCmhg==</ChecksumCRC32C>",
    ] {
        assert_eq!(read(&part("1", rest)), Err(expected.clone()), "{rest}");
    }
}

#[test]
fn the_largest_list_fits() {
    let checksum = Checksum::new(ChecksumAlgorithm::Sha256, vec![7; 32]).unwrap().to_base64();
    let rest = format!("<ChecksumSHA256>{checksum}</ChecksumSHA256>");
    let all: String = (1..=PARTS_MAX).map(|n| part(&n.to_string(), &rest)).collect();
    assert!(all.len() > 1024 * 1024);
    assert_eq!(read(&all).unwrap().len(), 10_000);
    let more = all + &part("10001", "");
    assert_eq!(read(&more).unwrap_err().0, S3ErrorCode::InvalidPart);
    let error = decode_parts(&vec![b' '; XML_BODY_MAX_BYTES + 1]).unwrap_err();
    assert_eq!(error.code, S3ErrorCode::MaxMessageLengthExceeded);
}

#[test]
fn what_the_headers_say_of_the_object() {
    let request = head(&[
        ("if-match", "\"abc\""),
        ("x-amz-checksum-crc32", "NhCmhg==-3"),
        ("x-amz-checksum-type", "COMPOSITE"),
        ("x-amz-mp-object-size", "17"),
    ])
    .unwrap();
    assert_eq!((request.upload_id.as_str(), request.parts.len()), ("u", 1));
    assert!(request.conditions.if_match.is_some());
    let ObjectChecksum { checksum, composite_of } = request.checksum.unwrap();
    assert_eq!((checksum.to_base64().as_str(), composite_of), ("NhCmhg==", Some(3)));
    assert_eq!((request.checksum_type, request.size_bytes), (Some(ChecksumType::Composite), Some(17)));
    let plain = head(&[("x-amz-checksum-crc32", "NhCmhg==")]).unwrap();
    assert_eq!(plain.checksum.unwrap().composite_of, None);
    assert_eq!((plain.checksum_type, plain.size_bytes), (None, None));
}

#[test]
fn headers_that_say_nothing() {
    for value in ["x", "NhCmhg==-", "NhCmhg==-0", "NhCmhg==-10001", "NhCmhg==-a", "-3", "NhCmhg==-1-1"] {
        let error = head(&[("x-amz-checksum-crc32", value)]).unwrap_err();
        assert_eq!(error.code, S3ErrorCode::InvalidDigest, "{value}");
    }
    let both = [("x-amz-checksum-crc32", "NhCmhg=="), ("x-amz-checksum-crc32c", "NhCmhg==")];
    assert_eq!(head(&both).unwrap_err().code, S3ErrorCode::InvalidRequest);
    assert_eq!(head(&[("x-amz-checksum-type", "x")]).unwrap_err().code, S3ErrorCode::InvalidRequest);
    let size = |text| head(&[("x-amz-mp-object-size", text)]).unwrap_err().message;
    assert_eq!(size("-1"), "Value for x-amz-mp-object-size header is less than zero.");
    for bad in ["", "x", "+1", "1.0", "18446744073709551616", "-"] {
        assert_eq!(size(bad), "Value for x-amz-mp-object-size header is invalid.", "{bad}");
    }
}

#[test]
fn the_reply() {
    let info = ObjectInfo {
        key: ObjectKey::parse("a&b").unwrap(),
        size: 10,
        etag: ETag::from_text("abc-3"),
        last_modified: Timestamp::from_seconds(1),
        version: 255,
        metadata: ObjectMetadata::default(),
        checksums: vec![Checksum::from_base64(ChecksumAlgorithm::Crc32, "NhCmhg==").unwrap()],
        version_id: None,
        checksum_type: domain::ChecksumType::FullObject,
        parts: None,
        part_checksums: None,
        encryption: None,
    };
    let bucket = BucketName::parse("my-bucket").unwrap();
    let (headers, document) = encode(&bucket, "http://localhost/my-bucket/a%26b", &info, Some(3));
    assert_eq!(headers["x-amz-version-id"], "00000000000000ff");
    assert_eq!(
        document,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <CompleteMultipartUploadResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
         <Bucket>my-bucket</Bucket><Key>a&amp;b</Key><ETag>&quot;abc-3&quot;</ETag>\
         <Location>http://localhost/my-bucket/a%26b</Location><ChecksumCRC32>NhCmhg==-3</ChecksumCRC32>\
         <ChecksumType>COMPOSITE</ChecksumType></CompleteMultipartUploadResult>"
    );
}
