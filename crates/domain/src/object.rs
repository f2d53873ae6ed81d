//! What is known of an object beside its bytes.

use crate::checksum::Checksum;
use crate::clock::Timestamp;
use crate::etag::ETag;
use crate::name::ObjectKey;
use crate::storage_class::StorageClass;

/// The headers that S3 stores with an object and sends back; each an opaque string.
///
/// Spec: Amazon S3 API, PutObject, system-defined metadata; R2 Workers API, `R2HTTPMetadata`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpMetadata {
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// `Content-Language`.
    pub content_language: Option<String>,
    /// `Content-Disposition`.
    pub content_disposition: Option<String>,
    /// `Content-Encoding`, without `aws-chunked`.
    pub content_encoding: Option<String>,
    /// `Cache-Control`.
    pub cache_control: Option<String>,
    /// `Expires`, any text.
    pub expires: Option<String>,
}

/// What a client says of an object when it stores it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectMetadata {
    /// System metadata.
    pub http: HttpMetadata,
    /// Custom metadata: names in lower case without `x-amz-meta-`, in order of name.
    pub custom: Vec<(String, String)>,
    /// Storage class.
    pub storage_class: StorageClass,
}

/// An object as it stands in its bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectInfo {
    /// Its key.
    pub key: ObjectKey,
    /// Bytes of its content.
    pub size: u64,
    /// Its ETag.
    pub etag: ETag,
    /// When it was stored.
    pub last_modified: Timestamp,
    /// Which version it is: the position of its commit, never reused.
    pub version: u64,
    /// Metadata.
    pub metadata: ObjectMetadata,
    /// Checksums that were verified when it was stored.
    pub checksums: Vec<Checksum>,
}
