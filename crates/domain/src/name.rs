//! Account ids, bucket names and object keys: checked once, on parse, and valid ever after.

use std::borrow::Cow;
use std::fmt;

use unicode_normalization::{IsNormalized, UnicodeNormalization as _, is_nfc_quick};

use crate::error::Error;
use crate::limits::KEY_MAX_BYTES;

/// An account: 32 lower-case hexadecimal characters.
///
/// Spec: R2 docs, S3 API, endpoints.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId(String);

impl AccountId {
    /// Parses an account id.
    ///
    /// # Errors
    /// The text itself when it is not 32 lower-case hexadecimal characters.
    pub fn parse(text: &str) -> Result<Self, String> {
        let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if text.len() == 32 && text.bytes().all(hex) {
            Ok(Self(text.to_owned()))
        } else {
            Err(text.to_owned())
        }
    }

    /// The 32 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A bucket's name: 3 to 63 of `a-z 0-9 -`, first and last alphanumeric.
///
/// Spec: R2 docs, create buckets, bucket naming.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BucketName(String);

impl BucketName {
    /// Parses a bucket name.
    ///
    /// # Errors
    /// [`Error::InvalidBucketName`] when a rule of the type is broken.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let alnum = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let bytes = text.as_bytes();
        let ends = bytes.first().is_some_and(alnum) && bytes.last().is_some_and(alnum);
        let valid = (3..=63).contains(&bytes.len()) && ends && bytes.iter().all(|b| alnum(b) || *b == b'-');
        if valid {
            Ok(Self(text.to_owned()))
        } else {
            Err(Error::InvalidBucketName { name: text.to_owned() })
        }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An object's name inside its bucket: 1 to 1,024 bytes of UTF-8, any characters.
///
/// Spec: R2 docs, platform limits.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectKey(String);

impl ObjectKey {
    /// Parses a key from text.
    ///
    /// # Errors
    /// [`Error::InvalidObjectName`] when it is empty, [`Error::KeyTooLong`] past 1,024 bytes.
    pub fn parse(text: impl Into<String>) -> Result<Self, Error> {
        let text = text.into();
        match text.len() {
            0 => Err(Error::InvalidObjectName { reason: "a key has at least one byte" }),
            n if n > KEY_MAX_BYTES => Err(Error::KeyTooLong { bytes: n }),
            _ => match identity(&text).len() {
                n if n > KEY_MAX_BYTES => Err(Error::KeyTooLong { bytes: n }),
                _ => Ok(Self(text)),
            },
        }
    }

    /// Parses a key from bytes.
    ///
    /// # Errors
    /// As [`ObjectKey::parse`], and [`Error::InvalidObjectName`] when the bytes are not UTF-8.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, Error> {
        match String::from_utf8(bytes) {
            Ok(text) => Self::parse(text),
            Err(_) => Err(Error::InvalidObjectName { reason: "a key is UTF-8 text" }),
        }
    }

    /// The key, as it was spelled.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it begins with `prefix`, whichever way either is spelled: what a rule says of keys, it says of objects.
    #[must_use]
    pub fn starts_with(&self, prefix: &str) -> bool {
        self.identity().starts_with(&*identity(prefix))
    }

    /// What tells it from other keys: see [`identity`].
    #[must_use]
    pub fn identity(&self) -> Cow<'_, str> {
        identity(&self.0)
    }
}

/// A key, or the beginning of one, in Unicode's composed form: texts that look the same are the same key, whichever way
/// their accents are spelled.
///
/// Spec: R2 docs, unicode interoperability.
#[must_use]
pub fn identity(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || is_nfc_quick(text.chars()) == IsNormalized::Yes {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.nfc().collect())
    }
}

macro_rules! shown_as_text {
    ($($name:ident),*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&self.0) }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { write!(f, "{:?}", self.0) }
        }
    )*};
}
shown_as_text!(AccountId, BucketName, ObjectKey);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bucket_names_follow_r2s_rule() {
        let (longest, shorter) = ("a".repeat(63), "a".repeat(62));
        for good in ["abc", "abcd", "a-b", "user-uploads", "0a0", shorter.as_str(), longest.as_str()] {
            assert_eq!(BucketName::parse(good).map(|b| b.to_string()), Ok(good.to_owned()));
        }
        let too_long = "a".repeat(64);
        for bad in ["", "ab", "-ab", "ab-", "Abc", "a.b", "a_b", "a b", "äbc", "_larder", too_long.as_str()]
        {
            assert_eq!(BucketName::parse(bad), Err(Error::InvalidBucketName { name: bad.to_owned() }));
        }
    }

    #[test]
    fn keys_are_bounded_utf8() {
        assert!(ObjectKey::parse("/../a//b ü").is_ok());
        for bytes in [1, 1_023, 1_024] {
            assert!(ObjectKey::parse("x".repeat(bytes)).is_ok(), "{bytes}");
        }
        assert_eq!(ObjectKey::parse("x".repeat(1_025)), Err(Error::KeyTooLong { bytes: 1_025 }));
        assert!(matches!(ObjectKey::parse(""), Err(Error::InvalidObjectName { .. })));
        assert!(matches!(ObjectKey::from_bytes(vec![0xff]), Err(Error::InvalidObjectName { .. })));
    }

    #[test]
    fn spellings_of_one_name_have_one_identity() {
        let composed = ObjectKey::parse("caf\u{e9}").unwrap();
        let decomposed = ObjectKey::parse("cafe\u{301}").unwrap();
        assert_ne!(composed, decomposed, "each keeps its spelling");
        assert_eq!(composed.identity(), decomposed.identity());
        assert_eq!(decomposed.identity(), "caf\u{e9}");
        assert!(decomposed.starts_with("caf\u{e9}") && composed.starts_with("cafe\u{301}"));
        assert!(!decomposed.starts_with("cafe"), "it is no name with an e");
        assert!(matches!(composed.identity(), Cow::Borrowed(_)));
        // compatibility forms differ: a ligature is not its letters
        assert_eq!(identity("\u{fb01}"), "\u{fb01}");
        // some texts are longer when composed; the bound is for both
        assert_eq!(ObjectKey::parse("\u{1d160}".repeat(256)), Err(Error::KeyTooLong { bytes: 3_072 }));
    }

    #[test]
    fn account_ids_are_32_lower_hex() {
        assert!(AccountId::parse("123456789abcdef0123456789abcdef0").is_ok());
        for bad in ["", "123456789ABCDEF0123456789abcdef0", "123456789abcdef0123456789abcdef"] {
            assert!(AccountId::parse(bad).is_err());
        }
    }
}
