//! Doing what jobs ask for: a page of rows at a time, in one commit with the job's own row, so that it counts what happened
//! and goes on from there, whatever happens in between. What was written after a job was asked for is not its concern: the
//! commit that wrote a row tells.

use auth::{Action, Caller};
use domain::{BucketName, DeleteConditions, Error, Job, JobKind, JobStatus, ObjectKey};
use meta::tables::job::{self, ActiveJob, JobRow};
use meta::tables::object;
use meta::{Check, EngineError, Entry, Page, Scan, Version};

use crate::buckets::{COMMIT_TRIES, FoundBucket};
use crate::failure::{damaged, engine_failed};
use crate::plan::Plan;
use crate::{Store, put_row};

/// Rows that one step looks at.
const STEP_ROWS: u32 = 1_000;

/// Whose turn it is: each step is another job's.
#[derive(Debug, Default)]
pub struct JobRound {
    turn: usize,
}

/// What one step came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobStep {
    /// There is no job.
    Idle,
    /// A job is further on.
    Worked,
    /// A job is over.
    Ended {
        /// Its bucket.
        bucket: BucketName,
        /// The job; `None` when it ended with its bucket.
        job: Option<Job>,
    },
}

/// A job's step under way.
struct Work<'a> {
    active: &'a ActiveJob,
    bucket: FoundBucket,
    /// The version of the job's row.
    version: Version,
    row: JobRow,
    tasks: Vec<Task>,
    is_last: bool,
}

/// A row to deal with.
struct Task {
    /// The object's key; `None` for a row that is damaged.
    key: Option<ObjectKey>,
    /// Its row's version as it was judged.
    version: Version,
    /// Where the next row begins.
    next: Vec<u8>,
}

/// What became of a commit.
enum Outcome {
    Done(JobRow),
    /// The bucket or the job changed: look at the page again.
    Again,
    TooLarge,
}

impl Store {
    /// Does a step of the job whose turn it is: up to 1,000 rows, one commit.
    ///
    /// # Errors
    /// [`Error::AccessDenied`]; any error of the engine: the job goes on when it has its turn again.
    ///
    /// Cancel safety: may be dropped at any point; the step is done wholly or not at all.
    pub async fn work_on_jobs(&self, caller: &Caller, round: &mut JobRound) -> Result<JobStep, Error> {
        caller.allow(Action::Reclaim, None)?;
        let (active, _) = self.read_checked(job::active_key(), job::decode_active).await?;
        let Some(turn) = round.turn.checked_rem(active.len()) else { return Ok(JobStep::Idle) };
        let Some(job) = active.get(turn) else { return Ok(JobStep::Idle) };
        round.turn = turn + 1;
        self.step_of(job).await
    }

    /// Waits until a job is asked for.
    ///
    /// # Errors
    /// [`Error::AccessDenied`].
    pub async fn job_wanted(&self, caller: &Caller) -> Result<(), Error> {
        caller.allow(Action::Reclaim, None)?;
        self.jobs_wanted.notified().await;
        Ok(())
    }

    async fn step_of(&self, active: &ActiveJob) -> Result<JobStep, Error> {
        let bucket = match self.find_bucket(&active.bucket).await {
            Ok(bucket) if bucket.row.id == active.bucket_id => bucket,
            // deleted meanwhile, and perhaps made again
            Ok(_) | Err(Error::NoSuchBucket { .. }) => return self.forget(active).await,
            Err(error) => return Err(error),
        };
        let key = job::key(active.bucket_id, active.id);
        let Some(found) = self.engine.get(&key).await.map_err(engine_failed)? else {
            return self.forget(active).await;
        };
        let mut row = JobRow::decode(active.id, &found.value).map_err(damaged)?;
        if row.job.status == JobStatus::Enqueued {
            row.job.status = JobStatus::Running;
            row.asked = found.version;
        }
        let prefix = match &row.job.kind {
            JobKind::PrefixDelete { prefix } => prefix,
            JobKind::StorageClassMigration { .. } => "",
        };
        let mut range = object::prefix_range(active.bucket_id, prefix);
        range.start = range.start.max(row.next.clone());
        let scan = Scan { range, limit: STEP_ROWS, fold: None };
        let page = self.engine.scan(scan).await.map_err(engine_failed)?;
        let version = found.version;
        let mut work = Work { active, bucket, version, row, tasks: Vec::new(), is_last: !page.more };
        self.choose_tasks(&mut work, &page).await?;
        loop {
            match self.carry_out_step(&mut work).await? {
                Outcome::Again => return Ok(JobStep::Worked),
                Outcome::Done(row) if row.job.status.is_over() => {
                    self.reclaim_wanted.notify_one();
                    return Ok(JobStep::Ended { bucket: active.bucket.clone(), job: Some(row.job) });
                }
                Outcome::Done(_) => {
                    self.reclaim_wanted.notify_one();
                    return Ok(JobStep::Worked);
                }
                Outcome::TooLarge => {
                    work.tasks.truncate(work.tasks.len() / 2);
                    work.go_on_after_tasks();
                }
            }
        }
    }

    /// Finds what a page has to be dealt with.
    async fn choose_tasks(&self, work: &mut Work<'_>, page: &Page) -> Result<(), Error> {
        for entry in &page.entries {
            // others should not have to wait for a thousand rows
            tokio::task::coop::consume_budget().await;
            let Entry::Row { key: row_key, head, version } = entry else { continue };
            let next = [&row_key[..], &[0]].concat();
            let listed = match object::object_key_of(row_key).map_err(damaged) {
                Ok(key) => self.listed(row_key, key, head, *version).await,
                Err(error) => Err(error),
            };
            match listed {
                Ok(Some(listed)) if work.concerns(&listed.info) => {
                    let key = Some(listed.info.key);
                    work.tasks.push(Task { key, version: *version, next: next.clone() });
                }
                Ok(_) => {}
                Err(Error::Corrupt { .. }) => {
                    work.tasks.push(Task { key: None, version: *version, next: next.clone() });
                }
                Err(error) => return Err(error),
            }
            work.row.next = next;
        }
        Ok(())
    }

    async fn carry_out_step(&self, work: &mut Work<'_>) -> Result<Outcome, Error> {
        for _ in 0..COMMIT_TRIES {
            let mut row = work.row.clone();
            let mut plan = Plan::new(self, &work.active.bucket, &work.bucket);
            let job_key = job::key(work.active.bucket_id, work.active.id);
            let same_job = plan.mark().0;
            plan.batch.checks.push(Check::VersionIs(job_key.clone(), work.version));
            // where the checks of each task end
            let mut planned = Vec::with_capacity(work.tasks.len());
            for (n, task) in work.tasks.iter().enumerate() {
                let mark = plan.mark();
                match self.plan_task_of(&mut plan, &work.bucket, &row.job.kind, task).await {
                    Ok(()) => planned.push((plan.mark().0, n)),
                    Err(Error::ObjectLockedByBucketPolicy { .. } | Error::ObjectLocked { .. }) => {
                        plan.back_to(mark);
                        row.job.locked += 1;
                    }
                    Err(Error::Corrupt { .. }) => {
                        plan.back_to(mark);
                        row.job.damaged += 1;
                    }
                    Err(error) => return Err(error),
                }
            }
            row.job.done += planned.len() as u64;
            if work.is_last {
                self.plan_end(&mut plan, work.active, &mut row).await?;
            }
            plan.batch.writes.push(put_row(job_key, row.encode()));
            match self.engine.commit(plan.batch).await {
                Ok(_) => return Ok(Outcome::Done(row)),
                Err(EngineError::TooLarge(_)) if work.tasks.len() > 1 => return Ok(Outcome::TooLarge),
                Err(EngineError::Conflict { check }) if check == 0 || check == same_job => {
                    return Ok(Outcome::Again);
                }
                Err(EngineError::Conflict { check }) => {
                    let of_check = planned.partition_point(|(end, _)| *end <= check);
                    // one that changed is no longer what was there; or another job came or went
                    if let Some((_, n)) = planned.get(of_check) {
                        work.tasks.remove(*n);
                    }
                }
                Err(error) => return Err(engine_failed(error)),
            }
        }
        Ok(Outcome::Again)
    }

    async fn plan_task_of(
        &self,
        plan: &mut Plan,
        bucket: &FoundBucket,
        kind: &JobKind,
        task: &Task,
    ) -> Result<(), Error> {
        let Task { key, version, .. } = task;
        let key = key.as_ref().ok_or_else(|| Error::Corrupt { context: "an object's row".to_owned() })?;
        match kind {
            JobKind::PrefixDelete { .. } => {
                plan.batch.checks.push(Check::VersionIs(object::key(bucket.row.id, key), *version));
                self.plan_delete(plan, bucket, key, &DeleteConditions::default()).await.map(drop)
            }
            JobKind::StorageClassMigration { to, .. } => {
                self.plan_transition(plan, bucket, (key, *version), *to).await
            }
        }
    }

    /// Adds that the job is over.
    async fn plan_end(&self, plan: &mut Plan, active: &ActiveJob, row: &mut JobRow) -> Result<(), Error> {
        let all_done = row.job.locked + row.job.damaged == 0;
        row.job.status = if all_done { JobStatus::Completed } else { JobStatus::Failed };
        row.job.finished = Some(self.clock.now());
        let (mut jobs, unchanged) = self.read_checked(job::active_key(), job::decode_active).await?;
        jobs.retain(|job| job != active);
        plan.batch.checks.push(unchanged);
        plan.batch.writes.push(put_row(job::active_key(), job::encode_active(&jobs)));
        Ok(())
    }

    /// Takes a job whose bucket is gone from those under way.
    async fn forget(&self, active: &ActiveJob) -> Result<JobStep, Error> {
        for _ in 0..COMMIT_TRIES {
            let (mut jobs, unchanged) = self.read_checked(job::active_key(), job::decode_active).await?;
            jobs.retain(|job| job != active);
            match self
                .commit(vec![unchanged], vec![put_row(job::active_key(), job::encode_active(&jobs))])
                .await
            {
                Ok(_) => return Ok(JobStep::Ended { bucket: active.bucket.clone(), job: None }),
                Err(EngineError::Conflict { .. }) => {}
                Err(error) => return Err(engine_failed(error)),
            }
        }
        Err(Error::SlowDown)
    }
}

impl Work<'_> {
    /// Whether an object was there when the job was asked for, and is one of those that it is about.
    fn concerns(&self, info: &domain::ObjectInfo) -> bool {
        let is_meant = match &self.row.job.kind {
            JobKind::PrefixDelete { .. } => true,
            JobKind::StorageClassMigration { from, .. } => info.metadata.storage_class == *from,
        };
        is_meant && info.version < self.row.asked
    }

    /// Leaves the rest of the page for the next step.
    fn go_on_after_tasks(&mut self) {
        self.is_last = false;
        if let Some(last) = self.tasks.last() {
            self.row.next.clone_from(&last.next);
        }
    }
}
