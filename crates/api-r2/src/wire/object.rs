//! Objects.
//!
//! Spec: Cloudflare API, R2, objects.

use std::collections::BTreeMap;

use domain::ObjectInfo;
use s3_wire::headers::parse_date;
use s3_wire::ops::put_object::version_id;
use schemars::JsonSchema;
use serde::Serialize;

use super::StorageClassName;

/// An object as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Object {
    /// Its key.
    pub key: String,
    /// Bytes of its content.
    pub size: u64,
    /// Without quotes.
    pub etag: String,
    /// ISO 8601 with milliseconds.
    pub last_modified: String,
    /// System metadata.
    pub http_metadata: HttpMetadata,
    /// Custom metadata.
    pub custom_metadata: BTreeMap<String, String>,
    /// Its class.
    pub storage_class: StorageClassName,
    /// Whether it is encrypted with a customer's key.
    pub ssec: bool,
}

/// System metadata; what an object lacks is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HttpMetadata {
    /// `Content-Type`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// `Content-Language`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_language: Option<String>,
    /// `Content-Disposition`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_disposition: Option<String>,
    /// `Content-Encoding`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_encoding: Option<String>,
    /// `Cache-Control`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_control: Option<String>,
    /// `Expires` as ISO 8601, when it is a date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_expiry: Option<String>,
}

/// An object that was just stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Stored {
    /// Its key.
    pub key: String,
    /// Without quotes.
    pub etag: String,
    /// Bytes of its content, as text.
    pub size: String,
    /// Its version.
    pub version: String,
    /// ISO 8601 with milliseconds.
    pub uploaded: String,
    /// Its class.
    pub storage_class: StorageClassName,
}

/// A key that is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Deleted {
    /// The key.
    pub key: String,
}

impl From<&ObjectInfo> for Object {
    fn from(info: &ObjectInfo) -> Self {
        let http = info.metadata.http.clone();
        Self {
            key: info.key.to_string(),
            size: info.size,
            etag: info.etag.as_str().to_owned(),
            last_modified: info.last_modified.to_string(),
            http_metadata: HttpMetadata {
                content_type: http.content_type,
                content_language: http.content_language,
                content_disposition: http.content_disposition,
                content_encoding: http.content_encoding,
                cache_control: http.cache_control,
                cache_expiry: http.expires.and_then(|text| parse_date(&text)).map(|date| date.to_string()),
            },
            custom_metadata: info.metadata.custom.iter().cloned().collect(),
            storage_class: info.metadata.storage_class.into(),
            ssec: info.encryption == Some(domain::Encryption::Customer),
        }
    }
}

impl From<&ObjectInfo> for Stored {
    fn from(info: &ObjectInfo) -> Self {
        Self {
            key: info.key.to_string(),
            etag: info.etag.as_str().to_owned(),
            size: info.size.to_string(),
            version: version_id(info),
            uploaded: info.last_modified.to_string(),
            storage_class: info.metadata.storage_class.into(),
        }
    }
}
