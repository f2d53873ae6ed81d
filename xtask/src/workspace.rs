//! Where things are: the repository's root, its text files, and what `cargo metadata` says of its crates.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::steps;

/// Folders that hold no sources of ours.
const FOREIGN_FOLDERS: &[&str] = &["target", "node_modules", "dist", ".venv", "__pycache__", "corpus-seeds"];

/// Endings of the files that rules read.
const TEXT_ENDINGS: &[&str] =
    &["rs", "md", "toml", "py", "js", "mjs", "cjs", "ts", "tsx", "jsx", "sh", "html"];

/// The repository's root folder.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask's folder has the root as its parent")
}

/// Every text file under `folders`, as its path from the root (with `/`) and its text.
///
/// # Errors
/// A folder or file cannot be read, or a file is not UTF-8. A missing entry of `folders` is no error.
pub(crate) fn read_tree(root: &Path, folders: &[&str]) -> Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    let mut waiting: Vec<PathBuf> = folders.iter().map(|folder| root.join(folder)).collect();
    while let Some(path) = waiting.pop() {
        if !path.try_exists()? {
            continue;
        }
        if path.is_dir() {
            for entry in fs::read_dir(&path).with_context(|| format!("cannot list {}", path.display()))? {
                let entry = entry?;
                let name = entry.file_name();
                if !FOREIGN_FOLDERS.iter().any(|foreign| name == *foreign) {
                    waiting.push(entry.path());
                }
            }
        } else if path.extension().is_some_and(|ending| TEXT_ENDINGS.iter().any(|text| ending == *text)) {
            let text =
                fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            let relative = path.strip_prefix(root).expect("the walk starts at the root");
            files.insert(relative.to_string_lossy().replace('\\', "/"), text);
        }
    }
    Ok(files)
}

/// What cargo knows of the workspace's own crates.
///
/// # Errors
/// Cargo fails (a manifest does not parse, say) or prints something other than JSON.
pub(crate) fn metadata() -> Result<Value> {
    let text = steps::output(steps::cargo().current_dir(root()).args([
        "metadata",
        "--no-deps",
        "--format-version",
        "1",
    ]))?;
    serde_json::from_str(&text).context("cargo metadata did not print JSON")
}

/// The folder cargo builds into; `CARGO_TARGET_DIR` and configuration files can move it.
///
/// # Errors
/// As [`metadata`].
pub(crate) fn target_folder() -> Result<PathBuf> {
    let metadata = metadata()?;
    let folder = metadata.get("target_directory").and_then(Value::as_str);
    Ok(folder.context("cargo metadata names no target_directory")?.into())
}
