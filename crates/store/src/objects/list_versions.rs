//! Listing all versions of a bucket's objects: tables `o` and `v` side by side, in order of key, the versions of each newest
//! first.

use std::collections::VecDeque;

use auth::{Action, Caller, Target};
use domain::versioning::{VersionEntry, VersionPage, VersionPosition, VersionQuery};
use domain::{BucketName, Error, ObjectKey, VersionId};
use meta::tables::bucket::BucketId;
use meta::tables::object::{self, Listed, ObjectRow};
use meta::tables::version;
use meta::{Entry, Fold, KeyRange, Scan};

use crate::Store;
use crate::failure::{damaged, engine_failed};

/// Rows read from a table at once.
const PAGE: u32 = 1_000;
/// Bytes of a key in front of the object key: the table and the bucket.
const TABLE_BYTES: usize = 9;
/// Bytes behind it: the version field.
const NUMBER_BYTES: usize = 8;

/// One table, read ahead page by page.
struct Side {
    range: KeyRange,
    fold: Option<Fold>,
    ahead: VecDeque<Entry>,
    more: bool,
}

/// An entry without its table: what orders it against the other side's.
fn place(entry: &Entry) -> &[u8] {
    let (Entry::Row { key, .. } | Entry::Prefix(key)) = entry;
    &key[TABLE_BYTES..]
}

/// The object's part of a row's place, without the number behind it.
fn object_of(entry: &Entry) -> &[u8] {
    match entry {
        Entry::Row { .. } => {
            let place = place(entry);
            &place[..place.len() - NUMBER_BYTES]
        }
        Entry::Prefix(_) => place(entry),
    }
}

impl Side {
    fn new(range: KeyRange, fold: Option<Fold>) -> Self {
        Self { range, fold, ahead: VecDeque::new(), more: true }
    }

    async fn peek(&mut self, store: &Store) -> Result<Option<&Entry>, Error> {
        if self.ahead.is_empty() && self.more {
            let scan = Scan { range: self.range.clone(), limit: PAGE, fold: self.fold.clone() };
            let page = store.engine.scan(scan).await.map_err(engine_failed)?;
            self.more = page.more;
            self.range.start = match page.entries.last() {
                Some(Entry::Row { key, .. }) => [key, [0].as_slice()].concat(),
                Some(Entry::Prefix(prefix)) => meta::engine::successor(prefix).unwrap_or_default(),
                None => self.range.start.clone(),
            };
            self.ahead = page.entries.into();
        }
        Ok(self.ahead.front())
    }
}

impl Store {
    /// One page of the versions in a bucket.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::NoSuchBucket`]; any error of the engine.
    pub async fn list_versions(
        &self,
        caller: &Caller,
        name: &BucketName,
        query: &VersionQuery,
    ) -> Result<VersionPage, Error> {
        caller.allow(Action::ListObjectVersions, Target::Prefix(name, &query.prefix))?;
        let bucket = self.find_bucket(name).await?.row.id;
        let (mut objects, mut versions) = self.sides(bucket, query).await?;
        let mut page = VersionPage::default();
        // what the key at hand stands for: a number in `v`, or nothing there; of a key that goes on, it came before
        let mut stands: Option<(Vec<u8>, Option<u64>)> = match &query.after {
            Some(VersionPosition::Version { key, .. }) => ObjectKey::parse(key.as_str()).ok().map(|key| {
                let row_key = object::key(bucket, &key);
                (row_key[TABLE_BYTES..row_key.len() - NUMBER_BYTES].to_vec(), None)
            }),
            _ => None,
        };
        loop {
            let (left, right) = (objects.peek(self).await?, versions.peek(self).await?);
            let from_objects = match (left, right) {
                (None, None) => return Ok(page),
                (Some(_), None) => true,
                (None, Some(_)) => false,
                (Some(left), Some(right)) => object_of(left) <= object_of(right),
            };
            let side = if from_objects { &mut objects } else { &mut versions };
            let Some(entry) = side.ahead.pop_front() else { return Ok(page) };
            let found = match &entry {
                Entry::Prefix(prefix) => {
                    let prefix = object::common_prefix_of(prefix).map_err(damaged)?;
                    let is_same = |last: &VersionEntry| *last == VersionEntry::Prefix(prefix.clone());
                    // both tables may have it
                    (!page.entries.last().is_some_and(is_same)).then_some(VersionEntry::Prefix(prefix))
                }
                Entry::Row { key: row_key, head, version: at } => {
                    let (key, number) = if from_objects {
                        (object::object_key_of(row_key).map_err(damaged)?, None)
                    } else {
                        let (key, number) = version::parse_key(row_key).map_err(damaged)?;
                        (key, Some(number))
                    };
                    let Some(listed) = self.listed(row_key, key, head, *at).await? else { continue };
                    let of_object = object_of(&entry).to_vec();
                    let is_first = stands.as_ref().is_none_or(|(object, _)| *object != of_object);
                    let pointer = stands.take().filter(|_| !is_first).and_then(|(_, pointer)| pointer);
                    stands = Some((of_object, if from_objects { listed.number } else { pointer }));
                    match number {
                        // a pointer: its content comes with the other table
                        None if listed.number.is_some() => None,
                        None => Some(entry_of(listed, VersionId::Null, true)),
                        Some(number) => {
                            let is_latest = pointer == Some(number) || (is_first && listed.is_marker);
                            Some(entry_of(listed, version::id_of(number), is_latest))
                        }
                    }
                }
            };
            if let Some(found) = found {
                if page.entries.len() >= query.limit as usize {
                    page.next = page.entries.last().map_or(query.after.clone(), |last| Some(position(last)));
                    page.next = page.next.or(Some(VersionPosition::Key(String::new())));
                    return Ok(page);
                }
                page.entries.push(found);
            }
        }
    }

    async fn sides(&self, bucket: BucketId, query: &VersionQuery) -> Result<(Side, Side), Error> {
        let (prefix, delimiter) = (&query.prefix, query.delimiter.as_deref().filter(|d| !d.is_empty()));
        let mut objects = object::prefix_range(bucket, prefix);
        let mut versions = version::prefix_range(bucket, prefix);
        let starts = match &query.after {
            None => (Vec::new(), Vec::new()),
            Some(VersionPosition::Key(key)) => {
                (object::after_key(bucket, key), version::after_key(bucket, key))
            }
            Some(VersionPosition::Prefix(prefix)) => {
                (object::after_prefix(bucket, prefix), version::after_prefix(bucket, prefix))
            }
            Some(VersionPosition::Version { key, version: id }) => {
                let after = object::after_key(bucket, key);
                match ObjectKey::parse(key.as_str()) {
                    Ok(key) => (after, self.older_start(bucket, &key, *id).await?),
                    Err(_) => (after, version::after_key(bucket, key)),
                }
            }
        };
        objects.start = objects.start.max(starts.0);
        versions.start = versions.start.max(starts.1);
        let fold = delimiter.map(|d| object::fold(bucket, prefix, d));
        let version_fold = delimiter.map(|d| version::fold(bucket, prefix, d));
        Ok((Side::new(objects, fold), Side::new(versions, version_fold)))
    }

    /// Where the versions older than this one begin in `v`.
    async fn older_start(&self, bucket: BucketId, key: &ObjectKey, id: VersionId) -> Result<Vec<u8>, Error> {
        let number = match id {
            VersionId::Number(number) => Some(number),
            VersionId::Null => {
                let place = self.engine.get(&version::null_key(bucket, key)).await.map_err(engine_failed)?;
                place.map(|place| version::decode_null(&place.value)).transpose().map_err(damaged)?
            }
        };
        Ok(match number {
            Some(number) => version::older_than(bucket, key, number).start,
            // the `null` version is on top: all of `v` is older
            None => version::of_object(bucket, key).start,
        })
    }

    /// What a listing shows of the row of `key` whose value begins with `head`; `None` when it is gone meanwhile.
    pub(crate) async fn listed(
        &self,
        row_key: &[u8],
        key: ObjectKey,
        head: &[u8],
        at: u64,
    ) -> Result<Option<Listed>, Error> {
        if let Some(listed) = ObjectRow::decode_listed(key.clone(), at, head).map_err(damaged)? {
            return Ok(Some(listed));
        }
        let Some(row) = self.engine.get(row_key).await.map_err(engine_failed)? else { return Ok(None) };
        ObjectRow::decode_listed(key, row.version, &row.value).map_err(damaged)
    }
}

fn entry_of(listed: Listed, version: VersionId, is_latest: bool) -> VersionEntry {
    let Listed { mut info, is_marker, .. } = listed;
    if is_marker {
        let last_modified = info.last_modified;
        return VersionEntry::DeleteMarker { key: info.key, version, last_modified, is_latest };
    }
    info.version_id = Some(version);
    VersionEntry::Object { info, version, is_latest }
}

fn position(entry: &VersionEntry) -> VersionPosition {
    match entry {
        VersionEntry::Object { info, version, .. } => {
            VersionPosition::Version { key: info.key.to_string(), version: *version }
        }
        VersionEntry::DeleteMarker { key, version, .. } => {
            VersionPosition::Version { key: key.to_string(), version: *version }
        }
        VersionEntry::Prefix(prefix) => VersionPosition::Prefix(prefix.clone()),
    }
}
