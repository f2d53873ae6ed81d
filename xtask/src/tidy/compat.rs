//! `docs/compat.md`'s table of observed behaviours is true: each row names the tests that show it.
//!
//! A row is recognised by its id (`003-5`) in the first cell. Its last cell names tests in backticks, each a function of a
//! Rust test or a check of a client script, or begins with `not built:` and a reason.

use std::collections::BTreeSet;

use super::{Finding, Tree, is_test, mask};

const COMPAT: &str = "docs/compat.md";
const CLIENTS: &str = "crates/e2e/clients/";
const NOT_BUILT: &str = "not built:";

/// Every row without proof, with a proof that does not exist, or with another row's id.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let Some(text) = tree.get(COMPAT) else { return Vec::new() };
    let known = known_tests(tree);
    let mut seen = BTreeSet::new();
    let mut findings = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let Some((id, proof)) = row(line) else { continue };
        let place = format!("{COMPAT}:{}", at + 1);
        if !seen.insert(id) {
            findings.push(Finding::error(&place, format!("row {id} stands twice")));
        }
        if proof.strip_prefix(NOT_BUILT).is_some_and(|reason| !reason.trim().is_empty()) {
            continue;
        }
        let names: Vec<&str> = proof.split('`').skip(1).step_by(2).collect();
        if names.is_empty() {
            findings.push(Finding::error(
                &place,
                format!("row {id} names no test and does not say `{NOT_BUILT} …`"),
            ));
        }
        for name in names {
            let function = name.rsplit("::").next().unwrap_or(name);
            if !known.contains(function) {
                findings.push(Finding::error(&place, format!("row {id} names `{name}`, which is no test")));
            }
        }
    }
    findings
}

/// The id and the last cell of a table row that has an id.
fn row(line: &str) -> Option<(&str, &str)> {
    let cells = line.trim().strip_prefix('|')?.strip_suffix('|')?;
    let (id, rest) = cells.split_once('|')?;
    let id = id.trim();
    let (group, number) = id.split_once('-')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if group.len() != 3 || !digits(group) || !digits(number) {
        return None;
    }
    Some((id, rest.rsplit('|').next().unwrap_or(rest).trim()))
}

/// Names of functions under `#[test]`-like attributes in Rust tests, and every word of the client scripts: their checks
/// are strings or functions, as their language likes.
fn known_tests(tree: &Tree) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (path, text) in tree {
        if path.starts_with(CLIENTS) {
            let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
            names.extend(words.filter(|word| word.contains('_')).map(str::to_owned));
        } else if path.ends_with(".rs") && (is_test(path) || path.starts_with("crates/e2e/")) {
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
