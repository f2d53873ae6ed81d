//! A disk in memory that can lose its power, run out of space, fail and rot.
//!
//! It keeps what the `Disk` port promises and not a byte more: a power cut may keep or lose each unsynced 4 KiB page, each
//! unsynced length and each unsynced change of a name by itself. Only a rename is atomic, as every journaling file system
//! has it. It does not imitate time.

mod image;
mod names;

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

use disk::{Disk, DiskFile};

use crate::SeededRandom;
use image::{Fate, Node, PAGE_BYTES};
use names::{FileId, Names, parent};

/// What a disk has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DiskStats {
    /// Changes of any kind: writes, lengths, names, folders, syncs. What [`SimDisk::fail_after_ops`] counts.
    pub ops: u64,
    /// Syncs of files and folders; a folder made counts as one. What [`SimDisk::fail_after_syncs`] counts.
    pub syncs: u64,
    /// Syncs of folders alone.
    pub dir_syncs: u64,
    /// Writes.
    pub writes: u64,
    /// Bytes written.
    pub written_bytes: u64,
    /// Longest single write in bytes.
    pub write_max_bytes: u64,
    /// Reads that reached the file.
    pub reads: u64,
}

/// A simulated disk; a clone is another handle to the same disk.
#[derive(Clone, Default)]
pub struct SimDisk(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// Wakes held writes, and those who wait for such writes or for files to come and go.
    changed: Condvar,
}

#[derive(Default)]
struct State {
    names: Names,
    nodes: BTreeMap<FileId, Node>,
    next_id: FileId,
    /// Space for live files, in bytes; `None` is without bound.
    capacity_bytes: Option<u64>,
    faults: Faults,
    stats: DiskStats,
}

#[derive(Default)]
struct Faults {
    power_gone: bool,
    ops_left: Option<u64>,
    syncs_left: Option<u64>,
    next_write: bool,
    next_sync: bool,
    next_dir_sync: bool,
    cold: bool,
    holding: bool,
    held_writes: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Op {
    Change,
    Sync,
}

fn error(kind: io::ErrorKind, text: &str) -> io::Error {
    io::Error::new(kind, text.to_owned())
}

fn power_gone() -> io::Error {
    error(io::ErrorKind::Other, "simulated: the power is gone")
}

fn input_output() -> io::Error {
    error(io::ErrorKind::Other, "simulated: input/output error")
}

fn no_space() -> io::Error {
    error(io::ErrorKind::StorageFull, "simulated: no space left on device")
}

fn not_found(name: &str) -> io::Error {
    error(io::ErrorKind::NotFound, &format!("simulated: no {name:?}"))
}

impl State {
    fn check_power(&self) -> io::Result<()> {
        if self.faults.power_gone { Err(power_gone()) } else { Ok(()) }
    }

    /// Counts a change; `true` when the power goes in the middle of it.
    fn begin(&mut self, op: Op) -> io::Result<bool> {
        self.check_power()?;
        let sync = op == Op::Sync;
        let dying = [(true, &mut self.faults.ops_left), (sync, &mut self.faults.syncs_left)]
            .into_iter()
            .filter(|(counts, _)| *counts)
            .any(|(_, left)| match left {
                Some(0) => true,
                Some(n) => {
                    *n -= 1;
                    false
                }
                None => false,
            });
        self.faults.power_gone = dying;
        self.stats.ops += u64::from(!dying);
        self.stats.syncs += u64::from(sync && !dying);
        Ok(dying)
    }

    fn end(dying: bool) -> io::Result<()> {
        if dying { Err(power_gone()) } else { Ok(()) }
    }

    fn used_bytes(&self) -> u64 {
        let named = self.names.live_ids();
        let held = self.nodes.iter().filter(|(id, node)| node.handles > 0 || named.contains(id));
        held.map(|(_, node)| node.live().len().next_multiple_of(PAGE_BYTES as u64)).sum()
    }

    fn free_bytes(&self) -> u64 {
        self.capacity_bytes.map_or(u64::MAX / 2, |capacity| capacity.saturating_sub(self.used_bytes()))
    }

    fn check_growth(&self, from: u64, to: u64) -> io::Result<()> {
        let page = PAGE_BYTES as u64;
        let growth = to.next_multiple_of(page).saturating_sub(from.next_multiple_of(page));
        if growth > 0 && growth > self.free_bytes() { Err(no_space()) } else { Ok(()) }
    }

    fn node(&mut self, id: FileId) -> &mut Node {
        self.nodes.get_mut(&id).expect("a handle keeps its file")
    }

    fn forget_if_unseen(&mut self, id: FileId) {
        if self.nodes.get(&id).is_some_and(|node| node.handles == 0) && !self.names.may_see(id) {
            self.nodes.remove(&id);
        }
    }
}

impl SimDisk {
    /// An empty disk without bound on its space.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().expect("no operation panics")
    }

    fn with_faults(&self, change: impl FnOnce(&mut Faults)) {
        change(&mut self.state().faults);
        self.0.changed.notify_all();
    }

    /// Cuts the power: every handle to this disk fails from now on, and the result is the disk as it is found
    /// afterwards. The same seed and history give the same disk.
    #[must_use]
    pub fn power_cut(&self, random: &SeededRandom) -> Self {
        let mut old = self.state();
        let names = old.names.after_power_cut(Fate::draw(random), random);
        let seen = names.live_ids();
        let mut nodes = BTreeMap::new();
        // every file draws, seen or not: one lost name must not change the fate of another file's bytes
        for (id, node) in &old.nodes {
            let after = node.after_power_cut(Fate::draw(random), random);
            if seen.contains(id) {
                nodes.insert(*id, after);
            }
        }
        self.restart(&mut old, names, nodes)
    }

    /// Kills the process that uses the disk: every handle fails from now on, and the result has all that was written,
    /// synced or not, and still to be synced.
    #[must_use]
    pub fn kill_process(&self) -> Self {
        let mut old = self.state();
        let names = old.names.clone();
        let mut nodes = old.nodes.clone();
        nodes.retain(|id, node| {
            node.handles = 0;
            names.may_see(*id)
        });
        self.restart(&mut old, names, nodes)
    }

    fn restart(&self, old: &mut State, names: Names, nodes: BTreeMap<FileId, Node>) -> Self {
        old.faults = Faults { power_gone: true, ..Faults::default() };
        self.0.changed.notify_all();
        let (next_id, capacity_bytes) = (old.next_id, old.capacity_bytes);
        let state = State { names, nodes, next_id, capacity_bytes, ..State::default() };
        Self(Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() }))
    }

    /// Lets `n` more changes happen. The one after them fails with the power gone, as does everything later; it may or
    /// may not be found done, in whole or in part, after [`SimDisk::power_cut`].
    pub fn fail_after_ops(&self, n: u64) {
        self.with_faults(|faults| faults.ops_left = Some(n));
    }

    /// Lets `n` more syncs happen. The one after them fails with the power gone, as does everything later.
    pub fn fail_after_syncs(&self, n: u64) {
        self.with_faults(|faults| faults.syncs_left = Some(n));
    }

    /// Whether the power has gone.
    #[must_use]
    pub fn is_power_gone(&self) -> bool {
        self.state().faults.power_gone
    }

    /// Makes the next write of a file fail; nothing of it is written.
    pub fn fail_next_write(&self) {
        self.with_faults(|faults| faults.next_write = true);
    }

    /// Makes the next sync of a file fail. What it should have made durable never will be, even if a later sync says so.
    pub fn fail_next_sync(&self) {
        self.with_faults(|faults| faults.next_sync = true);
    }

    /// Makes the next sync of a folder fail. What it should have made durable never will be.
    pub fn fail_next_sync_dir(&self) {
        self.with_faults(|faults| faults.next_dir_sync = true);
    }

    /// Leaves this much space for new files and longer ones.
    pub fn set_free_bytes(&self, bytes: u64) {
        let mut state = self.state();
        state.capacity_bytes = Some(state.used_bytes().saturating_add(bytes));
    }

    /// Whether reads find nothing in memory, so that [`DiskFile::read_cached_at`] always says `None`.
    pub fn set_cold(&self, cold: bool) {
        self.with_faults(|faults| faults.cold = cold);
    }

    /// Makes writes wait until [`SimDisk::release_writes`]; they hold their thread meanwhile.
    pub fn hold_writes(&self) {
        self.with_faults(|faults| faults.holding = true);
    }

    /// Lets held writes go on.
    pub fn release_writes(&self) {
        self.with_faults(|faults| faults.holding = false);
    }

    /// Blocks until `n` writes are held.
    pub fn wait_for_held_writes(&self, n: usize) {
        let state = self.state();
        drop(
            self.0
                .changed
                .wait_while(state, |state| state.faults.held_writes < n)
                .expect("no operation panics"),
        );
    }

    /// Blocks until the names of the files are as wanted: for work that goes on behind its caller's back.
    pub fn wait_for_files(&self, wanted: impl Fn(&[String]) -> bool) {
        let state = self.state();
        let waited = self.0.changed.wait_while(state, |state| !wanted(&state.names.all()));
        drop(waited.expect("no operation panics"));
    }

    /// Damages a file: `change` gets its bytes from `offset` to its end, and what it leaves is what the disk has.
    ///
    /// # Panics
    /// When there is no such file.
    pub fn corrupt(&self, name: &str, offset: u64, change: impl FnOnce(&mut [u8])) {
        let mut state = self.state();
        let id = state.names.get(name).expect("the file to corrupt is there");
        state.node(id).corrupt(offset, change);
    }

    /// What it has done so far.
    #[must_use]
    pub fn stats(&self) -> DiskStats {
        self.state().stats
    }

    /// Every file's name, in order.
    #[must_use]
    pub fn files(&self) -> Vec<String> {
        self.state().names.all()
    }

    fn handle(&self, state: &mut State, id: FileId) -> Arc<dyn DiskFile> {
        state.node(id).handles += 1;
        Arc::new(SimFile { disk: self.clone(), id })
    }
}

impl Disk for SimDisk {
    fn create(&self, name: &str, reserve_bytes: u64) -> io::Result<Arc<dyn DiskFile>> {
        let mut state = self.state();
        let dying = state.begin(Op::Change)?;
        if state.names.get(name).is_some() {
            return Err(error(io::ErrorKind::AlreadyExists, "simulated: the file exists"));
        }
        if !state.names.has_dir(parent(name)) {
            return Err(not_found(parent(name)));
        }
        state.check_growth(0, reserve_bytes)?;
        let id = state.next_id;
        state.next_id += 1;
        let mut node = Node::default();
        if reserve_bytes > 0 {
            node.set_len(reserve_bytes);
        }
        state.nodes.insert(id, node);
        state.names.create(name, id);
        self.0.changed.notify_all();
        State::end(dying)?;
        Ok(self.handle(&mut state, id))
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let mut state = self.state();
        state.check_power()?;
        let id = state.names.get(name).ok_or_else(|| not_found(name))?;
        Ok(self.handle(&mut state, id))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut state = self.state();
        let dying = state.begin(Op::Change)?;
        let id = state.names.get(from).ok_or_else(|| not_found(from))?;
        if !state.names.has_dir(parent(to)) {
            return Err(not_found(parent(to)));
        }
        if from != to {
            state.names.rename(from, to, id);
        }
        self.0.changed.notify_all();
        State::end(dying)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut state = self.state();
        let dying = state.begin(Op::Change)?;
        if let Some(id) = state.names.get(name) {
            state.names.remove(name, id);
        }
        self.0.changed.notify_all();
        State::end(dying)
    }

    fn create_dir(&self, name: &str) -> io::Result<()> {
        let mut state = self.state();
        state.check_power()?;
        if state.names.has_dir(name) {
            return Ok(());
        }
        let dying = state.begin(Op::Sync)?;
        State::end(dying)?;
        state.names.create_dir(name);
        Ok(())
    }

    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        let state = self.state();
        state.check_power()?;
        Ok(state.names.list(dir))
    }

    fn sync_dir(&self, dir: &str) -> io::Result<()> {
        let mut state = self.state();
        State::end(state.begin(Op::Sync)?)?;
        if !state.names.has_dir(dir) {
            return Err(not_found(dir));
        }
        state.stats.dir_syncs += 1;
        if std::mem::take(&mut state.faults.next_dir_sync) {
            state.names.fail_sync(dir);
            return Err(input_output());
        }
        let before: Vec<FileId> = state.nodes.keys().copied().collect();
        state.names.sync(dir);
        before.into_iter().for_each(|id| state.forget_if_unseen(id));
        Ok(())
    }

    fn free_bytes(&self) -> io::Result<u64> {
        let state = self.state();
        state.check_power()?;
        Ok(state.free_bytes())
    }
}

struct SimFile {
    disk: SimDisk,
    id: FileId,
}

impl Drop for SimFile {
    fn drop(&mut self) {
        // a poisoned lock is the mark of a test that failed already
        let Ok(mut state) = self.disk.0.state.lock() else { return };
        if let Some(node) = state.nodes.get_mut(&self.id) {
            node.handles -= 1;
            state.forget_if_unseen(self.id);
        }
    }
}

impl DiskFile for SimFile {
    fn write_at(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut state = self.disk.state();
        state.faults.held_writes += 1;
        self.disk.0.changed.notify_all();
        let held = &self.disk.0.changed;
        state = held.wait_while(state, |state| state.faults.holding).expect("no operation panics");
        state.faults.held_writes = state.faults.held_writes.saturating_sub(1);
        let dying = state.begin(Op::Change)?;
        if std::mem::take(&mut state.faults.next_write) {
            return Err(input_output());
        }
        let len = state.node(self.id).live().len();
        state.check_growth(len, offset + data.len() as u64)?;
        state.node(self.id).write(offset, data);
        let bytes = data.len() as u64;
        state.stats.writes += 1;
        state.stats.written_bytes += bytes;
        state.stats.write_max_bytes = state.stats.write_max_bytes.max(bytes);
        State::end(dying)
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<usize> {
        let mut state = self.disk.state();
        state.check_power()?;
        state.stats.reads += 1;
        Ok(state.node(self.id).live().read(offset, out))
    }

    fn read_cached_at(&self, offset: u64, out: &mut [u8]) -> io::Result<Option<usize>> {
        if self.disk.state().faults.cold {
            return Ok(None);
        }
        let wanted = out.len();
        Ok(Some(self.read_at(offset, out)?).filter(|n| *n == wanted))
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.disk.state();
        State::end(state.begin(Op::Sync)?)?;
        if std::mem::take(&mut state.faults.next_sync) {
            state.node(self.id).fail_sync();
            return Err(input_output());
        }
        state.node(self.id).sync();
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut state = self.disk.state();
        let dying = state.begin(Op::Change)?;
        let before = state.node(self.id).live().len();
        state.check_growth(before, len)?;
        state.node(self.id).set_len(len);
        State::end(dying)
    }

    fn len(&self) -> io::Result<u64> {
        let mut state = self.disk.state();
        state.check_power()?;
        Ok(state.node(self.id).live().len())
    }

    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }
}

#[cfg(test)]
mod tests;
