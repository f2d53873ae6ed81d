//! 32 secret bytes, and the ciphers that are made of them.

use std::fmt;

use aes_gcm::{Aes256Gcm, KeyInit};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::{Zeroize as _, Zeroizing};

/// Bytes of a key.
pub(crate) const KEY_BYTES: usize = 32;

/// A key: shown nowhere, wiped when it is dropped.
#[derive(Clone)]
pub(crate) struct Secret(Zeroizing<[u8; KEY_BYTES]>);

impl Secret {
    pub(crate) fn new(bytes: &[u8; KEY_BYTES]) -> Self {
        Self(Zeroizing::new(*bytes))
    }

    pub(crate) fn expose(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }

    /// AES-256-GCM under a key that serves `purpose` and this `id` alone.
    pub(crate) fn cipher(&self, purpose: &[u8], id: &[u8]) -> Aes256Gcm {
        let key = self.expand(&[purpose, id]);
        Aes256Gcm::new((&*key).into())
    }

    /// HKDF's second half with SHA-256, one block of it. The first half makes uneven input even; these keys are random.
    ///
    /// Spec: RFC 5869, sections 2.3 and 3.3.
    fn expand(&self, info: &[&[u8]]) -> Zeroizing<[u8; KEY_BYTES]> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&*self.0).expect("HMAC takes a key of any length");
        info.iter().for_each(|part| mac.update(part));
        mac.update(&[1]);
        let mut block = mac.finalize().into_bytes();
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        key.copy_from_slice(&block);
        block.as_mut_slice().zeroize();
        key
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        let byte = |at| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
        (0..text.len()).step_by(2).map(byte).collect()
    }

    /// RFC 5869, appendix A, test cases 1 and 3: the first 32 bytes of output, which are the first block.
    #[test]
    fn expands_as_published() {
        let table = [
            (
                "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
                "f0f1f2f3f4f5f6f7f8f9",
                "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf",
            ),
            (
                "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
                "",
                "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d",
            ),
        ];
        for (key, info, okm) in table {
            let secret = Secret::new(&hex(key).try_into().unwrap());
            assert_eq!(secret.expand(&[&hex(info)]).as_slice(), hex(okm), "{info}");
        }
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", Secret::new(&[7; 32])), "(hidden)");
    }
}
