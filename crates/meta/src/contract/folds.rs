//! Pages that fold a delimiter.

use bytes::Bytes;

use super::{expected_page, key, put, scan, write};
use crate::engine::{Engine, Entry, Fold, KeyRange, Version, successor};

/// End of every key here, as a table puts a terminator and a version behind the text it lists: the delimiter may occur in
/// it and must not be found.
const TAIL: &[u8] = b"\0\x00/--/";

const TEXTS: [&[u8]; 22] = [
    b"",
    b"--",
    b"-",
    b"/",
    b"//",
    b"/a",
    b"a",
    b"a-",
    b"a--",
    b"a--b",
    b"a--c",
    b"a-/-",
    b"a/",
    b"a/b",
    b"a/b/c",
    b"a/c",
    b"ab",
    b"b/\xff",
    b"b/\xff\xff/x",
    b"\x01/",
    b"\xff",
    b"\xff/\xff",
];

struct Folded {
    space: Vec<u8>,
    rows: Vec<(Vec<u8>, Bytes, Version)>,
}

impl Folded {
    async fn write(engine: &dyn Engine, name: &str) -> Self {
        // the space holds delimiters too: they are skipped
        let space = key(name, "--/");
        let mut keys: Vec<Vec<u8>> = TEXTS.iter().map(|text| [&space, *text, TAIL].concat()).collect();
        keys.sort();
        let version = write(engine, keys.iter().map(|key| put(key, key.clone()))).await;
        let rows = keys.into_iter().map(|key| (key.clone(), Bytes::from(key), version)).collect();
        Self { space, rows }
    }

    fn fold(&self, delimiter: &[u8]) -> Fold {
        Fold { skip_bytes: self.space.len(), delimiter: delimiter.to_vec(), tail_bytes: TAIL.len() }
    }

    fn prefix(&self, text: &[u8]) -> Entry {
        Entry::Prefix([&self.space, text].concat().into())
    }
}

const DELIMITERS: [&[u8]; 7] = [b"/", b"-", b"--", b"/b", b"\xff", b"b/\xff", b"nowhere"];

/// Common prefixes stand at their place among the rows, count in the limit, and are found only between skip and tail.
pub async fn delimiters_fold(engine: &dyn Engine) {
    let folded = Folded::write(engine, "folds").await;
    let all = KeyRange::prefix(&folded.space);
    let page = scan(engine, &all, 100, Some(&folded.fold(b"/"))).await;
    let prefixes: Vec<&Entry> =
        page.entries.iter().filter(|entry| matches!(entry, Entry::Prefix(_))).collect();
    let expected: [&[u8]; 6] = [b"\x01/", b"/", b"a-/", b"a/", b"b/", b"\xff/"];
    assert_eq!(prefixes, expected.map(|text| folded.prefix(text)).iter().collect::<Vec<_>>());
    assert_eq!(page.entries.len(), expected.len() + 10, "and ten keys have no slash");
    let page = scan(engine, &all, 100, Some(&folded.fold(b"--"))).await;
    assert!(page.entries.contains(&folded.prefix(b"--")) && page.entries.contains(&folded.prefix(b"a--")));

    for delimiter in DELIMITERS {
        let fold = folded.fold(delimiter);
        for start in folded.rows.iter().map(|(key, ..)| key) {
            for end in [all.end.clone(), Some(folded.rows[15].0.clone())] {
                let range = KeyRange { start: start.clone(), end };
                for limit in [1, 2, 3, 100] {
                    let page = scan(engine, &range, limit, Some(&fold)).await;
                    let expected = expected_page(&folded.rows, &range, limit, Some(&fold));
                    assert_eq!(page, expected, "{fold:?} {range:?} limit {limit}");
                }
            }
        }
    }
    // more bytes to skip or to leave than a key has: nothing is folded, and nothing breaks
    let nothing = Fold { skip_bytes: 1_000, delimiter: b"/".to_vec(), tail_bytes: 0 };
    assert_eq!(scan(engine, &all, 100, Some(&nothing)).await.entries.len(), TEXTS.len());
    let nothing = Fold { skip_bytes: 0, delimiter: b"/".to_vec(), tail_bytes: usize::MAX };
    assert_eq!(scan(engine, &all, 100, Some(&nothing)).await.entries.len(), TEXTS.len());
}

/// A listing that goes on after its last row, or at the successor of its last prefix, sees everything once.
pub async fn folded_pages_resume(engine: &dyn Engine) {
    let folded = Folded::write(engine, "resumed folds").await;
    let all = KeyRange::prefix(&folded.space);
    for delimiter in DELIMITERS {
        let fold = folded.fold(delimiter);
        let whole = expected_page(&folded.rows, &all, 100, Some(&fold)).entries;
        for limit in 1..8 {
            let (mut range, mut seen) = (all.clone(), Vec::new());
            loop {
                let page = scan(engine, &range, limit, Some(&fold)).await;
                seen.extend(page.entries);
                if !page.more {
                    break;
                }
                range.start = match seen.last().expect("a page that has more is not empty") {
                    Entry::Row { key, .. } => [key, &b"\0"[..]].concat(),
                    Entry::Prefix(prefix) => successor(prefix).expect("the space does not begin with 0xff"),
                };
            }
            assert_eq!(seen, whole, "{fold:?} limit {limit}");
        }
    }
}

/// Prefixes of few and of many rows, in turn: an engine that passes over some row by row ends each where it ends.
pub async fn prefixes_of_any_size_fold(engine: &dyn Engine) {
    let space = key("sized folds", "/");
    let sizes = [1, 2, 15, 16, 17, 18, 1, 40, 3, 60, 8, 9, 2, 33, 1, 1, 4, 5, 16, 16, 17];
    let in_folder = |(folder, rows): (usize, usize)| {
        let names = (0..rows).map(move |n| format!("{folder:02}/{n:02}"));
        names.chain((folder % 3 == 0).then(|| format!("{folder:02}0")))
    };
    let mut keys: Vec<Vec<u8>> = sizes
        .into_iter()
        .enumerate()
        .flat_map(in_folder)
        .map(|text| [&space, text.as_bytes()].concat())
        .collect();
    keys.sort();
    let version = write(engine, keys.iter().map(|key| put(key, key.clone()))).await;
    let rows: Vec<_> = keys.into_iter().map(|key| (key.clone(), Bytes::from(key), version)).collect();
    let fold = Fold { skip_bytes: space.len(), delimiter: b"/".to_vec(), tail_bytes: 0 };
    let all = KeyRange::prefix(&space);
    for (start, ..) in &rows {
        let range = KeyRange { start: start.clone(), end: all.end.clone() };
        for limit in [1, 2, 7, 100] {
            let page = scan(engine, &range, limit, Some(&fold)).await;
            assert_eq!(page, expected_page(&rows, &range, limit, Some(&fold)), "{range:?} limit {limit}");
        }
    }
}
