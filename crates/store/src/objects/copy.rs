//! CopyObject: bytes are shared, and read only for a checksum that the source does not have, or to encrypt what was not
//! encrypted.

use std::ops::Deref;

use auth::{Action, Caller};
use domain::limits::PUT_MAX_BYTES;
use domain::{
    BucketName, ByteRange, Checksum, ChecksumAlgorithm, ChecksumType, Conditions, ETag, Error,
    MetadataDirective, ObjectInfo, ObjectKey, ObjectMetadata, UploadRules, VersionId,
};
use meta::tables::object::{Content, ObjectRow, Segment};
use meta::tables::version::Note;
use meta::{Check, EngineError};

use super::FoundObject;
use super::body::ObjectBody;
use super::put::{COMMIT_TRIES, check_metadata};
use crate::Store;
use crate::buckets::FoundBucket;
use crate::failure::engine_failed;
use crate::integrity::Integrity;
use crate::plan::{Plan, shared_body};
use crate::sealing::{BodyKey, CustomerKey, stored_key};
use crate::upload::Expectation;
use crate::uploads::Reread;

/// What to copy.
#[derive(Clone, Debug)]
pub struct CopySource {
    /// Its bucket.
    pub bucket: BucketName,
    /// Its key.
    pub key: ObjectKey,
    /// The version; what the key stands for when absent.
    pub version: Option<VersionId>,
    /// Must hold of it.
    pub conditions: Conditions,
    /// The customer's key that it is encrypted with.
    pub customer_key: Option<CustomerKey>,
}

/// What a client asks for when it copies an object.
#[derive(Clone, Debug, Default)]
pub struct CopyObject {
    /// What becomes of the source's metadata.
    pub directive: MetadataDirective,
    /// The request's metadata, but for the storage class.
    pub metadata: ObjectMetadata,
    /// Storage class of the copy; that of the source when absent.
    pub storage_class: Option<domain::StorageClass>,
    /// Must hold of the object that is there now.
    pub conditions: Conditions,
    /// Retention, legal hold and tags of the copy.
    pub note: Note,
    /// Whether the tags are those of the source instead.
    pub keep_tags: bool,
    /// The customer's key to encrypt the copy with.
    pub customer_key: Option<CustomerKey>,
    /// The checksum of the copy's bytes that it is to have; those of the source when absent.
    pub checksum: Option<ChecksumAlgorithm>,
    /// What its key and its type are held to; not its size, which the source has too.
    pub rules: UploadRules,
}

/// An object to be copied, with its tags.
pub(crate) struct FoundSource {
    found: FoundObject,
    note: Note,
    pub(crate) body_key: Option<BodyKey>,
}

impl Deref for FoundSource {
    type Target = FoundObject;

    fn deref(&self) -> &FoundObject {
        &self.found
    }
}

/// A copy that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// The copy.
    pub info: ObjectInfo,
    /// What it is a copy of.
    pub source: ObjectInfo,
}

impl Store {
    /// Copies an object, onto itself too, replacing what had the key.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::NoSuchBucket`], [`Error::NoSuchKey`], [`Error::PreconditionFailed`] of the source or
    /// of the destination, [`Error::UploadRefused`], [`Error::MetadataTooLarge`], [`Error::EntityTooLarge`], [`Error::InsufficientStorage`]; any error of
    /// the ports.
    ///
    /// Cancel safety: the copy is whole or absent.
    pub async fn copy_object(
        &self,
        caller: &Caller,
        source: &CopySource,
        name: &BucketName,
        key: &ObjectKey,
        copy: &CopyObject,
    ) -> Result<Copied, Error> {
        caller.allow(Action::CopyObject, (name, key))?;
        caller.allow(Action::GetObject, (&source.bucket, &source.key))?;
        let mut last = Error::SlowDown;
        for _ in 0..COMMIT_TRIES {
            let bucket = self.find_bucket(name).await?;
            let found = self.find_source(source).await?;
            if found.object.info.size > PUT_MAX_BYTES {
                return Err(Error::EntityTooLarge { max_bytes: PUT_MAX_BYTES });
            }
            let mut row = self.copied(key, copy, &found)?;
            if let Some(algorithm) = copy.checksum.filter(|wanted| !has_checksum(&row.info, *wanted)) {
                let whole = ByteRange::whole(row.info.size);
                match self.open_content(&found, found.body_key.as_ref(), whole).await {
                    Ok(body) => row.info.checksums = hash(body, algorithm).await?.1,
                    // the source was replaced and its blobs reclaimed between the two reads: look again
                    Err(error @ Error::Corrupt { .. }) => {
                        last = error;
                        continue;
                    }
                    Err(error) => return Err(error),
                }
                row.info.checksum_type = ChecksumType::FullObject;
                row.info.part_checksums = None;
            }
            let body_key = match &found.body_key {
                Some(key) => self.rewrapped(key, copy.customer_key.as_ref()),
                None => None,
            };
            if found.body_key.is_some() != body_key.is_some() || (body_key.is_none() && self.seals(copy)) {
                return self.copy_bytes(name, bucket, found, row.info, copy).await;
            }
            row.info.encryption = body_key.as_ref().map(|key| key.encryption);
            row.wrapped_key = body_key.map(|key| key.wrapped);
            let body = shared_body(&found.row_key, &found.row);
            let mut plan = Plan::new(self, name, &bucket);
            let note = note_of(copy, &found);
            let version_id = self.plan_put(&mut plan, &bucket, &row, body, &copy.conditions, &note).await?;
            plan.batch.checks.push(found.unchanged());
            match self.engine.commit(plan.batch).await {
                Ok(version) => {
                    self.reclaim_wanted.notify_one();
                    let info = ObjectInfo { version, version_id, ..row.info };
                    return Ok(Copied { info, source: found.object.info.clone() });
                }
                // the source or the destination changed: look again
                Err(EngineError::Conflict { .. }) => last = Error::SlowDown,
                Err(error) => return Err(engine_failed(error)),
            }
        }
        Err(last)
    }

    /// The source, as long as its conditions hold.
    pub(crate) async fn find_source(&self, source: &CopySource) -> Result<FoundSource, Error> {
        let bucket = self.find_bucket(&source.bucket).await?;
        let found = self.find_wanted(&bucket, &source.key, source.version).await?;
        // as when it is read: conditions tell nothing to who has not the key
        let body_key = self.open_key(stored_key(&found.object), source.customer_key.as_ref())?;
        let current = Some((&found.object.info.etag, found.object.info.last_modified));
        source.conditions.check(current).map_err(|failed| Error::PreconditionFailed { failed })?;
        let note = match bucket.row.settings.has_notes {
            true => {
                let id = found.object.info.version_id.unwrap_or(VersionId::Null);
                self.find_note(bucket.row.id, &source.key, id).await?.0
            }
            false => Note::default(),
        };
        Ok(FoundSource { found, note, body_key })
    }

    fn seals(&self, copy: &CopyObject) -> bool {
        copy.customer_key.is_some() || self.keyring.is_some()
    }

    /// Stores the bytes anew: they are to be encrypted and are not, or the other way round.
    async fn copy_bytes(
        &self,
        name: &BucketName,
        bucket: FoundBucket,
        found: FoundSource,
        info: ObjectInfo,
        copy: &CopyObject,
    ) -> Result<Copied, Error> {
        let size = found.object.info.size;
        let body = self.open_content(&found, found.body_key.as_ref(), ByteRange::whole(size)).await?;
        let key = self.new_body_key(copy.customer_key.as_ref());
        let algorithms = info.checksums.iter().map(Checksum::algorithm).collect();
        let integrity = Integrity { algorithms, ..Integrity::default() };
        let expected = Expectation {
            length: Some(size),
            max_bytes: PUT_MAX_BYTES,
            integrity: &integrity,
            inline: true,
            key: key.as_ref().map(|key| &key.data),
        };
        let received = self.receive(&mut Reread(body), expected).await?;
        let info = ObjectInfo {
            etag: ETag::from_md5(received.digests.md5),
            checksums: received.digests.checksums.clone(),
            checksum_type: ChecksumType::FullObject,
            encryption: key.as_ref().map(|key| key.encryption),
            parts: None,
            part_checksums: None,
            ..info
        };
        let (wrapped_key, note) = (key.map(|key| key.wrapped), note_of(copy, &found));
        let info = self.publish(name, bucket, (info, wrapped_key), received, &copy.conditions, &note).await?;
        Ok(Copied { info, source: found.object.info.clone() })
    }

    fn copied(&self, key: &ObjectKey, copy: &CopyObject, found: &FoundObject) -> Result<ObjectRow, Error> {
        let mut info = found.object.info.clone();
        info.key = key.clone();
        info.last_modified = self.clock.now();
        let storage_class = copy.storage_class.unwrap_or(info.metadata.storage_class);
        info.metadata = copy.directive.apply(info.metadata, copy.metadata.clone());
        info.metadata.storage_class = storage_class;
        check_metadata(&info.metadata)?;
        copy.rules.check(key, info.metadata.http.content_type.as_deref(), None)?;
        Ok(ObjectRow { info, content: self.shared(&found.object.content), wrapped_key: None })
    }

    /// The same bytes, held in another name.
    pub(crate) fn shared(&self, content: &Content) -> Content {
        match content {
            Content::Inline | Content::Version(_) | Content::DeleteMarker => content.clone(),
            Content::Manifest(segments) => {
                let holder = self.new_write_id().0;
                Content::Manifest(segments.iter().map(|s| Segment { holder, ..*s }).collect())
            }
        }
    }
}

fn note_of(copy: &CopyObject, found: &FoundSource) -> Note {
    let mut note = copy.note.clone();
    if copy.keep_tags {
        note.tags = found.note.tags.clone();
    }
    note
}

impl FoundObject {
    /// What a commit checks to rely on the content: as long as its row is there, so are its blobs.
    pub(crate) fn unchanged(&self) -> Check {
        Check::VersionIs(self.row_key.clone(), self.row.version)
    }
}

/// Whether the object has this checksum and no other, of its bytes.
fn has_checksum(info: &ObjectInfo, algorithm: ChecksumAlgorithm) -> bool {
    info.checksum_type == ChecksumType::FullObject
        && matches!(info.checksums.as_slice(), [checksum] if checksum.algorithm() == algorithm)
}

/// The ETag and the checksum of bytes that are shared.
pub(crate) async fn hash(
    mut body: ObjectBody,
    algorithm: ChecksumAlgorithm,
) -> Result<(ETag, Vec<Checksum>), Error> {
    let integrity = Integrity { algorithms: vec![algorithm], ..Integrity::default() };
    let mut hash = integrity.hash();
    while let Some(piece) = body.next().await? {
        hash.push(piece).await?;
    }
    let digests = hash.finish().await?;
    Ok((ETag::from_md5(digests.md5), digests.checksums))
}
