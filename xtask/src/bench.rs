//! `cargo xtask bench [--quick]`: builds server and load generator for release, then measures side by side.
//!
//! The measuring itself is the `bench` crate's; it never runs as part of tests or CI, where its numbers would be noise.

use std::process::Command;

use anyhow::{Result, bail};

use crate::{steps, test, workspace};

/// Runs the command.
///
/// # Errors
/// An argument is unknown, something does not build, or the measurement fails.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let quick = match arguments {
        [] => false,
        [flag] if flag == "--quick" => true,
        _ => bail!("usage: cargo xtask bench [--quick]"),
    };
    let larder = test::release_server()?;
    let mut build = steps::cargo();
    steps::run(build.current_dir(workspace::root()).args(["build", "--release", "--package", "bench"]))?;
    let mut measure = Command::new(workspace::target_folder()?.join("release/bench"));
    measure.arg("compare").arg(&larder).arg(workspace::root().join("docs/benchmarks.md"));
    if quick {
        measure.arg("--quick");
    }
    steps::run(&mut measure)
}
