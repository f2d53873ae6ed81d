//! The run: starts both servers, loads objects, lets them take turns, measures what is not a workload, reports.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::client::{Connection, PIECE_BYTES};
use crate::process;
use crate::report::{self, Facts, Row};
use crate::requests::{self, Signer};
use crate::round::{self, End, Load, Round};
use crate::server::Server;
use crate::workload::{Kind, LIST_FOLDERS, LIST_PAGE_KEYS, Plan, WORKLOADS, Workload};

const QUICK: Plan = Plan {
    rounds: 3,
    round: Duration::from_millis(500),
    list_keys: 20_000,
    small_objects: 2_000,
    deletions: 5_000,
    small_puts: 10_000,
};

const FULL: Plan = Plan {
    rounds: 5,
    round: Duration::from_secs(3),
    list_keys: 100_000,
    small_objects: 10_000,
    deletions: 20_000,
    small_puts: 75_000,
};

/// Before the first round of a workload, unmeasured: caches fill, the processor wakes.
const WARM_UP: Duration = Duration::from_millis(200);

/// Connections opened to see what an idle one costs; both ends must fit into 1,024 open files.
const IDLE_CONNECTIONS: u64 = 400;

/// Samples of the disk's own fdatasync.
const SYNCS: usize = 300;

/// Connections that load objects.
pub(crate) const LOADERS: usize = 64;

/// Runs everything, prints the section and saves it in the report.
///
/// # Errors
/// A server does not start or answers wrongly, or the report cannot be written.
pub(crate) fn run(larder: &Path, report: &Path, quick: bool) -> Result<()> {
    let plan = if quick { &QUICK } else { &FULL };
    let data = scratch_folder(larder)?;
    // One thread: the client takes as little of the machine as it can.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (facts, rows) = runtime.block_on(measure(larder, &data, plan, quick))?;
    let section = report::section(&facts, &rows);
    println!("\n{section}");
    report::save(report, &section)?;
    println!("saved in {}", report.display());
    fs::remove_dir_all(&data).with_context(|| format!("cannot remove {}", data.display()))
}

/// An empty folder beside the binary: on a real disk, which the temporary folder often is not.
pub(crate) fn scratch_folder(larder: &Path) -> Result<PathBuf> {
    let target =
        larder.parent().and_then(Path::parent).context("the larder binary lies in no target folder")?;
    let data = target.join("bench-data");
    if data.try_exists()? {
        fs::remove_dir_all(&data)?;
    }
    fs::create_dir_all(&data)?;
    Ok(data)
}

async fn measure(larder: &Path, data: &Path, plan: &Plan, quick: bool) -> Result<(Facts, Vec<Row>)> {
    let content: &'static [u8] = content().leak();
    let load_before = process::load_average()?;
    let sync_before = fdatasync_ms(data)?;
    let floor = Server::floor()?;
    let (server, credentials) = Server::larder(larder, data)?;
    let first_start_ms = server.start_up.as_millis();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let idle_kib = process::resident_kib(server.pid())?;
    let mut bench =
        Bench { signer: Signer::new(&server, credentials), larder: server, floor, plan, content, objects: 0 };
    let connection_bytes = bench.idle_connection_bytes().await?;
    let mut rows = Vec::new();
    for workload in WORKLOADS {
        rows.push(bench.row(*workload).await.with_context(|| format!("{} failed", workload.name))?);
    }
    let objects = bench.objects;
    drop(bench);
    let (restarted, _) = Server::larder(larder, data)?;
    let facts = Facts {
        date: sigv4::amz_date(requests::now_s()),
        quick,
        cores: std::thread::available_parallelism()?.get(),
        loads: [load_before, process::load_average()?],
        fdatasync_ms: [sync_before, fdatasync_ms(data)?],
        idle_kib,
        connection_bytes,
        list_keys: plan.list_keys,
        first_start_ms,
        restart_ms: restarted.start_up.as_millis(),
        objects,
    };
    Ok((facts, rows))
}

struct Bench<'a> {
    larder: Server,
    floor: Server,
    signer: Signer,
    plan: &'a Plan,
    content: &'static [u8],
    /// Acknowledged PUTs, roughly the objects that exist.
    objects: u64,
}

impl Bench<'_> {
    /// All rounds of one workload, the servers taking turns in who goes first.
    async fn row(&mut self, workload: Workload) -> Result<Row> {
        print!("{:18} {:2} clients:", workload.name, workload.clients);
        std::io::stdout().flush()?;
        let (mut larder, mut floor) = (Vec::new(), Vec::new());
        let mut answer_bytes = 0;
        process::forget_peak(self.larder.pid())?;
        for number in 0..self.plan.rounds {
            if number == 0 || workload.kind == Kind::Delete {
                self.load_objects(workload).await?;
            }
            let load = workload.load(self.plan, &self.signer, number);
            if number == 0 {
                answer_bytes = self.check(workload, &load).await?;
            }
            let floor_load = floor_load(&load, answer_bytes);
            if number == 0 && workload.kind != Kind::Delete {
                round::run(&self.larder, &warm_up(&load), self.content).await?;
                round::run(&self.floor, &warm_up(&floor_load), self.content).await?;
            }
            if number % 2 == 0 {
                larder.push(round::run(&self.larder, &load, self.content).await?);
                floor.push(round::run(&self.floor, &floor_load, self.content).await?);
            } else {
                floor.push(round::run(&self.floor, &floor_load, self.content).await?);
                larder.push(round::run(&self.larder, &load, self.content).await?);
            }
            print!(
                " {:.0}/{:.0}",
                larder.last().map_or(0.0, Round::rate),
                floor.last().map_or(0.0, Round::rate)
            );
            std::io::stdout().flush()?;
        }
        println!();
        if workload.kind == Kind::Put {
            self.objects += larder.iter().map(|round| round.requests).sum::<u64>();
        }
        Ok(Row { workload, larder, floor, peak_kib: process::peak_kib(self.larder.pid())? })
    }

    async fn load_objects(&mut self, workload: Workload) -> Result<()> {
        // The second listing works on the first one's objects.
        if workload.kind == Kind::ListFolders {
            return Ok(());
        }
        let requests = workload.objects(self.plan, &self.signer);
        if workload.kind != Kind::Delete {
            self.objects += u64::try_from(requests.len())?;
        }
        let loaders = if workload.object_bytes > PIECE_BYTES { 2 } else { LOADERS };
        round::send_all(self.larder.address, requests, loaders, self.content).await
    }

    /// Sends one request and looks at the whole answer: a fast wrong server must not get figures. Returns
    /// the answer's size.
    async fn check(&self, workload: Workload, load: &Load) -> Result<u64> {
        if workload.kind == Kind::Delete {
            return Ok(0);
        }
        let request = load.clients.iter().flat_map(|share| share.iter()).next().context("no requests")?;
        let mut body = Vec::new();
        let mut connection = Connection::open(self.larder.address, self.content).await?;
        let reply = connection.exchange(request, Some(&mut body)).await?;
        let text = String::from_utf8_lossy(&body[..body.len().min(2000)]).into_owned();
        ensure!(reply.status == load.status, "answered {}: {text}", reply.status);
        match workload.kind {
            Kind::Get => {
                ensure!(body.len() == workload.object_bytes, "{} bytes came back", body.len());
                let same = body.chunks(PIECE_BYTES).all(|piece| self.content.starts_with(piece));
                ensure!(same, "other bytes came back than were put");
            }
            Kind::ListKeys => count(&body, "<Key>", LIST_PAGE_KEYS)?,
            Kind::ListFolders => count(&body, "<CommonPrefixes>", LIST_FOLDERS)?,
            Kind::Put | Kind::Head | Kind::Delete => {}
        }
        Ok(reply.body_bytes)
    }

    async fn idle_connection_bytes(&self) -> Result<u64> {
        let before = process::resident_kib(self.larder.pid())?;
        let request = self.signer.request("GET", "", &[("list-type", "2"), ("max-keys", "1")], 0);
        let mut connections = Vec::new();
        for _ in 0..IDLE_CONNECTIONS {
            let mut connection = Connection::open(self.larder.address, self.content).await?;
            connection.exchange(&request, None).await?;
            connections.push(connection);
        }
        let after = process::resident_kib(self.larder.pid())?;
        Ok(after.saturating_sub(before) * 1024 / IDLE_CONNECTIONS)
    }
}

fn floor_load(load: &Load, answer_bytes: u64) -> Load {
    let share = |share: &std::sync::Arc<[crate::client::Request]>| {
        share.iter().map(|request| requests::for_floor(request, answer_bytes)).collect()
    };
    Load { clients: load.clients.iter().map(share).collect(), ..*load }
}

pub(crate) fn warm_up(load: &Load) -> Load {
    Load { clients: load.clients.clone(), status: load.status, end: End::After(WARM_UP) }
}

pub(crate) fn count(body: &[u8], element: &str, expected: usize) -> Result<()> {
    let found = String::from_utf8_lossy(body).matches(element).count();
    ensure!(found == expected, "{found} {element} in the answer instead of {expected}");
    Ok(())
}

/// Bytes no disk or network compresses, the same in every run.
pub(crate) fn content() -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut bytes = Vec::with_capacity(PIECE_BYTES);
    while bytes.len() < PIECE_BYTES {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes
}

/// What one durable write of 4 KiB costs on this disk without any server: p50 and p99 in milliseconds.
fn fdatasync_ms(folder: &Path) -> Result<(f64, f64)> {
    let path = folder.with_extension("probe");
    let mut file = File::create(&path)?;
    let block = [0x5A; 4096];
    let mut samples = Vec::with_capacity(SYNCS);
    for _ in 0..SYNCS {
        let started = Instant::now();
        file.write_all(&block)?;
        file.sync_data()?;
        samples.push(started.elapsed().as_secs_f64() * 1000.0);
    }
    fs::remove_file(&path)?;
    samples.sort_by(f64::total_cmp);
    Ok((samples[SYNCS / 2], samples[SYNCS * 99 / 100]))
}
