//! Lists of keys that are spelled in more than one way, asked for in either way: pages are complete, repeat nothing and end.

use std::collections::BTreeSet;

use domain::name::identity;
use testkit::SeededRandom;

use crate::fixture::*;

/// Pieces of keys: accents and syllables in one character and in several, an accent alone, and what stands between.
const PIECES: [&str; 12] = [
    "e",
    "e\u{301}",
    "\u{e9}",
    "\u{301}",
    "u\u{308}",
    "\u{fc}",
    "f",
    "/",
    "/",
    "\u{1100}\u{1161}",
    "\u{ac00}",
    "\u{11a8}",
];
const DELIMITERS: [&str; 6] = ["", "/", "/", "\u{e9}", "e\u{301}", "e"];

fn text(dice: &SeededRandom, pieces_max: u64) -> String {
    let any = |_| PIECES[usize::try_from(dice.below(PIECES.len() as u64)).expect("small")];
    (0..dice.below(pieces_max + 1)).map(any).collect()
}

/// What stands between these marks, each time.
fn between(text: &str, from: &str, to: &str) -> Vec<String> {
    text.split(from).skip(1).filter_map(|rest| Some(rest.split_once(to)?.0.to_owned())).collect()
}

/// The keys and the common prefixes of an answer.
fn shown(answer: &Answer) -> Vec<String> {
    let text = answer.text();
    let prefixes = between(&text, "<CommonPrefixes><Prefix>", "</Prefix>").into_iter();
    between(&text, "<Key>", "</Key>")
        .into_iter()
        .chain(prefixes.map(|prefix| format!("under {prefix}")))
        .collect()
}

/// The lists there are: how each is asked for, and which elements of a page are which parameters of the next.
const LISTS: [(&str, &[(&str, &str)]); 3] = [
    ("marker", &[("NextMarker", "marker")]),
    ("list-type", &[("NextContinuationToken", "continuation-token")]),
    ("versions", &[("NextKeyMarker", "key-marker"), ("NextVersionIdMarker", "version-id-marker")]),
];

fn ask(list: &str, prefix: &str, delimiter: &str, after: &str) -> Ask {
    let ask = get("/inside").query("prefix", prefix).query("delimiter", delimiter);
    match list {
        "marker" => ask,
        "list-type" => ask.query("list-type", "2").query("start-after", after),
        other => ask.query(other, ""),
    }
}

async fn pages(world: &World, base: &Ask, next: &[(&str, &str)]) -> Vec<String> {
    let (mut entries, mut more) = (Vec::new(), Vec::new());
    for _ in 0..100 {
        let ask =
            more.iter().fold(base.clone(), |ask, (name, value): &(&str, String)| ask.query(name, value));
        let page = world.send(&ask.query("max-keys", "2")).await;
        assert_eq!(page.status, 200, "{}", page.text());
        entries.extend(shown(&page));
        if page.element("IsTruncated") != "true" {
            return entries;
        }
        let value = |element: &str| page.element(element);
        more = next.iter().map(|(element, name)| (*name, value(element))).collect();
        more.retain(|(_, value)| !value.is_empty());
    }
    panic!("it comes to no end: {base:?}, {entries:?}")
}

/// What a list shows, by the composed forms of all.
fn expected(keys: &[String], prefix: &str, delimiter: &str, after: &str) -> BTreeSet<String> {
    let (prefix, delimiter, after) = (identity(prefix), identity(delimiter), identity(after));
    let entry = |key: &String| {
        let key = identity(key);
        let rest = key.strip_prefix(&*prefix).filter(|_| after.is_empty() || *key > *after)?;
        match rest.split_once(&*delimiter).filter(|_| !delimiter.is_empty()) {
            Some((head, _)) => Some(format!("under {prefix}{head}{delimiter}")),
            None => Some(key.into_owned()),
        }
    };
    keys.iter().filter_map(entry).collect()
}

/// Spec: R2 docs, unicode interoperability.
#[tokio::test]
async fn pages_of_lists_are_complete_in_every_spelling() {
    for seed in 0..60 {
        let (world, dice) = (World::new().await, SeededRandom::new(seed));
        let keys: Vec<_> = (0..12).map(|_| format!("{}f{}", text(&dice, 2), text(&dice, 3))).collect();
        for key in &keys {
            let path: String = key.bytes().map(|byte| format!("%{byte:02X}")).collect();
            assert_eq!(world.send(&put(&format!("/inside/{path}"), "x")).await.status, 200);
        }
        for _ in 0..4 {
            let (prefix, after) = (text(&dice, 2), text(&dice, 2));
            let delimiter = DELIMITERS[usize::try_from(dice.below(6)).expect("small")];
            for (list, next) in LISTS {
                let after = if list == "list-type" { after.as_str() } else { "" };
                let base = ask(list, &prefix, delimiter, after);
                let context = format!("seed {seed}, {list}: {prefix:?}, {delimiter:?}, after {after:?}");
                let whole = shown(&world.send(&base).await);
                let composed: BTreeSet<_> = whole.iter().map(|key| identity(key).into_owned()).collect();
                assert_eq!(composed.len(), whole.len(), "{context}: {whole:?}");
                assert_eq!(composed, expected(&keys, &prefix, delimiter, after), "{context}");
                let mut paged = pages(&world, &base, next).await;
                let mut whole = whole;
                paged.sort_unstable();
                whole.sort_unstable();
                assert_eq!(paged, whole, "{context}");
            }
        }
    }
}
