//! Contents that somebody reads piece by piece: reclaim leaves their blobs alone until they are done.
//!
//! A content of one blob needs none of this: it is opened at once, and an open blob goes on being readable.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use meta::tables::object::Segment;

/// What names a content here: its first blob, and in whose name it holds it.
type Name = ([u8; 16], [u8; 16]);

#[derive(Default)]
struct State {
    read: HashMap<Name, usize>,
    going: HashSet<Name>,
}

/// Who reads what.
#[derive(Default)]
pub(crate) struct Pins(Mutex<State>);

/// Keeps a content where it is.
pub(crate) struct Pin {
    pins: Arc<Pins>,
    name: Name,
}

/// A content whose blobs are being let go.
pub(crate) struct Going<'p> {
    pins: &'p Pins,
    name: Name,
}

impl Pins {
    /// `None` when the content is being let go: whoever found it reads its row again.
    pub(crate) fn pin(self: &Arc<Self>, first: &Segment) -> Option<Pin> {
        let name = (first.blob, first.holder);
        let mut state = self.0.lock().expect("no panic while locked");
        if state.going.contains(&name) {
            return None;
        }
        *state.read.entry(name).or_default() += 1;
        Some(Pin { pins: Arc::clone(self), name })
    }

    /// `None` while somebody reads the content, or lets it go.
    pub(crate) fn let_go(&self, first: &Segment) -> Option<Going<'_>> {
        let name = (first.blob, first.holder);
        let mut state = self.0.lock().expect("no panic while locked");
        if state.read.contains_key(&name) || !state.going.insert(name) {
            return None;
        }
        Some(Going { pins: self, name })
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        let mut state = self.pins.0.lock().expect("no panic while locked");
        if let Some(readers) = state.read.get_mut(&self.name) {
            *readers -= 1;
            if *readers == 0 {
                state.read.remove(&self.name);
            }
        }
    }
}

impl Drop for Going<'_> {
    fn drop(&mut self) {
        self.pins.0.lock().expect("no panic while locked").going.remove(&self.name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_and_reclaim_exclude_each_other() {
        let pins = Arc::new(Pins::default());
        let segment = Segment::whole(1, [1; 16], 5);
        let other = Segment { holder: [2; 16], ..segment };
        let first = pins.pin(&segment).expect("nobody lets it go");
        let second = pins.pin(&segment).expect("nobody lets it go");
        drop(first);
        assert!(pins.let_go(&segment).is_none(), "one still reads");
        assert!(pins.let_go(&other).is_some(), "another content of the same blob");
        drop(second);
        let going = pins.let_go(&segment).expect("nobody reads");
        assert!(pins.pin(&segment).is_none());
        assert!(pins.let_go(&segment).is_none(), "one lets it go");
        drop(going);
        assert!(pins.pin(&segment).is_some());
    }
}
