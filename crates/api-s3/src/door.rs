//! The S3 door: its parts and its settings.

use std::sync::Arc;
use std::time::Duration;

use domain::{Clock, Random};
use exchange::{RequestIds, StrictR2};
use s3_wire::{HostMatch, HostNames};
use sigv4::SigningKeyCache;
use store::Store;

/// How the door behaves; data, not parts.
#[derive(Clone, Debug)]
pub struct DoorSettings {
    /// Host names that the server answers to, with their port where clients must name it: `files.example.com`,
    /// `localhost:9000`. A signature made for any of them is accepted.
    pub hosts: Vec<String>,
    /// Where R2's behaviour holds to the letter.
    pub strict_r2: StrictR2,
    /// How long a request's body may pause.
    pub body_idle: Duration,
}

/// Access key ids whose signing keys are kept.
const SIGNING_KEY_IDS: usize = 1_024;

/// The S3 door.
pub struct Door {
    pub(crate) store: Arc<Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) settings: DoorSettings,
    pub(crate) names: HostNames,
    pub(crate) signing_keys: SigningKeyCache,
    pub(crate) request_ids: RequestIds,
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
        let names = HostNames::new(store.account(), &settings.hosts);
        let signing_keys = SigningKeyCache::new(SIGNING_KEY_IDS);
        Self { store, clock, names, signing_keys, request_ids: RequestIds::new(random), settings }
    }

    /// Whether this door answers to a host name, as a `Host` header has it: for the choice among doors.
    #[must_use]
    pub fn answers_host(&self, host: &str) -> bool {
        self.names.resolve(host) != HostMatch::Unknown
    }

    /// The other names under which a client may have signed a request that arrived under `received`: those that mean the
    /// same, the names as declared before those below them. Where one name of ours lies below another, the same path under
    /// both could name two objects.
    pub(crate) fn other_hosts(&self, matched: &HostMatch, received: &str) -> Vec<String> {
        let account = self.store.account().as_str();
        let prefixes = match matched {
            HostMatch::Base => vec![String::new(), format!("{account}.r2."), "s3.".to_owned()],
            HostMatch::Bucket(b) => vec![format!("{b}."), format!("{b}.s3."), format!("{b}.{account}.r2.")],
            HostMatch::Unknown => Vec::new(),
        };
        let below = |prefix: &String| -> Vec<String> {
            self.settings.hosts.iter().map(|host| format!("{prefix}{host}")).collect()
        };
        let means_the_same = |host: &String| host != received && self.names.resolve(host) == *matched;
        prefixes.iter().flat_map(below).filter(means_the_same).collect()
    }
}
