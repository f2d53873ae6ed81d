//! One object of the largest size that a single request may have, in and out of little memory.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use crate::client::{Connection, PIECE_BYTES};
use crate::requests::{self, Signer};
use crate::server::Server;
use crate::{compare, process, report};

/// The largest body of one request. Spec: R2 docs, platform limits: 5 GiB less 5 MiB.
const LARGEST_BYTES: usize = 5 * 1024 * 1024 * 1024 - 5 * 1024 * 1024;
/// The goal for any size of object.
const PEAK_MAX_KIB: u64 = 100 * 1024;

/// Sends the object, reads it back and deletes it, prints how long that took and the server's largest resident memory, and
/// saves it in the report.
///
/// # Errors
/// The server does not start, an answer is not the expected one, memory grew beyond the goal, or the report cannot be
/// written.
pub(crate) fn run(larder: &Path, report: &Path) -> Result<()> {
    let data = compare::scratch_folder(larder)?;
    let outcome = measure(larder, &data);
    fs::remove_dir_all(&data).with_context(|| format!("cannot remove {}", data.display()))?;
    let section = outcome?;
    println!("{section}");
    report::save(report, &section)
}

fn measure(larder: &Path, data: &Path) -> Result<String> {
    let (server, credentials) = Server::larder(larder, data)?;
    let signer = Signer::new(&server, credentials);
    let day = report::day(&sigv4::amz_date(requests::now_s()));
    let mut section = format!(
        "## One object of {LARGEST_BYTES} bytes\n\nMade by `cargo xtask bench --large`, {day}. Peak RSS is the server's since its \
         start.\n\n| Request | Seconds | MiB/s | Peak RSS MiB |\n| --- | --- | --- | --- |\n"
    );
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
            ensure!(peak < PEAK_MAX_KIB, "{method}: memory grew to {peak} KiB");
            let took = started.elapsed().as_secs_f64();
            let rate = match u32::try_from((sent + answered) >> 20)? {
                0 => "–".to_owned(),
                mib => format!("{:.0}", f64::from(mib) / took),
            };
            writeln!(section, "| {method} | {took:.2} | {rate} | {} |", peak / 1024)?;
        }
        anyhow::Ok(section)
    })
}
