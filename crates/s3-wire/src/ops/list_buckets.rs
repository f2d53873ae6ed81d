//! ListBuckets with R2's search and paging, whose parameters may also come as `cf-*` headers.

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use domain::{AccountId, BucketName, Timestamp};
use http::{HeaderMap, HeaderName};

use crate::error::S3Error;
use crate::headers::{header_text, set};
use crate::ops::listing::{MaxKeys, write_owner};
use crate::query::Query;
use crate::xml::Writer;

/// A checked ListBuckets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListBuckets {
    /// Only names that begin with this.
    pub prefix: String,
    /// Only names after this.
    pub start_after: Option<String>,
    /// The token as it was sent, and the name it stands for.
    pub continuation: Option<(String, String)>,
    /// Most names on the page.
    pub max_keys: MaxKeys,
    /// Whether any of these was asked for: only then does the reply speak of pages, unless it must.
    pub is_paged: bool,
}

/// A bucket of the reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BucketRow<'a> {
    /// Its name.
    pub name: &'a BucketName,
    /// When it was created.
    pub created: Timestamp,
}

/// Reads query and headers; a header wins over its parameter.
///
/// # Errors
/// `InvalidMaxKeys`; `InvalidArgument` for a token that is none of ours.
///
/// Spec: R2 docs, S3 API extensions, ListBuckets.
pub fn decode(query: &Query, headers: &HeaderMap) -> Result<ListBuckets, S3Error> {
    let value = |parameter: &str, header: &str| {
        header_text(headers, header).or_else(|| query.get(parameter).map(Cow::Borrowed))
    };
    let prefix = value("prefix", "cf-prefix");
    let start_after = value("start-after", "cf-start-after");
    let token = value("continuation-token", "cf-continuation-token");
    let max_keys = value("max-keys", "cf-max-keys");
    let is_paged = prefix.is_some() || start_after.is_some() || token.is_some() || max_keys.is_some();
    let continuation = match token {
        Some(token) => Some((token.clone().into_owned(), name_of(&token)?)),
        None => None,
    };
    Ok(ListBuckets {
        prefix: prefix.unwrap_or_default().into_owned(),
        start_after: start_after.map(Cow::into_owned),
        continuation,
        max_keys: max_keys.map(|text| MaxKeys::parse(&text)).transpose()?.unwrap_or_default(),
        is_paged,
    })
}

/// Headers and document of the reply, of one page of the account's buckets and whether there are more.
///
/// Spec: R2 docs, S3 API extensions, ListBuckets.
#[must_use]
pub fn encode(
    owner: &AccountId,
    request: &ListBuckets,
    page: &[BucketRow<'_>],
    more: bool,
) -> (HeaderMap, Bytes) {
    let last = page.last().map_or(request.after().unwrap_or_default(), |bucket| bucket.name.as_str());
    let next = more.then(|| URL_SAFE_NO_PAD.encode(last));
    let mut headers = HeaderMap::new();
    let mut xml = Writer::with_capacity(512 + page.len() * 128);
    xml.open_root("ListAllMyBucketsResult");
    xml.open("Buckets");
    for bucket in page {
        xml.open("Bucket");
        xml.leaf_display("CreationDate", bucket.created);
        xml.leaf("Name", bucket.name.as_str());
        xml.close("Bucket");
    }
    xml.close("Buckets");
    write_owner(&mut xml, owner);
    if request.is_paged || next.is_some() {
        let is_truncated = if next.is_some() { "true" } else { "false" };
        set(&mut headers, HeaderName::from_static("cf-is-truncated"), is_truncated);
        xml.leaf("IsTruncated", is_truncated);
        if let Some(next) = &next {
            set(&mut headers, HeaderName::from_static("cf-next-continuation-token"), next);
            xml.leaf("NextContinuationToken", next);
        }
        if let Some(start_after) = &request.start_after {
            xml.leaf("StartAfter", start_after);
        }
        if let Some((token, _)) = &request.continuation {
            xml.leaf("ContinuationToken", token);
        }
        xml.leaf_display("KeyCount", page.len());
        xml.leaf_display("MaxKeys", request.max_keys.echo());
    }
    xml.close("ListAllMyBucketsResult");
    (headers, xml.finish())
}

impl ListBuckets {
    /// The page begins after this name.
    #[must_use]
    pub fn after(&self) -> Option<&str> {
        let token = self.continuation.as_ref().map(|(_, name)| name.as_str());
        self.start_after.as_deref().max(token)
    }
}

fn name_of(token: &str) -> Result<String, S3Error> {
    let name = URL_SAFE_NO_PAD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    name.ok_or_else(|| S3Error::invalid_argument("The continuation token provided is incorrect"))
}
