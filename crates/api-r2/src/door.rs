//! The REST door: its parts and its settings.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use domain::{Clock, Random};
use exchange::{RequestIds, StrictR2};
use http::StatusCode;
use store::Store;

use crate::call::{Reply, written};
use crate::openapi;

/// How the door behaves; data, not parts.
#[derive(Clone, Debug)]
pub struct DoorSettings {
    /// Where there is no more than R2 has.
    pub strict_r2: StrictR2,
    /// The server's name, with its port if it has one: public names of buckets lie below it.
    pub host: String,
    /// How long a request's body may pause.
    pub body_idle: Duration,
}

/// The REST door.
pub struct Door {
    pub(crate) store: Arc<Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) settings: DoorSettings,
    pub(crate) request_ids: RequestIds,
    /// The API's description, once somebody has asked for it.
    document: OnceLock<Bytes>,
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
        Self { store, clock, settings, request_ids: RequestIds::new(random), document: OnceLock::new() }
    }

    /// The API's description.
    pub(crate) fn document(&self) -> Reply {
        let document = self.document.get_or_init(|| written(&openapi::document()));
        Reply::written(StatusCode::OK, document.clone())
    }
}
