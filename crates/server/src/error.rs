//! Why a server does not start, in words for the person who starts it.

use std::path::PathBuf;

/// What stands in the way of a start; the text names the fix.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration cannot be used.
    #[error("{place}: {what}")]
    Config {
        /// Key or file.
        place: String,
        /// What is wrong and how to mend it.
        what: String,
    },
    /// The credentials file cannot be used.
    #[error("{}: {what}", .file.display())]
    Credentials {
        /// The file.
        file: PathBuf,
        /// What is wrong and how to mend it.
        what: String,
    },
    /// The data folder cannot be used.
    #[error("{}: {what}", .folder.display())]
    Data {
        /// The folder.
        folder: PathBuf,
        /// What is wrong and how to mend it.
        what: String,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {what}")]
    Listen {
        /// The address.
        address: String,
        /// What is wrong and how to mend it.
        what: String,
    },
}

impl StartError {
    pub(crate) fn config(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self::Config { place: place.into(), what: what.into() }
    }

    #[expect(clippy::needless_pass_by_value, reason = "it takes any error, mostly in a map_err")]
    pub(crate) fn data(folder: impl Into<PathBuf>, what: impl ToString) -> Self {
        Self::Data { folder: folder.into(), what: what.to_string() }
    }
}
