//! Event notifications.
//!
//! Spec: Cloudflare API, R2, event notifications.

use domain::limits::{KEY_MAX_BYTES, NOTIFICATION_RULES_MAX};
use domain::{NotificationAction, NotificationRule};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{NewNotification, QueueNotifications};

use super::RuleFault;

/// Most bytes of a description.
const DESCRIPTION_MAX_BYTES: usize = 1_024;

/// What happens to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "NotificationAction")]
pub enum Action {
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

impl From<Action> for NotificationAction {
    fn from(action: Action) -> Self {
        match action {
            Action::PutObject => Self::PutObject,
            Action::CopyObject => Self::CopyObject,
            Action::CompleteMultipartUpload => Self::CompleteMultipartUpload,
            Action::DeleteObject => Self::DeleteObject,
            Action::LifecycleDeletion => Self::LifecycleDeletion,
        }
    }
}

impl From<NotificationAction> for Action {
    fn from(action: NotificationAction) -> Self {
        match action {
            NotificationAction::PutObject => Self::PutObject,
            NotificationAction::CopyObject => Self::CopyObject,
            NotificationAction::CompleteMultipartUpload => Self::CompleteMultipartUpload,
            NotificationAction::DeleteObject => Self::DeleteObject,
            NotificationAction::LifecycleDeletion => Self::LifecycleDeletion,
        }
    }
}

/// Rules to be.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewNotificationRules")]
pub struct NewRules {
    /// At least one.
    #[schemars(length(min = 1, max = 100))]
    pub rules: Vec<NewRule>,
}

/// A rule to be.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewNotificationRule")]
pub struct NewRule {
    /// What is told; at least one.
    #[schemars(length(min = 1))]
    pub actions: Vec<Action>,
    /// Only keys that begin with this.
    #[serde(default)]
    pub prefix: Option<String>,
    /// Only keys that end with this.
    #[serde(default)]
    pub suffix: Option<String>,
    /// In its owner's words.
    #[serde(default)]
    pub description: Option<String>,
}

/// Which rules are to go.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "DeleteNotificationRules")]
pub struct DeleteRules {
    /// Their ids; all rules of the queue when absent.
    #[serde(default)]
    pub rule_ids: Option<Vec<String>>,
}

/// A bucket's notifications.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Notifications {
    /// The bucket.
    pub bucket_name: String,
    /// By queue.
    pub queues: Vec<QueueRules>,
}

/// A bucket's notifications to one queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct QueueRules {
    /// The queue's id.
    pub queue_id: String,
    /// Its name.
    pub queue_name: String,
    /// The rules.
    pub rules: Vec<Rule>,
}

/// A rule as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "NotificationRule")]
pub struct Rule {
    /// 32 hexadecimal characters.
    pub rule_id: String,
    /// ISO 8601 with milliseconds.
    pub created_at: String,
    /// Only keys that begin with this.
    pub prefix: String,
    /// Only keys that end with this.
    pub suffix: String,
    /// What is told.
    pub actions: Vec<Action>,
    /// In its owner's words.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
}

impl NewRules {
    /// Checks the rules.
    ///
    /// # Errors
    /// The first fault.
    pub fn check(self) -> Result<Vec<NewNotification>, RuleFault> {
        if self.rules.is_empty() || self.rules.len() > NOTIFICATION_RULES_MAX {
            return Err(RuleFault::of_all(format!("There are 1 to {NOTIFICATION_RULES_MAX} rules.")));
        }
        let checked = self.rules.into_iter().enumerate();
        checked.map(|(at, rule)| rule.check().map_err(|text| RuleFault::of_rule(at, None, text))).collect()
    }
}

impl NewRule {
    fn check(self) -> Result<NewNotification, String> {
        let mut actions: Vec<NotificationAction> = self.actions.into_iter().map(Into::into).collect();
        actions.sort_unstable();
        actions.dedup();
        if actions.is_empty() {
            return Err("actions names at least one".to_owned());
        }
        let [prefix, suffix, description] =
            [self.prefix, self.suffix, self.description].map(Option::unwrap_or_default);
        if prefix.len().max(suffix.len()) > KEY_MAX_BYTES {
            return Err(format!("prefix and suffix have at most {KEY_MAX_BYTES} bytes"));
        }
        if description.len() > DESCRIPTION_MAX_BYTES {
            return Err(format!("a description has at most {DESCRIPTION_MAX_BYTES} bytes"));
        }
        Ok(NewNotification { actions, prefix, suffix, description })
    }
}

impl From<&QueueNotifications> for QueueRules {
    fn from(group: &QueueNotifications) -> Self {
        let rule = |rule: &NotificationRule| Rule {
            rule_id: rule.id.clone(),
            created_at: rule.created.to_string(),
            prefix: rule.prefix.clone(),
            suffix: rule.suffix.clone(),
            actions: rule.actions.iter().map(|action| Action::from(*action)).collect(),
            description: rule.description.clone(),
        };
        Self {
            queue_id: group.queue.id.clone(),
            queue_name: group.queue.name.to_string(),
            rules: group.rules.iter().map(rule).collect(),
        }
    }
}
