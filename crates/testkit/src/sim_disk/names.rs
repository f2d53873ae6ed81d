//! The simulated directory tree: live names, durable names, and the changes that are not synced yet.

use std::collections::{BTreeMap, BTreeSet};

use super::image::Fate;
use crate::SeededRandom;

pub(super) type FileId = u64;

/// A change of names that a power cut keeps or loses as a whole.
#[derive(Clone)]
enum Change {
    Create { name: String, id: FileId },
    Remove { name: String, id: FileId },
    Rename { from: String, to: String, id: FileId },
}

impl Change {
    fn id(&self) -> FileId {
        match self {
            Self::Create { id, .. } | Self::Remove { id, .. } | Self::Rename { id, .. } => *id,
        }
    }

    /// Whether it can be kept although earlier changes may have been lost: a rename moves a name that is there, as a journal
    /// has it, and never gives a file a second one.
    fn is_possible(&self, names: &BTreeMap<String, FileId>) -> bool {
        match self {
            Self::Create { .. } | Self::Remove { .. } => true,
            Self::Rename { from, id, .. } => names.get(from) == Some(id),
        }
    }

    fn touches(&self, dir: &str) -> bool {
        match self {
            Self::Create { name, .. } | Self::Remove { name, .. } => parent(name) == dir,
            Self::Rename { from, to, .. } => parent(from) == dir || parent(to) == dir,
        }
    }

    fn apply(&self, names: &mut BTreeMap<String, FileId>) {
        match self {
            Self::Create { name, id } => {
                names.insert(name.clone(), *id);
            }
            Self::Remove { name, id } => remove_if(names, name, *id),
            Self::Rename { from, to, id } => {
                remove_if(names, from, *id);
                names.insert(to.clone(), *id);
            }
        }
    }
}

/// An earlier change may have been lost, and the name then belongs to another file.
fn remove_if(names: &mut BTreeMap<String, FileId>, name: &str, id: FileId) {
    if names.get(name) == Some(&id) {
        names.remove(name);
    }
}

/// The folder that holds `name`; the root is the empty name.
pub(super) fn parent(name: &str) -> &str {
    name.rsplit_once('/').map_or("", |(dir, _)| dir)
}

#[derive(Clone, Default)]
pub(super) struct Names {
    dirs: BTreeSet<String>,
    live: BTreeMap<String, FileId>,
    durable: BTreeMap<String, FileId>,
    pending: Vec<Change>,
}

impl Names {
    pub(super) fn get(&self, name: &str) -> Option<FileId> {
        self.live.get(name).copied()
    }

    pub(super) fn has_dir(&self, dir: &str) -> bool {
        dir.is_empty() || self.dirs.contains(dir)
    }

    /// Whether it was new.
    pub(super) fn create_dir(&mut self, dir: &str) -> bool {
        let mut new = false;
        let mut rest = dir;
        while !rest.is_empty() {
            new |= self.dirs.insert(rest.to_owned());
            rest = parent(rest);
        }
        new
    }

    pub(super) fn list(&self, dir: &str) -> Vec<String> {
        let prefix = if dir.is_empty() { String::new() } else { format!("{dir}/") };
        let names = self.live.keys().filter(|name| parent(name) == dir);
        names.map(|name| name[prefix.len()..].to_owned()).collect()
    }

    pub(super) fn all(&self) -> Vec<String> {
        self.live.keys().cloned().collect()
    }

    pub(super) fn live_ids(&self) -> BTreeSet<FileId> {
        self.live.values().copied().collect()
    }

    fn change(&mut self, change: Change) {
        change.apply(&mut self.live);
        self.pending.push(change);
    }

    pub(super) fn create(&mut self, name: &str, id: FileId) {
        self.change(Change::Create { name: name.to_owned(), id });
    }

    pub(super) fn remove(&mut self, name: &str, id: FileId) {
        self.change(Change::Remove { name: name.to_owned(), id });
    }

    pub(super) fn rename(&mut self, from: &str, to: &str, id: FileId) {
        self.change(Change::Rename { from: from.to_owned(), to: to.to_owned(), id });
    }

    /// Makes the changes in a folder durable, and with each the earlier changes of the same file.
    pub(super) fn sync(&mut self, dir: &str) {
        while let Some(last) = self.pending.iter().position(|change| change.touches(dir)) {
            let id = self.pending[last].id();
            let mut at = 0;
            let mut left = last + 1;
            while left > 0 {
                left -= 1;
                if self.pending[at].id() == id {
                    self.pending.remove(at).apply(&mut self.durable);
                } else {
                    at += 1;
                }
            }
        }
    }

    /// As a failed fsync of a file: the changes count as done and never reach the disk.
    pub(super) fn fail_sync(&mut self, dir: &str) {
        self.pending.retain(|change| !change.touches(dir));
    }

    /// What is there after the power comes back.
    pub(super) fn after_power_cut(&self, fate: Fate, random: &SeededRandom) -> Self {
        let mut names = self.durable.clone();
        for change in &self.pending {
            if fate.pick(1, random).is_some() && change.is_possible(&names) {
                change.apply(&mut names);
            }
        }
        Self { dirs: self.dirs.clone(), live: names.clone(), durable: names, pending: Vec::new() }
    }

    /// Whether the file can still be seen, now or after a power cut.
    pub(super) fn may_see(&self, id: FileId) -> bool {
        let named = |names: &BTreeMap<String, FileId>| names.values().any(|named| *named == id);
        named(&self.live) || named(&self.durable) || self.pending.iter().any(|change| change.id() == id)
    }
}
