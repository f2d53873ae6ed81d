use http::HeaderValue;

use super::*;

fn read(pairs: &[(&'static str, &'static str)]) -> Result<Integrity, S3Error> {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(*name, HeaderValue::from_static(value));
    }
    decode(&headers)
}

const CRC32: (&str, &str) = ("x-amz-checksum-crc32", "NhCmhg==");

#[test]
fn values_in_headers() {
    assert_eq!(read(&[]), Ok(Integrity::default()));
    let md5 = read(&[("content-md5", " XUFAKrxLKna5cZ2REBfFkg== ")]).unwrap().content_md5.unwrap();
    assert_eq!(md5[..2], [0x5d, 0x41]);
    let values = [
        "NhCmhg==",
        "mnG7TA==",
        "M3eFcAZSQlc=",
        "qvTGHdzF6KLavt4PO0gs2a6pQ00=",
        "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=",
    ];
    for (algorithm, value) in ChecksumAlgorithm::ALL.into_iter().zip(values) {
        let integrity = read(&[(algorithm.header(), value), ("x-amz-checksum-mode", "ENABLED")]).unwrap();
        assert_eq!(integrity.checksums, [Checksum::from_base64(algorithm, value).unwrap()]);
        assert!(integrity.algorithms.is_empty());
    }
}

#[test]
fn values_that_do_not_decode() {
    let table = [
        ("content-md5", ""),
        ("content-md5", "5d41402abc4b2a76b9719d911017c592"),
        ("content-md5", "NhCmhg=="),
        ("content-md5", "!!!!"),
        ("x-amz-checksum-crc32", ""),
        ("x-amz-checksum-crc32", "3610a686"),
        ("x-amz-checksum-crc32", "NhCmhg"),
        ("x-amz-checksum-sha256", "NhCmhg=="),
        ("x-amz-checksum-crc64nvme", "NhCmhg=="),
    ];
    for (name, value) in table {
        let error = read(&[(name, value)]).unwrap_err();
        assert_eq!(error.code, S3ErrorCode::InvalidDigest, "{name}: {value}");
        assert_eq!(error.message, "The checksum or Content-MD5 you specified is not valid.");
    }
}

#[test]
fn announced_algorithms_are_computed() {
    let of = |pairs: &[_]| read(pairs).unwrap();
    let sdk = |name| ("x-amz-sdk-checksum-algorithm", name);
    assert_eq!(of(&[sdk("CRC32"), CRC32]).algorithms, []);
    assert_eq!(of(&[sdk("crc32")]).algorithms, [ChecksumAlgorithm::Crc32]);
    let trailer = ("x-amz-trailer", "x-amz-checksum-crc32");
    assert_eq!(of(&[trailer]).algorithms, [ChecksumAlgorithm::Crc32]);
    assert_eq!(of(&[trailer, sdk("CRC32")]).algorithms, [ChecksumAlgorithm::Crc32]);
    let both =
        [("x-amz-trailer", "X-Amz-Checksum-SHA1 , other"), ("x-amz-trailer", "x-amz-checksum-crc64nvme")];
    assert_eq!(of(&both).algorithms, [ChecksumAlgorithm::Crc64Nvme, ChecksumAlgorithm::Sha1]);
    assert_eq!(of(&[("x-amz-trailer", "other")]).algorithms, []);
}

#[test]
fn contradictions() {
    let message = |pairs: &[_]| {
        let error = read(pairs).unwrap_err();
        assert_eq!(error.code, S3ErrorCode::InvalidRequest, "{pairs:?}");
        error.message.into_owned()
    };
    let several = "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.";
    assert_eq!(message(&[CRC32, ("x-amz-checksum-crc32c", "mnG7TA==")]), several);
    assert_eq!(message(&[CRC32, ("x-amz-checksum-crc32", "AAAAAA==")]), several);
    assert!(read(&[CRC32, CRC32]).is_ok());
    let sdk = |name| ("x-amz-sdk-checksum-algorithm", name);
    let invalid = "Value for x-amz-sdk-checksum-algorithm header is invalid.";
    assert_eq!(message(&[sdk("SHA256"), CRC32]), invalid);
    assert_eq!(message(&[sdk("SHA256"), ("x-amz-trailer", "x-amz-checksum-crc32")]), invalid);
    assert_eq!(
        message(&[sdk("MD4")]),
        "Checksum algorithm provided is unsupported. Please try again with any of the valid types: \
         [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]"
    );
}

#[test]
fn a_checksum_that_cannot_be_checked_is_refused() {
    let error = read(&[("x-amz-checksum-sha512", "v")]).unwrap_err();
    assert_eq!(error.code, S3ErrorCode::NotImplemented);
    assert_eq!(error.message, "Header 'x-amz-checksum-sha512' with value 'v' not implemented");
}
