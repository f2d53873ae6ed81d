//! Objects: put, get, delete, list.

pub(crate) mod body;
pub(crate) mod copy;
pub(crate) mod delete;
mod get;
mod list;
pub(crate) mod put;

pub use body::ObjectBody;
pub use copy::{CopyObject, CopySource, MetadataChange};
pub use delete::DeleteOutcome;
pub use get::{GetObject, NotServed, Object};
pub use put::PutObject;

use domain::{Conditions, Error, ObjectKey};
use meta::tables::object::ObjectRow;
use meta::{Check, Row};

use crate::Store;
use crate::buckets::FoundBucket;
use crate::failure::{damaged, engine_failed};

/// An object row as it was read, with its engine row.
pub(crate) struct FoundObject {
    pub(crate) object: ObjectRow,
    pub(crate) row: Row,
}

impl Store {
    pub(crate) async fn find_object(
        &self,
        bucket: &FoundBucket,
        key: &ObjectKey,
    ) -> Result<Option<FoundObject>, Error> {
        let row_key = meta::tables::object::key(bucket.row.id, key);
        let Some(row) = self.engine.get(&row_key).await.map_err(engine_failed)? else { return Ok(None) };
        let object = ObjectRow::decode(key.clone(), row.version, &row.value).map_err(damaged)?;
        Ok(Some(FoundObject { object, row }))
    }

    /// Judges a write's conditions now, and says what must still hold at the commit.
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
        let row_key = meta::tables::object::key(bucket.row.id, key);
        Ok(Some(match found {
            Some(found) => Check::VersionIs(row_key, found.row.version),
            None => Check::Absent(row_key),
        }))
    }
}
