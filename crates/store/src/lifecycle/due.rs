//! What is due on a page, and doing it: in commits of up to 1,000 rows, each of which must still be what was judged.

use domain::lifecycle::Due;
use domain::{DeleteConditions, Error, LifecyclePolicy, ObjectKey, StorageClass, UploadId};
use meta::tables::{object, upload};
use meta::{Check, EngineError, Entry, Page, Version, Write};

use super::LifecycleReport;
use crate::Store;
use crate::buckets::{COMMIT_TRIES, FoundBucket};
use crate::failure::{damaged, engine_failed};
use crate::plan::Plan;
use crate::uploads::UploadEntry;

/// Something that is due.
#[derive(Debug)]
pub(super) struct Task {
    key: ObjectKey,
    /// The row as it was judged.
    version: Version,
    action: Action,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Expire,
    Move,
    Abort(UploadId),
}

/// What became of a commit.
enum Outcome {
    Done,
    TooLarge,
    /// The bucket's settings changed.
    SettingsChanged,
}

impl Store {
    /// What is due on a page. A row that cannot be read is noted and left alone.
    pub(super) async fn due_of(
        &self,
        policy: &LifecyclePolicy,
        page: &Page,
        report: &mut LifecycleReport,
    ) -> Vec<Task> {
        let mut tasks = Vec::new();
        for entry in &page.entries {
            // a thousand rules for a thousand rows are work that others should not have to wait for
            tokio::task::coop::consume_budget().await;
            match self.due(policy, entry).await {
                Ok(task) => tasks.extend(task),
                Err(error) => drop(report.error.get_or_insert(error)),
            }
        }
        tasks
    }

    async fn due(&self, policy: &LifecyclePolicy, entry: &Entry) -> Result<Option<Task>, Error> {
        let Entry::Row { key: row_key, head, version } = entry else { return Ok(None) };
        let now = self.clock.now();
        if row_key.starts_with(&upload::TABLE_PREFIX) {
            let Some(UploadEntry::Upload(found)) = self.upload_entry(entry).await? else { return Ok(None) };
            let key = found.row.key;
            let due = policy.abort_of(&key, found.row.initiated).is_some_and(|(at, _)| at <= now);
            let action = Action::Abort(found.id);
            return Ok(due.then_some(Task { key, version: *version, action }));
        }
        let key = object::object_key_of(row_key).map_err(damaged)?;
        let Some(listed) = self.listed(row_key, key, head, *version).await? else { return Ok(None) };
        let info = listed.info;
        let due = policy.due(&info.key, info.last_modified, info.metadata.storage_class, now);
        let action = match due {
            None => return Ok(None),
            Some(Due::Expire { .. }) => Action::Expire,
            Some(Due::Transition { .. }) => Action::Move,
        };
        Ok(Some(Task { key: info.key, version: info.version, action }))
    }

    /// Does what is due; `false` when the bucket's settings changed before it was done.
    pub(super) async fn carry_out(
        &self,
        bucket: &FoundBucket,
        tasks: Vec<Task>,
        report: &mut LifecycleReport,
    ) -> Result<bool, Error> {
        // on a full disk deletions still work, as long as no commit also has something to write
        let (moves, deletes) = tasks.into_iter().partition(|task| task.action == Action::Move);
        let mut left: Vec<Vec<Task>> = vec![moves, deletes];
        while let Some(mut batch) = left.pop() {
            match self.carry_out_at_once(bucket, &mut batch, report).await? {
                Outcome::Done => {}
                Outcome::SettingsChanged => return Ok(false),
                Outcome::TooLarge => {
                    let second = batch.split_off(batch.len() / 2);
                    left.extend([second, batch]);
                }
            }
        }
        Ok(true)
    }

    async fn carry_out_at_once(
        &self,
        bucket: &FoundBucket,
        batch: &mut Vec<Task>,
        report: &mut LifecycleReport,
    ) -> Result<Outcome, Error> {
        for _ in 0..COMMIT_TRIES {
            let mut plan = Plan::new(self, &report.bucket, bucket);
            // where the checks of each task end
            let mut planned = Vec::with_capacity(batch.len());
            let mut locked = 0;
            for (n, task) in batch.iter().enumerate() {
                let mark = plan.mark();
                match self.plan_task(&mut plan, bucket, task).await {
                    Ok(()) => planned.push((plan.mark().0, n)),
                    Err(Error::ObjectLockedByBucketPolicy { .. } | Error::ObjectLocked { .. }) => {
                        plan.back_to(mark);
                        locked += 1;
                    }
                    Err(error @ Error::Corrupt { .. }) => {
                        plan.back_to(mark);
                        report.error.get_or_insert(error);
                    }
                    Err(error) => return Err(error),
                }
            }
            if planned.is_empty() {
                report.locked += locked;
                return Ok(Outcome::Done);
            }
            match self.engine.commit(plan.batch).await {
                Ok(_) => {
                    self.reclaim_wanted.notify_one();
                    report.locked += locked;
                    planned.iter().for_each(|(_, n)| report.count(batch[*n].action));
                    return Ok(Outcome::Done);
                }
                Err(EngineError::TooLarge(_)) if batch.len() > 1 => return Ok(Outcome::TooLarge),
                Err(EngineError::Conflict { check: 0 }) => return Ok(Outcome::SettingsChanged),
                Err(EngineError::Conflict { check }) => {
                    let of_check = planned.partition_point(|(end, _)| *end <= check);
                    let (_, n) = planned.get(of_check).ok_or_else(|| Error::internal("no such check"))?;
                    batch.remove(*n);
                    report.changed += 1;
                }
                Err(error) => return Err(engine_failed(error)),
            }
        }
        report.changed += batch.len() as u64;
        Ok(Outcome::Done)
    }

    async fn plan_task(&self, plan: &mut Plan, bucket: &FoundBucket, task: &Task) -> Result<(), Error> {
        let Task { key, version, .. } = task;
        let id = bucket.row.id;
        match task.action {
            Action::Expire => {
                plan.batch.checks.push(Check::VersionIs(object::key(id, key), *version));
                self.plan_delete(plan, bucket, key, &DeleteConditions::default()).await.map(drop)
            }
            Action::Move => {
                self.plan_transition(plan, bucket, (key, *version), StorageClass::StandardIa).await
            }
            Action::Abort(upload_id) => {
                let row_key = upload::key(id, key, upload_id);
                plan.batch.checks.push(Check::VersionIs(row_key.clone(), *version));
                let displaced_to = Some(upload::aborted_key(id, upload_id));
                plan.batch.writes.push(Write::Delete { key: row_key, displaced_to });
                Ok(())
            }
        }
    }
}

impl LifecycleReport {
    fn count(&mut self, action: Action) {
        match action {
            Action::Expire => self.expired += 1,
            Action::Move => self.moved += 1,
            Action::Abort(_) => self.aborted += 1,
        }
    }
}
