//! Encryption with a key of the caller's own (SSE-C): the three headers that bring it, for an object or for the source of a
//! copy, and the two that a reply gives back. What is done with the key is `store`'s.

#[cfg(test)]
mod tests;

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName};
use md5::{Digest as _, Md5};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::error::S3Error;
use crate::error_code::S3ErrorCode;
use crate::headers::{header_text, set};

/// The one algorithm there is.
const ALGORITHM: &str = "AES256";

/// A caller's key, of the length and MD5 that it should have. Wiped when it is dropped.
#[derive(Clone)]
pub struct CustomerKey {
    key: Zeroizing<[u8; 32]>,
    md5: [u8; 16],
}

/// Names of the headers: key, MD5 of the key, algorithm.
struct Triple {
    key: &'static str,
    md5: &'static str,
    algorithm: &'static str,
}

const OBJECT: Triple = Triple {
    key: "x-amz-server-side-encryption-customer-key",
    md5: "x-amz-server-side-encryption-customer-key-md5",
    algorithm: "x-amz-server-side-encryption-customer-algorithm",
};

const COPY_SOURCE: Triple = Triple {
    key: "x-amz-copy-source-server-side-encryption-customer-key",
    md5: "x-amz-copy-source-server-side-encryption-customer-key-md5",
    algorithm: "x-amz-copy-source-server-side-encryption-customer-algorithm",
};

/// Reads the key of the object that is read or written; `None` without any of the three headers.
///
/// # Errors
/// `InvalidArgument` for a header that is missing, a key that is not 32 bytes in base64 or not of its MD5;
/// `InvalidEncryptionAlgorithmError`.
///
/// Observed: R2, 2026-06-11 (missing headers and their order, the algorithm). Spec: Amazon S3 API, error responses (the key).
pub fn decode(headers: &HeaderMap) -> Result<Option<CustomerKey>, S3Error> {
    OBJECT.decode(headers)
}

/// Reads the key of a copy's source.
///
/// # Errors
/// As [`decode`].
pub fn decode_copy_source(headers: &HeaderMap) -> Result<Option<CustomerKey>, S3Error> {
    COPY_SOURCE.decode(headers)
}

impl CustomerKey {
    /// The key itself.
    #[must_use]
    pub fn expose(&self) -> &[u8; 32] {
        &self.key
    }

    /// Its MD5, by which a caller and we name it.
    #[must_use]
    pub const fn md5(&self) -> [u8; 16] {
        self.md5
    }
}

/// Sets the headers of a reply about an object that is encrypted with the caller's key of this MD5.
///
/// Spec: Amazon S3 API, PutObject, response headers.
pub fn encode(md5: [u8; 16], headers: &mut HeaderMap) {
    set(headers, HeaderName::from_static(OBJECT.algorithm), ALGORITHM);
    set(headers, HeaderName::from_static(OBJECT.md5), STANDARD.encode(md5));
}

impl Triple {
    fn decode(&self, headers: &HeaderMap) -> Result<Option<CustomerKey>, S3Error> {
        if ![self.key, self.md5, self.algorithm].iter().any(|name| headers.contains_key(*name)) {
            return Ok(None);
        }
        let text = |name, what| {
            let text = header_text(headers, name).filter(|text| !text.trim().is_empty());
            text.ok_or_else(|| self.missing(name, what))
        };
        let key = text(self.key, "an appropriate secret key.")?;
        let md5 = text(self.md5, "the client calculated MD5 of the secret key.")?;
        let algorithm = text(self.algorithm, "a valid encryption algorithm.")?;
        if algorithm.trim() != ALGORITHM {
            return Err(S3Error::new(S3ErrorCode::InvalidEncryptionAlgorithmError));
        }
        let key = STANDARD.decode(key.trim()).map(Zeroizing::new).ok();
        let key = key.and_then(|key| <[u8; 32]>::try_from(key.as_slice()).ok()).map(Zeroizing::new);
        let key = key.ok_or_else(|| {
            S3Error::invalid_argument("The secret key was invalid for the specified algorithm.")
                .with_hint(format!("{} is the base64 of 32 bytes.", self.key))
        })?;
        let found: [u8; 16] = Md5::digest(*key).into();
        if STANDARD.decode(md5.trim()).ok().as_deref() != Some(&found[..]) {
            let error = S3Error::invalid_argument(
                "The calculated MD5 hash of the key did not match the hash that was provided.",
            );
            return Err(error.with_hint(format!(
                "{} is the base64 of the MD5's 16 bytes, taken over the key's 32 bytes, not over their base64.",
                self.md5
            )));
        }
        Ok(Some(CustomerKey { key, md5: found }))
    }

    fn missing(&self, name: &'static str, what: &'static str) -> S3Error {
        let message = format!(
            "Requests specifying Server Side Encryption with Customer provided keys must provide {what}"
        );
        S3Error::invalid_argument(message).with_hint(format!(
            "{name} is missing; {}, {} and {} go together.",
            self.key, self.md5, self.algorithm
        ))
    }
}

impl PartialEq for CustomerKey {
    fn eq(&self, other: &Self) -> bool {
        self.key.ct_eq(&*other.key).into()
    }
}

impl Eq for CustomerKey {}

impl fmt::Debug for CustomerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CustomerKey(hidden)")
    }
}
