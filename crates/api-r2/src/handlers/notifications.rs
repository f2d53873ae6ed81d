//! A bucket's event notifications: kept here, sent by nobody yet.

use domain::{ConfigurationError, Error};
use exchange::Incoming;

use super::refused_rule;
use crate::call::{Call, Reply};
use crate::document;
use crate::error::Failure;
use crate::wire::notification::{DeleteRules, NewRules, Notifications, QueueRules};

/// Most bytes of a document: a hundred rules with a prefix, a suffix and a description each.
const DOCUMENT_MAX_BYTES: usize = 1024 * 1024;

pub(super) async fn list(call: &Call<'_>) -> Result<Reply, Failure> {
    let bucket_name = call.bucket()?.to_string();
    let found = call.store().bucket_notifications(call.caller, call.bucket()?).await?;
    Reply::result(Notifications { bucket_name, queues: found.iter().map(QueueRules::from).collect() })
}

pub(super) async fn get(call: &Call<'_>) -> Result<Reply, Failure> {
    let found = call.store().bucket_notifications(call.caller, call.bucket()?).await?;
    let found = found.iter().find(|group| group.queue.id == call.item());
    Reply::result(QueueRules::from(found.ok_or(Error::from(ConfigurationError::NoSuchNotificationRule))?))
}

pub(super) async fn put(call: &Call<'_>, body: &mut Incoming<'_>) -> Result<Reply, Failure> {
    let rules = document::read::<NewRules>(body, DOCUMENT_MAX_BYTES).await?.check().map_err(refused_rule)?;
    call.store().add_notifications(call.caller, call.bucket()?, call.item(), &rules).await?;
    Reply::nothing()
}

pub(super) async fn delete(call: &Call<'_>, body: &mut Incoming<'_>) -> Result<Reply, Failure> {
    let document = document::read_optional::<DeleteRules>(body, DOCUMENT_MAX_BYTES).await?;
    let ids = document.and_then(|document| document.rule_ids);
    call.store().delete_notifications(call.caller, call.bucket()?, call.item(), ids.as_deref()).await?;
    Reply::nothing()
}
