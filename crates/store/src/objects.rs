//! Objects: put, get, delete, list.

pub(crate) mod body;
pub(crate) mod copy;
pub(crate) mod delete;
mod get;
mod list;
mod list_described;
mod list_versions;
pub(crate) mod put;

pub use body::ObjectBody;
pub use copy::{Copied, CopyObject, CopySource};
pub use delete::{DeleteObject, DeleteOutcome};
pub use get::{GetObject, NotServed, Object};
pub use put::PutObject;

use domain::versioning::Versioning;
use domain::{Conditions, Error, ObjectKey, VersionId};
use meta::tables::object::{Content, ObjectRow};
use meta::tables::version;
use meta::{Check, Row};

use crate::Store;
use crate::buckets::FoundBucket;
use crate::failure::{damaged, engine_failed};

/// An object, or one of its versions, as it was read.
pub(crate) struct FoundObject {
    /// With its content, wherever it is.
    pub(crate) object: ObjectRow,
    /// The engine's row that holds the content, and its key.
    pub(crate) row: Row,
    pub(crate) row_key: Vec<u8>,
    /// That it is still what its key stands for.
    pub(crate) current: Check,
}

/// Reads of a row whose content was deleted in between, before the store gives up.
const FIND_TRIES: usize = 8;

impl Store {
    pub(crate) async fn find_object(
        &self,
        bucket: &FoundBucket,
        key: &ObjectKey,
    ) -> Result<Option<FoundObject>, Error> {
        let row_key = meta::tables::object::key(bucket.row.id, key);
        for _ in 0..FIND_TRIES {
            let Some(row) = self.engine.get(&row_key).await.map_err(engine_failed)? else { return Ok(None) };
            let mut object = ObjectRow::decode(key.clone(), row.version, &row.value).map_err(damaged)?;
            let current = Check::VersionIs(row_key.clone(), row.version);
            let Content::Version(number) = object.content else {
                let keeps = bucket.row.settings.versioning != Versioning::Off;
                object.info.version_id = keeps.then_some(VersionId::Null);
                return Ok(Some(FoundObject { object, row, row_key, current }));
            };
            if let Some(found) = self.find_number(bucket, key, number).await? {
                return Ok(Some(FoundObject { current, ..found }));
            }
        }
        Err(Error::SlowDown)
    }

    /// One version by its number in table `v`.
    async fn find_number(
        &self,
        bucket: &FoundBucket,
        key: &ObjectKey,
        number: u64,
    ) -> Result<Option<FoundObject>, Error> {
        let row_key = version::key(bucket.row.id, key, number);
        let Some(row) = self.engine.get(&row_key).await.map_err(engine_failed)? else { return Ok(None) };
        let mut object = ObjectRow::decode(key.clone(), row.version, &row.value).map_err(damaged)?;
        object.info.version_id = Some(version::id_of(number));
        let current = Check::VersionIs(row_key.clone(), row.version);
        Ok(Some(FoundObject { object, row, row_key, current }))
    }

    /// What was asked for: a version, or what the key stands for.
    ///
    /// # Errors
    /// [`Error::NoSuchKey`], [`Error::NoSuchVersion`], [`Error::IsDeleteMarker`]; any error of the engine.
    pub(crate) async fn find_wanted(
        &self,
        bucket: &FoundBucket,
        key: &ObjectKey,
        wanted: Option<VersionId>,
    ) -> Result<FoundObject, Error> {
        let Some(version) = wanted else {
            return match self.find_object(bucket, key).await? {
                Some(found) => Ok(found),
                None => Err(self.missing(bucket, key).await?),
            };
        };
        let found = match version {
            // without versions, what is there has the number of its commit
            VersionId::Number(number) if bucket.row.settings.versioning == Versioning::Off => {
                self.find_object(bucket, key).await?.filter(|found| found.row.version == number)
            }
            // the number of a `null` version is not its id: locks and notes know it as `null` only
            VersionId::Number(number) if version::id_of(number) == VersionId::Null => None,
            VersionId::Number(number) => self.find_number(bucket, key, number).await?,
            VersionId::Null => match self.find_object(bucket, key).await? {
                Some(found) if found.object.info.version_id.is_none_or(|id| id == VersionId::Null) => {
                    Some(found)
                }
                _ => self.find_stacked_null(bucket, key).await?,
            },
        };
        match found {
            Some(found) if found.object.content == Content::DeleteMarker => {
                Err(Error::IsDeleteMarker { key: key.clone(), version, named: true })
            }
            Some(found) => Ok(found),
            None => Err(Error::NoSuchVersion { key: key.clone(), version }),
        }
    }

    async fn find_stacked_null(
        &self,
        bucket: &FoundBucket,
        key: &ObjectKey,
    ) -> Result<Option<FoundObject>, Error> {
        let place = self.engine.get(&version::null_key(bucket.row.id, key)).await.map_err(engine_failed)?;
        let Some(place) = place else { return Ok(None) };
        self.find_number(bucket, key, version::decode_null(&place.value).map_err(damaged)?).await
    }

    /// Why there is nothing.
    async fn missing(&self, bucket: &FoundBucket, key: &ObjectKey) -> Result<Error, Error> {
        let missing = Error::NoSuchKey { key: key.clone() };
        if bucket.row.settings.versioning == Versioning::Off {
            return Ok(missing);
        }
        let newest = self.newest_in(version::of_object(bucket.row.id, key)).await?;
        Ok(newest.map_or(missing, |(number, ..)| {
            let version = version::id_of(number);
            Error::IsDeleteMarker { key: key.clone(), version, named: false }
        }))
    }

    /// Judges a condition on what the key stands for now, and says what must still hold at the commit.
    pub(crate) async fn judge(
        &self,
        bucket: &FoundBucket,
        key: &ObjectKey,
        conditions: &Conditions,
    ) -> Result<Option<Check>, Error> {
        if conditions.is_empty() {
            return Ok(None);
        }
        let found = self.find_object(bucket, key).await?;
        let current = found.as_ref().map(|f| (&f.object.info.etag, f.object.info.last_modified));
        conditions.check(current).map_err(|failed| Error::PreconditionFailed { failed })?;
        let absent = || Check::Absent(meta::tables::object::key(bucket.row.id, key));
        Ok(Some(found.map_or_else(absent, |found| found.current)))
    }
}
