//! A request that has passed every check before its operation: what a handler works on.

use auth::Caller;
use bytes::Bytes;
use domain::{BucketName, Conditions, Encryption, ObjectInfo, ObjectKey, Timestamp};
use http::{HeaderMap, HeaderValue};
use s3_wire::{Query, Route, S3Error, S3ErrorCode, object_lock, ops, tagging};
use sigv4::PayloadHash;
use store::{BodySource as _, CustomerKey, Integrity, Note, Store};

use crate::body::RequestBody;
use crate::door::Door;
use crate::error::Failure;
use crate::head::Head;
use crate::upload_limits::Limits;

/// One request, authenticated, routed and screened; its body comes beside it.
pub(crate) struct Call<'a> {
    pub(crate) door: &'a Door,
    pub(crate) caller: &'a Caller,
    pub(crate) payload: PayloadHash,
    pub(crate) route: &'a Route,
    /// As it arrived.
    pub(crate) head: &'a Head<'a>,
    pub(crate) query: &'a Query,
    /// With hoisted parameters merged in.
    pub(crate) headers: &'a HeaderMap,
    /// Whether R2's behaviour holds to the letter.
    pub(crate) strict_r2: bool,
    /// When it began.
    pub(crate) begun: Timestamp,
    pub(crate) limits: &'a Limits,
    pub(crate) request_id: &'a str,
}

impl<'a> Call<'a> {
    pub(crate) fn store(&self) -> &'a Store {
        &self.door.store
    }

    /// The bucket.
    ///
    /// # Errors
    /// `InvalidBucketName`; the route of an operation on a bucket always has one.
    pub(crate) fn bucket(&self) -> Result<&'a BucketName, S3Error> {
        self.route.bucket.as_ref().ok_or(S3Error::new(S3ErrorCode::InvalidBucketName))
    }

    /// The key.
    ///
    /// # Errors
    /// `InvalidObjectName`; the route of an operation on an object always has one.
    pub(crate) fn key(&self) -> Result<&'a ObjectKey, S3Error> {
        self.route.key.as_ref().ok_or(S3Error::new(S3ErrorCode::InvalidObjectName))
    }

    /// Reads a document whole and verifies what its headers promise of it.
    ///
    /// # Errors
    /// Those of the headers, of the body and of the comparison.
    pub(crate) async fn document(
        &self,
        body: &mut RequestBody<'_, '_>,
        max_bytes: usize,
    ) -> Result<Bytes, Failure> {
        self.document_of(ops::integrity::decode(self.headers)?, body, max_bytes).await
    }

    /// As [`Call::document`], with what was promised of the document itself.
    ///
    /// # Errors
    /// Those of the body and of the comparison.
    pub(crate) async fn document_of(
        &self,
        promised: ops::Integrity,
        body: &mut RequestBody<'_, '_>,
        max_bytes: usize,
    ) -> Result<Bytes, Failure> {
        let integrity = self.integrity(promised);
        let document = body.document(max_bytes).await?;
        integrity.verify_document(&document, &body.trailing_checksums()).await?;
        Ok(document)
    }

    /// What a write asks of the object that is there, with R2's limit of concurrent writes where that holds.
    pub(crate) fn conditions_of_write(&self, conditions: Conditions) -> Conditions {
        Conditions { begun: self.strict_r2.then_some(self.begun), ..conditions }
    }

    /// The customer's key of the object.
    ///
    /// # Errors
    /// Those of the headers.
    pub(crate) fn customer_key(&self) -> Result<Option<CustomerKey>, S3Error> {
        let key = ops::customer_key::decode(self.headers)?;
        Ok(key.map(|key| CustomerKey::new(key.expose())))
    }

    /// Says in a reply how the object is encrypted.
    ///
    /// # Errors
    /// Those of the headers.
    pub(crate) fn show_encryption(&self, info: &ObjectInfo, reply: &mut HeaderMap) -> Result<(), S3Error> {
        let key = ops::customer_key::decode(self.headers)?;
        show_encryption(info.encryption, key.as_ref(), reply);
        Ok(())
    }

    /// The tags, retention and legal hold that a new object comes with.
    ///
    /// # Errors
    /// Those of the headers.
    pub(crate) fn note(&self) -> Result<Note, S3Error> {
        Ok(Note {
            tags: tagging::decode_header(self.headers)?,
            lock: object_lock::decode_headers(self.headers)?,
        })
    }

    /// Promises of the headers together with the hash that was signed for the body.
    pub(crate) fn integrity(&self, promised: ops::Integrity) -> Integrity {
        let payload_sha256 = match self.payload {
            PayloadHash::Sha256(hash) => Some(hash),
            PayloadHash::Unsigned
            | PayloadHash::StreamingSigned
            | PayloadHash::StreamingSignedTrailer
            | PayloadHash::StreamingUnsignedTrailer => None,
        };
        Integrity { payload_sha256, ..unsigned_integrity(promised) }
    }
}

/// Says how an object is encrypted; `key` is the caller's, if any.
pub(crate) fn show_encryption(
    encryption: Option<Encryption>,
    key: Option<&ops::customer_key::CustomerKey>,
    reply: &mut HeaderMap,
) {
    match (encryption, key) {
        (Some(Encryption::Customer), Some(key)) => ops::customer_key::encode(key.md5(), reply),
        (Some(Encryption::Server), _) => {
            reply.insert("x-amz-server-side-encryption", HeaderValue::from_static("AES256"));
        }
        _ => {}
    }
}

/// Promises about a body of which no hash is signed.
pub(crate) fn unsigned_integrity(promised: ops::Integrity) -> Integrity {
    let ops::Integrity { content_md5, checksums, algorithms } = promised;
    Integrity { md5: content_md5, payload_sha256: None, checksums, algorithms }
}
