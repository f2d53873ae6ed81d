use super::*;
use crate::sign::ChunkSigner;
use crate::signing_key;

const SIGNATURE: &str = "5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e";

fn seed() -> ChunkSeed {
    ChunkSeed {
        key: signing_key("secret", "20260102", "auto"),
        amz_date: "20260102T030405Z".to_owned(),
        scope: "20260102/auto/s3/aws4_request".to_owned(),
        signature: SIGNATURE.to_owned(),
    }
}

#[test]
fn trailer_names_are_split_trimmed_and_lowered() {
    let table: [(&str, &[&str]); 5] = [
        ("", &[]),
        (" , ,", &[]),
        ("x-amz-checksum-crc32", &["x-amz-checksum-crc32"]),
        ("X-Amz-Checksum-CRC32 ,x-b", &["x-amz-checksum-crc32", "x-b"]),
        ("a,a", &["a", "a"]),
    ];
    for (header, names) in table {
        assert_eq!(trailer_names(header), names, "{header}");
    }
}

#[test]
fn sizes_fill_64_bits_and_no_more() {
    assert_eq!(parse_size("ffffffffffffffff"), Ok(u64::MAX));
    assert_eq!(parse_size("0"), Ok(0));
    for text in ["10000000000000000", "", "+1", "1_0", " 1"] {
        assert!(parse_size(text).is_err(), "{text}");
    }
}

/// The first previous signature is the request's own, which with the rest of a URL is a credential.
#[test]
fn debug_shows_no_signature() {
    let mut decoder = ChunkDecoder::new(ChunkFraming::Signed(seed()), None, None);
    let fresh = format!("{decoder:?} {:?}", ChunkSigner::signed(seed()));
    decoder.step(format!("5;chunk-signature={SIGNATURE}\r\nhe").as_bytes()).unwrap();
    decoder.step(b"5e5e5e5e").unwrap();
    let shown = format!("{fresh} {decoder:?}");
    assert!(!shown.contains("5e5e5e5e") && !shown.contains("94, 94"), "{shown}");
}
