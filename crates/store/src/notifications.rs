//! Queues, and which buckets are to send event notifications to them. Nothing is sent yet.

use auth::{Action, Caller};
use domain::audit::Verb;
use domain::limits::{NOTIFICATION_RULES_MAX, QUEUES_MAX};
use domain::{BucketName, ConfigurationError, Error, NotificationAction, NotificationRule, Queue, QueueName};
use meta::tables::bucket::{self, BucketId};
use meta::tables::setting::{self, Kind};
use meta::tables::{configuration as rows, queue};
use meta::{Check, EngineError};

use crate::audit::{Change, summary};
use crate::buckets::COMMIT_TRIES;
use crate::failure::engine_failed;
use crate::{Store, delete_row, put_row};

/// A notification rule to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewNotification {
    /// What is told; at least one.
    pub actions: Vec<NotificationAction>,
    /// Only keys that begin with this; empty for all.
    pub prefix: String,
    /// Only keys that end with this; empty for all.
    pub suffix: String,
    /// In its owner's words.
    pub description: String,
}

/// A bucket's notifications, by queue.
pub type BucketNotifications = Vec<QueueNotifications>;

/// The notifications of a bucket to one queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueNotifications {
    /// The queue.
    pub queue: Queue,
    /// At least one.
    pub rules: Vec<NotificationRule>,
}

impl Store {
    /// The account's queues, the oldest first.
    ///
    /// # Errors
    /// [`Error::AccessDenied`]; any error of the engine.
    pub async fn list_queues(&self, caller: &Caller) -> Result<Vec<Queue>, Error> {
        caller.allow(Action::ReadBucketSettings, None)?;
        Ok(self.read_checked(queue::key(), queue::decode).await?.0)
    }

    /// Makes a queue.
    ///
    /// # Errors
    /// [`Error::AccessDenied`]; [`ConfigurationError::QueueExists`], [`ConfigurationError::TooManyQueues`]; any error of the
    /// engine.
    pub async fn create_queue(&self, caller: &Caller, name: &QueueName) -> Result<Queue, Error> {
        caller.allow(Action::WriteBucketSettings, None)?;
        let id = domain::random::hex::<16>(&*self.random);
        let queue = Queue { id, name: name.clone(), created: self.clock.now() };
        let change = Change::of_account(caller, "CreateQueue").with_verb(Verb::Create);
        let made = Some(summary::queue(&queue));
        self.change_queues(&change, Vec::new(), |queues| {
            if queues.iter().any(|other| other.name == *name) {
                return Err(ConfigurationError::QueueExists);
            }
            if queues.len() >= QUEUES_MAX {
                return Err(ConfigurationError::TooManyQueues);
            }
            queues.push(queue.clone());
            Ok((None, made.clone()))
        })
        .await?;
        Ok(queue)
    }

    /// Deletes a queue that no bucket sends notifications to.
    ///
    /// # Errors
    /// [`Error::AccessDenied`]; [`ConfigurationError::NoSuchQueue`], [`ConfigurationError::QueueInUse`]; any error of the
    /// engine.
    pub async fn delete_queue(&self, caller: &Caller, id: &str) -> Result<(), Error> {
        caller.allow(Action::WriteBucketSettings, None)?;
        let change = Change::of_account(caller, "DeleteQueue").with_verb(Verb::Delete);
        self.change_queues(&change, vec![Check::Empty(queue::senders(id))], |queues| {
            let place = queues.iter().position(|queue| queue.id == id);
            let gone = queues.remove(place.ok_or(ConfigurationError::NoSuchQueue)?);
            Ok((Some(summary::queue(&gone)), None))
        })
        .await
    }

    /// Changes the queues; `change` returns what the audit log tells of before and after.
    async fn change_queues(
        &self,
        audited: &Change<'_>,
        checks: Vec<Check>,
        change: impl Fn(&mut Vec<Queue>) -> Result<(Option<String>, Option<String>), ConfigurationError>,
    ) -> Result<(), Error> {
        for _ in 0..COMMIT_TRIES {
            let (mut queues, unchanged) = self.read_checked(queue::key(), queue::decode).await?;
            let (before, after) = change(&mut queues)?;
            let checks = [vec![unchanged], checks.clone()].concat();
            let writes =
                vec![put_row(queue::key(), queue::encode(&queues)), self.audit_row(audited, before, after)];
            match self.commit(checks, writes).await {
                Ok(_) => return Ok(()),
                Err(EngineError::Conflict { check: 0 }) => {}
                Err(EngineError::Conflict { .. }) => return Err(ConfigurationError::QueueInUse.into()),
                Err(error) => return Err(engine_failed(error)),
            }
        }
        Err(Error::SlowDown)
    }

    /// A bucket's notification rules by queue, in the order in which the first of each came.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::NoSuchBucket`]; any error of the engine.
    pub async fn bucket_notifications(
        &self,
        caller: &Caller,
        name: &BucketName,
    ) -> Result<BucketNotifications, Error> {
        caller.allow(Action::ReadBucketSettings, Some(name))?;
        let id = self.find_bucket(name).await?.row.id;
        // the rules first: a queue that they name is not deleted before them
        let rules = self.notification_rules(id).await?;
        let queues = self.list_queues(&Caller::System).await?;
        let mut found: BucketNotifications = Vec::new();
        for rule in rules {
            if let Some(group) = found.iter_mut().find(|group| group.queue.id == rule.queue_id) {
                group.rules.push(rule);
            } else if let Some(queue) = queues.iter().find(|queue| queue.id == rule.queue_id) {
                found.push(QueueNotifications { queue: queue.clone(), rules: vec![rule] });
            }
        }
        Ok(found)
    }

    pub(crate) async fn notification_rules(&self, id: BucketId) -> Result<Vec<NotificationRule>, Error> {
        let rules = self.read_beside(id, Kind::Notifications, rows::decode_notifications).await?;
        Ok(rules.unwrap_or_default())
    }

    /// Adds notification rules of a bucket for a queue.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::NoSuchBucket`]; [`ConfigurationError::NoSuchQueue`],
    /// [`ConfigurationError::NotificationsOverlap`] with a rule that is there or another new one,
    /// [`ConfigurationError::TooManyNotificationRules`]; any error of the engine.
    pub async fn add_notifications(
        &self,
        caller: &Caller,
        name: &BucketName,
        queue_id: &str,
        new: &[NewNotification],
    ) -> Result<(), Error> {
        caller.allow(Action::WriteBucketSettings, Some(name))?;
        let change = Change::of_bucket(caller, "PutQueueNotifications", name);
        self.change_notifications(&change, queue_id, |rules| {
            for new in new {
                let rule = NotificationRule {
                    id: domain::random::hex::<16>(&*self.random),
                    queue_id: queue_id.to_owned(),
                    created: self.clock.now(),
                    prefix: new.prefix.clone(),
                    suffix: new.suffix.clone(),
                    actions: new.actions.clone(),
                    description: new.description.clone(),
                };
                if let Some(other) = rules.iter().find(|other| other.overlaps(&rule)) {
                    let keys = |rule: &NotificationRule| (rule.prefix.clone(), rule.suffix.clone());
                    return Err(ConfigurationError::NotificationsOverlap(keys(other), keys(&rule)));
                }
                if rules.len() >= NOTIFICATION_RULES_MAX {
                    return Err(ConfigurationError::TooManyNotificationRules);
                }
                rules.push(rule);
            }
            Ok(())
        })
        .await
    }

    /// Deletes the rules of a bucket for a queue that have these ids, or all of them.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::NoSuchBucket`]; [`ConfigurationError::NoSuchQueue`],
    /// [`ConfigurationError::NoSuchNotificationRule`] for an id or, without ids, when there is none; any error of the engine.
    pub async fn delete_notifications(
        &self,
        caller: &Caller,
        name: &BucketName,
        queue_id: &str,
        ids: Option<&[String]>,
    ) -> Result<(), Error> {
        caller.allow(Action::WriteBucketSettings, Some(name))?;
        let change = Change::of_bucket(caller, "DeleteQueueNotifications", name);
        self.change_notifications(&change, queue_id, |rules| {
            let is_meant = |rule: &NotificationRule| {
                rule.queue_id == queue_id && ids.is_none_or(|ids| ids.contains(&rule.id))
            };
            let mut meant = rules.iter().filter(|rule| is_meant(rule));
            let all_there = match ids {
                None => meant.next().is_some(),
                Some(ids) => ids.iter().all(|id| rules.iter().any(|rule| rule.id == *id && is_meant(rule))),
            };
            if !all_there {
                return Err(ConfigurationError::NoSuchNotificationRule);
            }
            rules.retain(|rule| !is_meant(rule));
            Ok(())
        })
        .await
    }

    /// Changes a bucket's rules, and with them the row by which the queue knows that it is used.
    async fn change_notifications(
        &self,
        audited: &Change<'_>,
        queue_id: &str,
        change: impl Fn(&mut Vec<NotificationRule>) -> Result<(), ConfigurationError>,
    ) -> Result<(), Error> {
        let name = audited.bucket()?;
        for _ in 0..COMMIT_TRIES {
            let bucket = self.find_bucket(name).await?;
            let id = bucket.row.id;
            let key = setting::key(id, Kind::Notifications);
            let (mut rules, same_rules) = self.read_checked(key.clone(), rows::decode_notifications).await?;
            let (queues, same_queues) = self.read_checked(queue::key(), queue::decode).await?;
            if !queues.iter().any(|queue| queue.id == queue_id) {
                return Err(ConfigurationError::NoSuchQueue.into());
            }
            let before = summary::notifications(&rules);
            change(&mut rules)?;
            let told = self.audit_row(audited, before, summary::notifications(&rules));
            let sender = queue::sender_key(queue_id, id);
            let is_sender = rules.iter().any(|rule| rule.queue_id == queue_id);
            let sender = if is_sender { put_row(sender, bytes::Bytes::new()) } else { delete_row(sender) };
            let rules = match rules.is_empty() {
                true => delete_row(key),
                false => put_row(key, rows::encode_notifications(&rules)),
            };
            let same_bucket = Check::VersionIs(bucket::key(name), bucket.version);
            let checks = vec![same_bucket, same_rules, same_queues];
            match self.commit(checks, vec![rules, sender, told]).await {
                Ok(_) => return Ok(()),
                Err(EngineError::Conflict { .. }) => {}
                Err(error) => return Err(engine_failed(error)),
            }
        }
        Err(Error::SlowDown)
    }
}
