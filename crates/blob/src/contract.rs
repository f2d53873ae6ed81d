//! What every blob store must do, as functions that panic when it does not. A store's tests call [`all`]; the functions
//! are public so that a failing behaviour can be run alone. What only a restart, a full disk or damage can show is for
//! each store's own tests.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use crate::port::{BlobError, BlobId, BlobReader, BlobStore, READ_MAX_BYTES};

/// Sizes about the edges of blocks and chunks.
const SIZES: [usize; 12] =
    [0, 1, 4_095, 4_096, 65_535, 65_536, 65_537, 262_145, 1_048_575, 1_048_576, 1_048_577, 5 * 1_048_576 + 3];

/// Runs every behaviour, each on what `make` returns then: a new store, or the same again.
pub async fn all<F: AsyncFn() -> Arc<dyn BlobStore>>(make: F) {
    blobs_round_trip(&*make().await).await;
    ranges_are_readable(&*make().await).await;
    unfinished_blobs_are_unseen(&*make().await).await;
    readers_survive_deletion(&*make().await).await;
    writers_do_not_mix(&*make().await).await;
    lists_are_in_order(&*make().await).await;
}

/// Bytes that differ from block to block, so that a misplaced block is seen.
#[must_use]
pub fn pattern(len: usize, seed: u64) -> Bytes {
    (0..len as u64).map(|n| ((n.wrapping_mul(0x9e37_79b9) >> 7) ^ n ^ seed) as u8).collect()
}

/// Stores a blob, given in pieces of `piece_bytes`.
pub async fn store(blobs: &dyn BlobStore, bytes: &Bytes, size: Option<u64>, piece_bytes: usize) -> BlobId {
    let mut writer = blobs.create(size).await.expect("creates");
    let id = writer.id();
    for start in (0..bytes.len()).step_by(piece_bytes) {
        let piece = bytes.slice(start..bytes.len().min(start + piece_bytes));
        writer.write(piece).await.expect("writes");
    }
    assert_eq!(writer.finish().await.expect("finishes"), id, "the id is known from the start");
    id
}

/// Reads a range piece by piece.
///
/// # Errors
/// Those of [`BlobReader::read`].
pub async fn read(reader: &dyn BlobReader, range: Range<u64>) -> Result<Vec<u8>, BlobError> {
    let (mut at, mut out) = (range.start, Vec::new());
    while at < range.end {
        let piece = reader.read(at..range.end).await?;
        assert!(!piece.is_empty(), "a read returns at least one byte of {at}..{}", range.end);
        assert!(piece.len() <= READ_MAX_BYTES, "and at most READ_MAX_BYTES");
        at += piece.len() as u64;
        out.extend_from_slice(&piece);
    }
    assert!(at == range.end || range.is_empty(), "no more is returned than was asked for");
    Ok(out)
}

/// Reads a whole blob.
///
/// # Errors
/// Those of [`BlobStore::open`] and [`BlobReader::read`].
pub async fn read_all(blobs: &dyn BlobStore, id: BlobId) -> Result<Vec<u8>, BlobError> {
    let reader = blobs.open(&id).await?;
    let bytes = read(&*reader, 0..reader.len()).await?;
    assert_eq!(reader.is_empty(), bytes.is_empty());
    Ok(bytes)
}

/// A blob comes back as it was given, whatever its size, its pieces, and whether its size was known.
pub async fn blobs_round_trip(blobs: &dyn BlobStore) {
    for (seed, size) in (0..).zip(SIZES) {
        let bytes = pattern(size, seed);
        for (known, piece_bytes) in [(Some(size as u64), 65_536), (None, 70_001), (None, usize::MAX)] {
            let id = store(blobs, &bytes, known, piece_bytes).await;
            assert_eq!(blobs.open(&id).await.expect("opens").len(), size as u64);
            assert!(
                read_all(blobs, id).await.expect("reads") == bytes,
                "{size} bytes in pieces of {piece_bytes}"
            );
        }
    }
    let mut writer = blobs.create(None).await.expect("creates");
    for piece in ["", "a", "", "bc", ""] {
        writer.write(Bytes::from(piece)).await.expect("writes");
    }
    let id = writer.finish().await.expect("finishes");
    assert_eq!(read_all(blobs, id).await.expect("reads"), b"abc");
}

/// Any range of a blob can be read.
pub async fn ranges_are_readable(blobs: &dyn BlobStore) {
    let bytes = pattern(READ_MAX_BYTES + 3 * 65_536 + 5, 1);
    let id = store(blobs, &bytes, None, 100_000).await;
    let reader = blobs.open(&id).await.expect("opens");
    let marks = [0, 1, 65_535, 65_536, 65_537, READ_MAX_BYTES, 6 * 65_536, bytes.len() - 1, bytes.len()];
    for start in marks {
        for end in marks.into_iter().filter(|end| start <= *end) {
            let read = read(&*reader, start as u64..end as u64).await.expect("reads");
            assert!(read == bytes[start..end], "{start}..{end}");
        }
    }
    let len = bytes.len() as u64;
    let past = reader.read(len - 1..u64::MAX).await.expect("reads");
    assert_eq!(past, bytes.slice(bytes.len() - 1..), "what is past the end is not there");
    for range in [5..5, len..len + 5, len + 5..u64::MAX, u64::MAX - 1..u64::MAX] {
        assert!(reader.read(range.clone()).await.expect("reads").is_empty(), "{range:?} has no bytes");
    }
}

/// A blob cannot be opened or listed before it is finished, nor ever when its writer is dropped.
pub async fn unfinished_blobs_are_unseen(blobs: &dyn BlobStore) {
    let bytes = pattern(3_000_000, 2);
    let mut dropped = blobs.create(None).await.expect("creates");
    let mut finished = blobs.create(Some(3_000_000)).await.expect("creates");
    let ids = [dropped.id(), finished.id()];
    assert_ne!(ids[0], ids[1]);
    let seen = async || blobs.list(None, u32::MAX).await.expect("lists").into_iter().map(|info| info.id);
    dropped.write(bytes.clone()).await.expect("writes");
    finished.write(bytes.clone()).await.expect("writes");
    for id in ids {
        assert_eq!(blobs.open(&id).await.err(), Some(BlobError::NotFound(id)));
        assert!(!seen().await.any(|listed| listed == id));
    }
    drop(dropped);
    finished.finish().await.expect("finishes");
    assert_eq!(blobs.open(&ids[0]).await.err(), Some(BlobError::NotFound(ids[0])));
    assert!(!seen().await.any(|listed| listed == ids[0]));
    assert!(seen().await.any(|listed| listed == ids[1]));
    assert!(read_all(blobs, ids[1]).await.expect("reads") == bytes);
}

/// A deleted blob is gone for those who open it, and whole for those who have it open; deleting it again is no error.
pub async fn readers_survive_deletion(blobs: &dyn BlobStore) {
    let bytes = pattern(1_500_000, 3);
    let id = store(blobs, &bytes, None, 1_000_000).await;
    let reader = blobs.open(&id).await.expect("opens");
    for _ in 0..2 {
        blobs.delete(&id).await.expect("deletes");
        assert_eq!(blobs.open(&id).await.err(), Some(BlobError::NotFound(id)));
        assert!(blobs.list(None, u32::MAX).await.expect("lists").iter().all(|info| info.id != id));
    }
    store(blobs, &pattern(1_500_000, 4), None, 1_000_000).await;
    assert!(read(&*reader, 0..reader.len()).await.expect("reads") == bytes);
}

/// Blobs written at the same time keep their bytes apart.
pub async fn writers_do_not_mix(blobs: &dyn BlobStore) {
    let contents: Vec<Bytes> = (0..6).map(|n| pattern(1_200_000 + n * 10_007, n as u64)).collect();
    let mut writers = Vec::new();
    for _ in &contents {
        writers.push(blobs.create(None).await.expect("creates"));
    }
    for start in (0..1_300_000).step_by(50_000) {
        for (writer, bytes) in writers.iter_mut().zip(&contents) {
            let range = start.min(bytes.len())..(start + 50_000).min(bytes.len());
            writer.write(bytes.slice(range)).await.expect("writes");
        }
    }
    let mut ids = Vec::new();
    for writer in writers {
        ids.push(writer.finish().await.expect("finishes"));
    }
    for (id, bytes) in ids.into_iter().zip(&contents) {
        assert!(read_all(blobs, id).await.expect("reads") == *bytes);
    }
}

/// A listing has every blob with its size, in order of id, page by page.
pub async fn lists_are_in_order(blobs: &dyn BlobStore) {
    let mut expected = blobs.list(None, u32::MAX).await.expect("lists");
    for size_bytes in 0..40 {
        let id = store(blobs, &pattern(size_bytes, 5), None, usize::MAX).await;
        expected.push(crate::BlobInfo { id, size_bytes: size_bytes as u64 });
    }
    expected.sort_by_key(|info| info.id);
    assert_eq!(blobs.list(None, u32::MAX).await.expect("lists"), expected);
    assert_eq!(blobs.list(None, 0).await.expect("lists"), []);
    for limit in [1, 7, 40] {
        let mut seen: Vec<crate::BlobInfo> = Vec::new();
        loop {
            let page = blobs.list(seen.last().map(|info| info.id), limit).await.expect("lists");
            assert!(page.len() <= limit as usize);
            if page.is_empty() {
                break;
            }
            seen.extend(page);
        }
        assert_eq!(seen, expected, "pages of {limit}");
    }
    assert_eq!(blobs.list(Some(BlobId([0xff; 16])), 10).await.expect("lists"), []);
    let between = BlobId((u128::from_be_bytes(expected[3].id.0) + 1).to_be_bytes());
    let after = blobs.list(Some(between), 1).await.expect("lists");
    assert_eq!(after, expected[4..5], "the id to go on after need not be there");
}
