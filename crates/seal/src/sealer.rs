//! From a body to what is stored, as it streams in.

use crate::body_cipher::BodyCipher;
use crate::data_key::DataKey;
use crate::layout::CHUNK_BYTES;

/// Seals one body. Holds at most one chunk: whether it is the last is known only when more comes, or nothing.
pub struct Sealer {
    cipher: BodyCipher,
    chunk: u64,
    open: Vec<u8>,
}

impl Sealer {
    /// Begins a body. `body_id` is random and never used again under this data key, by nothing but a repeat of the same body.
    #[must_use]
    pub fn new(key: &DataKey, body_id: &[u8; 16]) -> Self {
        Self { cipher: BodyCipher::new(key, body_id), chunk: 0, open: Vec::new() }
    }

    /// Takes the next bytes, any number of them; gives what became ready to `sink`, in order.
    pub fn push(&mut self, mut plain: &[u8], mut sink: impl FnMut(&[u8])) {
        while let Some((fills, more)) = plain.split_at_checked(CHUNK_BYTES - self.open.len())
            && !more.is_empty()
        {
            self.open.extend_from_slice(fills);
            self.seal(false, &mut sink);
            plain = more;
        }
        self.open.extend_from_slice(plain);
    }

    /// Ends the body; gives the rest to `sink`. What was given is then [`sealed_len`](crate::sealed_len) bytes.
    pub fn finish(mut self, mut sink: impl FnMut(&[u8])) {
        self.seal(true, &mut sink);
    }

    fn seal(&mut self, is_last: bool, sink: &mut impl FnMut(&[u8])) {
        let tag = self.cipher.seal(self.chunk, is_last, &mut self.open);
        sink(&self.open);
        sink(&tag);
        self.open.clear();
        self.chunk += 1;
    }
}
