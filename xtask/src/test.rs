//! `cargo xtask test`: sets the machine up, builds the server, runs every test.

use std::path::PathBuf;

use anyhow::Result;

use crate::steps::{self, Outcome, Steps};
use crate::{setup, workspace};

/// Runs the command.
///
/// # Errors
/// The machine cannot be set up, something does not build, or a test fails.
pub(crate) fn run() -> Result<()> {
    let mut steps = Steps::default();
    let result = setup::parts(&mut steps).and_then(|()| parts(&mut steps));
    steps.print_table();
    result
}

/// The build and the tests as steps, for commands that contain them.
///
/// # Errors
/// Something does not build, or a test fails.
pub(crate) fn parts(steps: &mut Steps) -> Result<()> {
    let mut larder = PathBuf::new();
    steps.run("build the server", || {
        larder = release_server()?;
        Ok(Outcome::Done)
    })?;
    steps.run("documentation tests", || {
        let mut command = steps::cargo();
        command.current_dir(workspace::root()).args(["test", "--workspace", "--doc", "--quiet"]);
        steps::run(&mut command)?;
        Ok(Outcome::Done)
    })?;
    steps.run("tests", || {
        let nextest = steps::succeeds(steps::cargo().args(["nextest", "--version"]));
        let mut command = steps::cargo();
        if nextest {
            command.args(["nextest", "run", "--workspace", "--profile", "ci"]);
        } else {
            println!("  cargo-nextest is not installed (cargo install cargo-nextest); using cargo test");
            command.args(["test", "--workspace", "--lib", "--bins", "--tests", "--no-fail-fast"]);
        }
        steps::run(command.current_dir(workspace::root()).env("LARDER_BIN", &larder))?;
        Ok(Outcome::Done)
    })
}

/// Builds the release server and returns where it is. End-to-end tests get it as `LARDER_BIN`.
///
/// # Errors
/// It does not build.
pub(crate) fn release_server() -> Result<PathBuf> {
    let mut build = steps::cargo();
    steps::run(build.current_dir(workspace::root()).args(["build", "--release", "--package", "cli"]))?;
    Ok(workspace::target_folder()?.join("release/larder"))
}
