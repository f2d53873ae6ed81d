//! Jobs at work: what was there is dealt with, what came later is not, whatever happens in between.

use std::sync::Arc;
use std::time::Duration;

use auth::Caller;
use domain::bucket_lock::{BucketLockRule, LockCondition};
use domain::limits::{JOBS_ACTIVE_MAX, JOBS_KEPT_MAX};
use domain::listing::{ListEntry, ListQuery};
use domain::versioning::Versioning;
use domain::{
    BucketLocks, BucketName, ConfigurationError as Fault, Error, Job, JobId, JobKind, JobStatus,
    NotificationAction, ObjectMetadata, QueueName, StorageClass,
};
use meta::EngineError;
use store::{JobQuery, JobRound, JobStep, NewNotification, PutObject};
use testkit::{CommitFate, SeededRandom, SimDisk};

use crate::source::Source;
use crate::world::{World, bucket, pattern};

const SYSTEM: &Caller = &Caller::System;

fn delete(prefix: &str) -> JobKind {
    JobKind::PrefixDelete { prefix: prefix.into() }
}

fn thaw() -> JobKind {
    JobKind::StorageClassMigration { from: StorageClass::StandardIa, to: StorageClass::Standard }
}

impl World {
    async fn start(&self, kind: &JobKind) -> JobId {
        self.store.start_job(SYSTEM, &bucket(), kind).await.expect("starts").id
    }

    async fn work(&self) {
        let mut round = JobRound::default();
        while self.store.work_on_jobs(SYSTEM, &mut round).await.expect("works") != JobStep::Idle {}
    }

    async fn job(&self, id: JobId) -> Job {
        self.store.job(SYSTEM, &bucket(), id).await.expect("is there")
    }

    async fn keys(&self) -> Vec<(String, StorageClass)> {
        let mut query = ListQuery { limit: 1_000, ..ListQuery::default() };
        let mut keys = Vec::new();
        loop {
            let page = self.store.list_objects(SYSTEM, &bucket(), &query).await.expect("lists");
            keys.extend(page.entries.iter().filter_map(|entry| match entry {
                ListEntry::Object(info) => Some((info.key.to_string(), info.metadata.storage_class)),
                ListEntry::Prefix(_) => None,
            }));
            if page.next.is_none() {
                return keys;
            }
            query.after = page.next;
        }
    }

    async fn put_cold(&self, key: &str, size: usize) {
        let metadata =
            ObjectMetadata { storage_class: StorageClass::StandardIa, ..ObjectMetadata::default() };
        let put = PutObject { metadata, ..PutObject::default() };
        self.put_with(key, put, &mut Source::whole(pattern(size, 1))).await.expect("stores");
    }
}

#[tokio::test]
async fn a_prefix_is_deleted_and_what_came_later_stays() {
    let world = World::new().await;
    for key in ["a", "a/1", "a/2", "a/3", "b/1"] {
        world.put(key, pattern(10_000, 1)).await.expect("stores");
    }
    let id = world.start(&delete("a/")).await;
    let job = world.job(id).await;
    assert_eq!((job.status, job.done, job.finished), (JobStatus::Enqueued, 0, None));
    // both are uploads after the start: a new key, and a new object of an old one
    world.put("a/4", "later").await.expect("stores");
    world.put("a/2", "later").await.expect("stores");
    world.work().await;
    let job = world.job(id).await;
    assert_eq!((job.status, job.done, job.locked), (JobStatus::Completed, 2, 0));
    assert!(job.finished.is_some());
    let keys: Vec<String> = world.keys().await.into_iter().map(|(key, _)| key).collect();
    assert_eq!(keys, ["a", "a/2", "a/4", "b/1"]);
    assert_eq!(world.get("a/2").await.expect("reads"), b"later");
    world.reclaim().await.expect("reclaims");
    assert_eq!(world.blob_ids().await.len(), 2, "what was deleted holds no bytes");
}

#[tokio::test]
async fn a_job_goes_on_in_steps_across_restarts() {
    let random = Arc::new(SeededRandom::new(5));
    let disk = SimDisk::new();
    let mut world = World::on_disk(&disk, random).await.expect("opens");
    world.store.create_bucket(SYSTEM, &bucket(), None).await.expect("creates");
    for n in 0..2_100 {
        world.put(&format!("{n:04}"), "x").await.expect("stores");
    }
    let id = world.start(&delete("")).await;
    let step = world.store.work_on_jobs(SYSTEM, &mut JobRound::default()).await;
    assert_eq!(step, Ok(JobStep::Worked));
    let job = world.job(id).await;
    assert_eq!((job.status, job.done), (JobStatus::Running, 1_000));
    assert_eq!(world.keys().await.len(), 1_100, "one step, one commit");
    world.restart().await;
    world.put("0000", "after the restart").await.expect("stores");
    world.engine.plan(|_| CommitFate::Refused(EngineError::Full));
    let refused = world.store.work_on_jobs(SYSTEM, &mut JobRound::default()).await;
    world.engine.clear_plan();
    assert_eq!(refused, Err(Error::InsufficientStorage));
    assert_eq!(world.job(id).await.done, 1_000, "nothing happened");
    world.work().await;
    let job = world.job(id).await;
    assert_eq!((job.status, job.done), (JobStatus::Completed, 2_100));
    assert_eq!(world.keys().await.len(), 1);
}

#[tokio::test]
async fn a_lock_keeps_what_it_covers_and_the_job_says_so() {
    let world = World::new().await;
    for key in ["free/1", "kept/1", "kept/2", "z"] {
        world.put(key, "x").await.expect("stores");
    }
    let rule = BucketLockRule {
        id: "keep".into(),
        enabled: true,
        prefix: "kept/".into(),
        condition: LockCondition::Indefinite,
    };
    let locks = BucketLocks::new(vec![rule]).expect("valid");
    world.store.put_bucket_locks(SYSTEM, &bucket(), &locks).await.expect("sets");
    let id = world.start(&delete("")).await;
    world.work().await;
    let job = world.job(id).await;
    assert_eq!((job.status, job.done, job.locked), (JobStatus::Failed, 2, 2));
    assert_eq!(world.keys().await.len(), 2);
}

#[tokio::test]
async fn a_storage_class_is_left() {
    let world = World::new().await;
    // more than one commit may move, small enough to lie in rows
    for n in 0..20 {
        world.put_cold(&format!("{n:02}"), 3_000).await;
    }
    world.put_cold("large", 100_000).await;
    world.put("warm", "x").await.expect("stores");
    let before = world.get("large").await.expect("reads");
    let id = world.start(&thaw()).await;
    world.put_cold("later", 10).await;
    world.work().await;
    let job = world.job(id).await;
    assert_eq!((job.status, job.done), (JobStatus::Completed, 21));
    let cold: Vec<String> = world
        .keys()
        .await
        .into_iter()
        .filter(|(_, class)| *class == StorageClass::StandardIa)
        .map(|(key, _)| key)
        .collect();
    assert_eq!(cold, ["later"]);
    assert_eq!(world.get("large").await.expect("reads"), before);
    assert_eq!(world.get("07").await.expect("reads").len(), 3_000);
}

#[tokio::test]
async fn with_versions_a_marker_comes_on_top() {
    let world = World::new().await;
    world.put("old", "stored without versions").await.expect("stores");
    world.store.put_versioning(SYSTEM, &bucket(), Versioning::Enabled).await.expect("sets");
    world.put("new", "x").await.expect("stores");
    let id = world.start(&delete("")).await;
    world.work().await;
    assert_eq!((world.job(id).await.status, world.job(id).await.done), (JobStatus::Completed, 2));
    assert!(world.keys().await.is_empty());
    assert_eq!(world.rows("v").await, 4, "two versions and two markers");
}

#[tokio::test]
async fn an_object_that_changes_while_it_is_judged_is_left_alone() {
    let world = World::new().await;
    for key in ["1", "2", "3"] {
        world.put(key, "old").await.expect("stores");
    }
    let id = world.start(&delete("")).await;
    // the step reads its page, then waits for the commit, which the other request overtakes
    let mut round = JobRound::default();
    let (step, put) = tokio::join!(world.store.work_on_jobs(SYSTEM, &mut round), world.put("2", "new"));
    step.expect("works");
    put.expect("stores");
    world.work().await;
    assert_eq!(world.job(id).await.status, JobStatus::Completed);
    let left = world.keys().await;
    assert!(left.len() <= 1 && left.iter().all(|(key, _)| key == "2"), "{left:?}");
}

#[tokio::test]
async fn jobs_are_bounded_take_turns_and_are_remembered() {
    let world = World::new().await;
    world.put("a/1", "x").await.expect("stores");
    let mut ids = Vec::new();
    for _ in 0..JOBS_ACTIVE_MAX {
        world.clock.advance(Duration::from_millis(1));
        ids.push(world.start(&delete("a/")).await);
    }
    let more = world.store.start_job(SYSTEM, &bucket(), &thaw()).await;
    assert_eq!(more, Err(Error::Configuration(Fault::TooManyJobs)));
    world.work().await;
    world.clock.advance(Duration::from_millis(1));
    let newest = world.start(&thaw()).await;
    let all = JobQuery { limit: JOBS_KEPT_MAX + 1, ..JobQuery::default() };
    let (jobs, more) = world_list(&world, all).await;
    assert_eq!((jobs.len(), more, jobs[0].id), (JOBS_KEPT_MAX, false, newest), "the oldest made room");
}

async fn world_list(world: &World, query: JobQuery) -> (Vec<Job>, bool) {
    world.store.list_jobs(SYSTEM, &bucket(), &query).await.expect("lists")
}

#[tokio::test]
async fn jobs_are_listed_by_kind_and_status() {
    let world = World::new().await;
    let mut ids = Vec::new();
    for kind in [delete("a/"), thaw(), delete("b/")] {
        world.clock.advance(Duration::from_millis(1));
        ids.push(world.start(&kind).await);
    }
    let listed = |query: JobQuery| {
        let world = &world;
        async move {
            let (jobs, more) = world_list(world, query).await;
            (jobs.into_iter().map(|job| job.id).collect::<Vec<_>>(), more)
        }
    };
    let all = JobQuery { limit: 10, ..JobQuery::default() };
    assert_eq!(listed(all.clone()).await, (vec![ids[2], ids[1], ids[0]], false));
    assert_eq!(listed(JobQuery { limit: 2, ..all.clone() }).await, (vec![ids[2], ids[1]], true));
    assert_eq!(listed(JobQuery { before: Some(ids[1]), ..all.clone() }).await, (vec![ids[0]], false));
    assert_eq!(listed(JobQuery { deletes: Some(false), ..all.clone() }).await, (vec![ids[1]], false));
    let running = JobQuery { status: Some(JobStatus::Running), ..all.clone() };
    assert_eq!(listed(running).await, (Vec::new(), false));
    world.work().await;
    let over = JobQuery { status: Some(JobStatus::Completed), ..all };
    assert_eq!(listed(over).await.0.len(), 3);
    let missing = world.store.job(SYSTEM, &bucket(), JobId([9; 16])).await;
    assert_eq!(missing, Err(Error::Configuration(Fault::NoSuchJob)));
}

#[tokio::test]
async fn a_bucket_that_tells_is_not_emptied_and_one_that_is_gone_ends_its_jobs() {
    let world = World::new().await;
    let store = &world.store;
    let queue = store.create_queue(SYSTEM, &QueueName::parse("q").expect("valid")).await.expect("creates");
    let rule = NewNotification {
        actions: vec![NotificationAction::PutObject],
        prefix: String::new(),
        suffix: String::new(),
        description: String::new(),
    };
    store.add_notifications(SYSTEM, &bucket(), &queue.id, &[rule]).await.expect("adds");
    let refused = store.start_job(SYSTEM, &bucket(), &delete("")).await;
    assert_eq!(refused, Err(Error::Configuration(Fault::NotificationsConfigured)));
    world.start(&delete("a/")).await;
    store.delete_bucket(SYSTEM, &bucket()).await.expect("deletes");
    store.create_bucket(SYSTEM, &bucket(), None).await.expect("creates");
    world.put("a/1", "of the new bucket").await.expect("stores");
    let step = store.work_on_jobs(SYSTEM, &mut JobRound::default()).await;
    assert_eq!(step, Ok(JobStep::Ended { bucket: bucket(), job: None }));
    world.work().await;
    assert_eq!(world.keys().await.len(), 1);
    let missing = BucketName::parse("no-such-bucket").expect("valid");
    let nowhere = store.start_job(SYSTEM, &missing, &thaw()).await;
    assert_eq!(nowhere, Err(Error::NoSuchBucket { bucket: missing }));
}

/// The power goes at every operation of the disk: what was asked for is done to its end, each object once, and what came
/// later is there.
#[tokio::test]
async fn the_power_goes_during_a_job() {
    const OBJECTS: u64 = 5;
    for ops in 0.. {
        let disk = SimDisk::new();
        disk.fail_after_ops(ops);
        let (mut asked, mut later) = (None, false);
        if let Some(world) = World::on_disk(&disk, Arc::new(SeededRandom::new(7))).await {
            let _ = world.store.create_bucket(SYSTEM, &bucket(), None).await;
            for n in 0..OBJECTS {
                let _ = world.put(&format!("a/{n}"), pattern(6_000, n)).await;
            }
            asked = world.store.start_job(SYSTEM, &bucket(), &delete("a/")).await.ok();
            later = world.put("a/later", "x").await.is_ok();
            let mut round = JobRound::default();
            while matches!(world.store.work_on_jobs(SYSTEM, &mut round).await, Ok(step) if step != JobStep::Idle)
            {
            }
        }
        let lasted = !disk.is_power_gone();
        let disk = disk.power_cut(&SeededRandom::new(ops));
        let world = World::on_disk(&disk, Arc::new(SeededRandom::new(8))).await.expect("opens");
        world.work().await;
        if let Some(job) = asked {
            let job = world.job(job.id).await;
            assert_eq!((job.status, job.done), (JobStatus::Completed, OBJECTS), "after {ops} operations");
            let keys: Vec<String> = world.keys().await.into_iter().map(|(key, _)| key).collect();
            assert!(keys.iter().all(|key| key == "a/later"), "{keys:?} after {ops} operations");
            assert!(!later || keys.len() == 1, "an acknowledged upload is gone after {ops} operations");
        }
        world.reclaim().await.expect("reclaims");
        if lasted {
            assert!(ops > 30, "{ops} operations were enough");
            return;
        }
    }
}
