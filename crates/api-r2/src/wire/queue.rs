//! Queues, as far as event notifications need them.
//!
//! Spec: Cloudflare API, queues.

use domain::Queue;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A queue to be.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewQueue {
    /// Its name.
    #[schemars(regex(pattern = r"^[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?$"))]
    pub queue_name: String,
}

/// A queue as it is shown. Nothing produces or consumes messages yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ShownQueue {
    /// 32 hexadecimal characters.
    pub queue_id: String,
    /// Its name.
    pub queue_name: String,
    /// ISO 8601 with milliseconds.
    pub created_on: String,
    /// The same.
    pub modified_on: String,
    /// None.
    pub producers: [(); 0],
    /// 0.
    pub producers_total_count: u32,
    /// None.
    pub consumers: [(); 0],
    /// 0.
    pub consumers_total_count: u32,
}

impl From<&Queue> for ShownQueue {
    fn from(queue: &Queue) -> Self {
        Self {
            queue_id: queue.id.clone(),
            queue_name: queue.name.to_string(),
            created_on: queue.created.to_string(),
            modified_on: queue.created.to_string(),
            producers: [],
            producers_total_count: 0,
            consumers: [],
            consumers_total_count: 0,
        }
    }
}
