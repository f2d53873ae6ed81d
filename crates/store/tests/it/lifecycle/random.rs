//! Random buckets under random policies, against what `LifecyclePolicy` says of each object by itself.

use std::collections::BTreeMap;

use domain::lifecycle::Due;
use testkit::SeededRandom;

use super::*;

const PREFIXES: [&str; 6] = ["", "a", "a/", "a/b", "b/", "\u{fc}"];
const KEYS: [&str; 9] = ["a", "a/1", "a/b", "a/b/2", "ab", "b/1", "c", "\u{fc}", "u\u{308}/x"];

fn time(dice: &SeededRandom, now: Timestamp) -> Option<LifecycleTime> {
    match dice.below(4) {
        0 | 1 => None,
        2 => Some(LifecycleTime::Age { seconds: 1 + dice.below(5 * DAY_SECONDS) }),
        _ => {
            let days = i64::try_from(dice.below(10)).expect("small") - 5;
            Some(LifecycleTime::Date(Timestamp::from_seconds(now.as_seconds() + days * 86_400)))
        }
    }
}

fn some_policy(dice: &SeededRandom, now: Timestamp) -> LifecyclePolicy {
    let some = |_| {
        let mut some = LifecycleRule {
            enabled: dice.below(4) > 0,
            expiration: time(dice, now),
            transition: time(dice, now),
            abort_uploads_seconds: dice.coin().then(|| 1 + dice.below(5 * DAY_SECONDS)),
            ..rule(PREFIXES[usize::try_from(dice.below(6)).expect("small")])
        };
        if some.expiration.is_none() && some.transition.is_none() {
            some.abort_uploads_seconds.get_or_insert(1);
        }
        some
    };
    LifecyclePolicy::new((0..dice.below(6)).map(some).collect()).expect("valid")
}

/// What each key stands for: its class, and when it was stored.
type Objects = BTreeMap<String, (StorageClass, Timestamp)>;

async fn objects(world: &World) -> Objects {
    let mut objects = Objects::new();
    for key in KEYS {
        if let Ok(info) = world.head(key).await {
            objects.insert(key.to_owned(), (info.metadata.storage_class, info.last_modified));
        }
    }
    objects
}

fn after(policy: &LifecyclePolicy, before: &Objects, now: Timestamp) -> Objects {
    let mut after = before.clone();
    after.retain(|key, (class, stored)| match policy.due(&object_key(key), *stored, *class, now) {
        None => true,
        Some(Due::Expire { .. }) => false,
        Some(Due::Transition { .. }) => {
            *class = StorageClass::StandardIa;
            true
        }
    });
    after
}

async fn history(seed: u64) {
    let (mut world, dice) = (World::new().await, SeededRandom::new(seed));
    let mut round = LifecycleRound::default();
    let mut policy = LifecyclePolicy::of_new_bucket();
    let mut uploads = Vec::new();
    for _ in 0..60 {
        let now = world.clock.now();
        let key = KEYS[usize::try_from(dice.below(9)).expect("small")];
        match dice.below(10) {
            0..=2 => {
                let size = [0, 10, 9_000][usize::try_from(dice.below(3)).expect("small")];
                world.put(key, pattern(size, seed)).await.expect("stores");
            }
            3 => uploads.push((key, world.begin(key).await, now)),
            4 => world.clock.advance(Duration::from_secs(dice.below(3 * DAY_SECONDS))),
            5 => {
                policy = some_policy(&dice, now);
                world.store.put_bucket_lifecycle(SYSTEM, &bucket(), &policy).await.expect("sets");
            }
            6 => {
                let turned = if dice.coin() { Versioning::Enabled } else { Versioning::Suspended };
                world.keep_versions(turned).await;
            }
            7 => {
                world.restart().await;
                round = LifecycleRound::default();
            }
            _ => {
                let before = objects(&world).await;
                // a round that remembers owes nothing but what was stored since, under a date that is past
                let fresh = dice.coin();
                if fresh {
                    round = LifecycleRound::default();
                }
                let reports = world.round(&mut round).await;
                assert!(reports.iter().all(|report| report.error.is_none()), "seed {seed}: {reports:?}");
                if !reports.is_empty() {
                    assert_eq!(objects(&world).await, after(&policy, &before, now), "seed {seed}");
                    uploads.retain(|(key, _, at)| {
                        policy.abort_of(&object_key(key), *at).is_none_or(|(due, _)| now < due)
                    });
                }
            }
        }
    }
    for (key, id, _) in &uploads {
        world.abort(key, *id).await.expect("is under way");
    }
    let query = UploadQuery { limit: 100, ..UploadQuery::default() };
    let left = world.store.list_uploads(SYSTEM, &bucket(), &query).await.expect("lists");
    assert_eq!(left.entries, [], "seed {seed}");
    world.reclaim().await.expect("reclaims");
    assert_eq!(world.sweep().await, Ok(0), "seed {seed}");
}

#[tokio::test]
async fn rounds_come_to_what_the_policy_says_of_each_object() {
    for seed in 0..150 {
        history(seed).await;
    }
}
