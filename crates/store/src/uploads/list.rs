//! ListParts and ListMultipartUploads.

use auth::{Action, Caller, Target};
use domain::{BucketName, Error, ObjectInfo, ObjectKey, UploadId};
use meta::engine::VALUE_HEAD_BYTES;
use meta::tables::object::{Content, ObjectRow, common_prefix_of};
use meta::tables::upload::{self, UploadRow};
use meta::{Entry, KeyRange, Scan, Version};

use crate::failure::{damaged, engine_failed};
use crate::{CustomerKey, Store};

/// A part as listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its number.
    pub number: u16,
    /// Size, ETag, date and checksums; its key and metadata mean nothing.
    pub info: ObjectInfo,
}

/// One page of an upload's parts, with the upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartPage {
    /// The upload.
    pub upload: UploadRow,
    /// Parts in order of number.
    pub parts: Vec<Part>,
    /// Whether there are more.
    pub more: bool,
}

/// A part row as it was read.
pub(crate) struct FoundPart {
    pub(crate) number: u16,
    pub(crate) row: ObjectRow,
    pub(crate) version: Version,
}

/// A question for one page of uploads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UploadQuery {
    /// Only keys that begin with this.
    pub prefix: String,
    /// Folds keys, as in a listing of objects.
    pub delimiter: Option<String>,
    /// Where to begin.
    pub after: Option<UploadPosition>,
    /// Most uploads and common prefixes on the page.
    pub limit: u32,
}

/// A place between two entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UploadPosition {
    /// After this upload of this key, or after all of them.
    Key(String, Option<UploadId>),
    /// After every key that begins with this common prefix.
    Prefix(String),
}

/// An upload as listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// Its id.
    pub id: UploadId,
    /// Its key, date and storage class; nothing else is read for a listing.
    pub row: UploadRow,
}

/// One entry of a page.
#[expect(
    clippy::large_enum_variant,
    reason = "most entries are uploads: boxed, each would be an allocation more"
)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UploadEntry {
    /// An upload.
    Upload(Upload),
    /// A common prefix.
    Prefix(String),
}

/// One page of uploads, in order of key, then of age.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UploadPage {
    /// Uploads and common prefixes.
    pub entries: Vec<UploadEntry>,
    /// Whether there are more.
    pub more: bool,
}

impl Store {
    /// One page of an upload's parts, after number `after`. No key is needed; one that is given must be the upload's.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::NoSuchBucket`], [`Error::NoSuchUpload`], [`Error::EncryptionKeyUnwanted`],
    /// [`Error::EncryptionKeyWrong`]; any error of the engine.
    pub async fn list_parts(
        &self,
        caller: &Caller,
        name: &BucketName,
        key: &ObjectKey,
        id: UploadId,
        (after, limit): (u16, u32),
        customer_key: Option<&CustomerKey>,
    ) -> Result<PartPage, Error> {
        caller.allow(Action::ListParts, (name, key))?;
        let bucket = self.find_bucket(name).await?;
        let upload = self.find_upload(&bucket, key, id).await?.row;
        self.check_upload_key(&upload, customer_key)?;
        let mut range = KeyRange::prefix(&upload::parts_prefix(bucket.row.id, id));
        range.start = [upload::part_key(bucket.row.id, id, after), vec![0]].concat();
        let listed = |part: &mut FoundPart| {
            part.row.content = Content::Inline;
            Ok(())
        };
        let (mut parts, mut more) = self.read_parts(key, range, limit.max(1), |_| true, listed).await?;
        if limit == 0 {
            more = !parts.is_empty();
            parts.clear();
        }
        let parts = parts.into_iter().map(|part| Part { number: part.number, info: part.row.info }).collect();
        Ok(PartPage { upload, parts, more })
    }

    /// The `wanted` ones of a page of parts, each as `kept` leaves it, and whether there are more. A part that copies another
    /// object can be made of many stretches: who keeps those of many parts is to count them.
    pub(crate) async fn read_parts(
        &self,
        key: &ObjectKey,
        range: KeyRange,
        limit: u32,
        wanted: impl Fn(u16) -> bool,
        mut kept: impl FnMut(&mut FoundPart) -> Result<(), Error>,
    ) -> Result<(Vec<FoundPart>, bool), Error> {
        let page = self.engine.scan(Scan { range, limit, fold: None }).await.map_err(engine_failed)?;
        let mut parts = Vec::with_capacity(page.entries.len());
        for entry in &page.entries {
            let Entry::Row { key: row_key, head, version } = entry else { continue };
            let number = upload::part_of(row_key).map_err(damaged)?;
            if !wanted(number) {
                continue;
            }
            let row = if head.len() < VALUE_HEAD_BYTES {
                ObjectRow::decode(key.clone(), *version, head)
            } else {
                // gone meanwhile: its version will not be found either
                let Some(row) = self.engine.get(row_key).await.map_err(engine_failed)? else { continue };
                ObjectRow::decode(key.clone(), *version, &row.value)
            };
            let mut part = FoundPart { number, row: row.map_err(damaged)?, version: *version };
            kept(&mut part)?;
            parts.push(part);
        }
        Ok((parts, page.more))
    }

    /// One page of a bucket's uploads.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::NoSuchBucket`]; any error of the engine.
    pub async fn list_uploads(
        &self,
        caller: &Caller,
        name: &BucketName,
        query: &UploadQuery,
    ) -> Result<UploadPage, Error> {
        caller.allow(Action::ListMultipartUploads, Target::Prefix(name, &query.prefix))?;
        let bucket = self.find_bucket(name).await?.row.id;
        let mut range = upload::prefix_range(bucket, &query.prefix);
        let after = query.after.as_ref().map(|after| match after {
            UploadPosition::Key(key, id) => upload::after_upload(bucket, key, *id),
            UploadPosition::Prefix(prefix) => upload::after_prefix(bucket, prefix),
        });
        range.start = range.start.max(after.unwrap_or_default());
        let delimiter = query.delimiter.as_deref().filter(|d| !d.is_empty());
        let fold = delimiter.map(|delimiter| upload::fold(bucket, &query.prefix, delimiter));
        let scan = Scan { range, limit: query.limit.max(1), fold };
        let page = self.engine.scan(scan).await.map_err(engine_failed)?;
        if query.limit == 0 {
            return Ok(UploadPage { entries: Vec::new(), more: !page.entries.is_empty() });
        }
        let mut entries = Vec::with_capacity(page.entries.len());
        for entry in &page.entries {
            entries.extend(self.upload_entry(entry).await?);
        }
        Ok(UploadPage { entries, more: page.more })
    }

    /// `None` when the upload is gone meanwhile.
    pub(crate) async fn upload_entry(&self, entry: &Entry) -> Result<Option<UploadEntry>, Error> {
        let (row_key, head) = match entry {
            Entry::Row { key, head, .. } => (key, head),
            Entry::Prefix(prefix) => {
                return Ok(Some(UploadEntry::Prefix(common_prefix_of(prefix).map_err(damaged)?)));
            }
        };
        let (key, id) = upload::parse_key(row_key).map_err(damaged)?;
        let mut row = UploadRow::decode_listed(key.clone(), head).map_err(damaged)?;
        if row.is_none() {
            let whole = self.engine.get(row_key).await.map_err(engine_failed)?;
            row = whole.map(|row| UploadRow::decode(key, &row.value).map_err(damaged)).transpose()?;
        }
        Ok(row.map(|row| UploadEntry::Upload(Upload { id, row })))
    }
}
