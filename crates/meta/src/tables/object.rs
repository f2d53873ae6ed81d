//! Table `o`: objects, in listing order within their bucket.
//!
//! Key: `o`, bucket id, object key with NUL escaped, terminator, version field (zero for the newest one: the field is
//! there from day one, so that versioning needs no migration). The value's first bytes hold what a listing needs.

use std::borrow::Cow;

use bytes::Bytes;
use domain::name::identity;
use domain::{
    Checksum, ChecksumAlgorithm, ChecksumType, ETag, Encryption, HttpMetadata, ObjectInfo, ObjectKey,
    ObjectMetadata, PartChecksums, StorageClass, Timestamp,
};

use super::bucket::BucketId;
use super::codec::{Damaged, Decoder, Encoder};
use super::manifest::{self, ManifestReader};
use crate::engine::{Fold, KeyRange, successor};

pub use super::manifest::{SEGMENT_BYTES, Segment};

const TABLE: &str = "object";
const VERSION: u8 = 1;
/// Ends the escaped object key: sorts before every escaped byte.
pub(super) const TERMINATOR: [u8; 2] = [0, 0];
/// The version field of the newest version.
const NEWEST: [u8; 8] = [0; 8];
const TAIL_BYTES: usize = TERMINATOR.len() + NEWEST.len();
const ETAG_MD5: u8 = 0;
const ETAG_TEXT: u8 = 1;
const CHECKSUM_COMPOSITE: u8 = 1;

const TAG_CONTENT_TYPE: u8 = 1;
const TAG_CONTENT_LANGUAGE: u8 = 2;
const TAG_CONTENT_DISPOSITION: u8 = 3;
const TAG_CONTENT_ENCODING: u8 = 4;
const TAG_CACHE_CONTROL: u8 = 5;
const TAG_EXPIRES: u8 = 6;
const TAG_CUSTOM: u8 = 7;
const TAG_CHECKSUM: u8 = 8;
/// Comes first when it is there: a listing shows it, and sees no more than the head of a value.
const TAG_STORAGE_CLASS: u8 = 10;
const TAG_PARTS: u8 = 11;
const TAG_CHECKSUM_TYPE: u8 = 12;
/// Follows the storage class: a listing shows it.
const TAG_SPELLING: u8 = 14;
/// Follow the spelling: a listing shows them.
const TAG_VERSION: u8 = 15;
const TAG_DELETE_MARKER: u8 = 16;
const TAG_KEY: u8 = 17;
const TAG_PART_CHECKSUMS: u8 = 19;
const KEY_OF_SERVER: u8 = 1;
const KEY_OF_CUSTOMER: u8 = 2;

/// Where an object's bytes are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// In the row's own body.
    Inline,
    /// In stretches of blobs, one after the other.
    Manifest(Vec<Segment>),
    /// With this version of the object, in table `v`.
    Version(u64),
    /// Nowhere: the object was deleted, and this version says so.
    DeleteMarker,
}

/// An object row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectRow {
    /// What is known of the object. `version` is the engine's and is not stored here.
    pub info: ObjectInfo,
    /// Where its bytes are.
    pub content: Content,
    /// The wrapped key that opens them, when they are encrypted (`docs/formats/seal.md`).
    pub wrapped_key: Option<Bytes>,
}

/// The prefix of every row of a bucket.
#[must_use]
pub fn bucket_prefix(bucket: BucketId) -> Vec<u8> {
    [b"o".as_slice(), &bucket.0.to_be_bytes()].concat()
}

/// The row's key.
#[must_use]
pub fn key(bucket: BucketId, key: &ObjectKey) -> Vec<u8> {
    let mut out = bucket_prefix(bucket);
    escape_into(&mut out, key.identity().as_bytes());
    out.extend_from_slice(&TERMINATOR);
    out.extend_from_slice(&NEWEST);
    out
}

/// The object key in a row's key.
///
/// # Errors
/// [`Damaged`].
pub fn object_key_of(row_key: &[u8]) -> Result<ObjectKey, Damaged> {
    let damaged = Damaged { table: TABLE, what: "key layout" };
    let start = bucket_prefix(BucketId(0)).len();
    let end = row_key.len().checked_sub(TAIL_BYTES).ok_or(damaged)?;
    let bytes = unescape(row_key.get(start..end).ok_or(damaged)?);
    ObjectKey::from_bytes(bytes).map_err(|_| damaged)
}

/// The text of a common prefix, as [`fold`] makes it.
///
/// # Errors
/// [`Damaged`].
pub fn common_prefix_of(folded: &[u8]) -> Result<String, Damaged> {
    let damaged = Damaged { table: TABLE, what: "common prefix" };
    let start = bucket_prefix(BucketId(0)).len();
    let bytes = unescape(folded.get(start..).ok_or(damaged)?);
    String::from_utf8(bytes).map_err(|_| damaged)
}

/// The rows of a bucket whose keys begin with `prefix`.
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

/// NUL becomes `00 FF`, so that the terminator `00 00` sorts before any longer key.
pub(super) fn escape_into(out: &mut Vec<u8>, bytes: &[u8]) {
    for byte in bytes {
        out.push(*byte);
        if *byte == 0 {
            out.push(0xff);
        }
    }
}

pub(super) fn unescape(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut after_nul = false;
    for byte in bytes {
        if !(after_nul && *byte == 0xff) {
            out.push(*byte);
        }
        after_nul = *byte == 0;
    }
    out
}

impl ObjectRow {
    /// The row's value.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let info = &self.info;
        let mut out = Encoder::new(VERSION).u64(info.size).i64(info.last_modified.as_millis());
        out = match info.etag.to_md5() {
            Some(digest) => out.u8(ETAG_MD5).short(&digest),
            None => out.u8(ETAG_TEXT).short(info.etag.as_str().as_bytes()),
        };
        encode_listed(&mut out, info.metadata.storage_class, &info.key);
        match self.content {
            Content::Version(number) => out.field(TAG_VERSION, &number.to_le_bytes()),
            Content::DeleteMarker => out.field(TAG_DELETE_MARKER, &[]),
            Content::Inline | Content::Manifest(_) => {}
        }
        encode_metadata(&mut out, &info.metadata);
        for checksum in &info.checksums {
            out.field(TAG_CHECKSUM, &[&[checksum_code(checksum.algorithm())], checksum.value()].concat());
        }
        if info.checksum_type == ChecksumType::Composite {
            out.field(TAG_CHECKSUM_TYPE, &[CHECKSUM_COMPOSITE]);
        }
        if let Some(parts) = info.parts {
            out.field(TAG_PARTS, &parts.to_le_bytes());
        }
        if let Some(checksums) = &info.part_checksums {
            let algorithm = [checksum_code(checksums.algorithm())];
            out.field(TAG_PART_CHECKSUMS, &[&algorithm, checksums.values()].concat());
        }
        if let (Some(key), Some(encryption)) = (&self.wrapped_key, info.encryption) {
            out.field(TAG_KEY, &[&[encryption_code(encryption)], &key[..]].concat());
        }
        if let Content::Manifest(segments) = &self.content {
            manifest::encode(&mut out, segments);
        }
        out.finish()
    }

    /// Reads the value of the row of `key`, in whichever spelling, written by commit `version`.
    ///
    /// # Errors
    /// [`Damaged`].
    pub fn decode(key: ObjectKey, version: u64, value: &[u8]) -> Result<Self, Damaged> {
        let key = match key.identity() {
            Cow::Borrowed(_) => key,
            Cow::Owned(composed) => {
                ObjectKey::parse(composed).map_err(|_| Damaged { table: TABLE, what: "key" })?
            }
        };
        let (mut info, mut decoder) = decode_head(key, version, value)?;
        let (mut manifest, mut elsewhere, mut wrapped) = (ManifestReader::default(), None, None);
        while let Some((tag, bytes)) = decoder.field()? {
            match tag {
                TAG_CHECKSUM => info.checksums.push(decode_checksum(&decoder, bytes)?),
                TAG_SPELLING => info.key = decode_spelling(&decoder, bytes)?,
                TAG_VERSION => elsewhere = Some(Content::Version(decode_number(&decoder, bytes)?)),
                TAG_KEY => {
                    let (encryption, key) = decode_key(&decoder, bytes)?;
                    (info.encryption, wrapped) = (Some(encryption), Some(key));
                }
                TAG_DELETE_MARKER => elsewhere = Some(Content::DeleteMarker),
                TAG_CHECKSUM_TYPE if bytes == [CHECKSUM_COMPOSITE] => {
                    info.checksum_type = ChecksumType::Composite;
                }
                TAG_CHECKSUM_TYPE => return Err(decoder.damaged("checksum type")),
                TAG_PARTS => {
                    let parts = bytes.try_into().map_err(|_| decoder.damaged("number of parts"))?;
                    info.parts = Some(u16::from_le_bytes(parts));
                }
                TAG_PART_CHECKSUMS => info.part_checksums = Some(decode_part_checksums(&decoder, bytes)?),
                tag => {
                    if !manifest.take(&decoder, tag, bytes)? {
                        decode_metadata(&mut info.metadata, &decoder, tag, bytes)?;
                    }
                }
            }
        }
        let manifest = manifest.finish(&decoder)?.map(Content::Manifest);
        let content = elsewhere.or(manifest).unwrap_or(Content::Inline);
        Ok(Self { info, content, wrapped_key: wrapped })
    }

    /// Reads what a listing shows from the head of a value: size, date, ETag, storage class, spelling; no other metadata.
    /// `None` when the head is too short for that.
    ///
    /// # Errors
    /// [`Damaged`].
    pub fn decode_listed(key: ObjectKey, version: u64, head: &[u8]) -> Result<Option<Listed>, Damaged> {
        let (mut info, mut decoder) = decode_head(key, version, head)?;
        if !decode_listed(&mut decoder, &mut info.metadata.storage_class, &mut info.key)? {
            return Ok(None);
        }
        let mut listed = Listed { info, number: None, is_marker: false };
        match decoder.peek() {
            Some(TAG_DELETE_MARKER) => listed.is_marker = true,
            Some(TAG_VERSION) => match decoder.field() {
                Ok(Some((_, bytes))) => listed.number = Some(decode_number(&decoder, bytes)?),
                _ => return Ok(None),
            },
            _ => {}
        }
        Ok(Some(listed))
    }
}

/// What a listing shows of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Size, date, ETag, storage class and spelling.
    pub info: ObjectInfo,
    /// The version that the content is with, when it is in table `v`.
    pub number: Option<u64>,
    /// Whether it is a delete marker.
    pub is_marker: bool,
}

pub(super) const fn encryption_code(encryption: Encryption) -> u8 {
    match encryption {
        Encryption::Server => KEY_OF_SERVER,
        Encryption::Customer => KEY_OF_CUSTOMER,
    }
}

/// Whose key it is, and the wrapped key.
pub(super) fn decode_key(decoder: &Decoder<'_>, bytes: &[u8]) -> Result<(Encryption, Bytes), Damaged> {
    match bytes.split_first() {
        Some((&KEY_OF_SERVER, key)) => Ok((Encryption::Server, Bytes::copy_from_slice(key))),
        Some((&KEY_OF_CUSTOMER, key)) => Ok((Encryption::Customer, Bytes::copy_from_slice(key))),
        _ => Err(decoder.damaged("key")),
    }
}

fn decode_number(decoder: &Decoder<'_>, bytes: &[u8]) -> Result<u64, Damaged> {
    Ok(u64::from_le_bytes(bytes.try_into().map_err(|_| decoder.damaged("version"))?))
}

fn decode_head(key: ObjectKey, version: u64, value: &[u8]) -> Result<(ObjectInfo, Decoder<'_>), Damaged> {
    let mut decoder = Decoder::new(TABLE, VERSION, value)?;
    let size = decoder.u64()?;
    let last_modified = Timestamp::from_millis(decoder.i64()?);
    let kind = decoder.u8()?;
    let etag = decoder.short()?;
    let etag = match kind {
        ETAG_MD5 => ETag::from_md5(etag.try_into().map_err(|_| decoder.damaged("ETag"))?),
        ETAG_TEXT => ETag::from_text(&decoder.utf8(etag)?),
        _ => return Err(decoder.damaged("ETag kind")),
    };
    let metadata = ObjectMetadata::default();
    let (checksums, checksum_type) = (Vec::new(), ChecksumType::FullObject);
    let info = ObjectInfo {
        key,
        size,
        etag,
        last_modified,
        version,
        version_id: None,
        metadata,
        checksums,
        checksum_type,
        encryption: None,
        parts: None,
        part_checksums: None,
    };
    Ok((info, decoder))
}

/// Appends what every listing shows: the storage class and the spelling of a key that has another identity.
pub(super) fn encode_listed(out: &mut Encoder, class: StorageClass, key: &ObjectKey) {
    if class != StorageClass::default() {
        out.field(TAG_STORAGE_CLASS, &[storage_class_code(class)]);
    }
    if key.identity() != key.as_str() {
        out.text(TAG_SPELLING, Some(key.as_str()));
    }
}

/// The storage class, when a decoder stands where [`encode_listed`] wrote.
pub(super) fn peek_storage_class(decoder: &mut Decoder<'_>) -> StorageClass {
    match decoder.peek() {
        Some(TAG_STORAGE_CLASS) => match decoder.field() {
            Ok(Some((_, bytes))) => decode_storage_class(decoder, bytes).unwrap_or_default(),
            _ => StorageClass::default(),
        },
        _ => StorageClass::default(),
    }
}

/// Reads what [`encode_listed`] wrote, from the head of a value; `false` when it is cut off there.
pub(super) fn decode_listed(
    decoder: &mut Decoder<'_>,
    class: &mut StorageClass,
    key: &mut ObjectKey,
) -> Result<bool, Damaged> {
    while let Some(tag) = decoder.peek() {
        if tag != TAG_STORAGE_CLASS && tag != TAG_SPELLING {
            break;
        }
        match decoder.field() {
            Ok(Some((TAG_STORAGE_CLASS, bytes))) => *class = decode_storage_class(decoder, bytes)?,
            Ok(Some((_, bytes))) => *key = decode_spelling(decoder, bytes)?,
            Ok(None) => {}
            Err(_) => return Ok(false),
        }
    }
    Ok(true)
}

fn decode_spelling(decoder: &Decoder<'_>, bytes: &[u8]) -> Result<ObjectKey, Damaged> {
    ObjectKey::from_bytes(bytes.to_vec()).map_err(|_| decoder.damaged("spelling"))
}

/// Appends the other things that a client said of an object.
pub(super) fn encode_metadata(out: &mut Encoder, metadata: &ObjectMetadata) {
    let http = &metadata.http;
    out.text(TAG_CONTENT_TYPE, http.content_type.as_deref());
    out.text(TAG_CONTENT_LANGUAGE, http.content_language.as_deref());
    out.text(TAG_CONTENT_DISPOSITION, http.content_disposition.as_deref());
    out.text(TAG_CONTENT_ENCODING, http.content_encoding.as_deref());
    out.text(TAG_CACHE_CONTROL, http.cache_control.as_deref());
    out.text(TAG_EXPIRES, http.expires.as_deref());
    for (name, value) in &metadata.custom {
        out.field(TAG_CUSTOM, &[name.as_bytes(), b"\0", value.as_bytes()].concat());
    }
}

/// Takes one field, if it is metadata.
pub(super) fn decode_metadata(
    metadata: &mut ObjectMetadata,
    decoder: &Decoder<'_>,
    tag: u8,
    bytes: &[u8],
) -> Result<(), Damaged> {
    match tag {
        TAG_CUSTOM => metadata.custom.push(decode_custom(decoder, bytes)?),
        TAG_STORAGE_CLASS => metadata.storage_class = decode_storage_class(decoder, bytes)?,
        tag => {
            if let Some(slot) = http_slot(&mut metadata.http, tag) {
                *slot = Some(decoder.utf8(bytes)?);
            }
        }
    }
    Ok(())
}

fn http_slot(http: &mut HttpMetadata, tag: u8) -> Option<&mut Option<String>> {
    match tag {
        TAG_CONTENT_TYPE => Some(&mut http.content_type),
        TAG_CONTENT_LANGUAGE => Some(&mut http.content_language),
        TAG_CONTENT_DISPOSITION => Some(&mut http.content_disposition),
        TAG_CONTENT_ENCODING => Some(&mut http.content_encoding),
        TAG_CACHE_CONTROL => Some(&mut http.cache_control),
        TAG_EXPIRES => Some(&mut http.expires),
        _ => None,
    }
}

fn decode_custom(decoder: &Decoder<'_>, bytes: &[u8]) -> Result<(String, String), Damaged> {
    let text = decoder.utf8(bytes)?;
    let (name, value) = text.split_once('\0').ok_or(decoder.damaged("custom metadata"))?;
    Ok((name.to_owned(), value.to_owned()))
}

fn decode_checksum(decoder: &Decoder<'_>, bytes: &[u8]) -> Result<Checksum, Damaged> {
    let (algorithm, value) = decode_algorithm(bytes).ok_or(decoder.damaged("checksum"))?;
    Checksum::new(algorithm, value.to_vec()).ok_or(decoder.damaged("checksum"))
}

fn decode_part_checksums(decoder: &Decoder<'_>, bytes: &[u8]) -> Result<PartChecksums, Damaged> {
    let (algorithm, values) = decode_algorithm(bytes).ok_or(decoder.damaged("checksums of parts"))?;
    PartChecksums::new(algorithm, values.to_vec()).ok_or(decoder.damaged("checksums of parts"))
}

fn decode_algorithm(bytes: &[u8]) -> Option<(ChecksumAlgorithm, &[u8])> {
    let (code, rest) = bytes.split_first()?;
    Some((ChecksumAlgorithm::ALL.into_iter().find(|a| checksum_code(*a) == *code)?, rest))
}

pub(super) fn decode_storage_class(decoder: &Decoder<'_>, bytes: &[u8]) -> Result<StorageClass, Damaged> {
    let found = StorageClass::ALL.into_iter().find(|class| bytes == [storage_class_code(*class)]);
    found.ok_or(decoder.damaged("storage class"))
}

pub(super) const fn storage_class_code(class: StorageClass) -> u8 {
    match class {
        StorageClass::Standard => 1,
        StorageClass::StandardIa => 2,
    }
}

pub(super) const fn checksum_code(algorithm: ChecksumAlgorithm) -> u8 {
    match algorithm {
        ChecksumAlgorithm::Crc32 => 1,
        ChecksumAlgorithm::Crc32c => 2,
        ChecksumAlgorithm::Crc64Nvme => 3,
        ChecksumAlgorithm::Sha1 => 4,
        ChecksumAlgorithm::Sha256 => 5,
    }
}

#[cfg(test)]
mod tests;
