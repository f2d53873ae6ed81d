//! CreateBucket: where the bucket is to be, which for us is only a text to remember; and the header that has a bucket
//! created by the way.

#[cfg(test)]
mod tests;

use domain::BucketName;
use http::{HeaderMap, header};

use crate::error::S3Error;
use crate::error_code::S3ErrorCode;
use crate::headers::{header_text, set};
use crate::xml::{self, Limits};

/// R2's location hints, as R2 shows them.
///
/// Spec: R2 docs, data location.
pub const LOCATION_HINTS: [&str; 6] = ["WNAM", "ENAM", "WEUR", "EEUR", "APAC", "OC"];

/// A checked CreateBucket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CreateBucket {
    /// One of [`LOCATION_HINTS`]; `None` for automatic.
    pub location: Option<String>,
}

const LIMITS: Limits = Limits { bytes: 64 * 1024, elements: 16 };

/// Reads the document; an empty body, an empty constraint, `auto` and `us-east-1` all mean automatic.
///
/// # Errors
/// `MalformedXML`, `InvalidLocationConstraint`.
///
/// Spec: R2 docs, data location, S3 API.
pub fn decode(body: &[u8]) -> Result<CreateBucket, S3Error> {
    if body.trim_ascii().is_empty() {
        return Ok(CreateBucket::default());
    }
    let root = xml::parse(body, LIMITS)?.expect_root("CreateBucketConfiguration")?;
    let mut location = None;
    for element in root.children()? {
        match element.name() {
            "LocationConstraint" if location.is_none() => location = Some(element.leaf_text()?.trim()),
            _ => return Err(element.unexpected()),
        }
    }
    let location = location.unwrap_or_default();
    if location.is_empty() || ["auto", "us-east-1"].iter().any(|auto| location.eq_ignore_ascii_case(auto)) {
        return Ok(CreateBucket::default());
    }
    match LOCATION_HINTS.iter().find(|hint| location.eq_ignore_ascii_case(hint)) {
        Some(hint) => Ok(CreateBucket { location: Some((*hint).to_owned()) }),
        None => Err(S3Error::new(S3ErrorCode::InvalidLocationConstraint)
            .with_hint(format!("Use auto, or one of {}.", LOCATION_HINTS.join(", ")))),
    }
}

/// Whether a request that stores an object also creates its bucket, if there is none: `cf-create-bucket-if-missing`.
///
/// Spec: R2 docs, S3 API extensions, auto-creating buckets on upload.
#[must_use]
pub fn is_wanted(headers: &HeaderMap) -> bool {
    header_text(headers, "cf-create-bucket-if-missing")
        .is_some_and(|text| text.trim().eq_ignore_ascii_case("true"))
}

/// Headers of the 200 reply.
///
/// Spec: Amazon S3 API, CreateBucket, response headers.
#[must_use]
pub fn encode(bucket: &BucketName) -> HeaderMap {
    let mut headers = HeaderMap::new();
    set(&mut headers, header::LOCATION, format!("/{bucket}"));
    headers
}
