//! Garbage, last of all: blobs that a commit displaced, blobs of uploads that came to nothing, and at start the orphans
//! that a crash left. Each step can be repeated, and one that fails keeps the others from nothing.

use std::collections::HashSet;
use std::convert::Infallible;
use std::time::Duration;

use auth::{Action, Caller};
use blob::{BlobId, BlobInfo};
use bytes::Bytes;
use domain::Error;
use meta::engine::VALUE_HEAD_BYTES;
use meta::tables::object::Segment;
use meta::tables::reclaim::{displaced_prefix, displaced_segments, holder_key, holders_prefix};
use meta::{Entry, KeyRange, Scan, Write};
use tokio::time::Instant;

use crate::failure::{blob_failed, damaged, engine_failed};
use crate::pins::Going;
use crate::{Store, delete_row};

const PAGE: u32 = 256;
/// Stretches of displaced contents that are held in memory before they are let go: those of one content, or little more.
const SEGMENTS_AT_ONCE: usize = 10_000;
/// Rows that one commit of reclaim removes.
const COMMIT_WRITES: usize = 10_000;
/// Rest between two rounds, however much is overwritten meanwhile.
const PAUSE: Duration = Duration::from_secs(1);
/// How often garbage is looked for when nobody asks.
const IDLE_INTERVAL: Duration = Duration::from_secs(60);
/// How often completed uploads are looked at for those that may be forgotten.
const FORGET_INTERVAL: Duration = Duration::from_secs(60 * 60);
/// How often it is written when tokens were last used.
const LAST_USES_INTERVAL: Duration = Duration::from_secs(5 * 60);
/// Longest rest after failures; it begins with [`PAUSE`] and doubles.
const BACK_OFF_MAX: Duration = Duration::from_secs(60);

/// A displaced content whose blobs are being let go.
struct Displaced<'s> {
    row_key: Vec<u8>,
    segments: Vec<Segment>,
    _going: Option<Going<'s>>,
}

fn note(failed: &mut Option<Error>, error: Error) {
    tracing::error!(%error, "the blobs of a displaced object could not be let go");
    failed.get_or_insert(error);
}

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
        let mut forget_at = Instant::now();
        let mut write_uses_at = Instant::now() + LAST_USES_INTERVAL;
        loop {
            let mut failed = None;
            if forget_at <= Instant::now() {
                failed = self.forget_finished_uploads().await.err();
                forget_at = Instant::now() + FORGET_INTERVAL;
            }
            if write_uses_at <= Instant::now() {
                if let Err(error) = self.write_last_uses().await {
                    tracing::warn!(%error, "it could not be kept when tokens were last used");
                }
                write_uses_at = Instant::now() + LAST_USES_INTERVAL;
            }
            if !swept {
                let sweep = self.sweep_orphans(caller).await;
                swept = sweep.is_ok();
                failed = failed.or(sweep.err());
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
        let ended = self.clear_ended_uploads().await;
        let displaced = self.reclaim_displaced().await;
        let tokens = self.settle_tokens().await;
        ended?;
        tokens?;
        Ok(leftovers? + displaced?)
    }

    /// Names first, then the blobs that nobody holds any more, last the rows that ask for it: a crash in between repeats the
    /// rest. Nobody can begin to hold a blob meanwhile, since whoever copies relies on a row that holds it.
    async fn reclaim_displaced(&self) -> Result<u64, Error> {
        let mut range = KeyRange::prefix(&displaced_prefix());
        let (mut deleted, mut failed) = (0, None);
        loop {
            let scan = Scan { range: range.clone(), limit: PAGE, fold: None };
            let page = self.engine.scan(scan).await.map_err(engine_failed)?;
            let mut contents = Vec::new();
            for entry in &page.entries {
                let Entry::Row { key, head, .. } = entry else { continue };
                range.start = [key, [0].as_slice()].concat();
                match self.displaced(key, head).await {
                    Ok(segments) => contents.extend(self.letting_go(key, segments)),
                    Err(error) => note(&mut failed, error),
                }
                if contents.iter().map(|content: &Displaced<'_>| content.segments.len()).sum::<usize>()
                    >= SEGMENTS_AT_ONCE
                {
                    deleted += self.let_go(std::mem::take(&mut contents), &mut failed).await?;
                }
            }
            deleted += self.let_go(contents, &mut failed).await?;
            if !page.more {
                return failed.map_or(Ok(deleted), Err);
            }
        }
    }

    async fn let_go(&self, contents: Vec<Displaced<'_>>, failed: &mut Option<Error>) -> Result<u64, Error> {
        let holders = contents.iter().flat_map(|content| &content.segments);
        let holders = holders.map(|s| delete_row(holder_key(&s.blob, &s.holder)));
        self.remove_rows(holders.collect()).await?;
        let (mut done, mut deleted) = (Vec::new(), HashSet::new());
        for content in contents {
            match self.delete_unheld(&content.segments, &mut deleted).await {
                Ok(()) => done.push(delete_row(content.row_key)),
                Err(error) => note(failed, error),
            }
        }
        self.remove_rows(done).await?;
        Ok(deleted.len() as u64)
    }

    /// `None` while somebody reads the content.
    fn letting_go(&self, row_key: &Bytes, segments: Vec<Segment>) -> Option<Displaced<'_>> {
        let going = match segments.first() {
            Some(first) => Some(self.pins.let_go(first)?),
            None => None,
        };
        Some(Displaced { row_key: row_key.to_vec(), segments, _going: going })
    }

    /// The stretches of one displaced row, each blob once in one name.
    async fn displaced(&self, key: &[u8], head: &[u8]) -> Result<Vec<Segment>, Error> {
        let segments = if head.len() < VALUE_HEAD_BYTES {
            displaced_segments(head)
        } else {
            let row = self.engine.get(key).await.map_err(engine_failed)?;
            row.map_or(Ok(Vec::new()), |row| displaced_segments(&row.value))
        };
        let mut seen = HashSet::new();
        let mut segments = segments.map_err(damaged)?;
        segments.retain(|s| seen.insert((s.blob, s.holder)));
        Ok(segments)
    }

    async fn delete_unheld(
        &self,
        segments: &[Segment],
        deleted: &mut HashSet<[u8; 16]>,
    ) -> Result<(), Error> {
        for Segment { blob, .. } in segments {
            if !deleted.contains(blob) && !self.is_held(blob).await? {
                self.blobs.delete(&BlobId(*blob)).await.map_err(blob_failed)?;
                deleted.insert(*blob);
            }
        }
        Ok(())
    }

    async fn is_held(&self, blob: &[u8; 16]) -> Result<bool, Error> {
        let scan = Scan { range: KeyRange::prefix(&holders_prefix(blob)), limit: 1, fold: None };
        Ok(!self.engine.scan(scan).await.map_err(engine_failed)?.entries.is_empty())
    }

    async fn remove_rows(&self, mut rows: Vec<Write>) -> Result<(), Error> {
        // a commit names each row once
        rows.sort_unstable_by(|a, b| a.key().cmp(b.key()));
        rows.dedup_by(|a, b| a.key() == b.key());
        for chunk in rows.chunks(COMMIT_WRITES) {
            self.commit(Vec::new(), chunk.to_vec()).await.map_err(engine_failed)?;
        }
        Ok(())
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
        if unsettled || self.is_held(&blob.id.0).await? {
            return Ok(false);
        }
        tracing::info!(blob = %blob.id, size_bytes = blob.size_bytes, "deleting an orphan blob");
        self.blobs.delete(&blob.id).await.map_err(blob_failed)?;
        Ok(true)
    }
}
