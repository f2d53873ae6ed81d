//! The damage matrix: a torn tail is dropped, rot in acknowledged data is reported and kept, and wrong bytes never come out.

use std::sync::Arc;

use bytes::Bytes;
use disk::Disk;
use meta::{Engine, EngineError};
use meta_embedded::{EmbeddedEngine, MemoryIndex, Rot, Settings};
use testkit::{SeededRandom, SimDisk};

use crate::crash_index::CrashIndex;
use crate::world::{
    SMALL, commit, content, copy, delete, grouped, keys, open, open_with, pattern, put, put_body,
};

const FIRST: &str = "log/0000000000000001.seg";
const DATA_START: u64 = 8_192;
const PAGE: usize = 4_096;
/// Everything of a test in one segment.
const LARGE: Settings = Settings { segment_bytes: 1024 * 1024, ..SMALL };

/// One batch of a log in one segment.
#[derive(Clone)]
struct Written {
    key: String,
    body: Bytes,
    offset: u64,
    bytes: u64,
}

/// Commits each row in a batch of its own.
async fn write(engine: &EmbeddedEngine, sizes: &[usize]) -> Vec<Written> {
    let mut written = Vec::new();
    for (n, size) in sizes.iter().enumerate() {
        let (key, body) = (format!("row {n}"), pattern(*size, n as u64));
        let offset = DATA_START + engine.stats().written_bytes;
        commit(engine, vec![put_body(&key, "value", body.clone())]).await.expect("commits");
        let bytes = DATA_START + engine.stats().written_bytes - offset;
        written.push(Written { key, body, offset, bytes });
    }
    written
}

async fn check(engine: &EmbeddedEngine, rows: &[Written], context: &str) {
    let expected: Vec<&str> = rows.iter().map(|row| row.key.as_str()).collect();
    assert_eq!(keys(engine).await, expected, "{context}");
    for row in rows {
        let found = content(engine, row.key.as_bytes()).await;
        assert!(found == Ok(Some(("value".into(), Some(row.body.clone())))), "{context}: {}", row.key);
    }
}

fn is_corrupt<T>(result: &Result<T, EngineError>) -> bool {
    matches!(result, Err(EngineError::Corrupt(_)))
}

fn quarantined(disk: &SimDisk) -> Vec<String> {
    disk.files().into_iter().filter(|name| name.starts_with("quarantine/")).collect()
}

/// Any page of the last batch missing or garbled, the inside of a large body included.
#[tokio::test]
async fn a_torn_tail_is_dropped_and_written_over() {
    let garble: [fn(&mut [u8]); 2] =
        [|page| page.fill(0), |page| page.iter_mut().for_each(|byte| *byte = byte.wrapping_mul(3) ^ 0x55)];
    for page in 0..17 {
        for garble in garble {
            let disk = SimDisk::new();
            let engine = open_with(&disk, LARGE);
            let mut rows = write(&engine, &[100, 30_000, 64_000]).await;
            drop(engine);
            let torn = rows.pop().expect("three");
            let at = torn.offset + (page * PAGE as u64).min(torn.bytes - PAGE as u64);
            disk.corrupt(FIRST, at, |rest| garble(&mut rest[..PAGE]));
            let engine = open_with(&disk, LARGE);
            let context = format!("page {page}");
            assert_eq!(engine.report().rot, [], "{context}");
            let seen = if page == 0 { 0 } else { torn.bytes };
            assert_eq!(engine.report().torn_tail_bytes, seen, "{context}");
            check(&engine, &rows, &context).await;
            // the next batch takes its place, shorter than what was torn
            commit(&*engine, vec![put("z", "after")]).await.expect("commits");
            drop(engine);
            let engine = open_with(&disk, LARGE);
            assert_eq!(engine.report().rot, [], "{context}, written over");
            assert_eq!(keys(&*engine).await.len(), rows.len() + 1, "{context}, written over");
            assert!(quarantined(&disk).is_empty());
        }
    }
}

/// What a flip hits, and what is left of its row after a rebuild.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Part {
    Header,
    Record,
    Body,
}

#[tokio::test]
async fn rot_in_acknowledged_data_is_reported_and_kept() {
    for part in [Part::Header, Part::Record, Part::Body] {
        for hit in 0..3 {
            let disk = SimDisk::new();
            let engine = open_with(&disk, LARGE);
            let rows = write(&engine, &[100, 30_000, 10, 70_000]).await;
            drop(engine);
            let bad = rows[hit].clone();
            let within = match part {
                Part::Header => 40,
                Part::Record => 96 + 52 + 2,
                Part::Body => 96 + 52 + 5 + 5 + 4 + 4 + bad.body.len() as u64 / 2,
            };
            disk.corrupt(FIRST, bad.offset + within, |rest| rest[0] ^= 4);
            let before = file(&disk, FIRST);
            let engine = open_with(&disk, LARGE);
            let context = format!("{part:?} of batch {hit}");
            let rot = Rot { segment: 1, offset: bad.offset, bytes: bad.bytes };
            assert_eq!(engine.report().rot, [rot], "{context}");
            assert_eq!(engine.stats().damaged_segments, 1);
            let copy = format!("quarantine/{:016x}-{:08x}.log", 1, bad.offset);
            assert_eq!(quarantined(&disk), std::slice::from_ref(&copy), "{context}");
            let range = usize::try_from(bad.offset).expect("small")
                ..usize::try_from(bad.offset + bad.bytes).expect("small");
            assert!(file(&disk, &copy) == before[range], "{context}: the copy is what was found");

            let mut left = rows.clone();
            left.remove(hit);
            if part == Part::Body {
                let found = content(&*engine, bad.key.as_bytes()).await;
                assert!(is_corrupt(&found), "{context}: {found:?}");
                commit(&*engine, vec![delete(&bad.key)]).await.expect("it can be deleted");
            }
            check(&engine, &left, &context).await;
            commit(&*engine, vec![put("z", "after")]).await.expect("it goes on elsewhere");
            while engine.maintain().expect("upkeep works").more {}
            drop(engine);
            let end = usize::try_from(rows[3].offset + rows[3].bytes).expect("small");
            assert!(file(&disk, FIRST)[..end] == before[..end], "{context}: what is damaged is not touched");
            let engine = open_with(&disk, LARGE);
            assert_eq!(engine.report().rot, [rot], "{context}: it is reported at each rebuild");
            assert_eq!(keys(&*engine).await.len(), left.len() + 1, "{context}");
        }
    }
}

fn file(disk: &SimDisk, name: &str) -> Vec<u8> {
    let file = disk.open(name).expect("opens");
    let mut out = vec![0; usize::try_from(file.len().expect("len")).expect("small")];
    assert_eq!(file.read_at(0, &mut out).expect("reads"), out.len());
    out
}

/// Of a batch with many commits, those before the damage are saved, each whole.
#[tokio::test]
async fn the_front_of_a_damaged_batch_is_saved() {
    let disk = SimDisk::new();
    let engine = open_with(&disk, LARGE);
    commit(&*engine, vec![put("first", "")]).await.expect("commits");
    let offset = DATA_START + engine.stats().written_bytes + PAGE as u64;
    let pair = |n: u8| vec![put(&format!("{n}/a"), "aaaa"), put(&format!("{n}/b"), "bbbb")];
    grouped(&engine, &disk, (0..4).map(pair).collect()).await;
    commit(&*engine, vec![put("last", "")]).await.expect("commits");
    drop(engine);
    // in the second record of the third commit: each record takes 52 + 3 + 4 + 4 bytes
    disk.corrupt(FIRST, offset + 96 + 5 * 63 + 54, |rest| rest[0] ^= 1);
    let engine = open_with(&disk, LARGE);
    let rot = Rot { segment: 1, offset, bytes: PAGE as u64 };
    assert_eq!(engine.report().rot, [rot]);
    assert_eq!(keys(&*engine).await, ["0/a", "0/b", "1/a", "1/b", "blocker", "first", "last"]);
}

/// A segment with rot stays through later starts, although nothing is read back then and none of its rows lives.
#[tokio::test]
async fn a_damaged_segment_is_kept_for_good() {
    let (disk, index) = (SimDisk::new(), CrashIndex::default());
    let engine = open(&disk);
    let rows = write(&engine, &[10_000, 10_000, 40_000, 40_000]).await;
    drop(engine);
    disk.corrupt(FIRST, rows[0].offset, |rest| rest[0] ^= 1);
    for start in 0..3 {
        let boxed = Box::new(index.clone());
        let engine = EmbeddedEngine::open(Arc::new(disk.clone()), boxed, SMALL).expect("opens");
        assert_eq!(engine.report().rot.is_empty(), start > 0, "the index is whole from the second start on");
        assert_eq!(engine.stats().damaged_segments, 1, "start {start}");
        let deletes = rows.iter().map(|row| delete(&row.key)).collect();
        commit(&*engine, deletes).await.expect("commits");
        commit(&*engine, vec![put_body("filler", "", pattern(50_000, start))]).await.expect("commits");
        while engine.maintain().expect("upkeep works").more {}
        assert!(disk.files().contains(&FIRST.to_owned()));
    }
}

/// With a whole index nothing is read back at start; damage then shows where it is read, and nowhere else.
#[tokio::test]
async fn rot_below_the_index_shows_on_reading() {
    let (disk, index) = (SimDisk::new(), CrashIndex::default());
    let open =
        || EmbeddedEngine::open(Arc::new(disk.clone()), Box::new(index.clone()), LARGE).expect("opens");
    let engine = open();
    let rows = write(&engine, &[200_000]).await;
    commit(&*engine, vec![put("long", pattern(50_000, 3))]).await.expect("commits");
    let long = DATA_START + engine.stats().written_bytes - 20_000;
    drop(engine);
    disk.corrupt(FIRST, rows[0].offset + 70_000, |rest| rest[0] ^= 1);
    disk.corrupt(FIRST, long, |rest| rest[0] ^= 1);
    let engine = open();
    assert_eq!(engine.report().rot, []);
    let row = engine.get(rows[0].key.as_bytes()).await.expect("get answers").expect("it is there");
    let body = row.body.expect("it has a body");
    let block = |n: u64| n * 65_536..(n + 1) * 65_536;
    assert!(is_corrupt(&body.read(block(1)).await));
    assert!(is_corrupt(&body.read(131_000..131_001).await), "not even bytes beside the damage");
    assert!(is_corrupt(&body.read(0..200_000).await), "nor those before it");
    assert!(body.read(block(0)).await.expect("another block") == rows[0].body[..65_536]);
    assert!(body.read(block(2)).await.expect("another block") == rows[0].body[131_072..196_608]);
    assert!(is_corrupt(&engine.get(b"long").await), "a value that stayed in the log is verified too");
    assert_eq!(keys(&*engine).await, ["long", "row 0"], "a listing needs only the index");
    // compaction finds it and leaves the segment alone
    commit(&*engine, vec![delete("long")]).await.expect("commits");
    while engine.stats().segments < 2 {
        commit(&*engine, vec![put_body("filler", "", pattern(100_000, 4))]).await.expect("commits");
    }
    while engine.maintain().expect("upkeep works").more {}
    assert_eq!(engine.stats().damaged_segments, 1);
    assert!(disk.files().contains(&FIRST.to_owned()));
    assert_eq!(quarantined(&disk), [format!("quarantine/{:016x}-{:08x}.log", 1, rows[0].offset)]);
}

/// The old batches behind the new ones in a segment that is used again are not mistaken for what follows.
#[tokio::test]
async fn stale_bytes_of_a_reused_segment_are_harmless() {
    let disk = SimDisk::new();
    let engine = open(&disk);
    let mut expected = Vec::new();
    for round in 0..40_u64 {
        commit(&*engine, vec![put_body("over and over", "", pattern(20_000, round))]).await.expect("commits");
        while engine.maintain().expect("upkeep works").more {}
        if round % 13 == 0 {
            let key = format!("stays {round:02}");
            commit(&*engine, vec![put(&key, "")]).await.expect("commits");
            expected.push(key);
        }
    }
    drop(engine);
    let newest = disk.files().into_iter().filter(|name| name.ends_with(".seg")).max().expect("a segment");
    let bytes = file(&disk, &newest);
    let headers = bytes.chunks(PAGE).filter(|page| page.starts_with(b"LBAT"));
    let seqs: std::collections::BTreeSet<u64> =
        headers.map(|page| u64::from_le_bytes(page[8..16].try_into().expect("eight"))).collect();
    assert!(seqs.len() > 1, "the segment holds batches of an earlier life: {seqs:?}");
    let engine = open(&disk);
    assert_eq!((engine.report().rot.len(), engine.report().torn_tail_bytes), (0, 0));
    expected.insert(0, "over and over".to_owned());
    assert_eq!(keys(&*engine).await, expected);
}

/// A body may hold the bytes of a batch, in the very place where recovery looks for one: the nonce of the run tells.
#[tokio::test]
async fn a_batch_inside_a_body_is_not_believed() {
    const AT: u64 = DATA_START + 2 * PAGE as u64;
    for (nonce, believed) in [([8; 16], false), (LARGE.nonce, true)] {
        let forger = SimDisk::new();
        let engine = open_with(&forger, Settings { nonce, ..LARGE });
        commit(&*engine, vec![put("filler", "")]).await.expect("commits");
        commit(&*engine, vec![put("filler", "")]).await.expect("commits");
        commit(&*engine, vec![put("evil", "")]).await.expect("commits");
        drop(engine);
        let at = usize::try_from(AT).expect("small");
        let evil = file(&forger, FIRST)[at..at + PAGE].to_vec();

        let disk = SimDisk::new();
        let engine = open_with(&disk, LARGE);
        let mut body = vec![0; 3 * PAGE];
        // header, record with a key of one byte and one checksum, body
        let start = at - 8_192 - (96 + 52 + 1 + 4 + 4);
        body[start..start + PAGE].copy_from_slice(&evil);
        commit(&*engine, vec![put_body("k", "", body.into())]).await.expect("commits");
        drop(engine);
        assert!(file(&disk, FIRST)[at..at + PAGE] == evil[..], "it lies where it should");
        disk.corrupt(FIRST, DATA_START, |rest| rest[..PAGE].fill(0));
        let engine = open_with(&disk, LARGE);
        let evil_is_there = keys(&*engine).await == ["evil"];
        assert_eq!(evil_is_there, believed, "who knows the nonce can forge, nobody else");
        assert_eq!(engine.report().rot.is_empty(), !believed);
    }
}

#[tokio::test]
async fn a_damaged_segment_header_loses_nothing() {
    for copies in [0..1, 1..2, 0..2_u64] {
        let disk = SimDisk::new();
        let engine = open(&disk);
        let rows = write(&engine, &[40_000, 40_000, 40_000, 100]).await;
        drop(engine);
        for copy in copies.clone() {
            disk.corrupt(FIRST, copy * PAGE as u64, |rest| rest[..PAGE].fill(0xff));
        }
        let engine = open(&disk);
        check(&engine, &rows, &format!("copies {copies:?} damaged")).await;
        assert_eq!(engine.stats().damaged_segments, usize::from(copies == (0..2)));
        commit(&*engine, vec![put("z", "")]).await.expect("it goes on");
        drop(engine);
        assert_eq!(keys(&*open(&disk)).await.len(), rows.len() + 1);
    }
}

/// An index that is damaged, or of another log, is thrown away.
#[tokio::test]
async fn a_bad_index_is_rebuilt() {
    let (disk, index) = (SimDisk::new(), CrashIndex::default());
    let settings = |nonce| Settings { nonce, ..SMALL };
    let open = |disk: &SimDisk, index: &CrashIndex, nonce| {
        let index = Box::new(index.clone());
        EmbeddedEngine::open(Arc::new(disk.clone()), index, settings(nonce)).expect("opens")
    };
    let engine = open(&disk, &index, [1; 16]);
    let rows = write(&engine, &[100, 200, 40_000]).await;
    drop(engine);
    index.corrupt();
    let engine = open(&disk, &index, [1; 16]);
    assert!(engine.report().index_rebuilt.is_some());
    check(&engine, &rows, "damaged").await;
    drop(engine);

    let other = SimDisk::new();
    let engine = open(&other, &CrashIndex::default(), [2; 16]);
    let others = write(&engine, &[5]).await;
    drop(engine);
    let engine = open(&other, &index, [2; 16]);
    assert!(engine.report().index_rebuilt.is_some(), "it belongs to another log");
    check(&engine, &others, "of another log").await;
    drop(engine);
    let engine = open(&other, &index, [3; 16]);
    assert_eq!(engine.report().index_rebuilt, None, "and now to this one");
}

/// Recovery reads whatever it is given without a panic, and goes on.
#[tokio::test]
async fn random_damage_never_panics() {
    let random = SeededRandom::new(3);
    for _ in 0..60 {
        let disk = SimDisk::new();
        let engine = open(&disk);
        for n in 0..12_u64 {
            let key = format!("{}", n % 5);
            let size = usize::try_from(random.below(30_000)).expect("small");
            let put = put_body(&key, pattern(size / 4, n), pattern(size, n));
            let version = commit(&*engine, vec![put]).await.expect("commits");
            let copies = format!("copy {}", random.below(4));
            commit(&*engine, vec![copy(&copies, &key, version)]).await.expect("commits");
        }
        drop(engine);
        let segments: Vec<String> = disk.files().into_iter().filter(|name| name.ends_with(".seg")).collect();
        for _ in 0..=random.below(4) {
            let name = &segments[usize::try_from(random.below(segments.len() as u64)).expect("small")];
            let at = random.below(64 * 1024) / if random.coin() { 1 } else { 4_096 } * 4_096 % (64 * 1024);
            let len = usize::try_from(random.below(5_000)).expect("small");
            let junk = random.bytes(len);
            disk.corrupt(name, at, |rest| {
                let n = rest.len().min(junk.len());
                rest[..n].copy_from_slice(&junk[..n]);
            });
        }
        let index = Box::new(MemoryIndex::new());
        let engine = EmbeddedEngine::open(Arc::new(disk.clone()), index, SMALL).expect("opens");
        for key in keys(&*engine).await {
            let found = content(&*engine, &key).await;
            assert!(found.is_ok() || is_corrupt(&found), "{found:?}");
        }
        commit(&*engine, vec![put("goes", "on")]).await.expect("commits");
        while engine.maintain().expect("upkeep works").more {}
        for key in keys(&*engine).await {
            let found = content(&*engine, &key).await;
            assert!(found.is_ok() || is_corrupt(&found), "{found:?}");
            let key = String::from_utf8_lossy(&key);
            commit(&*engine, vec![delete(&key)]).await.expect("what is damaged can be deleted");
        }
        while engine.maintain().expect("upkeep works").more {}
        assert_eq!(engine.stats().live_bytes, 0, "nothing is counted that is gone");
    }
}
