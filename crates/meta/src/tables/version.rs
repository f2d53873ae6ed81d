//! Tables `v` (versions of objects in buckets that keep them), `w` (where a key's `null` version is among them) and `t` (what
//! can change of a version: its tags, its retention, its legal hold).
//!
//! A version's number grows with time; the rows of a key come newest first. The number of a `null` version is odd, that of any
//! other even.

use bytes::Bytes;
use domain::name::identity;
use domain::object_lock::{ObjectLock, Retention, RetentionMode};
use domain::tag::{Tag, TagSet};
use domain::versioning::VersionId;
use domain::{ObjectKey, Timestamp};

use super::bucket::BucketId;
use super::codec::{Damaged, Decoder, Encoder};
use super::object::{TERMINATOR, escape_into, unescape};
use crate::engine::{Fold, KeyRange, successor};

const TABLE: &str = "version";
const NOTE_TABLE: &str = "note";
const VERSION: u8 = 1;
const NUMBER_BYTES: usize = 8;
const TAIL_BYTES: usize = TERMINATOR.len() + NUMBER_BYTES;
/// Bytes before the object key in a key.
const HEAD_BYTES: usize = 9;
const TAG_TAG: u8 = 1;
const TAG_RETENTION: u8 = 2;
const TAG_LEGAL_HOLD: u8 = 3;

/// The id of the version with this number.
#[must_use]
pub const fn id_of(number: u64) -> VersionId {
    if number % 2 == 1 { VersionId::Null } else { VersionId::Number(number) }
}

fn of_key(table: u8, bucket: BucketId, key: &ObjectKey) -> Vec<u8> {
    let mut out = vec![table];
    out.extend_from_slice(&bucket.0.to_be_bytes());
    escape_into(&mut out, key.identity().as_bytes());
    out.extend_from_slice(&TERMINATOR);
    out
}

/// The prefix of every version of a bucket.
#[must_use]
pub fn bucket_prefix(bucket: BucketId) -> Vec<u8> {
    [b"v".as_slice(), &bucket.0.to_be_bytes()].concat()
}

/// The key of a version.
#[must_use]
pub fn key(bucket: BucketId, key: &ObjectKey, number: u64) -> Vec<u8> {
    let mut out = of_key(b'v', bucket, key);
    out.extend_from_slice(&(!number).to_be_bytes());
    out
}

/// The object key and the number in a version's key.
///
/// # Errors
/// [`Damaged`].
pub fn parse_key(row_key: &[u8]) -> Result<(ObjectKey, u64), Damaged> {
    let damaged = Damaged { table: TABLE, what: "key layout" };
    let (rest, number) = row_key.split_last_chunk::<NUMBER_BYTES>().ok_or(damaged)?;
    let end = rest.len().checked_sub(TERMINATOR.len()).ok_or(damaged)?;
    let bytes = unescape(rest.get(HEAD_BYTES..end).ok_or(damaged)?);
    Ok((ObjectKey::from_bytes(bytes).map_err(|_| damaged)?, !u64::from_be_bytes(*number)))
}

/// The versions of one object, newest first.
#[must_use]
pub fn of_object(bucket: BucketId, key: &ObjectKey) -> KeyRange {
    KeyRange::prefix(&of_key(b'v', bucket, key))
}

/// The versions of one object that are newer than this number.
#[must_use]
pub fn newer_than(bucket: BucketId, object: &ObjectKey, number: u64) -> KeyRange {
    KeyRange { start: of_key(b'v', bucket, object), end: Some(key(bucket, object, number)) }
}

/// The versions of one object that are older than this number.
#[must_use]
pub fn older_than(bucket: BucketId, object: &ObjectKey, number: u64) -> KeyRange {
    let mut range = of_object(bucket, object);
    range.start = key(bucket, object, number);
    range.start.push(0);
    range
}

/// The versions of a bucket whose keys begin with `prefix`.
#[must_use]
pub fn prefix_range(bucket: BucketId, prefix: &str) -> KeyRange {
    let mut start = bucket_prefix(bucket);
    escape_into(&mut start, identity(prefix).as_bytes());
    KeyRange::prefix(&start)
}

/// The first row key after every version of object key `after`.
#[must_use]
pub fn after_key(bucket: BucketId, after: &str) -> Vec<u8> {
    let mut start = bucket_prefix(bucket);
    escape_into(&mut start, identity(after).as_bytes());
    start.extend_from_slice(&TERMINATOR);
    successor(&start).expect("it has a byte under 0xff")
}

/// The first row key after every object key that begins with `prefix`.
#[must_use]
pub fn after_prefix(bucket: BucketId, prefix: &str) -> Vec<u8> {
    let mut start = bucket_prefix(bucket);
    escape_into(&mut start, identity(prefix).as_bytes());
    successor(&start).expect("it has a byte under 0xff")
}

/// How rows fold at `delimiter` in a listing of `prefix`.
#[must_use]
pub fn fold(bucket: BucketId, prefix: &str, delimiter: &str) -> Fold {
    let mut skipped = bucket_prefix(bucket);
    escape_into(&mut skipped, identity(prefix).as_bytes());
    let mut escaped = Vec::new();
    escape_into(&mut escaped, identity(delimiter).as_bytes());
    Fold { skip_bytes: skipped.len(), delimiter: escaped, tail_bytes: TAIL_BYTES }
}

/// The key of the row that says where a key's `null` version is, when it is in table `v`.
#[must_use]
pub fn null_key(bucket: BucketId, key: &ObjectKey) -> Vec<u8> {
    of_key(b'w', bucket, key)
}

/// The value of such a row.
#[must_use]
pub fn encode_null(number: u64) -> Bytes {
    Encoder::new(VERSION).u64(number).finish()
}

/// Reads the value of such a row.
///
/// # Errors
/// [`Damaged`].
pub fn decode_null(value: &[u8]) -> Result<u64, Damaged> {
    Decoder::new("null version", VERSION, value)?.u64()
}

/// What can change of a version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Note {
    /// Its tags.
    pub tags: TagSet,
    /// Its retention and legal hold.
    pub lock: ObjectLock,
}

/// The key of a version's note; `null` versions have one place, wherever they are.
#[must_use]
pub fn note_key(bucket: BucketId, key: &ObjectKey, id: VersionId) -> Vec<u8> {
    let mut out = of_key(b't', bucket, key);
    let number = match id {
        VersionId::Null => 0,
        VersionId::Number(number) => number,
    };
    out.extend_from_slice(&(!number).to_be_bytes());
    out
}

impl Note {
    /// Whether there is nothing to keep.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tags.tags().is_empty() && self.lock == ObjectLock::default()
    }

    /// The row's value.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let mut out = Encoder::new(VERSION);
        for tag in self.tags.tags() {
            out.field(TAG_TAG, &[tag.key.as_bytes(), b"\0", tag.value.as_bytes()].concat());
        }
        if let Some(retention) = self.lock.retention {
            let mode = u8::from(retention.mode == RetentionMode::Compliance);
            let until = retention.until.as_millis().to_le_bytes();
            out.field(TAG_RETENTION, &[&[mode], until.as_slice()].concat());
        }
        if self.lock.legal_hold {
            out.field(TAG_LEGAL_HOLD, &[]);
        }
        out.finish()
    }

    /// Reads the value.
    ///
    /// # Errors
    /// [`Damaged`].
    pub fn decode(value: &[u8]) -> Result<Self, Damaged> {
        let mut decoder = Decoder::new(NOTE_TABLE, VERSION, value)?;
        let (mut tags, mut lock) = (Vec::new(), ObjectLock::default());
        while let Some((tag, bytes)) = decoder.field()? {
            match tag {
                TAG_TAG => {
                    let text = decoder.utf8(bytes)?;
                    let (key, value) = text.split_once('\0').ok_or(decoder.damaged("tag"))?;
                    tags.push(Tag { key: key.to_owned(), value: value.to_owned() });
                }
                TAG_RETENTION => lock.retention = Some(decode_retention(&decoder, bytes)?),
                TAG_LEGAL_HOLD => lock.legal_hold = true,
                _ => {}
            }
        }
        let tags = TagSet::of_object(tags).map_err(|_| decoder.damaged("tags"))?;
        Ok(Self { tags, lock })
    }
}

fn decode_retention(decoder: &Decoder<'_>, bytes: &[u8]) -> Result<Retention, Damaged> {
    let damaged = decoder.damaged("retention");
    let (mode, until) = bytes.split_first().ok_or(damaged)?;
    let mode = match mode {
        0 => RetentionMode::Governance,
        1 => RetentionMode::Compliance,
        _ => return Err(damaged),
    };
    let until = i64::from_le_bytes(until.try_into().map_err(|_| damaged)?);
    Ok(Retention { mode, until: Timestamp::from_millis(until) })
}
