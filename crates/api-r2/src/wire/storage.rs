//! The one question of Cloudflare's GraphQL API that is answered: how much a bucket holds. It is told by its operation's
//! name; the query's text must ask for the data set, and is not parsed.
//!
//! Spec: R2 docs, metrics and analytics. Observed: wrangler 4.86, `r2 bucket info`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The name of the operation.
pub const OPERATION: &str = "getR2StorageMetrics";
/// The data set that its query asks for.
pub const DATA_SET: &str = "r2StorageAdaptiveGroups";

/// A question.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "StorageQuestion")]
pub struct Question {
    /// GraphQL.
    pub query: String,
    /// The operation in it.
    #[serde(default)]
    pub operation_name: Option<String>,
    /// Its variables.
    #[serde(default)]
    pub variables: Option<Variables>,
}

/// What is asked about.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "StorageVariables")]
pub struct Variables {
    /// The account's id.
    pub account_tag: String,
    /// Which bucket.
    pub filter: Filter,
}

/// Which bucket; the moments are of no meaning, since what is told is what is there now.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "StorageFilter")]
pub struct Filter {
    /// Its name.
    pub bucket_name: String,
}

/// A reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "StorageAnswer")]
pub struct Answer {
    /// What was found.
    pub data: Option<Data>,
    /// What was wrong.
    pub errors: Option<Vec<Fault>>,
}

/// What was wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "StorageFault")]
pub struct Fault {
    /// In plain words.
    pub message: String,
}

/// The root of the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "StorageData")]
pub struct Data {
    /// Whoever asks.
    pub viewer: Viewer,
}

/// Whoever asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Viewer {
    /// The account that was named, if it is the caller's.
    pub accounts: Vec<AccountData>,
}

/// An account's data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccountData {
    /// One group, or none when there is no such bucket.
    pub r2_storage_adaptive_groups: Vec<Group>,
}

/// How much there is at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "StorageGroup")]
pub struct Group {
    /// The figures.
    pub max: Totals,
    /// When.
    pub dimensions: Dimensions,
}

/// How much there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "StorageTotals")]
pub struct Totals {
    /// Objects.
    pub object_count: u64,
    /// Bytes of their content.
    pub payload_size: u64,
    /// Bytes of their keys and of what is kept beside their content.
    pub metadata_size: u64,
}

/// When it was so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "StorageDimensions")]
pub struct Dimensions {
    /// ISO 8601.
    pub datetime: String,
}

impl Answer {
    /// An answer with figures, or without any for a bucket that is not there.
    #[must_use]
    pub fn of(groups: Vec<Group>) -> Self {
        let accounts = vec![AccountData { r2_storage_adaptive_groups: groups }];
        Self { data: Some(Data { viewer: Viewer { accounts } }), errors: None }
    }

    /// A refusal.
    #[must_use]
    pub fn fault(message: impl Into<String>) -> Self {
        Self { data: None, errors: Some(vec![Fault { message: message.into() }]) }
    }
}

/// How much the account holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Metrics {
    /// In the class `Standard`.
    pub standard: ClassMetrics,
    /// In the class `InfrequentAccess`.
    pub infrequent_access: ClassMetrics,
}

/// How much there is in a class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ClassMetrics {
    /// Objects.
    pub published: Amount,
    /// Uploads that are under way. The bytes of all parts, of whatever class, are those of `Standard`.
    pub uploaded: Amount,
}

/// How much there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Amount {
    /// Objects, or uploads.
    pub objects: u64,
    /// Bytes of their content.
    pub payload_size: u64,
    /// Bytes of their keys and of what is kept beside their content.
    pub metadata_size: u64,
}
