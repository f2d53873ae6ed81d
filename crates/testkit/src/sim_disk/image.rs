//! One simulated file: what readers see, what a power cut leaves, and what lies between.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::SeededRandom;

pub(super) const PAGE_BYTES: usize = 4_096;
type Page = Arc<[u8; PAGE_BYTES]>;

/// Sparse file content: a page that is not here is zeros.
#[derive(Clone, Default)]
pub(super) struct Image {
    pages: BTreeMap<u64, Page>,
    len: u64,
}

/// How a power cut treats what was not synced.
#[derive(Clone, Copy)]
pub(super) enum Fate {
    Lost,
    Kept,
    Mixed,
}

impl Fate {
    /// Extremes are as likely as mixtures: with many pages a fair coin for each would never show them.
    pub(super) fn draw(random: &SeededRandom) -> Self {
        match random.below(4) {
            0 => Self::Lost,
            1 => Self::Kept,
            _ => Self::Mixed,
        }
    }

    /// Which of `versions` newer states survives; `None` is the durable one.
    pub(super) fn pick(self, versions: usize, random: &SeededRandom) -> Option<usize> {
        match self {
            Self::Lost => None,
            Self::Kept => versions.checked_sub(1),
            Self::Mixed => usize::try_from(random.below(versions as u64 + 1)).ok()?.checked_sub(1),
        }
    }
}

fn split(offset: u64) -> (u64, usize) {
    let page = PAGE_BYTES as u64;
    (offset / page, usize::try_from(offset % page).expect("less than a page"))
}

impl Image {
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    pub(super) fn read(&self, offset: u64, out: &mut [u8]) -> usize {
        let left = usize::try_from(self.len.saturating_sub(offset)).unwrap_or(usize::MAX);
        let wanted = out.len().min(left);
        let mut done = 0;
        while done < wanted {
            let (index, at) = split(offset + done as u64);
            let n = (PAGE_BYTES - at).min(wanted - done);
            match self.pages.get(&index) {
                Some(page) => out[done..done + n].copy_from_slice(&page[at..at + n]),
                None => out[done..done + n].fill(0),
            }
            done += n;
        }
        wanted
    }

    fn set(&mut self, index: u64, page: Option<Page>) {
        match page {
            Some(page) => self.pages.insert(index, page),
            None => self.pages.remove(&index),
        };
    }

    /// Cuts to `len`, zeroing what a later extension would show; returns the pages that changed.
    fn resize(&mut self, len: u64) -> Vec<u64> {
        let (last, at) = split(len);
        let mut changed: Vec<u64> = self.pages.range(last..).map(|(index, _)| *index).collect();
        if at == 0 || !changed.contains(&last) {
            changed.retain(|index| self.pages.remove(index).is_some());
        } else {
            self.pages.split_off(&(last + 1));
            let page = self.pages.get_mut(&last).expect("listed above");
            Arc::make_mut(page)[at..].fill(0);
        }
        self.len = len;
        changed
    }
}

/// A file with its unsynced changes.
#[derive(Clone, Default)]
pub(super) struct Node {
    live: Image,
    durable: Image,
    /// Every state that each unsynced page has been in since the last sync.
    dirty: BTreeMap<u64, Vec<Option<Page>>>,
    /// Every length since the last sync.
    lens: Vec<u64>,
    pub(super) handles: usize,
}

impl Node {
    pub(super) fn live(&self) -> &Image {
        &self.live
    }

    pub(super) fn write(&mut self, offset: u64, data: &[u8]) {
        let mut done = 0;
        while done < data.len() {
            let (index, at) = split(offset + done as u64);
            let n = (PAGE_BYTES - at).min(data.len() - done);
            let mut page = self.live.pages.get(&index).map_or([0; PAGE_BYTES], |page| **page);
            page[at..at + n].copy_from_slice(&data[done..done + n]);
            let page = Arc::new(page);
            self.live.set(index, Some(Arc::clone(&page)));
            self.dirty.entry(index).or_default().push(Some(page));
            done += n;
        }
        let end = offset + data.len() as u64;
        if end > self.live.len && !data.is_empty() {
            self.live.len = end;
            self.lens.push(end);
        }
    }

    pub(super) fn set_len(&mut self, len: u64) {
        for index in self.live.resize(len) {
            let page = self.live.pages.get(&index).cloned();
            self.dirty.entry(index).or_default().push(page);
        }
        self.lens.push(len);
    }

    pub(super) fn sync(&mut self) {
        for index in std::mem::take(&mut self.dirty).into_keys() {
            self.durable.set(index, self.live.pages.get(&index).cloned());
        }
        self.lens.clear();
        self.durable.len = self.live.len;
    }

    /// As Linux does after a failed fsync: the pages count as clean although they never reached the disk, so that a
    /// second sync says "done" and is wrong.
    pub(super) fn fail_sync(&mut self) {
        self.dirty.clear();
        self.lens.clear();
    }

    /// What is there after the power comes back.
    pub(super) fn after_power_cut(&self, fate: Fate, random: &SeededRandom) -> Self {
        let mut image = self.durable.clone();
        for (index, versions) in &self.dirty {
            if let Some(version) = fate.pick(versions.len(), random) {
                image.set(*index, versions[version].clone());
            }
        }
        let len = fate.pick(self.lens.len(), random).map_or(self.durable.len, |at| self.lens[at]);
        image.resize(len);
        Self { live: image.clone(), durable: image, ..Self::default() }
    }

    /// Changes bytes behind everybody's back, in the live and the durable image.
    pub(super) fn corrupt(&mut self, offset: u64, change: impl FnOnce(&mut [u8])) {
        let left = usize::try_from(self.live.len.saturating_sub(offset)).expect("a test file fits in memory");
        let mut bytes = vec![0; left];
        self.live.read(offset, &mut bytes);
        let before = bytes.clone();
        change(&mut bytes);
        for (at, (old, new)) in before.iter().zip(&bytes).enumerate() {
            if old != new {
                let (index, in_page) = split(offset + at as u64);
                for image in [&mut self.live, &mut self.durable] {
                    let page = image.pages.entry(index).or_insert_with(|| Arc::new([0; PAGE_BYTES]));
                    Arc::make_mut(page)[in_page] = *new;
                }
            }
        }
    }
}
