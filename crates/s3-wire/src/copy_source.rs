//! `x-amz-copy-source`: which object a copy is made of. Clients write it as they write a path, as one escaped text, or
//! with raw spaces. Whether the caller may read that object is for the store to ask.

#[cfg(test)]
mod tests;

use domain::{BucketName, ObjectKey};
use http::HeaderMap;

use crate::error::S3Error;
use crate::headers::header_text;
use crate::percent;
use crate::route::{bucket_name, object_key};

/// What stands between a key and a version. A key that holds this text is sent with its question mark escaped.
const VERSION: &str = "?versionId=";

/// The object that is copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopySource {
    /// Its bucket.
    pub bucket: BucketName,
    /// Its key.
    pub key: ObjectKey,
    /// The version that is asked for; `None` for the current one.
    pub version_id: Option<String>,
}

impl CopySource {
    /// Reads the header.
    ///
    /// # Errors
    /// As [`CopySource::parse`]; a header that is absent is one without a slash.
    pub fn decode(headers: &HeaderMap) -> Result<Self, S3Error> {
        Self::parse(&header_text(headers, "x-amz-copy-source").unwrap_or_default())
    }

    /// Parses `/bucket/key` or `bucket/key`, percent-encoded once, with or without `?versionId=`. A plus is a plus.
    ///
    /// # Errors
    /// `InvalidArgument` without a bucket or a key, or with a malformed escape; `InvalidBucketName`,
    /// `InvalidObjectName`, `KeyTooLongError`.
    ///
    /// Spec: Amazon S3 API, CopyObject, `x-amz-copy-source`. Observed: R2, 2026-06-11 (forms, text).
    pub fn parse(text: &str) -> Result<Self, S3Error> {
        let (path, version_id) = match text.rsplit_once(VERSION) {
            Some((path, version_id)) => (path, version_id),
            None => (text, ""),
        };
        let path = unescape(path)?;
        let path = path.strip_prefix(b"/").unwrap_or(&path);
        let (bucket, key) = path.iter().position(|b| *b == b'/').map_or((path, &[][..]), |at| {
            let (bucket, key) = path.split_at(at);
            (bucket, key.get(1..).unwrap_or_default())
        });
        if key.is_empty() {
            return Err(malformed("The source of a copy is written bucket/key, percent-encoded."));
        }
        let version_id = String::from_utf8(unescape(version_id)?)
            .map_err(|_| malformed("The version of a copy's source is not UTF-8."))?;
        Ok(Self {
            bucket: bucket_name(&String::from_utf8_lossy(bucket)).map_err(|error| {
                error.with_hint("The bucket that x-amz-copy-source names has no bucket's name.")
            })?,
            key: object_key(key)?,
            version_id: Some(version_id).filter(|id| !id.is_empty()),
        })
    }
}

fn unescape(text: &str) -> Result<Vec<u8>, S3Error> {
    percent::decode(text, false).ok_or_else(|| {
        malformed(
            "The source of a copy has a malformed percent escape; a percent sign itself is written %25.",
        )
    })
}

/// Observed: R2, 2026-06-11 (the message, which is all that R2 says).
fn malformed(hint: &'static str) -> S3Error {
    S3Error::invalid_argument("copy source bucket name").with_hint(hint)
}
