//! One object of the largest size that a single request may have: it goes in and out of little memory, and one byte more
//! is refused. By hand, since it writes five gigabytes.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use crate::client::{Connection, PIECE_BYTES};
use crate::process;
use crate::requests::Signer;
use crate::server::Server;

/// The largest body of one request. Spec: R2 docs, platform limits: 5 GiB less 5 MiB.
const LARGEST_BYTES: usize = 5 * 1024 * 1024 * 1024 - 5 * 1024 * 1024;
/// What `docs/compat.md` promises for any size.
const PEAK_MAX_KIB: u64 = 100 * 1024;

/// Sends the object, reads it back, and prints how long it took and the server's largest resident memory.
///
/// # Errors
/// The server does not start, an answer is not the expected one, or memory grew beyond the goal.
pub(crate) fn run(larder: &Path) -> Result<()> {
    let folder = std::env::current_dir()?.join("bench-large-data");
    std::fs::create_dir(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    let outcome = measure(larder, &folder.join("data"));
    std::fs::remove_dir_all(&folder)?;
    outcome
}

fn measure(larder: &Path, data: &Path) -> Result<()> {
    let (server, credentials) = Server::larder(larder, data)?;
    let signer = Signer::new(&server, credentials);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let content: &'static [u8] = vec![0x5a; PIECE_BYTES].leak();
        let mut connection = Connection::open(server.address, content).await?;
        for (method, sent, answered) in
            [("PUT", LARGEST_BYTES, 0), ("HEAD", 0, 0), ("GET", 0, LARGEST_BYTES), ("DELETE", 0, 0)]
        {
            let started = Instant::now();
            let reply = connection.exchange(&signer.request(method, "large", &[], sent), None).await?;
            ensure!(matches!(reply.status, 200 | 204), "{method}: {}", reply.status);
            ensure!(reply.body_bytes == u64::try_from(answered)?, "{method}: {} bytes", reply.body_bytes);
            let peak = process::peak_kib(server.pid())?;
            println!("{method}: {:.1} s, peak {} MiB", started.elapsed().as_secs_f64(), peak / 1024);
            ensure!(peak < PEAK_MAX_KIB, "memory grew to {peak} KiB");
        }
        anyhow::Ok(())
    })
}
