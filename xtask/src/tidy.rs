//! `cargo xtask tidy`: the house rules that no compiler checks.
//!
//! Rules are pure functions from texts to findings, so that each is tested with good and bad inputs; reading the
//! tree and printing happen here only. It reports everything it finds, not the first.

mod compat;
mod edges;
mod files;
mod functions;
mod mask;
mod operations;

use std::collections::BTreeMap;
use std::fmt;

use anyhow::{Result, bail};

use crate::workspace;

/// Where rules look for sources and documents.
const FOLDERS: &[&str] =
    &["crates", "xtask", "fuzz", "docs", "ARCHITECTURE.md", "README.md", "CONTRIBUTING.md"];

/// Text files by their path from the root, with `/` between folders.
pub(crate) type Tree = BTreeMap<String, String>;

/// One broken rule at one place.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    place: String,
    what: String,
    is_warning: bool,
}

impl Finding {
    fn error(place: impl Into<String>, what: impl Into<String>) -> Finding {
        Finding { place: place.into(), what: what.into(), is_warning: false }
    }

    fn warning(place: impl Into<String>, what: impl Into<String>) -> Finding {
        Finding { place: place.into(), what: what.into(), is_warning: true }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.is_warning { "warning" } else { "error" };
        write!(f, "{kind}: {}: {}", self.place, self.what)
    }
}

/// Runs every rule over the repository.
///
/// # Errors
/// A rule is broken, or the tree cannot be read.
pub(crate) fn run() -> Result<()> {
    let tree = workspace::read_tree(workspace::root(), FOLDERS)?;
    let manifests = edges::crates_of(&workspace::metadata()?)?;
    let mut findings = edges::check(&manifests);
    findings.extend(edges::check_manifests(&tree));
    findings.extend(files::check(&tree));
    findings.extend(functions::check(&tree));
    findings.extend(operations::check(&tree));
    findings.extend(compat::check(&tree));
    for finding in &findings {
        println!("  {finding}");
    }
    let errors = findings.iter().filter(|finding| !finding.is_warning).count();
    println!("  {} files, {errors} errors, {} warnings", tree.len(), findings.len() - errors);
    if errors > 0 {
        bail!("{errors} house rules are broken");
    }
    Ok(())
}

/// Code of ours that ships or builds: not tests, which may be long and repetitive.
fn is_production(path: &str) -> bool {
    path.ends_with(".rs") && !is_test(path)
}

fn is_test(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.contains("/tests/") || path.contains("/benches/")
}

/// The part of a source before its inline test module, as a number of lines. `masked` as [`mask::code_only`] gives it.
fn production_lines(masked: &str) -> usize {
    let lines: Vec<&str> = masked.lines().map(str::trim).collect();
    let opens_module = |line: &str| {
        let line = line.trim_start_matches("#[cfg(test)]").trim_start();
        let line = line.strip_prefix("pub(crate) ").or_else(|| line.strip_prefix("pub ")).unwrap_or(line);
        line.starts_with("mod ") && line.ends_with('{')
    };
    let is_marker = |at: usize| {
        let after = lines.get(at + 1..).unwrap_or_default();
        let next = after.iter().find(|line| !line.is_empty() && !line.starts_with("#["));
        lines[at].starts_with("#[cfg(test)]")
            && (opens_module(lines[at]) || next.is_some_and(|next| opens_module(next)))
    };
    (0..lines.len()).find(|at| is_marker(*at)).unwrap_or(lines.len())
}

#[cfg(test)]
mod tests;
