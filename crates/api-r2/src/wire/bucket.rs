//! Buckets.
//!
//! Spec: Cloudflare API, R2, buckets.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::StorageClassName;

/// A bucket as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// ISO 8601 with milliseconds.
    pub creation_date: String,
    /// The location hint it was created with, in lower case; absent when it was given none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// `default`, always.
    pub jurisdiction: String,
    /// The class of objects that come without one.
    pub storage_class: StorageClassName,
}

/// A page of buckets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Buckets {
    /// In the order that was asked for.
    pub buckets: Vec<Bucket>,
}

/// A bucket to be.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateBucket {
    /// Its name.
    #[schemars(regex(pattern = r"^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$"))]
    pub name: String,
    /// Where: `apac`, `eeur`, `enam`, `weur`, `wnam` or `oc`, in any case.
    #[serde(default)]
    #[schemars(regex(pattern = r"^(apac|eeur|enam|weur|wnam|oc)$"))]
    pub location_hint: Option<String>,
    /// The class of objects that come without one.
    #[serde(default)]
    pub storage_class: Option<StorageClassName>,
}
