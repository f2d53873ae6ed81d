//! What is known of an object beside its bytes.

use crate::checksum::{Checksum, ChecksumType};
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

impl ObjectMetadata {
    /// Lays other metadata over this, all but its storage class: what it names replaces, what it does not stays.
    pub fn overlay(&mut self, other: &Self) {
        let http = &mut self.http;
        for (slot, value) in [
            (&mut http.content_type, &other.http.content_type),
            (&mut http.content_language, &other.http.content_language),
            (&mut http.content_disposition, &other.http.content_disposition),
            (&mut http.content_encoding, &other.http.content_encoding),
            (&mut http.cache_control, &other.http.cache_control),
            (&mut http.expires, &other.http.expires),
        ] {
            if value.is_some() {
                slot.clone_from(value);
            }
        }
        self.custom.retain(|(name, _)| !other.custom.iter().any(|(given, _)| given == name));
        self.custom.extend(other.custom.iter().cloned());
        self.custom.sort();
    }
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
    /// Parts it was uploaded in; `None` when it was uploaded whole.
    pub parts: Option<u16>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_overlay_replaces_what_it_names() {
        let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let mut metadata = ObjectMetadata {
            custom: pairs(&[("a", "1"), ("c", "3")]),
            storage_class: StorageClass::StandardIa,
            ..ObjectMetadata::default()
        };
        metadata.http.content_type = Some("a/b".into());
        metadata.http.cache_control = Some("no-store".into());
        let mut other =
            ObjectMetadata { custom: pairs(&[("b", "2"), ("c", "4")]), ..ObjectMetadata::default() };
        other.http.content_type = Some("c/d".into());
        metadata.overlay(&other);
        assert_eq!(metadata.custom, pairs(&[("a", "1"), ("b", "2"), ("c", "4")]));
        assert_eq!(metadata.http.content_type.as_deref(), Some("c/d"));
        assert_eq!(metadata.http.cache_control.as_deref(), Some("no-store"));
        assert_eq!(metadata.storage_class, StorageClass::StandardIa);
    }
}
