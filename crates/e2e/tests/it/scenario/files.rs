//! The files that the scenario sends: a large one, and a tree of two thousand small ones with names that trip clients.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// The size of the large file.
pub(crate) const LARGE_BYTES: u64 = 200 * 1024 * 1024;

/// A file of the tree that is copied on the server: its name has to be encoded in a header.
pub(crate) const SMALL: &str = "copy me + 100% #1 é 😀.txt";

const FILES: usize = 2_000;

/// Odd stems; each file adds its number, so that no two spellings of one name meet.
const STEMS: &[&str] = &[
    "plain",
    "with space",
    "plus+plus",
    "per%cent",
    "not%20encoded",
    "hash#tag",
    "question?mark&more=x",
    "caf\u{e9}",
    "cafe\u{301}",
    "\u{d55c}\u{ae00}",
    "\u{1112}\u{1161}\u{11ab}",
    "名前",
    "😀👩\u{200d}🚀",
    "quote'double\"",
    "paren(1)!*~",
    "semi;colon,comma@at=",
    "[brackets]{braces}",
    "dollar$caret^",
    "under_score-dash.dot",
    "Ünïcödé",
];

/// A folder with the files in it; what a client brings back goes to `back`.
pub(crate) struct Files {
    folder: TempDir,
}

impl Files {
    /// Makes them all.
    pub(crate) fn make() -> Self {
        let files = Self { folder: e2e::scratch_folder() };
        write_large(&files.large());
        for number in 0..FILES - 1 {
            write_small(&files.tree().join(name(number)), number);
        }
        write_small(&files.tree().join(SMALL), FILES);
        std::fs::create_dir(files.back("")).unwrap();
        files
    }

    /// The folder.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The large file.
    pub(crate) fn large(&self) -> PathBuf {
        self.folder().join("large.bin")
    }

    /// The tree's root.
    pub(crate) fn tree(&self) -> PathBuf {
        self.folder().join("tree")
    }

    /// Where something that comes back goes.
    pub(crate) fn back(&self, name: &str) -> PathBuf {
        self.folder().join("back").join(name)
    }
}

/// The path below the tree of a file: one of twenty folders, every tenth one deeper, every twentieth 200 bytes long.
fn name(number: usize) -> String {
    let stem = STEMS[number % STEMS.len()];
    let folder = format!("folder {:02} é", number % 23);
    let deeper = if number.is_multiple_of(10) { "deep/er+/" } else { "" };
    let mut file = format!("{stem} {number:04}");
    if number.is_multiple_of(21) {
        let filling = 200 - file.len();
        file.push_str(&"ü".repeat(filling / 2));
        file.push_str(&"x".repeat(filling % 2));
    }
    format!("{folder}/{deeper}{file}")
}

fn write_small(path: &Path, number: usize) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let content: Vec<u8> = (0..number * 37 % 4096).map(|at| (at * 31 + number).to_le_bytes()[0]).collect();
    std::fs::write(path, content).unwrap();
}

fn write_large(path: &Path) {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path).unwrap());
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..LARGE_BYTES / 8 {
        // xorshift: no two parts are alike
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        out.write_all(&state.to_le_bytes()).unwrap();
    }
    out.flush().unwrap();
}

/// Every file below a folder: path with `/`, content.
pub(crate) fn tree_of(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(next) = waiting.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().expect("names are UTF-8").to_owned();
                found.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// Compares two files without holding them.
pub(crate) fn same_bytes(left: &Path, right: &Path) -> bool {
    let (mut left, mut right) = (File::open(left).unwrap(), File::open(right).unwrap());
    if left.metadata().unwrap().len() != right.metadata().unwrap().len() {
        return false;
    }
    let (mut a, mut b) = (vec![0; 1 << 20], vec![0; 1 << 20]);
    loop {
        let read = left.read(&mut a).unwrap();
        right.read_exact(&mut b[..read]).unwrap();
        if read == 0 || a[..read] != b[..read] {
            return read == 0;
        }
    }
}
