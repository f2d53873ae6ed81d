//! CompleteMultipartUpload: what was named is compared with what is there, then one commit makes it an object.

use auth::{Action, Caller};
use domain::error::PartsFault;
use domain::limits::OBJECT_MAX_BYTES;
use domain::{
    BucketName, Checksum, ChecksumType, CompletedPart, Conditions, ETag, Error, ObjectInfo, ObjectKey,
    PartChecksums, UploadChecksum, UploadId, UploadRule,
};
use md5::{Digest as _, Md5};
use meta::engine::{SCAN_MAX_ENTRIES, VALUE_MAX_BYTES};
use meta::tables::object::{Content, ObjectRow, SEGMENT_BYTES, Segment};
use meta::tables::upload::{self, FinishedRow, UploadRow};
use meta::{Check, EngineError, KeyRange};

use super::list::FoundPart;
use crate::buckets::FoundBucket;
use crate::failure::{damaged, engine_failed};
use crate::hashing;
use crate::objects::put::COMMIT_TRIES;
use crate::plan::Plan;
use crate::{CustomerKey, Store, delete_row, put_row};

/// Longest row that parts may come to: the rest of a value is for the metadata that a copy may have instead.
const ROW_MAX_BYTES: usize = VALUE_MAX_BYTES - 64 * 1024;

/// What a client asks for when it completes an upload.
#[derive(Clone, Debug, Default)]
pub struct CompleteUpload {
    /// The parts of the object, in any order.
    pub parts: Vec<CompletedPart>,
    /// Must hold of the object that is there now.
    pub conditions: Conditions,
    /// Checksums of the whole, in the upload's type.
    pub checksums: Vec<Checksum>,
    /// What the client believes these checksums cover.
    pub checksum_type: Option<ChecksumType>,
    /// Bytes of the whole, when announced.
    pub size: Option<u64>,
    /// Whether all parts but the last must be of one size, and the last not larger: R2's rule.
    pub equal_parts: bool,
    /// The sizes that the whole may have.
    pub bounds: UploadRule,
    /// The customer's key that the upload was begun with; it is not needed.
    pub customer_key: Option<CustomerKey>,
}

/// A completed upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Completed {
    /// Now.
    Now(Box<ObjectInfo>),
    /// By an earlier request, whose answer this one repeats: the object's ETag.
    Before(ETag),
}

/// Checksums of a whole, what they cover, and those of its parts.
type WholeChecksums = (Vec<Checksum>, ChecksumType, Option<PartChecksums>);

/// What parts come to.
struct Whole {
    row: ObjectRow,
    used: Vec<u16>,
    unchanged: Vec<Check>,
}

impl Store {
    /// Makes an object of parts and ends their upload.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::NoSuchBucket`], [`Error::NoSuchUpload`], [`Error::InvalidPart`],
    /// [`Error::PartsMismatch`], [`Error::EntityTooSmall`], [`Error::EntityTooLarge`], [`Error::ObjectSizeMismatch`],
    /// [`Error::BadChecksum`], [`Error::PreconditionFailed`], [`Error::EncryptionKeyUnwanted`], [`Error::EncryptionKeyWrong`]; any error of the engine. The upload is then still under way.
    ///
    /// Cancel safety: the object is whole or absent; asked again, the answer is the same.
    pub async fn complete_upload(
        &self,
        caller: &Caller,
        name: &BucketName,
        key: &ObjectKey,
        id: UploadId,
        mut complete: CompleteUpload,
    ) -> Result<Completed, Error> {
        caller.allow(Action::CompleteMultipartUpload, (name, key))?;
        complete.parts.sort_by_key(|part| part.number);
        for _ in 0..COMMIT_TRIES {
            let bucket = self.find_bucket(name).await?;
            let found = match self.find_upload(&bucket, key, id).await {
                Err(Error::NoSuchUpload) => return self.completed_before(&bucket, key, id).await,
                found => found?,
            };
            self.check_upload_key(&found.row, complete.customer_key.as_ref())?;
            let whole = self.whole(&bucket, key, id, &found.row, &complete).await?;
            let finished =
                FinishedRow { at: self.clock.now(), key: key.clone(), etag: whole.row.info.etag.clone() };
            let mut plan = Plan::new(self, name, &bucket);
            let (row, note) = (&whole.row, &found.row.note);
            let version_id = self.plan_put(&mut plan, &bucket, row, None, &complete.conditions, note).await?;
            let mut batch = plan.batch;
            batch.checks.push(Check::VersionIs(found.row_key.clone(), found.version));
            batch.checks.extend(whole.unchanged);
            batch.writes.extend([
                delete_row(found.row_key),
                put_row(upload::finished_key(bucket.row.id, id), finished.encode()),
                put_row(upload::ended_key(bucket.row.id, id), upload::encode_ended(&whole.used)),
            ]);
            match self.engine.commit(batch).await {
                Ok(version) => {
                    self.reclaim_wanted.notify_one();
                    let info = ObjectInfo { version, version_id, ..whole.row.info };
                    return Ok(Completed::Now(Box::new(info)));
                }
                // a part was replaced, the object changed, or another request ended the upload: look again
                Err(EngineError::Conflict { .. }) => {}
                Err(error) => return Err(engine_failed(error)),
            }
        }
        Err(Error::SlowDown)
    }

    async fn completed_before(
        &self,
        bucket: &FoundBucket,
        key: &ObjectKey,
        id: UploadId,
    ) -> Result<Completed, Error> {
        let row = self.engine.get(&upload::finished_key(bucket.row.id, id)).await.map_err(engine_failed)?;
        let finished = FinishedRow::decode(&row.ok_or(Error::NoSuchUpload)?.value).map_err(damaged)?;
        if finished.key == *key { Ok(Completed::Before(finished.etag)) } else { Err(Error::NoSuchUpload) }
    }

    async fn whole(
        &self,
        bucket: &FoundBucket,
        key: &ObjectKey,
        id: UploadId,
        upload: &UploadRow,
        complete: &CompleteUpload,
    ) -> Result<Whole, Error> {
        let range = KeyRange::prefix(&upload::parts_prefix(bucket.row.id, id));
        // more parts than fit on a page cannot be: their numbers end before
        let is_named =
            |number| complete.parts.binary_search_by_key(&number, |part| part.number.get()).is_ok();
        let mut segments = 0;
        let counted = |part: &mut FoundPart| {
            if let Content::Manifest(stretches) = &part.row.content {
                segments += stretches.len();
            }
            let fits = segments <= ROW_MAX_BYTES / SEGMENT_BYTES;
            if fits { Ok(()) } else { Err(Error::PartsMismatch(PartsFault::TooManySegments)) }
        };
        let (stored, _) = self.read_parts(key, range, SCAN_MAX_ENTRIES, is_named, counted).await?;
        let kind = upload.checksum.map(UploadChecksum::kind);
        if let Some(given) = complete.checksum_type.filter(|given| kind.is_some_and(|kind| kind != *given)) {
            return Err(Error::PartsMismatch(PartsFault::ChecksumType(given)));
        }
        let chosen = choose(&stored, &complete.parts)?;
        self.check_sizes(&chosen, complete)?;
        let (checksums, checksum_type, part_checksums) = checksums_of(upload, &chosen)?;
        for expected in &complete.checksums {
            check_whole(&checksums, expected)?;
        }
        let info = ObjectInfo {
            size: chosen.iter().map(|part| part.row.info.size).sum(),
            etag: etag_of(&chosen),
            metadata: upload.metadata.clone(),
            checksums,
            checksum_type,
            encryption: upload.wrapped_key.as_ref().map(|(encryption, _)| *encryption),
            parts: Some(u16::try_from(chosen.len()).map_err(Error::internal)?),
            part_checksums,
            ..self.part_info(key)
        };
        let content = Content::Manifest(manifest_of(&chosen));
        let row = ObjectRow { info, content, wrapped_key: upload.wrapped_key.clone().map(|(_, key)| key) };
        if row.encode().len() > ROW_MAX_BYTES {
            return Err(Error::PartsMismatch(PartsFault::TooManySegments));
        }
        let part_key = |number| upload::part_key(bucket.row.id, id, number);
        let unchanged = chosen.iter().map(|part| Check::VersionIs(part_key(part.number), part.version));
        Ok(Whole {
            unchanged: unchanged.collect(),
            used: chosen.iter().map(|part| part.number).collect(),
            row,
        })
    }

    fn check_sizes(&self, chosen: &[&FoundPart], complete: &CompleteUpload) -> Result<(), Error> {
        let sizes: Vec<u64> = chosen.iter().map(|part| part.row.info.size).collect();
        let (Some((_, all_but_last)), Some(first)) = (sizes.split_last(), sizes.first()) else {
            return Err(Error::internal("no part"));
        };
        let min_bytes = self.settings.part_min_bytes;
        if let Some(bytes) = all_but_last.iter().copied().find(|size| *size < min_bytes) {
            return Err(Error::EntityTooSmall { bytes, min_bytes });
        }
        let last = sizes.len() - 1;
        let unequal = |(n, size): (usize, &u64)| if n == last { size > first } else { size != first };
        if let Some((n, bytes)) =
            sizes.iter().enumerate().find(|(n, size)| complete.equal_parts && unequal((*n, size)))
        {
            let part = chosen[n].number;
            return Err(Error::PartsMismatch(PartsFault::Unequal {
                part,
                bytes: *bytes,
                first_bytes: *first,
            }));
        }
        let actual_bytes = sizes.iter().sum();
        if let Some(expected_bytes) = complete.size.filter(|size| *size != actual_bytes) {
            return Err(Error::ObjectSizeMismatch { expected_bytes, actual_bytes });
        }
        if actual_bytes > OBJECT_MAX_BYTES {
            return Err(Error::EntityTooLarge { max_bytes: OBJECT_MAX_BYTES });
        }
        complete.bounds.check_end(actual_bytes)
    }
}

/// The stored parts that were named, in order; `named` is sorted.
fn choose<'p>(stored: &'p [FoundPart], named: &[CompletedPart]) -> Result<Vec<&'p FoundPart>, Error> {
    if let Some([part, _]) = named.array_windows().find(|[a, b]| a.number == b.number) {
        return Err(Error::PartsMismatch(PartsFault::Repeated(part.number.get())));
    }
    let choose = |named: &CompletedPart| {
        let missing = Error::InvalidPart { part: named.number.get() };
        let at = stored
            .binary_search_by_key(&named.number.get(), |part| part.number)
            .map_err(|_| missing.clone())?;
        let part = &stored[at];
        let same = |expected: &Checksum| {
            let actual = part.row.info.checksums.iter().find(|c| c.algorithm() == expected.algorithm());
            actual.is_none_or(|actual| actual == expected)
        };
        let is_it = part.row.info.etag == named.etag && named.checksum.iter().all(same);
        if is_it { Ok(part) } else { Err(missing) }
    };
    named.iter().map(choose).collect()
}

/// MD5 of the parts' MD5s, and how many they are.
///
/// Spec: Amazon S3 API, CompleteMultipartUpload; R2 docs, multipart ETags.
fn etag_of(chosen: &[&FoundPart]) -> ETag {
    let mut md5 = Md5::new();
    for part in chosen {
        match part.row.info.etag.to_md5() {
            Some(digest) => md5.update(digest),
            None => md5.update(part.row.info.etag.as_str()),
        }
    }
    let digest: [u8; 16] = md5.finalize().into();
    ETag::from_text(&format!("{}-{}", ETag::from_md5(digest).as_str(), chosen.len()))
}

/// The checksum of the whole, when each part has one of the upload's algorithm; and those of the parts, when it is made from
/// them. A checksum of all bytes says nothing of a part, and S3 then shows none of one.
fn checksums_of(upload: &UploadRow, chosen: &[&FoundPart]) -> Result<WholeChecksums, Error> {
    let none = (Vec::new(), ChecksumType::FullObject, None);
    let Some(wanted) = upload.checksum else { return Ok(none) };
    let (algorithm, kind) = (wanted.algorithm(), wanted.kind());
    let parts: Option<Vec<(&[u8], u64)>> = chosen
        .iter()
        .map(|part| {
            let checksum = part.row.info.checksums.iter().find(|c| c.algorithm() == algorithm)?;
            Some((checksum.value(), part.row.info.size))
        })
        .collect();
    let Some(parts) = parts else { return Ok(none) };
    let (value, kept) = match kind {
        ChecksumType::Composite => {
            let values: Vec<u8> = parts.iter().flat_map(|(value, _)| value.to_vec()).collect();
            (hashing::composite(algorithm, &values), PartChecksums::new(algorithm, values))
        }
        ChecksumType::FullObject => {
            let value =
                hashing::combined(algorithm, &parts).ok_or_else(|| Error::internal("no CRC to combine"))?;
            (value, None)
        }
    };
    let checksum = Checksum::new(algorithm, value).ok_or_else(|| Error::internal("checksum length"))?;
    Ok((vec![checksum], kind, kept))
}

fn check_whole(checksums: &[Checksum], expected: &Checksum) -> Result<(), Error> {
    let algorithm = expected.algorithm();
    match checksums.iter().find(|c| c.algorithm() == algorithm) {
        Some(actual) if actual != expected => {
            let (expected, actual) = (expected.to_base64(), actual.to_base64());
            Err(Error::BadChecksum { algorithm, expected, actual })
        }
        _ => Ok(()),
    }
}

/// The stretches of all parts, each numbered by its part's place.
fn manifest_of(chosen: &[&FoundPart]) -> Vec<Segment> {
    let mut segments = Vec::with_capacity(chosen.len());
    for (part, found) in (1..).zip(chosen) {
        if let Content::Manifest(stretches) = &found.row.content {
            segments.extend(stretches.iter().map(|s| Segment { part, ..*s }));
        }
    }
    segments
}
