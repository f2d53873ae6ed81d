//! Queues: named, so that notifications can be configured for them.

use domain::{ConfigurationError, Error, QueueName};
use exchange::Incoming;

use super::{numbered_page, refused_member};
use crate::call::{Call, Reply};
use crate::document;
use crate::error::Failure;
use crate::wire::queue::{NewQueue, ShownQueue};

/// Most bytes of a queue's document.
const DOCUMENT_MAX_BYTES: usize = 16 * 1024;

pub(super) async fn list(call: &Call<'_>) -> Result<Reply, Failure> {
    let name = call.query.get("name").filter(|name| !name.is_empty());
    let queues = call.store().list_queues(call.caller).await?;
    let named = queues.iter().filter(|queue| name.is_none_or(|name| queue.name.as_str() == name));
    numbered_page(call, named.map(ShownQueue::from).collect())
}

pub(super) async fn create(call: &Call<'_>, body: &mut Incoming<'_>) -> Result<Reply, Failure> {
    let NewQueue { queue_name } = document::read(body, DOCUMENT_MAX_BYTES).await?;
    let name = QueueName::parse(&queue_name).ok_or_else(|| {
        let text =
            "A queue's name has 1 to 63 of a-z, 0-9, - and _, and begins and ends with a letter or a digit.";
        refused_member(("/queue_name", text.to_owned()))
    })?;
    Reply::result(ShownQueue::from(&call.store().create_queue(call.caller, &name).await?))
}

pub(super) async fn get(call: &Call<'_>) -> Result<Reply, Failure> {
    let queues = call.store().list_queues(call.caller).await?;
    let found = queues.iter().find(|queue| queue.id == call.item());
    Reply::result(ShownQueue::from(found.ok_or(Error::from(ConfigurationError::NoSuchQueue))?))
}

pub(super) async fn delete(call: &Call<'_>) -> Result<Reply, Failure> {
    call.store().delete_queue(call.caller, call.item()).await?;
    Reply::done()
}
