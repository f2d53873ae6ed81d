//! Bucket locks: a bucket's rules that keep objects from being overwritten or deleted for a time. The strictest rule
//! wins, and every lock beats every lifecycle rule. Asking, in the commit that would change the object, is the store's.

use std::collections::HashSet;
use std::fmt;

use crate::clock::Timestamp;
use crate::error::Error;
use crate::limits::{BUCKET_LOCK_MAX_RULES, KEY_MAX_BYTES, RULE_ID_MAX_CHARS};
use crate::name::ObjectKey;

/// A bucket's checked locks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BucketLocks {
    rules: Vec<BucketLockRule>,
}

/// One rule. It locks keys with its prefix, while it is enabled.
///
/// Spec: R2 docs, bucket locks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketLockRule {
    /// Its name, 1 to 255 characters.
    pub id: String,
    /// Whether it is in force.
    pub enabled: bool,
    /// Only keys that begin with this; empty for all.
    pub prefix: String,
    /// For how long.
    pub condition: LockCondition,
}

/// For how long a rule locks an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockCondition {
    /// So many seconds after it was stored.
    Age {
        /// The seconds.
        seconds: u64,
    },
    /// Until this moment, whenever it was stored.
    Date(Timestamp),
    /// As long as there is the rule.
    Indefinite,
}

/// When a lock ends; a later end is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LockEnd {
    /// At this moment, at which it no longer holds.
    At(Timestamp),
    /// Not by itself.
    Never,
}

impl LockEnd {
    /// Whether the lock still holds.
    #[must_use]
    pub fn is_after(self, now: Timestamp) -> bool {
        self > Self::At(now)
    }
}

impl fmt::Display for LockEnd {
    /// As the end of a sentence: `until 2026-01-02T03:04:05.678Z`, or `until that is lifted`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(end) => write!(f, "until {end}"),
            Self::Never => f.write_str("until that is lifted"),
        }
    }
}

/// A lock on an object, past or present.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Locked<'a> {
    /// When it ends.
    pub until: LockEnd,
    /// The id of the rule.
    pub rule: &'a str,
}

/// What is wrong with a bucket's locks; the text names the fix.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BucketLockFault {
    /// Over [`BUCKET_LOCK_MAX_RULES`].
    #[error("A bucket has at most {BUCKET_LOCK_MAX_RULES} lock rules; these are {given}.")]
    TooManyRules {
        /// How many there are.
        given: usize,
    },
    /// An id that is empty or over [`RULE_ID_MAX_CHARS`].
    #[error("The id of a lock rule has 1 to {RULE_ID_MAX_CHARS} characters.")]
    Id,
    /// Two rules with one id.
    #[error("Two lock rules have the id \"{id}\"; give each its own.")]
    DuplicateId {
        /// The id.
        id: String,
    },
    /// A prefix that no key can have.
    #[error("The prefix of a lock rule has at most {KEY_MAX_BYTES} bytes.")]
    LongPrefix,
    /// A lock that would be over before it began.
    #[error("The age of a lock rule is at least one second.")]
    NoAge,
}

impl BucketLocks {
    /// Checks rules.
    ///
    /// # Errors
    /// The first [`BucketLockFault`].
    pub fn new(rules: Vec<BucketLockRule>) -> Result<Self, BucketLockFault> {
        if rules.len() > BUCKET_LOCK_MAX_RULES {
            return Err(BucketLockFault::TooManyRules { given: rules.len() });
        }
        let mut ids = HashSet::new();
        for rule in &rules {
            if rule.id.is_empty() || rule.id.chars().count() > RULE_ID_MAX_CHARS {
                return Err(BucketLockFault::Id);
            }
            if rule.prefix.len() > KEY_MAX_BYTES {
                return Err(BucketLockFault::LongPrefix);
            }
            if rule.condition == (LockCondition::Age { seconds: 0 }) {
                return Err(BucketLockFault::NoAge);
            }
            if !ids.insert(rule.id.as_str()) {
                return Err(BucketLockFault::DuplicateId { id: rule.id.clone() });
            }
        }
        Ok(Self { rules })
    }

    /// The rules, in order.
    #[must_use]
    pub fn rules(&self) -> &[BucketLockRule] {
        &self.rules
    }

    /// The strictest lock on an object that was stored then: of all rules, the one that ends last. It may be over.
    #[must_use]
    pub fn locked_until(&self, key: &ObjectKey, uploaded_at: Timestamp) -> Option<Locked<'_>> {
        let rules = self.rules.iter().filter(|rule| rule.enabled && key.starts_with(&rule.prefix));
        rules
            .map(|rule| {
                let until = match rule.condition {
                    LockCondition::Age { seconds } => LockEnd::At(uploaded_at.plus_seconds(seconds)),
                    LockCondition::Date(date) => LockEnd::At(date),
                    LockCondition::Indefinite => LockEnd::Never,
                };
                Locked { until, rule: &rule.id }
            })
            .max_by_key(|locked| locked.until)
    }

    /// Whether an object that was stored then may be overwritten or deleted now.
    ///
    /// # Errors
    /// [`Error::ObjectLockedByBucketPolicy`].
    pub fn check_change(&self, key: &ObjectKey, uploaded_at: Timestamp, now: Timestamp) -> Result<(), Error> {
        match self.locked_until(key, uploaded_at) {
            Some(Locked { until, rule }) if until.is_after(now) => {
                Err(Error::ObjectLockedByBucketPolicy { rule: rule.to_owned(), until })
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(id: &str, prefix: &str, condition: LockCondition) -> BucketLockRule {
        BucketLockRule { id: id.into(), enabled: true, prefix: prefix.into(), condition }
    }

    const fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    #[test]
    fn the_strictest_lock_wins() {
        let off = BucketLockRule { enabled: false, ..rule("off", "", LockCondition::Indefinite) };
        let locks = BucketLocks::new(vec![
            rule("age", "", LockCondition::Age { seconds: 100 }),
            rule("date", "logs/", LockCondition::Date(at(500))),
            rule("ever", "logs/keep/", LockCondition::Indefinite),
            off,
        ])
        .unwrap();
        let table = [
            ("a", 0, LockEnd::At(at(100)), "age"),
            ("logs/a", 0, LockEnd::At(at(500)), "date"),
            ("logs/a", 450, LockEnd::At(at(550)), "age"),
            ("logs/keep/a", 450, LockEnd::Never, "ever"),
        ];
        for (name, stored, until, rule) in table {
            let key = ObjectKey::parse(name).unwrap();
            assert_eq!(locks.locked_until(&key, at(stored)), Some(Locked { until, rule }), "{name} {stored}");
            let denied = Err(Error::ObjectLockedByBucketPolicy { rule: rule.into(), until });
            assert_eq!(locks.check_change(&key, at(stored), at(99)), denied, "{name} {stored}");
        }
        let key = ObjectKey::parse("a").unwrap();
        assert_eq!(
            locks.check_change(&key, at(0), at(100)),
            Ok(()),
            "an age that is reached no longer locks"
        );
        assert_eq!(BucketLocks::default().locked_until(&key, at(0)), None);
    }

    #[test]
    fn locks_that_cannot_be_kept() {
        let age = LockCondition::Age { seconds: 1 };
        let twice = vec![rule("a", "", age), rule("a", "b", age)];
        let table = [
            (vec![rule("", "", age)], BucketLockFault::Id),
            (vec![rule(&"ü".repeat(256), "", age)], BucketLockFault::Id),
            (vec![rule("a", &"p".repeat(1_025), age)], BucketLockFault::LongPrefix),
            (vec![rule("a", "", LockCondition::Age { seconds: 0 })], BucketLockFault::NoAge),
            (twice, BucketLockFault::DuplicateId { id: "a".into() }),
            (vec![rule("a", "", age); 1_001], BucketLockFault::TooManyRules { given: 1_001 }),
        ];
        for (rules, fault) in table {
            assert_eq!(BucketLocks::new(rules), Err(fault));
        }
        for count in [999, 1_000] {
            let rules = (0..count).map(|n| rule(&n.to_string(), "", age)).collect();
            assert!(BucketLocks::new(rules).is_ok(), "{count}");
        }
        for (id, prefix) in [(1, 0), (254, 1_023), (255, 1_024)] {
            let kept = BucketLocks::new(vec![rule(&"ü".repeat(id), &"p".repeat(prefix), age)]);
            assert!(kept.is_ok(), "{id} {prefix}");
        }
    }
}
