//! UploadPartCopy: a stretch of another object becomes a part. Large bodies are shared; they are read only when the upload
//! asks for a checksum, and written again only when the stretch is made of very many pieces or of a small body.

use auth::{Action, Caller};
use bytes::Bytes;
use domain::limits::PUT_MAX_BYTES;
use domain::{
    BucketName, ByteRange, Checksum, ETag, Error, ObjectInfo, ObjectKey, PartNumber, RangeRequest, UploadId,
};
use md5::{Digest as _, Md5};
use meta::EngineError;
use meta::tables::object::{Content, ObjectRow, Segment};

use crate::failure::engine_failed;
use crate::integrity::Integrity;
use crate::objects::body::{ObjectBody, stretches};
use crate::objects::copy::{CopySource, hash};
use crate::objects::put::COMMIT_TRIES;
use crate::upload::{BodySource, BoxFuture};
use crate::{CustomerKey, PutPart, Store};

/// Pieces of another object that a part may refer to; one made of more is written again.
const SHARED_MAX: usize = 1_000;

/// What a client asks for when it makes a part of another object.
#[derive(Clone, Debug)]
pub struct CopyPart {
    /// The other object.
    pub source: CopySource,
    /// The bytes wanted; all when absent. An end behind the object's is cut.
    pub range: Option<RangeRequest>,
    /// The customer's key that the upload was begun with.
    pub customer_key: Option<CustomerKey>,
}

impl Store {
    /// Makes a part of a stretch of another object, replacing one of the same number.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::NoSuchBucket`], [`Error::NoSuchKey`], [`Error::NoSuchUpload`],
    /// [`Error::PreconditionFailed`] of the source, [`Error::InvalidRange`], [`Error::EntityTooLarge`]; any error of the ports.
    pub async fn copy_part(
        &self,
        caller: &Caller,
        name: &BucketName,
        key: &ObjectKey,
        (id, number): (UploadId, PartNumber),
        copy: &CopyPart,
    ) -> Result<ObjectInfo, Error> {
        caller.allow(Action::UploadPartCopy, (name, key))?;
        caller.allow(Action::GetObject, (&copy.source.bucket, &copy.source.key))?;
        let mut last = Error::SlowDown;
        for _ in 0..COMMIT_TRIES {
            let bucket = self.find_bucket(name).await?;
            let upload = self.find_upload(&bucket, key, id).await?;
            self.upload_key(&upload.row, copy.customer_key.as_ref())?;
            let found = self.find_source(&copy.source).await?;
            let size = found.object.info.size;
            let range = copy.range.map_or(Ok(ByteRange::whole(size)), |range| range.resolve(size))?;
            if range.len() > PUT_MAX_BYTES {
                return Err(Error::EntityTooLarge { max_bytes: PUT_MAX_BYTES });
            }
            // each upload has a key of its own
            let is_plain = upload.row.wrapped_key.is_none() && found.body_key.is_none();
            let shared = is_plain.then(|| self.shared_stretches(&found.object.content, range)).flatten();
            let body = match (&shared, upload.row.checksum) {
                (Some(_), None) => ObjectBody::empty(),
                _ => match self.open_content(&found, found.body_key.as_ref(), range).await {
                    Ok(body) => body,
                    // the source was replaced and its blobs reclaimed between the two reads: look again
                    Err(error @ Error::Corrupt { .. }) => {
                        last = error;
                        continue;
                    }
                    Err(error) => return Err(error),
                },
            };
            let Some(segments) = shared else {
                let customer_key = copy.customer_key.clone();
                let put =
                    PutPart { length: Some(range.len()), integrity: Integrity::default(), customer_key };
                return self.store_part(name, key, (id, number), put, &mut Reread(body)).await;
            };
            let (etag, checksums) = match upload.row.checksum {
                Some(checksum) => hash(body, checksum.algorithm()).await?,
                None => (shared_etag(&found.object.info, range), Vec::new()),
            };
            let info = ObjectInfo { size: range.len(), etag, checksums, ..self.part_info(key) };
            let row = ObjectRow { info, content: Content::Manifest(segments), wrapped_key: None };
            let mut batch = self.part_batch(&bucket.row, id, number, upload.row_key, &row);
            batch.checks.push(found.unchanged());
            match self.engine.commit(batch).await {
                Ok(version) => return Ok(self.part_stored(row, version)),
                Err(EngineError::Conflict { check: 0 }) => return Err(Error::NoSuchUpload),
                // the source changed: look again
                Err(EngineError::Conflict { .. }) => last = Error::SlowDown,
                Err(error) => return Err(engine_failed(error)),
            }
        }
        Err(last)
    }

    /// `None` when the bytes cannot be shared.
    fn shared_stretches(&self, content: &Content, range: ByteRange) -> Option<Vec<Segment>> {
        let Content::Manifest(segments) = content else { return None };
        let holder = self.new_write_id().0;
        let shared: Vec<_> = stretches(segments, range)
            .take(SHARED_MAX + 1)
            .map(|s| Segment { part: 1, holder, ..s })
            .collect();
        (shared.len() <= SHARED_MAX).then_some(shared)
    }
}

/// The ETag of a part whose bytes nobody reads: the source's own for the whole of a body that came whole, else one that is
/// as good as any, since a client may not compute with it.
fn shared_etag(source: &ObjectInfo, range: ByteRange) -> ETag {
    if range == ByteRange::whole(source.size) && source.etag.to_md5().is_some() {
        return source.etag.clone();
    }
    let mut md5 = Md5::new();
    md5.update(format!("{} {}-{}", source.etag.as_str(), range.start, range.end));
    ETag::from_md5(md5.finalize().into())
}

/// An object's bytes on their way to being another's.
pub(crate) struct Reread(pub(crate) ObjectBody);

impl BodySource for Reread {
    fn next(&mut self) -> BoxFuture<'_, Result<Option<Bytes>, Error>> {
        Box::pin(self.0.next())
    }

    fn trailing_checksums(&self) -> Vec<Checksum> {
        Vec::new()
    }
}
