//! What can change of a version after it was stored: its tags, its retention and its legal hold.

use auth::{Action, Caller};
use domain::error::Setting;
use domain::object_lock::{ObjectLock, Retention};
use domain::tag::TagSet;
use domain::{BucketName, Error, ObjectKey, Timestamp, VersionId};
use meta::EngineError;
use meta::tables::version::Note;

use crate::Store;
use crate::failure::engine_failed;
use crate::objects::put::COMMIT_TRIES;
use crate::plan::Plan;

/// One version of an object, by its key, and by its id unless it is the one that the key stands for.
#[derive(Clone, Copy, Debug)]
pub struct VersionRef<'k> {
    /// The key.
    pub key: &'k ObjectKey,
    /// The id.
    pub version: Option<VersionId>,
}

impl Store {
    /// A version's tags, and its id in a bucket that keeps versions.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::NoSuchBucket`], [`Error::NoSuchKey`], [`Error::NoSuchVersion`],
    /// [`Error::IsDeleteMarker`]; any error of the engine.
    pub async fn object_tags(
        &self,
        caller: &Caller,
        name: &BucketName,
        object: VersionRef<'_>,
    ) -> Result<(TagSet, Option<VersionId>), Error> {
        caller.allow(Action::ReadObject, (name, object.key))?;
        let (note, id) = self.read_note(name, object).await?;
        Ok((note.tags, id))
    }

    /// Replaces a version's tags; none removes them.
    ///
    /// # Errors
    /// As [`Store::object_tags`].
    pub async fn put_object_tags(
        &self,
        caller: &Caller,
        name: &BucketName,
        object: VersionRef<'_>,
        tags: &TagSet,
    ) -> Result<Option<VersionId>, Error> {
        caller.allow(Action::WriteObject, (name, object.key))?;
        self.change_note(name, object, |note, _| {
            note.tags = tags.clone();
            Ok(())
        })
        .await
    }

    /// What keeps a version from being removed.
    ///
    /// # Errors
    /// As [`Store::object_tags`]; [`Error::ObjectLockNotEnabled`].
    pub async fn object_lock(
        &self,
        caller: &Caller,
        name: &BucketName,
        object: VersionRef<'_>,
    ) -> Result<ObjectLock, Error> {
        caller.allow(Action::ReadObject, (name, object.key))?;
        if self.find_bucket(name).await?.row.settings.object_lock.is_none() {
            return Err(Error::ObjectLockNotEnabled);
        }
        Ok(self.read_note(name, object).await?.0.lock)
    }

    /// A version's retention.
    ///
    /// # Errors
    /// As [`Store::object_lock`]; [`Error::NoSuchSetting`].
    pub async fn object_retention(
        &self,
        caller: &Caller,
        name: &BucketName,
        object: VersionRef<'_>,
    ) -> Result<Retention, Error> {
        caller.allow(Action::ReadObject, (name, object.key))?;
        let lock = self.object_lock(caller, name, object).await?;
        lock.retention.ok_or(Error::NoSuchSetting(Setting::ObjectRetention))
    }

    /// Replaces a version's retention, or takes it away, as far as its mode permits.
    ///
    /// # Errors
    /// As [`Store::object_lock`]; [`Error::RetentionInThePast`], [`Error::ObjectLocked`].
    pub async fn put_object_retention(
        &self,
        caller: &Caller,
        name: &BucketName,
        object: VersionRef<'_>,
        retention: Option<Retention>,
        bypass_governance: bool,
    ) -> Result<(), Error> {
        caller.allow(Action::WriteObject, (name, object.key))?;
        self.change_lock(name, object, |lock, now| {
            lock.check_retention(retention, now, bypass_governance)?;
            lock.retention = retention;
            Ok(())
        })
        .await
    }

    /// Sets or lifts a version's legal hold. Who may write objects sets one; lifting takes more.
    ///
    /// # Errors
    /// As [`Store::object_lock`].
    pub async fn put_legal_hold(
        &self,
        caller: &Caller,
        name: &BucketName,
        object: VersionRef<'_>,
        held: bool,
    ) -> Result<(), Error> {
        let action = if held { Action::WriteObject } else { Action::WriteBucketSettings };
        caller.allow(action, (name, object.key))?;
        self.change_lock(name, object, |lock, _| {
            lock.legal_hold = held;
            Ok(())
        })
        .await
    }

    async fn change_lock(
        &self,
        name: &BucketName,
        object: VersionRef<'_>,
        change: impl Fn(&mut ObjectLock, Timestamp) -> Result<(), Error>,
    ) -> Result<(), Error> {
        if self.find_bucket(name).await?.row.settings.object_lock.is_none() {
            return Err(Error::ObjectLockNotEnabled);
        }
        self.change_note(name, object, |note, now| change(&mut note.lock, now)).await.map(|_| ())
    }

    async fn read_note(
        &self,
        name: &BucketName,
        object: VersionRef<'_>,
    ) -> Result<(Note, Option<VersionId>), Error> {
        let bucket = self.find_bucket(name).await?;
        let id = self.find_wanted(&bucket, object.key, object.version).await?.object.info.version_id;
        let note = self.find_note(bucket.row.id, object.key, id.unwrap_or(VersionId::Null)).await?.0;
        Ok((note, id))
    }

    async fn change_note(
        &self,
        name: &BucketName,
        object: VersionRef<'_>,
        change: impl Fn(&mut Note, Timestamp) -> Result<(), Error>,
    ) -> Result<Option<VersionId>, Error> {
        for _ in 0..COMMIT_TRIES {
            let bucket = self.find_bucket(name).await?;
            let found = self.find_wanted(&bucket, object.key, object.version).await?;
            let id = found.object.info.version_id;
            let place = id.unwrap_or(VersionId::Null);
            let (mut note, unchanged) = self.find_note(bucket.row.id, object.key, place).await?;
            change(&mut note, self.clock.now())?;
            let mut plan = Plan::new(self, name, &bucket);
            plan.batch.checks.extend([found.unchanged(), unchanged]);
            plan.note(&bucket, object.key, place, &note);
            if plan.batch.writes.is_empty() {
                return Ok(id);
            }
            match self.engine.commit(plan.batch).await {
                Ok(_) => return Ok(id),
                Err(EngineError::Conflict { .. }) => {}
                Err(error) => return Err(engine_failed(error)),
            }
        }
        Err(Error::SlowDown)
    }
}
