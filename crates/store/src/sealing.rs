//! Encryption of bodies: whose key a body is sealed with, on its way in; and opening it, on its way out.
//!
//! An object, with all its parts, has one data key, kept wrapped in its row. Each body is sealed in its own name: a blob in that
//! of its id, a body in a row, which is alone with its key, in that of zeros.

use buffers::Pool;
use bytes::Bytes;
use domain::{ByteRange, Encryption, Error};
use meta::tables::object::ObjectRow;
use seal::{DataKey, Kek, Opener, SealError, WrappedKey};

use crate::Store;

/// The name of a body that rides with its row.
pub(crate) const INLINE_BODY: [u8; 16] = [0; 16];
/// Bytes of a sealed chunk: the plain ones and their tag.
const SEALED_CHUNK_BYTES: u64 = seal::sealed_len(seal::CHUNK_BYTES as u64);

/// A key that a customer sends with a request (SSE-C).
///
/// Spec: Amazon S3 user guide, server-side encryption with customer-provided keys.
#[derive(Clone, Debug)]
pub struct CustomerKey(Kek);

impl CustomerKey {
    /// From the key's 32 bytes.
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Self {
        Self(Kek::customer(key))
    }
}

/// A data key with its wrapped form.
#[derive(Clone)]
pub(crate) struct BodyKey {
    pub(crate) data: DataKey,
    pub(crate) wrapped: Bytes,
    pub(crate) encryption: Encryption,
}

impl Store {
    /// The key that wraps those of new bodies: the customer's, or the server's if it has any.
    fn wrapping<'k>(&'k self, customer: Option<&'k CustomerKey>) -> Option<&'k Kek> {
        let own = || self.keyring.as_deref().map(seal::Keyring::current);
        customer.map(|CustomerKey(kek)| kek).or_else(own)
    }

    /// A new key for a body, unless it is stored as it is.
    pub(crate) fn new_body_key(&self, customer: Option<&CustomerKey>) -> Option<BodyKey> {
        let kek = self.wrapping(customer)?;
        let data = DataKey::new(&*self.random);
        let wrapped = data.wrap(kek, &*self.random).encode().into();
        Some(BodyKey { data, wrapped, encryption: encryption_of(kek) })
    }

    /// The key of what is stored.
    ///
    /// # Errors
    /// [`Error::EncryptionKeyMissing`], [`Error::EncryptionKeyUnwanted`], [`Error::EncryptionKeyWrong`]; [`Error::Internal`] when
    /// the server no longer has the key that it was stored with.
    pub(crate) fn open_key(
        &self,
        stored: Option<(Encryption, &Bytes)>,
        customer: Option<&CustomerKey>,
    ) -> Result<Option<BodyKey>, Error> {
        let (encryption, bytes) = match (stored, customer) {
            (None | Some((Encryption::Server, _)), Some(_)) => return Err(Error::EncryptionKeyUnwanted),
            (Some((Encryption::Customer, _)), None) => return Err(Error::EncryptionKeyMissing),
            (None, None) => return Ok(None),
            (Some(stored), _) => stored,
        };
        let wrapped = WrappedKey::decode(bytes).map_err(damaged)?;
        let kek = match (customer, wrapped.key_id()) {
            (Some(CustomerKey(kek)), _) => kek,
            (None, Some(id)) => {
                let kek = self.keyring.as_deref().and_then(|ring| ring.find(id));
                kek.ok_or_else(|| Error::internal(format!("the server has no encryption key {id}")))?
            }
            (None, None) => return Err(Error::EncryptionKeyMissing),
        };
        let data = wrapped.unwrap(kek).map_err(|error| match error {
            SealError::WrongKey if customer.is_some() => Error::EncryptionKeyWrong,
            error => damaged(error),
        })?;
        Ok(Some(BodyKey { data, wrapped: bytes.clone(), encryption }))
    }

    /// The same data key for a copy: wrapped by the customer's key of the copy, or by the server's. `None` when the copy is to
    /// be stored as it is, which the bytes are not.
    pub(crate) fn rewrapped(&self, key: &BodyKey, customer: Option<&CustomerKey>) -> Option<BodyKey> {
        let kek = self.wrapping(customer)?;
        let wrapped = key.data.wrap(kek, &*self.random).encode().into();
        Some(BodyKey { data: key.data.clone(), wrapped, encryption: encryption_of(kek) })
    }
}

fn encryption_of(kek: &Kek) -> Encryption {
    if kek.id().is_some() { Encryption::Server } else { Encryption::Customer }
}

/// How a row says that its bytes are encrypted.
pub(crate) fn stored_key(row: &ObjectRow) -> Option<(Encryption, &Bytes)> {
    row.info.encryption.zip(row.wrapped_key.as_ref())
}

fn damaged(error: SealError) -> Error {
    Error::Corrupt { context: error.to_string() }
}

/// The bytes of a body from those that were stored of it.
pub(crate) const fn plain_len(sealed_bytes: u64) -> u64 {
    let chunks = sealed_bytes.div_ceil(SEALED_CHUNK_BYTES);
    let tag = SEALED_CHUNK_BYTES - seal::CHUNK_BYTES as u64;
    sealed_bytes.saturating_sub(chunks * tag)
}

/// Opens a range of one stored body as it is read.
pub(crate) struct Opening {
    opener: Opener,
    /// Stored bytes that are still to be read.
    sealed: std::ops::Range<u64>,
    pool: std::sync::Arc<Pool>,
}

/// Most bytes that one read of a stored body brings, with what was held back of the last.
pub(crate) const OPENED_MAX_BYTES: usize = blob::READ_MAX_BYTES + seal::CHUNK_BYTES;

impl Opening {
    pub(crate) fn new(
        key: &DataKey,
        body: &[u8; 16],
        sealed_bytes: u64,
        range: ByteRange,
        pool: std::sync::Arc<Pool>,
    ) -> Self {
        let opener = Opener::new(key, body, plain_len(sealed_bytes), range);
        let sealed = opener.sealed_range();
        Self { opener, sealed, pool }
    }

    /// What is to be read next; empty at the end.
    pub(crate) fn wanted(&self) -> std::ops::Range<u64> {
        self.sealed.clone()
    }

    /// Takes what was read; gives what that opens, which may be nothing yet.
    ///
    /// # Errors
    /// [`Error::Corrupt`]: no byte of a chunk that does not open is given out.
    pub(crate) fn open(&mut self, sealed: &[u8]) -> Result<Bytes, Error> {
        let mut opened = self.pool.take(OPENED_MAX_BYTES.min(sealed.len() + seal::CHUNK_BYTES));
        let mut filled = 0;
        let outcome = self.opener.push(sealed, |plain| {
            opened[filled..filled + plain.len()].copy_from_slice(plain);
            filled += plain.len();
        });
        outcome.map_err(damaged)?;
        self.sealed.start += sealed.len() as u64;
        opened.truncate(filled);
        Ok(opened.freeze())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_come_back() {
        let chunk = seal::CHUNK_BYTES as u64;
        for plain in [0, 1, chunk - 1, chunk, chunk + 1, 5 * chunk, 5 * chunk + 7, 1 << 40] {
            assert_eq!(plain_len(seal::sealed_len(plain)), plain);
        }
    }
}
