//! What goes on behind the requests: the log's upkeep, reclaim of displaced bodies, the sweep of orphans.

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;
use std::{io, thread};

use auth::Caller;
use meta_embedded::EmbeddedEngine;
use store::Store;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Pause between two looks at the log.
const LOG_PERIOD: Duration = Duration::from_millis(500);
/// Pause between two pieces of upkeep while there is more to do: it bounds the rate at which compaction copies.
const LOG_STEP: Duration = Duration::from_millis(50);

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
    tasks.spawn(stop.clone().run_until_cancelled_owned(tend_bodies(store)));
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
