//! Key-encryption keys: what data keys are wrapped under. One is a customer's own or has a name on the server's keyring.

use std::fmt;

use crate::secret::{KEY_BYTES, Secret};

/// Most characters of a key's name.
pub(crate) const ID_MAX_BYTES: usize = 32;

/// The name of a server key: 1 to 32 letters, digits, `-`, `_` and `.`. Rows keep it, so a key is found by it for as long as
/// they do.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(String);

impl KeyId {
    /// Parses a name; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let known = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        let fits = (1..=ID_MAX_BYTES).contains(&text.len()) && text.bytes().all(known);
        fits.then(|| Self(text.to_owned()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A key-encryption key.
#[derive(Clone, Debug)]
pub struct Kek {
    pub(crate) id: Option<KeyId>,
    pub(crate) secret: Secret,
}

impl Kek {
    /// A customer's key, as it comes with a request.
    #[must_use]
    pub fn customer(key: &[u8; KEY_BYTES]) -> Self {
        Self { id: None, secret: Secret::new(key) }
    }

    pub(crate) fn server(id: KeyId, key: &[u8; KEY_BYTES]) -> Self {
        Self { id: Some(id), secret: Secret::new(key) }
    }

    /// The name of a server key; `None` is a customer's.
    #[must_use]
    pub fn id(&self) -> Option<&KeyId> {
        self.id.as_ref()
    }
}
