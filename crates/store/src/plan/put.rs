//! Storing an object.

use domain::object_lock::ObjectLock;
use domain::versioning::Versioning;
use domain::{Conditions, Error, ObjectKey, VersionId};
use meta::Body;
use meta::tables::object::{self, Content, ObjectRow};
use meta::tables::version::{self, Note};

use super::{Demand, Plan, Standing, pointer};
use crate::buckets::FoundBucket;
use crate::objects::put::holding;
use crate::{Store, put_row};

impl Store {
    /// Adds what makes `row` the object of its key, as long as the conditions hold and no lock forbids it. Returns the id of
    /// the version, in a bucket that keeps them.
    pub(crate) async fn plan_put(
        &self,
        plan: &mut Plan,
        bucket: &FoundBucket,
        row: &ObjectRow,
        body: Option<Body>,
        conditions: &Conditions,
        note: &Note,
    ) -> Result<Option<VersionId>, Error> {
        let (id, key) = (bucket.row.id, &row.info.key);
        let note = &self.note_of_new(bucket, note)?;
        let row_key = object::key(id, key);
        let demand = Demand::Write(conditions, row.info.last_modified);
        let version_id = match bucket.row.settings.versioning {
            Versioning::Off => {
                self.judge_replaced(plan, bucket, key, demand).await?;
                plan.put(row_key, row, body);
                plan.note(bucket, key, VersionId::Null, note);
                None
            }
            Versioning::Enabled => {
                let standing = self.standing(plan, id, key).await?;
                demand.judge(standing.info())?;
                let number = self.next_number(self.stack(plan, id, key, &standing));
                plan.put(version::key(id, key, number), row, body);
                plan.batch.writes.push(put_row(row_key, pointer(row, number)));
                plan.note(bucket, key, VersionId::Number(number), note);
                Some(VersionId::Number(number))
            }
            Versioning::Suspended => {
                let standing = self.standing(plan, id, key).await?;
                demand.judge(standing.info())?;
                self.let_null_go(plan, bucket, key, &standing).await?;
                plan.put(row_key, row, body);
                plan.note(bucket, key, VersionId::Null, note);
                Some(VersionId::Null)
            }
        };
        plan.batch.writes.extend(holding(&row.content));
        Ok(version_id)
    }

    /// What a new version begins with: what was asked for, and the bucket's default retention.
    fn note_of_new(&self, bucket: &FoundBucket, note: &Note) -> Result<Note, Error> {
        let mut note = note.clone();
        match bucket.row.settings.object_lock {
            None if note.lock != ObjectLock::default() => return Err(Error::ObjectLockNotEnabled),
            None => {}
            Some(config) => {
                let now = self.clock.now();
                if let Some(retention) = note.lock.retention.filter(|retention| !retention.is_active(now)) {
                    return Err(Error::RetentionInThePast { until: retention.until });
                }
                let default = || config.default_retention.map(|default| default.begin(now));
                note.lock.retention = note.lock.retention.or_else(default);
            }
        }
        Ok(note)
    }

    /// Without versions: what is there is read only when something depends on it.
    pub(super) async fn judge_replaced(
        &self,
        plan: &mut Plan,
        bucket: &FoundBucket,
        key: &ObjectKey,
        demand: Demand<'_>,
    ) -> Result<(), Error> {
        let locks = &bucket.row.settings.locks;
        if demand.is_empty() && locks.rules().is_empty() {
            return Ok(());
        }
        let current = self.row_of(bucket.row.id, key).await?;
        let row_key = object::key(bucket.row.id, key);
        plan.batch.checks.push(match &current {
            Some((_, row)) => meta::Check::VersionIs(row_key, row.version),
            None => meta::Check::Absent(row_key),
        });
        let standing = Standing { current, newest: None };
        demand.judge(standing.info())?;
        match standing.info() {
            Some(info) => locks.check_change(key, info.last_modified, self.clock.now()),
            None => Ok(()),
        }
    }

    /// Takes the `null` version away, wherever it is, unless a lock keeps it; the row in `o` is for the caller to replace.
    pub(super) async fn let_null_go(
        &self,
        plan: &mut Plan,
        bucket: &FoundBucket,
        key: &ObjectKey,
        standing: &Standing,
    ) -> Result<(), Error> {
        let (settings, now) = (&bucket.row.settings, self.clock.now());
        let stacked = self.unstack_null(plan, bucket.row.id, key).await?;
        let plain = standing.current.as_ref().filter(|(row, _)| !matches!(row.content, Content::Version(_)));
        let info = plain.map(|(row, _)| &row.info).or(stacked.as_ref());
        let Some(info) = info else { return Ok(()) };
        settings.locks.check_change(key, info.last_modified, now)?;
        if settings.has_notes {
            let (note, unchanged) = self.find_note(bucket.row.id, key, VersionId::Null).await?;
            note.lock.check_removal(now, false)?;
            plan.batch.checks.push(unchanged);
        }
        Ok(())
    }
}
