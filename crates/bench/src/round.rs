//! One round: the same clients send their requests until the time is over, and it is counted what that took.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tokio::task::JoinSet;

use crate::client::{Connection, Request};
use crate::process;
use crate::server::Server;

/// What the clients of a round do.
pub(crate) struct Load {
    /// Each client's own requests, sent in turn.
    pub(crate) clients: Vec<Arc<[Request]>>,
    /// What every answer must be.
    pub(crate) status: u16,
    pub(crate) end: End,
}

/// When a round is over.
#[derive(Clone, Copy)]
pub(crate) enum End {
    /// Each client begins no request after this time; its requests repeat.
    After(Duration),
    /// Each client has sent each of its requests once.
    Exhausted,
}

/// What a round took.
pub(crate) struct Round {
    pub(crate) requests: u64,
    pub(crate) elapsed: Duration,
    /// The server's processor time.
    pub(crate) cpu: Duration,
    /// What the server wrote to the disk meanwhile.
    pub(crate) disk_bytes: u64,
    /// Of every request, ascending.
    pub(crate) latencies_us: Vec<u32>,
}

impl Round {
    /// Requests per second.
    pub(crate) fn rate(&self) -> f64 {
        float(self.requests) / self.elapsed.as_secs_f64()
    }

    /// The server's processor milliseconds for each request.
    pub(crate) fn cpu_ms(&self) -> f64 {
        self.cpu.as_secs_f64() * 1000.0 / float(self.requests)
    }

    /// The latency that this share of requests, in hundredths, did not exceed, in milliseconds.
    pub(crate) fn latency_ms(&self, percent: usize) -> f64 {
        let at = self.latencies_us.len() * percent / 100;
        let us = self.latencies_us.get(at.min(self.latencies_us.len().saturating_sub(1)));
        f64::from(us.copied().unwrap_or(0)) / 1000.0
    }
}

/// Figures for people: what is lost above 2^53 does not show.
#[expect(clippy::cast_precision_loss, reason = "counts of one run stay far below 2^53")]
pub(crate) fn float(number: u64) -> f64 {
    number as f64
}

/// Runs a round on connections of its own.
///
/// # Errors
/// A request fails or is answered with another status than the load's.
pub(crate) async fn run(server: &Server, load: &Load, content: &'static [u8]) -> Result<Round> {
    let mut connections = Vec::new();
    for _ in &load.clients {
        connections.push(Connection::open(server.address, content).await?);
    }
    let (cpu_before, disk_before) = (process::cpu(server.pid())?, process::disk_bytes_written(server.pid())?);
    let started = Instant::now();
    let mut tasks = JoinSet::new();
    for (connection, requests) in connections.into_iter().zip(&load.clients) {
        tasks.spawn(client(connection, Arc::clone(requests), load.status, load.end, started));
    }
    let mut latencies_us = Vec::new();
    while let Some(ended) = tasks.join_next().await {
        latencies_us.append(&mut ended.context("a client panicked")??);
    }
    let elapsed = started.elapsed();
    latencies_us.sort_unstable();
    Ok(Round {
        requests: u64::try_from(latencies_us.len())?,
        elapsed,
        cpu: process::cpu(server.pid())?.saturating_sub(cpu_before),
        disk_bytes: process::disk_bytes_written(server.pid())?.saturating_sub(disk_before),
        latencies_us,
    })
}

async fn client(
    mut connection: Connection,
    requests: Arc<[Request]>,
    status: u16,
    end: End,
    started: Instant,
) -> Result<Vec<u32>> {
    let mut latencies_us = Vec::new();
    let mut before = started;
    for n in 0.. {
        let over = match end {
            End::After(time) => started.elapsed() >= time,
            End::Exhausted => n == requests.len(),
        };
        if over || requests.is_empty() {
            break;
        }
        let request = &requests[n % requests.len()];
        let reply = connection.exchange(request, None).await?;
        ensure!(reply.status == status, "{} instead of {status} for {}", reply.status, first_line(request));
        let now = Instant::now();
        latencies_us.push(u32::try_from((now - before).as_micros()).unwrap_or(u32::MAX));
        before = now;
    }
    Ok(latencies_us)
}

/// Sends each request once over `clients` connections, outside any measurement.
///
/// # Errors
/// As [`run`].
pub(crate) async fn send_all(
    address: SocketAddr,
    requests: Vec<Request>,
    clients: usize,
    content: &'static [u8],
) -> Result<()> {
    let mut shares = vec![Vec::new(); clients];
    for (n, request) in requests.into_iter().enumerate() {
        shares[n % clients].push(request);
    }
    let mut tasks = JoinSet::new();
    for share in shares {
        let connection = Connection::open(address, content).await?;
        tasks.spawn(client(connection, Arc::from(share), 200, End::Exhausted, Instant::now()));
    }
    while let Some(ended) = tasks.join_next().await {
        ended.context("a client panicked")?.context("while loading objects")?;
    }
    Ok(())
}

fn first_line(request: &Request) -> String {
    let line = request.head.split(|byte| *byte == b'?' || *byte == b'\r').next().unwrap_or_default();
    String::from_utf8_lossy(line).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_is_summed_up() {
        let round = Round {
            requests: 4,
            elapsed: Duration::from_millis(500),
            cpu: Duration::from_millis(20),
            disk_bytes: 0,
            latencies_us: vec![1000, 2000, 3000, 9000],
        };
        assert!((round.rate() - 8.0).abs() < 1e-9);
        assert!((round.cpu_ms() - 5.0).abs() < 1e-9);
        assert!((round.latency_ms(50) - 3.0).abs() < 1e-9);
        assert!((round.latency_ms(99) - 9.0).abs() < 1e-9);
    }
}
