//! Law 1: the power goes at every operation of the disk. Whatever was acknowledged is there, whole; nothing else is half
//! there; no reference dangles; and the sweep finds every orphan.

mod multipart;

use std::collections::BTreeMap;
use std::sync::Arc;

use auth::Caller;
use blob::FileBlobs;
use bytes::Bytes;
use domain::Error;
use meta::MemoryEngine;
use testkit::{SeededRandom, SimDisk};

use crate::world::{World, bucket, pattern, small};

/// What each key may hold: the last acknowledged body, and those whose fate the power cut left open.
type Allowed = BTreeMap<&'static str, Vec<Option<Bytes>>>;

/// Where rows are kept.
enum Rows {
    /// In memory that outlives power cuts, so that only the blobs suffer.
    Memory(Arc<MemoryEngine>),
    /// In the log on the same disk.
    Log,
}

impl Rows {
    async fn open(&self, disk: &SimDisk, seed: u64) -> Option<World> {
        let random = Arc::new(SeededRandom::new(seed));
        match self {
            Self::Log => World::on_disk(disk, random).await,
            Self::Memory(engine) => {
                let files = blob::Settings { chunk_bytes: 64 * 1024, reserve_free_bytes: 0 };
                let blobs = FileBlobs::open(Arc::new(disk.clone()), random.clone(), files).ok()?;
                Some(World::over(engine.clone(), Arc::new(blobs), random, small()).await)
            }
        }
    }
}

fn note(allowed: &mut Allowed, key: &'static str, result: &Result<(), Error>, now: Option<Bytes>) {
    let fates = allowed.entry(key).or_insert_with(|| vec![None]);
    match result {
        Ok(()) => *fates = vec![now],
        // these say for certain that nothing happened
        Err(Error::ReadOnly | Error::InsufficientStorage | Error::SlowDown) => {}
        Err(_) => fates.push(now),
    }
}

async fn put(world: &World, allowed: &mut Allowed, key: &'static str, body: Bytes) {
    let result = world.put(key, body.clone()).await.map(drop);
    note(allowed, key, &result, Some(body));
}

async fn delete(world: &World, allowed: &mut Allowed, key: &'static str) {
    let result = world.delete(key).await;
    note(allowed, key, &result, None);
}

/// Stores, replaces, deletes and reclaims, whether or not the power is still there.
async fn live(disk: &SimDisk, rows: &Rows) -> Allowed {
    let mut allowed = Allowed::new();
    let Some(world) = rows.open(disk, 7).await else { return allowed };
    let _ = world.store.create_bucket(&Caller::System, &bucket(), None).await;
    put(&world, &mut allowed, "a", pattern(100_000, 1)).await;
    put(&world, &mut allowed, "b", pattern(70_000, 2)).await;
    put(&world, &mut allowed, "a", pattern(90_000, 3)).await;
    put(&world, &mut allowed, "c", pattern(100, 4)).await;
    let _ = world.reclaim().await;
    delete(&world, &mut allowed, "b").await;
    put(&world, &mut allowed, "c", pattern(80_000, 5)).await;
    let _ = world.reclaim().await;
    put(&world, &mut allowed, "d", pattern(60_000, 6)).await;
    put(&world, &mut allowed, "d", pattern(50, 7)).await;
    allowed
}

async fn check_after_cut(disk: &SimDisk, rows: &Rows, allowed: &Allowed) {
    let world = rows.open(disk, 8).await.expect("opens");
    let mut large = 0;
    for (key, fates) in allowed {
        let found = match world.get(key).await {
            Ok(body) => Some(Bytes::from(body)),
            Err(Error::NoSuchKey { .. } | Error::NoSuchBucket { .. }) => None,
            Err(error) => panic!("{key} is neither whole nor absent: {error}"),
        };
        let lengths = |fate: &Option<Bytes>| fate.as_ref().map(Bytes::len);
        let may = fates.iter().map(lengths).collect::<Vec<_>>();
        assert!(fates.contains(&found), "{key} has {:?}, and may have one of {may:?}", lengths(&found));
        large += usize::from(found.is_some_and(|body| body.len() as u64 > world.settings.inline_max_bytes));
    }
    world.reclaim().await.expect("reclaims");
    world.sweep().await.expect("sweeps");
    assert_eq!(
        world.blob_ids().await.len(),
        large,
        "every blob is referred to, and every reference has its blob"
    );
    assert_eq!((world.rows("x").await, world.rows("g").await), (large, 0));
}

/// Runs with the power going after each number of operations, until it lasts to the end; returns that number.
async fn cut_everywhere<T>(
    rows: impl Fn() -> Rows,
    seeds: u64,
    live: impl AsyncFn(&SimDisk, &Rows) -> T,
    check_after_cut: impl AsyncFn(&SimDisk, &Rows, &T),
) -> u64 {
    let mut ops = 0;
    loop {
        let mut lasted = false;
        for seed in 0..seeds {
            let (disk, rows) = (SimDisk::new(), rows());
            disk.fail_after_ops(ops);
            let allowed = live(&disk, &rows).await;
            lasted = !disk.is_power_gone();
            check_after_cut(&disk.power_cut(&SeededRandom::new(seed)), &rows, &allowed).await;
        }
        if lasted {
            return ops;
        }
        ops += 1;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_blobs_lose_their_power() {
    let ops = cut_everywhere(|| Rows::Memory(Arc::default()), 3, live, check_after_cut).await;
    assert!(ops > 40, "{ops} operations were enough");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn log_and_blobs_lose_their_power() {
    let ops = cut_everywhere(|| Rows::Log, 3, live, check_after_cut).await;
    assert!(ops > 60, "{ops} operations were enough");
}
