//! Tables `u` (multipart uploads under way), `p` (their parts), `f` (uploads that were completed, for those who ask again),
//! `e` and `q` (completed and aborted uploads whose parts are to be cleared away) and `d` (deleted buckets whose uploads are to be
//! ended).

use bytes::Bytes;
use domain::name::identity;
use domain::{
    ChecksumAlgorithm, ChecksumType, ETag, Encryption, ObjectKey, ObjectMetadata, Timestamp, UploadChecksum,
    UploadId,
};

use super::bucket::BucketId;
use super::codec::{Damaged, Decoder, Encoder};
use super::object::{
    TERMINATOR, checksum_code, decode_key, decode_listed, decode_metadata, encode_listed, encode_metadata,
    encryption_code, escape_into, unescape,
};
use super::version::Note;
use crate::engine::{Fold, KeyRange, successor};

/// How every key of table `u` begins.
pub const TABLE_PREFIX: [u8; 1] = *b"u";
const TABLE: &str = "upload";
const FINISHED_TABLE: &str = "finished upload";
const ENDED_TABLE: &str = "ended upload";
const VERSION: u8 = 1;
const TAG_CHECKSUM: u8 = 30;
const TAG_NOTE: u8 = 31;
const TAG_KEY: u8 = 32;
const ID_BYTES: usize = 16;
const TAIL_BYTES: usize = TERMINATOR.len() + ID_BYTES;
/// Bytes before the object key in a key of `u`.
const HEAD_BYTES: usize = 9;

/// A multipart upload under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadRow {
    /// The key of the object to be.
    pub key: ObjectKey,
    /// When it was begun.
    pub initiated: Timestamp,
    /// Metadata of the object to be.
    pub metadata: ObjectMetadata,
    /// The checksum that its parts are to have.
    pub checksum: Option<UploadChecksum>,
    /// Tags, retention and legal hold of the object to be.
    pub note: Note,
    /// The wrapped key that its parts are encrypted with, and whose key opens it.
    pub wrapped_key: Option<(Encryption, Bytes)>,
}

impl UploadRow {
    /// The row's value.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let mut out = Encoder::new(VERSION).i64(self.initiated.as_millis());
        encode_listed(&mut out, self.metadata.storage_class, &self.key);
        encode_metadata(&mut out, &self.metadata);
        if let Some(checksum) = self.checksum {
            let is_composite = u8::from(checksum.kind() == ChecksumType::Composite);
            out.field(TAG_CHECKSUM, &[checksum_code(checksum.algorithm()), is_composite]);
        }
        if let Some((encryption, key)) = &self.wrapped_key {
            out.field(TAG_KEY, &[&[encryption_code(*encryption)], &key[..]].concat());
        }
        if !self.note.is_empty() {
            out.field(TAG_NOTE, &self.note.encode());
        }
        out.finish()
    }

    /// Reads the value of the row of `key`, in whichever spelling.
    ///
    /// # Errors
    /// [`Damaged`].
    pub fn decode(key: ObjectKey, value: &[u8]) -> Result<Self, Damaged> {
        let (mut row, mut decoder) = Self::begin(key, value)?;
        if !decode_listed(&mut decoder, &mut row.metadata.storage_class, &mut row.key)? {
            return Err(decoder.damaged("ends early"));
        }
        while let Some((tag, bytes)) = decoder.field()? {
            match tag {
                TAG_CHECKSUM => row.checksum = Some(decode_checksum(&decoder, bytes)?),
                TAG_KEY => row.wrapped_key = Some(decode_key(&decoder, bytes)?),
                TAG_NOTE => row.note = Note::decode(bytes)?,
                tag => decode_metadata(&mut row.metadata, &decoder, tag, bytes)?,
            }
        }
        Ok(row)
    }

    /// Reads what a listing shows from the head of a value: the date, the storage class and the spelling of the key. `None`
    /// when the head is too short for that.
    ///
    /// # Errors
    /// [`Damaged`].
    pub fn decode_listed(key: ObjectKey, head: &[u8]) -> Result<Option<Self>, Damaged> {
        let (mut row, mut decoder) = Self::begin(key, head)?;
        let whole = decode_listed(&mut decoder, &mut row.metadata.storage_class, &mut row.key)?;
        Ok(whole.then_some(row))
    }

    fn begin(key: ObjectKey, value: &[u8]) -> Result<(Self, Decoder<'_>), Damaged> {
        let mut decoder = Decoder::new(TABLE, VERSION, value)?;
        let initiated = Timestamp::from_millis(decoder.i64()?);
        Ok((
            Self {
                key,
                initiated,
                metadata: ObjectMetadata::default(),
                checksum: None,
                note: Note::default(),
                wrapped_key: None,
            },
            decoder,
        ))
    }
}

fn decode_checksum(decoder: &Decoder<'_>, bytes: &[u8]) -> Result<UploadChecksum, Damaged> {
    let damaged = decoder.damaged("checksum");
    let [code, kind] = bytes else { return Err(damaged) };
    let algorithm = ChecksumAlgorithm::ALL.into_iter().find(|a| checksum_code(*a) == *code).ok_or(damaged)?;
    let kind = match kind {
        0 => ChecksumType::FullObject,
        1 => ChecksumType::Composite,
        _ => return Err(damaged),
    };
    UploadChecksum::new(algorithm, kind).ok_or(damaged)
}

/// The prefix of every upload of a bucket.
#[must_use]
pub fn bucket_prefix(bucket: BucketId) -> Vec<u8> {
    [TABLE_PREFIX.as_slice(), &bucket.0.to_be_bytes()].concat()
}

/// The row's key.
#[must_use]
pub fn key(bucket: BucketId, key: &ObjectKey, id: UploadId) -> Vec<u8> {
    let mut out = bucket_prefix(bucket);
    escape_into(&mut out, key.identity().as_bytes());
    out.extend_from_slice(&TERMINATOR);
    out.extend_from_slice(&id.0);
    out
}

/// The object key and the upload in a row's key.
///
/// # Errors
/// [`Damaged`].
pub fn parse_key(row_key: &[u8]) -> Result<(ObjectKey, UploadId), Damaged> {
    let damaged = Damaged { table: TABLE, what: "key layout" };
    let (rest, id) = row_key.split_last_chunk::<ID_BYTES>().ok_or(damaged)?;
    let end = rest.len().checked_sub(TERMINATOR.len()).ok_or(damaged)?;
    let bytes = unescape(rest.get(HEAD_BYTES..end).ok_or(damaged)?);
    Ok((ObjectKey::from_bytes(bytes).map_err(|_| damaged)?, UploadId(*id)))
}

/// The uploads of a bucket for keys that begin with `prefix`.
#[must_use]
pub fn prefix_range(bucket: BucketId, prefix: &str) -> KeyRange {
    let mut start = bucket_prefix(bucket);
    escape_into(&mut start, identity(prefix).as_bytes());
    KeyRange::prefix(&start)
}

/// The first row key after upload `id` of object key `after`, or after all of its uploads.
#[must_use]
pub fn after_upload(bucket: BucketId, after: &str, id: Option<UploadId>) -> Vec<u8> {
    let mut start = bucket_prefix(bucket);
    escape_into(&mut start, identity(after).as_bytes());
    start.extend_from_slice(&TERMINATOR);
    match id {
        Some(id) => {
            start.extend_from_slice(&id.0);
            start.push(0);
            start
        }
        None => successor(&start).expect("it has a byte under 0xff"),
    }
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

/// The prefix of the parts of an upload; their values are those of object rows.
#[must_use]
pub fn parts_prefix(bucket: BucketId, id: UploadId) -> Vec<u8> {
    [b"p".as_slice(), &bucket.0.to_be_bytes(), &id.0].concat()
}

/// The key of a part.
#[must_use]
pub fn part_key(bucket: BucketId, id: UploadId, part: u16) -> Vec<u8> {
    [parts_prefix(bucket, id), part.to_be_bytes().to_vec()].concat()
}

/// The number of a part in its key.
///
/// # Errors
/// [`Damaged`].
pub fn part_of(row_key: &[u8]) -> Result<u16, Damaged> {
    let (_, part) = row_key.split_last_chunk().ok_or(Damaged { table: "part", what: "key layout" })?;
    Ok(u16::from_be_bytes(*part))
}

/// An upload that was completed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FinishedRow {
    /// When.
    pub at: Timestamp,
    /// The object's key.
    pub key: ObjectKey,
    /// The object's ETag.
    pub etag: ETag,
}

impl FinishedRow {
    /// The row's value.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let mut out = Encoder::new(VERSION).i64(self.at.as_millis()).short(self.etag.as_str().as_bytes());
        out.text(1, Some(self.key.as_str()));
        out.finish()
    }

    /// Reads when it was, from the head of the value.
    ///
    /// # Errors
    /// [`Damaged`].
    pub fn decode_time(head: &[u8]) -> Result<Timestamp, Damaged> {
        Ok(Timestamp::from_millis(Decoder::new(FINISHED_TABLE, VERSION, head)?.i64()?))
    }

    /// Reads the value.
    ///
    /// # Errors
    /// [`Damaged`].
    pub fn decode(value: &[u8]) -> Result<Self, Damaged> {
        let mut decoder = Decoder::new(FINISHED_TABLE, VERSION, value)?;
        let at = Timestamp::from_millis(decoder.i64()?);
        let etag = decoder.short()?;
        let etag = ETag::from_text(&decoder.utf8(etag)?);
        let damaged = decoder.damaged("object key");
        let Some((1, key)) = decoder.field()? else { return Err(damaged) };
        let key = ObjectKey::from_bytes(key.to_vec()).map_err(|_| damaged)?;
        Ok(Self { at, key, etag })
    }
}

/// The prefix of every completed upload.
#[must_use]
pub fn finished_prefix() -> Vec<u8> {
    b"f".to_vec()
}

/// The key of a completed upload.
#[must_use]
pub fn finished_key(bucket: BucketId, id: UploadId) -> Vec<u8> {
    [b"f".as_slice(), &bucket.0.to_be_bytes(), &id.0].concat()
}

/// The prefix of every completed upload that has parts to clear away.
#[must_use]
pub fn ended_prefix() -> Vec<u8> {
    b"e".to_vec()
}

/// The key of a completed upload that has parts to clear away.
#[must_use]
pub fn ended_key(bucket: BucketId, id: UploadId) -> Vec<u8> {
    [b"e".as_slice(), &bucket.0.to_be_bytes(), &id.0].concat()
}

/// The prefix of every aborted upload; the value is what was the upload's.
#[must_use]
pub fn aborted_prefix() -> Vec<u8> {
    b"q".to_vec()
}

/// The key of an aborted upload.
#[must_use]
pub fn aborted_key(bucket: BucketId, id: UploadId) -> Vec<u8> {
    [b"q".as_slice(), &bucket.0.to_be_bytes(), &id.0].concat()
}

/// The bucket and the upload in the key of an upload that has ended.
///
/// # Errors
/// [`Damaged`].
pub fn parse_ended_key(row_key: &[u8]) -> Result<(BucketId, UploadId), Damaged> {
    let damaged = Damaged { table: ENDED_TABLE, what: "key layout" };
    let (head, id) = row_key.split_last_chunk::<ID_BYTES>().ok_or(damaged)?;
    let (_, bucket) = head.split_last_chunk().ok_or(damaged)?;
    Ok((BucketId(u64::from_be_bytes(*bucket)), UploadId(*id)))
}

/// The value of such a row: the parts whose blobs went into an object, in order.
#[must_use]
pub fn encode_ended(used: &[u16]) -> Bytes {
    let mut out = Encoder::new(VERSION);
    out.field(1, &used.iter().flat_map(|part| part.to_le_bytes()).collect::<Vec<u8>>());
    out.finish()
}

/// Reads it.
///
/// # Errors
/// [`Damaged`].
pub fn decode_ended(value: &[u8]) -> Result<Vec<u16>, Damaged> {
    let mut decoder = Decoder::new(ENDED_TABLE, VERSION, value)?;
    let damaged = decoder.damaged("parts");
    let Some((1, bytes)) = decoder.field()? else { return Err(damaged) };
    let (parts, []) = bytes.as_chunks::<2>() else { return Err(damaged) };
    Ok(parts.iter().map(|part| u16::from_le_bytes(*part)).collect())
}

/// The prefix of every deleted bucket that may have uploads.
#[must_use]
pub fn deleted_bucket_prefix() -> Vec<u8> {
    b"d".to_vec()
}

/// The key of a deleted bucket.
#[must_use]
pub fn deleted_bucket_key(bucket: BucketId) -> Vec<u8> {
    [b"d".as_slice(), &bucket.0.to_be_bytes()].concat()
}

/// The bucket in such a key.
///
/// # Errors
/// [`Damaged`].
pub fn parse_deleted_bucket_key(row_key: &[u8]) -> Result<BucketId, Damaged> {
    let id = row_key.get(1..).and_then(|id| id.try_into().ok());
    let id = id.ok_or(Damaged { table: "deleted bucket", what: "key layout" })?;
    Ok(BucketId(u64::from_be_bytes(id)))
}
