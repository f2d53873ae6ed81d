//! Deleting an object, or one of its versions.

use domain::versioning::Versioning;
use domain::{DeleteConditions, ETag, Error, ObjectInfo, ObjectKey, VersionId};
use meta::Check;
use meta::tables::bucket::BucketId;
use meta::tables::object::{self, Content, ObjectRow};
use meta::tables::version;

use super::{Demand, Plan, pointer};
use crate::buckets::FoundBucket;
use crate::failure::{damaged, engine_failed};
use crate::{Store, delete_row, put_row};

/// What a deletion came to, in a bucket that keeps versions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deleted {
    /// The version that was deleted, or the marker that was left; `None` in a bucket that keeps none.
    pub version_id: Option<VersionId>,
    /// Whether that is a delete marker.
    pub is_marker: bool,
}

impl Store {
    /// Adds what deletes an object: with versions, a marker on top of them.
    pub(crate) async fn plan_delete(
        &self,
        plan: &mut Plan,
        bucket: &FoundBucket,
        key: &ObjectKey,
        conditions: &DeleteConditions,
    ) -> Result<Deleted, Error> {
        let (id, demand) = (bucket.row.id, Demand::Delete(conditions));
        let row_key = object::key(id, key);
        let marker = |number: u64| {
            let info = ObjectInfo { etag: ETag::from_text(""), ..self.part_info(key) };
            let row = ObjectRow { info, content: Content::DeleteMarker, wrapped_key: None };
            put_row(version::key(id, key, number), row.encode())
        };
        let number = match bucket.row.settings.versioning {
            Versioning::Off => {
                self.judge_replaced(plan, bucket, key, demand).await?;
                plan.delete(row_key);
                if bucket.row.settings.has_notes {
                    plan.batch.writes.push(delete_row(version::note_key(id, key, VersionId::Null)));
                }
                return Ok(Deleted::default());
            }
            Versioning::Enabled => {
                let standing = self.standing(plan, id, key).await?;
                demand.judge(standing.info())?;
                let number = self.next_number(self.stack(plan, id, key, &standing));
                // what it held is in `v` now
                plan.batch.writes.push(delete_row(row_key));
                number
            }
            Versioning::Suspended => {
                let standing = self.standing(plan, id, key).await?;
                demand.judge(standing.info())?;
                self.let_null_go(plan, bucket, key, &standing).await?;
                let number = self.next_number(standing.newest) | 1;
                let null = put_row(version::null_key(id, key), version::encode_null(number));
                // instead of the row's deletion, if that was planned
                plan.batch.writes.retain(|write| write.key() != null.key());
                plan.batch.writes.push(null);
                plan.delete(row_key);
                plan.batch.writes.push(delete_row(version::note_key(id, key, VersionId::Null)));
                number
            }
        };
        plan.batch.writes.push(marker(number));
        Ok(Deleted { version_id: Some(version::id_of(number)), is_marker: true })
    }

    /// Adds what deletes one version for good; a missing one is no error. When it was the one its key stood for, the next
    /// older takes its place. Returns whether it was, too: if not, the plan relies on no other version but that one.
    pub(crate) async fn plan_delete_version(
        &self,
        plan: &mut Plan,
        bucket: &FoundBucket,
        (key, version_id): (&ObjectKey, VersionId),
        conditions: &DeleteConditions,
        bypass_governance: bool,
    ) -> Result<(Deleted, bool), Error> {
        let id = bucket.row.id;
        let standing = self.standing(plan, id, key).await?;
        let deleted = |is_marker, stood| (Deleted { version_id: Some(version_id), is_marker }, stood);
        // without versions, what is there has the number of its commit
        let is_current = |number| standing.current.as_ref().is_some_and(|(_, row)| row.version == number);
        let version_id = match version_id {
            VersionId::Number(number) if bucket.row.settings.versioning == Versioning::Off => {
                if !is_current(number) {
                    return Ok(deleted(false, false));
                }
                VersionId::Null
            }
            // the number of a `null` version is not its id: locks and notes know it as `null` only
            VersionId::Number(number) if version::id_of(number) == VersionId::Null => {
                return Ok(deleted(false, false));
            }
            named => named,
        };
        let is_plain = |row: &ObjectRow| !matches!(row.content, Content::Version(_));
        let plain =
            standing.current.as_ref().filter(|(row, _)| version_id == VersionId::Null && is_plain(row));
        let number = match version_id {
            VersionId::Number(number) => Some(number),
            VersionId::Null if plain.is_some() => None,
            VersionId::Null => match self.null_number(plan, id, key).await? {
                Some(number) => Some(number),
                None => return Ok(deleted(false, false)),
            },
        };
        let target = match (number, plain) {
            (Some(number), _) => {
                let row_key = version::key(id, key, number);
                let row = self.engine.get(&row_key).await.map_err(engine_failed)?;
                let Some(row) = row else { return Ok(deleted(false, false)) };
                plan.batch.checks.push(Check::VersionIs(row_key.clone(), row.version));
                plan.delete(row_key);
                ObjectRow::decode(key.clone(), row.version, &row.value).map_err(damaged)?
            }
            (None, Some((row, _))) => row.clone(),
            (None, None) => return Ok(deleted(false, false)),
        };
        let is_marker = target.content == Content::DeleteMarker;
        Demand::Delete(conditions).judge(Some(&target.info))?;
        if !is_marker {
            self.check_removal(plan, bucket, &target.info, version_id, bypass_governance).await?;
        }
        let stands = match (&standing.current, number) {
            (_, None) => true,
            (Some((row, _)), Some(number)) => row.content == Content::Version(number),
            (None, newest) => standing.newest == newest,
        };
        if stands {
            self.promote(plan, id, key, number).await?;
        }
        Ok(deleted(is_marker, stands))
    }

    /// Where the `null` version is in `v`; what says so is deleted with it.
    async fn null_number(
        &self,
        plan: &mut Plan,
        bucket: BucketId,
        key: &ObjectKey,
    ) -> Result<Option<u64>, Error> {
        let null_key = version::null_key(bucket, key);
        let Some(place) = self.engine.get(&null_key).await.map_err(engine_failed)? else { return Ok(None) };
        plan.batch.checks.push(Check::VersionIs(null_key.clone(), place.version));
        plan.batch.writes.push(delete_row(null_key));
        version::decode_null(&place.value).map(Some).map_err(damaged)
    }

    /// Asks every lock, and takes the version's note away with it.
    async fn check_removal(
        &self,
        plan: &mut Plan,
        bucket: &FoundBucket,
        info: &ObjectInfo,
        version_id: VersionId,
        bypass_governance: bool,
    ) -> Result<(), Error> {
        let (settings, now) = (&bucket.row.settings, self.clock.now());
        settings.locks.check_change(&info.key, info.last_modified, now)?;
        if settings.has_notes {
            let (note, unchanged) = self.find_note(bucket.row.id, &info.key, version_id).await?;
            note.lock.check_removal(now, bypass_governance)?;
            plan.batch.checks.push(unchanged);
            plan.batch.writes.push(delete_row(version::note_key(bucket.row.id, &info.key, version_id)));
        }
        Ok(())
    }

    /// Lets the key stand for the newest version below `number`, or below the row in `o` itself.
    async fn promote(
        &self,
        plan: &mut Plan,
        bucket: BucketId,
        key: &ObjectKey,
        number: Option<u64>,
    ) -> Result<(), Error> {
        let older = match number {
            Some(number) => version::older_than(bucket, key, number),
            None => version::of_object(bucket, key),
        };
        let row_key = object::key(bucket, key);
        match self.newest_in(older.clone()).await? {
            Some((next, object, row_version)) => {
                plan.batch.checks.push(Check::VersionIs(version::key(bucket, key, next), row_version));
                if object.content == Content::DeleteMarker {
                    plan.delete(row_key);
                } else {
                    let displaced_to = plan.displaced_to();
                    let value = pointer(&object, next);
                    let put =
                        meta::Write::Put { key: row_key, value, body: None, external: false, displaced_to };
                    plan.batch.writes.push(put);
                }
            }
            None => {
                plan.batch.checks.push(Check::Empty(older));
                plan.delete(row_key);
            }
        }
        Ok(())
    }
}
