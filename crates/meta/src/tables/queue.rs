//! Table `m`: the account's queues, in one row, and which buckets send notifications to which.

use bytes::Bytes;
use domain::{Queue, QueueName, Timestamp};

use super::bucket::BucketId;
use super::codec::{Damaged, Decoder, Encoder};
use crate::engine::KeyRange;

const TABLE: &str = "queues";
const VERSION: u8 = 1;
const TAG_QUEUE: u8 = 1;

const QUEUE_ID: u8 = 1;
const QUEUE_NAME: u8 = 2;
const QUEUE_CREATED: u8 = 3;

/// The key of the row that has all queues.
#[must_use]
pub fn key() -> Vec<u8> {
    b"m".to_vec()
}

/// The key of the row that is there while a bucket sends notifications to a queue; its value is empty.
#[must_use]
pub fn sender_key(queue_id: &str, bucket: BucketId) -> Vec<u8> {
    [b"m", queue_id.as_bytes(), &bucket.0.to_be_bytes()].concat()
}

/// Every sender of a queue.
#[must_use]
pub fn senders(queue_id: &str) -> KeyRange {
    KeyRange::prefix(&[b"m", queue_id.as_bytes()].concat())
}

/// The value of all queues.
#[must_use]
pub fn encode(queues: &[Queue]) -> Bytes {
    let mut out = Encoder::new(VERSION);
    for queue in queues {
        let mut inner = Encoder::default();
        inner.text(QUEUE_ID, Some(&queue.id));
        inner.text(QUEUE_NAME, Some(queue.name.as_str()));
        inner.field(QUEUE_CREATED, &queue.created.as_millis().to_le_bytes());
        out.field(TAG_QUEUE, &inner.finish());
    }
    out.finish()
}

/// Reads all queues.
///
/// # Errors
/// [`Damaged`].
pub fn decode(value: &[u8]) -> Result<Vec<Queue>, Damaged> {
    let mut decoder = Decoder::new(TABLE, VERSION, value)?;
    let mut queues = Vec::new();
    while let Some((tag, bytes)) = decoder.field()? {
        if tag == TAG_QUEUE {
            queues.push(decode_queue(bytes)?);
        }
    }
    Ok(queues)
}

fn decode_queue(bytes: &[u8]) -> Result<Queue, Damaged> {
    let mut decoder = Decoder::nested(TABLE, bytes);
    let (mut id, mut name, mut created) = (String::new(), None, Timestamp::default());
    while let Some((tag, bytes)) = decoder.field()? {
        match tag {
            QUEUE_ID => id = decoder.utf8(bytes)?,
            QUEUE_NAME => name = QueueName::parse(&decoder.utf8(bytes)?),
            QUEUE_CREATED => {
                let millis = bytes.try_into().map_err(|_| decoder.damaged("time"))?;
                created = Timestamp::from_millis(i64::from_le_bytes(millis));
            }
            _ => {}
        }
    }
    Ok(Queue { id, name: name.ok_or(decoder.damaged("name"))?, created })
}
