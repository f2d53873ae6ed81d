//! The shipped index, damaged on a real disk: nothing is lost, whichever file is hit.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use disk::{Disk, LocalDisk};
use meta::engine::SCAN_MAX_ENTRIES;
use meta::{Engine, EngineError, Entry, KeyRange, Scan};
use meta_embedded::{EmbeddedEngine, FjallIndex, Settings};

use crate::world::{commit, delete, pattern, put};

const ROWS: u64 = 20_000;

fn open(disk: &Arc<dyn Disk>, index: &Path) -> Arc<EmbeddedEngine> {
    let index = Box::new(FjallIndex::new(index.to_owned(), 1024 * 1024));
    let settings = Settings { segment_bytes: 64 * 1024 * 1024, reserve_bytes: 0, ..Settings::default() };
    EmbeddedEngine::open(Arc::clone(disk), index, settings).expect("opens")
}

fn key(n: u64) -> String {
    format!("{n:08}")
}

/// Whether every row but the deleted one is there, by a walk over all.
async fn check(engine: &dyn Engine) -> Result<(), EngineError> {
    let mut range = KeyRange { start: Vec::new(), end: None };
    let mut expected = (0..ROWS).filter(|n| *n != 7);
    loop {
        let page = engine.scan(Scan { range: range.clone(), limit: SCAN_MAX_ENTRIES, fold: None }).await?;
        for entry in &page.entries {
            let Entry::Row { key: found, head, .. } = entry else { panic!("nothing is folded") };
            let n = expected.next().expect("no row too many");
            assert_eq!(**found, *key(n).as_bytes());
            assert!(head[..] == pattern(1_000, n)[..head.len()]);
            range.start = [found, &b"\0"[..]].concat();
        }
        if !page.more {
            assert_eq!(expected.next(), None, "no row is lost");
            return Ok(());
        }
    }
}

fn files_below(dir: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).expect("lists") {
        let path = entry.expect("lists").path();
        if path.is_dir() {
            files_below(&path, into);
        } else {
            into.push(path);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_damaged_file_heals() {
    let dir = tempfile::tempdir().expect("a scratch folder");
    let index = dir.path().join("index");
    let disk: Arc<dyn Disk> = Arc::new(LocalDisk::open(dir.path()).expect("opens"));
    let engine = open(&disk, &index);
    for start in (0..ROWS).step_by(1_000) {
        let rows = (start..start + 1_000).map(|n| put(&key(n), pattern(1_000, n))).collect();
        commit(&*engine, rows).await.expect("commits");
    }
    commit(&*engine, vec![delete(&key(7))]).await.expect("commits");
    drop(engine);

    let mut files = Vec::new();
    files_below(&index, &mut files);
    files.sort();
    let (mut rebuilt, mut failed) = (0, 0);
    for (n, file) in files.iter().enumerate() {
        let Ok(mut bytes) = std::fs::read(file) else { continue };
        let Some(last) = bytes.iter().rposition(|byte| *byte != 0) else { continue };
        // of a table the rows themselves: that shows only when they are read
        let table = file.components().any(|part| part.as_os_str() == "tables");
        let at = if table || n.is_multiple_of(2) { last / 2 } else { last };
        bytes[at] ^= 0x40;
        let kept = tempfile::NamedTempFile::new_in(dir.path()).expect("a scratch file");
        std::io::Write::write_all(&mut kept.as_file(), &bytes).expect("writes");
        kept.persist(file).expect("replaces the file");

        let context = file.strip_prefix(&index).expect("below it").display().to_string();
        let engine = open(&disk, &index);
        let first = check(&*engine).await;
        rebuilt += u32::from(engine.report().index_rebuilt.is_some());
        drop(engine);
        if let Err(error) = first {
            assert!(matches!(error, EngineError::Io(_)), "{context}: {error}");
            let engine = open(&disk, &index);
            assert!(engine.report().index_rebuilt.is_some(), "{context}: a failing index is rebuilt");
            check(&*engine).await.expect("and is whole then");
            failed += 1;
        }
    }
    assert!(rebuilt > 0 && failed > 0, "some damage showed at once, some later: {rebuilt}, {failed}");
}
