//! The documents of requests and replies: one type for each, read strictly. A member that is not understood is refused and
//! never dropped, since a rule that does less, or more, than was meant would be kept otherwise.

pub mod account;
pub mod audit;
pub mod bucket;
pub mod cors;
pub mod domains;
pub mod job;
pub mod lifecycle;
pub mod limits;
pub mod lock;
pub mod notification;
pub mod object;
pub mod queue;
pub mod secret;
pub mod sippy;
pub mod storage;
pub mod temporary;
pub mod token;
pub mod zone;

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use domain::{StorageClass, Timestamp};
use schemars::JsonSchema;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

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

/// What is wrong with a document, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The place, as a JSON pointer.
    pub pointer: String,
    /// In the words a person needs to mend it.
    pub text: String,
}

impl Fault {
    fn new(pointer: impl Into<String>, text: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), text: text.into() }
    }

    /// The same in a larger document, whose part is at that place.
    fn below(self, place: &str) -> Self {
        Self { pointer: format!("{place}{}", self.pointer), ..self }
    }
}

/// An object whose names are data. One that repeats is refused: which of its values counts would be a guess.
fn unique<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<BTreeMap<String, T>, D::Error> {
    struct Members<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
        type Value = BTreeMap<String, T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut members = BTreeMap::new();
            while let Some((name, value)) = map.next_entry::<String, T>()? {
                if members.contains_key(&name) {
                    return Err(A::Error::custom("a name is there twice"));
                }
                members.insert(name, value);
            }
            Ok(members)
        }
    }

    from.deserialize_map(Members(PhantomData))
}

#[cfg(test)]
mod tests;

/// A moment in a document.
fn moment(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse_iso(text)
        .ok_or_else(|| "a date is ISO 8601: 2026-01-02T00:00:00Z, or 2026-01-02".to_owned())
}
