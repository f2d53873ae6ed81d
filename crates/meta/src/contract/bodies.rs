//! Bodies that ride in a commit.

use std::ops::Range;

use bytes::Bytes;

use super::{delete, key, put, write};
use crate::engine::{Body, BodyHandle, Engine, READ_MAX_BYTES, Write};

const BLOCK: usize = 64 * 1024;

/// Bytes that differ from block to block, so that a misplaced block is seen.
fn pattern(len: usize, seed: u64) -> Bytes {
    (0..len as u64).map(|n| ((n.wrapping_mul(0x9e37_79b9) >> 7) ^ n ^ seed) as u8).collect()
}

fn with_body(key: &[u8], pieces: Vec<Bytes>) -> Write {
    let value = Bytes::from_static(b"value");
    Write::Put { key: key.to_vec(), value, body: Some(Body(pieces)), external: false, displaced_to: None }
}

async fn handle(engine: &dyn Engine, key: &[u8]) -> BodyHandle {
    engine.get(key).await.expect("get answers").expect("the row is there").body.expect("it has a body")
}

async fn read(body: &BodyHandle, range: Range<u64>) -> Vec<u8> {
    let (mut at, mut out) = (range.start, Vec::new());
    while at < range.end {
        let piece = body.read(at..range.end).await.expect("the body is readable");
        assert!(!piece.is_empty(), "a read returns at least one byte of {at}..{}", range.end);
        assert!(piece.len() <= READ_MAX_BYTES, "and at most READ_MAX_BYTES");
        at += piece.len() as u64;
        out.extend_from_slice(&piece);
    }
    assert_eq!(at, range.end, "no more is returned than was asked for");
    out
}

/// A body comes back as it was given, whatever its size and pieces.
pub async fn bodies_round_trip(engine: &dyn Engine) {
    for size in [0, 1, 4_095, 4_096, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK, 1024 * 1024, 1024 * 1024 + 1] {
        let at = key("bodies", format!("{size}"));
        let bytes = pattern(size, size as u64);
        write(engine, [with_body(&at, vec![bytes.clone()])]).await;
        let body = handle(engine, &at).await;
        assert_eq!(body.len(), size as u64);
        assert_eq!(body.is_empty(), size == 0);
        assert!(read(&body, 0..size as u64).await == bytes, "a body of {size} bytes comes back");
        let row = engine.get(&at).await.expect("get answers").expect("the row is there");
        assert_eq!(&row.value[..], b"value");
    }
    let at = key("bodies", "pieces");
    let sizes = [0, 1, BLOCK - 2, 1, 0, 7, 3 * BLOCK, 4_096, 0];
    let pieces: Vec<Bytes> = sizes.iter().enumerate().map(|(n, size)| pattern(*size, n as u64)).collect();
    write(engine, [with_body(&at, pieces.clone())]).await;
    let body = handle(engine, &at).await;
    assert!(read(&body, 0..body.len()).await == pieces.concat());
    // several bodies in one commit do not mix
    let several: Vec<Write> =
        (0..10).map(|n| with_body(&key("bodies", [n]), vec![pattern(5_000, n.into())])).collect();
    write(engine, several).await;
    for n in 0..10 {
        let body = handle(engine, &key("bodies", [n])).await;
        assert!(read(&body, 0..body.len()).await == pattern(5_000, n.into()));
    }
}

/// Any range of a body can be read.
pub async fn body_ranges(engine: &dyn Engine) {
    let at = key("ranges of bodies", "");
    let bytes = pattern(READ_MAX_BYTES + 3 * BLOCK + 5, 9);
    let len = bytes.len() as u64;
    write(engine, [with_body(&at, vec![bytes.clone()])]).await;
    let body = handle(engine, &at).await;
    let block = BLOCK as u64;
    let marks = [0, 1, block - 1, block, block + 1, READ_MAX_BYTES as u64, 6 * block, len - 1, len];
    for start in marks {
        for end in marks.into_iter().filter(|end| start <= *end) {
            let (from, to) = (usize::try_from(start).expect("small"), usize::try_from(end).expect("small"));
            assert!(read(&body, start..end).await == bytes[from..to], "{start}..{end}");
        }
    }
    assert!(body.read(5..5).await.expect("an empty range is readable").is_empty());
}

/// A handle reads its bytes after the row was deleted or replaced; a row replaced without a body has none.
pub async fn bodies_outlive_their_rows(engine: &dyn Engine) {
    let (a, b) = (key("outlive", "a"), key("outlive", "b"));
    let (old, new) = (pattern(200_000, 1), pattern(200_000, 2));
    write(engine, [with_body(&a, vec![old.clone()]), with_body(&b, vec![old.clone()])]).await;
    let (body_a, body_b) = (handle(engine, &a).await, handle(engine, &b).await);
    write(engine, [delete(&a), with_body(&b, vec![new.clone()])]).await;
    for n in 0..20 {
        write(engine, [with_body(&key("outlive", "other"), vec![pattern(300_000, n)])]).await;
    }
    assert!(read(&body_a, 0..body_a.len()).await == old);
    assert!(read(&body_b, 0..body_b.len()).await == old);
    let body = handle(engine, &b).await;
    assert!(read(&body, 0..body.len()).await == new);
    write(engine, [put(&b, "no body")]).await;
    assert!(engine.get(&b).await.expect("get answers").expect("the row is there").body.is_none());
}
