//! `larder completions`: a script that completes commands and options in a shell.

use clap::CommandFactory as _;
use clap_complete::{Shell, generate};

use crate::Arguments;
use crate::terminal::say;

pub(crate) fn print(shell: Shell) {
    let mut script = Vec::new();
    generate(shell, &mut Arguments::command(), "larder", &mut script);
    say(&String::from_utf8_lossy(&script));
}
