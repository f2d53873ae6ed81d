//! GetObject and HeadObject: conditions, range, bytes.

use auth::{Action, Caller};
use domain::{
    BucketName, ByteRange, Conditions, Error, IfRange, ObjectInfo, ObjectKey, PartNumber, RangeRequest,
    Timestamp, VersionId,
};
use meta::tables::object::{Content, ObjectRow, Segment};
use meta::tables::reclaim::holder_key;
use meta::tables::version::Note;

use super::FoundObject;
use super::body::ObjectBody;
use crate::Store;
use crate::failure::engine_failed;
use crate::sealing::{BodyKey, CustomerKey, stored_key};

/// What a client asks for when it reads an object.
#[derive(Clone, Debug, Default)]
pub struct GetObject {
    /// Must hold of the object.
    pub conditions: Conditions,
    /// The bytes asked for; all when absent.
    pub range: Option<RangeRequest>,
    /// Must hold of the object for `range` to count; all bytes otherwise.
    pub if_range: Option<IfRange>,
    /// The part asked for, in place of a range.
    pub part: Option<PartNumber>,
    /// The version asked for; what the key stands for when absent.
    pub version: Option<VersionId>,
    /// The customer's key that it is encrypted with.
    pub customer_key: Option<CustomerKey>,
}

/// An object that has been found, and the part of it that was asked for.
pub struct Object {
    /// What is known of it.
    pub info: ObjectInfo,
    /// The bytes that `body` yields, when a range was asked for.
    pub range: Option<ByteRange>,
    /// The bytes; none for a HEAD.
    pub body: ObjectBody,
    /// Its tags, retention and legal hold.
    pub note: Note,
    /// When the bucket's lifecycle deletes it, and by which rule.
    pub expiry: Option<(Timestamp, String)>,
}

/// An object whose conditions hold, with what a reply says of it.
struct Readable {
    found: FoundObject,
    note: Note,
    expiry: Option<(Timestamp, String)>,
    body_key: Option<BodyKey>,
}

impl Readable {
    fn with(self, range: Option<ByteRange>, body: ObjectBody) -> Object {
        Object { info: self.found.object.info, range, body, note: self.note, expiry: self.expiry }
    }
}

/// An object found whose condition did not hold: a door may show its validators (304) or only say so (412).
pub type NotServed = (Error, Option<Box<ObjectInfo>>);

/// Reads of a row whose blob was reclaimed in between, before the store gives up.
const OPEN_TRIES: usize = 4;

impl Store {
    /// Opens an object for reading.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::NoSuchBucket`], [`Error::NoSuchKey`], [`Error::PreconditionFailed`] (with the object's
    /// metadata, for a 304), [`Error::InvalidRange`], [`Error::Corrupt`]; any error of the ports.
    pub async fn get_object(
        &self,
        caller: &Caller,
        name: &BucketName,
        key: &ObjectKey,
        get: &GetObject,
    ) -> Result<Object, NotServed> {
        caller.allow(Action::GetObject, (name, key)).map_err(plain)?;
        let mut last = Error::internal("no try was made");
        for _ in 0..OPEN_TRIES {
            let readable = self.found(name, key, get).await?;
            let found = &readable.found;
            let range = resolve(&found.object, get).map_err(plain)?;
            let bytes = range.unwrap_or(ByteRange::whole(found.object.info.size));
            match self.open_content(found, readable.body_key.as_ref(), bytes).await {
                Ok(body) => return Ok(readable.with(range, body)),
                // the object was replaced and its blob reclaimed between the two reads
                Err(error @ Error::Corrupt { .. }) => last = error,
                Err(error) => return Err(plain(error)),
            }
        }
        Err(plain(last))
    }

    /// As [`Store::get_object`], without the bytes.
    ///
    /// # Errors
    /// As [`Store::get_object`].
    pub async fn head_object(
        &self,
        caller: &Caller,
        name: &BucketName,
        key: &ObjectKey,
        get: &GetObject,
    ) -> Result<Object, NotServed> {
        caller.allow(Action::HeadObject, (name, key)).map_err(plain)?;
        let readable = self.found(name, key, get).await?;
        let range = resolve(&readable.found.object, get).map_err(plain)?;
        Ok(readable.with(range, ObjectBody::empty()))
    }

    /// What is known of an object, and the sizes of its parts in bytes.
    ///
    /// # Errors
    /// As [`Store::get_object`].
    pub async fn object_parts(
        &self,
        caller: &Caller,
        name: &BucketName,
        key: &ObjectKey,
        version: Option<VersionId>,
        customer_key: Option<&CustomerKey>,
    ) -> Result<(ObjectInfo, Vec<u64>), Error> {
        caller.allow(Action::ReadObject, (name, key))?;
        let bucket = self.find_bucket(name).await?;
        let object = self.find_wanted(&bucket, key, version).await?.object;
        self.open_key(stored_key(&object), customer_key)?;
        let mut sizes = vec![0; usize::from(object.info.parts.unwrap_or_default())];
        if let Content::Manifest(segments) = &object.content {
            for segment in segments {
                if let Some(size) = sizes.get_mut(usize::from(segment.part).wrapping_sub(1)) {
                    *size += segment.size;
                }
            }
        }
        Ok((object.info, sizes))
    }

    async fn found(
        &self,
        name: &BucketName,
        key: &ObjectKey,
        get: &GetObject,
    ) -> Result<Readable, NotServed> {
        let bucket = self.find_bucket(name).await.map_err(plain)?;
        let found = self.find_wanted(&bucket, key, get.version).await.map_err(plain)?;
        let stored = stored_key(&found.object);
        let body_key = self.open_key(stored, get.customer_key.as_ref()).map_err(plain)?;
        let info = &found.object.info;
        match get.conditions.check(Some((&info.etag, info.last_modified))) {
            Ok(()) => {
                let note = match bucket.row.settings.has_notes {
                    true => {
                        let id = info.version_id.unwrap_or(VersionId::Null);
                        self.find_note(bucket.row.id, key, id).await.map_err(plain)?.0
                    }
                    false => Note::default(),
                };
                let expiry = self.expiry(&bucket, info).await.map_err(plain)?;
                Ok(Readable { found, note, expiry, body_key })
            }
            Err(failed) => Err((Error::PreconditionFailed { failed }, Some(Box::new(found.object.info)))),
        }
    }

    pub(crate) async fn open_content(
        &self,
        found: &FoundObject,
        key: Option<&BodyKey>,
        range: ByteRange,
    ) -> Result<ObjectBody, Error> {
        let object = &found.object;
        let stored = |bytes| if key.is_some() { seal::sealed_len(bytes) } else { bytes };
        let body = match (&object.content, &found.row.body) {
            _ if range.is_empty() => ObjectBody::empty(),
            (Content::Inline, Some(handle)) if handle.len() == stored(object.info.size) => {
                ObjectBody::inline(handle.clone(), range)
            }
            (Content::Inline | Content::Version(_) | Content::DeleteMarker, _) => {
                return Err(Error::Corrupt { context: "an object and its body differ in size".into() });
            }
            (Content::Manifest(segments), _) => {
                let body = ObjectBody::blobs(&self.blobs, &self.pins, segments, range).await?;
                self.check_pinned(&body, segments).await?;
                body
            }
        };
        Ok(body.sealed_with(key.map(|key| key.data.clone()), &self.opened_buffers))
    }

    /// Whether the pin came in time: if the content had been let go before, its blobs are there only as long as copies of it
    /// are.
    async fn check_pinned(&self, body: &ObjectBody, segments: &[Segment]) -> Result<(), Error> {
        let Some(first) = segments.first().filter(|_| body.is_pinned()) else { return Ok(()) };
        let held = self.engine.get(&holder_key(&first.blob, &first.holder)).await.map_err(engine_failed)?;
        held.map(drop).ok_or_else(|| Error::Corrupt { context: "it was replaced".into() })
    }
}

fn resolve(object: &ObjectRow, get: &GetObject) -> Result<Option<ByteRange>, Error> {
    let info = &object.info;
    if let Some(part) = get.part {
        return part_range(object, part.get()).map(Some);
    }
    let is_same = |validator: &IfRange| validator.holds(&info.etag, info.last_modified);
    let range = get.range.filter(|_| get.if_range.as_ref().is_none_or(is_same));
    range.map(|range| range.resolve(info.size)).transpose()
}

/// The bytes of one part; a body that came whole is one part.
fn part_range(object: &ObjectRow, part: u16) -> Result<ByteRange, Error> {
    let parts = object.info.parts.unwrap_or(1);
    if part > parts {
        return Err(Error::InvalidPartNumber { part, parts });
    }
    let Content::Manifest(segments) = &object.content else { return Ok(ByteRange::whole(object.info.size)) };
    let sum = |is_in: &dyn Fn(u16) -> bool| segments.iter().filter(|s| is_in(s.part)).map(|s| s.size).sum();
    Ok(ByteRange { start: sum(&|other| other < part), end: sum(&|other| other <= part) })
}

fn plain(error: Error) -> NotServed {
    (error, None)
}
