//! `larder` as a person runs it: with the environment that is given and no other, until it ends.

use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::binary;

/// How a command ended, and what it said.
#[derive(Debug)]
pub struct Said {
    /// The exit code.
    pub code: i32,
    /// Standard output.
    pub out: Vec<u8>,
    /// Standard error.
    pub err: String,
}

impl Said {
    /// Standard output as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.out).trim_end().to_owned()
    }

    /// The same, of a command that must have ended well.
    ///
    /// # Panics
    /// When it has not.
    #[must_use]
    pub fn fine(&self) -> String {
        assert_eq!(self.code, 0, "{}", self.err);
        self.text()
    }
}

/// Runs `larder` with arguments and standard input.
///
/// # Panics
/// When it cannot be run.
#[must_use]
pub fn command(environment: &[(&str, String)], arguments: &[&str], input: &[u8]) -> Said {
    let mut command = Command::new(binary());
    command
        .args(arguments)
        .env_clear()
        .env("HOME", "/nonexistent")
        .envs(environment.iter().map(|(n, v)| (n, v)));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("larder runs");
    let mut stdin = child.stdin.take().expect("standard input is piped");
    let input = input.to_vec();
    // it may answer before it has read everything
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().expect("larder ends");
    let _ = writer.join();
    Said {
        code: output.status.code().expect("larder ends by itself"),
        out: output.stdout,
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
