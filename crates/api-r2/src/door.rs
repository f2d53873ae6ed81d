//! The REST door: its parts and its settings.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use domain::{Clock, Random};
use exchange::RequestIds;
use http::StatusCode;
use serde_json::Value;
use store::Store;
use tokio::sync::Semaphore;

use crate::call::Reply;
use crate::openapi;

/// How the door behaves; data, not parts.
#[derive(Clone, Debug)]
pub struct DoorSettings {
    /// The server's name, with its port if it has one: public names of buckets lie below it.
    pub host: String,
    /// How long a request's body may pause.
    pub body_idle: Duration,
}

/// Buckets whose objects are counted at a time; further questions wait.
const COUNTS_MAX: usize = 1;

/// The REST door.
pub struct Door {
    pub(crate) store: Arc<Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) settings: DoorSettings,
    pub(crate) request_ids: RequestIds,
    pub(crate) counts: Semaphore,
    /// The API's description, once somebody has asked for it.
    document: OnceLock<Value>,
}

impl Door {
    /// Opens the door onto a store.
    #[must_use]
    pub fn new(
        store: Arc<Store>,
        clock: Arc<dyn Clock>,
        random: &dyn Random,
        settings: DoorSettings,
    ) -> Self {
        Self {
            store,
            clock,
            settings,
            request_ids: RequestIds::new(random),
            counts: Semaphore::new(COUNTS_MAX),
            document: OnceLock::new(),
        }
    }

    /// The API's description.
    pub(crate) fn document(&self) -> Reply {
        Reply::document(StatusCode::OK, self.document.get_or_init(openapi::document))
    }
}
