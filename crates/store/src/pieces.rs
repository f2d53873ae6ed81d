//! Cuts what comes off the socket into pieces of our own memory.
//!
//! The socket's buffer is free for the next read at once, whatever becomes of the body; a client that sends a byte at a time
//! costs no allocation each; and hashing gets pieces worth handing over.

use std::sync::Arc;

use buffers::{Buffer, Pool};
use bytes::{Buf, Bytes};

/// Bytes of a whole piece; the last one is shorter.
pub(crate) const PIECE_BYTES: usize = 128 * 1024;
/// Pieces whose memory is kept for later uploads: 16 MiB.
const KEPT_MAX: usize = 128;

/// The memory that pieces are made of.
pub(crate) fn pool() -> Arc<Pool> {
    Pool::new(PIECE_BYTES, KEPT_MAX)
}

/// A body on its way from the socket's pieces to ours.
pub(crate) struct Pieces<'p> {
    pool: &'p Arc<Pool>,
    /// Bytes that no piece was begun for, when the length is known.
    left: Option<u64>,
    /// The piece being filled, and how far it is.
    open: Option<(Buffer, usize)>,
}

impl<'p> Pieces<'p> {
    /// Begins a body of `length` bytes, if known.
    pub(crate) fn new(pool: &'p Arc<Pool>, length: Option<u64>) -> Self {
        Self { pool, left: length, open: None }
    }

    /// Takes from `received` what fits into a piece; returns the piece when it is full. The caller goes on until it is not.
    pub(crate) fn fill(&mut self, received: &mut impl Buf) -> Option<Bytes> {
        if !received.has_remaining() {
            return None;
        }
        let (mut buffer, filled) = self.open.take().unwrap_or_else(|| (self.begin(), 0));
        let count = received.remaining().min(buffer.len() - filled);
        received.copy_to_slice(&mut buffer[filled..filled + count]);
        if filled + count == buffer.len() {
            return Some(buffer.freeze());
        }
        self.open = Some((buffer, filled + count));
        None
    }

    /// The rest.
    pub(crate) fn finish(self) -> Option<Bytes> {
        let (mut buffer, filled) = self.open?;
        buffer.truncate(filled);
        Some(buffer.freeze())
    }

    fn begin(&mut self) -> Buffer {
        // a body that outgrows its length is refused by whoever counts it
        let left = self.left.map_or(PIECE_BYTES, |left| usize::try_from(left).unwrap_or(usize::MAX));
        let bytes = if left == 0 { PIECE_BYTES } else { left.min(PIECE_BYTES) };
        self.left = self.left.map(|left| left.saturating_sub(bytes as u64));
        self.pool.take(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lengths of the pieces that `body` is cut into when it arrives `step` bytes at a time; they join to it again.
    fn cut(body: &[u8], step: usize, length: Option<u64>) -> Vec<usize> {
        let pool = pool();
        let mut pieces = Pieces::new(&pool, length);
        let mut out = Vec::new();
        for received in body.chunks(step) {
            let mut received = Bytes::copy_from_slice(received);
            while let Some(piece) = pieces.fill(&mut received) {
                out.push(piece);
            }
            assert!(received.is_empty());
        }
        out.extend(pieces.finish());
        assert!(out.concat() == body);
        out.iter().map(Bytes::len).collect()
    }

    #[test]
    fn pieces_join_to_the_body_however_it_arrives() {
        let body: Vec<u8> = (0..3 * PIECE_BYTES + 5).map(|n| (n / 7) as u8).collect();
        let whole = vec![PIECE_BYTES, PIECE_BYTES, PIECE_BYTES, 5];
        for step in [1, 1_000, PIECE_BYTES - 1, PIECE_BYTES, body.len()] {
            assert_eq!(cut(&body, step, Some(body.len() as u64)), whole, "{step}");
            assert_eq!(cut(&body, step, None), whole, "{step}");
        }
        assert_eq!(cut(&body[..10], 3, Some(10)), [10]);
        assert_eq!(cut(&body[..10], 3, None), [10]);
        assert_eq!(cut(b"", 1, Some(0)), [0_usize; 0]);
    }

    #[test]
    fn a_body_longer_or_shorter_than_said_loses_nothing() {
        let body = [3_u8; 100];
        assert_eq!(cut(&body, 7, Some(50)), [50, 50]);
        assert_eq!(cut(&body, 7, Some(400)), [100]);
    }
}
