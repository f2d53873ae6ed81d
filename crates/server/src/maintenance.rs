//! What goes on behind the requests: the log's upkeep, reclaim of displaced bodies, the sweep of orphans.

use std::sync::Arc;
use std::time::Duration;

use auth::Caller;
use meta_embedded::EmbeddedEngine;
use store::Store;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Pause between two looks at the log.
const LOG_PERIOD: Duration = Duration::from_millis(500);
/// Pause between two pieces of upkeep while there is more to do: it bounds the rate at which compaction copies.
const LOG_STEP: Duration = Duration::from_millis(50);

/// Starts the workers; they end with `stop`.
pub(crate) fn start(
    store: Arc<Store>,
    engine: Arc<EmbeddedEngine>,
    stop: CancellationToken,
    tasks: &TaskTracker,
) {
    tasks.spawn(stop.clone().run_until_cancelled_owned(tend_log(engine)));
    tasks.spawn(stop.run_until_cancelled_owned(tend_bodies(store)));
}

async fn tend_log(engine: Arc<EmbeddedEngine>) {
    let mut last_error = None;
    let mut pause = LOG_PERIOD;
    loop {
        tokio::time::sleep(pause).await;
        let engine = Arc::clone(&engine);
        // a task that does not return panicked, which ends the process, or was cut off by the runtime's own end
        let Ok(outcome) = tokio::task::spawn_blocking(move || engine.maintain()).await else { return };
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
