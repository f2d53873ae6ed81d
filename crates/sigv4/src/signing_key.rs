//! The date-scoped signing key and what is signed with it. Deriving one costs four HMACs; `key_cache.rs`
//! remembers them.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::hex;

/// The SHA-256 of nothing, in hexadecimal.
pub(crate) const EMPTY_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// A key good for one day, one region and the service `s3`.
#[derive(Clone)]
pub struct SigningKey([u8; 32]);

impl SigningKey {
    /// The signature of a string to sign.
    pub(crate) fn sign(&self, string_to_sign: &[u8]) -> [u8; 32] {
        hmac(&self.0, string_to_sign)
    }

    /// Whether `signature` is that of the string to sign, in constant time.
    pub(crate) fn verifies(&self, string_to_sign: &[u8], signature: &[u8; 32]) -> bool {
        self.sign(string_to_sign).ct_eq(signature).into()
    }

    #[cfg(test)]
    pub(crate) fn to_hex(&self) -> String {
        hex::encode(&self.0)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

/// Derives the signing key of a secret access key for a date (`yyyymmdd`) and a region (any text, also
/// empty), service `s3`.
///
/// Spec: AWS Signature Version 4, deriving the signing key.
pub fn signing_key(secret: &str, date: &str, region: &str) -> SigningKey {
    let mut first = Vec::with_capacity(secret.len() + 4);
    first.extend_from_slice(b"AWS4");
    first.extend_from_slice(secret.as_bytes());
    let date_key = hmac(&first, date.as_bytes());
    let region_key = hmac(&date_key, region.as_bytes());
    let service_key = hmac(&region_key, b"s3");
    SigningKey(hmac(&service_key, b"aws4_request"))
}

/// What the signatures of an aws-chunked body start from.
#[derive(Clone)]
pub struct ChunkSeed {
    pub(crate) key: SigningKey,
    pub(crate) amz_date: String,
    /// `date/region/s3/aws4_request`.
    pub(crate) scope: String,
    /// The request's own signature, lower-case hexadecimal.
    pub(crate) signature: String,
}

/// Leaves out the signature: with a presigned URL's other parts it is a credential.
impl fmt::Debug for ChunkSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChunkSeed")
            .field("amz_date", &self.amz_date)
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

impl ChunkSeed {
    /// The string to sign of a chunk with this SHA-256, after the signature `previous`.
    ///
    /// Spec: Amazon S3 API, SigV4 chunked upload.
    pub(crate) fn chunk_string_to_sign(&self, previous: &str, chunk_sha256: &[u8]) -> String {
        let (date, scope) = (&self.amz_date, &self.scope);
        let chunk = hex::encode(chunk_sha256);
        format!("AWS4-HMAC-SHA256-PAYLOAD\n{date}\n{scope}\n{previous}\n{EMPTY_SHA256}\n{chunk}")
    }

    /// The string to sign of trailers whose lines (`name:value\n`) have this SHA-256.
    ///
    /// Spec: Amazon S3 API, SigV4 chunked upload with trailers.
    pub(crate) fn trailer_string_to_sign(&self, previous: &str, trailer_sha256: &[u8]) -> String {
        let (date, scope) = (&self.amz_date, &self.scope);
        format!("AWS4-HMAC-SHA256-TRAILER\n{date}\n{scope}\n{previous}\n{}", hex::encode(trailer_sha256))
    }
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(message);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "2d38400385ce4bd5280b72ae6c99e3d821c1fe3a53ab9887c59e4d58bbee60d9";

    #[test]
    fn derives_the_published_key() {
        assert_eq!(
            signing_key(SECRET, "20260102", "auto").to_hex(),
            "c3449cde87a1ee56ca05f2a6a01f8311dd07af90d23f396d304587bf5f913ffb"
        );
    }

    #[test]
    fn debug_shows_neither_key_nor_signature() {
        let key = signing_key(SECRET, "20260102", "auto");
        let signature = "5e".repeat(32);
        let seed = ChunkSeed {
            key: key.clone(),
            amz_date: "20260102T030405Z".to_owned(),
            scope: "20260102/auto/s3/aws4_request".to_owned(),
            signature: signature.clone(),
        };
        let shown = format!("{key:?} {seed:?}");
        assert!(
            !shown.contains(&signature) && !shown.contains("c3449c") && !shown.contains("195, 68"),
            "{shown}"
        );
    }
}
