//! An index that survives a power cut as its port promises and no better: at some write at or after its last checkpoint.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use meta_embedded::index::{Entries, Index, IndexChange, IndexError, IndexSnapshot, IndexStore};
use testkit::SeededRandom;

type Map = BTreeMap<Vec<u8>, Vec<u8>>;

#[derive(Clone, Default)]
struct History {
    durable: Map,
    /// Since the checkpoint.
    writes: Vec<Vec<IndexChange>>,
    live: Map,
    fail_next_write: bool,
    /// The key of an entry that cannot be read.
    unreadable: Option<Vec<u8>>,
}

/// A clone is another handle to the same index.
#[derive(Clone, Default)]
pub(crate) struct CrashIndex(Arc<Mutex<History>>);

fn apply(map: &mut Map, changes: &[IndexChange]) {
    for change in changes {
        match change {
            IndexChange::Put(key, value) => drop(map.insert(key.clone(), value.clone())),
            IndexChange::Delete(key) => drop(map.remove(key)),
        }
    }
}

impl CrashIndex {
    fn history(&self) -> MutexGuard<'_, History> {
        self.0.lock().expect("no operation panics")
    }

    /// What is found after a power cut; this one goes on without effect on it.
    pub(crate) fn power_cut(&self, random: &SeededRandom) -> Self {
        let mut history = self.history().clone();
        let kept = random.below(history.writes.len() as u64 + 1);
        history.writes.truncate(usize::try_from(kept).expect("a small number"));
        history.live = history.durable.clone();
        for changes in &history.writes {
            apply(&mut history.live, changes);
        }
        Self(Arc::new(Mutex::new(history)))
    }

    /// What a new process finds after a kill.
    pub(crate) fn kill_process(&self) -> Self {
        Self(Arc::new(Mutex::new(self.history().clone())))
    }

    /// Damages the entry that says how far it has come.
    pub(crate) fn corrupt(&self) {
        self.history().live.insert(b"a".to_vec(), b"nonsense".to_vec());
    }

    pub(crate) fn fail_next_write(&self) {
        self.history().fail_next_write = true;
    }

    pub(crate) fn fail_reads_of(&self, key: Vec<u8>) {
        self.history().unreadable = Some(key);
    }

    pub(crate) fn longest_value(&self) -> usize {
        self.history().live.values().map(Vec::len).max().unwrap_or(0)
    }
}

impl IndexStore for CrashIndex {
    fn open(&self) -> Result<Arc<dyn Index>, IndexError> {
        Ok(Arc::new(self.clone()))
    }

    fn destroy(&self) -> Result<(), IndexError> {
        *self.history() = History::default();
        Ok(())
    }
}

impl Index for CrashIndex {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, IndexError> {
        let history = self.history();
        if history.unreadable.as_deref() == Some(key) {
            return Err(IndexError("simulated".to_owned()));
        }
        Ok(history.live.get(key).cloned().map(Bytes::from))
    }

    fn snapshot(&self) -> Box<dyn IndexSnapshot> {
        Box::new(Moment(self.history().live.clone()))
    }

    fn write(&self, changes: Vec<IndexChange>) -> Result<(), IndexError> {
        let mut history = self.history();
        if std::mem::take(&mut history.fail_next_write) {
            return Err(IndexError("simulated".to_owned()));
        }
        apply(&mut history.live, &changes);
        history.writes.push(changes);
        Ok(())
    }

    fn checkpoint(&self) -> Result<(), IndexError> {
        let mut history = self.history();
        history.writes.clear();
        history.durable = history.live.clone();
        Ok(())
    }
}

struct Moment(Map);

impl IndexSnapshot for Moment {
    fn range<'a>(&'a self, start: &[u8], end: &[u8]) -> Entries<'a> {
        if start >= end {
            return Box::new(std::iter::empty());
        }
        let range = self.0.range::<[u8], _>((Bound::Included(start), Bound::Excluded(end)));
        Box::new(range.map(|(key, value)| Ok((key.clone().into(), value.clone().into()))))
    }
}
