//! `cargo xtask fuzz [seconds] [target]`: builds the fuzz targets with coverage instrumentation and runs each.
//!
//! Works on stable Rust: the flags below are what nightly's `-Zsanitizer` front ends pass on anyway. No address
//! sanitizer, since our code forbids `unsafe`; what is looked for are panics, overflows, endless loops and memory.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};

use crate::{steps, workspace};

/// One per parser of hostile bytes; each is a binary of `fuzz/Cargo.toml` of the same name.
const TARGETS: &[&str] = &[
    "route",
    "presigned_query",
    "aws_chunked",
    "cors_xml",
    "complete_xml",
    "copy_source",
    "settings_xml",
    "post_form",
    "post_policy",
];

const DEFAULT_SECONDS: u64 = 10;

/// Inputs are heads and small bodies of requests; longer ones only slow the search.
const INPUT_MAX_BYTES: u32 = 8192;

/// A single input that takes longer than this is a finding.
const INPUT_TIMEOUT_S: u32 = 5;

/// A parser that makes the process larger than this is a finding.
const MEMORY_MAX_MB: u32 = 512;

/// Counters per edge, tables to name them, and comparisons traced so that magic values are found.
const INSTRUMENTATION: &[&str] = &[
    "--cfg fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];

/// Runs the command.
///
/// # Errors
/// As [`all`]; also for arguments that are not a number of seconds or a target's name.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let mut seconds = DEFAULT_SECONDS;
    let mut targets = TARGETS.to_vec();
    for argument in arguments {
        if let Ok(number) = argument.parse() {
            seconds = number;
        } else if TARGETS.contains(&argument.as_str()) {
            targets = vec![argument];
        } else {
            bail!("{argument} is neither a number of seconds nor one of {}", TARGETS.join(", "));
        }
    }
    fuzz(&targets, seconds)
}

/// Builds every target and runs each for that long.
///
/// # Errors
/// The targets do not build, their instrumentation is missing, or an input breaks one of them; the text
/// then names the file that reproduces it.
pub(crate) fn all(seconds: u64) -> Result<()> {
    fuzz(TARGETS, seconds)
}

fn fuzz(targets: &[&str], seconds: u64) -> Result<()> {
    let folder = workspace::root().join("fuzz");
    let binaries = build(&folder, targets)?;
    for target in targets {
        search(&folder, &binaries.join(target), target, seconds)?;
    }
    Ok(())
}

fn build(folder: &Path, targets: &[&str]) -> Result<PathBuf> {
    let host = host_triple()?;
    let build_folder = folder.join("target");
    let mut command = steps::cargo();
    command.args(["build", "--release", "--manifest-path"]).arg(folder.join("Cargo.toml"));
    for target in targets {
        command.args(["--bin", target]);
    }
    // An explicit target keeps the flags away from build scripts and procedural macros.
    command.args(["--target", &host, "--target-dir"]).arg(&build_folder);
    command.env("RUSTFLAGS", INSTRUMENTATION.join(" "));
    steps::run(&mut command)?;
    Ok(build_folder.join(host).join("release"))
}

fn host_triple() -> Result<String> {
    let version = steps::output(Command::new("rustc").arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc -vV names no host")?.to_owned())
}

/// One run of one target. New inputs that reach new code stay in `fuzz/target/corpus` for the next run.
fn search(folder: &Path, binary: &Path, target: &str, seconds: u64) -> Result<()> {
    let work = folder.join("target");
    let corpus = work.join("corpus").join(target);
    let findings = work.join("findings").join(target);
    let log_path = work.join(format!("{target}.log"));
    fs::create_dir_all(&corpus)?;
    fs::create_dir_all(&findings)?;
    let mut command = Command::new(binary);
    command.arg(format!("-max_total_time={seconds}"));
    command.arg(format!("-max_len={INPUT_MAX_BYTES}"));
    command.arg(format!("-timeout={INPUT_TIMEOUT_S}"));
    command.arg(format!("-rss_limit_mb={MEMORY_MAX_MB}"));
    command.arg(format!("-artifact_prefix={}/", findings.display()));
    let words = folder.join("dictionaries").join(format!("{target}.dict"));
    if words.try_exists()? {
        command.arg(format!("-dict={}", words.display()));
    }
    command.arg(&corpus).arg(folder.join("corpus-seeds").join(target));
    let log_file = File::create(&log_path)?;
    let started = Instant::now();
    println!("  {target}: {seconds} s, log in {}", log_path.display());
    let status = command
        .stdin(Stdio::null())
        .stdout(log_file.try_clone()?)
        .stderr(log_file)
        .status()
        .context("cannot run")?;
    let log = String::from_utf8_lossy(&fs::read(&log_path)?).into_owned();
    if !status.success() {
        bail!("{}", describe_finding(target, binary, &log));
    }
    ensure!(
        is_instrumented(&log),
        "{target} ran without coverage counters, so blind; see {}",
        log_path.display()
    );
    println!("  {target}: {} ({:.1} s)", summary(&log), started.elapsed().as_secs_f64());
    Ok(())
}

fn is_instrumented(log: &str) -> bool {
    log.lines().any(|line| line.contains("Loaded 1 modules") && !line.contains("(0 inline"))
}

/// The last progress line of libFuzzer: runs, edges covered, corpus size.
fn summary(log: &str) -> String {
    let line = log.lines().rev().find(|line| line.starts_with('#') && line.contains(" cov: "));
    line.map_or_else(
        || "no progress line".to_owned(),
        |line| line.split_whitespace().collect::<Vec<_>>().join(" "),
    )
}

fn describe_finding(target: &str, binary: &Path, log: &str) -> String {
    let reproducer =
        log.lines().find_map(|line| line.split("Test unit written to ").nth(1)).unwrap_or("(none written)");
    let cause: Vec<&str> = log.lines().filter(|line| !line.starts_with(['#', '\t'])).collect();
    let tail = cause[cause.len().saturating_sub(40)..].join("\n    ");
    format!(
        "fuzz target {target} found an input that breaks it\n    {tail}\n  reproducer: {reproducer}\n  run again:  {} {reproducer}",
        binary.display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "INFO: Loaded 1 modules   (177 inline 8-bit counters): 177 [0x1, 0x2),\n\
        #2\tINITED cov: 9 ft: 9 corp: 1/1b exec/s: 0 rss: 27Mb\n\
        #90\tDONE   cov: 15 ft: 15 corp: 7/55b lim: 4096 exec/s: 2232529 rss: 27Mb\n";

    #[test]
    fn the_summary_is_the_last_progress_line() {
        assert_eq!(summary(LOG), "#90 DONE cov: 15 ft: 15 corp: 7/55b lim: 4096 exec/s: 2232529 rss: 27Mb");
        assert_eq!(summary("nothing"), "no progress line");
    }

    #[test]
    fn a_blind_run_is_told_from_an_instrumented_one() {
        assert!(is_instrumented(LOG));
        assert!(!is_instrumented("INFO: Seed: 1\n"));
        assert!(!is_instrumented("INFO: Loaded 1 modules   (0 inline 8-bit counters): 0"));
    }

    #[test]
    fn a_finding_names_its_reproducer_and_cause() {
        let log = "panicked at src/lib.rs:6:31:\nplanted\nTest unit written to /tmp/f/crash-1\n";
        let text = describe_finding("route", Path::new("/b/route"), log);
        assert!(text.contains("planted"), "{text}");
        assert!(text.contains("run again:  /b/route /tmp/f/crash-1"), "{text}");
    }
}
