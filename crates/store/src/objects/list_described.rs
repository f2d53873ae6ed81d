//! Listing a bucket with all that is known of its objects.

use auth::{Action, Caller, Target};
use domain::listing::{ListEntry, ListPage, ListQuery};
use domain::{BucketName, Error};

use crate::Store;

impl Store {
    /// As [`Store::list_objects`], with the metadata of each object, which costs a read each. An object that goes
    /// meanwhile is left out.
    ///
    /// # Errors
    /// As [`Store::list_objects`].
    pub async fn list_described(
        &self,
        caller: &Caller,
        name: &BucketName,
        query: &ListQuery,
    ) -> Result<ListPage, Error> {
        caller.allow_any(&Action::LISTS, Target::Prefix(name, &query.prefix))?;
        let bucket = self.find_bucket(name).await?;
        let ListPage { entries, next } = self.list_objects(caller, name, query).await?;
        let mut described = Vec::with_capacity(entries.len());
        for entry in entries {
            match entry {
                ListEntry::Object(info) => {
                    let found = self.find_object(&bucket, &info.key).await?;
                    described.extend(found.map(|found| ListEntry::Object(found.object.info)));
                }
                prefix @ ListEntry::Prefix(_) => described.push(prefix),
            }
        }
        Ok(ListPage { entries: described, next })
    }
}
