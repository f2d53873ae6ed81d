//! The steps of a history that are about multipart uploads and copies.

use bytes::Bytes;
use domain::{
    BucketName, ByteRange, CompletedPart, ETag, Error, MetadataDirective, ObjectInfo, ObjectKey,
    ObjectMetadata, RangeRequest, UploadId,
};
use meta::EngineError;
use store::{
    CompleteUpload, Completed, CopyObject, CopyPart, CopySource, CreateUpload, PutPart, Upload, UploadEntry,
    UploadQuery,
};
use testkit::{CommitFate, ModelBucket, ModelCompleted, ModelCompletion, ModelObject, ModelUpload};

use super::{History, SYSTEM, unversioned};
use crate::source::Source;
use crate::world::{PART_MIN, etag, etag_of_parts, part_number, pattern};

type Part = (BucketName, ObjectKey, UploadId, u16);

impl History {
    fn metadata(&self) -> ObjectMetadata {
        let custom = vec![("m".into(), self.dice.below(100).to_string())];
        ObjectMetadata { custom, ..ObjectMetadata::default() }
    }

    /// Some upload, most of the time one of the last two under way; now and then by a wrong name.
    fn upload(&self) -> (BucketName, ObjectKey, UploadId) {
        let any = self.dice.below(6) == 0;
        let under_way = |(name, key, id): &&(BucketName, ObjectKey, UploadId)| {
            any || self.model.upload(name, key, *id).is_ok()
        };
        let recent = usize::try_from(self.dice.below(if any { 8 } else { 2 })).expect("small");
        match self.uploads.iter().rev().filter(under_way).nth(recent) {
            Some((name, _, id)) if self.dice.below(16) == 0 => (name.clone(), self.key(), *id),
            Some(upload) => upload.clone(),
            None => (self.bucket(), self.key(), UploadId([7; 16])),
        }
    }

    fn part(&self) -> Part {
        let (name, key, id) = self.upload();
        let number = u16::try_from(self.dice.below(4)).expect("small") * 300 + 1;
        (name, key, id, number)
    }

    fn part_body(&self) -> Bytes {
        let sizes = [0, 10, PART_MIN, PART_MIN, PART_MIN, PART_MIN + 1, PART_MIN + 1, 20_000];
        let size = sizes[usize::try_from(self.dice.below(8)).expect("small")];
        pattern(size, self.dice.next_u64())
    }

    pub(super) async fn create_upload(&mut self) {
        let (name, key, conditions) = (self.bucket(), self.key(), self.conditions());
        let metadata = self.metadata();
        let create = CreateUpload {
            metadata: metadata.clone(),
            conditions: conditions.clone(),
            ..CreateUpload::default()
        };
        let begun = self.world.store.create_upload(SYSTEM, &name, &key, &create).await;
        let initiated = domain::Clock::now(&*self.world.clock);
        let upload = ModelUpload { key: key.clone(), metadata, initiated, parts: Default::default() };
        let id = begun.as_ref().map_or(UploadId([0; 16]), |id| *id);
        let begun = begun.map(drop);
        assert_eq!(begun, self.model.create_upload(&name, id, &conditions, upload));
        if begun.is_ok() {
            self.uploads.push((name, key, id));
        }
    }

    fn part_info(&self, key: &ObjectKey, size: u64, etag: ETag) -> ObjectInfo {
        ObjectInfo {
            key: key.clone(),
            size,
            etag,
            last_modified: domain::Clock::now(&*self.world.clock),
            version: 0,
            version_id: None,
            metadata: ObjectMetadata::default(),
            checksums: Vec::new(),
            checksum_type: domain::ChecksumType::FullObject,
            encryption: None,
            parts: None,
            part_checksums: None,
        }
    }

    pub(super) async fn put_part(&mut self) {
        let ((name, key, id, number), body) = (self.part(), self.part_body());
        let put = PutPart { length: self.dice.coin().then_some(body.len() as u64), ..PutPart::default() };
        let mut source = Source::in_pieces(&body, 3_000);
        let stored =
            self.world.store.put_part(SYSTEM, &name, &key, (id, part_number(number)), put, &mut source).await;
        let info = self.part_info(&key, body.len() as u64, etag(&body));
        let content = self.model.stored(info.size);
        let part = ModelObject { info: info.clone(), body, content };
        let expected = self.model.put_part(&name, &key, (id, number), part);
        assert_eq!(stored.map(unversioned), expected.map(|()| info));
    }

    /// A part that fails on its way: an earlier one of its number stays.
    pub(super) async fn refused_part(&mut self) {
        let ((name, key, id, number), body) = (self.part(), self.part_body());
        let mut source = Source::in_pieces(&body, 3_000);
        if self.dice.coin() {
            source = source.then_fail(Error::ClientDisconnect);
        } else {
            self.world.engine.plan(|_| CommitFate::Refused(EngineError::Busy));
        }
        let put = PutPart::default();
        let refused =
            self.world.store.put_part(SYSTEM, &name, &key, (id, part_number(number)), put, &mut source).await;
        self.world.engine.clear_plan();
        match self.model.upload(&name, &key, id) {
            Ok(_) => assert!(matches!(refused, Err(Error::ClientDisconnect | Error::SlowDown))),
            Err(error) => assert_eq!(refused, Err(error)),
        }
    }

    fn source(&self) -> CopySource {
        CopySource {
            bucket: self.bucket(),
            key: self.key(),
            version: None,
            conditions: self.conditions(),
            customer_key: None,
        }
    }

    /// The source as the model has it.
    fn model_source(&self, source: &CopySource) -> Result<ModelObject, Error> {
        let found = self.model.get(&source.bucket, &source.key, &source.conditions, None)?;
        Ok(found.0.clone())
    }

    pub(super) async fn copy_part(&mut self) {
        let ((name, key, id, number), source) = (self.part(), self.source());
        let range = match self.dice.below(3) {
            0 => None,
            1 => Some(RangeRequest::FromTo(self.dice.below(6_000), self.dice.below(40_000))),
            _ => Some(RangeRequest::From(self.dice.below(3_000))),
        };
        let copy = CopyPart { source, range, customer_key: None };
        let copied = self.world.store.copy_part(SYSTEM, &name, &key, (id, part_number(number)), &copy).await;
        let shared = self.model.upload(&name, &key, id).map(drop).and_then(|()| {
            let source = self.model_source(&copy.source)?;
            let size = source.info.size;
            let range = copy.range.map_or(Ok(ByteRange::whole(size)), |range| range.resolve(size))?;
            Ok(self.model.shared(&source, range))
        });
        let expected = shared.map(|mut part| {
            if part.content.is_none() {
                part.content = self.model.stored(part.info.size);
            }
            // a client may not compute with it, so it is whatever the store says
            let etag = copied.as_ref().map_or_else(|_| etag(&part.body), |info| info.etag.clone());
            part.info = self.part_info(&key, part.info.size, etag);
            self.model.put_part(&name, &key, (id, number), part.clone()).expect("it is under way");
            part.info
        });
        assert_eq!(copied.map(unversioned), expected);
    }

    /// Parts of an upload in any order, most of the time such as may be completed.
    fn chosen(&self, upload: Option<&ModelUpload>) -> Vec<CompletedPart> {
        let mut parts: Vec<CompletedPart> = Vec::new();
        for (number, part) in upload.into_iter().flat_map(|upload| &upload.parts) {
            let etag =
                if self.dice.below(20) == 0 { ETag::from_text("other") } else { part.info.etag.clone() };
            let named = CompletedPart { number: part_number(*number), etag, checksum: None };
            if self.dice.below(20) == 0 {
                parts.push(named.clone());
            }
            if self.dice.below(6) > 0 {
                let at = self.dice.below(parts.len() as u64 + 1);
                parts.insert(usize::try_from(at).expect("small"), named);
            }
        }
        if parts.is_empty() {
            parts.push(CompletedPart {
                number: part_number(1),
                etag: ETag::from_text("none"),
                checksum: None,
            });
        }
        parts
    }

    pub(super) async fn complete(&mut self) {
        let (name, key, id) = self.upload();
        let parts = self.chosen(self.model.upload(&name, &key, id).ok());
        let conditions = self.conditions();
        let completion = ModelCompletion {
            parts: parts.iter().map(|part| (part.number.get(), part.etag.clone())).collect(),
            conditions: conditions.clone(),
            part_min_bytes: PART_MIN as u64,
            now: domain::Clock::now(&*self.world.clock),
            etag_of: |etags| etag_of_parts(etags),
        };
        let complete = CompleteUpload { parts, conditions, ..CompleteUpload::default() };
        // now and then the answer is lost
        let lost = self.dice.below(8) == 0;
        if lost {
            self.world.engine.plan(|_| CommitFate::AnswerLost(EngineError::Io("the line is dead".into())));
        }
        let completed = self.world.store.complete_upload(SYSTEM, &name, &key, id, complete).await;
        self.world.engine.clear_plan();
        let completed = completed.map(|completed| match completed {
            Completed::Now(info) => ModelCompleted::Now(Box::new(unversioned(*info))),
            Completed::Before(etag) => ModelCompleted::Before(etag),
        });
        let expected = self.model.complete_upload(&name, &key, id, &completion);
        if lost && matches!(expected, Ok(ModelCompleted::Now(_))) {
            assert!(matches!(completed, Err(Error::Internal { .. })), "{completed:?}");
        } else {
            assert_eq!(completed, expected);
        }
    }

    pub(super) async fn abort(&mut self) {
        let (name, key, id) = self.upload();
        let aborted = self.world.store.abort_upload(SYSTEM, &name, &key, id).await;
        assert_eq!(aborted, self.model.abort_upload(&name, &key, id));
    }

    pub(super) async fn copy(&mut self) {
        let (source, name, key) = (self.source(), self.bucket(), self.key());
        let directive = match self.dice.below(3) {
            0 => MetadataDirective::Copy,
            1 => MetadataDirective::Replace,
            _ => MetadataDirective::Merge,
        };
        let (metadata, conditions) = (self.metadata(), self.conditions());
        let copy = CopyObject { directive, metadata, conditions, ..CopyObject::default() };
        let copied = self.world.store.copy_object(SYSTEM, &source, &name, &key, &copy).await;
        let expected = self.copied(&source, &name, &key, &copy);
        assert_eq!(copied.map(|copied| unversioned(copied.info)), expected);
    }

    fn copied(
        &mut self,
        source: &CopySource,
        name: &BucketName,
        key: &ObjectKey,
        copy: &CopyObject,
    ) -> Result<ObjectInfo, Error> {
        self.model.bucket(name)?;
        let mut object = self.model_source(source)?;
        object = self.model.copied(&object);
        let storage_class = object.info.metadata.storage_class;
        match copy.directive {
            MetadataDirective::Copy => {}
            MetadataDirective::Replace => object.info.metadata = copy.metadata.clone(),
            MetadataDirective::Merge => {
                let custom = &mut object.info.metadata.custom;
                custom.retain(|(name, _)| name != &copy.metadata.custom[0].0);
                custom.insert(0, copy.metadata.custom[0].clone());
                custom.sort();
            }
        }
        object.info.metadata.storage_class = storage_class;
        object.info.key = key.clone();
        object.info.last_modified = domain::Clock::now(&*self.world.clock);
        let info = object.info.clone();
        self.model.put(name, &copy.conditions, object).map(|()| info)
    }

    /// The uploads of a bucket, and the parts of each, are those of the model.
    pub(super) async fn check_uploads(&self, name: &BucketName, bucket: &ModelBucket) {
        let query = UploadQuery { limit: 1_000, ..UploadQuery::default() };
        let page = self.world.store.list_uploads(SYSTEM, name, &query).await.expect("lists");
        let upload = |entry| match entry {
            UploadEntry::Upload(Upload { id, row }) => (row.key, id, row.initiated),
            UploadEntry::Prefix(prefix) => panic!("{prefix} is folded"),
        };
        let listed: Vec<_> = page.entries.into_iter().map(upload).collect();
        let uploads = bucket.uploads.iter();
        let mut expected: Vec<_> =
            uploads.map(|(id, upload)| (upload.key.clone(), *id, upload.initiated)).collect();
        expected.sort();
        assert_eq!(listed, expected);
        for (id, upload) in &bucket.uploads {
            let page = self.world.store.list_parts(SYSTEM, name, &upload.key, *id, (0, 1_000), None).await;
            let page = page.expect("lists");
            assert_eq!(page.upload.metadata, upload.metadata);
            let listed = page.parts.into_iter().map(|part| (part.number, unversioned(part.info)));
            let expected = upload.parts.iter().map(|(number, part)| (*number, part.info.clone()));
            assert_eq!(listed.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
        }
        for (id, (key, etag)) in &bucket.finished {
            let again = CompleteUpload::default();
            let answer = self.world.store.complete_upload(SYSTEM, name, key, *id, again).await;
            assert_eq!(answer, Ok(Completed::Before(etag.clone())));
        }
    }
}
