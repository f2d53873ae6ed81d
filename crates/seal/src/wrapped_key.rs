//! Data keys as they are stored: encrypted under a key-encryption key, with the name of that key.

use aes_gcm::AeadInOut as _;
use domain::Random;
use zeroize::Zeroizing;

use crate::data_key::DataKey;
use crate::error::SealError;
use crate::kek::{ID_MAX_BYTES, Kek, KeyId};
use crate::layout::TAG_BYTES;
use crate::secret::{KEY_BYTES, Secret};

/// Most bytes of an encoded wrapped key.
pub const WRAPPED_MAX_BYTES: usize = 2 + ID_MAX_BYTES + SALT_BYTES + NONCE_BYTES + KEY_BYTES + TAG_BYTES;

const VERSION: u8 = 1;
const SALT_BYTES: usize = 12;
const NONCE_BYTES: usize = 12;
/// Sets the keys of wraps apart from the other keys that are derived here.
const PURPOSE: &[u8] = b"larder seal 1 wrap";

/// A data key that only the holder of its key-encryption key can use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrappedKey {
    kek: Option<KeyId>,
    salt: [u8; SALT_BYTES],
    nonce: [u8; NONCE_BYTES],
    sealed: [u8; KEY_BYTES],
    tag: [u8; TAG_BYTES],
}

impl DataKey {
    /// Wraps the key; twice the same gives different bytes.
    ///
    /// A key-encryption key wraps one data key for each object, and GCM with random nonces is good for 2^32 messages. So each
    /// wrap has a key of its own, of as many random bits again, and the bound is out of reach.
    #[must_use]
    pub fn wrap(&self, kek: &Kek, random: &dyn Random) -> WrappedKey {
        let (mut salt, mut nonce) = ([0; SALT_BYTES], [0; NONCE_BYTES]);
        random.fill(&mut salt);
        random.fill(&mut nonce);
        let mut sealed = Zeroizing::new(*self.0.expose());
        let header = header(kek.id());
        let cipher = kek.secret.cipher(PURPOSE, &salt);
        let tag = cipher.encrypt_inout_detached(&nonce.into(), &header, sealed.as_mut_slice().into());
        let tag = tag.expect("a key is shorter than 64 GiB").into();
        WrappedKey { kek: kek.id().cloned(), salt, nonce, sealed: *sealed, tag }
    }
}

impl WrappedKey {
    /// The name of the server key that it is wrapped under; `None` is a customer's key.
    #[must_use]
    pub fn key_id(&self) -> Option<&KeyId> {
        self.kek.as_ref()
    }

    /// Unwraps the data key.
    ///
    /// # Errors
    /// [`SealError::WrongKey`].
    pub fn unwrap(&self, kek: &Kek) -> Result<DataKey, SealError> {
        // whose key it is must be right too, even where the bytes are
        if self.key_id() != kek.id() {
            return Err(SealError::WrongKey);
        }
        let mut key = Zeroizing::new(self.sealed);
        let header = header(kek.id());
        let cipher = kek.secret.cipher(PURPOSE, &self.salt);
        let (nonce, tag) = (self.nonce.into(), self.tag.into());
        cipher
            .decrypt_inout_detached(&nonce, &header, key.as_mut_slice().into(), &tag)
            .map_err(|_| SealError::WrongKey)?;
        Ok(DataKey(Secret::new(&key)))
    }

    /// Wraps the same data key under another key: bodies change hands, or a server key is retired, and no body is read.
    ///
    /// # Errors
    /// [`SealError::WrongKey`] if `from` does not unwrap it.
    pub fn rewrap(&self, from: &Kek, to: &Kek, random: &dyn Random) -> Result<Self, SealError> {
        Ok(self.unwrap(from)?.wrap(to, random))
    }

    /// Its bytes, at most [`WRAPPED_MAX_BYTES`].
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = header(self.key_id());
        for field in [&self.salt[..], &self.nonce, &self.sealed, &self.tag] {
            bytes.extend_from_slice(field);
        }
        bytes
    }

    /// Reads what [`Self::encode`] gives.
    ///
    /// # Errors
    /// [`SealError::Malformed`].
    pub fn decode(bytes: &[u8]) -> Result<Self, SealError> {
        let cut = SealError::Malformed("it is cut off");
        let (&[version, id_bytes], rest) = bytes.split_first_chunk().ok_or(cut)?;
        if version != VERSION {
            return Err(SealError::Malformed("its version is not known"));
        }
        let (id, mut rest) = rest.split_at_checked(usize::from(id_bytes)).ok_or(cut)?;
        let kek = match std::str::from_utf8(id) {
            Ok("") => None,
            Ok(id) => Some(KeyId::parse(id).ok_or(SealError::Malformed("its key has no valid name"))?),
            Err(_) => return Err(SealError::Malformed("its key has no valid name")),
        };
        let wrapped = Self {
            kek,
            salt: take(&mut rest).ok_or(cut)?,
            nonce: take(&mut rest).ok_or(cut)?,
            sealed: take(&mut rest).ok_or(cut)?,
            tag: take(&mut rest).ok_or(cut)?,
        };
        if rest.is_empty() { Ok(wrapped) } else { Err(SealError::Malformed("bytes follow it")) }
    }
}

/// Version and key name: the start of the bytes, and what the tag covers beside the key.
fn header(kek: Option<&KeyId>) -> Vec<u8> {
    let id = kek.map_or("", KeyId::as_str);
    let mut bytes = Vec::with_capacity(WRAPPED_MAX_BYTES);
    bytes.extend_from_slice(&[VERSION, u8::try_from(id.len()).expect("a name has at most 32 bytes")]);
    bytes.extend_from_slice(id.as_bytes());
    bytes
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (field, behind) = rest.split_first_chunk()?;
    *rest = behind;
    Some(*field)
}
