//! CreateMultipartUpload: what the object is to be once its parts are there, and which checksums it is to have.

#[cfg(test)]
mod tests;

use bytes::Bytes;
use domain::{BucketName, ChecksumType, Conditions, ObjectKey, ObjectMetadata, UploadChecksum};
use http::{HeaderMap, HeaderName};

use crate::error::S3Error;
use crate::headers::{conditions, set};
use crate::metadata;
use crate::ops::{create_bucket, integrity};
use crate::xml::Writer;

/// A checked CreateMultipartUpload.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CreateMultipartUpload {
    /// System and custom metadata, storage class.
    pub metadata: ObjectMetadata,
    /// The `If-*` headers; the upload is completed under conditions of its own.
    pub conditions: Conditions,
    /// The checksums that parts and object are to have.
    pub checksum: Option<UploadChecksum>,
    /// Whether a bucket that does not exist is to be created.
    pub create_bucket: bool,
}

/// Reads the headers. With `strict_r2` each algorithm has one type only.
///
/// # Errors
/// Those of [`metadata::decode`]; `InvalidRequest` for an algorithm or a type that does not exist, a type without an
/// algorithm, or a pair that cannot be computed.
///
/// Spec: Amazon S3 API, CreateMultipartUpload, request headers; R2 docs, S3 API compatibility, checksums.
pub fn decode(headers: &HeaderMap, strict_r2: bool) -> Result<CreateMultipartUpload, S3Error> {
    Ok(CreateMultipartUpload {
        metadata: metadata::decode(headers)?,
        conditions: conditions(headers),
        checksum: checksum(headers, strict_r2)?,
        create_bucket: create_bucket::is_wanted(headers),
    })
}

fn checksum(headers: &HeaderMap, strict_r2: bool) -> Result<Option<UploadChecksum>, S3Error> {
    let algorithm = integrity::algorithm(headers, "x-amz-checksum-algorithm")?;
    match (algorithm, integrity::decode_type(headers)?) {
        (None, None) => Ok(None),
        (None, Some(_)) => Err(S3Error::invalid_request(
            "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.",
        )),
        (Some(algorithm), None) => Ok(Some(UploadChecksum::of(algorithm))),
        (Some(algorithm), Some(kind)) => UploadChecksum::new(algorithm, kind)
            .filter(|checksum| !strict_r2 || *checksum == UploadChecksum::of(algorithm))
            .map(Some)
            .ok_or_else(|| impossible(algorithm.name(), kind)),
    }
}

fn impossible(algorithm: &str, kind: ChecksumType) -> S3Error {
    S3Error::invalid_request(format!(
        "The {} checksum type cannot be used with the {} checksum algorithm.",
        kind.name(),
        algorithm.to_ascii_lowercase()
    ))
}

/// Headers and document of the reply.
///
/// Observed: R2, 2026-06-11 (order of elements). Spec: Amazon S3 API, CreateMultipartUpload, response headers.
#[must_use]
pub fn encode(
    bucket: &BucketName,
    key: &ObjectKey,
    upload_id: &str,
    checksum: Option<UploadChecksum>,
) -> (HeaderMap, Bytes) {
    let mut headers = HeaderMap::new();
    if let Some(checksum) = checksum {
        let algorithm = checksum.algorithm().name();
        set(&mut headers, HeaderName::from_static("x-amz-checksum-algorithm"), algorithm);
        set(&mut headers, HeaderName::from_static("x-amz-checksum-type"), checksum.kind().name());
    }
    let mut xml = Writer::with_capacity(512 + key.as_str().len());
    xml.open_root("InitiateMultipartUploadResult");
    xml.leaf("UploadId", upload_id);
    xml.leaf("Bucket", bucket.as_str());
    xml.leaf("Key", key.as_str());
    xml.close("InitiateMultipartUploadResult");
    (headers, xml.finish())
}
