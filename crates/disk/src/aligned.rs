//! A byte buffer whose first byte lies on a sector boundary, as direct I/O asks, without unsafe code.

use buffers::Memory;

use crate::SECTOR_BYTES;

/// A growable buffer for direct writes.
pub struct AlignedBuf {
    /// The content lies in it from `start`, which is on a sector boundary, to `end`.
    memory: Memory,
    start: usize,
    end: usize,
}

impl AlignedBuf {
    /// An empty buffer with room for `capacity` bytes.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        let memory = Memory::zeroed(capacity + SECTOR_BYTES);
        let start = memory.as_ptr().align_offset(SECTOR_BYTES);
        Self { memory, start, end: start }
    }

    /// Appends bytes, moving to a larger allocation when there is no room.
    pub fn extend_from_slice(&mut self, bytes: &[u8]) {
        if self.end + bytes.len() > self.memory.len() {
            let mut larger = Self::with_capacity((self.len() + bytes.len()).next_power_of_two());
            larger.append(self.as_slice());
            *self = larger;
        }
        self.append(bytes);
    }

    fn append(&mut self, bytes: &[u8]) {
        let end = self.end + bytes.len();
        self.memory[self.end..end].copy_from_slice(bytes);
        self.end = end;
    }

    /// Appends zeros up to the next multiple of [`SECTOR_BYTES`].
    pub fn pad_to_sector(&mut self) {
        let missing = self.len().next_multiple_of(SECTOR_BYTES) - self.len();
        const ZEROS: [u8; SECTOR_BYTES] = [0; SECTOR_BYTES];
        self.extend_from_slice(&ZEROS[..missing]);
    }

    /// Forgets the content and keeps the room.
    pub fn clear(&mut self) {
        self.end = self.start;
    }

    /// The content.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        &self.memory[self.start..self.end]
    }

    /// The content, to be overwritten in place.
    pub fn as_mut_slice(&mut self) -> &mut [u8] {
        &mut self.memory[self.start..self.end]
    }

    /// Bytes of content.
    #[must_use]
    pub fn len(&self) -> usize {
        self.end - self.start
    }

    /// Whether there is no content.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_begins_on_a_sector_whatever_the_growth() {
        let mut buf = AlignedBuf::with_capacity(10);
        let mut expected = Vec::new();
        for n in 0..200_usize {
            let piece = vec![n as u8; n * 37];
            buf.extend_from_slice(&piece);
            expected.extend_from_slice(&piece);
            assert_eq!(buf.as_slice().as_ptr().align_offset(SECTOR_BYTES), 0);
        }
        assert!(buf.as_slice() == expected);
        buf.pad_to_sector();
        assert_eq!(buf.len() % SECTOR_BYTES, 0);
        assert!(buf.as_slice()[expected.len()..].iter().all(|b| *b == 0));
        buf.clear();
        assert!(buf.is_empty());
        buf.pad_to_sector();
        assert!(buf.is_empty());
    }
}
