//! The documents of requests and replies: one type for each, read strictly. A member that is not understood is refused and
//! never dropped, since a rule that does less, or more, than was meant would be kept otherwise.

pub mod account;
pub mod bucket;
pub mod cors;
pub mod domains;
pub mod job;
pub mod lifecycle;
pub mod lock;
pub mod notification;
pub mod object;
pub mod queue;
pub mod sippy;
pub mod storage;
pub mod zone;

use domain::{StorageClass, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A storage class in REST's spelling.
///
/// Spec: R2 docs, storage classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum StorageClassName {
    /// `Standard`.
    Standard,
    /// `InfrequentAccess`.
    InfrequentAccess,
}

impl StorageClassName {
    /// The class of a header's text.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        match text {
            "Standard" => Some(Self::Standard),
            "InfrequentAccess" => Some(Self::InfrequentAccess),
            _ => None,
        }
    }
}

impl From<StorageClass> for StorageClassName {
    fn from(class: StorageClass) -> Self {
        match class {
            StorageClass::Standard => Self::Standard,
            StorageClass::StandardIa => Self::InfrequentAccess,
        }
    }
}

impl From<StorageClassName> for StorageClass {
    fn from(name: StorageClassName) -> Self {
        match name {
            StorageClassName::Standard => Self::Standard,
            StorageClassName::InfrequentAccess => Self::StandardIa,
        }
    }
}

/// Whether something is enabled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Enabled {
    /// Whether it is.
    pub enabled: bool,
}

/// What is wrong with a document of rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleFault {
    /// The rule's place in the list, counted from 0; `None` when it is about all of them.
    pub at: Option<usize>,
    /// In the words a person needs to mend it.
    pub text: String,
}

impl RuleFault {
    fn of_rule(at: usize, id: Option<&str>, text: impl std::fmt::Display) -> Self {
        let id =
            id.map(|id| format!(" (\"{}\")", id.chars().take(64).collect::<String>())).unwrap_or_default();
        Self { at: Some(at), text: format!("Rule {}{id}: {text}", at + 1) }
    }

    fn of_all(text: impl std::fmt::Display) -> Self {
        Self { at: None, text: text.to_string() }
    }
}

#[cfg(test)]
mod tests;

/// A moment in a document.
fn moment(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse_iso(text)
        .ok_or_else(|| "a date is ISO 8601: 2026-01-02T00:00:00Z, or 2026-01-02".to_owned())
}
