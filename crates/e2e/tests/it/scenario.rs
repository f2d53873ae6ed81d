//! One scenario on every client that people use. The client acts; this side makes the files, looks at the server with raw
//! requests after each step, and compares the bytes that came back.

mod commands;
mod files;
mod rust_sdk;
mod scripts;

use std::collections::{BTreeMap, BTreeSet};

use e2e::{Larder, Reply};

use files::{Files, SMALL, same_bytes, tree_of};

/// Where the large file goes, and where the copies of it and of a small one go.
pub(crate) const LARGE: &str = "large.bin";
pub(crate) const LARGE_COPY: &str = "copies/large.bin";
pub(crate) const SMALL_COPY: &str = "copies/small.txt";

/// What a client is asked to do, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// `large.bin` to the key of that name, in parts.
    Upload,
    /// `tree` to keys below `tree/`, but for what is there already.
    Sync,
    /// Print one line that ends with the key for each key below `tree/`.
    List,
    /// The large object in parts, and a small one, each on the server.
    Copy,
    /// The large copy to `back/large.bin`.
    Download,
    /// Everything below `tree/` to `back/tree`.
    Fetch,
    /// Every object of the bucket.
    Delete,
}

impl Step {
    /// The argument that the scripts get.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Upload => "upload",
            Self::Sync => "sync",
            Self::List => "list",
            Self::Copy => "copy",
            Self::Download => "download",
            Self::Fetch => "fetch",
            Self::Delete => "delete",
        }
    }
}

/// How a client finds out what is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sync {
    /// It looks each key up.
    ByKey,
    /// It walks two lists side by side, and sends again what the other list does not have where it should be.
    SideBySide,
}

/// The whole scenario. `client` carries out a step and returns what it printed.
#[expect(clippy::print_stdout, reason = "how long each step took is shown when one fails")]
pub(crate) fn play(larder: &Larder, files: &Files, sync: Sync, mut client: impl FnMut(Step) -> String) {
    let mut timed = |step: Step| {
        let started = std::time::Instant::now();
        let said = client(step);
        println!("{:>8.1} s  {}", started.elapsed().as_secs_f64(), step.word());
        said
    };
    timed(Step::Upload);
    stored_in_parts(larder, LARGE);
    timed(Step::Sync);
    let local = tree_of(&files.tree());
    let expected: BTreeSet<String> = local.keys().map(|name| format!("tree/{name}")).collect();
    let there = keys(larder, "tree/");
    assert_same(&there.iter().cloned().collect(), &expected, "the keys on the server");
    let puts = requests(larder, "PutObject");
    assert!(puts >= expected.len(), "the log has {puts} uploads of {}", expected.len());
    timed(Step::Sync);
    let again = match sync {
        Sync::ByKey => 0,
        Sync::SideBySide => out_of_place(&expected, &there),
    };
    assert_eq!(requests(larder, "PutObject") - puts, again, "a second sync sends nothing that is there");
    assert_same(&listed(&timed(Step::List)), &expected, "the keys that the client lists");
    timed(Step::Copy);
    stored_in_parts(larder, LARGE_COPY);
    assert_eq!(asked(larder, "GET", SMALL_COPY).body, local[SMALL], "the small copy");
    timed(Step::Download);
    assert!(same_bytes(&files.large(), &files.back(LARGE)), "the large file came back changed");
    timed(Step::Fetch);
    assert_same_tree(&tree_of(&files.back("tree")), &local);
    timed(Step::Delete);
    assert_eq!(keys(larder, ""), [""; 0], "what is left");
    let bucket = format!("/{}", larder.bucket);
    let unfinished = larder.signer().send(larder.address, "GET", &bucket, &[("uploads", "")], &[], b"");
    assert_eq!((unfinished.status, unfinished.element("Upload")), (200, None), "an upload was left behind");
}

/// The object's ETag says that it was put together from parts.
fn stored_in_parts(larder: &Larder, key: &str) {
    let head = asked(larder, "HEAD", key);
    let etag = head.header("etag").unwrap_or_default();
    let parts = etag.trim_matches('"').split_once('-').and_then(|(_, parts)| parts.parse::<u32>().ok());
    assert!(parts.is_some_and(|parts| parts > 1), "{key} has {} and the ETag {etag}", head.status);
    assert_eq!(head.header("content-length"), Some(files::LARGE_BYTES.to_string().as_str()), "{key}");
}

fn asked(larder: &Larder, method: &str, key: &str) -> Reply {
    let path = format!("/{}/{}", larder.bucket, sigv4::uri_encode(key.as_bytes(), true));
    larder.signer().send(larder.address, method, &path, &[], &[], b"")
}

/// Every key below a prefix, asked for page by page, in the server's order.
fn keys(larder: &Larder, prefix: &str) -> Vec<String> {
    let bucket = format!("/{}", larder.bucket);
    let mut found = Vec::new();
    let mut token = String::new();
    loop {
        let mut query = vec![("list-type", "2"), ("encoding-type", "url"), ("prefix", prefix)];
        if !token.is_empty() {
            query.push(("continuation-token", &token));
        }
        let page = larder.signer().send(larder.address, "GET", &bucket, &query, &[], b"");
        assert_eq!(page.status, 200, "{}", page.text());
        let text = page.text();
        let pieces = text.split("<Key>").skip(1).filter_map(|piece| piece.split_once("</Key>"));
        found.extend(pieces.map(|(key, _)| {
            let key = sigv4::percent_decode(key.as_bytes()).expect("the server encodes");
            String::from_utf8(key).expect("keys are UTF-8")
        }));
        match page.element("NextContinuationToken") {
            Some(next) => token = next,
            None => return found,
        }
    }
}

/// How many keys a walk along both lists does not find. The server's is in the order of the keys' composed form (NFC), as R2
/// knows them, and not in that of the spelling that it shows.
fn out_of_place(here: &BTreeSet<String>, there: &[String]) -> usize {
    let mut there = there.iter().peekable();
    let missed = here.iter().filter(|key| {
        while there.next_if(|other| other < key).is_some() {}
        there.next_if_eq(key).is_none()
    });
    missed.count()
}

/// What follows the date and size that some clients print before each key.
fn listed(output: &str) -> BTreeSet<String> {
    output.lines().filter_map(|line| Some(line[line.find("tree/")?..].to_owned())).collect()
}

/// How many requests for an operation the server has logged.
fn requests(larder: &Larder, operation: &str) -> usize {
    larder.log().lines().filter(|line| line.contains(operation)).count()
}

fn assert_same(found: &BTreeSet<String>, expected: &BTreeSet<String>, what: &str) {
    let missing: Vec<_> = expected.difference(found).take(5).collect();
    let foreign: Vec<_> = found.difference(expected).take(5).collect();
    assert!(
        missing.is_empty() && foreign.is_empty(),
        "{what}: {} for {}; missing {missing:?}, foreign {foreign:?}",
        found.len(),
        expected.len()
    );
}

fn assert_same_tree(found: &BTreeMap<String, Vec<u8>>, expected: &BTreeMap<String, Vec<u8>>) {
    assert_same(
        &found.keys().cloned().collect(),
        &expected.keys().cloned().collect(),
        "the files that came back",
    );
    for (name, content) in expected {
        assert!(found[name] == *content, "{name} came back changed");
    }
}
