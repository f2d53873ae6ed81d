//! All automation of this repository: one command per file, no shell scripts beside it.
//!
//! `cargo xtask <command>` is what CI runs and what a contributor runs. Nothing here ships.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool talks on its terminal")]

mod bench;
mod ci;
mod fuzz;
mod setup;
mod steps;
mod test;
mod tidy;
mod tools;
mod workspace;

use std::process::ExitCode;

use anyhow::{Result, bail};

const USAGE: &str = "\
usage: cargo xtask <command>

  setup            install what the tests need and is missing (Debian packages, Python and npm clients)
  test             setup, then every test: unit, integration, end to end, documentation
  ci               everything CI checks: format, tidy, lints, tests, docs, licences, short fuzzing
  tidy             the house rules a compiler does not know (dependency edges, sizes, names, coverage)
  fuzz [seconds] [target]
                   build and run each fuzz target (default 10 s each), or one of them
  bench [--quick | --lists | --large]
                   measure the release server against a bare HTTP floor, or its lists while a bucket grows to
                   ten million keys; writes docs/benchmarks.md";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nxtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(args: &[String]) -> Result<()> {
    let Some((command, rest)) = args.split_first() else {
        bail!("no command\n\n{USAGE}");
    };
    match (command.as_str(), rest) {
        ("setup", []) => setup::run(),
        ("test", []) => test::run(),
        ("ci", []) => ci::run(),
        ("tidy", []) => tidy::run(),
        ("fuzz", rest) => fuzz::run(rest),
        ("bench", rest) => bench::run(rest),
        ("help" | "--help" | "-h", _) => {
            println!("{USAGE}");
            Ok(())
        }
        _ => bail!("unknown command or argument: {}\n\n{USAGE}", args.join(" ")),
    }
}
