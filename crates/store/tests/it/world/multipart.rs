//! Multipart uploads and copies in few words.

use auth::Caller;
use bytes::Bytes;
use domain::UploadId;
use domain::{CompletedPart, ETag, Error, ObjectInfo, PartNumber, RangeRequest};
use md5::{Digest, Md5};
use store::{CompleteUpload, Completed, CopyObject, CopyPart, CopySource, CreateUpload, GetObject, PutPart};

use super::{World, bucket, object_key, pattern, read_all};
use crate::source::Source;

const SYSTEM: &Caller = &Caller::System;

impl World {
    pub(crate) async fn begin(&self, key: &str) -> UploadId {
        self.begin_with(key, &CreateUpload::default()).await.expect("begins")
    }

    pub(crate) async fn begin_with(&self, key: &str, create: &CreateUpload) -> Result<UploadId, Error> {
        self.store.create_upload(SYSTEM, &bucket(), &object_key(key), create).await
    }

    pub(crate) async fn part(
        &self,
        key: &str,
        at: (UploadId, u16),
        body: impl Into<Bytes>,
    ) -> Result<ObjectInfo, Error> {
        self.part_with(key, at, PutPart::default(), &mut Source::whole(body)).await
    }

    pub(crate) async fn part_with(
        &self,
        key: &str,
        (id, number): (UploadId, u16),
        put: PutPart,
        body: &mut Source,
    ) -> Result<ObjectInfo, Error> {
        let at = (id, part_number(number));
        self.store.put_part(SYSTEM, &bucket(), &object_key(key), at, put, body).await
    }

    /// Parts of these sizes, numbered from 1 on, as they are to be named; and their bytes.
    pub(crate) async fn parts(
        &self,
        key: &str,
        id: UploadId,
        sizes: &[usize],
    ) -> (Vec<CompletedPart>, Vec<u8>) {
        let (mut parts, mut whole) = (Vec::new(), Vec::new());
        for (number, size) in (1..).zip(sizes) {
            let body = pattern(*size, u64::from(number));
            whole.extend_from_slice(&body);
            let info = self.part(key, (id, number), body).await.expect("stores a part");
            parts.push(named(number, &info));
        }
        (parts, whole)
    }

    pub(crate) async fn complete(
        &self,
        key: &str,
        id: UploadId,
        parts: &[CompletedPart],
    ) -> Result<Completed, Error> {
        let complete = CompleteUpload { parts: parts.to_vec(), ..CompleteUpload::default() };
        self.complete_with(key, id, complete).await
    }

    pub(crate) async fn complete_with(
        &self,
        key: &str,
        id: UploadId,
        complete: CompleteUpload,
    ) -> Result<Completed, Error> {
        self.store.complete_upload(SYSTEM, &bucket(), &object_key(key), id, complete).await
    }

    pub(crate) async fn abort(&self, key: &str, id: UploadId) -> Result<(), Error> {
        self.store.abort_upload(SYSTEM, &bucket(), &object_key(key), id).await
    }

    /// A whole upload of parts of these sizes; returns its bytes.
    pub(crate) async fn put_parts(&self, key: &str, sizes: &[usize]) -> Vec<u8> {
        let id = self.begin(key).await;
        let (parts, whole) = self.parts(key, id, sizes).await;
        now(self.complete(key, id, &parts).await);
        whole
    }

    pub(crate) async fn copy(&self, from: &str, to: &str) -> Result<ObjectInfo, Error> {
        self.copy_with(&source(from), to, &CopyObject::default()).await
    }

    pub(crate) async fn copy_with(
        &self,
        from: &CopySource,
        to: &str,
        copy: &CopyObject,
    ) -> Result<ObjectInfo, Error> {
        let copied = self.store.copy_object(SYSTEM, from, &bucket(), &object_key(to), copy).await;
        copied.map(|copied| copied.info)
    }

    pub(crate) async fn part_copy(
        &self,
        key: &str,
        at: (UploadId, u16),
        from: &str,
        range: Option<(u64, u64)>,
    ) -> Result<ObjectInfo, Error> {
        let range = range.map(|(from, to)| RangeRequest::FromTo(from, to));
        self.part_copy_with(key, at, &CopyPart { source: source(from), range, customer_key: None }).await
    }

    pub(crate) async fn part_copy_with(
        &self,
        key: &str,
        (id, number): (UploadId, u16),
        copy: &CopyPart,
    ) -> Result<ObjectInfo, Error> {
        let at = (id, part_number(number));
        self.store.copy_part(SYSTEM, &bucket(), &object_key(key), at, copy).await
    }

    pub(crate) async fn get_range(&self, key: &str, range: RangeRequest) -> Result<Vec<u8>, Error> {
        let get = GetObject { range: Some(range), ..GetObject::default() };
        let object = self.store.get_object(SYSTEM, &bucket(), &object_key(key), &get).await;
        read_all(object.map_err(|(error, _)| error)?.body).await
    }

    pub(crate) async fn head(&self, key: &str) -> Result<ObjectInfo, Error> {
        let head = self.store.head_object(SYSTEM, &bucket(), &object_key(key), &GetObject::default()).await;
        head.map(|object| object.info).map_err(|(error, _)| error)
    }
}

pub(crate) fn source(key: &str) -> CopySource {
    CopySource {
        bucket: bucket(),
        key: object_key(key),
        version: None,
        conditions: Default::default(),
        customer_key: None,
    }
}

pub(crate) fn named(number: u16, info: &ObjectInfo) -> CompletedPart {
    CompletedPart { number: part_number(number), etag: info.etag.clone(), checksum: None }
}

pub(crate) fn part_number(number: u16) -> PartNumber {
    PartNumber::new(number.into()).expect("1 to 10,000")
}

/// The object of an upload that was completed just now.
#[track_caller]
pub(crate) fn now(completed: Result<Completed, Error>) -> ObjectInfo {
    match completed {
        Ok(Completed::Now(info)) => *info,
        other => panic!("{other:?}"),
    }
}

/// MD5 of the parts' MD5s, and their number.
pub(crate) fn etag_of_parts<'e>(parts: impl IntoIterator<Item = &'e ETag>) -> ETag {
    let (mut md5, mut count) = (Md5::new(), 0);
    for part in parts {
        md5.update(part.to_md5().expect("the MD5 of a part"));
        count += 1;
    }
    ETag::from_text(&format!("{}-{count}", ETag::from_md5(md5.finalize().into()).as_str()))
}
