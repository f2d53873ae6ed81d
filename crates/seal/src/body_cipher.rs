//! One body's chunks, encrypted and decrypted where they are.

use aes_gcm::{AeadInOut as _, Aes256Gcm};

use crate::data_key::DataKey;
use crate::layout::TAG_BYTES;

/// Sets the keys of bodies apart from the other keys that are derived here.
const PURPOSE: &[u8] = b"larder seal 1 body";

/// A cipher for one body alone; its nonces count chunks.
pub(crate) struct BodyCipher(Aes256Gcm);

impl BodyCipher {
    pub(crate) fn new(key: &DataKey, body_id: &[u8; 16]) -> Self {
        Self(key.0.cipher(PURPOSE, body_id))
    }

    /// Encrypts a chunk; returns its tag.
    pub(crate) fn seal(&self, chunk: u64, is_last: bool, bytes: &mut [u8]) -> [u8; TAG_BYTES] {
        let tag = self.0.encrypt_inout_detached(&nonce(chunk, is_last).into(), &[], bytes.into());
        tag.expect("a chunk is shorter than 64 GiB").into()
    }

    /// Decrypts a chunk if it is what was sealed in this place, otherwise leaves it.
    pub(crate) fn open(&self, chunk: u64, is_last: bool, bytes: &mut [u8], tag: [u8; TAG_BYTES]) -> bool {
        let nonce = nonce(chunk, is_last).into();
        self.0.decrypt_inout_detached(&nonce, &[], bytes.into(), &tag.into()).is_ok()
    }
}

/// Three zeros, the chunk's number, and whether the body ends with it: no chunk can stand for another, or for the end.
///
/// Spec: Hoang, Reyhanitabar, Rogaway, Vizár, "Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance", 2015:
/// STREAM.
fn nonce(chunk: u64, is_last: bool) -> [u8; 12] {
    let [a, b, c, d, e, f, g, h] = chunk.to_be_bytes();
    [0, 0, 0, a, b, c, d, e, f, g, h, u8::from(is_last)]
}
