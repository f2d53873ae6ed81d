//! `cargo xtask bench [--quick | --lists | --large]`: builds server and load generator for release, then measures them side by
//! side, or the server's lists as its bucket grows, or very large objects.
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
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (command, flags) = match words.as_slice() {
        [] | ["--quick"] => ("compare", words.as_slice()),
        ["--lists"] => ("lists", &[][..]),
        ["--large"] => ("large", &[][..]),
        _ => bail!("usage: cargo xtask bench [--quick | --lists | --large]"),
    };
    let larder = test::release_server()?;
    let mut build = steps::cargo();
    steps::run(build.current_dir(workspace::root()).args(["build", "--release", "--package", "bench"]))?;
    let mut measure = Command::new(workspace::target_folder()?.join("release/bench"));
    measure.arg(command).arg(&larder).arg(workspace::root().join("docs/benchmarks.md")).args(flags);
    steps::run(&mut measure)
}
