use super::*;

#[test]
fn usage_round_trips() {
    let tombstones = BTreeMap::from([(3, 100), (9, 50)]);
    let usage = Usage { live: 7, shared: 2, end: 20_000, last_batch: 5, tombstones, freed_at: 11 };
    assert_eq!(Usage::decode(&usage.encode(), 11), Some(usage.clone()));
    for cut in 0..usage.encode().len() {
        let decoded = Usage::decode(&usage.encode()[..cut], 11);
        assert!(decoded.is_none_or(|short| short.tombstones.len() < 2), "{cut} bytes");
    }
    assert_eq!(Usage::decode(&[&[3][..], &[0; 32]].concat(), 0), None, "another version");
    // version 1 knew no shared bodies
    let encoded = usage.encode();
    let old = [&[1], &encoded[1..25], &encoded[33..]].concat();
    assert_eq!(Usage::decode(&old, 11), Some(Usage { shared: 0, ..usage }));
}

/// A delete is needed while another segment, at or before the one it was first written in, is there.
#[test]
fn deletes_are_needed_for_older_segments() {
    let usage = Usage { tombstones: BTreeMap::from([(3, 100), (9, 50)]), ..Usage::default() };
    let needed = [(None, 0), (Some(1), 150), (Some(3), 150), (Some(4), 50), (Some(9), 50), (Some(10), 0)];
    for (oldest, bytes) in needed {
        assert_eq!(usage.needed_tombstones(oldest), bytes, "{oldest:?}");
    }
}

#[test]
fn many_origins_are_counted_with_the_newest() {
    let mut usage = Usage::default();
    for origin in (0..100).rev().chain(100..200) {
        usage.add_tombstone(origin, 1);
    }
    assert!(usage.tombstones.len() <= ORIGINS_MAX);
    assert_eq!(usage.tombstones.values().sum::<u64>(), 200);
    for oldest in 0..200 {
        assert!(usage.needed_tombstones(Some(oldest)) >= 200 - oldest, "none is forgotten from {oldest} on");
    }
}

#[test]
fn a_batch_changes_what_it_touches() {
    let mut table = UsageTable::default();
    let first = UsageChange { born: BTreeMap::from([(1, 500)]), ..UsageChange::default() };
    table.0.extend(table.after(&first, 1, 12_288, 1));
    let change = UsageChange {
        died: BTreeMap::from([(1, 500)]),
        born: BTreeMap::from([(2, 300)]),
        shared: BTreeMap::from([(1, 1)]),
        tombstones: BTreeMap::from([(0, 60), (1, 40)]),
    };
    let touched = table.after(&change, 2, 12_288, 2);
    table.0.extend(touched);
    let (old, new) = (&table.0[&1], &table.0[&2]);
    assert_eq!((old.live, old.shared, old.end, old.last_batch, old.freed_at), (0, 1, 12_288, 1, 2));
    assert_eq!((new.live, new.used(), new.last_batch), (300, 4_096, 2));
    assert_eq!(new.tombstones, BTreeMap::from([(1, 40), (2, 60)]));
    // a row replaced within its own segment
    let (died, born) = (BTreeMap::from([(2, 300)]), BTreeMap::from([(2, 200)]));
    let change = UsageChange { died, born, ..UsageChange::default() };
    assert_eq!(table.after(&change, 2, 16_384, 3)[&2].live, 200);
}
