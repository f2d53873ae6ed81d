//! What goes on behind the requests: the log's upkeep, reclaim of displaced bodies, the sweep of orphans, and what lifecycle
//! policies and jobs ask for.

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;
use std::{io, thread};

use auth::Caller;
use domain::Job;
use meta_embedded::EmbeddedEngine;
use store::{JobRound, JobStep, LifecycleReport, LifecycleRound, LifecycleStep, Store};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Pause between two looks at the log.
const LOG_PERIOD: Duration = Duration::from_millis(500);
/// Pause between two pieces of upkeep while there is more to do: it bounds the rate at which compaction copies.
const LOG_STEP: Duration = Duration::from_millis(50);

/// Pause between two rounds of lifecycle policies: they count in days, and a round that finds nothing new costs little.
const LIFECYCLE_PERIOD: Duration = Duration::from_secs(60 * 60);
/// Pause between two steps of a round, of up to 1,000 rows each: it leaves the disk and the processors to requests.
const LIFECYCLE_STEP: Duration = Duration::from_millis(10);
/// Pause after a round in which something failed; it doubles up to [`LIFECYCLE_PERIOD`].
const LIFECYCLE_RETRY: Duration = Duration::from_secs(60);

/// Pause between two steps of jobs, as between those of a round.
const JOB_STEP: Duration = Duration::from_millis(10);
/// Pause after a step that failed.
const JOB_RETRY: Duration = Duration::from_secs(10);

/// Starts the workers; they end with `stop`.
///
/// # Errors
/// When the system grants no thread.
pub(crate) fn start(
    store: Arc<Store>,
    engine: Arc<EmbeddedEngine>,
    stop: CancellationToken,
    tasks: &TaskTracker,
) -> io::Result<()> {
    let (alive, ended) = oneshot::channel::<()>();
    let (stop_log, stopped) = mpsc::sync_channel(1);
    // a thread of its own: it syncs, and a thread that serves requests never does
    thread::Builder::new().name("larder-upkeep".to_owned()).spawn(move || {
        tend_log(&engine, &stopped);
        drop(alive);
    })?;
    tasks.spawn(stop.clone().run_until_cancelled_owned(tend_bodies(Arc::clone(&store))));
    tasks.spawn(stop.clone().run_until_cancelled_owned(tend_audit(Arc::clone(&store))));
    tasks.spawn(stop.clone().run_until_cancelled_owned(tend_jobs(Arc::clone(&store))));
    tasks.spawn(stop.clone().run_until_cancelled_owned(tend_lifecycles(store)));
    tasks.spawn(async move {
        stop.cancelled().await;
        drop(stop_log);
        let _ = ended.await;
    });
    Ok(())
}

/// Works on the log until the other end of `stopped` is dropped.
fn tend_log(engine: &EmbeddedEngine, stopped: &mpsc::Receiver<()>) {
    let mut last_error = None;
    let mut pause = LOG_PERIOD;
    while stopped.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
        let outcome = engine.maintain();
        pause = if outcome.as_ref().is_ok_and(|done| done.more) { LOG_STEP } else { LOG_PERIOD };
        let error = outcome.err();
        if let Some(error) = error.as_ref().filter(|error| last_error.as_ref() != Some(*error)) {
            tracing::error!(%error, "the log's upkeep failed; it is tried again");
        }
        last_error = error;
    }
}

async fn tend_bodies(store: Arc<Store>) {
    // it returns only when it may not begin, and it may
    let Err(error) = store.reclaim_forever(&Caller::System).await;
    tracing::error!(%error, "displaced bodies are not reclaimed");
}

async fn tend_audit(store: Arc<Store>) {
    // as above
    let Err(error) = store.tend_audit_forever(&Caller::System).await;
    tracing::error!(%error, "the audit log is not kept within its bounds");
}

async fn tend_jobs(store: Arc<Store>) {
    let mut round = JobRound::default();
    loop {
        let pause = match store.work_on_jobs(&Caller::System, &mut round).await {
            Ok(JobStep::Idle) => {
                // it fails only when it may not wait, and it may
                let _ = store.job_wanted(&Caller::System).await;
                continue;
            }
            Ok(JobStep::Worked) => JOB_STEP,
            Ok(JobStep::Ended { bucket, job: Some(job) }) => {
                let Job { id, status, done, locked, damaged, .. } = job;
                tracing::info!(%bucket, %id, ?status, done, locked, damaged, "a job is over");
                JOB_STEP
            }
            Ok(JobStep::Ended { bucket, job: None }) => {
                tracing::info!(%bucket, "a job ended with its bucket");
                JOB_STEP
            }
            Err(error) => {
                tracing::error!(%error, "a step of a job failed; it is tried again");
                JOB_RETRY
            }
        };
        tokio::time::sleep(pause).await;
    }
}

async fn tend_lifecycles(store: Arc<Store>) {
    let (mut round, mut retry) = (LifecycleRound::default(), LIFECYCLE_RETRY);
    loop {
        let pause = if go_round(&store, &mut round).await {
            retry = LIFECYCLE_RETRY;
            LIFECYCLE_PERIOD
        } else {
            let pause = retry;
            retry = (retry * 2).min(LIFECYCLE_PERIOD);
            pause
        };
        tokio::time::sleep(pause).await;
    }
}

/// Goes on with a round to its end; `false` when something failed that is to be tried again.
async fn go_round(store: &Store, round: &mut LifecycleRound) -> bool {
    let mut went_well = true;
    loop {
        match store.apply_lifecycle(&Caller::System, round).await {
            Ok(LifecycleStep::More) => {}
            Ok(LifecycleStep::Bucket(report)) => {
                went_well &= report.error.is_none();
                log_lifecycle(&report);
            }
            Ok(LifecycleStep::Over) => return went_well,
            Err(error) => {
                tracing::error!(%error, "lifecycle policies could not be looked up; it is tried again");
                return false;
            }
        }
        tokio::time::sleep(LIFECYCLE_STEP).await;
    }
}

fn log_lifecycle(report: &LifecycleReport) {
    let LifecycleReport { bucket, rows, expired, moved, aborted, locked, changed, error } = report;
    if let Some(error) = error {
        tracing::error!(%bucket, %error, "a lifecycle policy could not be followed; it is tried again");
    }
    if expired + moved + aborted + locked + changed > 0 {
        tracing::info!(%bucket, rows, expired, moved, aborted, locked, changed, "followed a lifecycle policy");
    }
}

#[cfg(test)]
mod tests;
