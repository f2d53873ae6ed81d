//! Event notifications: which changes of a bucket's objects are told to which queue. Telling is for others.

use std::fmt;

use crate::clock::Timestamp;

/// A queue of the account, to which notifications can be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queue {
    /// 32 lower-case hexadecimal characters.
    pub id: String,
    /// Its name, which no other queue has.
    pub name: QueueName,
    /// When it was made.
    pub created: Timestamp,
}

/// Most characters of a queue's name. Spec: Cloudflare Queues docs, limits.
const QUEUE_NAME_MAX: usize = 63;

/// A queue's name: 1 to 63 of `a-z`, `0-9`, `-` and `_`, with a letter or digit at both ends.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct QueueName(String);

impl QueueName {
    /// Reads a name; `None` when it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let bytes = text.as_bytes();
        let ends =
            bytes.first().copied().is_some_and(is_plain) && bytes.last().copied().is_some_and(is_plain);
        let inner = bytes.iter().all(|b| is_plain(*b) || b"-_".contains(b));
        (ends && inner && bytes.len() <= QUEUE_NAME_MAX).then(|| Self(text.to_owned()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for QueueName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What happens to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NotificationAction {
    /// It was stored.
    PutObject,
    /// It was made by a copy.
    CopyObject,
    /// It was made of parts.
    CompleteMultipartUpload,
    /// It was deleted.
    DeleteObject,
    /// A lifecycle policy deleted it.
    LifecycleDeletion,
}

/// Which changes are told to which queue.
///
/// Spec: R2 docs, event notifications.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotificationRule {
    /// Its id, 32 lower-case hexadecimal characters.
    pub id: String,
    /// The id of the queue.
    pub queue_id: String,
    /// When it was made.
    pub created: Timestamp,
    /// Only keys that begin with this; empty for all.
    pub prefix: String,
    /// Only keys that end with this; empty for all.
    pub suffix: String,
    /// What is told; at least one.
    pub actions: Vec<NotificationAction>,
    /// In its owner's words.
    pub description: String,
}

impl NotificationRule {
    /// Whether one change could be told by both rules: they have an action in common, and there are keys that both are for.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        let nested = |a: &str, b: &str| a.starts_with(b) || b.starts_with(a);
        let ends = self.suffix.ends_with(&other.suffix) || other.suffix.ends_with(&self.suffix);
        self.actions.iter().any(|action| other.actions.contains(action))
            && nested(&self.prefix, &other.prefix)
            && ends
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rule(prefix: &str, suffix: &str, actions: &[NotificationAction]) -> NotificationRule {
        NotificationRule {
            id: String::new(),
            queue_id: String::new(),
            created: Timestamp::default(),
            prefix: prefix.to_owned(),
            suffix: suffix.to_owned(),
            actions: actions.to_vec(),
            description: String::new(),
        }
    }

    proptest! {
        /// Rules that do not overlap have no key in common.
        #[test]
        fn rules_for_one_key_overlap(key in "[ab]{0,6}", cuts in prop::array::uniform4(0..7_usize)) {
            let cut = |n: usize| n.min(key.len());
            let [a, b, c, d] = cuts.map(cut);
            let put = [NotificationAction::PutObject];
            let (one, two) = (rule(&key[..a], &key[b..], &put), rule(&key[..c], &key[d..], &put));
            prop_assert!(one.overlaps(&two) && two.overlaps(&one));
        }

        #[test]
        fn names_of_queues_are_themselves(text in "[a-zA-Z0-9_-]{0,70}|.{0,20}") {
            if let Some(name) = QueueName::parse(&text) {
                prop_assert_eq!(name.as_str(), text);
            }
        }
    }

    #[test]
    fn rules_that_overlap() {
        use NotificationAction::{DeleteObject, LifecycleDeletion, PutObject};
        for (a, b, expected) in [
            (("", ""), ("", ""), true),
            (("a/", ""), ("b/", ""), false),
            (("a/", ""), ("a/b/", ""), true),
            (("a/", ".jpg"), ("a/b/", ".png"), false),
            (("a/", ".jpg"), ("", "x.jpg"), true),
            (("", ".jpg"), ("b/", ""), true),
        ] {
            let (a, b) = (rule(a.0, a.1, &[PutObject, DeleteObject]), rule(b.0, b.1, &[DeleteObject]));
            assert_eq!((a.overlaps(&b), b.overlaps(&a)), (expected, expected), "{a:?} {b:?}");
        }
        assert!(!rule("", "", &[PutObject]).overlaps(&rule("", "", &[LifecycleDeletion])));
    }

    #[test]
    fn names_of_queues() {
        let long = "q".repeat(64);
        for good in ["q", "my-queue", "a_b", "0", &long[1..]] {
            assert!(QueueName::parse(good).is_some(), "{good}");
        }
        for bad in ["", "-", "-q", "q-", "Q", "q q", "q.q", "é", &long] {
            assert_eq!(QueueName::parse(bad), None, "{bad}");
        }
    }
}
