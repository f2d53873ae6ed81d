//! A disk that fills up: puts end, reads and deletes go on, upkeep makes room again.

use meta::EngineError;
use meta_embedded::Settings;
use testkit::SimDisk;

use crate::world::{SMALL, commit, content, delete, keys, open, open_with, pattern, put, put_body};

const SEGMENT: u64 = 64 * 1024;

#[tokio::test]
async fn deletes_make_room_for_puts() {
    let disk = SimDisk::new();
    disk.set_free_bytes(8 * SEGMENT);
    let engine = open(&disk);
    engine.maintain().expect("upkeep works");
    let mut stored = 0;
    let full = loop {
        let body = pattern(20_000, stored);
        match commit(&*engine, vec![put_body(&format!("{stored:03}"), "", body)]).await {
            Ok(_) => stored += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(full, EngineError::Full);
    assert!(stored >= 14, "{stored} rows in seven segments");
    assert_eq!(keys(&*engine).await.len() as u64, stored, "the refused put is not there");
    for n in 0..stored {
        let row = content(&*engine, format!("{n:03}").as_bytes()).await.expect("reads go on");
        assert_eq!(row, Some(("".into(), Some(pattern(20_000, n)))));
    }
    // far more deletes than fit beside the last put: the last spare is theirs
    for n in 0..stored {
        commit(&*engine, vec![delete(&format!("{n:03}"))]).await.expect("deletes go on");
    }
    while engine.maintain().expect("upkeep works").more {}
    for n in 0..stored - 3 {
        let body = pattern(20_000, n);
        let put = put_body(&format!("again {n:03}"), "", body);
        commit(&*engine, vec![put]).await.expect("there is room again");
    }
    drop(engine);
    assert_eq!(keys(&*open(&disk)).await.len() as u64, stored - 3);
}

#[tokio::test]
async fn compaction_makes_room_from_a_full_disk() {
    let disk = SimDisk::new();
    disk.set_free_bytes(8 * SEGMENT);
    let engine = open(&disk);
    engine.maintain().expect("upkeep works");
    let mut stored = 0;
    while commit(&*engine, vec![put_body(&format!("{stored:03}"), "", pattern(5_000, stored))]).await.is_ok()
    {
        stored += 1;
    }
    // every segment stays live in part
    for tens in (0..stored).step_by(10) {
        let dead = (tens..stored.min(tens + 10)).filter(|n| n % 5 != 0);
        let deletes = dead.map(|n| delete(&format!("{n:03}"))).collect();
        commit(&*engine, deletes).await.expect("deletes go on");
    }
    let refused = commit(&*engine, vec![put_body("x", "", pattern(60_000, 1))]).await;
    assert_eq!(refused, Err(EngineError::Full));
    while engine.maintain().expect("upkeep works").more {}
    for n in 0..4 {
        commit(&*engine, vec![put_body(&format!("x{n}"), "", pattern(50_000, 1))]).await.expect("room again");
    }
    for n in (0..stored).step_by(5) {
        let row = content(&*engine, format!("{n:03}").as_bytes()).await.expect("reads go on");
        assert_eq!(row, Some(("".into(), Some(pattern(5_000, n)))), "row {n}");
    }
}

#[tokio::test]
async fn the_reserve_is_for_deletes() {
    let disk = SimDisk::new();
    let engine = open_with(&disk, Settings { reserve_bytes: 10 * SEGMENT, ..SMALL });
    commit(&*engine, vec![put("a", ""), put("b", "")]).await.expect("commits");
    disk.set_free_bytes(10 * SEGMENT - 1);
    assert_eq!(commit(&*engine, vec![put("c", "")]).await, Err(EngineError::Full));
    let large = put("c", vec![b'v'; 4_096]);
    assert_eq!(commit(&*engine, vec![large, delete("a")]).await, Err(EngineError::Full));
    let body = put_body("c", "", pattern(4_096, 1));
    assert_eq!(commit(&*engine, vec![body, delete("a")]).await, Err(EngineError::Full));
    commit(&*engine, vec![delete("a"), put("a-was-here", "")]).await.expect("deletes go on, with a note");
    commit(&*engine, vec![delete("a-was-here")]).await.expect("deletes go on");
    for n in 0..100 {
        commit(&*engine, vec![delete(&format!("{n}"))]).await.expect("deletes go on for long");
    }
    assert_eq!(keys(&*engine).await, ["b"]);
    disk.set_free_bytes(100 * SEGMENT);
    commit(&*engine, vec![put("c", "")]).await.expect("and puts when there is space");
}

fn spares(disk: &SimDisk, suffix: &str) -> usize {
    disk.files().iter().filter(|name| name.ends_with(suffix)).count()
}

/// New segments are written over with zeros when there is time, and only then.
#[tokio::test]
async fn idle_time_prepares_the_next_segment() {
    let disk = SimDisk::new();
    let engine = open(&disk);
    commit(&*engine, vec![put("a", "")]).await.expect("commits");
    engine.maintain().expect("upkeep works");
    assert_eq!((spares(&disk, ".fresh"), spares(&disk, ".spare")), (1, 0));
    while spares(&disk, ".spare") == 0 {
        let before = disk.stats().written_bytes;
        engine.maintain().expect("upkeep works");
        assert!(disk.stats().written_bytes - before <= SEGMENT, "a step has a bound");
    }
    let before = disk.stats();
    for _ in 0..10 {
        engine.maintain().expect("upkeep works");
    }
    assert_eq!(disk.stats(), before, "upkeep without work does nothing");

    // the prepared one is used next, and replaced by one that is not
    commit(&*engine, vec![put_body("b", "", pattern(50_000, 1))]).await.expect("commits");
    assert_eq!((spares(&disk, ".fresh"), spares(&disk, ".spare")), (1, 0));
    // far too busy
    for n in 0..20 {
        for part in 0..6 {
            let row = put_body(&format!("{part}"), "", pattern(50_000, n));
            commit(&*engine, vec![row]).await.expect("commits");
        }
        let before = disk.stats().written_bytes;
        let done = engine.maintain().expect("upkeep works");
        let written = disk.stats().written_bytes - before;
        assert!(written < done.moved_bytes + SEGMENT / 2, "{written} bytes while busy: {done:?}");
    }
    drop(engine);
    let engine = open(&disk);
    assert_eq!(keys(&*engine).await, ["0", "1", "2", "3", "4", "5", "a", "b"]);
    assert_eq!(content(&*engine, b"b").await, Ok(Some(("".into(), Some(pattern(50_000, 1))))));
}
