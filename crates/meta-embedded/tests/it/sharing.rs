//! Bodies that several rows share: what a copy costs, that the bytes stay while one row is left, and go with the last.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use disk::Disk;
use meta::Engine;
use meta_embedded::{EmbeddedEngine, MemoryIndex, Settings};
use testkit::{SeededRandom, SimDisk};

use crate::crash_index::CrashIndex;
use crate::model::{Model, random_group, run_group};
use crate::world::{
    SMALL, commit, content, copy, copy_with, delete, grouped, keys, open, open_with, pattern, put, put_body,
    spawn,
};

const FIRST: &str = "log/0000000000000001.seg";

async fn has(engine: &dyn Engine, key: &str, body: &Bytes) {
    let found = content(engine, key.as_bytes()).await;
    assert!(
        found.as_ref().is_ok_and(|row| row.as_ref().is_some_and(|row| row.1.as_ref() == Some(body))),
        "{key}"
    );
}

fn upkeep(engine: &EmbeddedEngine) -> u64 {
    let mut moved = 0;
    for _ in 0..10_000 {
        let done = engine.maintain().expect("upkeep works");
        moved += done.moved_bytes;
        if !done.more {
            return moved;
        }
    }
    panic!("upkeep has no end");
}

/// Puts the oldest segments out of use by what follows them.
async fn go_on(engine: &EmbeddedEngine) -> u64 {
    for n in 0..12 {
        commit(engine, vec![put_body("filler", "", pattern(50_000, n))]).await.expect("commits");
    }
    commit(engine, vec![delete("filler")]).await.expect("commits");
    upkeep(engine)
}

/// A copy writes a record and reads nothing: not even damage in the body is seen.
#[tokio::test]
async fn a_copy_neither_reads_nor_writes_the_body() {
    let (disk, index) = (SimDisk::new(), CrashIndex::default());
    let settings = Settings { segment_bytes: 8 * 1024 * 1024, ..SMALL };
    let open =
        || EmbeddedEngine::open(Arc::new(disk.clone()), Box::new(index.clone()), settings).expect("opens");
    let engine = open();
    let body = pattern(1024 * 1024, 1);
    let version = commit(&*engine, vec![put_body("a", "", body.clone())]).await.expect("commits");
    let before = engine.stats();
    commit(&*engine, vec![copy("b", "a", version)]).await.expect("commits");
    let after = engine.stats();
    assert_eq!(after.written_bytes - before.written_bytes, 4_096, "one sector");
    assert!(after.live_bytes - before.live_bytes < 200, "the body is counted once: {before:?}, {after:?}");
    has(&*engine, "b", &body).await;
    drop(engine);
    disk.corrupt(FIRST, 500_000, |rest| rest[0] ^= 1);
    let engine = open();
    commit(&*engine, vec![copy("c", "a", version)]).await.expect("nobody reads the body");
    assert!(content(&*engine, b"c").await.is_err(), "who reads the copy finds the damage");
}

/// Every order in which three rows of one body may go, with compaction, restarts and rebuilds between: the body is there
/// while one of them is, and counted once; then its bytes are free.
#[tokio::test]
async fn a_body_goes_with_its_last_row() {
    const ORDERS: [[&str; 3]; 6] = [
        ["a", "b", "c"],
        ["a", "c", "b"],
        ["b", "a", "c"],
        ["b", "c", "a"],
        ["c", "a", "b"],
        ["c", "b", "a"],
    ];
    for (n, order) in ORDERS.into_iter().enumerate() {
        for restart in 0..4 {
            let context = format!("order {n}, restart {restart}");
            let (disk, index) = (SimDisk::new(), CrashIndex::default());
            let open_on = |disk: &SimDisk| {
                let disk = Arc::new(disk.clone());
                EmbeddedEngine::open(disk, Box::new(index.clone()), SMALL).expect("opens")
            };
            let mut engine = open_on(&disk);
            let body = pattern(30_000, 7);
            let version = commit(&*engine, vec![put_body("a", "", body.clone())]).await.expect("commits");
            let version = commit(&*engine, vec![copy("b", "a", version)]).await.expect("commits");
            commit(&*engine, vec![copy("c", "b", version)]).await.expect("commits");
            for (gone, key) in order.into_iter().enumerate() {
                for left in &order[gone..] {
                    has(&*engine, left, &body).await;
                }
                let live = engine.stats().live_bytes;
                assert!((30_000..31_000).contains(&live), "{context}: {live} with {gone} gone");
                commit(&*engine, vec![delete(key)]).await.expect("commits");
                if restart & 1 != 0 {
                    go_on(&engine).await;
                }
                drop(engine);
                engine = if restart & 2 != 0 { open(&disk) } else { open_on(&disk) };
            }
            assert_eq!(engine.stats().live_bytes, 0, "{context}: the last has gone");
            go_on(&engine).await;
            assert!(!disk.files().contains(&FIRST.to_owned()), "{context}: and its segment is free");
            assert_eq!(engine.stats().damaged_segments, 0);
        }
    }
}

/// Compaction moves a body once for all of its rows, wherever their records are.
#[tokio::test]
async fn compaction_keeps_bodies_shared() {
    let disk = SimDisk::new();
    let engine = open(&disk);
    let body = pattern(20_000, 1);
    let version = commit(&*engine, vec![put_body("a", "", body.clone())]).await.expect("commits");
    commit(&*engine, vec![put_body("filler", "", pattern(32_000, 9))]).await.expect("commits");
    for n in 0..20 {
        // each in a segment of its own
        commit(&*engine, vec![copy(&format!("copy {n:02}"), "a", version)]).await.expect("commits");
        commit(&*engine, vec![put_body("filler", "", pattern(60_000, n))]).await.expect("commits");
    }
    commit(&*engine, vec![delete("filler")]).await.expect("commits");
    let live = engine.stats().live_bytes;
    assert!(live < 20_000 + 21 * 200, "{live}");
    for round in 0..5 {
        go_on(&engine).await;
        assert!(engine.stats().live_bytes <= live, "round {round}: {:?}", engine.stats());
        has(&*engine, "copy 07", &body).await;
    }
    assert!(!disk.files().contains(&FIRST.to_owned()), "it was moved");
    assert!(engine.stats().segments < 6, "and all segments between: {:?}", engine.stats());
    let live = engine.stats().live_bytes;
    commit(&*engine, vec![delete("a")]).await.expect("commits");
    drop(engine);
    let engine = open(&disk);
    assert!(live - engine.stats().live_bytes < 200, "a rebuild counts the same, less a record");
    for n in 0..20 {
        has(&*engine, &format!("copy {n:02}"), &body).await;
    }
    commit(&*engine, (0..20).map(|n| delete(&format!("copy {n:02}"))).collect()).await.expect("commits");
    assert_eq!(engine.stats().live_bytes, 0);
}

/// More rows than one step moves: the body is written again for each such step, and no more.
#[tokio::test]
async fn many_rows_of_one_body_move_in_steps() {
    const COPIES: u64 = 60;
    let disk = SimDisk::new();
    let engine = open(&disk);
    let (body, value) = (pattern(3_000, 1), pattern(4_000, 2));
    let version = commit(&*engine, vec![put_body("a", "", body.clone())]).await.expect("commits");
    commit(&*engine, vec![put_body("filler", "", pattern(40_000, 3))]).await.expect("commits");
    for n in 0..COPIES {
        let key = format!("copy {n:02}");
        commit(&*engine, vec![copy_with(&key, value.clone(), "a", version)]).await.expect("commits");
    }
    let live = engine.stats().live_bytes;
    go_on(&engine).await;
    assert!(!disk.files().contains(&FIRST.to_owned()), "it was moved");
    let steps = COPIES * 4_100 / SMALL.compact_step_bytes + 2;
    let after = engine.stats().live_bytes;
    assert!(after <= live + steps * 3_000, "{live}, {after}");
    drop(engine);
    let engine = open(&disk);
    assert_eq!(engine.stats().live_bytes, after, "a rebuild counts the same");
    for n in 0..COPIES {
        has(&*engine, &format!("copy {n:02}"), &body).await;
    }
}

/// A source that its own batch wrote, replaced or deleted.
#[tokio::test]
async fn bodies_are_shared_within_a_batch() {
    let disk = SimDisk::new();
    let engine = open(&disk);
    let version = commit(&*engine, vec![put("first", "")]).await.expect("commits");
    let (old, new) = (pattern(10_000, 1), pattern(10_000, 2));
    // the commit of the blocker comes between
    let at = |n: u64| version + 2 + n;
    let commits = vec![
        vec![put_body("a", "", old.clone())],
        vec![copy("b", "a", at(0))],
        vec![copy("c", "b", at(1)), put_body("a", "", new.clone())],
        vec![copy("d", "c", at(2)), copy("e", "a", at(2))],
        vec![delete("c"), delete("a"), copy("b", "d", at(3))],
    ];
    let before = engine.stats();
    grouped(&engine, &disk, commits).await;
    assert_eq!(engine.stats().batches - before.batches, 2);
    let live = engine.stats().live_bytes;
    assert!((20_000..21_000).contains(&live), "{live}");
    for rebuilt in [false, true] {
        let engine = if rebuilt { open(&disk) } else { Arc::clone(&engine) };
        assert_eq!(engine.stats().live_bytes, live);
        for (key, body) in [("b", &old), ("d", &old), ("e", &new)] {
            has(&*engine, key, body).await;
        }
        assert_eq!(keys(&*engine).await, ["b", "blocker", "d", "e", "first"]);
    }
    commit(&*engine, vec![delete("b"), delete("d")]).await.expect("commits");
    go_on(&engine).await;
    has(&*engine, "e", &new).await;
    assert!(engine.stats().live_bytes < 11_000);
}

/// Copies race with compaction of what they copy; what is left is exact, nothing is lost, no segment is stuck.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn copies_race_with_compaction() {
    let disk = SimDisk::new();
    let engine = open(&disk);
    let stop = Arc::new(AtomicBool::new(false));
    let (worker, stopped) = (Arc::clone(&engine), Arc::clone(&stop));
    let upkeeper = tokio::task::spawn_blocking(move || {
        while !stopped.load(Ordering::SeqCst) {
            worker.maintain().expect("upkeep works");
        }
    });
    let random = SeededRandom::new(11);
    let mut model = Model::default();
    for step in 0..400 {
        let group = random_group(&*engine, &mut model, &random).await;
        let failed = run_group(&engine, &mut model, group).await;
        assert!(failed.is_empty(), "step {step}: {failed:?}");
        if step % 50 == 49 {
            model.check(&*engine, &format!("step {step}")).await;
        }
    }
    stop.store(true, Ordering::SeqCst);
    upkeeper.await.expect("no panic");
    upkeep(&engine);
    let stats = engine.stats();
    assert_eq!(stats.damaged_segments, 0);
    drop(engine);
    let engine = open(&disk);
    model.check(&*engine, "rebuilt").await;
    assert_eq!(engine.stats().live_bytes, stats.live_bytes);
}

/// A copy that is made after compaction has looked for rows of a body, and before it moves them, is found by another pass.
#[tokio::test]
async fn a_copy_overtakes_compaction() {
    let disk = SimDisk::new();
    let engine = open(&disk);
    let body = pattern(20_000, 1);
    let version = commit(&*engine, vec![put_body("a", "", body.clone())]).await.expect("commits");
    commit(&*engine, vec![put_body("filler", "", pattern(32_000, 2))]).await.expect("commits");
    commit(&*engine, vec![put_body("filler", "", pattern(50_000, 3))]).await.expect("commits");
    let start = |writes| {
        let engine = Arc::clone(&engine);
        spawn(async move { commit(&*engine, writes).await })
    };
    disk.hold_writes();
    let blocker = start(vec![put("blocker", "")]);
    let held = disk.clone();
    tokio::task::spawn_blocking(move || held.wait_for_held_writes(1)).await.expect("no panic");
    let copied = start(vec![copy("b", "a", version)]);
    while engine.stats().queued_commits < 2 {
        tokio::task::yield_now().await;
    }
    let worker = Arc::clone(&engine);
    let step = tokio::task::spawn_blocking(move || worker.maintain());
    // the move queues behind the copy
    let wait = tokio::task::spawn_blocking(|| std::thread::sleep(Duration::from_millis(200)));
    wait.await.expect("no panic");
    assert!(!step.is_finished());
    disk.release_writes();
    for task in [blocker, copied] {
        task.await.expect("no panic").expect("commits");
    }
    assert!(
        step.await.expect("no panic").expect("upkeep works").moved_bytes > 20_000,
        "the source was moved"
    );
    has(&*engine, "a", &body).await;
    has(&*engine, "b", &body).await;
    upkeep(&engine);
    assert_eq!(engine.stats().damaged_segments, 0);
    assert!(!disk.files().contains(&FIRST.to_owned()), "the copy was moved too");
    has(&*engine, "a", &body).await;
    has(&*engine, "b", &body).await;
}

/// A row whose record cannot be read keeps the segment of the body that it shares: nothing is taken away from under it.
#[tokio::test]
async fn damage_in_one_row_keeps_the_body_for_the_others() {
    let (disk, index) = (SimDisk::new(), CrashIndex::default());
    let open_on = || {
        let disk = Arc::new(disk.clone());
        EmbeddedEngine::open(disk, Box::new(index.clone()), SMALL).expect("opens")
    };
    let engine = open_on();
    let body = pattern(20_000, 1);
    let version = commit(&*engine, vec![put_body("a", "", body.clone())]).await.expect("commits");
    commit(&*engine, vec![put_body("filler", "", pattern(32_000, 2))]).await.expect("commits");
    assert_eq!(engine.stats().segments, 1);
    commit(&*engine, vec![copy("b", "a", version)]).await.expect("commits");
    assert_eq!(engine.stats().segments, 2, "the copy is in the second segment");
    drop(engine);
    let name = "log/0000000000000002.seg";
    let bytes = file(&disk, name);
    let at = bytes.windows(4).rposition(|window| window == b"LBAT").expect("a batch");
    disk.corrupt(name, at as u64 + 96 + 52, |rest| rest[0] ^= 1);
    let engine = open_on();
    go_on(&engine).await;
    has(&*engine, "a", &body).await;
    has(&*engine, "b", &body).await;
    assert_eq!(engine.stats().damaged_segments, 2, "that of the record, and that of the body");
    assert!(disk.files().contains(&FIRST.to_owned()));
}

fn file(disk: &SimDisk, name: &str) -> Vec<u8> {
    let file = disk.open(name).expect("opens");
    let mut out = vec![0; usize::try_from(file.len().expect("len")).expect("small")];
    assert_eq!(file.read_at(0, &mut out).expect("reads"), out.len());
    out
}

/// A log of before bodies were shared opens, and goes on in a segment that programs of then refuse to read.
#[tokio::test]
async fn a_log_of_version_1_goes_on_in_a_new_segment() {
    let disk = SimDisk::new();
    let large = Settings { segment_bytes: 1024 * 1024, ..SMALL };
    let open = || open_with(&disk, large);
    let engine = open();
    let body = pattern(10_000, 1);
    let version = commit(&*engine, vec![put_body("a", "", body.clone())]).await.expect("commits");
    drop(engine);
    // a segment without shared bodies differs in the version of its header alone
    for copy in [0, 4_096] {
        disk.corrupt(FIRST, copy, |rest| {
            assert_eq!(rest[8], 2);
            rest[8] = 1;
            let crc = crc_fast::checksum(crc_fast::CrcAlgorithm::Crc32Iscsi, &rest[..60]);
            rest[60..64].copy_from_slice(&u32::try_from(crc).expect("32 bits").to_le_bytes());
        });
    }
    let before = file(&disk, FIRST);
    let engine = open();
    assert_eq!((engine.report().rot.len(), engine.report().torn_tail_bytes), (0, 0));
    has(&*engine, "a", &body).await;
    assert_eq!(engine.stats().segments, 1);
    commit(&*engine, vec![copy("b", "a", version)]).await.expect("commits");
    assert_eq!(engine.stats().segments, 2);
    drop(engine);
    let sealed = file(&disk, FIRST);
    let end = before.iter().rposition(|byte| *byte != 0).expect("data").next_multiple_of(4_096);
    assert!(sealed[..end] == before[..end], "but for its seal the old segment is as it was");
    assert_eq!(file(&disk, "log/0000000000000002.seg")[8], 2);
    let engine =
        EmbeddedEngine::open(Arc::new(disk.clone()), Box::new(MemoryIndex::new()), large).expect("opens");
    assert_eq!(engine.report().rot, []);
    has(&*engine, "a", &body).await;
    has(&*engine, "b", &body).await;
}
