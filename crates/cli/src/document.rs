//! JSON documents that a command is given: from a file, or from standard input for `-`.

use std::io::Read as _;

use serde_json::Value;

use crate::failure::Failure;

/// Longer documents no server takes.
const BYTES_MAX: u64 = 8 * 1024 * 1024;

/// Reads one.
pub(crate) fn read(path: &str) -> Result<Value, Failure> {
    let what = || if path == "-" { "standard input".to_owned() } else { format!("the file {path}") };
    let failed = |error: std::io::Error| Failure::usage(what(), error.to_string());
    let mut text = Vec::new();
    if path == "-" {
        std::io::stdin().lock().take(BYTES_MAX).read_to_end(&mut text).map_err(failed)?;
    } else {
        let file = std::fs::File::open(path).map_err(failed)?;
        file.take(BYTES_MAX).read_to_end(&mut text).map_err(failed)?;
    }
    serde_json::from_slice(&text).map_err(|error| Failure::usage(what(), format!("it is not JSON: {error}")))
}
