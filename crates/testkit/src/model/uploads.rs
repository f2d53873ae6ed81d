//! Multipart uploads and copies in the model, and which stored bodies all that is there comes to: a body is stored once,
//! however many contents share it.

use std::collections::{BTreeMap, BTreeSet};

use domain::UploadId;
use domain::error::PartsFault;
use domain::{
    BucketName, ByteRange, Conditions, ETag, Error, ObjectInfo, ObjectKey, ObjectMetadata, Timestamp,
};

use super::{Model, ModelObject, check};

/// A stretch of a stored body, and in whose name a content has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Number of the body.
    pub body: u64,
    /// Number of the holder.
    pub holder: u64,
    /// Its length.
    pub bytes: u64,
}

/// A multipart upload under way.
#[derive(Clone, Debug)]
pub struct ModelUpload {
    /// Key of the object to be.
    pub key: ObjectKey,
    /// Its metadata.
    pub metadata: ObjectMetadata,
    /// When it was begun.
    pub initiated: Timestamp,
    /// Parts by number; keys and metadata of theirs mean nothing.
    pub parts: BTreeMap<u16, ModelObject>,
}

/// What is asked for when an upload is completed.
#[derive(Clone, Debug)]
pub struct ModelCompletion {
    /// Numbers and ETags, in any order.
    pub parts: Vec<(u16, ETag)>,
    /// Must hold of the object that is there.
    pub conditions: Conditions,
    /// Fewest bytes of a part that is not the last.
    pub part_min_bytes: u64,
    /// When it is.
    pub now: Timestamp,
    /// ETag of the object to be, from those of its parts.
    pub etag_of: fn(&[ETag]) -> ETag,
}

/// A completed upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelCompleted {
    /// Now: this object.
    Now(Box<ObjectInfo>),
    /// Before: the ETag then.
    Before(ETag),
}

impl Model {
    /// The content of a body of so many bytes that is stored anew.
    pub fn stored(&mut self, bytes: u64) -> Option<Vec<Stretch>> {
        self.numbers += 1;
        Some(vec![Stretch { body: self.numbers, holder: self.numbers, bytes }])
    }

    /// An object with the same stored bodies in another name; the rest is the object's.
    pub fn copied(&mut self, object: &ModelObject) -> ModelObject {
        self.numbers += 1;
        let renamed = |stretch: &Stretch| Stretch { holder: self.numbers, ..*stretch };
        let content = object.content.as_ref().map(|content| content.iter().map(renamed).collect());
        ModelObject { content, ..object.clone() }
    }

    /// As [`Model::copied`], of a range: only the bodies that it touches.
    pub fn shared(&mut self, object: &ModelObject, range: ByteRange) -> ModelObject {
        self.numbers += 1;
        let (holder, mut start_of_stretch) = (self.numbers, 0);
        let cut = |stretch: &Stretch| {
            let end_of_stretch = start_of_stretch + stretch.bytes;
            let (from, to) = (range.start.max(start_of_stretch), range.end.min(end_of_stretch));
            start_of_stretch = end_of_stretch;
            (from < to).then(|| Stretch { holder, bytes: to - from, ..*stretch })
        };
        let content = object.content.as_ref().map(|content| content.iter().filter_map(cut).collect());
        let at = |offset: u64| usize::try_from(offset).expect("it is in memory");
        ModelObject {
            info: ObjectInfo { size: range.len(), ..object.info.clone() },
            body: object.body.slice(at(range.start)..at(range.end)),
            content,
        }
    }

    /// How many stored bodies everything that is there needs, and how many holders they have together.
    #[must_use]
    pub fn held(&self) -> (usize, usize) {
        let buckets = self.buckets.values();
        let contents = buckets.flat_map(|bucket| {
            let parts = bucket.uploads.values().flat_map(|upload| upload.parts.values());
            bucket.objects.values().chain(parts)
        });
        let stretches = contents.flat_map(|object| object.content.iter().flatten());
        let held: BTreeSet<(u64, u64)> = stretches.map(|s| (s.body, s.holder)).collect();
        let bodies: BTreeSet<u64> = held.iter().map(|(body, _)| *body).collect();
        (bodies.len(), held.len())
    }

    /// Begins an upload.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`], [`Error::PreconditionFailed`].
    pub fn create_upload(
        &mut self,
        name: &BucketName,
        id: UploadId,
        conditions: &Conditions,
        upload: ModelUpload,
    ) -> Result<(), Error> {
        check(conditions, self.bucket(name)?.objects.get(&upload.key))?;
        self.buckets.entry(name.clone()).and_modify(|bucket| drop(bucket.uploads.insert(id, upload)));
        Ok(())
    }

    /// An upload under way.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`], [`Error::NoSuchUpload`].
    pub fn upload(&self, name: &BucketName, key: &ObjectKey, id: UploadId) -> Result<&ModelUpload, Error> {
        let upload = self.bucket(name)?.uploads.get(&id);
        upload.filter(|upload| upload.key == *key).ok_or(Error::NoSuchUpload)
    }

    /// Stores a part.
    ///
    /// # Errors
    /// As [`Model::upload`].
    pub fn put_part(
        &mut self,
        name: &BucketName,
        key: &ObjectKey,
        (id, number): (UploadId, u16),
        part: ModelObject,
    ) -> Result<(), Error> {
        self.upload(name, key, id)?;
        self.buckets.entry(name.clone()).and_modify(|bucket| {
            bucket.uploads.entry(id).and_modify(|upload| drop(upload.parts.insert(number, part)));
        });
        Ok(())
    }

    /// Ends an upload.
    ///
    /// # Errors
    /// As [`Model::upload`].
    pub fn abort_upload(&mut self, name: &BucketName, key: &ObjectKey, id: UploadId) -> Result<(), Error> {
        self.upload(name, key, id)?;
        self.buckets.entry(name.clone()).and_modify(|bucket| drop(bucket.uploads.remove(&id)));
        Ok(())
    }

    /// Makes an object of an upload's parts.
    ///
    /// # Errors
    /// As [`Model::upload`]; [`Error::PartsMismatch`], [`Error::InvalidPart`], [`Error::EntityTooSmall`],
    /// [`Error::PreconditionFailed`].
    pub fn complete_upload(
        &mut self,
        name: &BucketName,
        key: &ObjectKey,
        id: UploadId,
        completion: &ModelCompletion,
    ) -> Result<ModelCompleted, Error> {
        let upload = match self.upload(name, key, id) {
            Err(Error::NoSuchUpload) => {
                let finished = self.bucket(name)?.finished.get(&id).filter(|(of, _)| of == key);
                let (_, etag) = finished.ok_or(Error::NoSuchUpload)?;
                return Ok(ModelCompleted::Before(etag.clone()));
            }
            upload => upload?,
        };
        let parts = chosen(upload, &completion.parts)?;
        if let Some((_, all_but_last)) = parts.split_last() {
            let min_bytes = completion.part_min_bytes;
            if let Some(small) = all_but_last.iter().find(|part| part.info.size < min_bytes) {
                return Err(Error::EntityTooSmall { bytes: small.info.size, min_bytes });
            }
        }
        check(&completion.conditions, self.bucket(name)?.objects.get(key))?;
        let etags: Vec<ETag> = parts.iter().map(|part| part.info.etag.clone()).collect();
        let body: Vec<u8> = parts.iter().flat_map(|part| part.body.to_vec()).collect();
        let info = ObjectInfo {
            size: body.len() as u64,
            etag: (completion.etag_of)(&etags),
            last_modified: completion.now,
            metadata: upload.metadata.clone(),
            parts: u16::try_from(parts.len()).ok(),
            ..ObjectInfo::unknown(key)
        };
        let content = parts.iter().flat_map(|part| part.content.clone().unwrap_or_default()).collect();
        let object = ModelObject { info: info.clone(), body: body.into(), content: Some(content) };
        self.buckets.entry(name.clone()).and_modify(|bucket| {
            bucket.uploads.remove(&id);
            bucket.finished.insert(id, (key.clone(), info.etag.clone()));
            bucket.objects.insert(key.clone(), object);
        });
        Ok(ModelCompleted::Now(Box::new(info)))
    }
}

/// The parts that were named, in order of number.
fn chosen<'u>(upload: &'u ModelUpload, named: &[(u16, ETag)]) -> Result<Vec<&'u ModelObject>, Error> {
    let mut once = BTreeMap::new();
    let mut repeated = BTreeSet::new();
    for (number, etag) in named {
        if once.insert(*number, etag).is_some() {
            repeated.insert(*number);
        }
    }
    if let Some(number) = repeated.first() {
        return Err(Error::PartsMismatch(PartsFault::Repeated(*number)));
    }
    let part = |(number, etag): (&u16, &&ETag)| {
        let part = upload.parts.get(number).filter(|part| part.info.etag == **etag);
        part.ok_or(Error::InvalidPart { part: *number })
    };
    once.iter().map(part).collect()
}
