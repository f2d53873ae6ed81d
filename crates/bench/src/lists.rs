//! The cost of lists as a bucket grows: the same pages of one server at 100,000, 1,000,000 and 10,000,000 keys.
//!
//! What must come out is that a page costs what is on it, wherever it begins and however many keys are not on it.

mod table;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::client::{Connection, Request};
use crate::compare::{self, LOADERS};
use crate::process;
use crate::requests::{self, Signer};
use crate::round::{self, End, Load, Round};
use crate::server::Server;
use crate::{report, workload};

/// Keys in the bucket when the pages are measured, ascending.
const SIZES: [usize; 3] = [100_000, 1_000_000, 10_000_000];

/// Clients that ask at once.
const CLIENTS: [usize; 2] = [1, 16];

/// Half of the keys is spread over this many prefixes; the other half has none.
const FOLDERS: usize = 1000;

/// Uploads under way during all measurements.
const UPLOADS: usize = 1000;

/// Places in the middle where pages begin.
const MIDDLES: usize = 16;

const OBJECT_BYTES: usize = 16;

/// How long one page is asked for again and again.
const ROUND: Duration = Duration::from_secs(2);

/// PUTs that are signed and held in memory at a time.
const BATCH: usize = 50_000;

/// Looks at the server after a load until it is idle, once in each such time and so often at most.
const SETTLE: (Duration, u32) = (Duration::from_millis(500), 120);

/// Processor time within that time below which the server has nothing left to put in order.
const IDLE: Duration = Duration::from_millis(20);

/// One line of the table: requests whose answers are alike, and what each must hold.
struct Page {
    name: &'static str,
    element: &'static str,
    entries: usize,
    requests: Vec<Request>,
}

/// A page as so many clients got it.
struct Figures {
    name: &'static str,
    entries: usize,
    clients: usize,
    round: Round,
    peak_kib: u64,
}

/// Runs everything, prints the section and saves it in the report.
///
/// # Errors
/// The server does not start or answers wrongly, or the report cannot be written.
pub(crate) fn run(larder: &Path, report: &Path) -> Result<()> {
    let data = compare::scratch_folder(larder)?;
    let load_before = process::load_average()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let columns = runtime.block_on(measure(larder, &data))?;
    let facts = table::Facts {
        day: report::day(&sigv4::amz_date(requests::now_s())),
        cores: std::thread::available_parallelism()?.get(),
        loads: [load_before, process::load_average()?],
    };
    let section = table::section(&facts, &columns);
    println!("\n{section}");
    report::save(report, &section)?;
    println!("saved in {}", report.display());
    fs::remove_dir_all(&data).with_context(|| format!("cannot remove {}", data.display()))
}

/// The figures of each size, in the same order.
async fn measure(larder: &Path, data: &Path) -> Result<Vec<Vec<Figures>>> {
    let content: &'static [u8] = compare::content().leak();
    let (server, credentials) = Server::larder(larder, data)?;
    let signer = Signer::new(&server, credentials);
    let uploads =
        (0..UPLOADS).map(|n| signer.request("POST", &format!("flat/{n:07}"), &[("uploads", "")], 0));
    round::send_all(server.address, uploads.collect(), LOADERS, content).await?;
    let mut columns = Vec::new();
    let mut loaded = 0;
    for size in SIZES {
        while loaded < size {
            let batch = loaded..size.min(loaded + BATCH);
            loaded = batch.end;
            let puts = batch.map(|n| signer.request("PUT", &key(n), &[], OBJECT_BYTES)).collect();
            round::send_all(server.address, puts, LOADERS, content).await?;
        }
        settle(&server).await?;
        println!("{size} keys");
        let mut column = Vec::new();
        for page in pages(size, &signer) {
            check(&server, &page, content).await.with_context(|| format!("{} failed", page.name))?;
            for clients in CLIENTS {
                column.push(figures(&server, &page, clients, content).await?);
            }
        }
        columns.push(column);
    }
    Ok(columns)
}

/// Waits until the server has put in order what it was given: that is work for the PUTs, not for the lists.
async fn settle(server: &Server) -> Result<()> {
    let (pause, times) = SETTLE;
    for _ in 0..times {
        let before = process::cpu(server.pid())?;
        tokio::time::sleep(pause).await;
        if process::cpu(server.pid())?.saturating_sub(before) < IDLE {
            break;
        }
    }
    Ok(())
}

async fn check(server: &Server, page: &Page, content: &'static [u8]) -> Result<()> {
    let mut connection = Connection::open(server.address, content).await?;
    for request in &page.requests {
        let mut body = Vec::new();
        let reply = connection.exchange(request, Some(&mut body)).await?;
        ensure!(reply.status == 200, "answered {}: {}", reply.status, String::from_utf8_lossy(&body));
        compare::count(&body, page.element, page.entries)?;
    }
    Ok(())
}

async fn figures(server: &Server, page: &Page, clients: usize, content: &'static [u8]) -> Result<Figures> {
    let load = Load {
        clients: vec![Arc::from(page.requests.as_slice()); clients],
        status: 200,
        end: End::After(ROUND),
    };
    process::forget_peak(server.pid())?;
    round::run(server, &compare::warm_up(&load), content).await?;
    let round = round::run(server, &load, content).await?;
    println!("  {}, {clients} clients: {:.3} ms of processor time each", page.name, round.cpu_ms());
    let peak_kib = process::peak_kib(server.pid())?;
    Ok(Figures { name: page.name, entries: page.entries, clients, round, peak_kib })
}

/// What is asked for in a bucket of so many keys.
fn pages(size: usize, signer: &Signer) -> Vec<Page> {
    let list = |query: &[(&str, &str)]| {
        signer.request("GET", "", &[[("list-type", "2")].as_slice(), query].concat(), 0)
    };
    let after = |key: &str| list(&[("start-after", key)]);
    let keys = |name, requests| Page { name, element: "<Key>", entries: workload::LIST_PAGE_KEYS, requests };
    // Even numbers are keys of the flat half, in order.
    let middles = (0..MIDDLES).map(|n| size / 2 + size / 4 / MIDDLES * n * 2);
    let folders = |name, entries: usize| Page {
        name,
        element: "<CommonPrefixes>",
        entries,
        requests: vec![list(&[("prefix", "tree/"), ("delimiter", "/"), ("max-keys", &entries.to_string())])],
    };
    vec![
        keys("1,000 keys from the beginning", vec![list(&[])]),
        keys("1,000 keys from the middle", middles.map(|n| after(&key(n))).collect()),
        keys("1,000 keys at the end", vec![after(&tree_key(size / 2 - workload::LIST_PAGE_KEYS - 1, size))]),
        folders("1,000 common prefixes", 1000),
        folders("100 common prefixes", 100),
        Page {
            name: "nothing, a prefix without keys",
            element: "<Key>",
            entries: 0,
            requests: vec![list(&[("prefix", "none/")])],
        },
        Page {
            name: "1,000 versions",
            element: "<Version>",
            entries: workload::LIST_PAGE_KEYS,
            requests: vec![signer.request("GET", "", &[("versions", "")], 0)],
        },
        Page {
            name: "1,000 uploads",
            element: "<Upload>",
            entries: UPLOADS,
            requests: vec![signer.request("GET", "", &[("uploads", "")], 0)],
        },
    ]
}

/// The keys in the order in which they are loaded, so that each size extends the one before: the flat half and the other
/// one in turn, which fills its prefixes evenly.
fn key(n: usize) -> String {
    let half = n / 2;
    if n.is_multiple_of(2) {
        return format!("flat/{half:07}");
    }
    format!("tree/{:03}/{:07}", half % FOLDERS, half / FOLDERS)
}

/// The key at a place, in order, of the half with prefixes.
fn tree_key(place: usize, size: usize) -> String {
    let each = size / 2 / FOLDERS;
    key(2 * (place % each * FOLDERS + place / each) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_extend_each_other_and_are_found_by_their_place() {
        let size = SIZES[0];
        let mut keys: Vec<String> = (0..size).map(key).collect();
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), size);
        assert_eq!(keys[size / 4], key(size / 2), "the middle of the flat half");
        for place in [0, 1, 4, 5, 3999, 4999] {
            assert_eq!(keys[size / 2 + place], tree_key(place, size));
        }
        let mut folders: Vec<&str> = keys[size / 2..].iter().map(|key| &key[..8]).collect();
        folders.dedup();
        assert_eq!(folders.len(), FOLDERS);
    }
}
