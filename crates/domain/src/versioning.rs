//! Versions of objects: whether a bucket keeps them, what they are called, and a page of their listing. What a version
//! holds, and which one is the latest, is the store's.

use std::fmt;

use crate::clock::Timestamp;
use crate::name::ObjectKey;
use crate::object::ObjectInfo;

/// Whether a bucket keeps the versions that it replaces.
///
/// Spec: Amazon S3 user guide, versioning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Versioning {
    /// It never did: each object has one version, whose id is `null`.
    #[default]
    Off,
    /// Each version has an id and stays until it is deleted by it.
    Enabled,
    /// New versions are `null` and replace one another; those with ids stay.
    Suspended,
}

/// A version's id: opaque to clients, which give back what they were given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VersionId {
    /// `null`: the version that was stored while the bucket did not keep versions.
    Null,
    /// The number of a version, never reused.
    Number(u64),
}

impl VersionId {
    const DIGITS: usize = 16;

    /// Reads an id as [`VersionId`] shows it; `None` for any other text, which is no version's.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text == "null" {
            return Some(Self::Null);
        }
        let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        let is_number = text.len() == Self::DIGITS && text.bytes().all(hex);
        is_number.then(|| u64::from_str_radix(text, 16).ok()).flatten().map(Self::Number)
    }
}

impl fmt::Display for VersionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Number(number) => write!(f, "{number:0digits$x}", digits = Self::DIGITS),
        }
    }
}

/// What a deletion did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// Nothing is left of the object, or there was nothing.
    Object,
    /// The version that was named is gone.
    Version(VersionId),
    /// The delete marker that was named is gone: the version before it is the latest again.
    Marker(VersionId),
    /// The object's versions are still there, under this new delete marker.
    NewMarker(VersionId),
}

/// A question for one page of versions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VersionQuery {
    /// Only keys that begin with this; empty for all.
    pub prefix: String,
    /// Folds keys that share the text up to and including this into one common prefix; any non-empty text.
    pub delimiter: Option<String>,
    /// Where to begin.
    pub after: Option<VersionPosition>,
    /// Most versions, markers and common prefixes on the page, 0 to 1,000.
    pub limit: u32,
}

/// A place between two entries of a listing of versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VersionPosition {
    /// After every version of this key, or of any text a client names.
    Key(String),
    /// After this version of the key: its older ones follow.
    Version {
        /// The key.
        key: String,
        /// The version; it may be gone by now.
        version: VersionId,
    },
    /// After every key that begins with this common prefix.
    Prefix(String),
}

/// One entry of a page.
#[expect(
    clippy::large_enum_variant,
    reason = "most entries are versions: boxed, each would be an allocation more"
)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VersionEntry {
    /// A version with content.
    Object {
        /// What it holds.
        info: ObjectInfo,
        /// Its id.
        version: VersionId,
        /// Whether it is what its key stands for.
        is_latest: bool,
    },
    /// A version that says the object was deleted.
    DeleteMarker {
        /// The key.
        key: ObjectKey,
        /// Its id.
        version: VersionId,
        /// When the object was deleted.
        last_modified: Timestamp,
        /// Whether it is what its key stands for.
        is_latest: bool,
    },
    /// A common prefix.
    Prefix(String),
}

/// One page: keys in UTF-8 byte order, the versions of a key from the newest to the oldest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VersionPage {
    /// Versions, markers and common prefixes in order.
    pub entries: Vec<VersionEntry>,
    /// Where the next page begins, when there is more.
    pub next: Option<VersionPosition>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_back_as_they_were_shown() {
        for id in
            [VersionId::Null, VersionId::Number(0), VersionId::Number(0x1f), VersionId::Number(u64::MAX)]
        {
            assert_eq!(VersionId::parse(&id.to_string()), Some(id));
        }
        assert_eq!(VersionId::Number(0x1f).to_string(), "000000000000001f");
        for other in
            ["", "Null", "1f", "000000000000001F", "+00000000000001f", "0000000000000001f", "00000000000000é"]
        {
            assert_eq!(VersionId::parse(other), None, "{other}");
        }
    }
}
