//! DeleteObject and DeleteObjects.

use auth::{Action, Caller};
use domain::{BucketName, Error, ObjectKey};
use meta::tables::{bucket, object, reclaim};
use meta::{Batch, Check, EngineError, Write};

use crate::Store;
use crate::failure::engine_failed;

/// What became of one key of a batch: S3 reports a missing one as deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeleteOutcome {
    /// The key.
    pub key: ObjectKey,
}

/// A row to delete.
pub(crate) struct Doomed {
    pub(crate) key: Vec<u8>,
    /// Whether its value is kept for reclaim to let its blobs go.
    pub(crate) displaced: bool,
}

/// Keys deleted by one commit.
const KEYS_PER_COMMIT: usize = 1_000;

impl Store {
    /// Deletes an object; a missing one is no error.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::NoSuchBucket`]; any error of the engine.
    pub async fn delete_object(
        &self,
        caller: &Caller,
        name: &BucketName,
        key: &ObjectKey,
    ) -> Result<(), Error> {
        self.delete_objects(caller, name, std::slice::from_ref(key)).await.map(|_| ())
    }

    /// Deletes objects, up to 1,000 in one commit, fewer when their manifests are long.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::NoSuchBucket`]; any error of the engine: keys of earlier commits are then gone.
    pub async fn delete_objects(
        &self,
        caller: &Caller,
        name: &BucketName,
        keys: &[ObjectKey],
    ) -> Result<Vec<DeleteOutcome>, Error> {
        caller.allow(Action::DeleteObject, Some(name))?;
        let bucket = self.find_bucket(name).await?;
        // a batch names each row once, a client may name a key twice
        let mut once: Vec<&ObjectKey> = keys.iter().collect();
        once.sort_unstable();
        once.dedup();
        let checks = [Check::VersionIs(bucket::key(name), bucket.version)];
        for chunk in once.chunks(KEYS_PER_COMMIT) {
            let row = |key: &&ObjectKey| Doomed { key: object::key(bucket.row.id, key), displaced: true };
            let rows: Vec<Doomed> = chunk.iter().map(row).collect();
            match self.delete_rows(&checks, &rows).await {
                Ok(()) => self.reclaim_wanted.notify_one(),
                Err(EngineError::Conflict { .. }) => {
                    return Err(Error::NoSuchBucket { bucket: name.clone() });
                }
                Err(error) => return Err(engine_failed(error)),
            }
        }
        Ok(keys.iter().map(|key| DeleteOutcome { key: key.clone() }).collect())
    }

    /// Deletes rows in one commit, or in several when they displace more than one commit may.
    pub(crate) async fn delete_rows(&self, checks: &[Check], rows: &[Doomed]) -> Result<(), EngineError> {
        let mut left = vec![rows];
        while let Some(rows) = left.pop() {
            let write_id = self.new_write_id();
            let delete = |(n, row): (u16, &Doomed)| Write::Delete {
                key: row.key.clone(),
                displaced_to: row.displaced.then(|| reclaim::displaced_key(write_id, n)),
            };
            let writes = (0..).zip(rows).map(delete).collect();
            match self.engine.commit(Batch { write_id, checks: checks.to_vec(), writes }).await {
                Err(EngineError::TooLarge(_)) if rows.len() > 1 => {
                    let (first, second) = rows.split_at(rows.len() / 2);
                    left.extend([second, first]);
                }
                done => done.map(drop)?,
            }
        }
        Ok(())
    }
}
