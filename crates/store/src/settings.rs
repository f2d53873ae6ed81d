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
use meta::{Check, EngineError, Write};

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
        self.change_settings(name, |settings| {
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
        self.change_settings(name, |settings| {
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
        self.change_settings(name, |settings| {
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
        self.change_settings(name, |settings| {
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
        let beside =
            |id| put_row(setting::key(id, setting::Kind::Lifecycle), setting::encode_lifecycle(policy));
        let change = |settings: &mut BucketSettings| {
            settings.expires = expires;
            Ok(())
        };
        self.change_settings_and(name, change, |id| vec![beside(id)]).await
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
        self.put_beside(name, setting::Kind::Tags, tags.map(setting::encode_tags)).await
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
        let value = block.map(setting::encode_public_access);
        self.put_beside(name, setting::Kind::PublicAccessBlock, value).await
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
        let beside = |id| match rules {
            Some(rules) => {
                put_row(setting::key(id, setting::Kind::UploadRules), setting::encode_upload_rules(rules))
            }
            None => delete_row(setting::key(id, setting::Kind::UploadRules)),
        };
        let change = |settings: &mut BucketSettings| {
            settings.upload_rules = rules.is_some();
            Ok(())
        };
        self.change_settings_and(name, change, |id| vec![beside(id)]).await
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

    pub(crate) async fn put_beside(
        &self,
        name: &BucketName,
        kind: setting::Kind,
        value: Option<Bytes>,
    ) -> Result<(), Error> {
        self.write_beside(name, |id| match &value {
            Some(value) => put_row(setting::key(id, kind), value.clone()),
            None => delete_row(setting::key(id, kind)),
        })
        .await
    }

    /// Changes a row that goes with a bucket, as long as the bucket is there.
    pub(crate) async fn write_beside(
        &self,
        name: &BucketName,
        write: impl Fn(BucketId) -> Write,
    ) -> Result<(), Error> {
        for _ in 0..COMMIT_TRIES {
            let bucket = self.find_bucket(name).await?;
            // not merely present: a bucket made meanwhile under the same name has settings of its own
            let checks = vec![Check::VersionIs(bucket::key(name), bucket.version)];
            match self.commit(checks, vec![write(bucket.row.id)]).await {
                Ok(_) => return Ok(()),
                Err(EngineError::Conflict { .. }) => {}
                Err(error) => return Err(engine_failed(error)),
            }
        }
        Err(Error::SlowDown)
    }

    /// Changes the settings in a bucket's row.
    pub(crate) async fn change_settings(
        &self,
        name: &BucketName,
        change: impl Fn(&mut BucketSettings) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.change_settings_and(name, change, |_| Vec::new()).await
    }

    /// Changes them together with rows beside it.
    async fn change_settings_and(
        &self,
        name: &BucketName,
        change: impl Fn(&mut BucketSettings) -> Result<(), Error>,
        beside: impl Fn(BucketId) -> Vec<Write>,
    ) -> Result<(), Error> {
        for _ in 0..COMMIT_TRIES {
            let mut bucket = self.find_bucket(name).await?;
            change(&mut bucket.row.settings)?;
            let key = bucket::key(name);
            let checks = vec![Check::VersionIs(key.clone(), bucket.version)];
            let mut writes = beside(bucket.row.id);
            writes.push(put_row(key, bucket.row.encode()));
            match self.commit(checks, writes).await {
                Ok(_) => return Ok(()),
                Err(EngineError::Conflict { .. }) => {}
                Err(error) => return Err(engine_failed(error)),
            }
        }
        Err(Error::SlowDown)
    }
}
