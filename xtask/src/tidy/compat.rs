//! `docs/compat.md` is true and complete: each row names the tests that show it, and each header and parameter that the
//! code knows has its place.
//!
//! A behaviour's row is recognised by its id (`003-5`) in the first cell, any other by its table, whose last column is
//! headed `Test`; so are those of `docs/vulnerabilities.md`. Its last cell names tests in backticks, each a function of a Rust test or a check of a client script, or
//! begins with `not built:` or `no test:` and a reason. The names in code are [`names`]' part.

mod names;

use std::collections::BTreeSet;

use super::{Finding, Tree, mask};

const COMPAT: &str = "docs/compat.md";
/// Another page whose rows name tests.
const VULNERABILITIES: &str = "docs/vulnerabilities.md";
const CLIENTS: &str = "crates/e2e/clients/";
/// Head of a column of tests.
const TESTS: &str = "Test";
/// Beginnings of a last cell that names no test, each followed by a reason.
const WITHOUT: [&str; 2] = ["not built:", "no test:"];

/// Every row without proof, with a proof that does not exist, or with another row's id, and every name without a row.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let known = known_tests(tree);
    let pages = [COMPAT, VULNERABILITIES].into_iter().filter_map(|page| Some((page, tree.get(page)?)));
    let mut findings: Vec<Finding> = pages.flat_map(|(page, text)| rows(page, text, &known)).collect();
    findings.extend(tree.get(COMPAT).map(|text| names::check(tree, text)).unwrap_or_default());
    findings
}

/// What is wrong with the rows of a page.
fn rows(page: &str, text: &str, known: &BTreeSet<String>) -> Vec<Finding> {
    let mut seen = BTreeSet::new();
    let mut findings = Vec::new();
    let mut heading: Option<&str> = None;
    for (at, line) in text.lines().enumerate() {
        let place = format!("{page}:{}", at + 1);
        let Some((first, last)) = cells(line) else {
            heading = None;
            continue;
        };
        let of_tests = *heading.get_or_insert(last) == TESTS && last != TESTS && !last.starts_with("---");
        let label = match (is_id(first), of_tests) {
            (true, _) => format!("row {first}"),
            (false, true) => "the row".to_owned(),
            (false, false) => continue,
        };
        if is_id(first) && !seen.insert(first) {
            findings.push(Finding::error(&place, format!("{label} stands twice")));
        }
        findings.extend(unproved(last, known).map(|what| Finding::error(&place, format!("{label} {what}"))));
    }
    findings
}

/// What is wrong with the last cell of a row.
fn unproved<'p>(proof: &'p str, known: &'p BTreeSet<String>) -> impl Iterator<Item = String> + 'p {
    let reason = WITHOUT.iter().find_map(|word| proof.strip_prefix(word));
    let excused = reason.is_some_and(|reason| !reason.trim().is_empty());
    let names: Vec<&str> = if excused { Vec::new() } else { proof.split('`').skip(1).step_by(2).collect() };
    let [not_built, no_test] = WITHOUT;
    let none = (names.is_empty() && !excused)
        .then(|| format!("names no test and does not say `{not_built} …` or `{no_test} …`"));
    let unknown = names.into_iter().filter(|name| !known.contains(name.rsplit("::").next().unwrap_or(name)));
    none.into_iter().chain(unknown.map(|name| format!("names `{name}`, which is no test")))
}

/// The first and the last cell of a line that is a table's row.
fn cells(line: &str) -> Option<(&str, &str)> {
    let cells = line.trim().strip_prefix('|')?.strip_suffix('|')?;
    let (first, rest) = cells.split_once('|')?;
    Some((first.trim(), rest.rsplit('|').next().unwrap_or(rest).trim()))
}

/// Whether a first cell is the id of a behaviour.
fn is_id(cell: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    cell.split_once('-').is_some_and(|(group, number)| group.len() == 3 && digits(group) && digits(number))
}

/// Names of functions under `#[test]`-like attributes in Rust sources, and every word of the client scripts: their checks
/// are strings or functions, as their language likes.
fn known_tests(tree: &Tree) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (path, text) in tree {
        if path.starts_with(CLIENTS) {
            let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
            names.extend(words.filter(|word| word.contains('_')).map(str::to_owned));
        } else if path.starts_with("crates/") && path.ends_with(".rs") {
            names.extend(test_functions(&mask::code_only(text)));
        }
    }
    names
}

fn test_functions(masked: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut under_attribute = false;
    for line in masked.lines().map(str::trim) {
        if line.starts_with("#[") {
            let attribute = line.trim_start_matches("#[");
            under_attribute |= attribute.starts_with("test") || attribute.starts_with("tokio::test");
            continue;
        }
        let Some(at) = line.find("fn ") else { continue };
        if under_attribute {
            names.push(line[at + 3..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
        }
        under_attribute = false;
    }
    names
}

#[cfg(test)]
mod tests;
