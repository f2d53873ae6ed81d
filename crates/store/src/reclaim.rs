//! Garbage, last of all: blobs that a commit displaced, blobs of uploads that came to nothing, and at start the orphans
//! that a crash left. Each step can be repeated, and one that fails keeps the others from nothing.

use std::convert::Infallible;
use std::time::Duration;

use auth::{Action, Caller};
use blob::{BlobId, BlobInfo};
use domain::Error;
use meta::engine::VALUE_HEAD_BYTES;
use meta::tables::reclaim::{blob_key, displaced_blobs, displaced_prefix};
use meta::{Entry, KeyRange, Scan, Write};

use crate::failure::{blob_failed, damaged, engine_failed};
use crate::{Store, delete_row};

const PAGE: u32 = 256;
/// Rows that one commit of reclaim removes.
const COMMIT_WRITES: usize = 1_000;
/// Rest between two rounds, however much is overwritten meanwhile.
const PAUSE: Duration = Duration::from_secs(1);
/// How often garbage is looked for when nobody asks.
const IDLE_INTERVAL: Duration = Duration::from_secs(60);
/// Longest rest after failures; it begins with [`PAUSE`] and doubles.
const BACK_OFF_MAX: Duration = Duration::from_secs(60);

impl Store {
    /// Sweeps orphans, then reclaims for ever: after changes that may leave garbage, and now and then. Failures are logged
    /// and tried again, later each time.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], at once.
    ///
    /// Cancel safety: may be dropped at any point.
    pub async fn reclaim_forever(&self, caller: &Caller) -> Result<Infallible, Error> {
        caller.allow(Action::Reclaim, None)?;
        let (mut swept, mut back_off) = (false, PAUSE);
        loop {
            let mut failed = None;
            if !swept {
                let sweep = self.sweep_orphans(caller).await;
                swept = sweep.is_ok();
                failed = sweep.err();
            }
            match failed.or(self.reclaim(caller).await.err()) {
                None => {
                    back_off = PAUSE;
                    tokio::time::sleep(PAUSE).await;
                    let _ = tokio::time::timeout(IDLE_INTERVAL, self.reclaim_wanted.notified()).await;
                }
                Some(error) => {
                    tracing::error!(%error, retry_in = ?back_off, "some garbage could not be removed");
                    tokio::time::sleep(back_off).await;
                    back_off = (back_off * 2).min(BACK_OFF_MAX);
                }
            }
        }
    }

    /// Deletes what is garbage now; returns how many blobs that were.
    ///
    /// # Errors
    /// [`Error::AccessDenied`]; the first error of the ports, after the rest was tried. What is left is found again next
    /// time.
    pub async fn reclaim(&self, caller: &Caller) -> Result<u64, Error> {
        caller.allow(Action::Reclaim, None)?;
        let leftovers = self.settle_leftovers().await.map_err(blob_failed);
        let displaced = self.reclaim_displaced().await;
        Ok(leftovers? + displaced?)
    }

    /// Blobs first, then the rows that name them: a crash in between repeats the deletion.
    async fn reclaim_displaced(&self) -> Result<u64, Error> {
        let mut range = KeyRange::prefix(&displaced_prefix());
        let (mut deleted, mut failed) = (0, None);
        loop {
            let scan = Scan { range: range.clone(), limit: PAGE, fold: None };
            let page = self.engine.scan(scan).await.map_err(engine_failed)?;
            let mut done = Vec::new();
            for entry in &page.entries {
                let Entry::Row { key, head, .. } = entry else { continue };
                range.start = [key, [0].as_slice()].concat();
                match self.delete_displaced(key, head).await {
                    Ok(rows) => {
                        deleted += rows.len().saturating_sub(1) as u64;
                        done.extend(rows);
                    }
                    Err(error) => {
                        tracing::error!(%error, "the blobs of a displaced object could not be deleted");
                        failed.get_or_insert(error);
                    }
                }
                if done.len() >= COMMIT_WRITES {
                    self.commit(Vec::new(), std::mem::take(&mut done)).await.map_err(engine_failed)?;
                }
            }
            if !done.is_empty() {
                self.commit(Vec::new(), done).await.map_err(engine_failed)?;
            }
            if !page.more {
                return failed.map_or(Ok(deleted), Err);
            }
        }
    }

    /// Deletes the blobs of one displaced row, and returns the rows that are now of no use.
    async fn delete_displaced(&self, key: &[u8], head: &[u8]) -> Result<Vec<Write>, Error> {
        let blobs = if head.len() < VALUE_HEAD_BYTES {
            displaced_blobs(head)
        } else {
            let row = self.engine.get(key).await.map_err(engine_failed)?;
            row.map_or(Ok(Vec::new()), |row| displaced_blobs(&row.value))
        };
        let mut rows = vec![delete_row(key.to_vec())];
        for segment in blobs.map_err(damaged)? {
            self.blobs.delete(&BlobId(segment.blob)).await.map_err(blob_failed)?;
            rows.push(delete_row(blob_key(&segment.blob)));
        }
        Ok(rows)
    }

    /// Deletes blobs that no row refers to and no upload is writing, unless the settings keep them; returns how many.
    ///
    /// # Errors
    /// As [`Store::reclaim`].
    pub async fn sweep_orphans(&self, caller: &Caller) -> Result<u64, Error> {
        caller.allow(Action::Reclaim, None)?;
        if self.settings.keep_orphans {
            tracing::warn!("rows may have been lost: blobs that none refers to are kept");
            return Ok(0);
        }
        let (mut after, mut deleted, mut failed) = (None, 0, None);
        loop {
            let page = self.blobs.list(after, PAGE).await.map_err(blob_failed)?;
            let Some(last) = page.last() else { return failed.map_or(Ok(deleted), Err) };
            after = Some(last.id);
            for blob in &page {
                match self.sweep(blob).await {
                    Ok(swept) => deleted += u64::from(swept),
                    Err(error) => {
                        tracing::error!(blob = %blob.id, %error, "an orphan blob could not be deleted");
                        failed.get_or_insert(error);
                    }
                }
            }
        }
    }

    /// Deletes one blob if it is an orphan.
    async fn sweep(&self, blob: &BlobInfo) -> Result<bool, Error> {
        // this order matters: an upload settles only after its commit, so a blob that is settled and has no row is one that
        // will never have one
        let unsettled = self.unsettled.lock().expect("no panic while locked").contains(&blob.id);
        if unsettled || self.engine.get(&blob_key(&blob.id.0)).await.map_err(engine_failed)?.is_some() {
            return Ok(false);
        }
        tracing::info!(blob = %blob.id, size_bytes = blob.size_bytes, "deleting an orphan blob");
        self.blobs.delete(&blob.id).await.map_err(blob_failed)?;
        Ok(true)
    }
}
