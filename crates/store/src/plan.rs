//! What a write to a key means for its rows: which of them are checked, replaced, kept as versions or let go.
//!
//! A bucket that keeps no versions has one row for each object, in table `o`. In one that does, contents are in table `v`, and
//! the row in `o` says which of them its key stands for; there is none while that is a delete marker. The `null` version is
//! in `o` itself when it is the newest and was stored without versions, and is moved to `v` when another comes on top.

mod delete;
mod put;
mod transition;

pub use delete::Deleted;

use bytes::Bytes;
use domain::{Conditions, DeleteConditions, Error, ObjectInfo, ObjectKey, Timestamp, VersionId};
use meta::tables::bucket::{self, BucketId, BucketRow};
use meta::tables::object::{self, Content, ObjectRow};
use meta::tables::reclaim;
use meta::tables::totals;
use meta::tables::version::{self, Note};
use meta::{Batch, Body, Check, Entry, KeyRange, Row, Scan, Write};

use crate::buckets::FoundBucket;
use crate::failure::{damaged, engine_failed};
use crate::{Store, delete_row, put_row};

/// Bits of a version's number below its time in milliseconds.
const NUMBER_RANDOM_BITS: u32 = 20;

/// One commit that is being put together.
pub(crate) struct Plan {
    pub(crate) batch: Batch,
    bucket_key: Vec<u8>,
    displaced: u16,
}

/// What a request wants to hold of the object that is there.
#[derive(Clone, Copy)]
enum Demand<'c> {
    /// With when the new object is stored.
    Write(&'c Conditions, Timestamp),
    Delete(&'c DeleteConditions),
}

impl Demand<'_> {
    fn is_empty(self) -> bool {
        match self {
            Self::Write(conditions, _) => conditions.is_empty(),
            Self::Delete(conditions) => conditions.is_empty(),
        }
    }

    fn judge(self, current: Option<&ObjectInfo>) -> Result<(), Error> {
        let failed = |failed| Error::PreconditionFailed { failed };
        match self {
            Self::Write(conditions, now) => {
                conditions.check(current.map(|info| (&info.etag, info.last_modified))).map_err(failed)?;
                match current.filter(|info| conditions.is_crowded(info.last_modified, now)) {
                    Some(info) => Err(Error::ConcurrentWrites { key: info.key.clone() }),
                    None => Ok(()),
                }
            }
            Self::Delete(conditions) => conditions
                .check(current.map(|info| (&info.etag, info.last_modified, info.size)))
                .map_err(failed),
        }
    }
}

/// What stands for a key now, as far as a commit must know.
struct Standing {
    /// The row in `o`.
    current: Option<(ObjectRow, Row)>,
    /// The newest number in `v`.
    newest: Option<u64>,
}

impl Standing {
    fn info(&self) -> Option<&ObjectInfo> {
        self.current.as_ref().map(|(object, _)| &object.info)
    }
}

/// That the bucket's quota is kept; `bytes` are those that are counted.
pub(crate) fn quota_checks(bucket: &BucketRow, bytes: &'static [usize]) -> impl Iterator<Item = Check> {
    let (group, quota) = (totals::group(bucket.id), bucket.settings.quota);
    let bounds = [(quota.max_bytes, bytes), (quota.max_objects, totals::OBJECTS)];
    let bounds = bounds.into_iter().filter_map(|(most, places)| most.map(|most| (most, places)));
    bounds.map(move |(most, places)| Check::AtMost { group, places, most })
}

impl Plan {
    /// A commit that nothing but its bucket is known of.
    pub(crate) fn new(store: &Store, name: &domain::BucketName, bucket: &FoundBucket) -> Self {
        let bucket_key = bucket::key(name);
        let mut checks = vec![Check::VersionIs(bucket_key.clone(), bucket.version)];
        checks.extend(quota_checks(&bucket.row, totals::KEPT_BYTES));
        let batch = Batch { write_id: store.new_write_id(), checks, writes: Vec::new() };
        Self { batch, bucket_key, displaced: 0 }
    }

    /// Where the plan stands.
    pub(crate) fn mark(&self) -> (usize, usize) {
        (self.batch.checks.len(), self.batch.writes.len())
    }

    /// Takes back what was added since then.
    pub(crate) fn back_to(&mut self, (checks, writes): (usize, usize)) {
        self.batch.checks.truncate(checks);
        self.batch.writes.truncate(writes);
    }

    /// A place for a value that this commit displaces.
    fn displaced_to(&mut self) -> Option<Vec<u8>> {
        let key = reclaim::displaced_key(self.batch.write_id, self.displaced);
        self.displaced += 1;
        Some(key)
    }

    fn delete(&mut self, key: Vec<u8>) {
        let displaced_to = self.displaced_to();
        self.batch.writes.push(Write::Delete { key, displaced_to });
    }

    fn put(&mut self, key: Vec<u8>, row: &ObjectRow, body: Option<Body>) {
        let external = matches!(row.content, Content::Manifest(_));
        let displaced_to = self.displaced_to();
        self.batch.writes.push(Write::Put { key, value: row.encode(), body, external, displaced_to });
    }

    /// Sets what can change of a version; an earlier note of its place goes.
    pub(crate) fn note(&mut self, bucket: &FoundBucket, key: &ObjectKey, id: VersionId, note: &Note) {
        let row_key = version::note_key(bucket.row.id, key, id);
        if !note.is_empty() {
            self.batch.writes.push(put_row(row_key, note.encode()));
            if !bucket.row.settings.has_notes {
                let mut row = bucket.row.clone();
                row.settings.has_notes = true;
                self.batch.writes.push(put_row(self.bucket_key.clone(), row.encode()));
            }
        } else if bucket.row.settings.has_notes {
            self.batch.writes.push(delete_row(row_key));
        }
    }
}

impl Store {
    pub(crate) async fn row_of(
        &self,
        bucket: BucketId,
        key: &ObjectKey,
    ) -> Result<Option<(ObjectRow, Row)>, Error> {
        let Some(row) = self.engine.get(&object::key(bucket, key)).await.map_err(engine_failed)? else {
            return Ok(None);
        };
        let object = ObjectRow::decode(key.clone(), row.version, &row.value).map_err(damaged)?;
        Ok(Some((object, row)))
    }

    async fn standing(&self, plan: &mut Plan, bucket: BucketId, key: &ObjectKey) -> Result<Standing, Error> {
        let current = self.row_of(bucket, key).await?;
        let newest = match &current {
            // a newer one would have taken its place, or taken it away
            Some((ObjectRow { content: Content::Version(number), .. }, _)) => Some(*number),
            _ => self.newest_in(version::of_object(bucket, key)).await?.map(|(number, ..)| number),
        };
        let row_key = object::key(bucket, key);
        match &current {
            Some((_, row)) => plan.batch.checks.push(Check::VersionIs(row_key, row.version)),
            None => {
                let newer = match newest {
                    Some(number) => version::newer_than(bucket, key, number),
                    None => version::of_object(bucket, key),
                };
                plan.batch.checks.extend([Check::Absent(row_key), Check::Empty(newer)]);
            }
        }
        Ok(Standing { current, newest })
    }

    /// The first version in a range of one object's.
    pub(crate) async fn newest_in(&self, range: KeyRange) -> Result<Option<(u64, ObjectRow, u64)>, Error> {
        let scan = Scan { range, limit: 1, fold: None };
        let page = self.engine.scan(scan).await.map_err(engine_failed)?;
        let Some(Entry::Row { key: row_key, .. }) = page.entries.first() else { return Ok(None) };
        let (key, number) = version::parse_key(row_key).map_err(damaged)?;
        // gone between the two reads: the commit finds out
        let Some(row) = self.engine.get(row_key).await.map_err(engine_failed)? else { return Ok(None) };
        let object = ObjectRow::decode(key, row.version, &row.value).map_err(damaged)?;
        Ok(Some((number, object, row.version)))
    }

    /// A number above every other of its key.
    fn next_number(&self, newest: Option<u64>) -> u64 {
        let mut random = [0; 4];
        self.random.fill(&mut random);
        let random = u64::from(u32::from_le_bytes(random)) >> (u32::BITS - NUMBER_RANDOM_BITS);
        let millis = u64::try_from(self.clock.now().as_millis()).unwrap_or_default();
        let number = (millis << NUMBER_RANDOM_BITS) | random;
        // even: the odd ones are for `null`
        number.max(newest.map_or(0, |newest| newest + 2)) & !1
    }

    /// Makes room for another version on top: a `null` version that is in `o` goes to `v`. Returns the newest number then.
    fn stack(&self, plan: &mut Plan, bucket: BucketId, key: &ObjectKey, standing: &Standing) -> Option<u64> {
        let Some((object, row)) = &standing.current else { return standing.newest };
        if matches!(object.content, Content::Version(_)) {
            return standing.newest;
        }
        let number = self.next_number(standing.newest) | 1;
        let body = shared_body(&object::key(bucket, key), row);
        plan.put(version::key(bucket, key, number), object, body);
        plan.batch.writes.push(put_row(version::null_key(bucket, key), version::encode_null(number)));
        Some(number)
    }

    /// Takes the `null` version out of `v`, if it is there. Returns when it was stored.
    async fn unstack_null(
        &self,
        plan: &mut Plan,
        bucket: BucketId,
        key: &ObjectKey,
    ) -> Result<Option<ObjectInfo>, Error> {
        let null_key = version::null_key(bucket, key);
        let Some(place) = self.engine.get(&null_key).await.map_err(engine_failed)? else {
            plan.batch.checks.push(Check::Absent(null_key));
            return Ok(None);
        };
        let number = version::decode_null(&place.value).map_err(damaged)?;
        let row_key = version::key(bucket, key, number);
        plan.batch.checks.push(Check::VersionIs(null_key.clone(), place.version));
        plan.batch.writes.push(delete_row(null_key));
        let Some(row) = self.engine.get(&row_key).await.map_err(engine_failed)? else { return Ok(None) };
        let object = ObjectRow::decode(key.clone(), row.version, &row.value).map_err(damaged)?;
        plan.batch.checks.push(Check::VersionIs(row_key.clone(), row.version));
        plan.delete(row_key);
        Ok((object.content != Content::DeleteMarker).then_some(object.info))
    }

    /// The note of a version, with what a commit checks to rely on it.
    pub(crate) async fn find_note(
        &self,
        bucket: BucketId,
        key: &ObjectKey,
        id: VersionId,
    ) -> Result<(Note, Check), Error> {
        let row_key = version::note_key(bucket, key, id);
        match self.engine.get(&row_key).await.map_err(engine_failed)? {
            Some(row) => {
                Ok((Note::decode(&row.value).map_err(damaged)?, Check::VersionIs(row_key, row.version)))
            }
            None => Ok((Note::default(), Check::Absent(row_key))),
        }
    }
}

/// The body of a row, for another row or another value of the same.
pub(crate) fn shared_body(key: &[u8], row: &Row) -> Option<Body> {
    row.body.as_ref().map(|_| Body::Of { key: key.to_vec(), version: row.version })
}

/// The row in `o` of a key that stands for a version in `v`: what a listing shows, and where the rest is.
fn pointer(object: &ObjectRow, number: u64) -> Bytes {
    let mut info = object.info.clone();
    info.metadata = domain::ObjectMetadata {
        storage_class: info.metadata.storage_class,
        ..domain::ObjectMetadata::default()
    };
    info.checksums.clear();
    info.part_checksums = None;
    ObjectRow { info, content: Content::Version(number), wrapped_key: None }.encode()
}
