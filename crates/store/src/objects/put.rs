//! PutObject: read, verify, then one commit that decides everything.

use auth::{Action, Caller};
use bytes::Bytes;
use domain::limits::{METADATA_MAX_BYTES, PUT_MAX_BYTES};
use domain::{BucketName, ChecksumType, Conditions, ETag, Error, ObjectInfo, ObjectKey, ObjectMetadata};
use meta::tables::object::{Content, ObjectRow};
use meta::tables::reclaim;
use meta::tables::version::Note;
use meta::{EngineError, Write};

use crate::buckets::FoundBucket;
use crate::failure::engine_failed;
use crate::integrity::Integrity;
use crate::plan::Plan;
use crate::sealing::CustomerKey;
use crate::upload::{BodySource, Expectation, Received, Staged};
use crate::{Store, put_row};

/// What a client asks for when it stores an object.
#[derive(Clone, Debug, Default)]
pub struct PutObject {
    /// Metadata to keep.
    pub metadata: ObjectMetadata,
    /// Whether the storage class is that of the bucket, and not what the metadata says.
    pub bucket_class: bool,
    /// Bytes of the body, when announced.
    pub length: Option<u64>,
    /// Must hold of the object that is there now.
    pub conditions: Conditions,
    /// What the body must hash to.
    pub integrity: Integrity,
    /// Tags, retention and legal hold of the version.
    pub note: Note,
    /// The customer's key to encrypt it with.
    pub customer_key: Option<CustomerKey>,
}

/// Commits lost to another writer before a conditional put gives up.
pub(crate) const COMMIT_TRIES: usize = 16;

impl Store {
    /// Stores an object, replacing what had its key.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::NoSuchBucket`], [`Error::PreconditionFailed`], [`Error::MetadataTooLarge`],
    /// [`Error::EntityTooLarge`], [`Error::IncompleteBody`], [`Error::BadMd5`], [`Error::BadChecksum`],
    /// [`Error::PayloadHashMismatch`], [`Error::InsufficientStorage`]; those of the body; any error of the ports. Nothing is
    /// stored then, unless an I/O error left the outcome unknown.
    ///
    /// Cancel safety: dropped before the commit, nothing is stored; during it, the object is whole or absent.
    pub async fn put_object(
        &self,
        caller: &Caller,
        name: &BucketName,
        key: &ObjectKey,
        mut put: PutObject,
        body: &mut dyn BodySource,
    ) -> Result<ObjectInfo, Error> {
        caller.allow(Action::PutObject, (name, key))?;
        check_metadata(&put.metadata)?;
        let bucket = self.find_bucket(name).await?;
        if put.bucket_class {
            put.metadata.storage_class = bucket.row.settings.storage_class;
        }
        self.judge(&bucket, key, &put.conditions).await?;
        self.expect_room(&bucket, key, put.length).await?;
        let body_key = self.new_body_key(put.customer_key.as_ref());
        let expected = Expectation {
            length: put.length,
            max_bytes: PUT_MAX_BYTES,
            integrity: &put.integrity,
            inline: true,
            key: body_key.as_ref().map(|key| &key.data),
        };
        let received = self.receive(body, expected).await?;
        let info = ObjectInfo {
            key: key.clone(),
            size: received.size,
            etag: ETag::from_md5(received.digests.md5),
            last_modified: self.clock.now(),
            version: 0,
            version_id: None,
            metadata: put.metadata,
            checksums: received.digests.checksums.clone(),
            checksum_type: ChecksumType::FullObject,
            encryption: body_key.as_ref().map(|key| key.encryption),
            parts: None,
            part_checksums: None,
        };
        let wrapped_key = body_key.map(|key| key.wrapped);
        self.publish(name, bucket, (info, wrapped_key), received, &put.conditions, &put.note).await
    }

    /// Makes a received body an object: the one commit.
    pub(crate) async fn publish(
        &self,
        name: &BucketName,
        mut bucket: FoundBucket,
        (info, wrapped_key): (ObjectInfo, Option<Bytes>),
        mut received: Received<'_>,
        conditions: &Conditions,
        note: &Note,
    ) -> Result<ObjectInfo, Error> {
        let content = received.staged.content(received.size);
        let row = ObjectRow { info, content, wrapped_key };
        for _ in 0..COMMIT_TRIES {
            let mut plan = Plan::new(self, name, &bucket);
            let body = received.staged.inline_body();
            let version_id = self.plan_put(&mut plan, &bucket, &row, body, conditions, note).await?;
            let outcome = match &mut received.staged {
                Staged::Memory { .. } => self.engine.commit(plan.batch).await,
                Staged::Blob(blob) => blob.commit(plan.batch).await,
            };
            match outcome {
                Ok(version) => {
                    self.reclaim_wanted.notify_one();
                    return Ok(ObjectInfo { version, version_id, ..row.info });
                }
                // somebody else was first: judge again what is there now
                Err(EngineError::Conflict { .. }) => bucket = self.find_bucket(name).await?,
                Err(error) => return Err(engine_failed(error)),
            }
        }
        Err(Error::SlowDown)
    }
}

/// The rows that hold the blobs of a content, each blob once in one name.
pub(crate) fn holding(content: &Content) -> Vec<Write> {
    let Content::Manifest(segments) = content else { return Vec::new() };
    let mut held: Vec<_> = segments.iter().map(|s| (s.blob, s.holder)).collect();
    held.sort_unstable();
    held.dedup();
    held.iter().map(|(blob, holder)| put_row(reclaim::holder_key(blob, holder), Bytes::new())).collect()
}

pub(crate) fn check_metadata(metadata: &ObjectMetadata) -> Result<(), Error> {
    let bytes = metadata.custom.iter().map(|(name, value)| name.len() + value.len()).sum();
    if bytes > METADATA_MAX_BYTES { Err(Error::MetadataTooLarge { bytes }) } else { Ok(()) }
}
