//! Listing a bucket: a range of rows, folded by the engine.

use auth::{Action, Caller, Target};
use domain::listing::{ListEntry, ListPage, ListPosition, ListQuery};
use domain::{BucketName, Error};
use meta::tables::object;
use meta::{Entry, Page, Scan};

use crate::Store;
use crate::failure::{damaged, engine_failed};

impl Store {
    /// One page of a bucket's objects, in UTF-8 byte order of their keys.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::NoSuchBucket`]; any error of the engine.
    pub async fn list_objects(
        &self,
        caller: &Caller,
        name: &BucketName,
        query: &ListQuery,
    ) -> Result<ListPage, Error> {
        caller.allow_any(&Action::LISTS, Target::Prefix(name, &query.prefix))?;
        let bucket = self.find_bucket(name).await?.row.id;
        let mut range = object::prefix_range(bucket, &query.prefix);
        let after = query.after.as_ref().map(|after| match after {
            ListPosition::Key(key) => object::after_key(bucket, key),
            ListPosition::Prefix(prefix) => object::after_prefix(bucket, prefix),
        });
        range.start = range.start.max(after.unwrap_or_default());
        let delimiter = query.delimiter.as_deref().filter(|d| !d.is_empty());
        let fold = delimiter.map(|delimiter| object::fold(bucket, &query.prefix, delimiter));
        // an empty page still says whether there is anything
        let scan = Scan { range, limit: query.limit.max(1), fold };
        let mut page = self.engine.scan(scan).await.map_err(engine_failed)?;
        if query.limit == 0 {
            page = Page { more: !page.entries.is_empty(), entries: Vec::new() };
        }
        let mut entries = Vec::with_capacity(page.entries.len());
        for entry in &page.entries {
            entries.extend(self.list_entry(entry).await?);
        }
        let next = page.more.then(|| match entries.last() {
            Some(ListEntry::Object(info)) => ListPosition::Key(info.key.to_string()),
            Some(ListEntry::Prefix(prefix)) => ListPosition::Prefix(prefix.clone()),
            None => query.after.clone().unwrap_or(ListPosition::Key(String::new())),
        });
        Ok(ListPage { entries, next })
    }

    /// `None` when the row is gone meanwhile.
    async fn list_entry(&self, entry: &Entry) -> Result<Option<ListEntry>, Error> {
        let (row_key, head, version) = match entry {
            Entry::Row { key, head, version } => (key, head, *version),
            Entry::Prefix(prefix) => {
                return Ok(Some(ListEntry::Prefix(object::common_prefix_of(prefix).map_err(damaged)?)));
            }
        };
        let key = object::object_key_of(row_key).map_err(damaged)?;
        let listed = self.listed(row_key, key, head, version).await?;
        Ok(listed.map(|listed| ListEntry::Object(listed.info)))
    }
}
