//! Buckets and their settings.

use auth::{Action, Caller};
use bytes::Bytes;
use domain::audit::Verb;
use domain::{BucketName, CorsPolicy, Error, Timestamp};
use meta::tables::bucket::{self, BucketId, BucketRow, BucketSettings};
use meta::tables::{object, rate_limit, setting, upload, version};
use meta::{Check, EngineError, Entry, KeyRange, Scan, Version};

use crate::audit::{Change, summary};
use crate::failure::{damaged, engine_failed};
use crate::settings::Beside;
use crate::{Store, delete_row, put_row};

/// A bucket as listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Its name.
    pub name: BucketName,
    /// When it was created.
    pub created: Timestamp,
    /// The location hint it was created with, lower case.
    pub location: Option<String>,
}

/// A question for one page of buckets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BucketQuery {
    /// Only names that begin with this, any text.
    pub prefix: String,
    /// Only names after this, any text.
    pub after: Option<String>,
    /// Most buckets on the page.
    pub limit: u32,
}

/// One page of buckets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketPage {
    /// In order of name.
    pub buckets: Vec<Bucket>,
    /// Whether there are more.
    pub more: bool,
}

/// A bucket row with the version that a commit can check.
pub(crate) struct FoundBucket {
    pub(crate) row: BucketRow,
    pub(crate) version: Version,
}

/// How many buckets there are, with what a commit checks to rely on it.
struct BucketCount {
    buckets: u64,
    unchanged: Check,
}

/// Commits lost to changes of other buckets before one gives up.
pub(crate) const COMMIT_TRIES: usize = 16;

impl Store {
    /// One page of the account's buckets, in order of name.
    ///
    /// # Errors
    /// [`Error::AccessDenied`]; any error of the engine.
    pub async fn list_buckets(&self, caller: &Caller, query: &BucketQuery) -> Result<BucketPage, Error> {
        caller.allow(Action::ListBuckets, None)?;
        let prefix = [bucket::table_prefix(), query.prefix.as_bytes().to_vec()].concat();
        let mut range = KeyRange::prefix(&prefix);
        if let Some(after) = &query.after {
            let after = [bucket::table_prefix(), after.as_bytes().to_vec(), vec![0]].concat();
            range.start = range.start.max(after);
        }
        // an empty page still says whether there is anything
        let scan = Scan { range, limit: query.limit.max(1), fold: None };
        let page = self.engine.scan(scan).await.map_err(engine_failed)?;
        if query.limit == 0 {
            return Ok(BucketPage { buckets: Vec::new(), more: !page.entries.is_empty() });
        }
        let mut buckets = Vec::with_capacity(page.entries.len());
        for entry in &page.entries {
            let Entry::Row { key, head, .. } = entry else { continue };
            let name = bucket::name_of(key).ok_or_else(|| Error::internal("a bucket row without a name"))?;
            let row = BucketRow::decode_listed(head).map_err(damaged)?;
            buckets.push(Bucket { name, created: row.created, location: row.location });
        }
        Ok(BucketPage { buckets, more: page.more })
    }

    /// Creates a bucket.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::BucketAlreadyOwnedByYou`], [`Error::TooManyBuckets`]; any error of the engine.
    pub async fn create_bucket(
        &self,
        caller: &Caller,
        name: &BucketName,
        location: Option<String>,
    ) -> Result<(), Error> {
        self.create_bucket_with(caller, name, location, BucketSettings::default()).await
    }

    /// As [`Store::create_bucket`], with settings from the first moment on.
    ///
    /// # Errors
    /// As [`Store::create_bucket`].
    pub async fn create_bucket_with(
        &self,
        caller: &Caller,
        name: &BucketName,
        location: Option<String>,
        settings: BucketSettings,
    ) -> Result<(), Error> {
        caller.allow(Action::CreateBucket, Some(name))?;
        let key = bucket::key(name);
        if self.engine.get(&key).await.map_err(engine_failed)?.is_some() {
            return Err(Error::BucketAlreadyOwnedByYou { bucket: name.clone() });
        }
        let mut id = [0; 8];
        self.random.fill(&mut id);
        let row =
            BucketRow { id: BucketId(u64::from_le_bytes(id)), created: self.clock.now(), location, settings };
        let change = Change::of_bucket(caller, "CreateBucket", name).with_verb(Verb::Create);
        let made = summary::bucket(row.location.as_deref(), &row.settings);
        for _ in 0..COMMIT_TRIES {
            let count = self.count_buckets().await?;
            if count.buckets >= self.settings.buckets_max {
                return Err(Error::TooManyBuckets);
            }
            let checks = vec![
                Check::Absent(key.clone()),
                Check::Empty(KeyRange::prefix(&object::bucket_prefix(row.id))),
                count.unchanged,
            ];
            let writes = vec![
                put_row(key.clone(), row.encode()),
                put_row(bucket::count_key(), bucket::encode_count(count.buckets + 1)),
                self.audit_row(&change, None, Some(made.clone())),
            ];
            match self.commit(checks, writes).await {
                Ok(_) => return Ok(()),
                Err(EngineError::Conflict { check: 0 }) => {
                    return Err(Error::BucketAlreadyOwnedByYou { bucket: name.clone() });
                }
                // another bucket came or went
                Err(EngineError::Conflict { check: 2 }) => {}
                Err(error) => return Err(engine_failed(error)),
            }
        }
        Err(Error::SlowDown)
    }

    /// One bucket.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::NoSuchBucket`]; any error of the engine.
    pub async fn head_bucket(&self, caller: &Caller, name: &BucketName) -> Result<Bucket, Error> {
        caller.allow(Action::HeadBucket, Some(name))?;
        let found = self.find_bucket(name).await?;
        Ok(Bucket { name: name.clone(), created: found.row.created, location: found.row.location })
    }

    /// Where a bucket is.
    ///
    /// # Errors
    /// As [`Store::head_bucket`].
    pub async fn bucket_location(&self, caller: &Caller, name: &BucketName) -> Result<Option<String>, Error> {
        caller.allow(Action::GetBucketLocation, Some(name))?;
        Ok(self.find_bucket(name).await?.row.location)
    }

    /// Deletes an empty bucket and its settings.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::NoSuchBucket`], [`Error::BucketNotEmpty`], [`Error::BucketConflict`]; any error of
    /// the engine.
    pub async fn delete_bucket(&self, caller: &Caller, name: &BucketName) -> Result<(), Error> {
        caller.allow(Action::DeleteBucket, Some(name))?;
        let FoundBucket { row, version: found } = self.find_bucket(name).await?;
        let change = Change::of_bucket(caller, "DeleteBucket", name).with_verb(Verb::Delete);
        let gone = summary::bucket(row.location.as_deref(), &row.settings);
        let key = bucket::key(name);
        for _ in 0..COMMIT_TRIES {
            let count = self.count_buckets().await?;
            let mut checks = vec![
                Check::Empty(KeyRange::prefix(&object::bucket_prefix(row.id))),
                Check::VersionIs(key.clone(), found),
                count.unchanged,
                Check::Empty(KeyRange::prefix(&version::bucket_prefix(row.id))),
            ];
            let mut writes = vec![
                delete_row(key.clone()),
                delete_row(bucket::cors_key(row.id)),
                delete_row(rate_limit::key(row.id)),
                put_row(upload::deleted_bucket_key(row.id), Bytes::new()),
                put_row(bucket::count_key(), bucket::encode_count(count.buckets.saturating_sub(1))),
                self.audit_row(&change, Some(gone.clone()), None),
            ];
            writes.extend(setting::Kind::ALL.map(|kind| delete_row(setting::key(row.id, kind))));
            let (unchanged, gone) = self.configured_elsewhere(row.id).await?;
            checks.extend(unchanged);
            writes.extend(gone);
            match self.commit(checks, writes).await {
                Ok(_) => {
                    self.reclaim_wanted.notify_one();
                    return Ok(());
                }
                Err(EngineError::Conflict { check: 0 | 3 }) => {
                    return Err(Error::BucketNotEmpty { bucket: name.clone() });
                }
                Err(EngineError::Conflict { check: 1 }) => {
                    return Err(Error::BucketConflict { bucket: name.clone() });
                }
                Err(EngineError::Conflict { .. }) => {}
                Err(error) => return Err(engine_failed(error)),
            }
        }
        Err(Error::SlowDown)
    }

    async fn count_buckets(&self) -> Result<BucketCount, Error> {
        let key = bucket::count_key();
        Ok(match self.engine.get(&key).await.map_err(engine_failed)? {
            Some(row) => BucketCount {
                buckets: bucket::decode_count(&row.value).map_err(damaged)?,
                unchanged: Check::VersionIs(key, row.version),
            },
            None => BucketCount { buckets: 0, unchanged: Check::Absent(key) },
        })
    }

    /// A bucket's CORS policy.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::NoSuchBucket`], [`Error::NoSuchCorsPolicy`]; any error of the engine.
    pub async fn bucket_cors(&self, caller: &Caller, name: &BucketName) -> Result<CorsPolicy, Error> {
        caller.allow(Action::ReadBucketSettings, Some(name))?;
        self.cors_policy(name).await?.ok_or(Error::NoSuchCorsPolicy)
    }

    /// The CORS policy to evaluate for a request to a bucket, which need not exist: nobody learns whether it does.
    ///
    /// # Errors
    /// Any error of the engine.
    pub async fn evaluate_cors(
        &self,
        caller: &Caller,
        name: &BucketName,
    ) -> Result<Option<CorsPolicy>, Error> {
        caller.allow(Action::EvaluateCors, Some(name))?;
        match self.cors_policy(name).await {
            Err(Error::NoSuchBucket { .. }) => Ok(None),
            other => other,
        }
    }

    /// Replaces a bucket's CORS policy; in force with the next request.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::NoSuchBucket`], [`Error::InvalidCorsPolicy`]; any error of the engine.
    pub async fn put_bucket_cors(
        &self,
        caller: &Caller,
        name: &BucketName,
        policy: &CorsPolicy,
    ) -> Result<(), Error> {
        caller.allow(Action::WriteBucketSettings, Some(name))?;
        policy.check().map_err(Error::InvalidCorsPolicy)?;
        let change = Change::of_bucket(caller, "PutBucketCors", name);
        let value = Some(bucket::encode_cors(policy));
        self.write_beside(&change, &Beside::new(bucket::cors_key, value, summary::cors)).await
    }

    /// Removes a bucket's CORS policy; none is no error.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::NoSuchBucket`]; any error of the engine.
    pub async fn delete_bucket_cors(&self, caller: &Caller, name: &BucketName) -> Result<(), Error> {
        caller.allow(Action::WriteBucketSettings, Some(name))?;
        let change = Change::of_bucket(caller, "DeleteBucketCors", name);
        self.write_beside(&change, &Beside::new(bucket::cors_key, None, summary::cors)).await
    }

    async fn cors_policy(&self, name: &BucketName) -> Result<Option<CorsPolicy>, Error> {
        let id = self.find_bucket(name).await?.row.id;
        let row = self.engine.get(&bucket::cors_key(id)).await.map_err(engine_failed)?;
        row.map(|row| bucket::decode_cors(&row.value).map_err(damaged)).transpose()
    }

    pub(crate) async fn find_bucket(&self, name: &BucketName) -> Result<FoundBucket, Error> {
        let row = self.engine.get(&bucket::key(name)).await.map_err(engine_failed)?;
        let row = row.ok_or_else(|| Error::NoSuchBucket { bucket: name.clone() })?;
        Ok(FoundBucket { row: BucketRow::decode(&row.value).map_err(damaged)?, version: row.version })
    }
}
