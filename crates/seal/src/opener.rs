//! From what is stored to a range of the body, as it is read.

use std::ops::Range;

use domain::ByteRange;

use crate::body_cipher::BodyCipher;
use crate::data_key::DataKey;
use crate::error::SealError;
use crate::layout::{self, SEALED_CHUNK_BYTES, Span, TAG_BYTES};

/// Opens a range of one sealed body. Holds at most one chunk; gives out no byte of a chunk before all of it is verified.
pub struct Opener {
    cipher: BodyCipher,
    sealed: Range<u64>,
    /// Sealed bytes that came.
    given: u64,
    chunk: u64,
    last_chunk: u64,
    /// Bytes of the next chunk that come before the range.
    skip: usize,
    /// Bytes of the range that are still to be given out.
    take: u64,
    open: Vec<u8>,
}

impl Opener {
    /// Begins to open `range` of the body of `plain_bytes` that was sealed with this key and id; the range ends at the body's
    /// end at the latest.
    #[must_use]
    pub fn new(key: &DataKey, body_id: &[u8; 16], plain_bytes: u64, range: ByteRange) -> Self {
        let Span { first_chunk, sealed, skip, take } = Span::of(plain_bytes, range);
        let cipher = BodyCipher::new(key, body_id);
        let last_chunk = layout::last_chunk(plain_bytes);
        Self { cipher, sealed, given: 0, chunk: first_chunk, last_chunk, skip, take, open: Vec::new() }
    }

    /// The stored bytes to read and to [`push`](Self::push), all of them and in order.
    #[must_use]
    pub fn sealed_range(&self) -> Range<u64> {
        self.sealed.clone()
    }

    /// Takes the next stored bytes, any number of them; gives bytes of the range that became known to `sink`, in order.
    ///
    /// # Errors
    /// [`SealError::Damaged`], [`SealError::Length`] when more comes than was asked for.
    pub fn push(&mut self, mut sealed: &[u8], mut sink: impl FnMut(&[u8])) -> Result<(), SealError> {
        let expected = self.sealed.end - self.sealed.start;
        while !sealed.is_empty() {
            let open_bytes = self.open.len() as u64;
            let left = expected - self.given + open_bytes;
            let missing = (left.min(SEALED_CHUNK_BYTES) - open_bytes) as usize;
            if missing == 0 {
                return Err(SealError::Length { expected, given: expected + 1 });
            }
            let (now, later) = sealed.split_at(missing.min(sealed.len()));
            self.open.reserve(missing);
            self.open.extend_from_slice(now);
            self.given += now.len() as u64;
            sealed = later;
            if now.len() == missing {
                self.open_chunk(&mut sink)?;
            }
        }
        Ok(())
    }

    /// Ends the range.
    ///
    /// # Errors
    /// [`SealError::Length`] when less came than was asked for.
    pub fn finish(self) -> Result<(), SealError> {
        let expected = self.sealed.end - self.sealed.start;
        if self.given == expected { Ok(()) } else { Err(SealError::Length { expected, given: self.given }) }
    }

    fn open_chunk(&mut self, sink: &mut impl FnMut(&[u8])) -> Result<(), SealError> {
        let damaged = SealError::Damaged { chunk: self.chunk };
        let (bytes, tag) = self.open.split_last_chunk_mut::<TAG_BYTES>().ok_or(damaged)?;
        if !self.cipher.open(self.chunk, self.chunk == self.last_chunk, bytes, *tag) {
            return Err(damaged);
        }
        let rest = bytes.get(self.skip..).unwrap_or_default();
        let count = usize::try_from(self.take).unwrap_or(usize::MAX).min(rest.len());
        let (wanted, _) = rest.split_at(count);
        if !wanted.is_empty() {
            sink(wanted);
        }
        self.take -= count as u64;
        self.skip = 0;
        self.chunk += 1;
        self.open.clear();
        Ok(())
    }
}
