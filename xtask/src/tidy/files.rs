//! What each file must look like: an opening paragraph, a size, a name that says something, nothing unfinished.

use super::{Finding, Tree, is_production, mask, production_lines};

/// Past this a file should be split by noun soon.
const LINES_WARN: usize = 500;

/// Past this it must be, unless listed below.
const LINES_MAX: usize = 1000;

/// Files that may be longer, each with its reason.
const LONG_FILES: &[(&str, &str)] = &[];

/// Names that say nothing about what is inside; the noun is missing.
const DRAWER_NAMES: &[&str] = &["util", "utils", "common", "helper", "helpers", "misc"];

/// Marks of unfinished work, as they stand in code.
const UNFINISHED: &[&str] = &["todo!", "unimplemented!", "dbg!", "#[ignore"];

/// ARCHITECTURE.md is read in one sitting or not at all.
const ARCHITECTURE_LINES_MAX: usize = 300;

/// Every rule about single files.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = architecture(tree);
    for (path, source) in tree.iter().filter(|(path, _)| path.ends_with(".rs")) {
        let masked = mask::code_only(source);
        findings.extend(opening(path, source));
        findings.extend(size(path, &masked));
        findings.extend(name(path, &masked));
        findings.extend(unfinished(path, &masked));
        findings.extend(dead(tree, path));
    }
    findings
}

fn opening(path: &str, source: &str) -> Option<Finding> {
    let first = source.lines().next().unwrap_or_default();
    let has_text = first.strip_prefix("//!").is_some_and(|text| !text.trim().is_empty());
    if has_text || !is_production(path) {
        return None;
    }
    let is_root = path.ends_with("/src/lib.rs") || path.ends_with("/src/main.rs");
    let what = if is_root { "its crate's charter" } else { "what the module is for" };
    Some(Finding::error(path, format!("the first line must be a `//!` line that says {what}")))
}

fn size(path: &str, masked: &str) -> Option<Finding> {
    if !is_production(path) || LONG_FILES.iter().any(|(file, _)| *file == path) {
        return None;
    }
    let lines = production_lines(masked);
    if lines > LINES_MAX {
        Some(Finding::error(path, format!("{lines} production lines, {LINES_MAX} are the limit")))
    } else if lines > LINES_WARN {
        Some(Finding::warning(path, format!("{lines} production lines; split it by noun")))
    } else {
        None
    }
}

fn name(path: &str, masked: &str) -> Vec<Finding> {
    let folders = path.trim_end_matches(".rs").split('/');
    let inline = masked.lines().filter_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let at = words.iter().position(|word| *word == "mod")?;
        words.get(at + 1).map(|word| word.trim_end_matches(['{', ';']))
    });
    let drawer = |name: &&str| DRAWER_NAMES.contains(name);
    let mut found: Vec<&str> = folders.chain(inline).filter(drawer).collect();
    found.sort_unstable();
    found.dedup();
    found
        .iter()
        .map(|name| Finding::error(path, format!("`{name}` names no thing; name the noun inside")))
        .collect()
}

fn unfinished(path: &str, masked: &str) -> Vec<Finding> {
    let lines = masked.lines().enumerate();
    lines
        .flat_map(|(at, line)| {
            let marks = UNFINISHED.iter().filter(move |mark| line.contains(**mark));
            marks.map(move |mark| {
                Finding::error(format!("{path}:{}", at + 1), format!("`{mark}` is unfinished work"))
            })
        })
        .collect()
}

/// A source that no module declares is never compiled.
fn dead(tree: &Tree, path: &str) -> Option<Finding> {
    let (folder, file) = path.rsplit_once('/')?;
    let last_folder = folder.rsplit('/').next().unwrap_or(folder);
    let roots = ["tests", "examples", "benches", "fuzz_targets"];
    let is_target = ["lib.rs", "main.rs", "build.rs"].contains(&file)
        || folder.ends_with("/src/bin")
        || (roots.contains(&last_folder) && !path.contains("/src/"));
    if is_target {
        return None;
    }
    let (module, parents) = if file == "mod.rs" {
        let (above, module) = folder.rsplit_once('/')?;
        (module, above)
    } else {
        (file.trim_end_matches(".rs"), folder)
    };
    let candidates = [
        format!("{parents}.rs"),
        format!("{parents}/mod.rs"),
        format!("{parents}/lib.rs"),
        format!("{parents}/main.rs"),
    ];
    let declared =
        candidates.iter().filter(|parent| *parent != path).filter_map(|parent| tree.get(parent)).any(
            |text| {
                let declaration = format!("mod {module};");
                // A module at another path says so in an attribute, which is beyond this rule.
                mask::code_only(text).lines().any(|line| line.trim().ends_with(&declaration))
                    || text.contains("#[path")
            },
        );
    if declared {
        return None;
    }
    Some(Finding::error(path, format!("dead file: no `mod {module};` declares it")))
}

/// The map must be short, and what it points at must be there.
fn architecture(tree: &Tree) -> Vec<Finding> {
    let path = "ARCHITECTURE.md";
    let Some(text) = tree.get(path) else { return Vec::new() };
    let mut findings = Vec::new();
    let lines = text.lines().count();
    if lines > ARCHITECTURE_LINES_MAX {
        findings.push(Finding::error(path, format!("{lines} lines, {ARCHITECTURE_LINES_MAX} are the limit")));
    }
    for (at, line) in text.lines().enumerate() {
        // Odd pieces between backticks are code.
        for named in line.split('`').skip(1).step_by(2) {
            let is_pattern = named.contains(['<', '*', '{', ' ', '…']);
            let is_ours = ["crates/", "docs/", "xtask/"].iter().any(|folder| named.starts_with(folder));
            if !is_ours || is_pattern {
                continue;
            }
            let folder = format!("{}/", named.trim_end_matches('/'));
            if !tree.contains_key(named) && !tree.keys().any(|file| file.starts_with(&folder)) {
                let place = format!("{path}:{}", at + 1);
                findings.push(Finding::error(place, format!("`{named}` does not exist")));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests;
