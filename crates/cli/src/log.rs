//! The log, on standard error. `LARDER_LOG` chooses what it says, `info` if unset; it is plain
//! when it is no terminal's, or `NO_COLOR` is set.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

use crate::connection::variable;

const VARIABLE: &str = "LARDER_LOG";

/// Starts it.
pub(crate) fn start() {
    let filter = EnvFilter::try_from_env(VARIABLE).unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal() && variable("NO_COLOR").is_none())
        .with_target(false)
        .init();
}
