//! A bucket's lifecycle policy.
//!
//! Spec: Cloudflare API, R2, object lifecycle rules.

use domain::lifecycle::LifecycleTime;
use domain::{LifecyclePolicy, LifecycleRule};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{RuleFault, StorageClassName, moment};

/// A lifecycle policy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lifecycle {
    /// The rules, in order.
    pub rules: Vec<Rule>,
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "LifecycleRule")]
pub struct Rule {
    /// Its name.
    pub id: String,
    /// Whether it is in force.
    pub enabled: bool,
    /// What it is for; has to be there, even if it says nothing.
    pub conditions: Conditions,
    /// When objects are deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delete_objects_transition: Option<Transition>,
    /// When objects move to another storage class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_class_transitions: Option<Vec<StorageClassTransition>>,
    /// When uploads are aborted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub abort_multipart_uploads_transition: Option<Transition>,
}

/// What a rule is for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "LifecycleConditions")]
pub struct Conditions {
    /// Only keys that begin with this; all when absent.
    #[serde(default)]
    pub prefix: Option<String>,
}

/// When something is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "LifecycleTransition")]
pub struct Transition {
    /// The moment.
    pub condition: Condition,
}

/// When objects move to another storage class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StorageClassTransition {
    /// The moment.
    pub condition: Condition,
    /// Where to: `InfrequentAccess`.
    pub storage_class: StorageClassName,
}

/// An age, or a date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all_fields = "camelCase", deny_unknown_fields)]
#[schemars(rename = "LifecycleCondition")]
pub enum Condition {
    /// So many seconds after it was stored or begun.
    Age {
        /// The seconds.
        max_age: u64,
    },
    /// From a moment on.
    Date {
        /// ISO 8601.
        date: String,
    },
}

impl From<LifecycleTime> for Condition {
    fn from(time: LifecycleTime) -> Self {
        match time {
            LifecycleTime::Age { seconds } => Self::Age { max_age: seconds },
            LifecycleTime::Date(date) => Self::Date { date: date.to_string() },
        }
    }
}

impl Condition {
    fn check(self) -> Result<LifecycleTime, String> {
        match self {
            Self::Age { max_age } => Ok(LifecycleTime::Age { seconds: max_age }),
            Self::Date { date } => Ok(LifecycleTime::Date(moment(&date)?)),
        }
    }
}

impl From<&LifecyclePolicy> for Lifecycle {
    fn from(policy: &LifecyclePolicy) -> Self {
        let rule = |rule: &LifecycleRule| Rule {
            id: rule.id.clone(),
            enabled: rule.enabled,
            conditions: Conditions { prefix: Some(rule.prefix.clone()) },
            delete_objects_transition: rule.expiration.map(|time| Transition { condition: time.into() }),
            storage_class_transitions: rule.transition.map(|time| {
                let storage_class = StorageClassName::InfrequentAccess;
                vec![StorageClassTransition { condition: time.into(), storage_class }]
            }),
            abort_multipart_uploads_transition: rule
                .abort_uploads_seconds
                .map(|max_age| Transition { condition: Condition::Age { max_age } }),
        };
        Self { rules: policy.rules().iter().map(rule).collect() }
    }
}

impl Lifecycle {
    /// Checks the rules.
    ///
    /// # Errors
    /// The first fault.
    pub fn check(self) -> Result<LifecyclePolicy, RuleFault> {
        let mut rules = Vec::with_capacity(self.rules.len());
        for (at, rule) in self.rules.into_iter().enumerate() {
            let id = rule.id.clone();
            // each by itself, so that the fault has a place
            let checked = rule.check().and_then(|rule| match LifecyclePolicy::new(vec![rule.clone()]) {
                Ok(_) => Ok(rule),
                Err(fault) => Err(fault.to_string()),
            });
            rules.push(checked.map_err(|text| RuleFault::of_rule(at, Some(&id), text))?);
        }
        LifecyclePolicy::new(rules).map_err(RuleFault::of_all)
    }
}

impl Rule {
    fn check(self) -> Result<LifecycleRule, String> {
        let expiration = self.delete_objects_transition.map(|transition| transition.condition.check());
        let abort_uploads_seconds = match self.abort_multipart_uploads_transition.map(|t| t.condition) {
            None => None,
            Some(Condition::Age { max_age }) => Some(max_age),
            Some(Condition::Date { .. }) => {
                return Err("abortMultipartUploadsTransition takes an Age and no Date.".to_owned());
            }
        };
        let mut moves = self.storage_class_transitions.unwrap_or_default().into_iter();
        let transition = match (moves.next(), moves.next()) {
            (None, _) => None,
            (Some(first), None) if first.storage_class == StorageClassName::InfrequentAccess => {
                Some(first.condition.check()?)
            }
            (Some(_), None) => {
                return Err("objects can move to InfrequentAccess, and to no other class.".to_owned());
            }
            (Some(_), Some(_)) => {
                return Err(
                    "storageClassTransitions has more than one; there is only InfrequentAccess to move to."
                        .to_owned(),
                );
            }
        };
        Ok(LifecycleRule {
            id: self.id,
            enabled: self.enabled,
            prefix: self.conditions.prefix.unwrap_or_default(),
            expiration: expiration.transpose()?,
            transition,
            abort_uploads_seconds,
        })
    }
}
