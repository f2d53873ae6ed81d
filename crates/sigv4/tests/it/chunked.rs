//! aws-chunked bodies: every form comes back however it is cut, and nothing else is taken for one.

use proptest::prelude::*;
use sigv4::sign::{ChunkSigner, HeaderRequest, PresignRequest, sign_header_with_seed};
use sigv4::{ChunkDecoder, ChunkError, ChunkFraming, ChunkSeed, RejectionKind, Step, Trailers, fuzzing};

use crate::fixture::{NOW_S, Sent, get_url, list, send_presigned, send_signed};

const SIGNED: &str = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
const SIGNED_TRAILER: &str = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";
const UNSIGNED_TRAILER: &str = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
const CRC32: (&str, &str) = ("x-amz-checksum-crc32", "NhCmhg==");

fn upload(payload: &'static str) -> HeaderRequest<'static> {
    HeaderRequest { method: "PUT", path: "/user-uploads/k", query: &[], payload, ..list() }
}

fn seed_of(payload: &'static str) -> ChunkSeed {
    sign_header_with_seed(&upload(payload)).1
}

/// The body of one form, its content in these chunks.
fn body_of(payload: &'static str, chunks: &[&[u8]]) -> Vec<u8> {
    let mut signer = match payload {
        UNSIGNED_TRAILER => ChunkSigner::unsigned(),
        _ => ChunkSigner::signed(seed_of(payload)),
    };
    let mut body = Vec::new();
    for chunk in chunks {
        signer.chunk(chunk, &mut body);
    }
    if payload == SIGNED {
        signer.finish(&mut body);
    } else {
        signer.finish_with_trailers(&[CRC32], &mut body);
    }
    body
}

/// The decoder that a server would make of a verified request.
fn decoder_of(payload: &'static str, decoded_len: Option<u64>) -> ChunkDecoder {
    let verified = send_signed(&upload(payload)).judge(NOW_S).unwrap();
    verified.chunk_decoder(Some("X-Amz-Checksum-CRC32"), decoded_len).unwrap()
}

fn decode(payload: &'static str, len: Option<u64>, body: &[u8]) -> (Vec<u8>, Result<Trailers, ChunkError>) {
    fuzzing::decode(decoder_of(payload, len), std::iter::once(body))
}

/// Decodes an unsigned body with the declared trailers.
fn unsigned(declared: &[&str], len: Option<u64>, body: &[u8]) -> Result<Trailers, ChunkError> {
    let declared = declared.iter().map(|name| (*name).to_owned()).collect();
    let decoder = ChunkDecoder::new(ChunkFraming::Unsigned, Some(declared), len);
    fuzzing::decode(decoder, std::iter::once(body)).1
}

fn trailers_of(payload: &str) -> Trailers {
    if payload == SIGNED { Vec::new() } else { vec![(CRC32.0.to_owned(), CRC32.1.to_owned())] }
}

fn is_malformed(result: &Result<Trailers, ChunkError>) -> bool {
    matches!(result, Err(ChunkError::Malformed { .. }))
}

#[test]
fn every_form_comes_back_however_it_is_cut() {
    let content: Vec<u8> = (0..20_000_u32).map(|i| (i % 251) as u8).collect();
    let chunks = [&content[..8192], &content[8192..16_384], &content[16_384..]];
    for payload in [SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER] {
        let body = body_of(payload, &chunks);
        for cut in [1, 2, 3, 7, 85, 8191, 8193, body.len()] {
            // With the length announced, and for the form that announces none.
            for len in [Some(20_000), None] {
                let (got, end) = fuzzing::decode(decoder_of(payload, len), body.chunks(cut));
                assert_eq!(end.unwrap(), trailers_of(payload), "{payload} {cut}");
                assert!(got == content, "{payload} {cut}");
            }
        }
    }
}

#[test]
fn an_empty_body_is_a_body() {
    for payload in [SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER] {
        let (content, end) = decode(payload, Some(0), &body_of(payload, &[]));
        assert_eq!((content.len(), end), (0, Ok(trailers_of(payload))), "{payload}");
    }
}

#[test]
fn every_truncation_is_noticed() {
    for payload in [SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER] {
        let body = body_of(payload, &[b"hello"]);
        for len in 0..body.len() {
            let (_, end) = decode(payload, Some(5), &body[..len]);
            assert_eq!(end, Err(ChunkError::Truncated), "{payload} {len}");
        }
    }
    // Between two chunks, with as much content as announced: only the final chunk says that it is all.
    let body = body_of(SIGNED, &[&[b'a'; 8192], b"hello"]);
    let end = body.windows(3).rposition(|bytes| bytes == b"\r\n0").unwrap() + 2;
    let (content, result) = decode(SIGNED, Some(8197), &body[..end]);
    assert_eq!((content.len(), result), (8197, Err(ChunkError::Truncated)));
}

/// A signed body with one byte changed is refused, or it is the same but for letter case in a size or a
/// trailer's name and blanks around a trailer's value.
#[test]
fn every_changed_byte_of_a_signed_body_is_noticed() {
    for payload in [SIGNED, SIGNED_TRAILER] {
        let body = body_of(payload, &[b"hello world"]);
        let same = decode(payload, Some(11), &body);
        for at in 0..body.len() {
            let old = body[at];
            for new in [old ^ 0x01, old ^ 0x20, old ^ 0x80, b'\r', b'\n', b' ', b';', b':', b'0', b'f'] {
                if old == new {
                    continue;
                }
                let mut changed = body.clone();
                changed[at] = new;
                let got = decode(payload, Some(11), &changed);
                let good = got.1.is_err() || (got == same && !is_in_signature(&body, at));
                assert!(good, "{payload} {at} {:?}", String::from_utf8_lossy(&changed));
            }
        }
    }
}

fn is_in_signature(body: &[u8], at: usize) -> bool {
    let before = &body[at.saturating_sub(80)..at];
    let line = before.rsplit(|byte| *byte == b'\n').next().unwrap();
    line.windows(9).any(|word| word == b"signature")
}

#[test]
fn chunk_sizes_are_strictly_hexadecimal() {
    let sizes = ["10xyz", "+5", "-5", "0x5", " 5", "5 ", "", "g", "5;a=b", "5\t", "00000000000000005", "٥"];
    for size in sizes {
        let result = unsigned(&[], None, format!("{size}\r\nhello\r\n0\r\n\r\n").as_bytes());
        assert!(is_malformed(&result), "{size:?} {result:?}");
    }
    for size in ["5", "05", "0000000000000005"] {
        let body = format!("{size}\r\nhello\r\n0\r\n\r\n");
        assert_eq!(unsigned(&[], Some(5), body.as_bytes()), Ok(Vec::new()), "{size}");
    }
    for size in ["a", "A"] {
        let body = format!("{size}\r\nhellohello\r\n0\r\n\r\n");
        assert_eq!(unsigned(&[], Some(10), body.as_bytes()), Ok(Vec::new()), "{size}");
    }
}

#[test]
fn a_size_that_overflows_is_refused() {
    let decoder = ChunkDecoder::new(ChunkFraming::Unsigned, None, None);
    let body = b"1\r\na\r\nffffffffffffffff\r\n";
    let (_, end) = fuzzing::decode(decoder, std::iter::once(body.as_slice()));
    assert!(is_malformed(&end), "{end:?}");
}

#[test]
fn framing_that_is_almost_right_is_refused() {
    for body in [
        "5\nhello\r\n0\r\n\r\n",
        "5\r\nhello\n0\r\n\r\n",
        "5\r\nhelloX\r\n0\r\n\r\n",
        "5\r\nhello0\r\n\r\n",
        "5\r\nhell\r\n0\r\n\r\n",
        "5\r\nhello\r\n0\r\n\r\nX",
        "5\r\nhello\r\n0\r\n\r\n\r\n",
        "5\r\nhello\r\n0\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        "\r\n5\r\nhello\r\n0\r\n\r\n",
        "5\r\nhello\r\n\r\n0\r\n\r\n",
        "hello\r\n",
    ] {
        let result = unsigned(&[], None, body.as_bytes());
        assert!(result.is_err() && result != Err(ChunkError::Truncated), "{body:?} {result:?}");
    }
}

#[test]
fn a_signed_chunk_needs_its_signature_and_nothing_else() {
    let signature = "0".repeat(64);
    for header in [
        "5".to_owned(),
        format!("5;chunk-signature={signature};x=y"),
        format!("5;x=y;chunk-signature={signature}"),
        format!("5;Chunk-Signature={signature}"),
        format!("5 ;chunk-signature={signature}"),
        format!("5;chunk-signature= {signature}"),
        "5;chunk-signature=".to_owned(),
        format!("5;chunk-signature={}", "A".repeat(64)),
        format!("5;chunk-signature={}", "0".repeat(63)),
    ] {
        let (content, end) = decode(SIGNED, None, format!("{header}\r\nhello\r\n").as_bytes());
        assert!(content.is_empty() && end.is_err() && end != Err(ChunkError::Truncated), "{header} {end:?}");
    }
}

#[test]
fn the_announced_length_holds_both_ways() {
    for payload in [SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER] {
        let body = body_of(payload, &[b"hello"]);
        for (expected, content) in [(4, 0), (6, 5), (0, 0), (u64::MAX, 5)] {
            let (got, end) = decode(payload, Some(expected), &body);
            assert_eq!(end, Err(ChunkError::LengthMismatch { expected, got: 5 }), "{payload} {expected}");
            // Too much is refused when it is announced, before any of it is handed out.
            assert_eq!(got.len(), content, "{payload} {expected}");
        }
    }
}

#[test]
fn only_the_last_signed_chunk_may_be_small() {
    let (small, enough) = ([b'a'; 8191], [b'a'; 8192]);
    let cases: [(&[&[u8]], bool); 6] = [
        (&[&small], true),
        (&[&enough, &small], true),
        (&[&enough, &enough], true),
        (&[&small, &small], false),
        (&[&small, &enough], false),
        (&[&enough, &small, b"x"], false),
    ];
    for payload in [SIGNED, SIGNED_TRAILER] {
        for (chunks, good) in cases {
            let (_, end) = decode(payload, None, &body_of(payload, chunks));
            let expected =
                if good { Ok(trailers_of(payload)) } else { Err(ChunkError::TooSmallChunk { size: 8191 }) };
            assert_eq!(end, expected, "{payload} {good}");
        }
    }
    // Clients of the unsigned form cut as they like.
    assert!(decode(UNSIGNED_TRAILER, None, &body_of(UNSIGNED_TRAILER, &[b"a", b"b", b"c"])).1.is_ok());
}

#[test]
fn signed_chunks_count_only_in_their_place() {
    let (one, other) = ([b'1'; 8192], [b'2'; 8192]);
    let chunk = 8192 + b"2000;chunk-signature=\r\n\r\n".len() + 64;
    let body = body_of(SIGNED, &[&one, &other]);
    let mut swapped = body[chunk..2 * chunk].to_vec();
    swapped.extend_from_slice(&body[..chunk]);
    swapped.extend_from_slice(&body[2 * chunk..]);
    let left_out = [&body[..chunk], &body[2 * chunk..]].concat();
    let repeated = [&body[..chunk], &body[..chunk], &body[chunk..]].concat();
    for body in [swapped, left_out, repeated] {
        assert_eq!(decode(SIGNED, None, &body).1, Err(ChunkError::SignatureMismatch));
    }
    // Signed well, but for another request, by another secret, or for the other form.
    let elsewhere = HeaderRequest { path: "/user-uploads/other", ..upload(SIGNED) };
    let stranger = HeaderRequest { secret: "stranger", ..upload(SIGNED) };
    for request in [elsewhere, stranger, upload(SIGNED_TRAILER)] {
        let mut signer = ChunkSigner::signed(sign_header_with_seed(&request).1);
        let mut body = Vec::new();
        signer.chunk(b"hello", &mut body);
        signer.finish(&mut body);
        assert_eq!(decode(SIGNED, None, &body).1, Err(ChunkError::SignatureMismatch));
    }
}

#[test]
fn unsigned_chunks_do_not_pass_for_signed_ones_nor_the_reverse() {
    assert!(is_malformed(&decode(SIGNED, None, &body_of(UNSIGNED_TRAILER, &[b"hello"])).1));
    assert!(is_malformed(&decode(UNSIGNED_TRAILER, None, &body_of(SIGNED_TRAILER, &[b"hello"])).1));
    // A signed form may not end like the other.
    let with = body_of(SIGNED_TRAILER, &[b"hello"]);
    assert!(decode(SIGNED, None, &with).1.is_err());
    let mut without = Vec::new();
    let mut signer = ChunkSigner::signed(seed_of(SIGNED_TRAILER));
    signer.chunk(b"hello", &mut without);
    signer.finish(&mut without);
    let missing = ChunkError::TrailerMissing { name: CRC32.0.to_owned() };
    assert_eq!(decode(SIGNED_TRAILER, None, &without).1, Err(missing));
}

#[test]
fn trailers_are_those_that_were_declared() {
    let name = || CRC32.0.to_owned();
    let other = || "x-amz-checksum-sha1".to_owned();
    let value = || vec![(name(), "NhCmhg==".to_owned())];
    let unexpected = |name: String| Err(ChunkError::TrailerUnexpected { name });
    let table = [
        (vec![CRC32.0], "x-amz-checksum-crc32:NhCmhg==\r\n", Ok(value())),
        (vec![CRC32.0], "X-Amz-Checksum-CRC32:  NhCmhg==  \r\n", Ok(value())),
        // As minio-go ends its lines.
        (vec![CRC32.0], "x-amz-checksum-crc32:NhCmhg==\n\r\n", Ok(value())),
        (vec![CRC32.0], "", Err(ChunkError::TrailerMissing { name: name() })),
        (vec![CRC32.0], "x-amz-checksum-sha1:x\r\n", unexpected(other())),
        (vec![CRC32.0], "x-amz-checksum-crc32:a\r\nx-amz-checksum-crc32:a\r\n", unexpected(name())),
        (vec![CRC32.0], "x-amz-checksum-crc32 :a\r\n", unexpected("x-amz-checksum-crc32 ".to_owned())),
        (vec![], "x-amz-checksum-crc32:a\r\n", unexpected(name())),
        (vec![], "x-amz-trailer-signature:a\r\n", unexpected("x-amz-trailer-signature".to_owned())),
    ];
    for (declared, lines, expected) in table {
        let body = format!("5\r\nhello\r\n0\r\n{lines}\r\n");
        assert_eq!(unsigned(&declared, Some(5), body.as_bytes()), expected, "{lines:?}");
    }
    for lines in
        ["no colon\r\n", "x-amz-checksum-crc32:a\u{1}b\r\n", "x-amz-checksum-crc32:a\rb\r\n", "\n\r\n"]
    {
        let body = format!("5\r\nhello\r\n0\r\n{lines}\r\n");
        assert!(is_malformed(&unsigned(&[CRC32.0], Some(5), body.as_bytes())), "{lines:?}");
    }
}

#[test]
fn signed_trailers_need_the_right_signature_at_their_end() {
    let good = String::from_utf8(body_of(SIGNED_TRAILER, &[b"hello"])).unwrap();
    let (chunks, trailers) = good.split_at(good.find("x-amz-checksum").unwrap());
    let (checksum, signature) = trailers.split_at(trailers.find("x-amz-trailer-signature").unwrap());
    let signature = signature.trim_end();
    let table = [
        format!("{checksum}\r\n"),
        format!("{checksum}x-amz-trailer-signature:{}\r\n\r\n", "0".repeat(64)),
        format!("{checksum}x-amz-trailer-signature:\r\n\r\n"),
        format!("{}{signature}\r\n\r\n", checksum.replace('N', "M")),
        format!("{signature}\r\n{checksum}\r\n"),
        format!("{checksum}{signature}\r\n{signature}\r\n\r\n"),
        format!("{signature}\r\n\r\n"),
    ];
    for trailers in table {
        let (_, end) = decode(SIGNED_TRAILER, None, format!("{chunks}{trailers}").as_bytes());
        assert!(end.is_err() && end != Err(ChunkError::Truncated), "{trailers:?} {end:?}");
    }
    let minio = format!("{chunks}{}{signature}\r\n\r\n", checksum.replace("\r\n", "\n\r\n"));
    assert!(decode(SIGNED_TRAILER, Some(5), minio.as_bytes()).1.is_ok());
}

#[test]
fn lines_are_bounded() {
    let endless = [b'0'; 70_000];
    assert_eq!(unsigned(&[], None, &endless), Err(ChunkError::TooLong));
    let trailer = [b"0\r\nx-amz-checksum-crc32:".as_slice(), &endless].concat();
    assert_eq!(unsigned(&[CRC32.0], None, &trailer), Err(ChunkError::TooLong));
    // Many short lines count together.
    let names: Vec<String> = (0..3000).map(|i| format!("t{i}")).collect();
    let lines: String = names.iter().map(|name| format!("{name}:v\r\n")).collect();
    let declared: Vec<&str> = names.iter().map(String::as_str).collect();
    assert_eq!(unsigned(&declared, None, format!("0\r\n{lines}\r\n").as_bytes()), Err(ChunkError::TooLong));
}

#[test]
fn content_is_handed_out_as_it_comes() {
    let mut decoder = ChunkDecoder::new(ChunkFraming::Unsigned, None, Some(200 << 20));
    assert_eq!(decoder.step(b"c800000\r\nab"), Ok(Step::Data(9..11)));
    assert_eq!(decoder.step(b""), Ok(Step::NeedMore));
    assert_eq!(decoder.step(b"cdef"), Ok(Step::Data(0..4)));
    assert_eq!(decoder.finish(), Err(ChunkError::Truncated));
}

#[test]
fn an_error_is_final() {
    let mut decoder = ChunkDecoder::new(ChunkFraming::Unsigned, None, None);
    let error = decoder.step(b"zz\r\n").unwrap_err();
    assert_eq!(decoder.step(b"0\r\n\r\n"), Err(error.clone()));
    assert_eq!(decoder.step(b""), Err(error.clone()));
    assert_eq!(decoder.finish(), Err(error));
}

#[test]
fn the_end_can_be_asked_for_at_any_time() {
    let mut decoder = ChunkDecoder::new(ChunkFraming::Unsigned, None, None);
    assert_eq!(decoder.finish(), Err(ChunkError::Truncated));
    assert_eq!(decoder.step(b"0\r\n\r\n"), Ok(Step::Done));
    assert_eq!(decoder.step(b""), Ok(Step::Done));
    assert_eq!(decoder.finish(), Ok(Vec::new()));
}

/// Each body mode with the credential in either place: the request's signature is verified all the same.
#[test]
fn no_body_mode_spares_the_signature() {
    for payload in [SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER] {
        let in_query = [("X-Amz-Content-Sha256", payload)];
        let presigned = PresignRequest { method: "PUT", query: &in_query, ..get_url() };
        let bare = PresignRequest { method: "PUT", ..get_url() };
        let in_header = HeaderRequest { query: &[], ..upload(payload) };
        let requests = [
            send_presigned(&presigned),
            send_presigned(&bare).add_header("x-amz-content-sha256", payload),
            send_signed(&in_header),
        ];
        for sent in requests {
            let verified = sent.judge(NOW_S).unwrap();
            let mut decoder = verified.chunk_decoder(Some(CRC32.0), Some(5)).unwrap();
            assert!(decoder.step(b"hello").is_err() || decoder.finish().is_err());
            assert_eq!(forged(&sent).judge(NOW_S).unwrap_err().kind(), RejectionKind::SignatureDoesNotMatch);
            let other_path = Sent { path: "/user-uploads/other".to_owned(), ..sent };
            assert_eq!(other_path.refusal().0, RejectionKind::SignatureDoesNotMatch);
        }
    }
}

/// The same request with a signature of zeros.
fn forged(sent: &Sent) -> Sent {
    if sent.headers.iter().any(|(name, _)| name == "authorization") {
        let authorization = sent.header("authorization");
        let signature = &authorization[authorization.len() - 64..];
        sent.clone().set_header("authorization", &authorization.replace(signature, &"0".repeat(64)))
    } else {
        sent.clone().set_parameter("X-Amz-Signature", &"0".repeat(64))
    }
}

#[test]
fn a_body_without_framing_has_no_decoder() {
    for payload in ["UNSIGNED-PAYLOAD", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"] {
        let verified = send_signed(&upload(payload)).judge(NOW_S).unwrap();
        assert!(verified.chunk_decoder(Some(CRC32.0), Some(5)).is_none());
    }
}

proptest! {
    #[test]
    fn any_content_in_any_chunks_comes_back(
        content in prop::collection::vec(any::<u8>(), 0..300), size in 1..300_usize, cut in 1..400_usize,
    ) {
        let chunks: Vec<&[u8]> = content.chunks(size).collect();
        let body = body_of(UNSIGNED_TRAILER, &chunks);
        let len = u64::try_from(content.len()).unwrap();
        let (got, end) = fuzzing::decode(decoder_of(UNSIGNED_TRAILER, Some(len)), body.chunks(cut));
        prop_assert_eq!(end, Ok(trailers_of(UNSIGNED_TRAILER)));
        prop_assert_eq!(got, content);
    }

    #[test]
    fn arbitrary_bodies_are_judged_without_panic(data in prop::collection::vec(any::<u8>(), 0..200)) {
        fuzzing::aws_chunked(&data);
    }

    #[test]
    fn almost_chunked_bodies_are_judged_without_panic(
        mode in 0..4_u8, len in any::<u8>(), cut in any::<u8>(),
        pieces in prop::collection::vec(prop_oneof![
            Just("5\r\nhello\r\n".to_owned()),
            Just("0\r\n".to_owned()),
            Just("\r\n".to_owned()),
            Just("x-amz-checksum-crc32:a\r\n".to_owned()),
            Just(format!("5;chunk-signature={}\r\nhello\r\n", "0".repeat(64))),
            Just(format!("0;chunk-signature={}\r\n", "0".repeat(64))),
            "[0-9a-f;:=\r\n]{1,8}",
        ], 0..8),
    ) {
        let mut data = vec![mode, len, cut];
        data.extend_from_slice(pieces.concat().as_bytes());
        fuzzing::aws_chunked(&data);
    }
}
