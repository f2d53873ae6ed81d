//! Jobs: asked for and looked up. Each has a row, which says where it stands; those under way are listed in one row, from which
//! the work goes on after a restart (`jobs/work.rs`).

mod work;

use auth::{Action, Caller};
use domain::audit::Verb;
use domain::limits::{JOBS_ACTIVE_MAX, JOBS_KEPT_MAX};
use domain::{BucketName, ConfigurationError, Error, Job, JobId, JobKind, JobStatus};
use meta::engine::SCAN_MAX_ENTRIES;
use meta::tables::bucket::{self, BucketId};
use meta::tables::configuration as rows;
use meta::tables::job::{self, ActiveJob, JobRow};
use meta::tables::setting::{self, Kind};
use meta::{Check, EngineError, Entry, KeyRange, Scan};

use crate::audit::{Change, summary};
use crate::buckets::COMMIT_TRIES;
use crate::failure::{damaged, engine_failed};
use crate::{Store, delete_row, put_row};

pub use work::{JobRound, JobStep};

/// Which of a bucket's jobs are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobQuery {
    /// Only those that delete, or only those that move; both when `None`.
    pub deletes: Option<bool>,
    /// Only those that stand there.
    pub status: Option<JobStatus>,
    /// Only those that are older than this.
    pub before: Option<JobId>,
    /// Most jobs.
    pub limit: usize,
}

impl Store {
    /// Asks for a job on the objects that a bucket has now. It is done behind the requests, in small steps.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::NoSuchBucket`]; [`ConfigurationError::NotificationsConfigured`] for one that would
    /// empty a bucket with event notifications, [`ConfigurationError::TooManyJobs`]; any error of the engine.
    pub async fn start_job(&self, caller: &Caller, name: &BucketName, kind: &JobKind) -> Result<Job, Error> {
        caller.allow(Action::WriteBucketSettings, Some(name))?;
        let (status, created) = (JobStatus::Enqueued, self.clock.now());
        let (finished, done, locked, damaged) = (None, 0, 0, 0);
        let id = self.new_job_id();
        let job = Job { id, kind: kind.clone(), status, created, finished, done, locked, damaged };
        let row = JobRow { job, asked: 0, next: Vec::new() };
        let change = Change::of_bucket(caller, "CreateJob", name).with_verb(Verb::Create);
        for _ in 0..COMMIT_TRIES {
            let bucket = self.find_bucket(name).await?;
            let bucket_id = bucket.row.id;
            let rules = setting::key(bucket_id, Kind::Notifications);
            let (rules, same_rules) = self.read_checked(rules, rows::decode_notifications).await?;
            let empties = matches!(kind, JobKind::PrefixDelete { prefix } if prefix.is_empty());
            if empties && !rules.is_empty() {
                return Err(ConfigurationError::NotificationsConfigured.into());
            }
            let (mut active, same_active) = self.read_checked(job::active_key(), job::decode_active).await?;
            if active.len() >= JOBS_ACTIVE_MAX {
                return Err(ConfigurationError::TooManyJobs.into());
            }
            active.push(ActiveJob { bucket_id, bucket: name.clone(), id });
            let mut writes = vec![
                put_row(job::key(bucket_id, id), row.encode()),
                put_row(job::active_key(), job::encode_active(&active)),
                self.audit_row(&change, None, Some(summary::job(kind))),
            ];
            let kept = self.jobs_of(bucket_id).await?;
            if kept.len() >= JOBS_KEPT_MAX
                && let Some(old) = kept.iter().find(|job| job.status.is_over())
            {
                writes.push(delete_row(job::key(bucket_id, old.id)));
            }
            let same_bucket = Check::VersionIs(bucket::key(name), bucket.version);
            match self.commit(vec![same_bucket, same_active, same_rules], writes).await {
                Ok(_) => {
                    self.jobs_wanted.notify_one();
                    return Ok(row.job);
                }
                Err(EngineError::Conflict { .. }) => {}
                Err(error) => return Err(engine_failed(error)),
            }
        }
        Err(Error::SlowDown)
    }

    /// One job of a bucket.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::NoSuchBucket`]; [`ConfigurationError::NoSuchJob`]; any error of the engine.
    pub async fn job(&self, caller: &Caller, name: &BucketName, id: JobId) -> Result<Job, Error> {
        caller.allow(Action::ReadBucketSettings, Some(name))?;
        let key = job::key(self.find_bucket(name).await?.row.id, id);
        let row = self.engine.get(&key).await.map_err(engine_failed)?;
        let row = row.ok_or(ConfigurationError::NoSuchJob)?;
        Ok(JobRow::decode(id, &row.value).map_err(damaged)?.job)
    }

    /// A bucket's jobs that are remembered, the newest first, and whether there are more.
    ///
    /// # Errors
    /// [`Error::AccessDenied`], [`Error::NoSuchBucket`]; any error of the engine.
    pub async fn list_jobs(
        &self,
        caller: &Caller,
        name: &BucketName,
        query: &JobQuery,
    ) -> Result<(Vec<Job>, bool), Error> {
        caller.allow(Action::ReadBucketSettings, Some(name))?;
        let mut jobs = self.jobs_of(self.find_bucket(name).await?.row.id).await?;
        jobs.reverse();
        jobs.retain(|job| {
            let deletes = matches!(job.kind, JobKind::PrefixDelete { .. });
            query.deletes.is_none_or(|wanted| wanted == deletes)
                && query.status.is_none_or(|status| status == job.status)
                && query.before.is_none_or(|before| job.id < before)
        });
        let more = jobs.len() > query.limit;
        jobs.truncate(query.limit);
        Ok((jobs, more))
    }

    /// The oldest first.
    async fn jobs_of(&self, bucket: BucketId) -> Result<Vec<Job>, Error> {
        let range = KeyRange::prefix(&job::bucket_prefix(bucket));
        let scan = Scan { range, limit: SCAN_MAX_ENTRIES, fold: None };
        let page = self.engine.scan(scan).await.map_err(engine_failed)?;
        let mut jobs = Vec::with_capacity(page.entries.len());
        for entry in &page.entries {
            let Entry::Row { key, .. } = entry else { continue };
            // gone between the two reads
            let Some(row) = self.engine.get(key).await.map_err(engine_failed)? else { continue };
            let id = job::id_of(key).map_err(damaged)?;
            jobs.push(JobRow::decode(id, &row.value).map_err(damaged)?.job);
        }
        Ok(jobs)
    }

    fn new_job_id(&self) -> JobId {
        // of the same make as an upload's: its time, then random bytes
        JobId(self.new_upload_id().0)
    }
}
