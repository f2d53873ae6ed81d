//! Named, timed steps and the running of child processes.
//!
//! Each step says what it does before it starts and how long it took after; `Steps::print_table` sums up.
//! Steps run one after the other: the machine's cores belong to the compiler and the tests inside a step.

use std::io::ErrorKind;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::tools;

/// How a step that did not fail ended.
pub(crate) enum Outcome {
    /// It ran.
    Done,
    /// It had nothing to do or could not run here, and that is acceptable; says why.
    Skipped(String),
}

/// The steps of one command, in the order they ran.
#[derive(Default)]
pub(crate) struct Steps {
    ended: Vec<(String, Duration, String)>,
}

impl Steps {
    /// Runs one step, printing its name before and its time after. A failure is recorded and passed on.
    pub(crate) fn run(&mut self, name: &str, step: impl FnOnce() -> Result<Outcome>) -> Result<()> {
        println!("\n==> {name}");
        let started = Instant::now();
        let result = step();
        let took = started.elapsed();
        let verdict = match &result {
            Ok(Outcome::Done) => "ok".to_owned(),
            Ok(Outcome::Skipped(why)) => format!("skipped: {why}"),
            Err(_) => "FAILED".to_owned(),
        };
        println!("<== {name}: {verdict} ({:.1} s)", took.as_secs_f64());
        self.ended.push((name.to_owned(), took, verdict));
        result.map(|_| ()).with_context(|| format!("step \"{name}\" failed"))
    }

    /// Prints every step with its time and verdict, and the sum.
    pub(crate) fn print_table(&self) {
        let width = self.ended.iter().map(|(name, ..)| name.len()).max().unwrap_or(0);
        println!("\n{:width$}  {:>8}  result", "step", "seconds");
        for (name, took, verdict) in &self.ended {
            println!("{name:width$}  {:>8.1}  {verdict}", took.as_secs_f64());
        }
        let total: Duration = self.ended.iter().map(|(_, took, _)| *took).sum();
        println!("{:width$}  {:>8.1}", "total", total.as_secs_f64());
    }
}

/// Runs a child process to its end with no standard input, printing the command line first.
///
/// # Errors
/// The program is missing (the text says how to get it), or it exits with anything but success.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = command_line(command);
    println!("  $ {line}");
    let status = command.stdin(Stdio::null()).status().map_err(|error| explain(command, error))?;
    if !status.success() {
        bail!("`{line}` ended with {status}");
    }
    Ok(())
}

/// Runs a child process silently; true if it could be started and succeeded.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Runs a child process and returns its standard output.
///
/// # Errors
/// As [`run`]; also when the output is not UTF-8.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let line = command_line(command);
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| explain(command, error))?;
    if !output.status.success() {
        bail!("`{line}` ended with {}", output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{line}` printed bytes that are not UTF-8"))
}

/// The cargo that started this process, or the one on the path.
pub(crate) fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

fn command_line(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|arg| arg.to_string_lossy().into_owned()));
    words.join(" ")
}

fn explain(command: &Command, error: std::io::Error) -> anyhow::Error {
    let program = command.get_program().to_string_lossy().into_owned();
    if error.kind() == ErrorKind::NotFound {
        anyhow::anyhow!("`{program}` is not installed: {}", tools::how_to_get(&program))
    } else {
        anyhow::Error::new(error).context(format!("cannot start `{program}`"))
    }
}
