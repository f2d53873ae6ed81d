//! Tags of objects and buckets: pairs of short texts. A set is checked when it is made and valid ever after.

use crate::limits::{BUCKET_TAGS_MAX, OBJECT_TAGS_MAX, TAG_KEY_MAX_UNITS, TAG_VALUE_MAX_UNITS};

/// One tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// 1 to 128 UTF-16 units.
    pub key: String,
    /// Up to 256 UTF-16 units.
    pub value: String,
}

/// Tags with distinct keys, in the order they were given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TagSet {
    tags: Vec<Tag>,
}

/// What is wrong with tags, in AWS's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TagFault {
    /// Over [`OBJECT_TAGS_MAX`] or [`BUCKET_TAGS_MAX`].
    #[error("{what} cannot be greater than {max}")]
    TooMany {
        /// Whose tags.
        what: &'static str,
        /// How many there may be.
        max: usize,
    },
    /// A key that is empty, too long, or has a character that no tag has.
    #[error("The TagKey you have provided is invalid")]
    Key {
        /// The key.
        key: String,
    },
    /// A value that is too long or has a character that no tag has.
    #[error("The TagValue you have provided is invalid")]
    Value {
        /// The key of that value.
        key: String,
    },
    /// A key with the prefix that AWS keeps to itself.
    #[error("System tags cannot be added/updated by requester")]
    System {
        /// The key.
        key: String,
    },
    /// Two tags with one key.
    #[error("Cannot provide multiple Tags with the same key")]
    Duplicate {
        /// The key.
        key: String,
    },
}

impl TagSet {
    /// Checks an object's tags.
    ///
    /// # Errors
    /// The first [`TagFault`].
    ///
    /// Spec: Amazon S3 user guide, object tagging.
    pub fn of_object(tags: Vec<Tag>) -> Result<Self, TagFault> {
        Self::check(tags, "Object tags", OBJECT_TAGS_MAX)
    }

    /// Checks a bucket's tags.
    ///
    /// # Errors
    /// The first [`TagFault`].
    pub fn of_bucket(tags: Vec<Tag>) -> Result<Self, TagFault> {
        Self::check(tags, "Bucket tag count", BUCKET_TAGS_MAX)
    }

    fn check(tags: Vec<Tag>, what: &'static str, max: usize) -> Result<Self, TagFault> {
        if tags.len() > max {
            return Err(TagFault::TooMany { what, max });
        }
        for (at, tag) in tags.iter().enumerate() {
            let key = || tag.key.clone();
            if tag.key.is_empty() || !is_tag_text(&tag.key, TAG_KEY_MAX_UNITS) {
                return Err(TagFault::Key { key: key() });
            }
            if tag.key.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("aws:")) {
                return Err(TagFault::System { key: key() });
            }
            if !is_tag_text(&tag.value, TAG_VALUE_MAX_UNITS) {
                return Err(TagFault::Value { key: key() });
            }
            if tags.iter().take(at).any(|other| other.key == tag.key) {
                return Err(TagFault::Duplicate { key: key() });
            }
        }
        Ok(Self { tags })
    }

    /// The tags, in order.
    #[must_use]
    pub fn tags(&self) -> &[Tag] {
        &self.tags
    }
}

/// Letters, numbers and spaces of any script, and eight marks.
///
/// Spec: Amazon S3 user guide, object tagging, tag restrictions.
fn is_tag_text(text: &str, max_units: usize) -> bool {
    let allowed =
        |c: char| c.is_alphanumeric() || (c.is_whitespace() && !c.is_control()) || "+-=._:/@".contains(c);
    text.encode_utf16().count() <= max_units && text.chars().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(key: &str, value: &str) -> Tag {
        Tag { key: key.into(), value: value.into() }
    }

    #[test]
    fn tags_that_are_kept() {
        let tags = vec![
            tag("project", "blue"),
            tag("Project", ""),
            tag("straße 7", "東京\u{3000}x"),
            tag("+-=._:/@", "a+b=c"),
            tag("awsome", "aws:is fine in a value"),
            tag(&"k".repeat(128), &"v".repeat(256)),
        ];
        assert_eq!(TagSet::of_object(tags.clone()).unwrap().tags(), tags);
        assert_eq!(TagSet::of_object(Vec::new()), Ok(TagSet::default()));
    }

    #[test]
    fn tags_that_are_not() {
        let invalid_key = |key: &str| TagFault::Key { key: key.into() };
        let long = "k".repeat(129);
        let astral = "𝒳".repeat(65);
        let table = [
            (vec![tag("", "v")], invalid_key("")),
            (vec![tag(&long, "v")], invalid_key(&long)),
            (vec![tag(&astral, "v")], invalid_key(&astral)),
            (vec![tag("a&b", "v")], invalid_key("a&b")),
            (vec![tag("a\tb", "v")], invalid_key("a\tb")),
            (vec![tag("😀", "v")], invalid_key("😀")),
            (vec![tag("k", &"v".repeat(257))], TagFault::Value { key: "k".into() }),
            (vec![tag("k", "a\nb")], TagFault::Value { key: "k".into() }),
            (vec![tag("aws:cost", "v")], TagFault::System { key: "aws:cost".into() }),
            (vec![tag("AWS:cost", "v")], TagFault::System { key: "AWS:cost".into() }),
            (vec![tag("a", "1"), tag("b", ""), tag("a", "1")], TagFault::Duplicate { key: "a".into() }),
        ];
        for (tags, fault) in table {
            assert_eq!(TagSet::of_bucket(tags.clone()), Err(fault), "{tags:?}");
        }
    }

    #[test]
    fn ten_for_an_object_and_fifty_for_a_bucket() {
        let many = |count: usize| (0..count).map(|n| tag(&n.to_string(), "")).collect::<Vec<_>>();
        assert!(TagSet::of_object(many(10)).is_ok() && TagSet::of_bucket(many(50)).is_ok());
        let text = |result: Result<TagSet, TagFault>| result.unwrap_err().to_string();
        assert_eq!(text(TagSet::of_object(many(11))), "Object tags cannot be greater than 10");
        assert_eq!(text(TagSet::of_bucket(many(51))), "Bucket tag count cannot be greater than 50");
    }
}
