//! ListObjects, version 1: pages are continued from a key or common prefix that the client names.

#[cfg(test)]
mod tests;

use bytes::Bytes;
use domain::listing::{ListPage, ListPosition, ListQuery};
use domain::{AccountId, BucketName};

use crate::error::S3Error;
use crate::ops::listing::{Listing, after_marker};
use crate::query::Query;

/// A checked ListObjects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListObjects {
    /// Prefix, delimiter, page size, encoding.
    pub listing: Listing,
    /// `marker`; empty for the beginning.
    pub marker: String,
}

/// Reads the query.
///
/// # Errors
/// `InvalidMaxKeys`; `NotImplemented` for an unknown `encoding-type`.
///
/// Spec: Amazon S3 API, ListObjects. Observed: R2, 2026-06-11 (limits and texts).
pub fn decode(query: &Query) -> Result<ListObjects, S3Error> {
    Ok(ListObjects {
        listing: Listing::decode(query)?,
        marker: query.get("marker").unwrap_or_default().to_owned(),
    })
}

impl ListObjects {
    /// The question to the store.
    #[must_use]
    pub fn to_query(&self) -> ListQuery {
        let Listing { prefix, delimiter, max_keys, .. } = &self.listing;
        let after = after_marker(prefix, delimiter.as_deref(), &self.marker);
        ListQuery { prefix: prefix.clone(), delimiter: delimiter.clone(), after, limit: max_keys.limit() }
    }
}

/// The reply.
///
/// Observed: R2, 2026-06-11 (order of elements; `NextMarker` with or without a delimiter).
#[must_use]
pub fn encode(bucket: &BucketName, owner: &AccountId, request: &ListObjects, page: &ListPage) -> Bytes {
    let listing = &request.listing;
    let mut xml = Listing::writer(page);
    xml.open_root("ListBucketResult");
    xml.leaf("Name", bucket.as_str());
    listing.write_page(&mut xml, page, Some(owner));
    listing.name(&mut xml, "Marker", &request.marker);
    // an empty page has no last entry to go on from
    if let (Some(ListPosition::Key(text) | ListPosition::Prefix(text)), false) =
        (&page.next, page.entries.is_empty())
    {
        listing.name(&mut xml, "NextMarker", text);
    }
    xml.leaf_display("MaxKeys", listing.max_keys.echo());
    listing.write_encoding(&mut xml);
    xml.close("ListBucketResult");
    xml.finish()
}
