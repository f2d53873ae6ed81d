//! Limits on requests: one for each access key, one for each bucket that has one. What is remembered of each is one moment, so
//! that neither many connections nor many processes of a client get around it.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use auth::{Action, Caller, Target};
use domain::error::Limited;
use domain::rate_limit::Refilled;
use domain::{BucketLimits, BucketName, Error, RateLimit, Timestamp};
use meta::tables::bucket::{BucketId, BucketSettings};
use meta::tables::rate_limit;
use meta::{Engine, KeyRange, Scan};

use crate::Store;
use crate::audit::{Change, summary};
use crate::failure::{damaged, engine_failed};
use crate::settings::Beside;

/// Most access keys, and most buckets, of which something is remembered. Both are known ones: a stranger adds none.
const REMEMBERED_MAX: usize = 16_384;

/// The limits of access keys, temporary credentials of them included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyRates {
    /// That of each key without one of its own.
    pub each: Option<RateLimit>,
    /// Those of single keys, by access key id.
    pub of: BTreeMap<String, RateLimit>,
}

/// What is remembered of whoever is limited.
pub(crate) struct RateLimits {
    pub(crate) of_keys: KeyRates,
    /// Whether a bucket may have a limit: where none has, none is looked for.
    of_buckets: AtomicBool,
    keys: Remembered<String>,
    buckets: Remembered<BucketId>,
}

struct Remembered<K>(Mutex<HashMap<K, Refilled>>);

impl RateLimits {
    /// Sees whether a bucket has a limit.
    ///
    /// # Errors
    /// Any error of the engine.
    pub(crate) async fn open(engine: &dyn Engine) -> Result<Self, Error> {
        let range = KeyRange::prefix(&rate_limit::table_prefix());
        let page = engine.scan(Scan { range, limit: 1, fold: None }).await.map_err(engine_failed)?;
        Ok(Self {
            of_keys: KeyRates::default(),
            of_buckets: AtomicBool::new(!page.entries.is_empty()),
            keys: Remembered(Mutex::default()),
            buckets: Remembered(Mutex::default()),
        })
    }
}

impl<K: Hash + Eq + Clone> Remembered<K> {
    /// Takes a request; else after how many milliseconds one may come.
    fn take(&self, of: &K, limit: RateLimit, now: Timestamp) -> Result<(), u64> {
        let mut map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(refilled) = map.get_mut(of) {
            *refilled = limit.take(*refilled, now)?;
            return Ok(());
        }
        if map.len() >= REMEMBERED_MAX {
            map.retain(|_, refilled| !refilled.is_over(now));
        }
        if map.len() >= REMEMBERED_MAX {
            // rather one that gets a burst too many than one that is not limited at all
            let first = map.keys().next().cloned();
            first.and_then(|first| map.remove(&first));
        }
        map.insert(of.clone(), limit.take(Refilled::default(), now)?);
        Ok(())
    }
}

impl Store {
    /// Counts a request, before its body is read. A bucket's limit is on what is done with its objects: its settings can be
    /// mended however much it is asked for.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], which counts nothing; [`Error::RateLimited`]; any error of the engine.
    pub async fn admit(&self, caller: &Caller, action: Action, target: Target<'_>) -> Result<(), Error> {
        caller.allow(action, target)?;
        let Caller::Known { access_key_id, .. } = caller else { return Ok(()) };
        let (limits, now) = (&self.rate_limits, self.clock.now());
        if let Some(limit) = limits.of_keys.of.get(access_key_id).copied().or(limits.of_keys.each) {
            let refused = |wait_ms| Error::RateLimited { by: Limited::AccessKey, limit, wait_ms };
            limits.keys.take(access_key_id, limit, now).map_err(refused)?;
        }
        let bucket = target.bucket().filter(|_| action.concerns_keys());
        let Some(bucket) = bucket.filter(|_| limits.of_buckets.load(Ordering::Relaxed)) else {
            return Ok(());
        };
        let id = match self.find_bucket(bucket).await {
            Ok(found) => found.row.id,
            // the request will be told so
            Err(Error::NoSuchBucket { .. }) => return Ok(()),
            Err(error) => return Err(error),
        };
        let Some(limit) = self.rate_limit_of(id).await? else { return Ok(()) };
        let refused = |wait_ms| Error::RateLimited { by: Limited::Bucket, limit, wait_ms };
        limits.buckets.take(&id, limit, now).map_err(refused)
    }

    /// A bucket's limits.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::NoSuchBucket`]; any error of the engine.
    pub async fn bucket_limits(&self, caller: &Caller, name: &BucketName) -> Result<BucketLimits, Error> {
        caller.allow(Action::ReadBucketSettings, Some(name))?;
        let row = self.find_bucket(name).await?.row;
        Ok(BucketLimits { requests: self.rate_limit_of(row.id).await?, quota: row.settings.quota })
    }

    async fn rate_limit_of(&self, id: BucketId) -> Result<Option<RateLimit>, Error> {
        let row = self.engine.get(&rate_limit::key(id)).await.map_err(engine_failed)?;
        row.map(|row| rate_limit::decode(&row.value).map_err(damaged)).transpose()
    }

    /// Sets a bucket's limits, or removes them; in force with the next request. What is over a quota already stays.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::NoSuchBucket`]; any error of the engine.
    pub async fn put_bucket_limits(
        &self,
        caller: &Caller,
        name: &BucketName,
        limits: &BucketLimits,
    ) -> Result<(), Error> {
        caller.allow(Action::WriteBucketSettings, Some(name))?;
        // before it is there, so that no request passes it by
        self.rate_limits.of_buckets.fetch_or(limits.requests.is_some(), Ordering::Relaxed);
        let is_none = *limits == BucketLimits::default();
        let change =
            Change::of_bucket(caller, if is_none { "DeleteBucketLimits" } else { "PutBucketLimits" }, name);
        let beside =
            Beside::new(rate_limit::key, limits.requests.map(rate_limit::encode), summary::rate_limit);
        let in_row = |settings: &mut BucketSettings| settings.quota = limits.quota;
        self.write_beside_and(&change, &beside, Some(&in_row), summary::quota).await
    }
}
