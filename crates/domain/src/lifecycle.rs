//! A bucket's lifecycle policy: rules that delete objects, move them to another storage class and abort uploads that
//! nobody completes, and what is due for one object at one moment. Going through a bucket is the store's, and so is
//! asking whether a lock forbids what is due.
//!
//! An age counts from when the object was stored and ends at the next midnight in UTC, as clients are told in
//! `x-amz-expiration`: nothing is ever due before the moment that was shown.

#[cfg(test)]
mod tests;

use std::collections::HashSet;

use crate::clock::Timestamp;
use crate::limits::{KEY_MAX_BYTES, LIFECYCLE_MAX_RULES, RULE_ID_MAX_CHARS};
use crate::name::ObjectKey;
use crate::storage_class::StorageClass;

/// Seconds of a day, in which S3's documents count.
pub const DAY_SECONDS: u64 = 86_400;

/// A checked lifecycle policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LifecyclePolicy {
    rules: Vec<LifecycleRule>,
}

/// One rule. It applies to keys with its prefix, while it is enabled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LifecycleRule {
    /// Its name, up to 255 characters; when empty, the policy gives it one.
    pub id: String,
    /// Whether it is in force.
    pub enabled: bool,
    /// Only keys that begin with this; empty for all.
    pub prefix: String,
    /// When objects are deleted.
    pub expiration: Option<LifecycleTime>,
    /// When objects move to [`StorageClass::StandardIa`], the only class to move to.
    pub transition: Option<LifecycleTime>,
    /// How old an upload that is not completed may get, in seconds.
    pub abort_uploads_seconds: Option<u64>,
}

/// When a rule acts on an object.
///
/// Spec: R2 docs, object lifecycles; Amazon S3 API, LifecycleExpiration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LifecycleTime {
    /// So many seconds after it was stored.
    Age {
        /// The seconds.
        seconds: u64,
    },
    /// From this moment on, whenever it was stored.
    Date(Timestamp),
}

/// What is wrong with a policy, in AWS's words where it has them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LifecycleFault {
    /// Over [`LIFECYCLE_MAX_RULES`].
    #[error("A lifecycle policy has at most {LIFECYCLE_MAX_RULES} rules; this one has {given}.")]
    TooManyRules {
        /// How many there are.
        given: usize,
    },
    /// An id over [`RULE_ID_MAX_CHARS`].
    #[error("ID length should not exceed allowed limit of {RULE_ID_MAX_CHARS}")]
    LongId,
    /// Two rules with one id.
    #[error("Rule ID must be unique. Found same ID for more than one rule")]
    DuplicateId {
        /// The id.
        id: String,
    },
    /// A prefix that no key can have.
    #[error("The maximum size of a prefix is {KEY_MAX_BYTES}.")]
    LongPrefix,
    /// A rule that does nothing.
    #[error("At least one action needs to be specified in a rule")]
    NoAction {
        /// The rule's id.
        id: String,
    },
    /// An expiration at the age of nothing.
    #[error("'Days' for Expiration action must be a positive integer")]
    NoAge,
    /// Uploads aborted at the age of nothing.
    #[error("'DaysAfterInitiation' for AbortIncompleteMultipartUpload action must be a positive integer")]
    NoUploadAge,
}

/// What is to be done with an object, and by which rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due<'a> {
    /// Delete it.
    Expire {
        /// The rule's id.
        rule: &'a str,
    },
    /// Move it to [`StorageClass::StandardIa`].
    Transition {
        /// The rule's id.
        rule: &'a str,
    },
}

impl LifecyclePolicy {
    /// Checks rules. A rule without an id gets one: `rule-` and its place, the next free number if that is taken.
    ///
    /// # Errors
    /// The first [`LifecycleFault`].
    ///
    /// Spec: Amazon S3 API, PutBucketLifecycleConfiguration; R2 docs, object lifecycles (1,000 rules).
    pub fn new(mut rules: Vec<LifecycleRule>) -> Result<Self, LifecycleFault> {
        if rules.len() > LIFECYCLE_MAX_RULES {
            return Err(LifecycleFault::TooManyRules { given: rules.len() });
        }
        let mut taken = HashSet::new();
        for rule in &rules {
            rule.check()?;
            if !rule.id.is_empty() && !taken.insert(rule.id.clone()) {
                return Err(LifecycleFault::DuplicateId { id: rule.id.clone() });
            }
        }
        let mut number = 0_usize;
        for rule in &mut rules {
            number += 1;
            while rule.id.is_empty() {
                let id = format!("rule-{number}");
                if taken.insert(id.clone()) {
                    rule.id = id;
                } else {
                    number += 1;
                }
            }
        }
        Ok(Self { rules })
    }

    /// The policy of a bucket that was never given one: uploads are aborted after seven days.
    ///
    /// Spec: R2 docs, object lifecycles, behavior.
    #[must_use]
    pub fn of_new_bucket() -> Self {
        Self {
            rules: vec![LifecycleRule {
                id: "Default Multipart Abort Rule".into(),
                enabled: true,
                abort_uploads_seconds: Some(7 * DAY_SECONDS),
                ..LifecycleRule::default()
            }],
        }
    }

    /// The rules, in order.
    #[must_use]
    pub fn rules(&self) -> &[LifecycleRule] {
        &self.rules
    }

    /// What is due for an object now. Deletion wins over a transition, also over one that would come up to a day before
    /// it.
    ///
    /// Spec: R2 docs, object lifecycles, behavior.
    #[must_use]
    pub fn due(
        &self,
        key: &ObjectKey,
        last_modified: Timestamp,
        class: StorageClass,
        now: Timestamp,
    ) -> Option<Due<'_>> {
        let expiry = self.expiry_of(key, last_modified);
        match expiry {
            Some((at, rule)) if at <= now => return Some(Due::Expire { rule }),
            Some((at, _)) if at <= now.plus_seconds(DAY_SECONDS) => return None,
            _ if class != StorageClass::Standard => return None,
            _ => {}
        }
        let (at, rule) = self.earliest(key, last_modified, |rule| rule.transition)?;
        (at <= now).then_some(Due::Transition { rule })
    }

    /// When an object will be deleted, and the id of the rule that does it: the earliest of all.
    #[must_use]
    pub fn expiry_of(&self, key: &ObjectKey, last_modified: Timestamp) -> Option<(Timestamp, &str)> {
        self.earliest(key, last_modified, |rule| rule.expiration)
    }

    /// When an upload that was begun then will be aborted, and the id of the rule that does it.
    #[must_use]
    pub fn abort_of(&self, key: &ObjectKey, initiated: Timestamp) -> Option<(Timestamp, &str)> {
        self.earliest(key, initiated, |rule| {
            rule.abort_uploads_seconds.map(|seconds| LifecycleTime::Age { seconds })
        })
    }

    fn earliest(
        &self,
        key: &ObjectKey,
        from: Timestamp,
        time: impl Fn(&LifecycleRule) -> Option<LifecycleTime>,
    ) -> Option<(Timestamp, &str)> {
        let rules = self.rules.iter().filter(|rule| rule.applies_to(key));
        rules.filter_map(|rule| Some((time(rule)?.since(from), rule.id.as_str()))).min_by_key(|(at, _)| *at)
    }
}

impl LifecycleTime {
    fn since(self, from: Timestamp) -> Timestamp {
        match self {
            Self::Age { seconds } => from.plus_seconds(seconds).up_to_midnight(),
            Self::Date(date) => date.up_to_midnight(),
        }
    }
}

impl LifecycleRule {
    /// Whether the rule is in force for a key.
    #[must_use]
    pub fn applies_to(&self, key: &ObjectKey) -> bool {
        self.enabled && key.starts_with(&self.prefix)
    }

    fn check(&self) -> Result<(), LifecycleFault> {
        if self.id.chars().count() > RULE_ID_MAX_CHARS {
            return Err(LifecycleFault::LongId);
        }
        if self.prefix.len() > KEY_MAX_BYTES {
            return Err(LifecycleFault::LongPrefix);
        }
        if self.expiration == Some(LifecycleTime::Age { seconds: 0 }) {
            return Err(LifecycleFault::NoAge);
        }
        if self.abort_uploads_seconds == Some(0) {
            return Err(LifecycleFault::NoUploadAge);
        }
        if self.expiration.is_none() && self.transition.is_none() && self.abort_uploads_seconds.is_none() {
            return Err(LifecycleFault::NoAction { id: self.id.clone() });
        }
        Ok(())
    }
}
