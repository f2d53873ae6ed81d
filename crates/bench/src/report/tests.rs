use std::time::Duration;

use super::*;

fn round(requests: u64, ms: u64) -> Round {
    Round {
        requests,
        elapsed: Duration::from_millis(ms),
        cpu: Duration::from_millis(10),
        disk_bytes: requests * 4608,
        latencies_us: vec![500, 1500],
    }
}

fn facts() -> Facts {
    Facts {
        date: "20260102T030405Z".to_owned(),
        quick: false,
        cores: 2,
        loads: ["0.1".to_owned(), "1.9".to_owned()],
        fdatasync_ms: [(0.1, 0.5), (0.2, 0.6)],
        idle_kib: 10_240,
        connection_bytes: 5120,
        list_keys: 100_000,
        first_start_ms: 40,
        restart_ms: 90,
        objects: 123_456,
    }
}

#[test]
fn a_line_holds_medians_spread_ratio_and_costs() {
    let workload = Workload { name: "PUT 4 KiB", kind: Kind::Put, object_bytes: 4096, clients: 64 };
    let row = Row {
        workload,
        larder: vec![round(1000, 1000), round(3000, 1000), round(2000, 1000)],
        floor: vec![round(4000, 1000), round(4000, 1000), round(4000, 1000)],
        peak_kib: 51_200,
    };
    let text = line(&row);
    assert_eq!(
        text,
        "| PUT 4 KiB | 64 | 2,000/s (1,000–3,000) | 4,000/s (4,000–4,000) | 0.50 (0.25–0.75) | 0.005 (0.003) | \
         1.50, 1.50 | 50 | 1.12 |"
    );
    let section = section(&facts(), &[row]);
    assert!(section.starts_with("## 2026-01-02\n"), "{section}");
    assert!(section.contains("after SIGKILL with about 123,456 objects"), "{section}");
}

#[test]
fn numbers_are_grouped() {
    let table =
        [(0.0, "0.0"), (99.94, "99.9"), (100.0, "100"), (1234.5, "1,234"), (1_234_567.0, "1,234,567")];
    for (figure, text) in table {
        assert_eq!(thousands(figure), text);
    }
}

#[test]
fn the_newest_section_comes_first_and_replaces_its_own_day() {
    let first = merged("", "## 2026-01-01\n\none\n");
    let second = merged(&first, "## 2026-01-02\n\ntwo\n");
    let third = merged(&second, "## 2026-01-02\n\nthree\n");
    assert_eq!(third, format!("{INTRODUCTION}\n## 2026-01-02\n\nthree\n\n## 2026-01-01\n\none\n"));
    assert_eq!(merged(&third, "## 2026-01-02\n\nthree\n"), third);
    let quick = merged(&third, "## 2026-01-02, quick\n\nfour\n");
    assert!(quick.contains("three") && quick.contains("four"), "{quick}");
}
