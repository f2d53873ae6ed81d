//! PutObject: what a client says of the object it sends, and how long it says the body is.

#[cfg(test)]
mod tests;

use domain::{Conditions, ObjectInfo, ObjectMetadata};
use http::{HeaderMap, HeaderName, header};

use crate::error::S3Error;
use crate::error_code::S3ErrorCode;
use crate::headers::{conditions, header_text, parse_size, set};
use crate::metadata;
use crate::ops::create_bucket;
use crate::ops::integrity::{self, Integrity};

/// A checked PutObject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutObject {
    /// System and custom metadata, storage class.
    pub metadata: ObjectMetadata,
    /// The `If-*` headers.
    pub conditions: Conditions,
    /// Bytes of content, without any chunk framing.
    pub content_length: u64,
    /// What the body must hash to.
    pub integrity: Integrity,
    /// Whether a bucket that does not exist is to be created.
    pub create_bucket: bool,
}

/// Reads the headers, among which `x-amz-*` query parameters of a presigned request already stand.
///
/// # Errors
/// `MissingContentLength`, and those of [`metadata::decode`] and [`integrity::decode`];
/// `InvalidArgument` for a length that is no number.
///
/// Spec: Amazon S3 API, PutObject, request headers.
pub fn decode(headers: &HeaderMap) -> Result<PutObject, S3Error> {
    Ok(PutObject {
        metadata: metadata::decode(headers)?,
        conditions: conditions(headers),
        content_length: content_length(headers)?,
        integrity: integrity::decode(headers)?,
        create_bucket: create_bucket::is_wanted(headers),
    })
}

/// Headers of a 200 reply.
///
/// Observed: R2, 2026-06-11 (ETag, checksums, version id).
#[must_use]
pub fn encode(info: &ObjectInfo) -> HeaderMap {
    let mut headers = HeaderMap::new();
    set(&mut headers, header::ETAG, info.etag.to_string());
    set(&mut headers, HeaderName::from_static("x-amz-version-id"), version_id(info));
    integrity::encode_checksums(&info.checksums, None, &mut headers);
    headers
}

/// The version id that clients see.
#[must_use]
pub fn version_id(info: &ObjectInfo) -> String {
    info.version_id.map_or_else(|| format!("{:016x}", info.version), |id| id.to_string())
}

/// Bytes of content that the request announces. A chunked body says so in a header of its own, since its
/// Content-Length counts the framing, or is absent with `Transfer-Encoding: chunked`.
///
/// # Errors
/// `MissingContentLength`; `InvalidArgument` for a length that is no number.
///
/// Spec: Amazon S3 API, signature version 4, chunked upload, `x-amz-decoded-content-length`.
pub fn content_length(headers: &HeaderMap) -> Result<u64, S3Error> {
    let is_chunked = header_text(headers, "x-amz-content-sha256")
        .is_some_and(|hash| hash.starts_with("STREAMING-"))
        || metadata::is_aws_chunked(headers);
    let name = if is_chunked || headers.contains_key("x-amz-decoded-content-length") {
        "x-amz-decoded-content-length"
    } else {
        "content-length"
    };
    let Some(text) = header_text(headers, name) else {
        let hint = if is_chunked {
            "An aws-chunked body also needs x-amz-decoded-content-length: the bytes of content without framing."
        } else {
            "The length of the body must be known before it is sent."
        };
        return Err(S3Error::new(S3ErrorCode::MissingContentLength).with_hint(hint));
    };
    parse_size(&text).ok_or_else(|| S3Error::invalid_argument(format!("{name} is not a number of bytes")))
}
