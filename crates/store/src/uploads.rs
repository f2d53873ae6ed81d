//! Multipart uploads: begun, filled part by part in any order, then completed or aborted.
//!
//! A part is a blob with a row of its own. Completion makes a manifest of them in one commit and copies no byte; the rows of
//! the parts are cleared away afterwards.

mod complete;
mod copy_part;
mod ended;
mod list;
mod part;

pub use complete::{CompleteUpload, Completed};
pub use copy_part::CopyPart;
pub(crate) use copy_part::Reread;
pub use list::{Part, PartPage, Upload, UploadEntry, UploadPage, UploadPosition, UploadQuery};
pub use part::PutPart;

use auth::{Action, Caller};
use domain::{BucketName, Conditions, Error, ObjectKey, ObjectMetadata, UploadChecksum, UploadId};
use meta::tables::bucket;
use meta::tables::upload::{self, UploadRow};
use meta::tables::version::Note;
use meta::{Check, EngineError, Version, Write};

use crate::CustomerKey;
use crate::Store;
use crate::buckets::FoundBucket;
use crate::failure::{damaged, engine_failed};
use crate::objects::put::{COMMIT_TRIES, check_metadata};

/// What a client asks for when it begins an upload.
#[derive(Clone, Debug, Default)]
pub struct CreateUpload {
    /// Metadata of the object to be.
    pub metadata: ObjectMetadata,
    /// Whether the storage class is that of the bucket, and not what the metadata says.
    pub bucket_class: bool,
    /// The checksum that its parts will have.
    pub checksum: Option<UploadChecksum>,
    /// Tags, retention and legal hold of the object to be.
    pub note: Note,
    /// The customer's key to encrypt the parts with.
    pub customer_key: Option<CustomerKey>,
    /// Must hold of the object that is there now; judged again at completion if asked there.
    pub conditions: Conditions,
}

/// An upload under way as it was read.
pub(crate) struct FoundUpload {
    pub(crate) row: UploadRow,
    pub(crate) version: Version,
    pub(crate) row_key: Vec<u8>,
}

impl Store {
    /// Begins a multipart upload.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::NoSuchBucket`], [`Error::PreconditionFailed`], [`Error::MetadataTooLarge`]; any error
    /// of the engine.
    pub async fn create_upload(
        &self,
        caller: &Caller,
        name: &BucketName,
        key: &ObjectKey,
        create: &CreateUpload,
    ) -> Result<UploadId, Error> {
        caller.allow(Action::CreateMultipartUpload, (name, key))?;
        check_metadata(&create.metadata)?;
        let body_key = self.new_body_key(create.customer_key.as_ref());
        for _ in 0..COMMIT_TRIES {
            let bucket = self.find_bucket(name).await?;
            let condition = self.judge(&bucket, key, &create.conditions).await?;
            let mut metadata = create.metadata.clone();
            if create.bucket_class {
                metadata.storage_class = bucket.row.settings.storage_class;
            }
            let row = UploadRow {
                key: key.clone(),
                initiated: self.clock.now(),
                metadata,
                checksum: create.checksum,
                note: create.note.clone(),
                wrapped_key: body_key.as_ref().map(|key| (key.encryption, key.wrapped.clone())),
            };
            let id = self.new_upload_id();
            let mut checks = vec![Check::VersionIs(bucket::key(name), bucket.version)];
            checks.extend(condition);
            let put = Write::Put {
                key: upload::key(bucket.row.id, key, id),
                value: row.encode(),
                body: None,
                // its parts: when it is aborted the row is kept for reclaim, by a delete alone, which a full disk permits
                external: true,
                displaced_to: None,
            };
            match self.commit(checks, vec![put]).await {
                Ok(_) => return Ok(id),
                Err(EngineError::Conflict { .. }) => {}
                Err(error) => return Err(engine_failed(error)),
            }
        }
        Err(Error::SlowDown)
    }

    /// Ends an upload and lets its parts go.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::NoSuchBucket`], [`Error::NoSuchUpload`]; any error of the engine.
    pub async fn abort_upload(
        &self,
        caller: &Caller,
        name: &BucketName,
        key: &ObjectKey,
        id: UploadId,
    ) -> Result<(), Error> {
        caller.allow(Action::AbortMultipartUpload, (name, key))?;
        let bucket = self.find_bucket(name).await?;
        let found = self.find_upload(&bucket, key, id).await?;
        let checks = vec![Check::VersionIs(found.row_key.clone(), found.version)];
        let displaced_to = Some(upload::aborted_key(bucket.row.id, id));
        match self.commit(checks, vec![Write::Delete { key: found.row_key, displaced_to }]).await {
            Ok(_) => {
                self.reclaim_wanted.notify_one();
                Ok(())
            }
            // completed or aborted by another request
            Err(EngineError::Conflict { .. }) => Err(Error::NoSuchUpload),
            Err(error) => Err(engine_failed(error)),
        }
    }

    pub(crate) async fn find_upload(
        &self,
        bucket: &FoundBucket,
        key: &ObjectKey,
        id: UploadId,
    ) -> Result<FoundUpload, Error> {
        let row_key = upload::key(bucket.row.id, key, id);
        let row = self.engine.get(&row_key).await.map_err(engine_failed)?.ok_or(Error::NoSuchUpload)?;
        let version = row.version;
        Ok(FoundUpload {
            row: UploadRow::decode(key.clone(), &row.value).map_err(damaged)?,
            version,
            row_key,
        })
    }

    pub(crate) fn new_upload_id(&self) -> UploadId {
        let mut id = [0; 16];
        self.random.fill(&mut id);
        let millis = u64::try_from(self.clock.now().as_millis()).unwrap_or_default();
        id[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
        UploadId(id)
    }
}
