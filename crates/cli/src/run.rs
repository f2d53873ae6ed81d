//! The runtime, the signals, and the production server.

use std::future::Future;
use std::path::PathBuf;

use anyhow::{Context, Result};
use server::{Config, Server, Stop};
use tokio::signal::unix::{SignalKind, signal};

use crate::log;
use crate::terminal::say;

/// Threads that may wait for the disk or hash bodies at a time.
const BLOCKING_THREADS_MAX: usize = 64;

/// Threads of a client: one hashes a part while another sends one.
const CLIENT_THREADS: usize = 2;

/// Runs a server to its end on a runtime of its own.
pub(crate) fn blocking(command: impl Future<Output = Result<()>>) -> Result<()> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.enable_all().max_blocking_threads(BLOCKING_THREADS_MAX);
    runtime.build().context("the runtime does not start")?.block_on(command)
}

/// Runs a command that is a client to its end. A read of standard input that nobody answers does not keep the process.
pub(crate) fn client(command: impl Future<Output = Result<()>>) -> Result<()> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.enable_all().worker_threads(CLIENT_THREADS).build();
    let runtime = runtime.context("the runtime does not start")?;
    let outcome = runtime.block_on(command);
    runtime.shutdown_background();
    outcome
}

/// `larder serve`.
pub(crate) async fn serve(config: PathBuf) -> Result<()> {
    log::start();
    let config = Config::read(&config, &environment)?;
    let server = Server::open(&config).await?;
    end_on_signals(server.stop_handle())?;
    eprintln!("larder serves {} on {}", server.store().account(), server.address());
    say("ready\n");
    server.run().await;
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "the environment is read here and handed on")]
pub(crate) fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Ends the server at the first SIGINT or SIGTERM, and the process at the second.
#[expect(clippy::disallowed_methods, reason = "it lives as long as the process")]
pub(crate) fn end_on_signals(stop: Stop) -> Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::spawn(async move {
        for is_first in [true, false] {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if is_first {
                eprintln!("larder: finishing what runs; once more ends it at once");
                stop.stop();
            }
        }
        // every acknowledged byte is on the disk already
        std::process::exit(130);
    });
    Ok(())
}
