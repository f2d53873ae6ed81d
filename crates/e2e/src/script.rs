//! Runs a client written in another language against a server; its exit code is the verdict.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Larder;

/// The folder of the clients.
#[must_use]
pub fn client_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients")
}

/// Runs a command with the server's `.env` block in its environment.
///
/// # Panics
/// When it cannot be started or does not exit well; its output is shown.
pub fn run_script(
    larder: &Larder,
    program: &Path,
    arguments: &[&str],
    environment: &[(&str, &str)],
) -> String {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(client_folder()).stdin(Stdio::null());
    // what a machine has set up for AWS's own servers must not change what is tested
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("AWS_")) {
        command.env_remove(name);
    }
    command.envs(larder.environment()).envs(environment.iter().copied());
    let output = command.output().unwrap_or_else(|error| {
        panic!(
            "{} cannot be started ({error}); `cargo xtask setup` installs what is missing",
            program.display()
        )
    });
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{} {arguments:?} ended with {}\n{said}\n{complained}",
        program.display(),
        output.status
    );
    said
}
