//! DeleteObject and DeleteObjects.

use std::collections::hash_map::Entry as MapEntry;
use std::collections::{HashMap, HashSet};

use auth::{Action, Caller, Target};
use domain::{BucketName, DeleteConditions, Error, ObjectKey, VersionId};
use meta::EngineError;

use super::put::COMMIT_TRIES;
use crate::Store;
use crate::buckets::FoundBucket;
use crate::failure::engine_failed;
use crate::plan::{Deleted, Plan};

/// What to delete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeleteObject {
    /// Its key.
    pub key: ObjectKey,
    /// One version, for good; the object when absent.
    pub version: Option<VersionId>,
    /// Must hold of the object.
    pub conditions: DeleteConditions,
}

impl From<ObjectKey> for DeleteObject {
    fn from(key: ObjectKey) -> Self {
        Self { key, version: None, conditions: DeleteConditions::default() }
    }
}

/// What became of one object of a batch: a missing one counts as deleted.
pub type DeleteOutcome = Result<Deleted, Error>;

/// What became of some of a batch; `None` of one that is to be tried again without others of its key.
type Outcomes = Vec<(usize, Option<DeleteOutcome>)>;

/// Objects deleted by one commit.
const OBJECTS_PER_COMMIT: usize = 1_000;

impl Store {
    /// Deletes an object, or one of its versions; a missing one is no error.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::NoSuchBucket`], [`Error::PreconditionFailed`],
    /// [`Error::ObjectLockedByBucketPolicy`], [`Error::ObjectLocked`]; any error of the engine.
    pub async fn delete_object(
        &self,
        caller: &Caller,
        name: &BucketName,
        object: DeleteObject,
        bypass_governance: bool,
    ) -> Result<Deleted, Error> {
        caller.allow_any(&Action::DELETES, (name, &object.key))?;
        let outcomes = self.delete_objects(caller, name, vec![object], bypass_governance).await?;
        outcomes.into_iter().next().unwrap_or_else(|| Err(Error::internal("no outcome")))
    }

    /// Deletes objects, up to 1,000 in one commit, fewer when that would be more than one holds; what locks or conditions keep, or
    /// the caller does not reach, is left alone and named.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::NoSuchBucket`]; any error of the engine: objects of earlier commits are then gone.
    pub async fn delete_objects(
        &self,
        caller: &Caller,
        name: &BucketName,
        objects: Vec<DeleteObject>,
        bypass_governance: bool,
    ) -> Result<Vec<DeleteOutcome>, Error> {
        caller.allow_any(&Action::DELETES, Target::SomeKeys(name))?;
        // said even when there is nothing to delete
        self.find_bucket(name).await?;
        let mut outcomes = Vec::with_capacity(objects.len());
        for chunk in objects.chunks(OBJECTS_PER_COMMIT) {
            outcomes.extend(self.delete_chunk(caller, name, chunk, bypass_governance).await?);
        }
        Ok(outcomes)
    }

    /// In waves: what is planned for a key relies on the versions of it staying as they are, but for versions that it does not
    /// stand for. Those of one key that stand in a row go in one wave, the one that it stands for in the next: it is all the
    /// same which of them goes first. Nothing else overtakes another of its key.
    async fn delete_chunk(
        &self,
        caller: &Caller,
        name: &BucketName,
        objects: &[DeleteObject],
        bypass_governance: bool,
    ) -> Result<Vec<DeleteOutcome>, Error> {
        let refusal = |object: &DeleteObject| caller.allow_any(&Action::DELETES, (name, &object.key)).err();
        let mut outcomes: Vec<Option<DeleteOutcome>> =
            objects.iter().map(|object| refusal(object).map(Err)).collect();
        let mut waiting: Vec<usize> = (0..objects.len()).filter(|n| outcomes[*n].is_none()).collect();
        while !waiting.is_empty() {
            let mut keys: HashMap<_, Option<HashSet<u64>>> = HashMap::new();
            let (wave, mut later): (Vec<_>, Vec<_>) = waiting.iter().partition(|n| {
                let number = match objects[**n].version {
                    Some(VersionId::Number(number)) => Some(number),
                    Some(VersionId::Null) | None => None,
                };
                match keys.entry(objects[**n].key.identity()) {
                    MapEntry::Vacant(first) => {
                        first.insert(number.map(|number| HashSet::from([number])));
                        true
                    }
                    MapEntry::Occupied(mut others) => {
                        let numbers = others.get_mut().as_mut().zip(number);
                        let joins = numbers.is_some_and(|(numbers, number)| numbers.insert(number));
                        if !joins {
                            // what comes behind it must not overtake it
                            others.insert(None);
                        }
                        joins
                    }
                }
            });
            for (n, outcome) in self.delete_wave(name, objects, wave, bypass_governance).await? {
                match outcome {
                    Some(outcome) => outcomes[n] = Some(outcome),
                    None => later.push(n),
                }
            }
            later.sort_unstable();
            waiting = later;
        }
        Ok(outcomes.into_iter().flatten().collect())
    }

    /// In one commit, or in several when it is too much for one.
    async fn delete_wave(
        &self,
        name: &BucketName,
        objects: &[DeleteObject],
        wave: Vec<usize>,
        bypass_governance: bool,
    ) -> Result<Outcomes, Error> {
        let (mut left, mut outcomes) = (vec![wave], Vec::new());
        while let Some(mut wave) = left.pop() {
            match self.delete_at_once(name, objects, &wave, bypass_governance).await? {
                Some(deleted) => outcomes.extend(deleted),
                None => {
                    let second = wave.split_off(wave.len() / 2);
                    left.extend([second, wave]);
                }
            }
        }
        Ok(outcomes)
    }

    /// `None` when there are several, and together they are too much for one commit.
    async fn delete_at_once(
        &self,
        name: &BucketName,
        objects: &[DeleteObject],
        wave: &[usize],
        bypass_governance: bool,
    ) -> Result<Option<Outcomes>, Error> {
        let mut times = HashMap::new();
        wave.iter().for_each(|n| *times.entry(objects[*n].key.identity()).or_insert(0) += 1);
        for _ in 0..COMMIT_TRIES {
            let bucket = self.find_bucket(name).await?;
            let mut plan = Plan::new(self, name, &bucket);
            let mut outcomes = Vec::with_capacity(wave.len());
            for n in wave {
                let is_alone = times[&objects[*n].key.identity()] == 1;
                let outcome =
                    self.plan_one(&mut plan, &bucket, &objects[*n], is_alone, bypass_governance).await?;
                outcomes.push((*n, outcome));
            }
            if plan.batch.writes.is_empty() {
                return Ok(Some(outcomes));
            }
            match self.engine.commit(plan.batch).await {
                Ok(_) => {
                    self.reclaim_wanted.notify_one();
                    return Ok(Some(outcomes));
                }
                Err(EngineError::TooLarge(_)) if wave.len() > 1 => return Ok(None),
                // the bucket or an object changed: judge again what is there now
                Err(EngineError::Conflict { .. }) => {}
                Err(error) => return Err(engine_failed(error)),
            }
        }
        Err(Error::SlowDown)
    }

    /// Adds one deletion, or nothing when it is refused, or when others of its key are deleted too and the key stands for it.
    async fn plan_one(
        &self,
        plan: &mut Plan,
        bucket: &FoundBucket,
        object: &DeleteObject,
        is_alone: bool,
        bypass_governance: bool,
    ) -> Result<Option<DeleteOutcome>, Error> {
        let mark = plan.mark();
        let DeleteObject { key, version, conditions } = object;
        let outcome = match version {
            None => self.plan_delete(plan, bucket, key, conditions).await.map(|deleted| (deleted, true)),
            Some(version) => {
                self.plan_delete_version(plan, bucket, (key, *version), conditions, bypass_governance).await
            }
        };
        match outcome {
            Err(
                error @ (Error::PreconditionFailed { .. }
                | Error::ObjectLockedByBucketPolicy { .. }
                | Error::ObjectLocked { .. }
                | Error::Corrupt { .. }),
            ) => {
                plan.back_to(mark);
                Ok(Some(Err(error)))
            }
            Err(error) => Err(error),
            Ok((_, true)) if !is_alone => {
                plan.back_to(mark);
                Ok(None)
            }
            Ok((deleted, _)) => Ok(Some(Ok(deleted))),
        }
    }
}
