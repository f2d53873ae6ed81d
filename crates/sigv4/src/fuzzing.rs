//! What fuzz targets and property tests share: one function per parser that must hold for any bytes. They
//! panic when it does not, which is their purpose; nothing else calls them.

use crate::query::Query;
use crate::{
    ChunkDecoder, ChunkError, ChunkFraming, ChunkSeed, Request, Step, Trailers, explain, parse,
    percent_decode, signing_key, trailer_names, uri_encode,
};

const NOW_S: i64 = 1_767_323_045;
/// The content of the two seed inputs with good chunk signatures.
const SIGNED_CONTENT: &[u8] = b"hello";
/// The trailer of the one that has trailers.
const SIGNED_TRAILER: &str = "NhCmhg==";

/// Takes `path?query`, one line, then headers as `name:value` lines; judges it as a request.
///
/// # Panics
/// If canonicalising twice differs from once, an encoding does not come back, or a forged signature verifies.
pub fn presigned_query(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut lines = text.split('\n');
    let target = lines.next().unwrap_or_default();
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (target, None),
    };
    let headers: Vec<(&str, &[u8])> =
        lines.filter_map(|line| line.split_once(':')).map(|(name, value)| (name, value.as_bytes())).collect();

    if let Ok(parsed) = Query::parse(query.unwrap_or("")) {
        let canonical = parsed.canonical(|_| true);
        let again = Query::parse(&canonical).expect("the canonical query parses").canonical(|_| true);
        assert_eq!(canonical, again, "canonicalising is idempotent");
    }
    let encoded = uri_encode(data, false);
    assert_eq!(percent_decode(encoded.as_bytes()).as_deref(), Ok(data), "encoding comes back");

    let request = Request { method: "GET", path, query, headers: &headers };
    let Ok(claim) = parse(&request, NOW_S) else { return };
    let key = signing_key("a secret nobody has", &claim.scope.date, &claim.scope.region);
    let hosts = ["other.example:9000".to_owned()];
    match claim.verify(&request, &key, claim.date_s, &hosts) {
        Ok(_) => panic!("a forged signature verified"),
        Err(rejection) => {
            let hint = explain(&request, &claim, &key, &rejection, &hosts);
            let is_plain = |hint: String| !hint.chars().any(char::is_control);
            assert!(hint.is_none_or(is_plain), "a hint is one line without control characters");
            assert!(!rejection.message().is_empty());
        }
    }
}

/// Takes a mode byte, a length byte and a cutting byte, then an aws-chunked body.
///
/// # Panics
/// If the decoded length exceeds the announced one, cutting the input differently changes the outcome, or
/// signed content is taken that nobody signed.
pub fn aws_chunked(data: &[u8]) {
    let Some((&[mode, len, cut], body)) = data.split_first_chunk::<3>() else { return };
    let decoded_len = (len < 255).then_some(u64::from(len));
    let decoder = || {
        let framing = if mode & 1 == 0 { ChunkFraming::Unsigned } else { ChunkFraming::Signed(seed()) };
        let trailers = (mode & 2 != 0).then(|| trailer_names("x-amz-checksum-crc32"));
        ChunkDecoder::new(framing, trailers, decoded_len)
    };
    let whole = decode(decoder(), std::iter::once(body));
    let pieces = decode(decoder(), body.chunks(usize::from(cut).max(1)));
    assert_eq!(whole, pieces, "the cut does not matter");
    assert_eq!(whole, decode(decoder(), body.chunks(1)), "the cut does not matter");
    let (content, result) = whole;
    if let (1, Ok(trailers)) = (mode & 1, &result) {
        assert_eq!(content, SIGNED_CONTENT, "nobody signed another body with this seed");
        let is_signed = |(_, value): &(String, String)| value == SIGNED_TRAILER;
        assert!(trailers.iter().all(is_signed), "nobody signed another trailer with this seed");
    }
    if let Some(expected) = decoded_len {
        let got = u64::try_from(content.len()).unwrap_or(u64::MAX);
        assert!(got <= expected, "more content than announced");
        assert!(result.is_err() || got == expected, "complete means exactly the announced length");
    }
}

/// Decodes a body that comes in pieces: what was handed out, and the end.
pub fn decode<'a>(
    mut decoder: ChunkDecoder,
    pieces: impl Iterator<Item = &'a [u8]>,
) -> (Vec<u8>, Result<Trailers, ChunkError>) {
    let mut content = Vec::new();
    for piece in pieces {
        let mut rest = piece;
        loop {
            match decoder.step(rest) {
                Ok(Step::Data(range)) => {
                    content.extend_from_slice(rest.get(range.clone()).expect("a range of the input"));
                    rest = rest.get(range.end..).expect("a range of the input");
                }
                Ok(Step::NeedMore | Step::Done) => break,
                Err(error) => return (content, Err(error)),
            }
        }
    }
    let end = decoder.finish();
    (content, end)
}

fn seed() -> ChunkSeed {
    ChunkSeed {
        key: signing_key("fuzz", "20260102", "auto"),
        amz_date: "20260102T030405Z".to_owned(),
        scope: "20260102/auto/s3/aws4_request".to_owned(),
        signature: "0".repeat(64),
    }
}
