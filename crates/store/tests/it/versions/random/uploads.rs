//! The steps of a history that are about multipart uploads: begun under one kind of versioning, completed under another.

use bytes::Bytes;
use domain::{
    ByteRange, Clock as _, CompletedPart, Conditions, ETag, Error, ObjectKey, RangeRequest, UploadId,
};
use meta::EngineError;
use store::{CompleteUpload, Completed, CopyPart, CreateUpload, PutPart};
use testkit::{CommitFate, ModelCompleted, ModelCompletion, ModelObject, ModelUpload};

use super::{History, unversioned};
use crate::source::Source;
use crate::world::{PART_MIN, bucket, etag, etag_of_parts, part_number, pattern};

impl History {
    /// One of the last two uploads under way, most of the time; now and then any, or one that never was.
    fn upload(&self) -> (ObjectKey, UploadId) {
        let any = self.dice.below(6) == 0;
        let under_way =
            |(key, id): &&(ObjectKey, UploadId)| any || self.model.plain.upload(&bucket(), key, *id).is_ok();
        let recent = usize::try_from(self.dice.below(if any { 8 } else { 2 })).expect("small");
        match self.uploads.iter().rev().filter(under_way).nth(recent) {
            Some((_, id)) if self.dice.below(16) == 0 => (self.key(), *id),
            Some(upload) => upload.clone(),
            None => (self.key(), UploadId([7; 16])),
        }
    }

    fn part_of_some(&self) -> (ObjectKey, (UploadId, u16)) {
        let (key, id) = self.upload();
        (key, (id, self.any(&[1, 2, 300])))
    }

    fn part_body(&self) -> Bytes {
        let sizes = [10, PART_MIN, PART_MIN, PART_MIN + 1, PART_MIN + 1, 20_000, 20_000, 0];
        pattern(self.any(&sizes), self.dice.next_u64())
    }

    pub(super) async fn begin(&mut self) {
        let (key, metadata, note) = (self.key(), self.metadata(), self.note());
        let conditions = self.conditions(&key);
        let create = CreateUpload {
            metadata: metadata.clone(),
            note: note.clone(),
            conditions: conditions.clone(),
            ..CreateUpload::default()
        };
        let begun = self.world.begin_with(key.as_str(), &create).await;
        let initiated = self.world.clock.now();
        let upload = ModelUpload { key: key.clone(), metadata, initiated, parts: Default::default() };
        let id = begun.as_ref().map_or(UploadId([0; 16]), |id| *id);
        assert_eq!(
            begun.clone().map(drop),
            self.model.plain.create_upload(&bucket(), id, &conditions, upload)
        );
        if begun.is_ok() {
            self.uploads.push((key, id));
            self.model.notes.insert(id, note);
        }
    }

    pub(super) async fn part(&mut self) {
        let ((key, at), body) = (self.part_of_some(), self.part_body());
        let mut source = Source::in_pieces(&body, 3_000);
        let stored = self.world.part_with(key.as_str(), at, PutPart::default(), &mut source).await;
        let info = self.info(&key, body.len() as u64, etag(&body));
        let content = self.model.plain.stored(info.size);
        let part = ModelObject { info: info.clone(), body, content };
        let expected = self.model.plain.put_part(&bucket(), &key, at, part);
        assert_eq!(stored.map(unversioned), expected.map(|()| info));
    }

    pub(super) async fn part_copy(&mut self) {
        let ((key, at), source) = (self.part_of_some(), self.source());
        let range = match self.dice.below(3) {
            0 => None,
            1 => Some(RangeRequest::FromTo(self.dice.below(3_000), self.dice.below(40_000))),
            _ => Some(RangeRequest::From(self.dice.below(1_000))),
        };
        let copy = CopyPart { source, range, customer_key: None };
        let copied = self.world.part_copy_with(key.as_str(), at, &copy).await;
        let shared = self.model.plain.upload(&bucket(), &key, at.0).map(drop).and_then(|()| {
            let source = self.model_source(&copy.source)?.object.expect("it is no marker");
            let size = source.info.size;
            let range = copy.range.map_or(Ok(ByteRange::whole(size)), |range| range.resolve(size))?;
            Ok(self.model.plain.shared(&source, range))
        });
        let expected = shared.map(|mut part| {
            if part.content.is_none() {
                part.content = self.model.plain.stored(part.info.size);
            }
            // a client may not compute with it, so it is whatever the store says
            let etag = copied.as_ref().map_or_else(|_| etag(&part.body), |info| info.etag.clone());
            part.info = self.info(&key, part.info.size, etag);
            self.model.plain.put_part(&bucket(), &key, at, part.clone()).expect("it is under way");
            part.info
        });
        assert_eq!(copied.map(unversioned), expected);
    }

    /// Parts of an upload, last first, most of the time such as may be completed.
    fn chosen(&self, key: &ObjectKey, id: UploadId) -> Vec<CompletedPart> {
        let upload = self.model.plain.upload(&bucket(), key, id).ok();
        let mut parts = Vec::new();
        for (number, part) in upload.into_iter().flat_map(|upload| &upload.parts).rev() {
            let is_wrong = self.dice.below(20) == 0;
            let etag = if is_wrong { ETag::from_text("other") } else { part.info.etag.clone() };
            if self.dice.below(6) > 0 {
                parts.push(CompletedPart { number: part_number(*number), etag, checksum: None });
            }
        }
        if parts.is_empty() {
            let etag = ETag::from_text("none");
            parts.push(CompletedPart { number: part_number(1), etag, checksum: None });
        }
        parts
    }

    pub(super) async fn complete(&mut self) {
        let (key, id) = self.upload();
        let is_conditional = self.dice.coin();
        let conditions = if is_conditional { self.conditions(&key) } else { Conditions::default() };
        let parts = self.chosen(&key, id);
        let completion = ModelCompletion {
            parts: parts.iter().map(|part| (part.number.get(), part.etag.clone())).collect(),
            conditions: conditions.clone(),
            part_min_bytes: PART_MIN as u64,
            now: self.world.clock.now(),
            etag_of: |etags| etag_of_parts(etags),
        };
        let complete = CompleteUpload { parts, conditions, ..CompleteUpload::default() };
        // now and then the answer is lost
        let is_lost = self.dice.below(6) == 0;
        if is_lost {
            self.world.engine.plan(|_| CommitFate::AnswerLost(EngineError::Io("the line is dead".into())));
        }
        let completed = self.world.complete_with(key.as_str(), id, complete.clone()).await;
        self.world.engine.clear_plan();
        let before = self.model.plain.clone();
        let info = match self.model.plain.complete_upload(&bucket(), &key, id, &completion) {
            Ok(ModelCompleted::Now(info)) => {
                if let Err(locked) = self.model.may_replace(&key, completion.now) {
                    assert_eq!(completed, Err(locked));
                    self.model.plain = before;
                    return;
                }
                info
            }
            Ok(ModelCompleted::Before(etag)) => {
                assert_eq!(completed, Ok(Completed::Before(etag)));
                return;
            }
            Err(error) => {
                assert_eq!(completed, Err(error));
                return;
            }
        };
        let completed = match completed {
            Ok(Completed::Now(completed)) => *completed,
            Err(Error::Internal { .. }) if is_lost => self.world.head(key.as_str()).await.expect("is there"),
            other => panic!("{other:?}"),
        };
        // asked again, it adds no version and judges no condition
        let again = self.world.complete_with(key.as_str(), id, complete).await;
        assert_eq!(again, Ok(Completed::Before(info.etag.clone())));
        let object = self.model.plain.buckets[&bucket()].objects[&key].clone();
        let note = self.model.notes[&id].clone();
        self.stored(Ok(completed), Ok(object), note);
    }

    pub(super) async fn abort(&mut self) {
        let (key, id) = self.upload();
        let aborted = self.world.abort(key.as_str(), id).await;
        assert_eq!(aborted, self.model.plain.abort_upload(&bucket(), &key, id));
    }
}
