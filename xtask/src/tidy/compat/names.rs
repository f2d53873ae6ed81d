//! Names of headers and parameters in the code of the S3 surface, each of which `docs/compat.md` has to mention.
//!
//! Read from string literals: those that begin as such names do, those of the tables that screen and route requests,
//! and those that code asks a query or a form for. Names in tests do not count.

use std::collections::BTreeMap;

use super::COMPAT;
use crate::tidy::{Finding, Tree, is_production, mask, production_lines};

/// Where requests are read and replies are written.
const SURFACE: [&str; 4] =
    ["crates/api-s3/src/", "crates/api-r2/src/", "crates/s3-wire/src/", "crates/sigv4/src/"];
/// Each literal of these that can be a name is one.
const TABLES: [&str; 2] = ["crates/s3-wire/src/screen.rs", "crates/s3-wire/src/route/table.rs"];
/// Made-up requests.
const FUZZING: &str = "/fuzzing";
/// How names of headers and parameters begin that mean something in this protocol only.
const PREFIXES: [&str; 5] = ["x-amz-", "cf-", "x-larder-", "response-", "success_action_"];
/// What stands before a literal that is asked for.
const ASKING: [&str; 4] = ["query.get(", "query.has(", "form.get(", "form.required("];

/// Every name that the document does not have, where it is first seen.
pub(super) fn check(tree: &Tree, document: &str) -> Vec<Finding> {
    let document = document.to_lowercase();
    let mut found = BTreeMap::new();
    for (path, source) in tree {
        let of_surface = SURFACE.iter().any(|folder| path.starts_with(folder));
        if !of_surface || !is_production(path) || path.contains(FUZZING) {
            continue;
        }
        for name in names(source, TABLES.contains(&path.as_str())) {
            found.entry(name).or_insert(path);
        }
    }
    found.retain(|name, _| !has_word(&document, name));
    let finding =
        |(name, path): (String, &String)| Finding::error(path, format!("{COMPAT} does not mention `{name}`"));
    found.into_iter().map(finding).collect()
}

/// The names in a source, in lower case; `is_table` of one that holds little else.
fn names(source: &str, is_table: bool) -> Vec<String> {
    let masked = mask::code_only(source);
    let production: usize =
        masked.split_inclusive('\n').take(production_lines(&masked)).map(|line| line.chars().count()).sum();
    // the mask has one character for each of the source, and keeps the quotes of strings
    let masked: Vec<char> = masked.chars().take(production).collect();
    let source: Vec<char> = source.chars().collect();
    let quotes: Vec<usize> = (0..masked.len()).filter(|at| masked[*at] == '"').collect();
    let literal = |pair: &[usize]| {
        let &[open, close] = pair else { return None };
        let text: String = source[open + 1..close].iter().collect();
        let before: String = masked[open.saturating_sub(16)..open].iter().collect();
        let lower = text.to_lowercase();
        let is_name = PREFIXES.iter().any(|prefix| lower.starts_with(prefix))
            || ASKING.iter().any(|asking| before.ends_with(asking))
            || is_table && text.starts_with(|c: char| c.is_ascii_lowercase());
        (is_name && is_word(&lower)).then_some(lower)
    };
    quotes.chunks(2).filter_map(literal).collect()
}

/// Whether it is a name, and not the beginning of names or a text.
fn is_word(text: &str) -> bool {
    !text.is_empty() && !text.ends_with('-') && text.chars().all(is_of_word)
}

fn is_of_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}

/// Whether the text has the name, and not just a longer one.
fn has_word(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + name.len()..]);
        !before.ends_with(is_of_word) && !after.starts_with(is_of_word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = "| `x-amz-acl` | `X-Amz-Date`, `x-amz-tagging-directive`, `?acl`, `max-keys`, `success_action_status` |";

    fn missing(path: &str, source: &str) -> Vec<String> {
        let tree = Tree::from([(path.to_owned(), source.to_owned())]);
        check(&tree, DOCUMENT).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_the_document_names_passes() {
        for source in [
            "const A: &str = \"x-amz-acl\"; const B: &str = \"x-amz-date\";",
            "let a = query.get(\"max-keys\").or(form.get(\"success_action_status\"));",
            "// \"x-amz-comment\"\nlet a = map.get(\"name\");",
            "name.starts_with(\"x-amz-\"); hint(\"x-amz-acl is a header\"); let quote = '\"';",
            "fn a() {}\n#[cfg(test)]\nmod tests {\n    const A: &str = \"x-amz-other\";\n}\n",
        ] {
            assert_eq!(missing("crates/s3-wire/src/ops/a.rs", source), [""; 0], "{source}");
        }
        for path in
            ["crates/s3-wire/src/ops/a/tests.rs", "crates/s3-wire/src/fuzzing/a.rs", "crates/store/src/a.rs"]
        {
            assert_eq!(missing(path, "\"x-amz-other\""), [""; 0], "{path}");
        }
    }

    #[test]
    fn what_the_document_lacks_is_named_with_its_place() {
        let table = [
            ("crates/api-s3/src/a.rs", "\"x-amz-other\"", "x-amz-other"),
            ("crates/sigv4/src/a.rs", "b(\"text\n more\", \"X-Amz-Other\")", "x-amz-other"),
            ("crates/s3-wire/src/a.rs", "\"x-amz-tagging\"", "x-amz-tagging"),
            ("crates/s3-wire/src/a.rs", "query.has(\"min-keys\")", "min-keys"),
            ("crates/s3-wire/src/a.rs", "form.get(\"redirect\")", "redirect"),
            ("crates/s3-wire/src/route/table.rs", "(\"acl\", A), (\"torrent\", B)", "torrent"),
            ("crates/s3-wire/src/screen.rs", "&[\"if-match\"]", "if-match"),
        ];
        for (path, source, name) in table {
            let expected = format!("error: {path}: docs/compat.md does not mention `{name}`");
            assert_eq!(missing(path, source), [expected], "{source}");
        }
    }
}
