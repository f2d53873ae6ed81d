//! Bodies that ride in a commit.

use std::ops::Range;

use bytes::Bytes;

use super::{commit, delete, key, put, write};
use crate::engine::{Body, BodyHandle, Check, Engine, EngineError, READ_MAX_BYTES, Version, Write};

const BLOCK: usize = 64 * 1024;

/// Bytes that differ from block to block, so that a misplaced block is seen.
fn pattern(len: usize, seed: u64) -> Bytes {
    (0..len as u64).map(|n| ((n.wrapping_mul(0x9e37_79b9) >> 7) ^ n ^ seed) as u8).collect()
}

fn with_body(key: &[u8], pieces: Vec<Bytes>) -> Write {
    let value = Bytes::from_static(b"value");
    Write::Put {
        key: key.to_vec(),
        value,
        body: Some(Body::Pieces(pieces)),
        external: false,
        displaced_to: None,
    }
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

fn sharing(key: &[u8], source: &[u8], version: Version) -> Write {
    let body = Some(Body::Of { key: source.to_vec(), version });
    Write::Put {
        key: key.to_vec(),
        value: Bytes::from_static(b"copy"),
        body,
        external: false,
        displaced_to: None,
    }
}

async fn has(engine: &dyn Engine, key: &[u8], bytes: &Bytes) -> bool {
    let body = handle(engine, key).await;
    read(&body, 0..body.len()).await == *bytes
}

/// A body can be that of another row, and stays whatever becomes of that one.
pub async fn bodies_are_shared(engine: &dyn Engine) {
    for size in [0, 1, 5_000, 3 * BLOCK + 7] {
        let at = |name: &str| key("shared", format!("{size}/{name}"));
        let (old, new) = (pattern(size, 1), pattern(size + 1, 2));
        let version = write(engine, [with_body(&at("a"), vec![old.clone()])]).await;
        let copied = write(engine, [sharing(&at("b"), &at("a"), version), put(&at("other"), "")]).await;
        write(engine, [delete(&at("a"))]).await;
        assert!(has(engine, &at("b"), &old).await, "the source may go");
        // a copy of a copy, beside a change of what it is a copy of
        let writes = [with_body(&at("b"), vec![new.clone()]), sharing(&at("c"), &at("b"), copied)];
        let version = write(engine, writes).await;
        assert!(has(engine, &at("c"), &old).await, "the body is the one before the commit");
        assert!(has(engine, &at("b"), &new).await);
        // onto itself, and round in a circle
        let version =
            write(engine, [sharing(&at("c"), &at("c"), version), sharing(&at("b"), &at("b"), version)]).await;
        assert!(has(engine, &at("c"), &old).await && has(engine, &at("b"), &new).await);
        let row = engine.get(&at("c")).await.expect("get answers").expect("the row is there");
        assert_eq!((&row.value[..], row.version), (&b"copy"[..], version));
        let version =
            write(engine, [sharing(&at("c"), &at("b"), version), sharing(&at("b"), &at("c"), version)]).await;
        assert!(has(engine, &at("c"), &new).await && has(engine, &at("b"), &old).await, "they change places");
        // one handle outlives all
        let body = handle(engine, &at("b")).await;
        write(engine, [sharing(&at("d"), &at("b"), version)]).await;
        write(engine, [delete(&at("b")), put(&at("d"), "no body")]).await;
        assert!(read(&body, 0..body.len()).await == old);
        assert!(has(engine, &at("c"), &new).await);
    }
    let (a, b) = (key("shared", "none"), key("shared", "of none"));
    let version = write(engine, [put(&a, "")]).await;
    write(engine, [sharing(&b, &a, version)]).await;
    assert!(engine.get(&b).await.expect("get answers").expect("the row is there").body.is_none());
}

/// A body of a row that has changed or is gone is not shared: the batch is refused, as by a check after all others.
pub async fn sharing_is_checked(engine: &dyn Engine) {
    let (a, b) = (key("sharing", "a"), key("sharing", "b"));
    let missing = commit(engine, [], [sharing(&b, &a, 1)]).await;
    assert_eq!(missing, Err(EngineError::Conflict { check: 0 }));
    let old = write(engine, [with_body(&a, vec![pattern(100, 1)])]).await;
    let new = write(engine, [with_body(&a, vec![pattern(100, 2)])]).await;
    let checks = [Check::VersionIs(a.clone(), new), Check::Absent(b.clone())];
    let refused = commit(engine, checks.clone(), [put(&a, "no effect"), sharing(&b, &a, old)]).await;
    assert_eq!(refused, Err(EngineError::Conflict { check: 2 }));
    assert!(engine.get(&b).await.expect("get answers").is_none());
    assert!(has(engine, &a, &pattern(100, 2)).await, "a refused batch has no effect");
    commit(engine, checks.clone(), [sharing(&b, &a, new)]).await.expect("as it is");
    let refused = commit(engine, checks, [sharing(&b, &a, old)]).await;
    assert_eq!(refused, Err(EngineError::Conflict { check: 1 }), "checks come first");
}
