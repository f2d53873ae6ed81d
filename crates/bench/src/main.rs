//! Load generator and the bare HTTP floor: measures, prints ratios. Dev only.
//!
//! `compare` starts a server and the floor, each in its own process, and lets them take turns under the same requests from
//! the same client, so that a busy machine disturbs both alike. Figures from different runs are not comparable; ratios are.
//! `lists` asks one server for the same pages while its bucket grows.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool talks on its terminal")]

mod client;
mod compare;
mod floor;
mod large;
mod lists;
mod process;
mod report;
mod requests;
mod round;
mod server;
mod workload;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, bail};

const USAGE: &str = "\
usage: bench compare <larder binary> <report.md> [--quick]   (cargo xtask bench does this)
       bench large <larder binary> <report.md>               (cargo xtask bench --large does this)
       bench lists <larder binary> <report.md>               (cargo xtask bench --lists does this)
       bench floor                                           (the bare server, started by compare)";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[String]) -> Result<()> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["floor"] => floor::run(),
        ["large", larder, report] => large::run(Path::new(larder), Path::new(report)),
        ["compare", larder, report] => compare::run(Path::new(larder), Path::new(report), false),
        ["compare", larder, report, "--quick"] => compare::run(Path::new(larder), Path::new(report), true),
        ["lists", larder, report] => lists::run(Path::new(larder), Path::new(report)),
        _ => bail!("{USAGE}"),
    }
}
