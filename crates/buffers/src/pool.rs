//! Buffers used again: a large one is neither zeroed nor taken from the system for each piece of a body.
//!
//! A piece of a body on its way is shared [`Bytes`]; its buffer comes back when the last of them is dropped.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

use crate::Memory;

/// Shorter pieces are cheaper without a pool.
const POOLED_MIN_BYTES: usize = 64 * 1024;

/// Keeps buffers of one size between uses.
pub struct Pool {
    free: Mutex<Vec<Memory>>,
    buffer_bytes: usize,
    kept_max: usize,
}

impl Pool {
    /// Keeps up to `kept_max` buffers of `buffer_bytes`, the longest piece there is.
    #[must_use]
    pub fn new(buffer_bytes: usize, kept_max: usize) -> Arc<Self> {
        Arc::new(Self { free: Mutex::default(), buffer_bytes, kept_max })
    }

    /// A buffer of `len` bytes; what is in it does not matter, and is nobody's secret: only what is written to it goes on.
    #[must_use]
    pub fn take(self: &Arc<Self>, len: usize) -> Buffer {
        if len < POOLED_MIN_BYTES || len > self.buffer_bytes {
            return Buffer { memory: Memory::zeroed(len), len, home: None };
        }
        let kept = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let memory = kept.unwrap_or_else(|| Memory::zeroed(self.buffer_bytes));
        Buffer { memory, len, home: Some(Arc::clone(self)) }
    }
}

/// A buffer that is being filled.
pub struct Buffer {
    memory: Memory,
    len: usize,
    home: Option<Arc<Pool>>,
}

impl Buffer {
    /// Keeps the first `len` bytes only; a larger `len` changes nothing.
    pub fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    /// What was written, to be shared.
    #[must_use]
    pub fn freeze(self) -> Bytes {
        Bytes::from_owner(self)
    }
}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.memory[..self.len]
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.memory[..self.len]
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let Some(home) = self.home.take() else { return };
        let mut free = home.free.lock().unwrap_or_else(PoisonError::into_inner);
        if free.len() < home.kept_max {
            free.push(std::mem::replace(&mut self.memory, Memory::zeroed(0)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: usize = 256 * 1024;

    fn kept(pool: &Pool) -> usize {
        pool.free.lock().unwrap().len()
    }

    #[test]
    fn a_buffer_comes_back_when_its_last_piece_is_dropped() {
        let pool = Pool::new(SIZE, 2);
        let mut buffer = pool.take(100_000);
        buffer.fill(7);
        let piece = buffer.freeze();
        let part = piece.slice(10..20);
        drop(piece);
        assert_eq!((kept(&pool), &part[..]), (0, [7_u8; 10].as_slice()));
        drop(part);
        assert_eq!(kept(&pool), 1);
        assert_eq!(pool.take(SIZE).len(), SIZE);
    }

    #[test]
    fn what_is_kept_has_a_bound_and_small_or_oversized_reads_are_not() {
        let pool = Pool::new(SIZE, 2);
        let buffers: Vec<_> = (0..5).map(|_| pool.take(SIZE)).collect();
        drop(buffers);
        assert_eq!(kept(&pool), 2);
        let pool = Pool::new(SIZE, 2);
        for len in [0, 1, POOLED_MIN_BYTES - 1, SIZE + 1] {
            assert_eq!(pool.take(len).freeze().len(), len);
        }
        assert_eq!(kept(&pool), 0);
    }
}
