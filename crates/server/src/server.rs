//! A server from its start to its end: bind, open, run, drain, close.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use auth::Caller;
use disk::LocalDisk;
use meta_embedded::EmbeddedEngine;
use store::{Credentials, Store};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use crate::connection::Common;
use crate::doors::Doors;
use crate::listener::{self, Ending};
use crate::system::raise_open_files;
use crate::{Config, StartError, SystemRandom, TokenFile, data_dir, maintenance, parts};

/// How long running requests may go on after the server was told to stop: containers are killed after 10 s.
const DRAIN_MAX: Duration = Duration::from_secs(8);

/// A server that listens; it answers once it runs.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    connections_max: usize,
    store: Arc<Store>,
    engine: Arc<EmbeddedEngine>,
    doors: Arc<Doors>,
    ending: Ending,
}

/// Tells a running server to end.
#[derive(Clone)]
pub struct Stop(Ending);

impl Stop {
    /// Takes no more connections, lets running requests finish for a while, then returns from [`Server::run`].
    pub fn stop(&self) {
        self.0.stop.cancel();
    }
}

impl Server {
    /// Binds and opens the production form.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn open(config: &Config) -> Result<Self, StartError> {
        let tokens = TokenFile::read(&config.credentials)?;
        let (listener, _) = bind(config.listen).await?;
        let disk = data_dir::open(&config.data, &SystemRandom)?;
        Self::open_on(listener, disk, config, &tokens).await
    }

    pub(crate) async fn open_on(
        listener: TcpListener,
        disk: Arc<LocalDisk>,
        config: &Config,
        tokens: &TokenFile,
    ) -> Result<Self, StartError> {
        raise_open_files();
        let address = listener.local_addr().map_err(|error| refused(config.listen, &error))?;
        let opened = parts::open(config, disk, Credentials::new(tokens.keys())).await?;
        let doors = Doors::new(&opened.store, names(config, address), config);
        Ok(Self {
            listener,
            address,
            connections_max: config.connections_max,
            store: opened.store,
            engine: opened.engine,
            doors: Arc::new(doors),
            ending: Ending::default(),
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it serves.
    #[must_use]
    pub fn store(&self) -> &Arc<Store> {
        &self.store
    }

    /// The means to end it.
    #[must_use]
    pub fn stop_handle(&self) -> Stop {
        Stop(self.ending.clone())
    }

    /// Serves until it is told to stop, drains, and closes the store.
    pub async fn run(self) {
        let tasks = TaskTracker::new();
        let stop = self.ending.stop.clone();
        if let Err(error) =
            maintenance::start(Arc::clone(&self.store), Arc::clone(&self.engine), stop, &tasks)
        {
            tracing::error!(%error, "the system grants no thread for the log's upkeep; nothing is served");
            return;
        }
        tracing::info!(address = %self.address, account = %self.store.account(), "serving");
        let turns = Arc::new(Semaphore::new(self.connections_max));
        let common = Common { doors: self.doors, ending: self.ending.clone(), tasks: tasks.clone(), turns };
        listener::serve(self.listener, self.connections_max, common).await;
        tasks.close();
        if tokio::time::timeout(DRAIN_MAX, tasks.wait()).await.is_err() {
            tracing::warn!("requests still ran after {} s and were broken off", DRAIN_MAX.as_secs());
            self.ending.kill.cancel();
            tasks.wait().await;
        }
        if let Err(error) = self.store.flush_refusals(&Caller::System).await {
            tracing::warn!(%error, "the last refused requests are not in the audit log");
        }
        let engine = self.engine;
        if let Err(error) = tokio::task::spawn_blocking(move || engine.close()).await {
            tracing::error!(%error, "the store did not close well; the next start recovers it");
        }
        tracing::info!("stopped");
    }
}

/// The names that the server answers to: those that are declared, and the address itself, which is what a proxy on this
/// machine asks for unless it is told to keep the client's `Host`.
fn names(config: &Config, address: SocketAddr) -> Vec<String> {
    let mut names = config.hosts.clone();
    let own = address.to_string();
    if !address.ip().is_unspecified() && !names.contains(&own) {
        names.push(own);
    }
    names
}

/// Binds an address.
///
/// # Errors
/// [`StartError::Listen`].
pub(crate) async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let listener = TcpListener::bind(address).await.map_err(|error| refused(address, &error))?;
    let bound = listener.local_addr().map_err(|error| refused(address, &error))?;
    Ok((listener, bound))
}

fn refused(address: SocketAddr, error: &std::io::Error) -> StartError {
    let what = match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            "another program listens there; end it, or choose another address with --listen or `listen`"
                .to_owned()
        }
        _ => error.to_string(),
    };
    StartError::Listen { address: address.to_string(), what }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One whose connections are all taken must not wait for one of them to hear that it should end.
    #[tokio::test(flavor = "multi_thread")]
    async fn a_full_server_ends_when_it_is_told_to() {
        let root = tempfile::tempdir().unwrap();
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut server = crate::dev::open(root.path(), address, &[], &[]).await.unwrap().server;
        server.connections_max = 0;
        server.stop_handle().stop();
        assert!(tokio::time::timeout(DRAIN_MAX, server.run()).await.is_ok());
    }
}
