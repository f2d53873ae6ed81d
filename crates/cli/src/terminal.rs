//! Standard output: whoever reads it may stop reading, and the server goes on.

use std::io::{Write as _, stdout};

/// Prints a text as it is. A reader that went away (`larder dev | head`) is no reason to end.
pub(crate) fn say(text: &str) {
    let mut out = stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
