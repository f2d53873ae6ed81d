//! The two halves of an S3 credential. The secret is the hash of an API token and never shows itself.

use std::fmt;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::scope::Scope;

/// A SigV4 credential and what it may do.
#[derive(Clone, Debug)]
pub struct AccessKey {
    /// Access key id: the API token's id, 32 lower-case hexadecimal characters.
    pub id: String,
    /// Secret access key.
    pub secret: SecretAccessKey,
    /// What it may do, and where.
    pub scope: Scope,
}

/// A secret access key: the lower-case hex SHA-256 of an API token's value, used as text.
///
/// Spec: R2 docs, API tokens, S3 credentials.
#[derive(Clone)]
pub struct SecretAccessKey(String);

impl SecretAccessKey {
    /// Wraps the secret text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret of an API token's value, or of a temporary credential's token.
    #[must_use]
    pub fn of_value(value: &str) -> Self {
        Self(Sha256::digest(value.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Whether it is the same text, in constant time.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }

    /// What it is looked up by, which tells nothing of it: a comparison of these may take as long as it takes.
    #[must_use]
    pub fn digest(&self) -> SecretDigest {
        SecretDigest(Sha256::digest(self.0.as_bytes()).into())
    }

    /// The text, for signing and for showing it once to its owner.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// A hash of a secret access key, for maps. Shows itself as little as the key, which may be a poor one.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SecretDigest([u8; 32]);

impl fmt::Debug for SecretDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretDigest(hidden)")
    }
}

impl fmt::Debug for SecretAccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretAccessKey(hidden)")
    }
}
