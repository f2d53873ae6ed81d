//! A fixed piece of memory: from the allocator when it is small, from the system when it is large.

use std::ops::{Deref, DerefMut};

use memmap2::MmapMut;

/// From this size on, memory is a mapping of its own: pages are taken as they are touched and given back when it is dropped.
const MAPPED_MIN_BYTES: usize = 64 * 1024;

/// Bytes of a fixed number, zero at first.
pub struct Memory(Source);

enum Source {
    Heap(Box<[u8]>),
    Mapped(MmapMut),
}

impl Memory {
    /// Takes `len` bytes. When the system grants no mapping, the allocator has to do.
    #[must_use]
    pub fn zeroed(len: usize) -> Self {
        let mapped = (len >= MAPPED_MIN_BYTES).then(|| MmapMut::map_anon(len).ok()).flatten();
        Self(mapped.map_or_else(|| Source::Heap(vec![0; len].into()), Source::Mapped))
    }
}

impl Deref for Memory {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0 {
            Source::Heap(bytes) => bytes,
            Source::Mapped(map) => map,
        }
    }
}

impl DerefMut for Memory {
    fn deref_mut(&mut self) -> &mut [u8] {
        match &mut self.0 {
            Source::Heap(bytes) => bytes,
            Source::Mapped(map) => map,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_is_there_zero_and_writable() {
        for len in [0, 1, MAPPED_MIN_BYTES - 1, MAPPED_MIN_BYTES, 3 * MAPPED_MIN_BYTES + 7] {
            let mut memory = Memory::zeroed(len);
            assert_eq!(memory.len(), len);
            assert!(memory.iter().all(|byte| *byte == 0));
            memory.fill(9);
            assert!(memory.iter().all(|byte| *byte == 9));
            assert_eq!(matches!(memory.0, Source::Mapped(_)), len >= MAPPED_MIN_BYTES);
        }
    }
}
