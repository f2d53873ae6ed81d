//! Batches near the longest that the format allows: what is acknowledged in them is read back like everything else.

use bytes::Bytes;
use meta::Write;
use testkit::SimDisk;

use crate::world::{commit, grouped, keys, open, pattern};

/// The longest value that is kept when its row goes.
const LONG: usize = 1024 * 1024;

fn external(key: String, value: Bytes) -> Write {
    Write::Put { key: key.into(), value, body: None, external: true, displaced_to: None }
}

/// Deletes are short, but each of these keeps a long value: together they are more than one batch may hold.
#[tokio::test]
async fn long_values_displaced_at_once_survive() {
    const COMMITS: u64 = 5;
    const EACH: u64 = 14;
    let disk = SimDisk::new();
    let engine = open(&disk);
    for n in 0..COMMITS * EACH {
        let put = external(format!("row/{n:02}"), pattern(LONG, n));
        commit(&*engine, vec![put]).await.expect("commits");
    }
    let displace = |n| Write::Delete {
        key: format!("row/{n:02}").into(),
        displaced_to: Some(format!("kept/{n:02}").into()),
    };
    let commits = (0..COMMITS).map(|commit| (commit * EACH..(commit + 1) * EACH).map(displace).collect());
    grouped(&engine, &disk, commits.collect()).await;
    let expected: Vec<Bytes> = std::iter::once("blocker".into())
        .chain((0..COMMITS * EACH).map(|n| format!("kept/{n:02}").into()))
        .collect();
    assert_eq!(keys(&*engine).await, expected);
    drop(engine);
    let engine = open(&disk.kill_process());
    assert_eq!(engine.report().rot, []);
    assert_eq!(engine.report().torn_tail_bytes, 0);
    assert_eq!(keys(&*engine).await, expected, "what was acknowledged is there after a restart");
}
