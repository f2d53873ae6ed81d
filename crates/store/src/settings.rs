//! A bucket's settings beside its CORS policy: those that writes must know are in its row, the others beside it.

use auth::{Action, Caller, Target};
use bytes::Bytes;
use domain::error::Setting;
use domain::lifecycle::LifecyclePolicy;
use domain::object_lock::ObjectLockConfig;
use domain::public_access::PublicAccessBlock;
use domain::tag::TagSet;
use domain::versioning::Versioning;
use domain::{BucketLocks, BucketName, Error, ObjectInfo, ObjectKey, StorageClass, Timestamp, UploadRules};
use meta::tables::bucket::{self, BucketId, BucketSettings};
use meta::tables::{Damaged, setting};
use meta::{Check, EngineError};

use crate::audit::{Change, summary};
use crate::buckets::{COMMIT_TRIES, FoundBucket};
use crate::failure::{damaged, engine_failed};
use crate::{Store, delete_row, put_row};

impl Store {
    /// The settings of a bucket that writes must know.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::NoSuchBucket`]; any error of the engine.
    pub async fn bucket_settings(&self, caller: &Caller, name: &BucketName) -> Result<BucketSettings, Error> {
        caller.allow(Action::ReadBucketSettings, Some(name))?;
        Ok(self.find_bucket(name).await?.row.settings)
    }

    /// Begins to keep versions, or stops.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::NoSuchBucket`]; [`Error::InvalidBucketState`] when a bucket with object lock is to
    /// stop; any error of the engine.
    pub async fn put_versioning(
        &self,
        caller: &Caller,
        name: &BucketName,
        versioning: Versioning,
    ) -> Result<(), Error> {
        caller.allow(Action::WriteBucketSettings, Some(name))?;
        let change = Change::of_bucket(caller, "PutBucketVersioning", name);
        self.change_settings(&change, summary::versioning, |settings| {
            if settings.object_lock.is_some() && versioning != Versioning::Enabled {
                return Err(Error::InvalidBucketState);
            }
            settings.versioning = versioning;
            Ok(())
        })
        .await
    }

    /// Sets object lock, which once there stays; only its default changes.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::NoSuchBucket`]; [`Error::InvalidBucketState`] in a bucket that keeps no versions; any
    /// error of the engine.
    pub async fn put_object_lock(
        &self,
        caller: &Caller,
        name: &BucketName,
        config: ObjectLockConfig,
    ) -> Result<(), Error> {
        caller.allow(Action::WriteBucketSettings, Some(name))?;
        let change = Change::of_bucket(caller, "PutObjectLockConfiguration", name);
        self.change_settings(&change, summary::object_lock, |settings| {
            if settings.versioning != Versioning::Enabled {
                return Err(Error::InvalidBucketState);
            }
            settings.object_lock = Some(config);
            Ok(())
        })
        .await
    }

    /// Replaces the bucket's locks; in force with the next request.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::NoSuchBucket`]; any error of the engine.
    pub async fn put_bucket_locks(
        &self,
        caller: &Caller,
        name: &BucketName,
        locks: &BucketLocks,
    ) -> Result<(), Error> {
        caller.allow(Action::WriteBucketSettings, Some(name))?;
        let change = Change::of_bucket(caller, "PutBucketLocks", name);
        self.change_settings(&change, summary::locks, |settings| {
            settings.locks = locks.clone();
            Ok(())
        })
        .await
    }

    /// Sets the storage class of objects that come without one.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::NoSuchBucket`]; any error of the engine.
    pub async fn put_default_storage_class(
        &self,
        caller: &Caller,
        name: &BucketName,
        class: StorageClass,
    ) -> Result<(), Error> {
        caller.allow(Action::WriteBucketSettings, Some(name))?;
        let change = Change::of_bucket(caller, "PutBucketStorageClass", name);
        self.change_settings(&change, summary::storage_class, |settings| {
            settings.storage_class = class;
            Ok(())
        })
        .await
    }

    /// The lifecycle policy: that of a new bucket until another is set or it is removed.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::NoSuchBucket`], [`Error::NoSuchSetting`]; any error of the engine.
    pub async fn bucket_lifecycle(
        &self,
        caller: &Caller,
        name: &BucketName,
    ) -> Result<LifecyclePolicy, Error> {
        caller.allow(Action::ReadBucketSettings, Some(name))?;
        let id = self.find_bucket(name).await?.row.id;
        let policy = self.lifecycle_of(id).await?;
        if policy.rules().is_empty() { Err(Error::NoSuchSetting(Setting::Lifecycle)) } else { Ok(policy) }
    }

    pub(crate) async fn lifecycle_of(&self, id: BucketId) -> Result<LifecyclePolicy, Error> {
        let found = self.read_beside(id, setting::Kind::Lifecycle, setting::decode_lifecycle).await?;
        Ok(found.unwrap_or_else(LifecyclePolicy::of_new_bucket))
    }

    /// When the lifecycle policy deletes an object, and by which rule.
    pub(crate) async fn expiry(
        &self,
        bucket: &FoundBucket,
        info: &ObjectInfo,
    ) -> Result<Option<(Timestamp, String)>, Error> {
        if !bucket.row.settings.expires {
            return Ok(None);
        }
        let policy = self.lifecycle_of(bucket.row.id).await?;
        Ok(policy.expiry_of(&info.key, info.last_modified).map(|(at, rule)| (at, rule.to_owned())))
    }

    /// When the lifecycle policy will delete an object that was stored just now, and by which rule.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::NoSuchBucket`]; any error of the engine.
    pub async fn object_expiry(
        &self,
        caller: &Caller,
        name: &BucketName,
        info: &ObjectInfo,
    ) -> Result<Option<(Timestamp, String)>, Error> {
        caller.allow_any(&Action::WRITES, (name, &info.key))?;
        self.expiry(&self.find_bucket(name).await?, info).await
    }

    /// When the lifecycle policy will abort an upload that was begun just now, and by which rule.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::NoSuchBucket`]; any error of the engine.
    pub async fn upload_expiry(
        &self,
        caller: &Caller,
        name: &BucketName,
        key: &ObjectKey,
    ) -> Result<Option<(Timestamp, String)>, Error> {
        caller.allow_any(&Action::WRITES, (name, key))?;
        let policy = self.lifecycle_of(self.find_bucket(name).await?.row.id).await?;
        Ok(policy.abort_of(key, self.clock.now()).map(|(at, rule)| (at, rule.to_owned())))
    }

    /// Replaces the lifecycle policy; one without rules removes it, the rule of a new bucket too.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::NoSuchBucket`]; any error of the engine.
    pub async fn put_bucket_lifecycle(
        &self,
        caller: &Caller,
        name: &BucketName,
        policy: &LifecyclePolicy,
    ) -> Result<(), Error> {
        caller.allow(Action::WriteBucketSettings, Some(name))?;
        let expires = policy.rules().iter().any(|rule| rule.enabled && rule.expiration.is_some());
        let action = match policy.rules().is_empty() {
            true => "DeleteBucketLifecycleConfiguration",
            false => "PutBucketLifecycleConfiguration",
        };
        let change = Change::of_bucket(caller, action, name);
        let value = Some(setting::encode_lifecycle(policy));
        let beside = Beside::of(setting::Kind::Lifecycle, value, summary::lifecycle);
        self.write_beside_and(&change, &beside, Some(&|settings| settings.expires = expires), summary::none)
            .await
    }

    /// The bucket's tags.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::NoSuchBucket`], [`Error::NoSuchSetting`]; any error of the engine.
    pub async fn bucket_tags(&self, caller: &Caller, name: &BucketName) -> Result<TagSet, Error> {
        caller.allow(Action::ReadBucketSettings, Some(name))?;
        let id = self.find_bucket(name).await?.row.id;
        let tags = self.read_beside(id, setting::Kind::Tags, setting::decode_tags).await?;
        tags.ok_or(Error::NoSuchSetting(Setting::BucketTags))
    }

    /// Replaces the bucket's tags, or removes them.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::NoSuchBucket`]; any error of the engine.
    pub async fn put_bucket_tags(
        &self,
        caller: &Caller,
        name: &BucketName,
        tags: Option<&TagSet>,
    ) -> Result<(), Error> {
        caller.allow(Action::WriteBucketSettings, Some(name))?;
        let action = if tags.is_some() { "PutBucketTagging" } else { "DeleteBucketTagging" };
        let change = Change::of_bucket(caller, action, name);
        let beside = Beside::of(setting::Kind::Tags, tags.map(setting::encode_tags), summary::tags);
        self.write_beside(&change, &beside).await
    }

    /// The public access block.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::NoSuchBucket`], [`Error::NoSuchSetting`]; any error of the engine.
    pub async fn public_access_block(
        &self,
        caller: &Caller,
        name: &BucketName,
    ) -> Result<PublicAccessBlock, Error> {
        caller.allow(Action::ReadBucketSettings, Some(name))?;
        let id = self.find_bucket(name).await?.row.id;
        let block =
            self.read_beside(id, setting::Kind::PublicAccessBlock, setting::decode_public_access).await?;
        block.ok_or(Error::NoSuchSetting(Setting::PublicAccessBlock))
    }

    /// Replaces the public access block, or removes it.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::NoSuchBucket`]; any error of the engine.
    pub async fn put_public_access_block(
        &self,
        caller: &Caller,
        name: &BucketName,
        block: Option<&PublicAccessBlock>,
    ) -> Result<(), Error> {
        caller.allow(Action::WriteBucketSettings, Some(name))?;
        let action = if block.is_some() { "PutPublicAccessBlock" } else { "DeletePublicAccessBlock" };
        let change = Change::of_bucket(caller, action, name);
        let value = block.map(setting::encode_public_access);
        let beside = Beside::of(setting::Kind::PublicAccessBlock, value, summary::public_access);
        self.write_beside(&change, &beside).await
    }

    /// The upload rules.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::NoSuchBucket`], [`Error::NoSuchSetting`]; any error of the engine.
    pub async fn upload_rules(&self, caller: &Caller, name: &BucketName) -> Result<UploadRules, Error> {
        caller.allow(Action::ReadBucketSettings, Some(name))?;
        let rules = self.upload_rules_of(name).await?;
        rules.ok_or(Error::NoSuchSetting(Setting::UploadRules))
    }

    /// The rules to hold an upload against; a bucket that is not there has none.
    ///
    /// # Errors
    /// [`Error::AccessDenied`]; any error of the engine.
    pub async fn rules_for_upload(&self, caller: &Caller, name: &BucketName) -> Result<UploadRules, Error> {
        caller.allow_any(&Action::WRITES, Target::SomeKeys(name))?;
        match self.upload_rules_of(name).await {
            Ok(rules) => Ok(rules.unwrap_or_default()),
            // the upload may be about to create it
            Err(Error::NoSuchBucket { .. }) => Ok(UploadRules::default()),
            Err(error) => Err(error),
        }
    }

    async fn upload_rules_of(&self, name: &BucketName) -> Result<Option<UploadRules>, Error> {
        let bucket = self.find_bucket(name).await?.row;
        if !bucket.settings.upload_rules {
            return Ok(None);
        }
        self.read_beside(bucket.id, setting::Kind::UploadRules, setting::decode_upload_rules).await
    }

    /// Replaces the upload rules, or removes them; in force with the next request.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::NoSuchBucket`]; any error of the engine.
    pub async fn put_upload_rules(
        &self,
        caller: &Caller,
        name: &BucketName,
        rules: Option<&UploadRules>,
    ) -> Result<(), Error> {
        caller.allow(Action::WriteBucketSettings, Some(name))?;
        let action = if rules.is_some() { "PutBucketUploadRules" } else { "DeleteBucketUploadRules" };
        let change = Change::of_bucket(caller, action, name);
        let value = rules.map(setting::encode_upload_rules);
        let beside = Beside::of(setting::Kind::UploadRules, value, summary::upload_rules);
        let in_row = |settings: &mut BucketSettings| settings.upload_rules = rules.is_some();
        self.write_beside_and(&change, &beside, Some(&in_row), summary::none).await
    }

    pub(crate) async fn read_beside<T>(
        &self,
        id: BucketId,
        kind: setting::Kind,
        decode: impl FnOnce(&[u8]) -> Result<T, Damaged>,
    ) -> Result<Option<T>, Error> {
        let row = self.engine.get(&setting::key(id, kind)).await.map_err(engine_failed)?;
        row.map(|row| decode(&row.value).map_err(damaged)).transpose()
    }

    /// Replaces or removes a row that goes with a bucket, as long as the bucket is there.
    pub(crate) async fn write_beside(&self, change: &Change<'_>, beside: &Beside<'_>) -> Result<(), Error> {
        self.write_beside_and(change, beside, None, summary::none).await
    }

    /// The same, together with settings in the bucket's row, of which the audit log tells `summary` as well.
    pub(crate) async fn write_beside_and(
        &self,
        change: &Change<'_>,
        beside: &Beside<'_>,
        settings: Option<&(dyn Fn(&mut BucketSettings) + Sync)>,
        summary: fn(&BucketSettings) -> Option<String>,
    ) -> Result<(), Error> {
        for _ in 0..COMMIT_TRIES {
            let FoundBucket { mut row, version } = self.find_bucket(change.bucket()?).await?;
            let (bucket_key, key) = (bucket::key(change.bucket()?), (beside.key)(row.id));
            let old = self.engine.get(&key).await.map_err(engine_failed)?;
            let unchanged = match &old {
                Some(old) => Check::VersionIs(key.clone(), old.version),
                None => Check::Absent(key.clone()),
            };
            // not merely present: a bucket made meanwhile under the same name has settings of its own
            let checks = vec![Check::VersionIs(bucket_key.clone(), version), unchanged];
            let value = (beside.value)(row.id)?;
            let mut writes = vec![match &value {
                Some(value) => put_row(key, value.clone()),
                None => delete_row(key),
            }];
            let before = beside.summary(old.as_ref().map(|old| &old.value), summary(&row.settings));
            if let Some(settings) = settings {
                settings(&mut row.settings);
                writes.push(put_row(bucket_key, row.encode()));
            }
            let after = beside.summary(value.as_ref(), summary(&row.settings));
            writes.push(self.audit_row(change, before, after));
            match self.commit(checks, writes).await {
                Ok(_) => return Ok(()),
                Err(EngineError::Conflict { .. }) => {}
                Err(error) => return Err(engine_failed(error)),
            }
        }
        Err(Error::SlowDown)
    }

    /// Changes the settings in a bucket's row; `summary` says of them what the audit log tells.
    pub(crate) async fn change_settings(
        &self,
        change: &Change<'_>,
        summary: fn(&BucketSettings) -> String,
        settings: impl Fn(&mut BucketSettings) -> Result<(), Error>,
    ) -> Result<(), Error> {
        for _ in 0..COMMIT_TRIES {
            let FoundBucket { mut row, version } = self.find_bucket(change.bucket()?).await?;
            let before = summary(&row.settings);
            settings(&mut row.settings)?;
            let key = bucket::key(change.bucket()?);
            let checks = vec![Check::VersionIs(key.clone(), version)];
            let writes = vec![
                put_row(key, row.encode()),
                self.audit_row(change, Some(before), Some(summary(&row.settings))),
            ];
            match self.commit(checks, writes).await {
                Ok(_) => return Ok(()),
                Err(EngineError::Conflict { .. }) => {}
                Err(error) => return Err(engine_failed(error)),
            }
        }
        Err(Error::SlowDown)
    }
}

/// A row that goes with a bucket, as it is to be.
pub(crate) struct Beside<'b> {
    key: Box<dyn Fn(BucketId) -> Vec<u8> + Send + Sync + 'b>,
    value: Box<dyn Fn(BucketId) -> Result<Option<Bytes>, Error> + Send + Sync + 'b>,
    summary: fn(&[u8]) -> Result<String, Damaged>,
}

impl<'b> Beside<'b> {
    /// With its key, its value, if there is to be one, and what the audit log tells of a value.
    pub(crate) fn new(
        key: impl Fn(BucketId) -> Vec<u8> + Send + Sync + 'b,
        value: Option<Bytes>,
        summary: fn(&[u8]) -> Result<String, Damaged>,
    ) -> Self {
        Self::made(key, move |_| Ok(value.clone()), summary)
    }

    /// With a value that is made for the bucket of an id.
    pub(crate) fn made(
        key: impl Fn(BucketId) -> Vec<u8> + Send + Sync + 'b,
        value: impl Fn(BucketId) -> Result<Option<Bytes>, Error> + Send + Sync + 'b,
        summary: fn(&[u8]) -> Result<String, Damaged>,
    ) -> Self {
        Self { key: Box::new(key), value: Box::new(value), summary }
    }

    /// A row of table `s`.
    pub(crate) fn of(
        kind: setting::Kind,
        value: Option<Bytes>,
        summary: fn(&[u8]) -> Result<String, Damaged>,
    ) -> Self {
        Self::new(move |id| setting::key(id, kind), value, summary)
    }

    /// Of the row, and of what goes with it. A row that is damaged can be replaced all the same.
    fn summary(&self, value: Option<&Bytes>, with: Option<String>) -> Option<String> {
        let row = value.map(|value| (self.summary)(value).unwrap_or_else(|damaged| damaged.to_string()));
        match (row, with) {
            (Some(row), Some(with)) => Some(format!("{row}; {with}")),
            (row, with) => row.or(with),
        }
    }
}
