//! UploadPart: a body becomes a blob, one commit makes it a part.

use auth::{Action, Caller};
use domain::limits::PUT_MAX_BYTES;
use domain::{BucketName, ETag, Error, ObjectInfo, ObjectKey, PartNumber, UploadChecksum, UploadId};
use meta::tables::bucket::BucketRow;
use meta::tables::object::{Content, ObjectRow, Segment};
use meta::tables::reclaim;
use meta::tables::totals;
use meta::tables::upload::{self, UploadRow};
use meta::{Batch, Check, EngineError, Write};

use crate::Store;
use crate::failure::engine_failed;
use crate::integrity::Integrity;
use crate::objects::put::holding;
use crate::plan::quota_checks;
use crate::sealing::{BodyKey, CustomerKey};
use crate::upload::{BodySource, Expectation, Staged};

/// What a client asks for when it uploads a part.
#[derive(Clone, Debug, Default)]
pub struct PutPart {
    /// Bytes of the body, when announced.
    pub length: Option<u64>,
    /// What the body must hash to.
    pub integrity: Integrity,
    /// The customer's key that the upload was begun with.
    pub customer_key: Option<CustomerKey>,
}

impl Store {
    /// Stores a part, replacing one of the same number: if it fails, the earlier one stays.
    ///
    /// Returns what is known of the part; its key and metadata mean nothing.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::NoSuchBucket`], [`Error::NoSuchUpload`], and those of a body as in
    /// [`Store::put_object`]; any error of the ports.
    ///
    /// Cancel safety: dropped before the commit, nothing is stored; during it, the part is whole or absent.
    pub async fn put_part(
        &self,
        caller: &Caller,
        name: &BucketName,
        key: &ObjectKey,
        (id, number): (UploadId, PartNumber),
        put: PutPart,
        body: &mut dyn BodySource,
    ) -> Result<ObjectInfo, Error> {
        caller.allow(Action::UploadPart, (name, key))?;
        self.store_part(name, key, (id, number), put, body).await
    }

    /// Cancel safety: as of [`Store::put_part`].
    pub(crate) async fn store_part(
        &self,
        name: &BucketName,
        key: &ObjectKey,
        (id, number): (UploadId, PartNumber),
        put: PutPart,
        body: &mut dyn BodySource,
    ) -> Result<ObjectInfo, Error> {
        let bucket = self.find_bucket(name).await?;
        let found = self.find_upload(&bucket, key, id).await?;
        let mut integrity = put.integrity;
        integrity.algorithms.extend(found.row.checksum.map(UploadChecksum::algorithm));
        let body_key = self.upload_key(&found.row, put.customer_key.as_ref())?;
        let expected = Expectation {
            length: put.length,
            max_bytes: PUT_MAX_BYTES,
            integrity: &integrity,
            inline: false,
            key: body_key.as_ref().map(|key| &key.data),
        };
        let mut received = self.receive(body, expected).await?;
        let Staged::Blob(blob) = &mut received.staged else {
            return Err(Error::internal("a part in memory"));
        };
        let info = ObjectInfo {
            size: received.size,
            etag: ETag::from_md5(received.digests.md5),
            checksums: received.digests.checksums,
            encryption: body_key.as_ref().map(|key| key.encryption),
            ..self.part_info(key)
        };
        let content = Content::Manifest(vec![Segment::whole(1, blob.id.0, received.size)]);
        let row = ObjectRow { info, content, wrapped_key: None };
        let batch = self.part_batch(&bucket.row, id, number, found.row_key, &row);
        match blob.commit(batch).await {
            Ok(version) => Ok(self.part_stored(row, version)),
            Err(EngineError::Conflict { .. }) => Err(Error::NoSuchUpload),
            Err(error) => Err(engine_failed(error)),
        }
    }

    /// The key that an upload's parts are encrypted with.
    pub(crate) fn upload_key(
        &self,
        upload: &UploadRow,
        customer: Option<&CustomerKey>,
    ) -> Result<Option<BodyKey>, Error> {
        let stored = upload.wrapped_key.as_ref().map(|(encryption, key)| (*encryption, key));
        self.open_key(stored, customer)
    }

    /// A key that a request brings along without need must still be the upload's.
    ///
    /// Spec: Amazon S3 API, CompleteMultipartUpload and ListParts, `x-amz-server-side-encryption-customer-key`.
    pub(crate) fn check_upload_key(
        &self,
        upload: &UploadRow,
        customer: Option<&CustomerKey>,
    ) -> Result<(), Error> {
        customer.map_or(Ok(()), |_| self.upload_key(upload, customer).map(drop))
    }

    /// A part of which nothing is known yet.
    pub(crate) fn part_info(&self, key: &ObjectKey) -> ObjectInfo {
        ObjectInfo { last_modified: self.clock.now(), ..ObjectInfo::unknown(key) }
    }

    /// The commit that makes `row` a part, as long as the upload is under way.
    pub(crate) fn part_batch(
        &self,
        bucket: &BucketRow,
        id: UploadId,
        number: PartNumber,
        upload_key: Vec<u8>,
        row: &ObjectRow,
    ) -> Batch {
        let write_id = self.new_write_id();
        let mut writes = vec![Write::Put {
            key: upload::part_key(bucket.id, id, number.get()),
            value: row.encode(),
            body: None,
            external: true,
            displaced_to: Some(reclaim::displaced_key(write_id, 0)),
        }];
        writes.extend(holding(&row.content));
        let mut checks = vec![Check::Present(upload_key)];
        checks.extend(quota_checks(bucket, totals::STORED_BYTES));
        Batch { write_id, checks, writes }
    }

    pub(crate) fn part_stored(&self, row: ObjectRow, version: u64) -> ObjectInfo {
        self.reclaim_wanted.notify_one();
        ObjectInfo { version, ..row.info }
    }
}
