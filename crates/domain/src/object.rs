//! What is known of an object beside its bytes.

use crate::checksum::{Checksum, ChecksumType, PartChecksums};
use crate::clock::Timestamp;
use crate::etag::ETag;
use crate::name::ObjectKey;
use crate::storage_class::StorageClass;
use crate::versioning::VersionId;

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

/// What becomes of the source's metadata when an object is copied.
///
/// Spec: Amazon S3 API, CopyObject, `x-amz-metadata-directive`; R2 docs, S3 API extensions, MERGE metadata directive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MetadataDirective {
    /// The copy has the source's; the request's is ignored.
    #[default]
    Copy,
    /// The copy has the request's only.
    Replace,
    /// The copy has both; where they meet, the request's. Nothing can be taken away so.
    Merge,
}

impl MetadataDirective {
    /// The metadata of the copy, whose storage class no directive decides.
    #[must_use]
    pub fn apply(self, source: ObjectMetadata, request: ObjectMetadata) -> ObjectMetadata {
        match self {
            Self::Copy => source,
            Self::Replace => request,
            Self::Merge => merge(source, request),
        }
    }
}

fn merge(source: ObjectMetadata, request: ObjectMetadata) -> ObjectMetadata {
    let mut custom = request.custom;
    let is_new = |name: &str| !custom.iter().any(|(other, _)| other == name);
    let kept: Vec<_> = source.custom.into_iter().filter(|(name, _)| is_new(name)).collect();
    custom.extend(kept);
    custom.sort_unstable();
    let (new, old) = (request.http, source.http);
    let http = HttpMetadata {
        content_type: new.content_type.or(old.content_type),
        content_language: new.content_language.or(old.content_language),
        content_disposition: new.content_disposition.or(old.content_disposition),
        content_encoding: new.content_encoding.or(old.content_encoding),
        cache_control: new.cache_control.or(old.cache_control),
        expires: new.expires.or(old.expires),
    };
    ObjectMetadata { http, custom, storage_class: request.storage_class }
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
    /// Its id, when its bucket keeps versions.
    pub version_id: Option<VersionId>,
    /// Metadata.
    pub metadata: ObjectMetadata,
    /// Checksums that were verified when it was stored.
    pub checksums: Vec<Checksum>,
    /// What these checksums cover.
    pub checksum_type: ChecksumType,
    /// How its bytes are encrypted where they are stored.
    pub encryption: Option<Encryption>,
    /// Parts it was uploaded in; `None` when it was uploaded whole.
    pub parts: Option<u16>,
    /// The checksums of these parts, when that of the whole is made from them.
    pub part_checksums: Option<PartChecksums>,
}

/// Whose key an object's bytes are encrypted with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// The server's: nobody sees it.
    Server,
    /// The customer's, who sends it with each request (SSE-C).
    Customer,
}

impl ObjectInfo {
    /// An object of which nothing but its key is known.
    #[must_use]
    pub fn unknown(key: &ObjectKey) -> Self {
        Self {
            key: key.clone(),
            size: 0,
            etag: ETag::from_text(""),
            last_modified: Timestamp::from_millis(0),
            version: 0,
            version_id: None,
            metadata: ObjectMetadata::default(),
            checksums: Vec::new(),
            checksum_type: ChecksumType::FullObject,
            encryption: None,
            parts: None,
            part_checksums: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_of_the_copy() {
        let metadata =
            |content_type: Option<&str>, expires: Option<&str>, custom: &[(&str, &str)]| ObjectMetadata {
                http: HttpMetadata {
                    content_type: content_type.map(str::to_owned),
                    expires: expires.map(str::to_owned),
                    ..HttpMetadata::default()
                },
                custom: custom.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
                ..ObjectMetadata::default()
            };
        let source = metadata(Some("a/b"), Some("0"), &[("a", "1"), ("b", "2")]);
        let request = metadata(Some("c/d"), None, &[("b", "3"), ("c", "4")]);
        let both = metadata(Some("c/d"), Some("0"), &[("a", "1"), ("b", "3"), ("c", "4")]);
        let apply = |directive: MetadataDirective| directive.apply(source.clone(), request.clone());
        assert_eq!(apply(MetadataDirective::Copy), source);
        assert_eq!(apply(MetadataDirective::Replace), request);
        assert_eq!(apply(MetadataDirective::Merge), both);
        assert_eq!(MetadataDirective::Merge.apply(source.clone(), ObjectMetadata::default()), source);
    }
}
