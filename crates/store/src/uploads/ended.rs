//! What uploads leave behind when they end: part rows, and the memory of completed ones.

use domain::{Error, UploadId};
use meta::tables::bucket::BucketId;
use meta::tables::reclaim;
use meta::tables::upload::{self, FinishedRow};
use meta::{Batch, EngineError, Entry, KeyRange, Scan, Write};

use crate::failure::{damaged, engine_failed};
use crate::{Store, delete_row};

/// Rows that one commit clears away.
const COMMIT_WRITES: u32 = 256;
const PAGE: u32 = 1_000;
/// Uploads that one commit aborts: it keeps their rows, metadata included.
const ABORTED_PER_COMMIT: u32 = 100;
/// A part row to clear away.
struct Doomed {
    key: Vec<u8>,
    /// Whether its value is kept for reclaim to let its blobs go.
    displaced: bool,
}

/// How long a completed upload is remembered for those who ask again, in milliseconds: a day.
const FINISHED_KEPT_MILLIS: i64 = 24 * 60 * 60 * 1000;

impl Store {
    /// Clears away the parts of ended uploads: those that went into no object are displaced, for reclaim to let go.
    pub(crate) async fn clear_ended_uploads(&self) -> Result<(), Error> {
        let buckets = self.clear_deleted_buckets().await;
        let aborted = self.clear_uploads(&upload::aborted_prefix()).await;
        self.clear_uploads(&upload::ended_prefix()).await.and(aborted).and(buckets)
    }

    async fn clear_uploads(&self, prefix: &[u8]) -> Result<(), Error> {
        let (mut range, mut failed) = (KeyRange::prefix(prefix), None);
        loop {
            let scan = Scan { range: range.clone(), limit: PAGE, fold: None };
            let page = self.engine.scan(scan).await.map_err(engine_failed)?;
            for entry in &page.entries {
                let Entry::Row { key, .. } = entry else { continue };
                range.start = [key, [0].as_slice()].concat();
                if let Err(error) = self.clear_ended_upload(key).await {
                    tracing::error!(%error, "the parts of an ended upload could not be cleared away");
                    failed.get_or_insert(error);
                }
            }
            if !page.more {
                return failed.map_or(Ok(()), Err);
            }
        }
    }

    async fn clear_ended_upload(&self, key: &[u8]) -> Result<(), Error> {
        let (bucket, id) = upload::parse_ended_key(key).map_err(damaged)?;
        let Some(row) = self.engine.get(key).await.map_err(engine_failed)? else { return Ok(()) };
        let aborted = key.starts_with(&upload::aborted_prefix());
        let used = if aborted { Ok(Vec::new()) } else { upload::decode_ended(&row.value) };
        let used = used.map_err(damaged)?;
        self.clear_parts(bucket, id, &used).await?;
        self.commit(Vec::new(), vec![delete_row(key.to_vec())]).await.map(|_| ()).map_err(engine_failed)
    }

    /// `used` is in order.
    async fn clear_parts(&self, bucket: BucketId, id: UploadId, used: &[u16]) -> Result<(), Error> {
        loop {
            let range = KeyRange::prefix(&upload::parts_prefix(bucket, id));
            let scan = Scan { range, limit: COMMIT_WRITES, fold: None };
            let page = self.engine.scan(scan).await.map_err(engine_failed)?;
            let mut rows = Vec::with_capacity(page.entries.len());
            for entry in &page.entries {
                let Entry::Row { key, .. } = entry else { continue };
                let part = upload::part_of(key).map_err(damaged)?;
                rows.push(Doomed { key: key.to_vec(), displaced: used.binary_search(&part).is_err() });
            }
            if !rows.is_empty() {
                self.delete_rows(&rows).await.map_err(engine_failed)?;
            }
            if !page.more {
                return Ok(());
            }
        }
    }

    /// Deletes rows in one commit, or in several when they displace more than one may.
    async fn delete_rows(&self, rows: &[Doomed]) -> Result<(), EngineError> {
        let mut left = vec![rows];
        while let Some(rows) = left.pop() {
            let write_id = self.new_write_id();
            let delete = |(n, row): (u16, &Doomed)| Write::Delete {
                key: row.key.clone(),
                displaced_to: row.displaced.then(|| reclaim::displaced_key(write_id, n)),
            };
            let writes = (0..).zip(rows).map(delete).collect();
            match self.engine.commit(Batch { write_id, checks: Vec::new(), writes }).await {
                Err(EngineError::TooLarge(_)) if rows.len() > 1 => {
                    let (first, second) = rows.split_at(rows.len() / 2);
                    left.extend([second, first]);
                }
                done => done.map(drop)?,
            }
        }
        Ok(())
    }

    /// Ends the uploads of deleted buckets.
    async fn clear_deleted_buckets(&self) -> Result<(), Error> {
        let scan =
            Scan { range: KeyRange::prefix(&upload::deleted_bucket_prefix()), limit: PAGE, fold: None };
        for entry in self.engine.scan(scan).await.map_err(engine_failed)?.entries {
            let Entry::Row { key: job, .. } = entry else { continue };
            let bucket = upload::parse_deleted_bucket_key(&job).map_err(damaged)?;
            loop {
                let range = KeyRange::prefix(&upload::bucket_prefix(bucket));
                let scan = Scan { range, limit: ABORTED_PER_COMMIT, fold: None };
                let page = self.engine.scan(scan).await.map_err(engine_failed)?;
                let mut writes = Vec::new();
                for entry in &page.entries {
                    let Entry::Row { key, .. } = entry else { continue };
                    let (_, id) = upload::parse_key(key).map_err(damaged)?;
                    let displaced_to = Some(upload::aborted_key(bucket, id));
                    writes.push(Write::Delete { key: key.to_vec(), displaced_to });
                }
                if !page.more {
                    writes.push(delete_row(job.to_vec()));
                    self.commit(Vec::new(), writes).await.map_err(engine_failed)?;
                    break;
                }
                self.commit(Vec::new(), writes).await.map_err(engine_failed)?;
            }
        }
        Ok(())
    }

    /// Forgets uploads that were completed long ago.
    pub(crate) async fn forget_finished_uploads(&self) -> Result<(), Error> {
        let now = self.clock.now().as_millis();
        let mut range = KeyRange::prefix(&upload::finished_prefix());
        loop {
            let scan = Scan { range: range.clone(), limit: PAGE, fold: None };
            let page = self.engine.scan(scan).await.map_err(engine_failed)?;
            let mut writes = Vec::new();
            for entry in &page.entries {
                let Entry::Row { key, head, .. } = entry else { continue };
                range.start = [key, [0].as_slice()].concat();
                let at = FinishedRow::decode_time(head).map_err(damaged)?;
                if now.saturating_sub(at.as_millis()) > FINISHED_KEPT_MILLIS {
                    writes.push(delete_row(key.to_vec()));
                }
            }
            if !writes.is_empty() {
                self.commit(Vec::new(), writes).await.map_err(engine_failed)?;
            }
            if !page.more {
                return Ok(());
            }
        }
    }
}
