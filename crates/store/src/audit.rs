//! The audit log. A change has its entry in the commit that makes it, so that neither is without the other; refused requests
//! are gathered in memory and written together, so that no stranger makes the server sync. Both are kept within an age and a
//! size, each for itself.

mod query;
mod refusals;
mod rotation;
pub(crate) mod summary;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use auth::Caller;
use domain::audit::{Outcome, Resource, Verb, cut_summary};
use domain::{AuditEntry, BucketName, Error, Timestamp};
use meta::tables::audit::{self, Class};
use meta::{Engine, Entry, KeyRange, Scan, Write};

use crate::failure::engine_failed;
use crate::{Store, put_row};

pub use query::{AuditFilter, AuditPage, AuditQuery};
pub use refusals::{Refusal, Refusals};

/// What of the audit log is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditSettings {
    /// How long.
    pub retention: Duration,
    /// Most bytes of rows of changes, and as many of refusals; the oldest go first.
    pub max_bytes: u64,
    /// Whether refused requests are kept.
    pub refusals: bool,
}

impl Default for AuditSettings {
    fn default() -> Self {
        const DAY: Duration = Duration::from_secs(24 * 60 * 60);
        Self { retention: DAY * 90, max_bytes: 64 * 1024 * 1024, refusals: true }
    }
}

/// The log's own state beside its rows.
pub(crate) struct AuditLog {
    settings: AuditSettings,
    /// The highest number that was given.
    last: AtomicU64,
    /// Bytes written since it was last seen whether there are too many.
    written_bytes: AtomicU64,
    refusals: Refusals,
}

/// A change that is to be made: who makes it, and what it is called.
pub(crate) struct Change<'c> {
    caller: &'c Caller,
    action: &'static str,
    verb: Verb,
    resource: Resource,
}

impl<'c> Change<'c> {
    /// A change of a bucket's settings.
    pub(crate) fn of_bucket(caller: &'c Caller, action: &'static str, name: &BucketName) -> Self {
        Self { caller, action, verb: Verb::Update, resource: Resource::Bucket(name.clone()) }
    }

    /// A change of what is the account's as a whole.
    pub(crate) fn of_account(caller: &'c Caller, action: &'static str) -> Self {
        Self { caller, action, verb: Verb::Update, resource: Resource::Account }
    }

    /// A change of an API token.
    pub(crate) fn of_token(caller: &'c Caller, action: &'static str, id: &str) -> Self {
        Self { caller, action, verb: Verb::Update, resource: Resource::Token(id.to_owned()) }
    }

    /// As another sort of action.
    pub(crate) fn with_verb(self, verb: Verb) -> Self {
        Self { verb, ..self }
    }

    /// The bucket that is changed.
    ///
    /// # Errors
    /// [`Error::Internal`] for a change of none.
    pub(crate) fn bucket(&self) -> Result<&BucketName, Error> {
        match &self.resource {
            Resource::Bucket(name) => Ok(name),
            Resource::Account | Resource::Token(_) => Err(Error::internal("a change of no bucket")),
        }
    }
}

impl AuditLog {
    /// Finds out which numbers are given.
    ///
    /// # Errors
    /// Any error of the engine.
    pub(crate) async fn open(engine: &dyn Engine, settings: AuditSettings) -> Result<Self, Error> {
        let mut last = 0;
        for class in Class::ALL {
            let scan = Scan { range: whole(class), limit: 1, fold: None };
            let page = engine.scan(scan).await.map_err(engine_failed)?;
            let newest = page.entries.first().and_then(number_of).unwrap_or(0);
            last = last.max(newest);
        }
        Ok(Self {
            settings,
            last: AtomicU64::new(last),
            // the first look finds out what is there
            written_bytes: AtomicU64::new(settings.max_bytes),
            refusals: Refusals::new(settings.refusals),
        })
    }

    /// The next number: of this moment, and above every other.
    fn number(&self, now: Timestamp) -> u64 {
        let of_moment = audit::number_at(now);
        let next = |last: u64| of_moment.max(last.saturating_add(1));
        let last = self.last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(next(last)));
        next(last.unwrap_or_default())
    }

    fn row(&self, class: Class, entry: &AuditEntry, now: Timestamp) -> Write {
        let (key, value) = (audit::key(class, self.number(now)), audit::encode(entry));
        self.written_bytes.fetch_add((key.len() + value.len()) as u64, Ordering::Relaxed);
        put_row(key, value)
    }
}

impl Store {
    /// Where doors note the requests that they refuse.
    #[must_use]
    pub fn refusals(&self) -> &Refusals {
        &self.audit.refusals
    }

    /// The row that tells of a change, for the commit that makes it.
    pub(crate) fn audit_row(
        &self,
        change: &Change<'_>,
        before: Option<String>,
        after: Option<String>,
    ) -> Write {
        let now = self.clock.now();
        let entry = AuditEntry {
            at: now,
            action: change.action.to_owned(),
            verb: change.verb,
            outcome: Outcome::Done,
            actor: change.caller.actor(),
            resource: change.resource.clone(),
            key: None,
            origin: change.caller.origin().map(Arc::clone),
            before: before.map(|text| cut_summary(&text)),
            after: after.map(|text| cut_summary(&text)),
            repeated: 0,
        };
        self.audit.row(Class::Changes, &entry, now)
    }
}

/// All rows of a class.
fn whole(class: Class) -> KeyRange {
    audit::range(class, 0, u64::MAX)
}

fn number_of(entry: &Entry) -> Option<u64> {
    match entry {
        Entry::Row { key, .. } => audit::number_of(key),
        Entry::Prefix(_) => None,
    }
}
