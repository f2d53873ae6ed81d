//! What buckets' lifecycle policies ask for: objects expire, move to another storage class, and uploads that nobody completes
//! are aborted. One round goes through every bucket in small steps, so that whoever paces them decides what requests feel of
//! it; it reads heads of rows, and only under the prefixes of rules. What is due is `domain`'s to say, what a deletion leaves
//! behind and which locks forbid it the plan's.

mod due;

use std::collections::HashMap;

use auth::{Action, Caller};
use domain::{BucketName, Error, LifecyclePolicy, Timestamp};
use meta::tables::bucket::{self, BucketId, BucketRow};
use meta::tables::{object, upload};
use meta::{Entry, KeyRange, Scan, Version};

use crate::Store;
use crate::failure::{damaged, engine_failed};

/// Rows that one step reads.
const STEP_ROWS: u32 = 1_000;
/// Bucket rows that are read at once.
const BUCKETS_PAGE: u32 = 1_000;

/// Where a round is, and what later rounds need not look at again. It holds nothing that must be kept: a new one begins at
/// the first bucket.
#[derive(Debug, Default)]
pub struct LifecycleRound {
    /// Buckets up to this name have had their turn.
    after: Option<BucketName>,
    /// The bucket that is being gone through.
    place: Option<Place>,
    settled: HashMap<BucketId, Settled>,
}

/// A bucket in which nothing more becomes due for a while: ages and dates end at midnight.
#[derive(Debug)]
struct Settled {
    /// Its row, which changes with its policy.
    version: Version,
    until: Timestamp,
}

#[derive(Debug)]
struct Place {
    id: BucketId,
    version: Version,
    begun: Timestamp,
    /// The first row that is not yet looked at.
    start: Vec<u8>,
    report: LifecycleReport,
}

/// What one step came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LifecycleStep {
    /// There is more to look at in this bucket.
    More,
    /// A bucket had its turn.
    Bucket(LifecycleReport),
    /// Every bucket had its turn; the next step begins another round.
    Over,
}

/// What became of one bucket in one round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LifecycleReport {
    /// The bucket.
    pub bucket: BucketName,
    /// Rows that were looked at.
    pub rows: u64,
    /// Objects that were deleted.
    pub expired: u64,
    /// Objects that moved to another storage class.
    pub moved: u64,
    /// Uploads that were aborted.
    pub aborted: u64,
    /// Objects that are due, and that a lock keeps.
    pub locked: u64,
    /// What was due and changed meanwhile: it is judged again in the next round.
    pub changed: u64,
    /// The first failure; what it left undone is tried again in the next round.
    pub error: Option<Error>,
}

impl Store {
    /// Does a little of what lifecycle policies ask for, from where `round` is: it looks at up to 1,000 rows, and deals with
    /// those that are due. A bucket that fails does not keep the others waiting.
    ///
    /// # Errors
    /// [`Error::AccessDenied`]; any error of the engine while it looks for the next bucket, from where it may be called again.
    ///
    /// Cancel safety: may be dropped at any point; the bucket then waits for the next round.
    ///
    /// Spec: R2 docs, object lifecycles, behavior; Amazon S3 user guide, expiring objects (a bucket with versions).
    pub async fn apply_lifecycle(
        &self,
        caller: &Caller,
        round: &mut LifecycleRound,
    ) -> Result<LifecycleStep, Error> {
        caller.allow(Action::Reclaim, None)?;
        let place = match round.place.take() {
            Some(place) => Some(place),
            None => self.next_unsettled(round).await?,
        };
        let Some(mut place) = place else {
            let now = self.clock.now();
            round.settled.retain(|_, settled| now < settled.until);
            return Ok(LifecycleStep::Over);
        };
        match self.step(&mut place).await {
            Ok(true) => {
                round.place = Some(place);
                return Ok(LifecycleStep::More);
            }
            Ok(false) => {}
            Err(error) => drop(place.report.error.get_or_insert(error)),
        }
        if place.report.is_settled() {
            let until = place.begun.next_midnight();
            round.settled.insert(place.id, Settled { version: place.version, until });
        }
        Ok(LifecycleStep::Bucket(place.report))
    }

    /// The next bucket in order of name that may have something to do.
    async fn next_unsettled(&self, round: &mut LifecycleRound) -> Result<Option<Place>, Error> {
        let now = self.clock.now();
        loop {
            let mut range = KeyRange::prefix(&bucket::table_prefix());
            if let Some(after) = &round.after {
                range.start = [bucket::key(after), vec![0]].concat();
            }
            let scan = Scan { range, limit: BUCKETS_PAGE, fold: None };
            let page = self.engine.scan(scan).await.map_err(engine_failed)?;
            for entry in &page.entries {
                let Entry::Row { key, head, version } = entry else { continue };
                let name =
                    bucket::name_of(key).ok_or_else(|| Error::internal("a bucket row without a name"))?;
                round.after = Some(name.clone());
                let id = BucketRow::decode_listed(head).map_err(damaged)?.id;
                let is_settled = |s: &Settled| s.version == *version && now < s.until;
                if !round.settled.get(&id).is_some_and(is_settled) {
                    let report = LifecycleReport::new(name);
                    return Ok(Some(Place { id, version: *version, begun: now, start: Vec::new(), report }));
                }
            }
            if !page.more {
                round.after = None;
                return Ok(None);
            }
        }
    }

    /// Deals with one page of a bucket; `false` when that was the last.
    async fn step(&self, place: &mut Place) -> Result<bool, Error> {
        let bucket = match self.find_bucket(&place.report.bucket).await {
            Ok(bucket) if bucket.row.id == place.id => bucket,
            // deleted meanwhile, and perhaps made again
            Ok(_) | Err(Error::NoSuchBucket { .. }) => return Ok(false),
            Err(error) => return Err(error),
        };
        let policy = self.lifecycle_of(place.id).await?;
        let Some(range) = next_range(&policy, place.id, &place.start) else { return Ok(false) };
        let scan = Scan { range: range.clone(), limit: STEP_ROWS, fold: None };
        let page = self.engine.scan(scan).await.map_err(engine_failed)?;
        let due = self.due_of(&policy, &page, &mut place.report).await;
        if !self.carry_out(&bucket, due, &mut place.report).await? {
            // the settings changed: look at the page again, by what they are now
            return Ok(true);
        }
        place.report.rows += page.entries.len() as u64;
        place.start = match page.entries.last() {
            Some(Entry::Row { key, .. }) if page.more => [key, [0].as_slice()].concat(),
            _ => match range.end {
                Some(end) => end,
                None => return Ok(false),
            },
        };
        Ok(true)
    }
}

impl LifecycleReport {
    fn new(bucket: BucketName) -> Self {
        let (rows, expired, moved, aborted, locked, changed) = (0, 0, 0, 0, 0, 0);
        Self { bucket, rows, expired, moved, aborted, locked, changed, error: None }
    }

    /// Whether nothing that was due is left.
    fn is_settled(&self) -> bool {
        self.locked == 0 && self.changed == 0 && self.error.is_none()
    }
}

/// The next stretch of rows that rules are about, from `start` on: objects, then uploads.
fn next_range(policy: &LifecyclePolicy, id: BucketId, start: &[u8]) -> Option<KeyRange> {
    let rules = policy.rules().iter().filter(|rule| rule.enabled);
    let ranges = rules.flat_map(|rule| {
        let objects = rule.expiration.is_some() || rule.transition.is_some();
        let objects = objects.then(|| object::prefix_range(id, &rule.prefix));
        let uploads = rule.abort_uploads_seconds.map(|_| upload::prefix_range(id, &rule.prefix));
        objects.into_iter().chain(uploads)
    });
    let ahead = ranges.filter(|range| range.end.as_deref().is_none_or(|end| start < end));
    let from_here = ahead.map(|range| KeyRange { start: range.start.max(start.to_vec()), end: range.end });
    // the widest of those that begin first: the others lie in it, or come later
    from_here.min_by(|a, b| {
        let wider = match (&a.end, &b.end) {
            (Some(a), Some(b)) => b.cmp(a),
            (a, b) => a.is_some().cmp(&b.is_some()),
        };
        a.start.cmp(&b.start).then(wider)
    })
}
