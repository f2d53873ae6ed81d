//! Bucket locks.
//!
//! Spec: Cloudflare API, R2, bucket locks.

use domain::bucket_lock::LockCondition;
use domain::{BucketLockRule, BucketLocks};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{RuleFault, moment};

/// A bucket's locks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Locks {
    /// The rules, in order.
    pub rules: Vec<LockRule>,
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LockRule {
    /// Its name.
    pub id: String,
    /// Whether it is in force.
    pub enabled: bool,
    /// Only keys that begin with this; all when absent.
    #[serde(default)]
    pub prefix: Option<String>,
    /// For how long.
    pub condition: Condition,
}

/// For how long a rule locks an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all_fields = "camelCase", deny_unknown_fields)]
#[schemars(rename = "LockCondition")]
pub enum Condition {
    /// So many seconds after it was stored.
    Age {
        /// The seconds.
        max_age_seconds: u64,
    },
    /// Until a moment.
    Date {
        /// ISO 8601.
        date: String,
    },
    /// As long as there is the rule.
    Indefinite {},
}

impl From<&BucketLocks> for Locks {
    fn from(locks: &BucketLocks) -> Self {
        let rule = |rule: &BucketLockRule| LockRule {
            id: rule.id.clone(),
            enabled: rule.enabled,
            prefix: Some(rule.prefix.clone()),
            condition: match rule.condition {
                LockCondition::Age { seconds } => Condition::Age { max_age_seconds: seconds },
                LockCondition::Date(date) => Condition::Date { date: date.to_string() },
                LockCondition::Indefinite => Condition::Indefinite {},
            },
        };
        Self { rules: locks.rules().iter().map(rule).collect() }
    }
}

impl Locks {
    /// Checks the rules.
    ///
    /// # Errors
    /// The first fault.
    pub fn check(self) -> Result<BucketLocks, RuleFault> {
        let mut rules = Vec::with_capacity(self.rules.len());
        for (at, rule) in self.rules.into_iter().enumerate() {
            let id = rule.id.clone();
            let checked = rule.check();
            // each by itself, so that the fault has a place
            let checked = checked.and_then(|rule| match BucketLocks::new(vec![rule.clone()]) {
                Ok(_) => Ok(rule),
                Err(fault) => Err(fault.to_string()),
            });
            rules.push(checked.map_err(|text| RuleFault::of_rule(at, Some(&id), text))?);
        }
        BucketLocks::new(rules).map_err(RuleFault::of_all)
    }
}

impl LockRule {
    fn check(self) -> Result<BucketLockRule, String> {
        let condition = match self.condition {
            Condition::Age { max_age_seconds } => LockCondition::Age { seconds: max_age_seconds },
            Condition::Date { date } => LockCondition::Date(moment(&date)?),
            Condition::Indefinite {} => LockCondition::Indefinite,
        };
        let prefix = self.prefix.unwrap_or_default();
        Ok(BucketLockRule { id: self.id, enabled: self.enabled, prefix, condition })
    }
}
