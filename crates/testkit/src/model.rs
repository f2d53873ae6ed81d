//! The object store as plain maps: what every history of operations must come to. It knows no durability, no bounds of
//! memory and no permissions, and it shares with the store only the pure rules of `domain`.

mod uploads;

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use domain::UploadId;
use domain::listing::{ListEntry, ListPage, ListPosition, ListQuery};
use domain::{
    BucketName, ByteRange, Conditions, CorsPolicy, ETag, Error, ObjectInfo, ObjectKey, RangeRequest,
    Timestamp,
};

pub use uploads::{ModelCompleted, ModelCompletion, ModelUpload, Stretch};

/// The reference object store of one account.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// Buckets by name.
    pub buckets: BTreeMap<BucketName, ModelBucket>,
    /// Bodies and holders so far.
    numbers: u64,
}

/// A bucket.
#[derive(Clone, Debug, Default)]
pub struct ModelBucket {
    /// When it was created.
    pub created: Timestamp,
    /// The location hint it was created with.
    pub location: Option<String>,
    /// Its CORS policy.
    pub cors: Option<CorsPolicy>,
    /// Objects by key.
    pub objects: BTreeMap<ObjectKey, ModelObject>,
    /// Multipart uploads under way.
    pub uploads: BTreeMap<UploadId, ModelUpload>,
    /// Uploads that were completed, with the object's key and ETag then.
    pub finished: BTreeMap<UploadId, (ObjectKey, ETag)>,
}

/// An object.
#[derive(Clone, Debug)]
pub struct ModelObject {
    /// What is known of it; `version` has no meaning here.
    pub info: ObjectInfo,
    /// Its bytes.
    pub body: Bytes,
    /// The stored bodies that they lie in; `None` when they ride with the object itself.
    pub content: Option<Vec<Stretch>>,
}

impl Model {
    /// Creates a bucket.
    ///
    /// # Errors
    /// [`Error::BucketAlreadyOwnedByYou`].
    pub fn create_bucket(
        &mut self,
        name: &BucketName,
        created: Timestamp,
        location: Option<String>,
    ) -> Result<(), Error> {
        if self.buckets.contains_key(name) {
            return Err(Error::BucketAlreadyOwnedByYou { bucket: name.clone() });
        }
        let bucket = ModelBucket { created, location, ..ModelBucket::default() };
        self.buckets.insert(name.clone(), bucket);
        Ok(())
    }

    /// Deletes a bucket.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`], [`Error::BucketNotEmpty`].
    pub fn delete_bucket(&mut self, name: &BucketName) -> Result<(), Error> {
        if !self.bucket(name)?.objects.is_empty() {
            return Err(Error::BucketNotEmpty { bucket: name.clone() });
        }
        self.buckets.remove(name);
        Ok(())
    }

    /// A bucket.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`].
    pub fn bucket(&self, name: &BucketName) -> Result<&ModelBucket, Error> {
        self.buckets.get(name).ok_or_else(|| Error::NoSuchBucket { bucket: name.clone() })
    }

    /// Sets or removes a bucket's CORS policy.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`].
    pub fn set_cors(&mut self, name: &BucketName, cors: Option<CorsPolicy>) -> Result<(), Error> {
        self.bucket(name)?;
        self.buckets.entry(name.clone()).and_modify(|bucket| bucket.cors = cors);
        Ok(())
    }

    /// Stores an object.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`], [`Error::PreconditionFailed`].
    pub fn put(
        &mut self,
        name: &BucketName,
        conditions: &Conditions,
        object: ModelObject,
    ) -> Result<(), Error> {
        let current = self.bucket(name)?.objects.get(&object.info.key);
        check(conditions, current)?;
        let key = object.info.key.clone();
        self.buckets.entry(name.clone()).and_modify(|bucket| {
            bucket.objects.insert(key, object);
        });
        Ok(())
    }

    /// Finds an object and the range of it that is asked for.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`], [`Error::NoSuchKey`], [`Error::PreconditionFailed`], [`Error::InvalidRange`].
    pub fn get(
        &self,
        name: &BucketName,
        key: &ObjectKey,
        conditions: &Conditions,
        range: Option<RangeRequest>,
    ) -> Result<(&ModelObject, Option<ByteRange>), Error> {
        let object = self.bucket(name)?.objects.get(key);
        let object = object.ok_or_else(|| Error::NoSuchKey { key: key.clone() })?;
        check(conditions, Some(object))?;
        let range = range.map(|range| range.resolve(object.body.len() as u64)).transpose()?;
        Ok((object, range))
    }

    /// Deletes objects; missing ones are no error.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`].
    pub fn delete(&mut self, name: &BucketName, keys: &[ObjectKey]) -> Result<(), Error> {
        self.bucket(name)?;
        self.buckets.entry(name.clone()).and_modify(|bucket| {
            bucket.objects.retain(|key, _| !keys.contains(key));
        });
        Ok(())
    }

    /// One page of a listing, found by looking at every key.
    ///
    /// # Errors
    /// [`Error::NoSuchBucket`].
    pub fn list(&self, name: &BucketName, query: &ListQuery) -> Result<ListPage, Error> {
        let delimiter = query.delimiter.as_deref().filter(|delimiter| !delimiter.is_empty());
        let mut prefixes = BTreeSet::new();
        let mut entries = Vec::new();
        for (key, object) in &self.bucket(name)?.objects {
            let key = key.as_str();
            let Some(rest) = key.strip_prefix(&query.prefix) else { continue };
            let passed = match &query.after {
                None => false,
                Some(ListPosition::Key(after)) => key <= after.as_str(),
                Some(ListPosition::Prefix(after)) => key <= after.as_str() || key.starts_with(after.as_str()),
            };
            if passed {
                continue;
            }
            match delimiter
                .and_then(|delimiter| rest.split_once(delimiter).map(|(head, _)| (head, delimiter)))
            {
                None => entries.push(ListEntry::Object(object.info.clone())),
                Some((head, delimiter)) => {
                    let prefix = format!("{}{head}{delimiter}", query.prefix);
                    if prefixes.insert(prefix.clone()) {
                        entries.push(ListEntry::Prefix(prefix));
                    }
                }
            }
        }
        let more = entries.len() > query.limit as usize;
        entries.truncate(query.limit as usize);
        let next = more.then(|| match entries.last() {
            Some(ListEntry::Object(info)) => ListPosition::Key(info.key.to_string()),
            Some(ListEntry::Prefix(prefix)) => ListPosition::Prefix(prefix.clone()),
            None => query.after.clone().unwrap_or(ListPosition::Key(String::new())),
        });
        Ok(ListPage { entries, next })
    }
}

fn check(conditions: &Conditions, current: Option<&ModelObject>) -> Result<(), Error> {
    let current = current.map(|object| (&object.info.etag, object.info.last_modified));
    conditions.check(current).map_err(|failed| Error::PreconditionFailed { failed })
}
