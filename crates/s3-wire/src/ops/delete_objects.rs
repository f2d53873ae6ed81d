//! DeleteObjects: up to 1,000 keys in a document, and a row for each in the answer.

#[cfg(test)]
mod tests;

use bytes::Bytes;
use domain::etag::ETagMatch;
use domain::limits::{DELETE_MAX_KEYS, XML_BODY_MAX_BYTES};
use domain::versioning::Deletion;
use domain::{DeleteConditions, ETag, ObjectKey, VersionId};

use crate::error::S3Error;
use crate::headers::{parse_date, parse_size};
use crate::route::object_key;
use crate::versioning;
use crate::xml::{self, Element, Limits, Writer};

/// A checked DeleteObjects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeleteObjects {
    /// What to delete, in order.
    pub objects: Vec<ObjectToDelete>,
    /// Entries that are refused each for itself.
    pub refused: Vec<DeleteError>,
    /// Whether the reply leaves out what was deleted.
    pub quiet: bool,
}

/// An object to delete, if it is what the client means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectToDelete {
    /// Its key.
    pub key: ObjectKey,
    /// The version that goes; `None` for the object as it stands.
    pub version: Option<VersionId>,
    /// What must be true of it.
    pub conditions: DeleteConditions,
}

/// A key that was not deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeleteError {
    /// The key as it was sent.
    pub key: String,
    /// The version as it was sent, if one was.
    pub version: Option<String>,
    /// Why.
    pub error: S3Error,
}

/// Room for every key, each with an element or two beside it; more than that many keys are refused by their count.
const LIMITS: Limits = Limits { bytes: XML_BODY_MAX_BYTES, elements: 8 * DELETE_MAX_KEYS };

/// Reads the document. Keys are not trimmed. With `strict_r2` entries with conditions or versions, which R2 lacks, are
/// refused: deleting regardless would be worse.
///
/// # Errors
/// `MalformedXML`, also for no key or more than 1,000; `MaxMessageLengthExceeded`.
///
/// Observed: R2, 2026-06-11 (counts, `Quiet`). Spec: Amazon S3 API, DeleteObjects.
pub fn decode(body: &[u8], strict_r2: bool) -> Result<DeleteObjects, S3Error> {
    let root = xml::parse(body, LIMITS)?.expect_root("Delete")?;
    let mut request = DeleteObjects::default();
    let mut quiet = None;
    for element in root.children()? {
        match element.name() {
            "Object" => request.add(element, strict_r2)?,
            "Quiet" if quiet.is_none() => {
                quiet = Some(match element.leaf_text()? {
                    "true" => true,
                    "false" => false,
                    _ => return Err(S3Error::malformed_xml("Quiet is true or false.")),
                });
            }
            _ => return Err(element.unexpected()),
        }
    }
    request.quiet = quiet.unwrap_or_default();
    match request.objects.len() + request.refused.len() {
        1..=DELETE_MAX_KEYS => Ok(request),
        0 => Err(S3Error::malformed_xml("Name at least one key.")),
        count => Err(S3Error::malformed_xml(format!(
            "At most {DELETE_MAX_KEYS} keys at once; this document has {count}."
        ))),
    }
}

impl DeleteObjects {
    fn add(&mut self, object: &Element, strict_r2: bool) -> Result<(), S3Error> {
        let (mut key, mut version, mut refused) = (None, None, None);
        let mut conditions = DeleteConditions::default();
        for element in object.children()? {
            let text = element.leaf_text()?;
            match element.name() {
                "Key" if key.is_none() => key = Some(text),
                "VersionId" if text.is_empty() || (strict_r2 && text == "null") => {}
                name @ ("VersionId" | "ETag" | "LastModifiedTime" | "Size") if strict_r2 => {
                    refused = Some(name);
                }
                "VersionId" if version.is_none() => version = Some(text),
                _ => add_condition(&mut conditions, element, text)?,
            }
        }
        let Some(key) = key else { return Err(S3Error::malformed_xml("Each Object needs a Key.")) };
        let checked = match refused {
            Some(name) => Err(S3Error::not_implemented_text(format_args!("DeleteObjects element {name}"))),
            None => object_key(key).and_then(|key| {
                let version = version.map(|text| versioning::parse(text, "VersionId")).transpose()?;
                Ok(ObjectToDelete { key, version, conditions })
            }),
        };
        match checked {
            Ok(object) => self.objects.push(object),
            Err(error) => {
                let version = version.map(str::to_owned);
                self.refused.push(DeleteError { key: key.to_owned(), version, error });
            }
        }
        Ok(())
    }
}

/// Spec: Amazon S3 API, DeleteObjects, `ObjectIdentifier`.
fn add_condition(conditions: &mut DeleteConditions, element: &Element, text: &str) -> Result<(), S3Error> {
    let malformed = |what: &str| S3Error::malformed_xml(format!("{} is {what}.", element.name()));
    let text = text.trim();
    match element.name() {
        "ETag" if conditions.if_match.is_none() => {
            let entry = if text == "*" { ETagMatch::Any } else { ETagMatch::Strong(ETag::from_text(text)) };
            conditions.if_match = Some(vec![entry]);
        }
        "LastModifiedTime" if conditions.last_modified.is_none() => {
            conditions.last_modified = Some(parse_date(text).ok_or_else(|| malformed("an HTTP date"))?);
        }
        "Size" if conditions.size_bytes.is_none() => {
            conditions.size_bytes = Some(parse_size(text).ok_or_else(|| malformed("a number of bytes"))?);
        }
        _ => return Err(element.unexpected()),
    }
    Ok(())
}

/// The reply: what was deleted, unless `quiet`, then what was not.
///
/// Observed: R2, 2026-06-11 (order of elements). R2 ignores `Quiet`; we honour it, as AWS does.
#[must_use]
pub fn encode<'a>(
    deleted: impl ExactSizeIterator<Item = (&'a ObjectKey, Deletion)>,
    errors: &[DeleteError],
    quiet: bool,
) -> Bytes {
    let mut xml = Writer::with_capacity(256 + (deleted.len() + errors.len()) * 128);
    xml.open_root("DeleteResult");
    if !quiet {
        for (key, deletion) in deleted {
            xml.open("Deleted");
            xml.leaf("Key", key.as_str());
            versioning::write_deletion(&mut xml, deletion);
            xml.close("Deleted");
        }
    }
    for DeleteError { key, version, error } in errors {
        xml.open("Error");
        xml.leaf("Key", key);
        if let Some(version) = version {
            xml.leaf("VersionId", version);
        }
        xml.leaf("Code", error.code.name());
        xml.leaf("Message", &error.message);
        xml.close("Error");
    }
    xml.close("DeleteResult");
    xml.finish()
}
