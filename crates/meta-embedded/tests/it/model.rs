//! What the rows should be: a map, and random commits on it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use meta::{Body, Engine, EngineError, Group, Version, Write};
use meta_embedded::EmbeddedEngine;
use testkit::SeededRandom;

use crate::world::{batch, content, keys, pattern, spawn, totals_of};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ModelRow {
    value: Bytes,
    body: Option<Bytes>,
    external: bool,
}

/// Rows as they should be.
#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    rows: BTreeMap<Vec<u8>, ModelRow>,
    /// Bodies that commits were asked to share, as their rows had them at that version.
    shared: BTreeMap<(Vec<u8>, Version), Option<Bytes>>,
}

impl Model {
    pub(crate) fn apply(&mut self, writes: &[Write]) {
        let body = |body: &Body| match body {
            Body::Pieces(pieces) => Some(pieces.concat().into()),
            Body::Of { key, version } => self.shared[&(key.clone(), *version)].clone(),
        };
        let of = |write: &Write| match write {
            Write::Put { body: Some(of), .. } => body(of),
            Write::Put { body: None, .. } | Write::Delete { .. } => None,
        };
        let bodies: Vec<Option<Bytes>> = writes.iter().map(of).collect();
        for (write, body) in writes.iter().zip(bodies) {
            let (displaced, displaced_to) = match write {
                Write::Put { key, value, external, displaced_to, .. } => {
                    let row = ModelRow { value: value.clone(), body, external: *external };
                    (self.rows.insert(key.clone(), row), displaced_to)
                }
                Write::Delete { key, displaced_to } => (self.rows.remove(key), displaced_to),
            };
            if let (Some(row), Some(kept_at)) = (displaced.filter(|row| row.external), displaced_to) {
                self.rows.insert(kept_at.clone(), ModelRow { body: None, ..row });
            }
        }
    }

    /// Whether the engine has exactly these rows.
    pub(crate) async fn check(&self, engine: &dyn Engine, context: &str) {
        let expected: Vec<&[u8]> = self.rows.keys().map(Vec::as_slice).collect();
        assert_eq!(keys(engine).await, expected, "{context}");
        let rows =
            self.rows.iter().map(|(key, row)| (&key[..], &row.value[..], row.body.is_some() || row.external));
        let totals = totals_of(rows);
        // of each lane and slot, some of them empty
        let names = (0..8)
            .flat_map(|n| [format!("row/{}/{}/0", n / 2, n % 2), format!("kept/{}/{}/0", n / 2, n % 2)]);
        for group in names.map(|key| Group::try_from(&key.as_bytes()[..8]).expect("8 bytes")) {
            let expected = totals.get(&group).copied().unwrap_or_default();
            assert_eq!(engine.totals(group).await, Ok(expected), "{context}: totals of {group:?}");
        }
        for (key, row) in &self.rows {
            let found = content(engine, key).await;
            let expected = Ok(Some((row.value.clone(), row.body.clone())));
            assert!(found == expected, "{context}: row {:?}", String::from_utf8_lossy(key));
        }
    }

    /// The rows under these keys alone.
    async fn holds(&self, engine: &dyn Engine, keys: &BTreeSet<Vec<u8>>) -> bool {
        for key in keys {
            let expected = self.rows.get(key).map(|row| (row.value.clone(), row.body.clone()));
            if content(engine, key).await != Ok(expected) {
                return false;
            }
        }
        true
    }
}

/// The body of some row, to be shared as it is now.
async fn random_share(engine: &dyn Engine, model: &mut Model, random: &SeededRandom) -> Option<Body> {
    let n = usize::try_from(random.below(model.rows.len().max(1) as u64)).expect("small");
    let (key, row) = model.rows.iter().nth(n)?;
    let version = engine.get(key).await.ok()??.version;
    model.shared.insert((key.clone(), version), row.body.clone());
    Some(Body::Of { key: key.clone(), version })
}

fn size(random: &SeededRandom, limits: &[u64]) -> usize {
    let limit = limits[usize::try_from(random.below(limits.len() as u64)).expect("small")];
    usize::try_from(random.below(limit)).expect("small")
}

/// A change of one of the keys of `lane`: commits of different lanes have no key in common.
async fn random_write(
    engine: &dyn Engine,
    model: &mut Model,
    random: &SeededRandom,
    (lane, slot): (u64, u64),
) -> Write {
    let at = |name: &str| format!("{name}/{lane}/{slot}/{}", random.below(2)).into_bytes();
    let key = at("row");
    let displaced_to = random.coin().then(|| at("kept"));
    if random.below(3) == 0 {
        return Write::Delete { key, displaced_to };
    }
    let value = pattern(size(random, &[100, 300, 2_500, 20_000]), random.next_u64());
    let shared = match random.below(3) {
        0 => random_share(engine, model, random).await,
        _ => None,
    };
    let carried = random.coin().then(|| {
        let bytes = pattern(size(random, &[10, 5_000, 30_000, 90_000]), random.next_u64());
        let cut = size(random, &[bytes.len() as u64 + 1]);
        Body::Pieces(vec![bytes.slice(..cut), bytes.slice(cut..)])
    });
    Write::Put { key, value, body: shared.or(carried), external: random.coin(), displaced_to }
}

/// Commits that may be made side by side.
pub(crate) async fn random_group(
    engine: &dyn Engine,
    model: &mut Model,
    random: &SeededRandom,
) -> Vec<Vec<Write>> {
    let mut group = Vec::new();
    for lane in 0..=random.below(4) {
        let mut writes = Vec::new();
        for slot in 0..=random.below(2) {
            writes.push(random_write(engine, model, random, (lane, slot)).await);
        }
        group.push(writes);
    }
    group
}

/// Makes the commits side by side; those that were acknowledged are in the model, the others are returned.
pub(crate) async fn run_group(
    engine: &Arc<EmbeddedEngine>,
    model: &mut Model,
    group: Vec<Vec<Write>>,
) -> Vec<(Vec<Write>, EngineError)> {
    let mut running = Vec::new();
    for writes in group {
        let (engine, sent) = (Arc::clone(engine), batch(Vec::new(), writes.clone()));
        running.push((writes, spawn(async move { engine.commit(sent).await })));
    }
    let mut failed = Vec::new();
    for (writes, task) in running {
        match task.await.expect("a commit does not panic") {
            Ok(_) => model.apply(&writes),
            // another commit of the group changed the row whose body was to be shared
            Err(EngineError::Conflict { check: 0 }) => {}
            Err(error) => failed.push((writes, error)),
        }
    }
    failed
}

/// After a restart: each commit that failed happened wholly or not at all. The model learns which.
pub(crate) async fn settle(engine: &dyn Engine, model: &mut Model, failed: &[Vec<Write>], context: &str) {
    for writes in failed {
        let mut after = model.clone();
        after.apply(writes);
        let touched: BTreeSet<Vec<u8>> = writes
            .iter()
            .flat_map(|write| {
                let (Write::Put { displaced_to, .. } | Write::Delete { displaced_to, .. }) = write;
                [Some(write.key().to_vec()), displaced_to.clone()]
            })
            .flatten()
            .collect();
        if after.holds(engine, &touched).await {
            *model = after;
        } else {
            assert!(model.holds(engine, &touched).await, "{context}: half a commit is there");
        }
    }
}
