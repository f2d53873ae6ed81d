//! A batch of deletions does what the same deletions do one after the other, also when several are of one key.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::etag::ETagMatch;
use domain::versioning::{VersionEntry, VersionQuery, Versioning};
use domain::{DeleteConditions, ETag, VersionId};
use store::{DeleteObject, DeleteOutcome};
use testkit::SeededRandom;

use super::SYSTEM;
use crate::world::{INLINE_MAX, World, bucket, object_key, pattern};

const KEYS: [&str; 2] = ["k", "l"];

/// Some versions and markers of both keys; the same for the same seed.
async fn history(world: &World, dice: &SeededRandom) {
    for n in 0..3 + dice.below(9) {
        let key = KEYS[usize::from(dice.below(4) == 0)];
        match dice.below(8) {
            0 => turn(world, Versioning::Suspended).await,
            1 | 2 => turn(world, Versioning::Enabled).await,
            3 => world.delete(key).await.expect("deletes"),
            _ => {
                let size = if dice.coin() { 100 } else { INLINE_MAX + 1 };
                world.put(key, pattern(size, n)).await.map(drop).expect("stores");
            }
        }
        world.clock.advance(Duration::from_millis(dice.below(3)));
    }
}

async fn turn(world: &World, versioning: Versioning) {
    world.store.put_versioning(SYSTEM, &bucket(), versioning).await.expect("turns");
}

/// Every version: its key, its id, its ETag unless it is a marker, and whether it is the latest.
async fn versions(world: &World) -> Vec<(String, VersionId, Option<ETag>, bool)> {
    let query = VersionQuery { limit: 1_000, ..VersionQuery::default() };
    let page = world.store.list_versions(SYSTEM, &bucket(), &query).await.expect("lists");
    let shown = |entry| match entry {
        VersionEntry::Object { info, version, is_latest } => {
            (info.key.to_string(), version, Some(info.etag), is_latest)
        }
        VersionEntry::DeleteMarker { key, version, is_latest, .. } => {
            (key.to_string(), version, None, is_latest)
        }
        VersionEntry::Prefix(prefix) => panic!("nothing folds: {prefix}"),
    };
    page.entries.into_iter().map(shown).collect()
}

fn batch(dice: &SeededRandom, there: &[(String, VersionId, Option<ETag>, bool)]) -> Vec<DeleteObject> {
    let any = |among: u64| usize::try_from(dice.below(among)).expect("small");
    let one = |_| {
        let picked = there.get(any(there.len() as u64));
        let (key, version) = match (picked, dice.below(6)) {
            (Some((key, version, ..)), 0..4) => (key.as_str(), Some(*version)),
            (_, 4) => (KEYS[any(2)], Some(VersionId::Null)),
            _ => (KEYS[any(2)], None),
        };
        let etag = there.get(any(there.len() as u64)).and_then(|(_, _, etag, _)| etag.clone());
        let if_match = etag.filter(|_| dice.below(3) == 0).map(|etag| vec![ETagMatch::Strong(etag)]);
        let conditions = DeleteConditions { if_match, ..DeleteConditions::default() };
        DeleteObject { version, conditions, ..object_key(key).into() }
    };
    (0..1 + dice.below(9)).map(one).collect()
}

#[tokio::test]
async fn a_batch_is_its_deletions_one_after_the_other() {
    for seed in 0..1_500 {
        let (together, apart) = (World::new().await, World::new().await);
        history(&together, &SeededRandom::new(seed)).await;
        history(&apart, &SeededRandom::new(seed)).await;
        let before = versions(&together).await;
        assert_eq!(before, versions(&apart).await, "the worlds are alike");
        let ids: BTreeSet<String> = before.iter().map(|(_, version, ..)| version.to_string()).collect();
        // markers that come are named differently
        let id = |version: VersionId| {
            let text = version.to_string();
            if ids.contains(&text) || version == VersionId::Null { text } else { "new".into() }
        };
        let shown = |outcome: &DeleteOutcome| {
            outcome.as_ref().map(|d| (d.version_id.map(id), d.is_marker)).map_err(ToString::to_string)
        };
        let objects = batch(&SeededRandom::new(!seed), &before);
        let mut expected = Vec::new();
        for object in &objects {
            let outcome = apart.store.delete_object(SYSTEM, &bucket(), object.clone(), false).await;
            expected.push(shown(&outcome));
        }
        let outcomes = together.store.delete_objects(SYSTEM, &bucket(), objects.clone(), false).await;
        let outcomes: Vec<_> = outcomes.expect("deletes").iter().map(shown).collect();
        assert_eq!(outcomes, expected, "seed {seed}: {objects:#?} of {before:#?}");
        let left = async |world: &World| {
            let left = versions(world).await.into_iter();
            left.map(|(key, version, etag, latest)| (key, id(version), etag, latest)).collect::<Vec<_>>()
        };
        assert_eq!(left(&together).await, left(&apart).await, "seed {seed}: {objects:#?} of {before:#?}");
    }
}
