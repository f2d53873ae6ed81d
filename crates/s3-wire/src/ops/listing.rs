//! What listings share: parameters, encoding of names, places, and the rows of both versions of the object listing.

#[cfg(test)]
mod tests;

use domain::limits::LIST_MAX_KEYS;
use domain::listing::{ListEntry, ListPage, ListPosition};
use domain::name::identity;
use domain::{AccountId, ObjectInfo};

use crate::error::S3Error;
use crate::error_code::S3ErrorCode;
use crate::query::Query;
use crate::xml::Writer;

/// The parameters that both versions have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// `prefix`; empty for all.
    pub prefix: String,
    /// `delimiter`; an empty one is none.
    pub delimiter: Option<String>,
    /// `max-keys`.
    pub max_keys: MaxKeys,
    /// Whether names in the reply are percent-encoded (`encoding-type=url`).
    pub url_encoded: bool,
}

/// `max-keys` as it was asked for: the page is cut to 1,000, the reply repeats what was asked.
///
/// Observed: R2, 2026-06-11.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaxKeys(u32);

impl Default for MaxKeys {
    fn default() -> Self {
        Self(LIST_MAX_KEYS)
    }
}

impl MaxKeys {
    /// Parses a decimal number; fractions are rounded down. Beyond a signed 32-bit number, which is what clients read
    /// the echo into, it becomes the largest of those.
    ///
    /// # Errors
    /// `InvalidMaxKeys` for text that is no number, negative or infinite.
    pub fn parse(text: &str) -> Result<Self, S3Error> {
        const ECHO_MAX: f64 = 2_147_483_647.0;
        let number: f64 = text.trim().parse().map_err(|_| S3Error::new(S3ErrorCode::InvalidMaxKeys))?;
        if !number.is_finite() || number < 0.0 {
            return Err(S3Error::new(S3ErrorCode::InvalidMaxKeys));
        }
        Ok(Self(number.min(ECHO_MAX) as u32))
    }

    /// The number for the reply.
    #[must_use]
    pub const fn echo(self) -> u32 {
        self.0
    }

    /// Most entries on the page.
    #[must_use]
    pub fn limit(self) -> u32 {
        self.0.min(LIST_MAX_KEYS)
    }
}

/// Whether `encoding-type` asks for percent-encoded names.
///
/// # Errors
/// `NotImplemented` for a type that does not exist.
///
/// Observed: R2, 2026-06-11.
pub(super) fn is_url_encoded(query: &Query) -> Result<bool, S3Error> {
    match query.get("encoding-type") {
        None => Ok(false),
        Some("url") => Ok(true),
        Some(other) => {
            let other: String = other.chars().take(64).collect();
            Err(S3Error::not_implemented_text(format_args!("Unrecognized encoding-type \"{other}\"")))
        }
    }
}

/// A name as an element: percent-encoded when that was asked for.
pub(super) fn write_name(xml: &mut Writer, element: &str, text: &str, url_encoded: bool) {
    if url_encoded {
        xml.leaf_encoded(element, text);
    } else {
        xml.leaf(element, text);
    }
}

/// The place that a marker stands for. One that is itself a common prefix, as the next marker of a page may be, stands
/// for all the keys that it folds: they were on the page before. It is shown in the composed form, and the prefix and the
/// delimiter may come in another spelling.
pub(super) fn after_marker(prefix: &str, delimiter: Option<&str>, marker: &str) -> Option<ListPosition> {
    let folds = |delimiter: &str| {
        let marker = identity(marker);
        let rest = marker.strip_prefix(&*identity(prefix)).unwrap_or_default();
        rest.split_once(&*identity(delimiter)).is_some_and(|(_, after)| after.is_empty())
    };
    match delimiter {
        _ if marker.is_empty() => None,
        Some(delimiter) if folds(delimiter) => Some(ListPosition::Prefix(marker.to_owned())),
        _ => Some(ListPosition::Key(marker.to_owned())),
    }
}

impl Listing {
    /// Reads the shared parameters.
    ///
    /// # Errors
    /// `InvalidMaxKeys`; `NotImplemented` for an unknown `encoding-type`.
    pub(super) fn decode(query: &Query) -> Result<Self, S3Error> {
        let url_encoded = is_url_encoded(query)?;
        Ok(Self {
            prefix: query.get("prefix").unwrap_or_default().to_owned(),
            delimiter: query.get("delimiter").filter(|d| !d.is_empty()).map(str::to_owned),
            max_keys: query.get("max-keys").map(MaxKeys::parse).transpose()?.unwrap_or_default(),
            url_encoded,
        })
    }

    /// A document with room for a page.
    pub(super) fn writer(page: &ListPage) -> Writer {
        Writer::with_capacity(1_024 + page.entries.len() * 320)
    }

    /// A name: encoded when that was asked for.
    pub(super) fn name(&self, xml: &mut Writer, element: &str, text: &str) {
        write_name(xml, element, text, self.url_encoded);
    }

    /// Rows, whether there are more, and common prefixes; then the prefix and the delimiter.
    pub(super) fn write_page(&self, xml: &mut Writer, page: &ListPage, owner: Option<&AccountId>) {
        for entry in &page.entries {
            if let ListEntry::Object(info) = entry {
                self.write_object(xml, info, owner);
            }
        }
        xml.leaf("IsTruncated", if page.next.is_some() { "true" } else { "false" });
        for entry in &page.entries {
            if let ListEntry::Prefix(prefix) = entry {
                xml.open("CommonPrefixes");
                self.name(xml, "Prefix", prefix);
                xml.close("CommonPrefixes");
            }
        }
        self.name(xml, "Prefix", &self.prefix);
        if let Some(delimiter) = &self.delimiter {
            self.name(xml, "Delimiter", delimiter);
        }
    }

    /// `EncodingType`, when it was asked for.
    pub(super) fn write_encoding(&self, xml: &mut Writer) {
        if self.url_encoded {
            xml.leaf("EncodingType", "url");
        }
    }

    fn write_object(&self, xml: &mut Writer, info: &ObjectInfo, owner: Option<&AccountId>) {
        xml.open("Contents");
        self.name(xml, "Key", info.key.as_str());
        xml.leaf_display("Size", info.size);
        xml.leaf_display("LastModified", info.last_modified);
        xml.leaf_display("ETag", &info.etag);
        xml.leaf("StorageClass", info.metadata.storage_class.name());
        if let Some(owner) = owner {
            write_owner(xml, owner);
        }
        xml.close("Contents");
    }
}

/// The account as an owner.
pub(super) fn write_owner(xml: &mut Writer, owner: &AccountId) {
    write_account(xml, "Owner", owner);
}

/// The account in some role.
pub(super) fn write_account(xml: &mut Writer, role: &str, account: &AccountId) {
    xml.open(role);
    xml.leaf("DisplayName", account.as_str());
    xml.leaf("ID", account.as_str());
    xml.close(role);
}
