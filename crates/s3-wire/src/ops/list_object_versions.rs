//! ListObjectVersions: pages of versions and delete markers, continued from the key and the version that a client names.

#[cfg(test)]
mod tests;

use bytes::Bytes;
use domain::listing::ListPosition;
use domain::versioning::{VersionEntry, VersionPage, VersionPosition, VersionQuery};
use domain::{AccountId, BucketName, ObjectKey, Timestamp, VersionId};

use crate::error::S3Error;
use crate::ops::listing::{Listing, after_marker, write_owner};
use crate::query::Query;
use crate::versioning::parse_version_id;
use crate::xml::Writer;

/// A checked ListObjectVersions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListObjectVersions {
    /// Prefix, delimiter, page size, encoding.
    pub listing: Listing,
    /// `key-marker`; empty for the beginning.
    pub key_marker: String,
    /// `version-id-marker`: the page begins with the older versions of `key_marker`.
    pub version_id_marker: Option<VersionId>,
}

/// Reads the query.
///
/// # Errors
/// `InvalidMaxKeys`; `NotImplemented` for an unknown `encoding-type`; `InvalidArgument` for a version marker that is no
/// version's id, or comes without a key marker.
///
/// Spec: Amazon S3 API, ListObjectVersions.
pub fn decode(query: &Query) -> Result<ListObjectVersions, S3Error> {
    const MARKER: &str = "version-id-marker";
    let key_marker = query.get("key-marker").unwrap_or_default().to_owned();
    let version_id_marker = parse_version_id(query, MARKER)?;
    if version_id_marker.is_some() && key_marker.is_empty() {
        return Err(S3Error::invalid_argument(
            "A version-id marker cannot be specified without a key marker.",
        )
        .with_extra("ArgumentName", MARKER));
    }
    Ok(ListObjectVersions { listing: Listing::decode(query)?, key_marker, version_id_marker })
}

impl ListObjectVersions {
    /// The question to the store.
    #[must_use]
    pub fn to_query(&self) -> VersionQuery {
        let Listing { prefix, delimiter, max_keys, .. } = &self.listing;
        let place = after_marker(prefix, delimiter.as_deref(), &self.key_marker);
        let after = match (place, self.version_id_marker) {
            (Some(_), Some(version)) => {
                Some(VersionPosition::Version { key: self.key_marker.clone(), version })
            }
            (Some(ListPosition::Key(key)), None) => Some(VersionPosition::Key(key)),
            (Some(ListPosition::Prefix(prefix)), None) => Some(VersionPosition::Prefix(prefix)),
            (None, _) => None,
        };
        VersionQuery { prefix: prefix.clone(), delimiter: delimiter.clone(), after, limit: max_keys.limit() }
    }

    fn write_version(&self, xml: &mut Writer, entry: &VersionEntry, owner: &AccountId) {
        match entry {
            VersionEntry::Object { info, version, is_latest } => {
                xml.open("Version");
                self.write_head(xml, &info.key, *version, *is_latest, info.last_modified);
                xml.leaf_display("ETag", &info.etag);
                xml.leaf_display("Size", info.size);
                xml.leaf("StorageClass", info.metadata.storage_class.name());
                write_owner(xml, owner);
                xml.close("Version");
            }
            VersionEntry::DeleteMarker { key, version, last_modified, is_latest } => {
                xml.open("DeleteMarker");
                self.write_head(xml, key, *version, *is_latest, *last_modified);
                write_owner(xml, owner);
                xml.close("DeleteMarker");
            }
            VersionEntry::Prefix(_) => {}
        }
    }

    /// What versions and markers have in common.
    fn write_head(
        &self,
        xml: &mut Writer,
        key: &ObjectKey,
        version: VersionId,
        is_latest: bool,
        at: Timestamp,
    ) {
        self.listing.name(xml, "Key", key.as_str());
        xml.leaf_display("VersionId", version);
        xml.leaf_display("IsLatest", is_latest);
        xml.leaf_display("LastModified", at);
    }

    fn write_next(&self, xml: &mut Writer, next: &VersionPosition) {
        let (VersionPosition::Key(text)
        | VersionPosition::Prefix(text)
        | VersionPosition::Version { key: text, .. }) = next;
        self.listing.name(xml, "NextKeyMarker", text);
        if let VersionPosition::Version { version, .. } = next {
            xml.leaf_display("NextVersionIdMarker", version);
        }
    }
}

/// The reply: versions and delete markers in one sequence, then common prefixes.
///
/// Spec: Amazon S3 API, ListObjectVersions, examples (order of elements).
#[must_use]
pub fn encode(
    bucket: &BucketName,
    owner: &AccountId,
    request: &ListObjectVersions,
    page: &VersionPage,
) -> Bytes {
    let listing = &request.listing;
    let mut xml = Writer::with_capacity(1_024 + page.entries.len() * 400);
    xml.open_root("ListVersionsResult");
    xml.leaf("Name", bucket.as_str());
    listing.name(&mut xml, "Prefix", &listing.prefix);
    listing.name(&mut xml, "KeyMarker", &request.key_marker);
    let marker = request.version_id_marker.map(|version| version.to_string());
    xml.leaf("VersionIdMarker", marker.as_deref().unwrap_or_default());
    // an empty page has no last entry to go on from
    if let (Some(next), false) = (&page.next, page.entries.is_empty()) {
        request.write_next(&mut xml, next);
    }
    xml.leaf_display("MaxKeys", listing.max_keys.echo());
    if let Some(delimiter) = &listing.delimiter {
        listing.name(&mut xml, "Delimiter", delimiter);
    }
    listing.write_encoding(&mut xml);
    xml.leaf_display("IsTruncated", page.next.is_some());
    for entry in &page.entries {
        request.write_version(&mut xml, entry, owner);
    }
    for entry in &page.entries {
        if let VersionEntry::Prefix(prefix) = entry {
            xml.open("CommonPrefixes");
            listing.name(&mut xml, "Prefix", prefix);
            xml.close("CommonPrefixes");
        }
    }
    xml.close("ListVersionsResult");
    xml.finish()
}
