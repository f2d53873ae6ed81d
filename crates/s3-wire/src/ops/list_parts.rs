//! ListParts: the parts that an upload has so far, in order of number.

#[cfg(test)]
mod tests;

use bytes::Bytes;
use domain::{
    AccountId, BucketName, Checksum, ETag, ObjectKey, PartNumber, StorageClass, Timestamp, UploadChecksum,
};

use crate::error::S3Error;
use crate::ops::listing::{is_url_encoded, write_account, write_name, write_owner};
use crate::ops::parts::{self, PartsPage};
use crate::query::Query;
use crate::xml::Writer;

/// A checked ListParts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListParts {
    /// Which upload.
    pub upload_id: String,
    /// Which of its parts.
    pub page: PartsPage,
    /// Whether the key in the reply is percent-encoded (`encoding-type=url`).
    pub url_encoded: bool,
}

/// What is said of the upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Upload<'a> {
    /// Its bucket.
    pub bucket: &'a BucketName,
    /// The key that it is for.
    pub key: &'a ObjectKey,
    /// Who began it, and owns what comes of it.
    pub owner: &'a AccountId,
    /// The class that the object is to have.
    pub storage_class: StorageClass,
    /// The checksums that it computes.
    pub checksum: Option<UploadChecksum>,
}

/// A part of the reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartRow<'a> {
    /// Its number.
    pub number: PartNumber,
    /// Bytes.
    pub size: u64,
    /// Its ETag.
    pub etag: &'a ETag,
    /// When it was stored.
    pub last_modified: Timestamp,
    /// Its checksum, of the upload's algorithm.
    pub checksum: Option<&'a Checksum>,
}

/// Reads the query.
///
/// # Errors
/// `InvalidArgument` for a number that is none; `NotImplemented` for an unknown `encoding-type`.
///
/// Spec: Amazon S3 API, ListParts.
pub fn decode(query: &Query) -> Result<ListParts, S3Error> {
    Ok(ListParts {
        upload_id: parts::upload_id(query),
        page: PartsPage::decode(query.get("max-parts"), query.get("part-number-marker"))?,
        url_encoded: is_url_encoded(query)?,
    })
}

/// The reply. `is_truncated` says that there are parts after the last row.
///
/// Spec: Amazon S3 API, ListParts, response elements.
#[must_use]
pub fn encode(request: &ListParts, upload: &Upload<'_>, rows: &[PartRow<'_>], is_truncated: bool) -> Bytes {
    let mut xml = Writer::with_capacity(1_024 + rows.len() * 256);
    xml.open_root("ListPartsResult");
    xml.leaf("Bucket", upload.bucket.as_str());
    write_name(&mut xml, "Key", upload.key.as_str(), request.url_encoded);
    xml.leaf("UploadId", &request.upload_id);
    request.page.write(&mut xml, rows.last().map(|row| row.number), is_truncated);
    for row in rows {
        xml.open("Part");
        xml.leaf_display("PartNumber", row.number);
        xml.leaf_display("LastModified", row.last_modified);
        xml.leaf_display("ETag", row.etag);
        xml.leaf_display("Size", row.size);
        parts::write_checksum(&mut xml, row.checksum);
        xml.close("Part");
    }
    write_account(&mut xml, "Initiator", upload.owner);
    write_owner(&mut xml, upload.owner);
    xml.leaf("StorageClass", upload.storage_class.name());
    if let Some(checksum) = upload.checksum {
        parts::write_upload_checksum(&mut xml, checksum);
    }
    if request.url_encoded {
        xml.leaf("EncodingType", "url");
    }
    xml.close("ListPartsResult");
    xml.finish()
}
