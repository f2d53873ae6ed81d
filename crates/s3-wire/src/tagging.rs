//! Tags as S3's XML and as the header that comes with an object. Which tags are valid is `domain`'s.

#[cfg(test)]
mod tests;

use bytes::Bytes;
use domain::limits::{BUCKET_TAGS_MAX, XML_BODY_MAX_BYTES};
use domain::tag::{Tag, TagFault, TagSet};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::error::S3Error;
use crate::error_code::S3ErrorCode;
use crate::headers::header_text;
use crate::query::Query;
use crate::xml::{self, Element, Limits, Writer};

/// Room for every tag of a bucket; more than that are refused by their count.
const LIMITS: Limits = Limits { bytes: XML_BODY_MAX_BYTES / 8, elements: 16 * BUCKET_TAGS_MAX };

/// Reads a `Tagging` document of an object's tags.
///
/// # Errors
/// `MalformedXML`, `MaxMessageLengthExceeded`; `BadRequest` for too many, `InvalidTag` for any other fault.
///
/// Spec: Amazon S3 API, PutObjectTagging.
pub fn decode_object(body: &[u8]) -> Result<TagSet, S3Error> {
    TagSet::of_object(decode(body)?).map_err(|fault| S3Error::from(&fault))
}

/// Reads a `Tagging` document of a bucket's tags.
///
/// # Errors
/// As [`decode_object`].
///
/// Spec: Amazon S3 API, PutBucketTagging.
pub fn decode_bucket(body: &[u8]) -> Result<TagSet, S3Error> {
    TagSet::of_bucket(decode(body)?).map_err(|fault| S3Error::from(&fault))
}

fn decode(body: &[u8]) -> Result<Vec<Tag>, S3Error> {
    let root = xml::parse(body, LIMITS)?.expect_root("Tagging")?;
    match root.children()? {
        [set] if set.name() == "TagSet" => set.children()?.iter().map(tag).collect(),
        _ => Err(S3Error::malformed_xml("A Tagging document holds one TagSet.")),
    }
}

fn tag(element: &Element) -> Result<Tag, S3Error> {
    if element.name() != "Tag" {
        return Err(element.unexpected());
    }
    let (mut key, mut value) = (None, None);
    for child in element.children()? {
        match child.name() {
            "Key" if key.is_none() => key = Some(child.leaf_text()?.to_owned()),
            "Value" if value.is_none() => value = Some(child.leaf_text()?.to_owned()),
            _ => return Err(child.unexpected()),
        }
    }
    match (key, value) {
        (Some(key), Some(value)) => Ok(Tag { key, value }),
        _ => Err(S3Error::malformed_xml("Each Tag has a Key and a Value.")),
    }
}

/// Writes a `Tagging` document.
///
/// Spec: Amazon S3 API, GetObjectTagging, GetBucketTagging.
#[must_use]
pub fn encode(tags: &TagSet) -> Bytes {
    let mut xml = Writer::with_capacity(256 + tags.tags().len() * 128);
    xml.open_root("Tagging");
    xml.open("TagSet");
    for Tag { key, value } in tags.tags() {
        xml.open("Tag");
        xml.leaf("Key", key);
        xml.leaf("Value", value);
        xml.close("Tag");
    }
    xml.close("TagSet");
    xml.close("Tagging");
    xml.finish()
}

/// The tags that an object comes with in `x-amz-tagging`, which is written like a query: `key=value&key=value`.
///
/// # Errors
/// `InvalidArgument` for a header that is no query, and for two tags with one key; `BadRequest` for too many,
/// `InvalidTag` for any other fault.
///
/// Spec: Amazon S3 API, PutObject, `x-amz-tagging`.
pub fn decode_header(headers: &HeaderMap) -> Result<TagSet, S3Error> {
    let Some(text) = header_text(headers, "x-amz-tagging") else { return Ok(TagSet::default()) };
    let query = Query::parse(text.trim()).map_err(|_| malformed_header())?;
    let tags = query.iter().map(|(key, value)| Tag { key: key.to_owned(), value: value.to_owned() });
    TagSet::of_object(tags.collect()).map_err(|fault| match fault {
        TagFault::Duplicate { .. } => malformed_header(),
        fault => S3Error::from(&fault),
    })
}

fn malformed_header() -> S3Error {
    S3Error::invalid_argument(
        "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.",
    )
    .with_extra("ArgumentName", "x-amz-tagging")
}

/// Sets the header that says how many tags an object has; none when it has none.
///
/// Spec: Amazon S3 API, GetObject, `x-amz-tagging-count`.
pub fn set_count(headers: &mut HeaderMap, tags: &TagSet) {
    if !tags.tags().is_empty() {
        headers.insert(HeaderName::from_static("x-amz-tagging-count"), HeaderValue::from(tags.tags().len()));
    }
}

impl From<&TagFault> for S3Error {
    /// Spec: Amazon S3 API, PutObjectTagging, errors.
    fn from(fault: &TagFault) -> Self {
        let text = fault.to_string();
        match fault {
            TagFault::TooMany { .. } => Self::new(S3ErrorCode::BadRequest).with_message(text),
            TagFault::Key { key } | TagFault::System { key } | TagFault::Duplicate { key } => {
                Self::new(S3ErrorCode::InvalidTag).with_message(text).with_extra("TagKey", shown(key))
            }
            TagFault::Value { key } => Self::new(S3ErrorCode::InvalidTag)
                .with_message(text)
                .with_extra("TagKey", shown(key))
                .with_hint("A value has up to 256 letters, numbers and spaces, and + - = . _ : / @."),
        }
    }
}

/// As much of a key as an error repeats: one character more than a valid key may have.
fn shown(key: &str) -> String {
    key.chars().take(domain::limits::TAG_KEY_MAX_UNITS + 1).collect()
}
