//! Watches an index for errors. One that fails while it is in use cannot be rebuilt under its readers, so a mark is left on
//! the disk, and the next start rebuilds it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use disk::Disk;

use super::{Entries, Index, IndexChange, IndexError, IndexSnapshot};
use crate::log::segment::LOG_DIR;

const MARK: &str = "rebuild-index";

/// Whether the last run left the mark.
pub(crate) fn is_marked(disk: &dyn Disk) -> io::Result<bool> {
    Ok(disk.list(LOG_DIR)?.iter().any(|name| name == MARK))
}

/// Takes the mark away, once the index is whole and durable.
pub(crate) fn unmark(disk: &dyn Disk) -> io::Result<()> {
    disk.remove(&format!("{LOG_DIR}/{MARK}"))
}

pub(crate) struct WatchedIndex {
    index: Arc<dyn Index>,
    watch: Arc<Watch>,
}

struct Watch {
    disk: Arc<dyn Disk>,
    marked: AtomicBool,
}

struct WatchedSnapshot {
    snapshot: Box<dyn IndexSnapshot>,
    watch: Arc<Watch>,
}

impl WatchedIndex {
    pub(crate) fn new(index: Arc<dyn Index>, disk: Arc<dyn Disk>) -> Self {
        Self { index, watch: Arc::new(Watch { disk, marked: AtomicBool::new(false) }) }
    }
}

impl Watch {
    fn see<T>(&self, result: Result<T, IndexError>) -> Result<T, IndexError> {
        result.inspect_err(|error| {
            if !self.marked.swap(true, Ordering::SeqCst) {
                tracing::error!(%error, "the index fails: the next start rebuilds it from the log");
                let mark = || -> io::Result<()> {
                    self.disk.create(&format!("{LOG_DIR}/{MARK}"), 0)?;
                    self.disk.sync_dir(LOG_DIR)
                };
                if let Err(error) = mark() {
                    tracing::error!(%error, "the mark for it could not be left");
                }
            }
        })
    }
}

impl Index for WatchedIndex {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>, IndexError> {
        self.watch.see(self.index.get(key))
    }

    fn snapshot(&self) -> Box<dyn IndexSnapshot> {
        Box::new(WatchedSnapshot { snapshot: self.index.snapshot(), watch: Arc::clone(&self.watch) })
    }

    fn write(&self, changes: Vec<IndexChange>) -> Result<(), IndexError> {
        self.watch.see(self.index.write(changes))
    }

    fn checkpoint(&self) -> Result<(), IndexError> {
        self.watch.see(self.index.checkpoint())
    }
}

impl IndexSnapshot for WatchedSnapshot {
    fn range<'a>(&'a self, start: &[u8], end: &[u8]) -> Entries<'a> {
        Box::new(self.snapshot.range(start, end).map(|entry| self.watch.see(entry)))
    }
}
