//! Pages of a range, from one moment of the index. Folding a delimiter seeks past each common prefix, so that a page costs
//! what it returns.

use meta::engine::{SCAN_MAX_ENTRIES, successor};
use meta::{EngineError, Entry, Page, Scan};

use crate::index::IndexSnapshot;
use crate::keys::{ROW_KEY_START, decode_row, row_key, row_range};

pub(crate) fn page(snapshot: &dyn IndexSnapshot, scan: &Scan) -> Result<Page, EngineError> {
    let limit = scan.limit.min(SCAN_MAX_ENTRIES) as usize;
    let (mut from, end) = row_range(&scan.range);
    let mut entries = Vec::new();
    // each turn reads rows one after the other up to a prefix that is to be passed over
    'seek: loop {
        for entry in snapshot.range(&from, &end) {
            let (key, row) = entry?;
            if entries.len() == limit {
                return Ok(Page { entries, more: true });
            }
            let key = key.slice(ROW_KEY_START..);
            let Some(prefix) = scan.fold.as_ref().and_then(|fold| fold.prefix_of(&key)) else {
                let row = decode_row(&row)?;
                entries.push(Entry::Row { key, head: row.head(), version: row.version });
                continue;
            };
            let after = successor(prefix);
            entries.push(Entry::Prefix(key.slice_ref(prefix)));
            match after {
                Some(after) => from = row_key(&after),
                None => break,
            }
            continue 'seek;
        }
        return Ok(Page { entries, more: false });
    }
}
