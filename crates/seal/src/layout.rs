//! Where sealed chunks lie, from a body's length alone.

use std::ops::Range;

use domain::ByteRange;

/// Bytes of a body in one chunk; the last chunk is shorter, and empty only when the body is.
pub const CHUNK_BYTES: usize = 64 * 1024;
/// Bytes of the tag behind each chunk.
pub(crate) const TAG_BYTES: usize = 16;

const CHUNK: u64 = CHUNK_BYTES as u64;
const TAG: u64 = TAG_BYTES as u64;
/// Bytes of a whole chunk and its tag.
pub(crate) const SEALED_CHUNK_BYTES: u64 = CHUNK + TAG;

/// Bytes that a body of `plain_bytes` is sealed to: 16 more for each chunk that it begins, and 16 if it is empty.
#[must_use]
pub const fn sealed_len(plain_bytes: u64) -> u64 {
    plain_bytes.saturating_add((last_chunk(plain_bytes) + 1) * TAG)
}

/// The number of a body's last chunk, from 0.
pub(crate) const fn last_chunk(plain_bytes: u64) -> u64 {
    plain_bytes.saturating_sub(1) / CHUNK
}

/// What must be read for a range of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    /// The number of the first chunk.
    pub(crate) first_chunk: u64,
    /// Sealed bytes: whole chunks.
    pub(crate) sealed: Range<u64>,
    /// Bytes of the first chunk that come before the range.
    pub(crate) skip: usize,
    /// Bytes of the range.
    pub(crate) take: u64,
}

impl Span {
    /// The chunks that hold `range`, which is cut to the body's `plain_bytes`. An empty range needs none, but for that of an
    /// empty body: its one chunk proves that it is empty.
    pub(crate) fn of(plain_bytes: u64, range: ByteRange) -> Self {
        let end = range.end.min(plain_bytes);
        let start = range.start.min(end);
        let first_chunk = start / CHUNK;
        let past_chunk = match (start == end, plain_bytes) {
            (true, 0) => 1,
            (true, _) => first_chunk,
            (false, _) => end.div_ceil(CHUNK),
        };
        let sealed = sealed_offset(first_chunk, plain_bytes)..sealed_offset(past_chunk, plain_bytes);
        let skip = (start % CHUNK) as usize;
        Self { first_chunk, sealed, skip, take: end - start }
    }
}

fn sealed_offset(chunk: u64, plain_bytes: u64) -> u64 {
    chunk.saturating_mul(SEALED_CHUNK_BYTES).min(sealed_len(plain_bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths() {
        let table = [
            (0, 16),
            (1, 17),
            (CHUNK - 1, CHUNK + 15),
            (CHUNK, CHUNK + 16),
            (CHUNK + 1, CHUNK + 33),
            (3 * CHUNK, 3 * CHUNK + 48),
            (u64::MAX, u64::MAX),
        ];
        for (plain, sealed) in table {
            assert_eq!(sealed_len(plain), sealed, "{plain}");
        }
    }

    #[test]
    fn ranges() {
        let three = 2 * CHUNK + 5;
        let table = [
            (0, 0..0, (0, 0..16, 0, 0)),
            (0, 7..9, (0, 0..16, 0, 0)),
            (10, 0..10, (0, 0..26, 0, 10)),
            (10, 3..99, (0, 0..26, 3, 7)),
            (10, 4..4, (0, 0..0, 4, 0)),
            (three, 0..1, (0, 0..CHUNK + 16, 0, 1)),
            (three, 0..CHUNK, (0, 0..CHUNK + 16, 0, CHUNK)),
            (three, CHUNK - 1..CHUNK + 1, (0, 0..2 * CHUNK + 32, CHUNK_BYTES - 1, 2)),
            (three, CHUNK..CHUNK + 1, (1, CHUNK + 16..2 * CHUNK + 32, 0, 1)),
            (three, 2 * CHUNK + 1..three, (2, 2 * CHUNK + 32..three + 48, 1, 4)),
            (three, three..three, (2, 2 * CHUNK + 32..2 * CHUNK + 32, 5, 0)),
            (CHUNK, CHUNK..CHUNK, (1, CHUNK + 16..CHUNK + 16, 0, 0)),
        ];
        for (plain, range, (first_chunk, sealed, skip, take)) in table {
            let span = Span::of(plain, ByteRange { start: range.start, end: range.end });
            assert_eq!(span, Span { first_chunk, sealed, skip, take }, "{range:?} of {plain}");
        }
        let span = Span::of(u64::MAX, ByteRange { start: u64::MAX - 1, end: u64::MAX });
        assert_eq!((span.first_chunk, span.take), (last_chunk(u64::MAX), 1));
    }
}
