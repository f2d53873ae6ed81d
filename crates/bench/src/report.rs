//! The result as Markdown, and its place in the file: newest first, one section for a day and kind of run.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context, Result};

use crate::round::{Round, float};
use crate::workload::{Kind, LIST_PAGE_KEYS, Workload};

const INTRODUCTION: &str = "\
# Benchmarks

Made by `cargo xtask bench`. Larder and the floor, a bare hyper server that stores, signs and checks nothing, take turns under the
same requests in the same run on loopback; client and servers share the machine. Larder verifies each presigned URL, and every PUT
and DELETE is synced to disk before its answer. Read the ratios: rates depend on the machine and its load. Figures are medians over
the rounds with the smallest and largest in parentheses; latencies and processor time are of the median round.
";

/// One line: every round of one workload on both servers, in the order they took turns.
pub(crate) struct Row {
    pub(crate) workload: Workload,
    pub(crate) larder: Vec<Round>,
    pub(crate) floor: Vec<Round>,
    /// Larder's largest resident memory during it.
    pub(crate) peak_kib: u64,
}

/// What is not a workload.
pub(crate) struct Facts {
    /// `YYYYMMDDThhmmssZ`.
    pub(crate) date: String,
    pub(crate) quick: bool,
    pub(crate) cores: usize,
    pub(crate) loads: [String; 2],
    /// p50 and p99 of an fdatasync of 4 KiB, before and after the run, in milliseconds.
    pub(crate) fdatasync_ms: [(f64, f64); 2],
    pub(crate) idle_kib: u64,
    pub(crate) connection_bytes: u64,
    pub(crate) list_keys: usize,
    pub(crate) first_start_ms: u128,
    pub(crate) restart_ms: u128,
    pub(crate) objects: u64,
}

/// The whole section, its heading first.
pub(crate) fn section(facts: &Facts, rows: &[Row]) -> String {
    let mut text = format!("{}\n\n", heading(facts));
    let [before, after] = facts.fdatasync_ms;
    let rounds = rows.first().map_or(0, |row| row.larder.len());
    let _ = writeln!(
        text,
        "{} cores; load average {} before, {} after; fdatasync of 4 KiB p50/p99 {:.2}/{:.2} ms before, {:.2}/{:.2} ms after; \
         {rounds} rounds each.\n",
        facts.cores, facts.loads[0], facts.loads[1], before.0, before.1, after.0, after.1
    );
    text.push_str("| Work | Clients | Larder | Floor | Ratio | CPU ms each (floor) | p50, p99 ms | Peak RSS MiB | Written per byte |\n");
    text.push_str("| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
    for row in rows {
        let _ = writeln!(text, "{}", line(row));
    }
    let _ = writeln!(
        text,
        "\nListing over {} keys. Memory: {:.1} MiB idle after the first start, {:.1} KiB for an idle connection. \
         Start until ready: {} ms on an empty folder, {} ms after SIGKILL with about {} objects.",
        thousands(float(u64::try_from(facts.list_keys).unwrap_or(u64::MAX))),
        float(facts.idle_kib) / 1024.0,
        float(facts.connection_bytes) / 1024.0,
        facts.first_start_ms,
        facts.restart_ms,
        thousands(float(facts.objects)),
    );
    text
}

fn heading(facts: &Facts) -> String {
    let day = day(&facts.date);
    let kind = if facts.quick { ", quick" } else { "" };
    format!("## {day}{kind}")
}

/// `YYYY-MM-DD` of a signature's date.
pub(crate) fn day(date: &str) -> String {
    format!("{}-{}-{}", &date[..4], &date[4..6], &date[6..8])
}

fn line(row: &Row) -> String {
    let rates = |rounds: &[Round]| Spread::of(rounds.iter().map(Round::rate).collect());
    let (larder, floor) = (rates(&row.larder), rates(&row.floor));
    let pairs = row.larder.iter().zip(&row.floor);
    let ratio = Spread::of(pairs.map(|(larder, floor)| larder.rate() / floor.rate()).collect());
    let median =
        |rounds: &[Round], figure: fn(&Round) -> f64| Spread::of(rounds.iter().map(figure).collect()).median;
    format!(
        "| {} | {} | {}/s ({}–{}){} | {}/s ({}–{}) | {:.2} ({:.2}–{:.2}) | {:.3} ({:.3}) | {:.2}, {:.2} | {:.0} | {} |",
        row.workload.name,
        row.workload.clients,
        thousands(larder.median),
        thousands(larder.min),
        thousands(larder.max),
        unit(row.workload, larder.median),
        thousands(floor.median),
        thousands(floor.min),
        thousands(floor.max),
        ratio.median,
        ratio.min,
        ratio.max,
        median(&row.larder, Round::cpu_ms),
        median(&row.floor, Round::cpu_ms),
        median(&row.larder, |round| round.latency_ms(50)),
        median(&row.larder, |round| round.latency_ms(99)),
        float(row.peak_kib) / 1024.0,
        written_per_byte(row),
    )
}

/// The rate in the unit that matters for the workload, where that is not requests.
fn unit(workload: Workload, rate: f64) -> String {
    let size = u64::try_from(workload.object_bytes).map_or(0.0, float);
    match workload.kind {
        Kind::ListKeys => {
            format!(", {} keys/s", thousands(rate * u64::try_from(LIST_PAGE_KEYS).map_or(0.0, float)))
        }
        Kind::Put | Kind::Get if workload.object_bytes >= 1 << 20 => {
            format!(", {} MiB/s", thousands(rate * size / 1_048_576.0))
        }
        _ => String::new(),
    }
}

fn written_per_byte(row: &Row) -> String {
    if row.workload.kind != Kind::Put {
        return "–".to_owned();
    }
    let size = u64::try_from(row.workload.object_bytes).map_or(0.0, float);
    let content: f64 = row.larder.iter().map(|round| float(round.requests) * size).sum();
    let written: f64 = row.larder.iter().map(|round| float(round.disk_bytes)).sum();
    format!("{:.2}", written / content)
}

struct Spread {
    min: f64,
    median: f64,
    max: f64,
}

impl Spread {
    fn of(mut figures: Vec<f64>) -> Spread {
        figures.sort_by(f64::total_cmp);
        let at = |n: usize| figures.get(n).copied().unwrap_or(f64::NAN);
        Spread { min: at(0), median: at(figures.len() / 2), max: at(figures.len().saturating_sub(1)) }
    }
}

/// `12,345`; below a hundred with one decimal.
pub(crate) fn thousands(figure: f64) -> String {
    if figure < 100.0 {
        return format!("{figure:.1}");
    }
    let digits = format!("{figure:.0}");
    let mut text = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Puts a section into the report, above older ones and in place of one with the same heading.
///
/// # Errors
/// The file cannot be read or written.
pub(crate) fn save(path: &Path, section: &str) -> Result<()> {
    let old = if path.try_exists()? { fs::read_to_string(path)? } else { String::new() };
    let mut file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
    file.write_all(merged(&old, section).as_bytes())?;
    Ok(())
}

fn merged(old: &str, section: &str) -> String {
    let heading = section.lines().next().unwrap_or_default();
    let mut text = format!("{INTRODUCTION}\n{section}");
    for older in old.split("\n## ").skip(1) {
        let older = format!("## {}", older.trim_end());
        if older.lines().next() != Some(heading) {
            let _ = write!(text, "\n{older}\n");
        }
    }
    text
}

#[cfg(test)]
mod tests;
