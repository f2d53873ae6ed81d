//! Uploads in aws-chunked framing, whole and broken in each way. Nothing of a broken one is stored.

use bytes::Bytes;
use http_body_util::Full;
use sigv4::ChunkSeed;
use sigv4::sign::ChunkSigner;

use crate::fixture::*;

const SIGNED: &str = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
const SIGNED_TRAILER: &str = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";
const UNSIGNED_TRAILER: &str = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
const CRC32: &str = "x-amz-checksum-crc32";
/// CRC32 of `content()`, in base64.
const CRC32_OF_CONTENT: &str = "0f/E/A==";

/// Two chunks' worth.
fn content() -> Vec<u8> {
    (0..10_000_u32).map(|n| n as u8).collect()
}

fn ask_of(payload: &str) -> Ask {
    let ask = put("/inside/k", "").length(None).payload(payload);
    let ask = ask.header("content-encoding", "aws-chunked").header("x-amz-decoded-content-length", "10000");
    if payload == SIGNED { ask } else { ask.header("x-amz-trailer", CRC32) }
}

/// The request, and its body framed as it should be.
fn framed(
    world: &World,
    ask: &Ask,
    payload: &str,
    trailers: &[(&str, &str)],
) -> (http::Request<()>, Vec<u8>) {
    let (request, seed) = ask.request_with_seed(world.now_s());
    let signer = match payload {
        UNSIGNED_TRAILER => ChunkSigner::unsigned(),
        _ => ChunkSigner::signed(seed.expect("signed in its header")),
    };
    (request, body(signer, payload, trailers))
}

fn body(mut signer: ChunkSigner, payload: &str, trailers: &[(&str, &str)]) -> Vec<u8> {
    let mut body = Vec::new();
    for chunk in content().chunks(8_192) {
        signer.chunk(chunk, &mut body);
    }
    match payload {
        SIGNED => signer.finish(&mut body),
        _ => signer.finish_with_trailers(trailers, &mut body),
    }
    body
}

async fn send(world: &World, request: http::Request<()>, body: Vec<u8>) -> Answer {
    world.send_raw(request.map(|()| Full::new(Bytes::from(body)))).await
}

#[tokio::test]
async fn whole_ones_are_stored_without_their_framing() {
    let world = World::new().await;
    for payload in [SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER] {
        let ask = ask_of(payload);
        let (request, body) = framed(&world, &ask, payload, &[(CRC32, CRC32_OF_CONTENT)]);
        let answer = send(&world, request, body).await;
        assert_eq!(answer.status, 200, "{payload}: {}", answer.text());
        assert!(payload == SIGNED || answer.header(CRC32).as_deref() == Some(CRC32_OF_CONTENT));
        let got = world.send(&get("/inside/k")).await;
        assert!(got.body == content(), "{payload}");
        assert_eq!(got.header("content-encoding"), None);
        world.send(&delete("/inside/k")).await;
    }
    // a Content-Length that counts the framing is fine, and another coding is kept
    let ask = ask_of(UNSIGNED_TRAILER);
    let (_, body) = framed(&world, &ask, UNSIGNED_TRAILER, &[(CRC32, CRC32_OF_CONTENT)]);
    let ask = put("/inside/k", "")
        .length(Some(body.len() as u64))
        .payload(UNSIGNED_TRAILER)
        .header("content-encoding", "aws-chunked, gzip")
        .header("x-amz-decoded-content-length", "10000")
        .header("x-amz-trailer", CRC32);
    assert_eq!(send(&world, ask.request(world.now_s()), body).await.status, 200);
    let got = world.send(&get("/inside/k")).await;
    assert_eq!(got.header("content-encoding").as_deref(), Some("gzip"));
}

#[tokio::test]
async fn parts_come_in_the_same_framing() {
    let world = World::new().await;
    for payload in [SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER] {
        let id = crate::multipart::begin(&world, post("/inside/k", "")).await;
        let ask = ask_of(payload).query("partNumber", "1").query("uploadId", &id);
        let spoilt = [(CRC32, "AAAAAA==")];
        if payload != SIGNED {
            let (request, body) = framed(&world, &ask, payload, &spoilt);
            assert_eq!(send(&world, request, body).await.verdict(), verdict(400, "BadDigest"), "{payload}");
        }
        let (request, body) = framed(&world, &ask, payload, &[(CRC32, CRC32_OF_CONTENT)]);
        let cut = body[..9_000].to_vec();
        assert_eq!(
            send(&world, request.clone(), cut).await.verdict(),
            verdict(400, "IncompleteBody"),
            "{payload}"
        );
        let part = send(&world, request, body).await;
        assert_eq!(part.status, 200, "{payload}: {}", part.text());
        let etag = part.header("etag").expect("a part has one");
        let done = world.send(&crate::multipart::complete("/inside/k", &id, &[(1, &etag)])).await;
        assert_eq!(done.status, 200, "{payload}: {}", done.text());
        let got = world.send(&get("/inside/k")).await;
        assert!(got.body == content() && got.header("content-encoding").is_none(), "{payload}");
    }
}

/// How a body is spoilt, and the code for it in each form.
type Breakage = (&'static str, fn(Vec<u8>) -> Vec<u8>, [&'static str; 3]);

fn replace(body: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = body.windows(from.len()).position(|window| window == from).expect("it is there");
    [&body[..at], to, &body[at + from.len()..]].concat()
}

/// From the start of the last chunk on.
fn last_chunk(body: &[u8]) -> usize {
    let is_last = |window: &[u8]| window.starts_with(b"\r\n0;") || window.starts_with(b"\r\n0\r");
    body.windows(4).rposition(is_last).expect("it has a last chunk") + 2
}

const BREAKAGES: [Breakage; 8] = [
    ("cut inside a chunk", |body| body[..5_000].to_vec(), ["IncompleteBody"; 3]),
    (
        "cut after a chunk",
        |body| {
            let at = last_chunk(&body);
            body[..at].to_vec()
        },
        ["IncompleteBody"; 3],
    ),
    ("cut before the final line", |body| body[..body.len() - 2].to_vec(), ["IncompleteBody"; 3]),
    ("empty", |_| Vec::new(), ["IncompleteBody"; 3]),
    ("no framing", |_| content(), ["IncompleteBody"; 3]),
    ("a size that is no number", |body| replace(&body, b"2000", b"2xyz"), ["IncompleteBody"; 3]),
    (
        "a flipped byte of content",
        |body| replace(&body, b"\x10\x11\x12\x13", b"\x10\x11\x12\x14"),
        ["SignatureDoesNotMatch", "SignatureDoesNotMatch", "BadDigest"],
    ),
    ("more after the end", |body| [&body[..], b"0\r\n\r\n"].concat(), ["IncompleteBody"; 3]),
];

#[tokio::test]
async fn broken_ones_store_nothing() {
    let world = World::new().await;
    for (what, spoil, codes) in BREAKAGES {
        for (payload, code) in [SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER].into_iter().zip(codes) {
            let ask = ask_of(payload);
            let (request, body) = framed(&world, &ask, payload, &[(CRC32, CRC32_OF_CONTENT)]);
            let answer = send(&world, request, spoil(body)).await;
            assert_eq!(answer.code(), code, "{what}, {payload}: {}", answer.text());
            assert!(
                code == "BadDigest" || !answer.hint().is_empty(),
                "{what}, {payload}: framing is explained, credentials are not blamed"
            );
            assert_eq!(world.stored("/inside/k").await, None, "{what}, {payload}");
        }
    }
}

#[tokio::test]
async fn trailers_are_as_announced() {
    let world = World::new().await;
    let table: [(&[(&str, &str)], &str); 5] = [
        (&[(CRC32, "AAAAAA==")], "BadDigest"),
        (&[(CRC32, "zz")], "MalformedTrailerError"),
        (&[], "MalformedTrailerError"),
        (&[("x-amz-checksum-crc32c", "AAAAAA==")], "MalformedTrailerError"),
        (&[(CRC32, CRC32_OF_CONTENT), ("x-amz-meta-a", "b")], "MalformedTrailerError"),
    ];
    for (trailers, code) in table {
        for payload in [SIGNED_TRAILER, UNSIGNED_TRAILER] {
            let ask = ask_of(payload);
            let (request, body) = framed(&world, &ask, payload, trailers);
            let answer = send(&world, request, body).await;
            assert_eq!(answer.verdict(), verdict(400, code), "{trailers:?}, {payload}");
            assert_eq!(world.stored("/inside/k").await, None);
        }
    }
    // announced in a form that has none
    let ask = ask_of(SIGNED).header("x-amz-trailer", CRC32);
    let (request, body) = framed(&world, &ask, SIGNED, &[]);
    assert_eq!(send(&world, request, body).await.code(), "MalformedTrailerError");
}

#[tokio::test]
async fn lengths_and_forms_agree() {
    let world = World::new().await;
    for length in ["9999", "10001", "0", "99999999999999999999"] {
        let ask = put("/inside/k", "").length(None).payload(UNSIGNED_TRAILER);
        let ask = ask.header("x-amz-decoded-content-length", length).header("x-amz-trailer", CRC32);
        let (request, body) = framed(&world, &ask, UNSIGNED_TRAILER, &[(CRC32, CRC32_OF_CONTENT)]);
        let answer = send(&world, request, body).await;
        assert_eq!(answer.status, 400, "{length}: {}", answer.text());
    }
    let ask = put("/inside/k", "").length(None).payload(UNSIGNED_TRAILER).header("x-amz-trailer", CRC32);
    let (request, body) = framed(&world, &ask, UNSIGNED_TRAILER, &[(CRC32, CRC32_OF_CONTENT)]);
    assert_eq!(send(&world, request, body).await.verdict(), verdict(411, "MissingContentLength"));
    // framing under a signature that speaks of none
    let hash = sigv4::sign::payload_sha256(b"v");
    for payload in [UNSIGNED, hash.as_str()] {
        for (name, value) in [
            ("content-encoding", "gzip, AWS-Chunked"),
            ("x-amz-decoded-content-length", "1"),
            ("x-amz-trailer", CRC32),
        ] {
            let answer = world.send(&put("/inside/k", "v").payload(payload).header(name, value)).await;
            assert_eq!(answer.verdict(), verdict(400, "InvalidRequest"), "{name}");
        }
    }
    assert_eq!(world.stored("/inside/k").await, None);
}

/// A chunk that is signed by somebody else, or for another request, is refused.
#[tokio::test]
async fn chunks_continue_the_requests_own_signature() {
    let world = World::new().await;
    let seed_of = |ask: &Ask| -> ChunkSeed { ask.request_with_seed(world.now_s()).1.unwrap() };
    let own = ask_of(SIGNED);
    let forged = own.clone().by(Key { secret: "not-the-admins-secret", ..ADMIN });
    let other = own.clone().query("x-id", "PutObject");
    for seed in [seed_of(&forged), seed_of(&other)] {
        let answer =
            send(&world, own.request(world.now_s()), body(ChunkSigner::signed(seed), SIGNED, &[])).await;
        assert_eq!(answer.verdict(), verdict(403, "SignatureDoesNotMatch"));
        assert!(answer.hint().contains("chunk"), "{}", answer.hint());
    }
    let mut small = Vec::new();
    let mut signer = ChunkSigner::signed(seed_of(&own));
    for chunk in content().chunks(5_000) {
        signer.chunk(chunk, &mut small);
    }
    signer.finish(&mut small);
    let answer = send(&world, own.request(world.now_s()), small).await;
    assert_eq!(answer.verdict(), verdict(403, "InvalidChunkSizeError"));
    assert_eq!(world.stored("/inside/k").await, None);
}

/// Credentials in the query together with a framed body: the signature is verified all the same.
#[tokio::test]
async fn presigned_and_framed() {
    let world = World::new().await;
    let ask = || {
        let ask =
            put("/inside/k", "").length(None).presigned().unsigned("x-amz-content-sha256", UNSIGNED_TRAILER);
        ask.header("x-amz-decoded-content-length", "10000").header("x-amz-trailer", CRC32)
    };
    let frame = || body(ChunkSigner::unsigned(), UNSIGNED_TRAILER, &[(CRC32, CRC32_OF_CONTENT)]);
    let forged = ask().by(Key { secret: "not-the-admins-secret", ..ADMIN });
    assert_eq!(send(&world, forged.request(world.now_s()), frame()).await.code(), "SignatureDoesNotMatch");
    assert_eq!(send(&world, ask().anonymous().request(world.now_s()), frame()).await.status, 400);
    assert_eq!(world.stored("/inside/k").await, None);
    let answer = send(&world, ask().request(world.now_s()), frame()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(world.send(&get("/inside/k")).await.body == content());
}
