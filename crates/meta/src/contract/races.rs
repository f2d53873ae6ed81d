//! Commits and reads side by side.

use std::sync::atomic::{AtomicBool, Ordering};

use super::join::{Running, give_way, join_all};
use super::{commit, delete, key, put, read_version, scan, value, write};
use crate::engine::{Check, Engine, EngineError, Entry, KeyRange, Version, Write};

const RACERS: usize = 64;

/// Lets batches race; all but one must meet a conflict.
async fn race(engine: &dyn Engine, batch: impl Fn(usize) -> (Check, Write)) -> (usize, Version) {
    let racers = (0..RACERS).map(|n| {
        let (check, write) = batch(n);
        Box::pin(async move { commit(engine, [check], [write]).await })
            as Running<'_, Result<Version, EngineError>>
    });
    let results = join_all(racers.collect()).await;
    let won: Vec<(usize, Version)> =
        results.iter().enumerate().filter_map(|(n, result)| Some((n, result.clone().ok()?))).collect();
    assert_eq!(won.len(), 1, "one winner");
    let lost = results.iter().filter(|result| **result == Err(EngineError::Conflict { check: 0 })).count();
    assert_eq!(lost, RACERS - 1, "the others meet a conflict");
    won[0]
}

/// Of many commits that exclude each other, exactly one takes effect, by every kind of check.
pub async fn one_winner(engine: &dyn Engine) {
    let at = key("winner", "row");
    let holds = async |n: usize| value(engine, &at).await == Some(n.to_string().into());

    let (winner, version) = race(engine, |n| (Check::Absent(at.clone()), put(&at, n.to_string()))).await;
    assert!(holds(winner).await, "the winner's value is there");
    assert_eq!(read_version(engine, &at).await, Some(version));

    let (winner, version) =
        race(engine, |n| (Check::VersionIs(at.clone(), version), put(&at, n.to_string()))).await;
    assert!(holds(winner).await);
    assert_eq!(read_version(engine, &at).await, Some(version));

    race(engine, |_| (Check::Present(at.clone()), delete(&at))).await;
    assert_eq!(value(engine, &at).await, None);

    let room = KeyRange::prefix(&key("winner", "room/"));
    let member = |n: usize| key("winner", format!("room/{n}"));
    let (winner, _) = race(engine, |n| (Check::Empty(room.clone()), put(&member(n), ""))).await;
    let page = scan(engine, &room, 100, None).await;
    assert_eq!(super::keys(&page), [member(winner)]);
}

/// Read, decide, commit if unchanged, else again: no increment is lost.
pub async fn counters_lose_nothing(engine: &dyn Engine) {
    const WRITERS: usize = 8;
    const EACH: usize = 10;
    let at = key("counter", "");
    write(engine, [put(&at, "0")]).await;
    let increment = async || {
        loop {
            let row = engine.get(&at).await.expect("get answers").expect("the counter is there");
            let count: usize =
                std::str::from_utf8(&row.value).ok().and_then(|t| t.parse().ok()).expect("a number");
            give_way().await;
            let check = Check::VersionIs(at.clone(), row.version);
            match commit(engine, [check], [put(&at, (count + 1).to_string())]).await {
                Ok(_) => return,
                Err(EngineError::Conflict { .. }) => {}
                Err(other) => panic!("{other}"),
            }
        }
    };
    let increment = &increment;
    let writers = (0..WRITERS).map(|_| {
        Box::pin(async move {
            for _ in 0..EACH {
                increment().await;
            }
        }) as Running<'_, ()>
    });
    join_all(writers.collect()).await;
    assert_eq!(value(engine, &at).await, Some((WRITERS * EACH).to_string().into()));
}

/// While batches replace a group of rows, every scan sees one generation, and never an older one than before; a commit
/// that returned is seen by whatever begins after.
pub async fn scans_see_one_moment(engine: &dyn Engine) {
    const ROWS: u32 = 20;
    const GENERATIONS: u32 = 100;
    let at = |n: u32| key("moment", n.to_be_bytes());
    let all = KeyRange::prefix(&key("moment", ""));
    write(engine, (0..ROWS).map(|n| put(&at(n), 0_u32.to_be_bytes().to_vec()))).await;
    let done = AtomicBool::new(false);

    let writer = async {
        for generation in 1..=GENERATIONS {
            let version =
                write(engine, (0..ROWS).map(|n| put(&at(n), generation.to_be_bytes().to_vec()))).await;
            assert_eq!(
                read_version(engine, &at(generation % ROWS)).await,
                Some(version),
                "a commit reads itself"
            );
            give_way().await;
        }
        done.store(true, Ordering::SeqCst);
    };
    let reader = async || {
        let mut last = (0, 0);
        while !done.load(Ordering::SeqCst) {
            let page = scan(engine, &all, 100, None).await;
            assert_eq!(page.entries.len(), ROWS as usize);
            let seen = |entry: &Entry| match entry {
                Entry::Row { head, version, .. } => (*version, head.clone()),
                Entry::Prefix(_) => panic!("nothing is folded"),
            };
            let first = seen(&page.entries[0]);
            assert!(page.entries.iter().all(|entry| seen(entry) == first), "half of a batch was seen");
            let head: [u8; 4] = first.1[..].try_into().expect("four bytes");
            let now = (u32::from_be_bytes(head), first.0);
            assert!(now >= last, "time went backwards");
            last = now;
            give_way().await;
        }
    };
    let mut tasks: Vec<Running<'_, ()>> = vec![Box::pin(writer)];
    for _ in 0..3 {
        tasks.push(Box::pin(reader()));
    }
    join_all(tasks).await;
    let page = scan(engine, &all, 1, None).await;
    assert!(matches!(&page.entries[..], [Entry::Row { head, .. }] if head[..] == GENERATIONS.to_be_bytes()));
}
