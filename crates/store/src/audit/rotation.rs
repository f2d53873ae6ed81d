//! Forgetting: what is too old or too much, the oldest first, changes and refusals each within the bounds.

use std::convert::Infallible;
use std::sync::atomic::Ordering;
use std::time::Duration;

use auth::{Action, Caller};
use domain::{Error, Timestamp};
use meta::tables::audit::{self, Class};
use meta::{Entry, KeyRange, Scan, Write};
use tokio::time::Instant;

use super::{number_of, whole};
use crate::failure::engine_failed;
use crate::{Store, delete_row};

/// Rest between two commits of refusals: what a crash may lose.
const FLUSH_PERIOD: Duration = Duration::from_secs(10);
/// How often it is seen whether something is too old.
const ROTATE_PERIOD: Duration = Duration::from_secs(60 * 60);
/// What part of the most bytes may come on top before it is seen whether there are too many.
const SLACK: u64 = 8;
/// Rows of one read, and most that one commit deletes.
const PAGE: u32 = 1_000;

impl Store {
    /// Writes refusals now and then, and forgets what is over the bounds, for ever. Failures are logged and tried again.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], at once.
    ///
    /// Cancel safety: may be dropped at any point.
    pub async fn tend_audit_forever(&self, caller: &Caller) -> Result<Infallible, Error> {
        caller.allow(Action::Reclaim, None)?;
        let mut rotate_at = Instant::now();
        loop {
            if let Err(error) = self.flush_refusals(caller).await {
                tracing::warn!(%error, "refused requests could not be written to the audit log; they are counted");
            }
            if rotate_at <= Instant::now() || self.has_grown() {
                match self.rotate_audit(caller).await {
                    Ok(forgotten) if forgotten > 0 => {
                        tracing::info!(forgotten, "forgot the oldest of the audit log");
                    }
                    Ok(_) => {}
                    Err(error) => {
                        tracing::error!(%error, "the audit log could not be kept within its bounds; it is tried again");
                    }
                }
                rotate_at = Instant::now() + ROTATE_PERIOD;
            }
            tokio::time::sleep(FLUSH_PERIOD).await;
        }
    }

    fn has_grown(&self) -> bool {
        self.audit.written_bytes.load(Ordering::Relaxed) > self.audit.settings.max_bytes / SLACK
    }

    /// Deletes what is over the bounds; returns how many entries that were.
    ///
    /// # Errors
    /// [`Error::AccessDenied`]; any error of the engine. What is left is deleted the next time.
    pub async fn rotate_audit(&self, caller: &Caller) -> Result<u64, Error> {
        caller.allow(Action::Reclaim, None)?;
        self.audit.written_bytes.store(0, Ordering::Relaxed);
        let mut forgotten = 0;
        for class in Class::ALL {
            if let Some(range) = self.over_bounds(class).await? {
                forgotten += self.delete_entries(range).await?;
            }
        }
        Ok(forgotten)
    }

    /// The rows from the first on, going back in time, that is too old or too much.
    async fn over_bounds(&self, class: Class) -> Result<Option<KeyRange>, Error> {
        let settings = &self.audit.settings;
        let retention_ms = i64::try_from(settings.retention.as_millis()).unwrap_or(i64::MAX);
        let oldest = self.clock.now().as_millis().saturating_sub(retention_ms);
        let oldest = audit::number_at(Timestamp::from_millis(oldest));
        let (mut range, mut bytes) = (whole(class), 0_u64);
        loop {
            let scan = Scan { range: range.clone(), limit: PAGE, fold: None };
            let page = self.engine.scan(scan).await.map_err(engine_failed)?;
            for entry in &page.entries {
                let (Entry::Row { key, head, .. }, Some(number)) = (entry, number_of(entry)) else {
                    continue;
                };
                // one that is damaged must not keep the others for ever
                bytes = bytes.saturating_add(audit::row_bytes(head).unwrap_or(head.len() as u64));
                if number < oldest || bytes > settings.max_bytes {
                    return Ok(Some(KeyRange { start: key.to_vec(), ..range }));
                }
                range.start = [&key[..], &[0]].concat();
            }
            if !page.more {
                return Ok(None);
            }
        }
    }

    async fn delete_entries(&self, range: KeyRange) -> Result<u64, Error> {
        let mut deleted = 0;
        loop {
            let scan = Scan { range: range.clone(), limit: PAGE, fold: None };
            let page = self.engine.scan(scan).await.map_err(engine_failed)?;
            let writes: Vec<Write> = page
                .entries
                .iter()
                .filter_map(|entry| match entry {
                    Entry::Row { key, .. } => Some(delete_row(key.to_vec())),
                    Entry::Prefix(_) => None,
                })
                .collect();
            if writes.is_empty() {
                return Ok(deleted);
            }
            deleted += writes.len() as u64;
            self.commit(Vec::new(), writes).await.map_err(engine_failed)?;
        }
    }
}
