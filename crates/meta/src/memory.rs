//! The engine in memory: the reference for what the port means, and what tests of higher layers run on. It is durable in
//! no way and has no bound on its size.

use std::collections::BTreeMap;
use std::ops::{Bound, Range};
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::{Bytes, BytesMut};

use crate::tables::totals::measure;
use crate::totals::{Group, Measured, Totals};

use crate::engine::{
    BODY_MAX_BYTES, Batch, Body, BodyHandle, BoxFuture, Check, DISPLACED_MAX_BYTES, Engine, EngineError,
    Entry, KEY_MAX_BYTES, KeyRange, Page, READ_MAX_BYTES, Row, SCAN_MAX_ENTRIES, Scan, StoredBody,
    VALUE_HEAD_BYTES, VALUE_MAX_BYTES, Version, Write, successor,
};

/// An [`Engine`] that forgets everything when it is dropped.
#[derive(Default)]
pub struct MemoryEngine {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    version: Version,
    rows: BTreeMap<Vec<u8>, Stored>,
    totals: BTreeMap<Group, Totals>,
}

#[derive(Clone)]
struct Stored {
    value: Bytes,
    version: Version,
    external: bool,
    body: Option<BodyHandle>,
}

impl Stored {
    fn measure(&self, key: &[u8]) -> Option<(Group, Totals)> {
        measured(key, &self.value, self.body.is_some() || self.external)
    }
}

fn measured(key: &[u8], value: &[u8], has_bytes: bool) -> Option<(Group, Totals)> {
    let head = &value[..value.len().min(VALUE_HEAD_BYTES)];
    measure(&Measured { key, head, value_bytes: value.len(), has_bytes })
}

impl MemoryEngine {
    /// An engine without rows.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no operation panics")
    }
}

impl Engine for MemoryEngine {
    fn get<'a>(&'a self, key: &'a [u8]) -> BoxFuture<'a, Result<Option<Row>, EngineError>> {
        Box::pin(async move {
            let stored = self.state().rows.get(key).cloned();
            Ok(stored.map(|row| Row { value: row.value, version: row.version, body: row.body }))
        })
    }

    fn scan(&self, scan: Scan) -> BoxFuture<'_, Result<Page, EngineError>> {
        Box::pin(async move { Ok(self.state().page(&scan)) })
    }

    fn totals(&self, group: Group) -> BoxFuture<'_, Result<Totals, EngineError>> {
        Box::pin(async move { Ok(self.state().totals.get(&group).copied().unwrap_or_default()) })
    }

    fn commit(&self, batch: Batch) -> BoxFuture<'_, Result<Version, EngineError>> {
        Box::pin(async move {
            check_sizes(&batch)?;
            let mut state = self.state();
            if let Some(check) = batch.checks.iter().position(|check| !state.holds(check)) {
                return Err(EngineError::Conflict { check });
            }
            batch.checks.iter().try_for_each(|check| state.bound(check, &batch.writes))?;
            if state.displaced_bytes(&batch) > DISPLACED_MAX_BYTES {
                return Err(EngineError::TooLarge("displaced values"));
            }
            let Some(bodies) = state.bodies(&batch) else {
                return Err(EngineError::Conflict { check: batch.checks.len() });
            };
            state.version += 1;
            batch.writes.into_iter().zip(bodies).for_each(|(write, body)| state.apply(write, body));
            Ok(state.version)
        })
    }
}

fn check_sizes(batch: &Batch) -> Result<(), EngineError> {
    for write in &batch.writes {
        let (Write::Put { displaced_to, .. } | Write::Delete { displaced_to, .. }) = write;
        let kept_at = displaced_to.as_ref().map_or(0, Vec::len);
        if write.key().len().max(kept_at) > KEY_MAX_BYTES {
            return Err(EngineError::TooLarge("key"));
        }
        if let Write::Put { value, body, .. } = write {
            if value.len() > VALUE_MAX_BYTES {
                return Err(EngineError::TooLarge("value"));
            }
            if body.as_ref().is_some_and(|body| body.carried_bytes() > BODY_MAX_BYTES) {
                return Err(EngineError::TooLarge("body"));
            }
        }
    }
    Ok(())
}

impl State {
    fn holds(&self, check: &Check) -> bool {
        match check {
            Check::Absent(key) => !self.rows.contains_key(key),
            Check::Present(key) => self.rows.contains_key(key),
            Check::VersionIs(key, version) => self.rows.get(key).is_some_and(|row| row.version == *version),
            Check::Empty(range) => self.next(Bound::Included(&range.start), range).is_none(),
            Check::AtMost { .. } => true,
        }
    }

    /// Whether the writes leave a total within its bound.
    fn bound(&self, check: &Check, writes: &[Write]) -> Result<(), EngineError> {
        let Check::AtMost { group, places, most } = check else { return Ok(()) };
        let before = self.totals.get(group).copied().unwrap_or_default();
        let in_group = |found: Option<(Group, Totals)>| found.filter(|(of, _)| of == group);
        let after = writes.iter().fold(before, |totals, write| {
            let old = self.rows.get(write.key()).and_then(|row| in_group(row.measure(write.key())));
            let new = match write {
                Write::Put { key, value, body, external, .. } => {
                    in_group(measured(key, value, body.is_some() || *external))
                }
                Write::Delete { .. } => None,
            };
            totals.replacing(old.as_ref().map(|(_, row)| row), new.as_ref().map(|(_, row)| row))
        });
        match after.sum(places) <= (*most).max(before.sum(places)) {
            true => Ok(()),
            false => Err(EngineError::OverLimit { places, most: *most }),
        }
    }

    /// Keeps the totals when a row takes the place of another.
    fn count(&mut self, old: Option<(Group, Totals)>, new: Option<(Group, Totals)>) {
        for (found, is_old) in [(old, true), (new, false)] {
            let Some((group, row)) = found else { continue };
            let totals = self.totals.entry(group).or_default();
            *totals =
                if is_old { totals.replacing(Some(&row), None) } else { totals.replacing(None, Some(&row)) };
        }
    }

    fn insert(&mut self, key: Vec<u8>, row: Stored) -> Option<Stored> {
        let new = row.measure(&key);
        let old = self.rows.get(&key).and_then(|row| row.measure(&key));
        self.count(old, new);
        self.rows.insert(key, row)
    }

    fn remove(&mut self, key: &[u8]) -> Option<Stored> {
        let old = self.rows.remove(key);
        self.count(old.as_ref().and_then(|row| row.measure(key)), None);
        old
    }

    /// Bytes of values that a batch keeps of what it displaces.
    fn displaced_bytes(&self, batch: &Batch) -> usize {
        let displaced = |write: &Write| {
            let (Write::Put { displaced_to, .. } | Write::Delete { displaced_to, .. }) = write;
            let row = displaced_to.as_ref().and_then(|_| self.rows.get(write.key()));
            row.filter(|row| row.external).map_or(0, |row| row.value.len())
        };
        batch.writes.iter().map(displaced).sum()
    }

    /// The body of each write, as the rows stand; `None` when one is to be shared of a row that is not as it was.
    fn bodies(&self, batch: &Batch) -> Option<Vec<Option<BodyHandle>>> {
        let body = |write: &Write| match write {
            Write::Put { body: Some(Body::Pieces(pieces)), .. } => {
                Some(Some(Arc::new(MemoryBody(join(pieces))) as BodyHandle))
            }
            Write::Put { body: Some(Body::Of { key, version }), .. } => {
                self.rows.get(key).filter(|row| row.version == *version).map(|row| row.body.clone())
            }
            Write::Put { body: None, .. } | Write::Delete { .. } => Some(None),
        };
        batch.writes.iter().map(body).collect()
    }

    fn apply(&mut self, write: Write, body: Option<BodyHandle>) {
        let version = self.version;
        let (displaced, displaced_to) = match write {
            Write::Put { key, value, external, displaced_to, .. } => {
                (self.insert(key, Stored { value, version, external, body }), displaced_to)
            }
            Write::Delete { key, displaced_to } => (self.remove(&key), displaced_to),
        };
        if let (Some(row), Some(kept_at)) = (displaced.filter(|row| row.external), displaced_to) {
            self.insert(kept_at, Stored { version, body: None, ..row });
        }
    }

    fn next(&self, from: Bound<&[u8]>, range: &KeyRange) -> Option<(&Vec<u8>, &Stored)> {
        self.rows.range::<[u8], _>((from, Bound::Unbounded)).next().filter(|(key, _)| range.contains(key))
    }

    fn page(&self, scan: &Scan) -> Page {
        let limit = scan.limit.min(SCAN_MAX_ENTRIES) as usize;
        let mut entries = Vec::new();
        let mut from = Bound::Included(scan.range.start.clone());
        while let Some((key, row)) = self.next(from.as_ref().map(Vec::as_slice), &scan.range) {
            if entries.len() == limit {
                return Page { entries, more: true };
            }
            match scan.fold.as_ref().and_then(|fold| fold.prefix_of(key)) {
                Some(prefix) => {
                    entries.push(Entry::Prefix(Bytes::copy_from_slice(prefix)));
                    let Some(after) = successor(prefix) else { break };
                    from = Bound::Included(after);
                }
                None => {
                    let head = row.value.slice(..row.value.len().min(VALUE_HEAD_BYTES));
                    entries.push(Entry::Row { key: Bytes::copy_from_slice(key), head, version: row.version });
                    from = Bound::Excluded(key.clone());
                }
            }
        }
        Page { entries, more: false }
    }
}

fn join(pieces: &[Bytes]) -> Bytes {
    match pieces {
        [piece] => piece.clone(),
        pieces => {
            let mut joined = BytesMut::new();
            pieces.iter().for_each(|piece| joined.extend_from_slice(piece));
            joined.freeze()
        }
    }
}

struct MemoryBody(Bytes);

impl StoredBody for MemoryBody {
    fn len(&self) -> u64 {
        self.0.len() as u64
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn read(&self, range: Range<u64>) -> BoxFuture<'_, Result<Bytes, EngineError>> {
        Box::pin(async move {
            let at = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX).min(self.0.len());
            let start = at(range.start);
            let end = at(range.end).min(start.saturating_add(READ_MAX_BYTES)).max(start);
            Ok(self.0.slice(start..end))
        })
    }
}
