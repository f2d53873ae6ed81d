//! Who uses a body: most have one row, and no account of their own. One that several rows use, or may use, has an entry for
//! each of them and their number, so that it is counted once in the use of its segment, and compaction finds them all.
//!
//! Accounts are a function of the rows: the same batch leaves the same accounts whether the writer made it or a replay did.
//! A row without an entry is counted by itself, so a user that is overlooked errs towards keeping.

use std::collections::{BTreeMap, BTreeSet};

use crate::index::{Index, IndexChange, IndexError};
use crate::keys::{share_key, sharers_key};
use crate::usage::UsageChange;

/// Where a body begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Location {
    pub(crate) segment: u64,
    pub(crate) at: u32,
}

/// What a batch changes of the use of one body.
#[derive(Clone, Debug, Default)]
pub(crate) struct Uses {
    pub(crate) len: u32,
    /// Rows that used it before the batch, and are changed.
    pub(crate) left: BTreeSet<Vec<u8>>,
    /// Rows that the batch leaves using it.
    pub(crate) joined: BTreeSet<Vec<u8>>,
    /// Whether one of those has its record in another batch than the body.
    pub(crate) from_afar: bool,
    /// A row that uses it too, and that the batch does not change.
    pub(crate) stays: Option<Vec<u8>>,
}

impl Uses {
    /// Whether it has nothing to do with sharing, as long as no other row has an entry.
    fn is_plain(&self) -> bool {
        !self.from_afar && self.joined.len() <= 1
    }

    /// Adds what it means for the index and the accounts.
    pub(crate) fn settle(
        self,
        index: &dyn Index,
        location: Location,
        has_shared: bool,
        changes: &mut Vec<IndexChange>,
        usage: &mut UsageChange,
    ) -> Result<(), IndexError> {
        let before = if has_shared { sharers(index, location)? } else { 0 };
        if before == 0 && self.is_plain() {
            self.left.iter().for_each(|_| usage.add_died(location.segment, self.len));
            self.joined.iter().for_each(|_| usage.add_born(location.segment, self.len));
            return Ok(());
        }
        let is_entered = |key: &Vec<u8>| -> Result<bool, IndexError> {
            Ok(before > 0 && index.get(&share_key(location, key))?.is_some())
        };
        let mut after = before;
        for key in &self.left {
            if !is_entered(key)? {
                usage.add_died(location.segment, self.len);
                continue;
            }
            after = after.saturating_sub(1);
            if !self.joined.contains(key) {
                changes.push(IndexChange::Delete(share_key(location, key)));
            }
        }
        for key in &self.joined {
            after += 1;
            changes.push(IndexChange::Put(share_key(location, key), Vec::new()));
        }
        if let Some(key) = self.stays.filter(|_| !self.joined.is_empty())
            && !is_entered(&key)?
        {
            usage.add_died(location.segment, self.len);
            after += 1;
            changes.push(IndexChange::Put(share_key(location, &key), Vec::new()));
        }
        if before == 0 && after > 0 {
            usage.add_born(location.segment, self.len);
            *usage.shared.entry(location.segment).or_default() += 1;
        } else if before > 0 && after == 0 {
            usage.add_died(location.segment, self.len);
            *usage.shared.entry(location.segment).or_default() -= 1;
        }
        changes.push(match after {
            0 => IndexChange::Delete(sharers_key(location)),
            after => IndexChange::Put(sharers_key(location), after.to_le_bytes().to_vec()),
        });
        Ok(())
    }
}

/// How many rows have an entry of this body.
fn sharers(index: &dyn Index, location: Location) -> Result<u64, IndexError> {
    let Some(entry) = index.get(&sharers_key(location))? else { return Ok(0) };
    let number = entry.as_ref().try_into().map(u64::from_le_bytes);
    number.map_err(|_| IndexError("a number of users does not decode".to_owned()))
}

/// What a batch changes of the use of bodies, by where they lie.
pub(crate) type AllUses = BTreeMap<Location, Uses>;
