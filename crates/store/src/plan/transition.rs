//! Moving an object to another storage class: its bytes, its date and its id stay.

use domain::{Error, ObjectKey, StorageClass};
use meta::tables::object::{self, Content, ObjectRow};
use meta::tables::version;
use meta::{Check, Row, Version, Write};

use super::{Plan, pointer, shared_body};
use crate::buckets::FoundBucket;
use crate::failure::{damaged, engine_failed};
use crate::{Store, put_row};

impl Store {
    /// Adds what moves the object of a key, as long as its row is the one that commit `unchanged` wrote.
    pub(crate) async fn plan_transition(
        &self,
        plan: &mut Plan,
        bucket: &FoundBucket,
        (key, unchanged): (&ObjectKey, Version),
        class: StorageClass,
    ) -> Result<(), Error> {
        let id = bucket.row.id;
        let row_key = object::key(id, key);
        plan.batch.checks.push(Check::VersionIs(row_key.clone(), unchanged));
        // gone or replaced meanwhile: the commit finds out
        let Some((object, row)) = self.row_of(id, key).await? else { return Ok(()) };
        let Content::Version(number) = object.content else {
            plan_rewrite(plan, row_key, (object, row), class);
            return Ok(());
        };
        let version_key = version::key(id, key, number);
        let Some(row) = self.engine.get(&version_key).await.map_err(engine_failed)? else { return Ok(()) };
        let version = ObjectRow::decode(key.clone(), row.version, &row.value).map_err(damaged)?;
        plan.batch.checks.push(Check::VersionIs(version_key.clone(), row.version));
        let moved = plan_rewrite(plan, version_key, (version, row), class);
        plan.batch.writes.push(put_row(row_key, pointer(&moved, number)));
        Ok(())
    }
}

/// The same row with another class. It holds its blobs in the same name, so that nothing is displaced.
fn plan_rewrite(
    plan: &mut Plan,
    key: Vec<u8>,
    (mut object, row): (ObjectRow, Row),
    class: StorageClass,
) -> ObjectRow {
    object.info.metadata.storage_class = class;
    let body = shared_body(&key, &row);
    let external = matches!(object.content, Content::Manifest(_));
    plan.batch.writes.push(Write::Put { key, value: object.encode(), body, external, displaced_to: None });
    object
}
