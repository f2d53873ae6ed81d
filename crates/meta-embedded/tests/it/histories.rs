//! Random histories: tiny segments, compaction, reopening, against a map.

use std::sync::Arc;

use meta_embedded::{EmbeddedEngine, FjallIndex, Settings};
use testkit::{SeededRandom, SimDisk};

use crate::crash_index::CrashIndex;
use crate::model::{Model, random_group, run_group};
use crate::world::{SMALL, open};

fn open_on(disk: &SimDisk, index: &CrashIndex) -> Arc<EmbeddedEngine> {
    EmbeddedEngine::open(Arc::new(disk.clone()), Box::new(index.clone()), SMALL).expect("opens")
}

async fn maintain(engine: &Arc<EmbeddedEngine>, times: u64) -> u32 {
    let mut recycled = 0;
    for _ in 0..times {
        recycled += engine.maintain().expect("upkeep works").recycled;
    }
    recycled
}

/// Whatever happened, a rebuild from the log gives the rows and the accounts that the live index had.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rebuild_gives_what_was_there() {
    let mut recycled = 0;
    for seed in 0..30 {
        let random = SeededRandom::new(seed);
        let (disk, index) = (SimDisk::new(), CrashIndex::default());
        let mut engine = open_on(&disk, &index);
        let mut model = Model::default();
        for step in 0..60 {
            let context = format!("seed {seed} step {step}");
            let group = random_group(&*engine, &mut model, &random).await;
            let failed = run_group(&engine, &mut model, group).await;
            assert!(failed.is_empty(), "{context}: {failed:?}");
            recycled += maintain(&engine, random.below(4)).await;
            match random.below(12) {
                0 => {
                    drop(engine);
                    engine = open_on(&disk, &index);
                    assert_eq!(engine.report().batches_replayed, 0, "{context}: a closed index is complete");
                }
                1 => {
                    let live = engine.stats().live_bytes;
                    drop(engine);
                    engine = open(&disk);
                    model.check(&*engine, &format!("{context}, rebuilt")).await;
                    assert_eq!(engine.stats().live_bytes, live, "{context}: the accounts are the same");
                    assert_eq!(engine.report().rot, []);
                    drop(engine);
                    engine = open_on(&disk, &index);
                }
                _ => {}
            }
            if step % 10 == 9 {
                model.check(&*engine, &context).await;
                assert_eq!(engine.stats().damaged_segments, 0, "{context}: every segment can be emptied");
            }
        }
        assert!(index.longest_value() <= 2_048, "no long value goes into the index");
    }
    assert!(recycled > 100, "segments went round: {recycled}");
}

/// Deletes carried along for old segments do not grow without bound, and space comes back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn space_comes_back() {
    use crate::world::{commit, delete, pattern, put_body};
    let disk = SimDisk::new();
    let engine = open(&disk);
    // one row that stays, in the oldest segment
    commit(&*engine, vec![put_body("stays", "", pattern(50_000, 1))]).await.expect("commits");
    for round in 0..200_u64 {
        for n in 0..3 {
            let key = format!("{round}/{n}");
            commit(&*engine, vec![put_body(&key, "", pattern(10_000, n))]).await.expect("commits");
        }
        let deletes = (0..3).map(|n| delete(&format!("{round}/{n}"))).collect();
        commit(&*engine, deletes).await.expect("commits");
        while engine.maintain().expect("upkeep works").more {}
    }
    let stats = engine.stats();
    assert!(stats.segments < 12, "6 MB went through 64 KiB segments: {stats:?}");
    assert!(stats.tombstone_bytes < 100_000, "{stats:?}");
    let live = stats.live_bytes;
    drop(engine);
    let engine = open(&disk);
    assert_eq!(crate::world::keys(&*engine).await, ["stays"], "nothing comes back");
    assert_eq!(engine.stats().live_bytes, live);
}

/// The shipped index on a real disk: the same histories, with its folder deleted now and then.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_shipped_index_agrees() {
    let dir = tempfile::tempdir().expect("a scratch folder");
    let settings = Settings { segment_bytes: 256 * 1024, ..SMALL };
    let path = dir.path().join("index");
    let disk: Arc<dyn disk::Disk> = Arc::new(disk::LocalDisk::open(dir.path()).expect("opens"));
    let open = || {
        let index = Box::new(FjallIndex::new(path.clone(), 1024 * 1024));
        EmbeddedEngine::open(Arc::clone(&disk), index, settings).expect("opens")
    };
    let random = SeededRandom::new(77);
    let mut engine = open();
    let mut model = Model::default();
    for step in 0..120 {
        let group = random_group(&*engine, &mut model, &random).await;
        let failed = run_group(&engine, &mut model, group).await;
        assert!(failed.is_empty(), "step {step}: {failed:?}");
        maintain(&engine, random.below(3)).await;
        if step % 30 == 29 {
            model.check(&*engine, &format!("step {step}")).await;
            let live = engine.stats().live_bytes;
            drop(engine);
            let lost = step % 60 == 59;
            if lost {
                std::fs::remove_dir_all(&path).expect("the index is removed");
            }
            engine = open();
            assert_eq!(engine.report().index_rebuilt.is_some(), lost, "step {step}");
            assert_eq!(engine.stats().live_bytes, live, "step {step}");
            model.check(&*engine, &format!("step {step}, reopened")).await;
        }
    }
}
