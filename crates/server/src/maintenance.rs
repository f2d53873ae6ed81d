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
    loop {
        tokio::time::sleep(LOG_PERIOD).await;
        let engine = Arc::clone(&engine);
        if let Err(error) = tokio::task::spawn_blocking(move || engine.maintain()).await {
            tracing::error!(%error, "the log's upkeep failed");
        }
    }
}

async fn tend_bodies(store: Arc<Store>) {
    // it returns only when it may not begin, and it may
    let Err(error) = store.reclaim_forever(&Caller::System).await;
    tracing::error!(%error, "displaced bodies are not reclaimed");
}
