//! An index in memory: it is lost with the process, so each start rebuilds it from the log. For tests.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, RwLock};

use bytes::Bytes;

use super::{Entries, Index, IndexChange, IndexError, IndexSnapshot, IndexStore};

type Map = BTreeMap<Bytes, Bytes>;

/// Begins empty each time it is opened.
#[derive(Clone, Copy, Debug, Default)]
pub struct MemoryIndex;

impl MemoryIndex {
    /// An index that is empty at each start.
    #[must_use]
    pub fn new() -> Self {
        Self
    }
}

impl IndexStore for MemoryIndex {
    fn open(&self) -> Result<Arc<dyn Index>, IndexError> {
        Ok(Arc::new(Open::default()))
    }

    fn destroy(&self) -> Result<(), IndexError> {
        Ok(())
    }
}

#[derive(Default)]
struct Open(RwLock<Arc<Map>>);

struct Moment(Arc<Map>);

impl Index for Open {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, IndexError> {
        Ok(self.0.read().expect("nothing panics under this lock").get(key).cloned())
    }

    fn snapshot(&self) -> Box<dyn IndexSnapshot> {
        Box::new(Moment(Arc::clone(&self.0.read().expect("nothing panics under this lock"))))
    }

    fn write(&self, changes: Vec<IndexChange>) -> Result<(), IndexError> {
        let mut map = self.0.write().expect("nothing panics under this lock");
        let map = Arc::make_mut(&mut map);
        for change in changes {
            match change {
                IndexChange::Put(key, value) => drop(map.insert(key.into(), value.into())),
                IndexChange::Delete(key) => drop(map.remove(key.as_slice())),
            }
        }
        Ok(())
    }

    fn checkpoint(&self) -> Result<(), IndexError> {
        Ok(())
    }
}

impl IndexSnapshot for Moment {
    fn range<'a>(&'a self, start: &[u8], end: &[u8]) -> Entries<'a> {
        if start >= end {
            return Box::new(std::iter::empty());
        }
        let range = self.0.range::<[u8], _>((Bound::Included(start), Bound::Excluded(end)));
        Box::new(range.map(|(key, value)| Ok((key.clone(), value.clone()))))
    }
}
