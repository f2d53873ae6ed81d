//! What a command says when it fails: what did not work, why, and how to mend it; and the exit code.

use std::error::Error;
use std::fmt;
use std::process::ExitCode;

/// Exit code of a command that was refused or failed.
const REFUSED: u8 = 1;
/// Exit code of a command line, or an environment, that says too little or something wrong; nothing was sent. clap ends so, too.
const USAGE: u8 = 2;

/// A failure in three parts. The texts hold no secret.
#[derive(Debug)]
pub(crate) struct Failure {
    what: String,
    why: String,
    fix: Option<String>,
    exit: u8,
}

impl Failure {
    /// Of what was tried and did not work.
    pub(crate) fn refused(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self { what: what.into(), why: why.into(), fix: None, exit: REFUSED }
    }

    /// Of what could not be tried.
    pub(crate) fn usage(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self { exit: USAGE, ..Self::refused(what, why) }
    }

    /// With how to mend it.
    pub(crate) fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }

    /// With a server's hint, if it gave one.
    pub(crate) fn hint(mut self, hint: Option<String>) -> Self {
        self.fix = hint.or(self.fix);
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what, self.why)?;
        match &self.fix {
            Some(fix) => write!(f, "\n  {fix}"),
            None => Ok(()),
        }
    }
}

impl Error for Failure {}

/// Says an error on standard error; returns the exit code that it asks for.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    eprintln!("larder: {error:#}");
    let exit = error.downcast_ref::<Failure>().map_or(REFUSED, |failure| failure.exit);
    ExitCode::from(exit)
}
