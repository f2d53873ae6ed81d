//! The lists' section of the report: a line for each page, in its cells a figure for each size of the bucket.

use std::fmt::Write as _;

use super::{FOLDERS, Figures, ROUND, SIZES, UPLOADS};
use crate::report::thousands;
use crate::round::float;

/// Processor time for a page may vary by this factor between sizes before we say that it grows.
const GROWTH: f64 = 1.5;

/// What is not a page.
pub(super) struct Facts {
    /// `YYYY-MM-DD`.
    pub(super) day: String,
    pub(super) cores: usize,
    /// The machine's load average before and after.
    pub(super) loads: [String; 2],
}

/// The whole section, its heading first. `columns` has the same lines for each size.
pub(super) fn section(facts: &Facts, columns: &[Vec<Figures>]) -> String {
    let mut text = format!(
        "## Lists\n\n\
         Made by `cargo xtask bench --lists`, {}: {} cores; load average {} before, {} after; {} s for each figure; no floor.\n\
         Each cell has the figures with {} keys in one bucket without versioning: half of them flat,\n\
         half spread evenly over {} prefixes; {} uploads under way. Processor time is the server's, user and system;\n\
         peak RSS is the whole server's, with what loading the keys left in memory.\n\
         A common prefix costs one seek: in an index that is still in memory hardly anything, in a large one a few blocks\n\
         from the system's cache, however many keys share the prefix.\n\n\
         {}\n\n",
        facts.day,
        facts.cores,
        facts.loads[0],
        facts.loads[1],
        ROUND.as_secs(),
        SIZES.map(count).join(" / "),
        count(FOLDERS),
        count(UPLOADS),
        verdict(columns),
    );
    text.push_str("| Page of | Clients | p50 ms | p99 ms | CPU ms each | Entries/s | Peak RSS MiB |\n");
    text.push_str("| --- | --- | --- | --- | --- | --- | --- |\n");
    for row in rows(columns) {
        let _ = writeln!(text, "{}", line(&row));
    }
    text
}

/// The figures of one line at each size.
fn rows(columns: &[Vec<Figures>]) -> impl Iterator<Item = Vec<&Figures>> {
    let lines = columns.first().map_or(0, Vec::len);
    (0..lines).map(|n| columns.iter().filter_map(|column| column.get(n)).collect())
}

fn line(row: &[&Figures]) -> String {
    let cell = |figure: &dyn Fn(&Figures) -> String| {
        row.iter().map(|figures| figure(figures)).collect::<Vec<_>>().join(" / ")
    };
    format!(
        "| {} | {} | {} | {} | {} | {} | {} |",
        row[0].name,
        row[0].clients,
        cell(&|figures| format!("{:.2}", figures.round.latency_ms(50))),
        cell(&|figures| format!("{:.2}", figures.round.latency_ms(99))),
        cell(&|figures| format!("{:.3}", figures.round.cpu_ms())),
        cell(&|figures| match figures.entries {
            0 => "–".to_owned(),
            entries => thousands(figures.round.rate() * wide(entries)),
        }),
        cell(&|figures| format!("{:.0}", float(figures.peak_kib) / 1024.0)),
    )
}

/// One sentence: whether the largest bucket makes a page dearer than the smallest, and which.
fn verdict(columns: &[Vec<Figures>]) -> String {
    let growths: Vec<(String, f64)> = rows(columns)
        .filter_map(|row| {
            let (first, last) = (row.first()?, row.last()?);
            let name = format!("{} for {} at once", first.name, first.clients);
            Some((name, last.round.cpu_ms() / first.round.cpu_ms()))
        })
        .collect();
    let times = count(SIZES[SIZES.len() - 1] / SIZES[0]);
    let (dearer, alike): (Vec<_>, Vec<_>) = growths.iter().partition(|(_, growth)| *growth > GROWTH);
    let most = alike.iter().map(|(_, growth)| *growth).fold(0.0, f64::max);
    let alike = format!(
        "With {times} times the keys the processor time of the same page is at most {most:.2} times as long: cost grows \
         with the answer only"
    );
    if dearer.is_empty() {
        return format!("{alike}.");
    }
    let dearer: Vec<String> =
        dearer.iter().map(|(name, growth)| format!("{name} ({growth:.1} times)")).collect();
    format!("{alike}, but for {}.", dearer.join(", "))
}

fn count(number: usize) -> String {
    thousands(wide(number))
}

fn wide(number: usize) -> f64 {
    u64::try_from(number).map_or(f64::INFINITY, float)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::round::Round;

    fn figures(clients: usize, cpu_ms: u64) -> Figures {
        let round = Round {
            requests: 10,
            elapsed: Duration::from_secs(1),
            cpu: Duration::from_millis(10 * cpu_ms),
            disk_bytes: 0,
            latencies_us: vec![1000, 2000],
        };
        Figures { name: "1,000 keys", entries: 1000, clients, round, peak_kib: 2048 }
    }

    #[test]
    fn a_line_holds_each_size_and_the_sentence_names_what_grows() {
        let columns = [vec![figures(1, 1), figures(16, 2)], vec![figures(1, 4), figures(16, 2)]];
        let facts =
            Facts { day: "2026-01-02".to_owned(), cores: 2, loads: ["0.1".to_owned(), "1.9".to_owned()] };
        let text = section(&facts, &columns);
        assert!(text.starts_with("## Lists\n\n"), "{text}");
        let line =
            "| 1,000 keys | 1 | 2.00 / 2.00 | 2.00 / 2.00 | 1.000 / 4.000 | 10,000 / 10,000 | 2 / 2 |\n";
        assert!(text.contains(line), "{text}");
        assert!(text.contains("at most 1.00 times"), "{text}");
        assert!(text.contains("but for 1,000 keys for 1 at once (4.0 times)."), "{text}");
        assert!(!section(&facts, &columns[..1]).contains("but for"), "{text}");
    }
}
