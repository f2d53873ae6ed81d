//! Totals of groups of rows while a batch is put together or replayed. They are a function of the rows, kept beside them in
//! the index: a replay adds up to the same.

use std::collections::BTreeMap;

use meta::engine::VALUE_HEAD_BYTES;
use meta::totals::AMOUNTS;
use meta::{EngineError, Group, Measure, Measured, Totals};

use crate::effects::{State, Written};
use crate::index::{Index, IndexChange};
use crate::keys::total_key;
use crate::row::Value;

/// The totals that a batch touches.
pub(crate) struct Sums<'a> {
    index: &'a dyn Index,
    measure: Measure,
    /// As the batch found them, and as it leaves them.
    groups: BTreeMap<Group, (Totals, Totals)>,
}

/// What one row adds.
pub(crate) type Share = Option<(Group, Totals)>;

impl<'a> Sums<'a> {
    pub(crate) const fn new(index: &'a dyn Index, measure: Measure) -> Self {
        Self { index, measure, groups: BTreeMap::new() }
    }

    pub(crate) fn of_state(&self, key: &[u8], state: &State) -> Share {
        match state {
            State::Absent => None,
            State::Indexed(row) => {
                let value_bytes = match &row.value {
                    Value::Inline(value) => value.len(),
                    Value::Logged { len, .. } => *len as usize,
                };
                let has_bytes = row.body.is_some() || row.external;
                (self.measure)(&Measured { key, head: &row.head(), value_bytes, has_bytes })
            }
            State::Written(Written { value, body, external, .. }) => {
                self.of_put(key, value, body.is_some() || *external)
            }
        }
    }

    pub(crate) fn of_put(&self, key: &[u8], value: &[u8], has_bytes: bool) -> Share {
        let head = &value[..value.len().min(VALUE_HEAD_BYTES)];
        (self.measure)(&Measured { key, head, value_bytes: value.len(), has_bytes })
    }

    /// The totals of a group as they stand now.
    pub(crate) fn of_group(&mut self, group: Group) -> Result<Totals, EngineError> {
        if let Some((_, now)) = self.groups.get(&group) {
            return Ok(*now);
        }
        let totals = read_totals(self.index, group)?;
        self.groups.insert(group, (totals, totals));
        Ok(totals)
    }

    /// One row takes the place of another.
    pub(crate) fn replace(&mut self, old: Share, new: Share) -> Result<(), EngineError> {
        // a row that only moves changes nothing
        if old == new {
            return Ok(());
        }
        for (share, is_old) in [(old, true), (new, false)] {
            let Some((group, row)) = share else { continue };
            let now = self.of_group(group)?;
            let now = if is_old { now.replacing(Some(&row), None) } else { now.replacing(None, Some(&row)) };
            self.groups.entry(group).and_modify(|(_, totals)| *totals = now);
        }
        Ok(())
    }

    pub(crate) fn into_changes(self, changes: &mut Vec<IndexChange>) {
        let changed = self.groups.into_iter().filter(|(_, (before, now))| before != now);
        changes.extend(changed.map(|(group, (_, now))| match now == Totals::default() {
            true => IndexChange::Delete(total_key(group)),
            false => IndexChange::Put(total_key(group), now.0.iter().flat_map(|n| n.to_le_bytes()).collect()),
        }));
    }
}

/// The totals of a group, as the index has them.
pub(crate) fn read_totals(index: &dyn Index, group: Group) -> Result<Totals, EngineError> {
    let Some(entry) = index.get(&total_key(group))? else { return Ok(Totals::default()) };
    let (amounts, rest) = entry.as_chunks::<8>();
    let amounts: Option<[[u8; 8]; AMOUNTS]> = amounts.try_into().ok().filter(|_| rest.is_empty());
    let amounts = amounts.ok_or_else(|| EngineError::Corrupt("totals do not decode".to_owned()))?;
    Ok(Totals(amounts.map(u64::from_le_bytes)))
}
