//! What a batch does to the rows, while it is being put together or replayed: each row it touches as it was before, and as
//! it stands now. The index learns of it in one write, when the batch is durable.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use bytes::Bytes;
use meta::engine::VALUE_HEAD_BYTES;
use meta::{EngineError, Group, KeyRange, Measure, Totals, Version};

use crate::index::{Index, IndexChange, IndexError};
use crate::keys::{ROW_KEY_START, read_row, row_key, row_range};
use crate::log::format::crc32c;
use crate::log::record::Record;
use crate::row::{BodyPlace, IndexRow, Place, Value, fits_inline};
use crate::sharing::{AllUses, Location};
use crate::summing::{Share, Sums};
use crate::usage::{UsageChange, UsageTable};

/// A row that the batch wrote. Positions are from the start of the batch; that of a body which the batch brought is from the
/// start of its bodies.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub(crate) version: Version,
    pub(crate) external: bool,
    pub(crate) value: Bytes,
    record_at: u32,
    value_at: u32,
    footprint: u32,
    pub(crate) body: Option<BodyPlace>,
}

impl Written {
    /// The row of a put record at `record_at`. `value` and `crcs` are the record's own, shared instead of copied.
    pub(crate) fn new(record: &Record<'_>, record_at: u32, value: Bytes, crcs: Bytes) -> Self {
        Self {
            version: record.version,
            external: record.external,
            value,
            record_at,
            value_at: record_at + record.value_at(),
            footprint: record.footprint(),
            body: record.body.map(|body| BodyPlace { home: body.home, at: body.at, len: body.len, crcs }),
        }
    }

    fn placed(self, batch: &Placed) -> IndexRow {
        let inline = fits_inline(self.value.len(), self.body.as_ref());
        let value = if inline {
            Value::Inline(self.value)
        } else {
            let head = self.value.slice(..self.value.len().min(VALUE_HEAD_BYTES));
            let len = u32::try_from(self.value.len()).expect("values have a bound");
            Value::Logged { head, at: batch.at(self.value_at), len, crc: crc32c(&self.value) }
        };
        let place =
            Place { segment: batch.segment, record_at: batch.at(self.record_at), footprint: self.footprint };
        let body = self.body.map(|body| match body.home {
            None => BodyPlace { at: batch.at(batch.bodies_at) + body.at, ..body },
            Some(_) => body,
        });
        IndexRow { version: self.version, external: self.external, place, body, value }
    }
}

/// Where a batch was put.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placed {
    pub(crate) segment: u64,
    pub(crate) offset: u32,
    /// Where its bodies begin, from its start.
    pub(crate) bodies_at: u32,
}

impl Placed {
    const fn at(&self, from_start: u32) -> u32 {
        self.offset + from_start
    }
}

/// A row as it stands now.
#[derive(Clone, Debug)]
pub(crate) enum State {
    Absent,
    /// As the index has it.
    Indexed(IndexRow),
    Written(Written),
}

impl State {
    pub(crate) fn version(&self) -> Option<Version> {
        match self {
            Self::Absent => None,
            Self::Indexed(row) => Some(row.version),
            Self::Written(row) => Some(row.version),
        }
    }

    pub(crate) const fn is_external(&self) -> bool {
        match self {
            Self::Absent => false,
            Self::Indexed(row) => row.external,
            Self::Written(row) => row.external,
        }
    }
}

#[derive(Clone, Debug)]
struct Slot {
    before: Option<IndexRow>,
    now: State,
    changed: bool,
}

/// Rows as a batch finds and leaves them.
pub(crate) struct Effects<'a> {
    index: &'a dyn Index,
    slots: BTreeMap<Vec<u8>, Slot>,
    tombstones: BTreeMap<u64, u64>,
    /// Rows that other rows were given the body of.
    sources: BTreeSet<Vec<u8>>,
    sums: Sums<'a>,
}

impl<'a> Effects<'a> {
    pub(crate) fn new(index: &'a dyn Index, measure: Measure) -> Self {
        let (slots, tombstones, sources) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
        Self { index, slots, tombstones, sources, sums: Sums::new(index, measure) }
    }

    fn slot(&mut self, key: &[u8]) -> Result<&mut Slot, EngineError> {
        if !self.slots.contains_key(key) {
            let row = read_row(self.index, key)?;
            let slot =
                Slot { before: row.clone(), now: row.map_or(State::Absent, State::Indexed), changed: false };
            self.slots.insert(key.to_vec(), slot);
        }
        Ok(self.slots.get_mut(key).expect("inserted above"))
    }

    /// The row as it stands now.
    pub(crate) fn state(&mut self, key: &[u8]) -> Result<&State, EngineError> {
        Ok(&self.slot(key)?.now)
    }

    /// Puts the whole value into an index row that only says where it is.
    pub(crate) fn complete(&mut self, key: &[u8], value: Bytes) {
        if let Some(Slot { now: State::Indexed(row), .. }) = self.slots.get_mut(key) {
            row.value = Value::Inline(value);
        }
    }

    pub(crate) fn put(&mut self, key: &[u8], row: Written) -> Result<(), EngineError> {
        self.change(key, State::Written(row))
    }

    fn change(&mut self, key: &[u8], now: State) -> Result<(), EngineError> {
        self.slot(key)?;
        let slot = self.slots.get_mut(key).expect("read above");
        let (old, new) = (self.sums.of_state(key, &slot.now), self.sums.of_state(key, &now));
        (slot.now, slot.changed) = (now, true);
        self.sums.replace(old, new)
    }

    /// The totals of a group as they stand now.
    pub(crate) fn totals(&mut self, group: Group) -> Result<Totals, EngineError> {
        self.sums.of_group(group)
    }

    /// What a row adds to the totals now, and what it would with another value.
    pub(crate) fn shares(
        &mut self,
        key: &[u8],
        put: Option<(&Bytes, bool)>,
    ) -> Result<(Share, Share), EngineError> {
        self.slot(key)?;
        let slot = self.slots.get(key).expect("read above");
        let new = put.and_then(|(value, has_bytes)| self.sums.of_put(key, value, has_bytes));
        Ok((self.sums.of_state(key, &slot.now), new))
    }

    /// Reads the totals that such a change will need, so that it cannot fail.
    pub(crate) fn read_totals_for(
        &mut self,
        key: &[u8],
        put: Option<(&Bytes, bool)>,
    ) -> Result<(), EngineError> {
        let (old, new) = self.shares(key, put)?;
        [old, new].into_iter().flatten().try_for_each(|(group, _)| self.sums.of_group(group).map(drop))
    }

    /// Says that another row is given the body of this one, as it stands in the index.
    pub(crate) fn shares_with(&mut self, key: &[u8]) -> Result<(), EngineError> {
        self.slot(key)?;
        self.sources.insert(key.to_vec());
        Ok(())
    }

    /// `origin` is 0 for a delete of this batch's own.
    pub(crate) fn delete(&mut self, key: &[u8], origin: u64, record_bytes: u32) -> Result<(), EngineError> {
        self.change(key, State::Absent)?;
        *self.tombstones.entry(origin).or_default() += u64::from(record_bytes);
        Ok(())
    }

    /// Whether a row lies in the range.
    pub(crate) fn any_in(&self, range: &KeyRange) -> Result<bool, EngineError> {
        if range.end.as_ref().is_some_and(|end| *end <= range.start) {
            return Ok(false);
        }
        let end = range.end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let touched = self.slots.range::<[u8], _>((Bound::Included(range.start.as_slice()), end));
        if touched.into_iter().any(|(_, slot)| !matches!(slot.now, State::Absent)) {
            return Ok(true);
        }
        let snapshot = self.index.snapshot();
        let (start, end) = row_range(range);
        for entry in snapshot.range(&start, &end) {
            let (key, _) = entry?;
            if !self.slots.contains_key(&key[ROW_KEY_START..]) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The changes of the index, once the batch has its place; `table` is the use of the segments before it.
    pub(crate) fn into_changes(
        self,
        batch: &Placed,
        table: &UsageTable,
    ) -> Result<(Vec<IndexChange>, UsageChange), IndexError> {
        let mut usage = UsageChange { tombstones: self.tombstones, ..UsageChange::default() };
        let mut changes = Vec::with_capacity(self.slots.len() + 4);
        let mut uses = AllUses::new();
        let mut sources: Vec<(Location, Vec<u8>)> = Vec::new();
        for (key, slot) in self.slots {
            let before = slot.before.as_ref().and_then(IndexRow::location);
            if !slot.changed {
                sources.extend(before.filter(|_| self.sources.contains(&key)).map(|(at, _)| (at, key)));
                continue;
            }
            if let Some(row) = &slot.before {
                usage.add_died(row.place.segment, row.record_bytes());
            }
            if let Some((location, len)) = before {
                let used = uses.entry(location).or_default();
                used.len = len;
                used.left.insert(key.clone());
            }
            match slot.now {
                State::Written(row) => {
                    let row = row.placed(batch);
                    usage.add_born(batch.segment, row.record_bytes());
                    if let Some((location, len)) = row.location() {
                        let used = uses.entry(location).or_default();
                        used.len = len;
                        used.from_afar |= row.body.as_ref().is_some_and(|body| body.home.is_some());
                        used.joined.insert(key.clone());
                    }
                    changes.push(IndexChange::Put(row_key(&key), row.encode()));
                }
                State::Absent | State::Indexed(_) => {
                    if slot.before.is_some() {
                        changes.push(IndexChange::Delete(row_key(&key)));
                    }
                }
            }
        }
        for (location, key) in sources {
            uses.entry(location).and_modify(|used| used.stays = Some(key));
        }
        for (location, used) in uses {
            let has_shared = table.0.get(&location.segment).is_some_and(|usage| usage.shared > 0);
            used.settle(self.index, location, has_shared, &mut changes, &mut usage)?;
        }
        self.sums.into_changes(&mut changes);
        Ok((changes, usage))
    }
}
