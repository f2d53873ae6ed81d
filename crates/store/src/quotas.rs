//! What a bucket holds, and how much it may. The commit decides; what is known to be too much is refused before it is read.

use auth::{Action, Caller};
use domain::quota::Bounded;
use domain::versioning::Versioning;
use domain::{BucketName, Error, ObjectKey, Quota};
use meta::tables::bucket::BucketId;
use meta::tables::totals::{self, BucketTotals};

use crate::Store;
use crate::buckets::FoundBucket;
use crate::failure::engine_failed;

impl Store {
    /// What a bucket holds, exactly and at once.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::NoSuchBucket`]; any error of the engine.
    pub async fn bucket_totals(&self, caller: &Caller, name: &BucketName) -> Result<BucketTotals, Error> {
        caller.allow(Action::ReadBucketSettings, Some(name))?;
        self.totals_of(self.find_bucket(name).await?.row.id).await
    }

    async fn totals_of(&self, id: BucketId) -> Result<BucketTotals, Error> {
        Ok(BucketTotals::of(&self.engine.totals(totals::group(id)).await.map_err(engine_failed)?))
    }

    /// Refuses a body that its bucket has no room for; `bytes` are those announced.
    pub(crate) async fn expect_room(
        &self,
        bucket: &FoundBucket,
        key: &ObjectKey,
        bytes: Option<u64>,
    ) -> Result<(), Error> {
        let settings = &bucket.row.settings;
        if settings.quota == Quota::default() {
            return Ok(());
        }
        let held = self.totals_of(bucket.row.id).await?;
        let replaced = self.row_of(bucket.row.id, key).await?.map(|(row, _)| row.info.size);
        let freed = replaced.filter(|_| settings.versioning == Versioning::Off).unwrap_or(0);
        let bytes = held.kept_bytes.saturating_add(bytes.unwrap_or(0)).saturating_sub(freed);
        let objects = held.objects() + u64::from(replaced.is_none());
        for (what, most, before, after) in [
            (Bounded::Bytes, settings.quota.max_bytes, held.kept_bytes, bytes),
            (Bounded::Objects, settings.quota.max_objects, held.objects(), objects),
        ] {
            if let Some(most) = most.filter(|most| after > (*most).max(before)) {
                return Err(Error::QuotaExceeded { what, most });
            }
        }
        Ok(())
    }
}
