//! `cargo xtask ci`: the one list of what must hold before a change is taken.
//!
//! Cheap checks come first and the first failure ends the run. The release build is the tests' server.

use anyhow::Result;

use crate::steps::{self, Outcome, Steps};
use crate::{fuzz, setup, test, tidy, workspace};

/// Short enough for every run, long enough to walk the seeds and their neighbours.
const FUZZ_SECONDS: u64 = 10;

/// Runs the command.
///
/// # Errors
/// The first step that fails.
pub(crate) fn run() -> Result<()> {
    let mut steps = Steps::default();
    let result = parts(&mut steps);
    steps.print_table();
    result
}

fn parts(steps: &mut Steps) -> Result<()> {
    steps.run("format", || {
        cargo(&["fmt", "--all", "--check"])?;
        cargo(&["fmt", "--manifest-path", "fuzz/Cargo.toml", "--check"])
    })?;
    steps.run("tidy", || tidy::run().map(|()| Outcome::Done))?;
    setup::parts(steps)?;
    steps.run("clippy", || {
        cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "--deny", "warnings"])
    })?;
    test::parts(steps)?;
    steps.run("documentation", || {
        let mut doc = steps::cargo();
        doc.current_dir(workspace::root()).args(["doc", "--workspace", "--no-deps", "--quiet"]);
        steps::run(doc.env("RUSTDOCFLAGS", "--deny warnings"))?;
        Ok(Outcome::Done)
    })?;
    steps.run("licences, bans, sources", deny)?;
    steps.run("fuzz", || fuzz::all(FUZZ_SECONDS).map(|()| Outcome::Done))
}

fn cargo(arguments: &[&str]) -> Result<Outcome> {
    steps::run(steps::cargo().current_dir(workspace::root()).args(arguments))?;
    Ok(Outcome::Done)
}

/// Advisories need the network's database and are left to a run of `cargo deny check` by hand.
fn deny() -> Result<Outcome> {
    if !steps::succeeds(steps::cargo().args(["deny", "--version"])) {
        return Ok(Outcome::Skipped("cargo-deny is not installed (cargo install cargo-deny)".to_owned()));
    }
    cargo(&["deny", "check", "licenses", "bans", "sources"])
}
