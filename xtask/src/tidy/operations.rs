//! Every S3 operation that is built has a test and a row in `docs/compat.md`.
//!
//! An operation counts as built when its handler file exists; the closed `Operation` enum names them all.

use super::{Finding, Tree, mask};

const ENUM: &str = "crates/s3-wire/src/operation.rs";
const HANDLERS: &str = "crates/api-s3/src/handlers/";
const COMPAT: &str = "docs/compat.md";

/// Every built operation that lacks one of the two.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let Some(source) = tree.get(ENUM) else { return Vec::new() };
    let operations = variants(&mask::code_only(source));
    if operations.is_empty() {
        return vec![Finding::error(ENUM, "holds no `pub enum Operation` with variants")];
    }
    let snakes: Vec<String> = operations.iter().map(|name| snake_case(name)).collect();
    let mut findings = Vec::new();
    for (operation, snake) in operations.iter().zip(&snakes) {
        let handler = format!("{HANDLERS}{snake}.rs");
        let built = tree.contains_key(&handler) || tree.contains_key(&format!("{HANDLERS}{snake}/mod.rs"));
        if !built {
            continue;
        }
        if !tree.get(COMPAT).is_some_and(|text| mentions(text, operation, &operations)) {
            findings.push(Finding::error(&handler, format!("{COMPAT} does not mention {operation}")));
        }
        let named = |text: &str| mentions(text, snake, &snakes) || mentions(text, operation, &operations);
        let own_file = format!("/{snake}.rs");
        if !tree.iter().any(|(path, text)| is_proof(path) && (path.ends_with(&own_file) || named(text))) {
            findings.push(Finding::error(
                &handler,
                format!("no end-to-end test mentions {operation} or {snake}"),
            ));
        }
    }
    findings
}

/// Tests that send requests: the end-to-end crate with its clients, and the door's own.
fn is_proof(path: &str) -> bool {
    (path.starts_with("crates/e2e/") || path.starts_with("crates/api-s3/tests/")) && !path.ends_with(".md")
}

/// The variants' names in a masked source: of `pub enum Operation`, or of the `operations!` list that makes it.
fn variants(masked: &str) -> Vec<String> {
    let listed = masked.split_once("\noperations! {").map(|(_, body)| body);
    let plain = masked.split_once("pub enum Operation").and_then(|(_, rest)| rest.split_once('{'));
    let Some(body) = listed.or(plain.map(|(_, body)| body)) else {
        return Vec::new();
    };
    let mut names = Vec::new();
    let mut word = String::new();
    let (mut depth, mut expected) = (0_usize, true);
    for c in body.chars() {
        match c {
            '{' | '(' | '[' => depth += 1,
            '}' if depth == 0 => break,
            '}' | ')' | ']' => depth -= 1,
            _ => {}
        }
        if depth == 0 && expected && (c.is_alphanumeric() || c == '_') {
            word.push(c);
        } else if !word.is_empty() {
            names.push(std::mem::take(&mut word));
            expected = false;
        }
        expected |= depth == 0 && c == ',';
    }
    if !word.is_empty() {
        names.push(word);
    }
    names
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for (at, c) in name.char_indices() {
        if c.is_uppercase() && at > 0 {
            snake.push('_');
        }
        snake.extend(c.to_lowercase());
    }
    snake
}

/// Whether the text names the operation, in either spelling, and not just a longer-named one: `ListObjectsV2` does not
/// speak for `ListObjects`, nor `list_objects_v2` for `list_objects`. SDKs append words (`ListObjectsCommand`).
fn mentions(text: &str, name: &str, others: &[String]) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let found = &text[at..];
        let longer = others.iter().any(|other| other.len() > name.len() && found.starts_with(other.as_str()));
        !longer && !text[..at].ends_with(|c: char| c.is_alphanumeric())
    })
}

#[cfg(test)]
mod tests;
