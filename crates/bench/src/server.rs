//! The two servers under test as child processes: started, known by address and pid, killed when dropped.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How to sign for a server. It holds the secret of a scratch server, which dies with it.
#[derive(Clone)]
pub(crate) struct Credentials {
    pub(crate) access_key_id: String,
    pub(crate) secret: String,
    pub(crate) bucket: String,
}

/// A running server.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    /// How long it took from the start of the process until it said `ready`.
    pub(crate) start_up: Duration,
}

impl Server {
    /// The bare server, which is this same program.
    ///
    /// # Errors
    /// It does not start or does not say where it listens.
    pub(crate) fn floor() -> Result<Server> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("floor").stderr(Stdio::inherit());
        let (child, lines, start_up) = start(command, "ready ")?;
        let address =
            lines.last().and_then(|line| line.strip_prefix("ready ")).context("the floor gave no address")?;
        Ok(Server { address: address.parse()?, child, start_up })
    }

    /// `larder dev` on a folder and a free port; its log goes to `larder.log` beside the folder.
    ///
    /// # Errors
    /// It does not start, or its first lines are not the block for `.env`.
    pub(crate) fn larder(binary: &Path, data: &Path) -> Result<(Server, Credentials)> {
        let log = File::options().create(true).append(true).open(data.with_extension("log"))?;
        let mut command = Command::new(binary);
        command.args(["dev", "--listen", "127.0.0.1:0", "--data"]).arg(data).stderr(log);
        let (child, lines, start_up) = start(command, "ready")?;
        let value = |name: &str| {
            let line = lines.iter().find_map(|line| line.trim().strip_prefix(name)?.strip_prefix('='));
            let value = line.with_context(|| format!("larder dev printed no {name}"))?;
            anyhow::Ok(value.trim_matches(['"', '\'']).to_owned())
        };
        let endpoint = value("R2_ENDPOINT")?;
        let authority = endpoint.trim_start_matches("http://").trim_end_matches('/');
        let credentials = Credentials {
            access_key_id: value("R2_ACCESS_KEY_ID")?,
            secret: value("R2_SECRET_ACCESS_KEY")?,
            bucket: value("R2_BUCKET")?,
        };
        // The printed name may be `localhost`; what listens is IPv4 loopback.
        let port = authority.rsplit(':').next().and_then(|port| port.parse().ok());
        let port: u16 = port.with_context(|| format!("R2_ENDPOINT has no port: {endpoint}"))?;
        Ok((Server { address: SocketAddr::from(([127, 0, 0, 1], port)), child, start_up }, credentials))
    }

    /// The operating system's number of the process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    /// By SIGKILL: what was acknowledged must survive it, and the next start shows whether it did.
    fn drop(&mut self) {
        if let Err(error) = self.child.kill().and_then(|()| self.child.wait()) {
            eprintln!("bench: cannot stop process {}: {error}", self.child.id());
        }
    }
}

/// Starts a server and reads its standard output up to the line that begins with `last`.
fn start(mut command: Command, last: &str) -> Result<(Child, Vec<String>, Duration)> {
    let started = Instant::now();
    let program = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {program}"))?;
    let mut output = BufReader::new(child.stdout.take().expect("standard output is piped"));
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if output.read_line(&mut line)? == 0 {
            let status = child.wait()?;
            bail!("{program} ended with {status} before it was ready; it said: {}", lines.join(" / "));
        }
        let line = line.trim_end().to_owned();
        let is_last = line.starts_with(last);
        lines.push(line);
        if is_last {
            break;
        }
    }
    let start_up = started.elapsed();
    // What it prints later must go somewhere, or it would block on a full pipe.
    std::thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
    Ok((child, lines, start_up))
}
