//! ListMultipartUploads: the uploads in progress, in order of key, those of one key in order of id.

#[cfg(test)]
mod tests;

use bytes::Bytes;
use domain::listing::ListPosition;
use domain::{AccountId, BucketName, ObjectKey, StorageClass, Timestamp, UploadChecksum};

use crate::error::S3Error;
use crate::ops::listing::{after_marker, is_url_encoded, write_account, write_name, write_owner};
use crate::ops::parts::{page_limit, write_upload_checksum};
use crate::query::Query;
use crate::xml::Writer;

/// A checked ListMultipartUploads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListMultipartUploads {
    /// `prefix`; empty for all.
    pub prefix: String,
    /// `delimiter`; an empty one is none.
    pub delimiter: Option<String>,
    /// `key-marker`; empty for the beginning.
    pub key_marker: String,
    /// `upload-id-marker`; of no meaning without a key.
    pub upload_id_marker: String,
    /// Most uploads and common prefixes on the page, 0 to 1,000.
    pub limit: u32,
    /// Whether names in the reply are percent-encoded (`encoding-type=url`).
    pub url_encoded: bool,
}

/// Where a page begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UploadsAfter {
    /// After all the uploads of a key, or of a common prefix.
    Position(ListPosition),
    /// After this upload of a key, and before those of later keys.
    Upload {
        /// The key.
        key: String,
        /// The upload.
        upload_id: String,
    },
}

/// An upload of the reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UploadRow<'a> {
    /// The key that it is for.
    pub key: &'a ObjectKey,
    /// Its id.
    pub upload_id: &'a str,
    /// When it began.
    pub initiated: Timestamp,
    /// The class that the object is to have.
    pub storage_class: StorageClass,
    /// The checksums that it computes.
    pub checksum: Option<UploadChecksum>,
}

/// An entry of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UploadEntry<'a> {
    /// An upload.
    Upload(UploadRow<'a>),
    /// A common prefix.
    Prefix(&'a str),
}

/// Reads the query.
///
/// # Errors
/// `InvalidArgument` for a `max-uploads` that is no number; `NotImplemented` for an unknown `encoding-type`.
///
/// Spec: Amazon S3 API, ListMultipartUploads.
pub fn decode(query: &Query) -> Result<ListMultipartUploads, S3Error> {
    let text = |name| query.get(name).unwrap_or_default().to_owned();
    Ok(ListMultipartUploads {
        prefix: text("prefix"),
        delimiter: Some(text("delimiter")).filter(|delimiter| !delimiter.is_empty()),
        key_marker: text("key-marker"),
        upload_id_marker: text("upload-id-marker"),
        limit: page_limit("max-uploads", query.get("max-uploads"))?,
        url_encoded: is_url_encoded(query)?,
    })
}

impl ListMultipartUploads {
    /// Where the page begins; `None` for the beginning.
    #[must_use]
    pub fn after(&self) -> Option<UploadsAfter> {
        let position = after_marker(&self.prefix, self.delimiter.as_deref(), &self.key_marker)?;
        Some(match position {
            ListPosition::Key(key) if !self.upload_id_marker.is_empty() => {
                UploadsAfter::Upload { key, upload_id: self.upload_id_marker.clone() }
            }
            position => UploadsAfter::Position(position),
        })
    }

    fn name(&self, xml: &mut Writer, element: &str, text: &str) {
        write_name(xml, element, text, self.url_encoded);
    }

    /// Where the next page begins, for the client to send back.
    fn write_next(&self, xml: &mut Writer, last: UploadEntry<'_>) {
        match last {
            UploadEntry::Upload(row) => {
                self.name(xml, "NextKeyMarker", row.key.as_str());
                xml.leaf("NextUploadIdMarker", row.upload_id);
            }
            UploadEntry::Prefix(prefix) => self.name(xml, "NextKeyMarker", prefix),
        }
    }

    fn write_upload(&self, xml: &mut Writer, owner: &AccountId, row: &UploadRow<'_>) {
        xml.open("Upload");
        self.name(xml, "Key", row.key.as_str());
        xml.leaf("UploadId", row.upload_id);
        write_account(xml, "Initiator", owner);
        write_owner(xml, owner);
        xml.leaf("StorageClass", row.storage_class.name());
        xml.leaf_display("Initiated", row.initiated);
        if let Some(checksum) = row.checksum {
            write_upload_checksum(xml, checksum);
        }
        xml.close("Upload");
    }
}

/// The reply. `is_truncated` says that there is more after the last entry.
///
/// Spec: Amazon S3 API, ListMultipartUploads, response elements.
#[must_use]
pub fn encode(
    bucket: &BucketName,
    owner: &AccountId,
    request: &ListMultipartUploads,
    entries: &[UploadEntry<'_>],
    is_truncated: bool,
) -> Bytes {
    let mut xml = Writer::with_capacity(1_024 + entries.len() * 512);
    xml.open_root("ListMultipartUploadsResult");
    xml.leaf("Bucket", bucket.as_str());
    request.name(&mut xml, "KeyMarker", &request.key_marker);
    xml.leaf("UploadIdMarker", &request.upload_id_marker);
    // an empty page has no last entry to go on from
    if let (Some(last), true) = (entries.last(), is_truncated) {
        request.write_next(&mut xml, *last);
    }
    request.name(&mut xml, "Prefix", &request.prefix);
    if let Some(delimiter) = &request.delimiter {
        request.name(&mut xml, "Delimiter", delimiter);
    }
    xml.leaf_display("MaxUploads", request.limit);
    xml.leaf_display("IsTruncated", is_truncated);
    for entry in entries {
        if let UploadEntry::Upload(row) = entry {
            request.write_upload(&mut xml, owner, row);
        }
    }
    for entry in entries {
        if let UploadEntry::Prefix(prefix) = entry {
            xml.open("CommonPrefixes");
            request.name(&mut xml, "Prefix", prefix);
            xml.close("CommonPrefixes");
        }
    }
    if request.url_encoded {
        xml.leaf("EncodingType", "url");
    }
    xml.close("ListMultipartUploadsResult");
    xml.finish()
}
