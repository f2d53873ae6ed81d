//! UploadPartCopy: a part made of an object, or of a range of one.

#[cfg(test)]
mod tests;

use bytes::Bytes;
use domain::{Checksum, Conditions, ETag, PartNumber, RangeRequest, Timestamp};
use http::HeaderMap;

use crate::copy_source::CopySource;
use crate::error::S3Error;
use crate::headers::{header_text, prefixed_conditions};
use crate::ops::{get_object, parts};
use crate::query::Query;
use crate::xml::Writer;

/// Most characters of a header's value that an error repeats.
const ECHO_MAX_CHARS: usize = 256;

/// A checked UploadPartCopy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadPartCopy {
    /// Which upload.
    pub upload_id: String,
    /// Which piece.
    pub number: PartNumber,
    /// The object whose bytes it gets.
    pub source: CopySource,
    /// Which of its bytes, first and last, cut to what it has; `None` for all.
    pub range: Option<RangeRequest>,
    /// The `x-amz-copy-source-if-*` headers, each of which fails with 412. R2 has none here: when it is to be followed
    /// strictly, they are refused before.
    pub source_conditions: Conditions,
}

/// Reads query and headers.
///
/// # Errors
/// `RouteNotFound` and `InvalidArgument` for the part's number; those of [`CopySource::parse`]; `InvalidArgument` for a
/// range that is not `bytes=first-last`.
///
/// Spec: Amazon S3 API, UploadPartCopy. Observed: R2, 2026-06-11 (ranges).
pub fn decode(query: &Query, headers: &HeaderMap) -> Result<UploadPartCopy, S3Error> {
    Ok(UploadPartCopy {
        upload_id: parts::upload_id(query),
        number: parts::required_number(query)?,
        source: CopySource::decode(headers)?,
        range: header_text(headers, "x-amz-copy-source-range").map(|text| parse_range(&text)).transpose()?,
        source_conditions: prefixed_conditions(headers, "x-amz-copy-source-"),
    })
}

fn parse_range(text: &str) -> Result<RangeRequest, S3Error> {
    let bounds = text.trim().strip_prefix("bytes=").and_then(|range| range.split_once('-'));
    match bounds.map(|(first, last)| (get_object::offset(first), get_object::offset(last))) {
        Some((Some(first), Some(last))) if first > last => {
            Err(S3Error::invalid_argument("x-amz-copy-source-range must be positive."))
        }
        Some((Some(first), Some(last))) => Ok(RangeRequest::FromTo(first, last)),
        _ => {
            let shown: String = text.chars().take(ECHO_MAX_CHARS).collect();
            Err(S3Error::invalid_argument(format!("Invalid x-amz-copy-source-range: {shown}"))
                .with_hint("Write bytes=first-last; both are numbers of bytes, the first byte is 0."))
        }
    }
}

/// The reply.
///
/// Observed: R2, 2026-06-11 (order of elements). Spec: Amazon S3 API, UploadPartCopy, response elements (checksums).
#[must_use]
pub fn encode(etag: &ETag, last_modified: Timestamp, checksum: Option<&Checksum>) -> Bytes {
    let mut xml = Writer::with_capacity(512);
    xml.open_root("CopyPartResult");
    xml.leaf_display("ETag", etag);
    xml.leaf_display("LastModified", last_modified);
    parts::write_checksum(&mut xml, checksum);
    xml.close("CopyPartResult");
    xml.finish()
}
