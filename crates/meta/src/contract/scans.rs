//! Pages of a range.

use bytes::Bytes;

use super::{delete, expected_page, key, keys, put, scan, write};
use crate::engine::{Engine, Entry, KeyRange, SCAN_MAX_ENTRIES, VALUE_HEAD_BYTES, successor};

/// A scan returns the rows from the start of its range to before the end, in the order of bytes.
pub async fn ranges_have_bounds(engine: &dyn Engine) {
    let space = key("bounds", "");
    // 0xff first: a range without an end then meets no row of another behaviour
    let at = |rest: &[u8]| [&[0xff], space.as_slice(), rest].concat();
    let rests: [&[u8]; 12] =
        [b"", b"\0", b"\0\0", b"\0\xff", b"\x01", b"a", b"a\0", b"a\0\0", b"aa", b"b", b"\xff", b"\xff\xff"];
    let version = write(engine, rests.iter().rev().map(|rest| put(&at(rest), rest.to_vec()))).await;
    let rows: Vec<_> = rests.iter().map(|rest| (at(rest), Bytes::copy_from_slice(rest), version)).collect();
    let mut marks: Vec<Vec<u8>> = rests.iter().map(|rest| at(rest)).collect();
    marks.extend([
        at(b"a\0\x01"),
        at(b"\xfe"),
        at(b"\xff\xff\0"),
        vec![0xff],
        successor(&at(b"")).expect("one"),
    ]);
    for start in &marks {
        for end in marks.iter().map(Some).chain([None]) {
            let range = KeyRange { start: start.clone(), end: end.cloned() };
            for limit in [0, 1, 5, 100] {
                let page = scan(engine, &range, limit, None).await;
                assert_eq!(page, expected_page(&rows, &range, limit, None), "{range:?} limit {limit}");
            }
        }
    }
    let page = scan(engine, &KeyRange::prefix(&at(b"a")), 100, None).await;
    assert_eq!(keys(&page), [at(b"a"), at(b"a\0"), at(b"a\0\0"), at(b"aa")]);
    let page = scan(engine, &KeyRange::prefix(&at(b"\xff")), 100, None).await;
    assert_eq!(keys(&page), [at(b"\xff"), at(b"\xff\xff")]);

    write(engine, [delete(&at(b"a\0")), put(&at(b"b"), "again")]).await;
    let page = scan(engine, &KeyRange { start: at(b"a"), end: Some(at(b"\xff")) }, 100, None).await;
    assert_eq!(keys(&page), [at(b"a"), at(b"a\0\0"), at(b"aa"), at(b"b")], "deleted rows are gone");
    write(engine, rests.iter().map(|rest| delete(&at(rest)))).await;
}

/// Pages are cut at the limit and say whether there is more; values are cut at [`VALUE_HEAD_BYTES`].
pub async fn pages_and_heads(engine: &dyn Engine) {
    let at = |n: u32| key("pages", n.to_be_bytes());
    let all = KeyRange::prefix(&key("pages", ""));
    let sizes = [0, 1, VALUE_HEAD_BYTES - 1, VALUE_HEAD_BYTES, VALUE_HEAD_BYTES + 1, 3_000, 100_000];
    let mut rows = Vec::new();
    for (n, size) in (0..).zip(sizes) {
        let value: Bytes = (0..size).map(|n| (n % 253) as u8).collect();
        rows.push((at(n), value.clone(), write(engine, [put(&at(n), value)]).await));
    }
    for limit in 1..10 {
        let mut range = all.clone();
        let mut seen = Vec::new();
        loop {
            let page = scan(engine, &range, limit, None).await;
            assert_eq!(page, expected_page(&rows, &range, limit, None), "limit {limit}");
            seen.extend(keys(&page));
            if !page.more {
                break;
            }
            range.start =
                [seen.last().expect("a page that has more is not empty").as_slice(), b"\0"].concat();
        }
        assert_eq!(seen, rows.iter().map(|(key, ..)| key.clone()).collect::<Vec<_>>());
    }

    let many = SCAN_MAX_ENTRIES + 1;
    for start in (0..many).step_by(1_000) {
        write(engine, (start..many.min(start + 1_000)).map(|n| put(&at(n), ""))).await;
    }
    let page = scan(engine, &all, u32::MAX, None).await;
    assert_eq!(page.entries.len(), SCAN_MAX_ENTRIES as usize, "no page is longer");
    assert!(page.more);
    assert!(matches!(page.entries.last(), Some(Entry::Row { key, .. }) if **key == at(SCAN_MAX_ENTRIES - 1)));
}
