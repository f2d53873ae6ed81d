//! ListObjectsV2: pages are continued by an opaque token.

#[cfg(test)]
mod tests;
mod token;

use bytes::Bytes;
use domain::listing::{ListPage, ListPosition, ListQuery};
use domain::name::identity;
use domain::{AccountId, BucketName};

use crate::error::S3Error;
use crate::ops::listing::Listing;
use crate::query::Query;

/// A checked ListObjectsV2.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListObjectsV2 {
    /// Prefix, delimiter, page size, encoding.
    pub listing: Listing,
    /// `start-after`.
    pub start_after: Option<String>,
    /// `continuation-token`: as it was sent, and the place it stands for.
    pub continuation: Option<(String, ListPosition)>,
    /// `fetch-owner`.
    pub fetch_owner: bool,
}

/// Reads the query.
///
/// # Errors
/// `InvalidMaxKeys`; `InvalidArgument` for a token that is none of ours; `NotImplemented` for an unknown
/// `encoding-type`.
///
/// Spec: Amazon S3 API, ListObjectsV2. Observed: R2, 2026-06-11 (limits and texts).
pub fn decode(query: &Query) -> Result<ListObjectsV2, S3Error> {
    let continuation = match query.get("continuation-token") {
        Some(token) => Some((token.to_owned(), token::decode(token)?)),
        None => None,
    };
    Ok(ListObjectsV2 {
        listing: Listing::decode(query)?,
        start_after: query.get("start-after").filter(|s| !s.is_empty()).map(str::to_owned),
        continuation,
        fetch_owner: query.get("fetch-owner") == Some("true"),
    })
}

impl ListObjectsV2 {
    /// The question to the store. Of `start-after` and a token, the later place wins.
    #[must_use]
    pub fn to_query(&self) -> ListQuery {
        let Listing { prefix, delimiter, max_keys, .. } = &self.listing;
        let token = self.continuation.as_ref().map(|(_, position)| position);
        let after = match (&self.start_after, token) {
            (Some(start), Some(token)) if !is_later(start, token) => Some(token.clone()),
            (Some(start), _) => Some(ListPosition::Key(start.clone())),
            (None, token) => token.cloned(),
        };
        ListQuery { prefix: prefix.clone(), delimiter: delimiter.clone(), after, limit: max_keys.limit() }
    }
}

/// Whether a key stands after a place, in the order of the composed forms.
fn is_later(key: &str, place: &ListPosition) -> bool {
    let (ListPosition::Key(text) | ListPosition::Prefix(text)) = place;
    let (key, text) = (identity(key), identity(text));
    key > text && !(matches!(place, ListPosition::Prefix(_)) && key.starts_with(&*text))
}

/// The reply.
///
/// Observed: R2, 2026-06-11 (order of elements; common prefixes count as keys).
#[must_use]
pub fn encode(bucket: &BucketName, owner: &AccountId, request: &ListObjectsV2, page: &ListPage) -> Bytes {
    let listing = &request.listing;
    let mut xml = Listing::writer(page);
    xml.open_root("ListBucketResult");
    xml.leaf("Name", bucket.as_str());
    listing.write_page(&mut xml, page, request.fetch_owner.then_some(owner));
    if let Some(start_after) = &request.start_after {
        listing.name(&mut xml, "StartAfter", start_after);
    }
    if let Some((token, _)) = &request.continuation {
        xml.leaf("ContinuationToken", token);
    }
    if let Some(next) = &page.next {
        xml.leaf("NextContinuationToken", &token::encode(next));
    }
    xml.leaf_display("MaxKeys", listing.max_keys.echo());
    xml.leaf_display("KeyCount", page.entries.len());
    listing.write_encoding(&mut xml);
    xml.close("ListBucketResult");
    xml.finish()
}
