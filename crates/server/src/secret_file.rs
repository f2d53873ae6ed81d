//! Reads files that hold secrets: within a bound, and not when everybody on the machine could read them too.

use std::path::Path;

use zeroize::Zeroizing;

/// Reads a file's text; `make` says how to make such a file.
///
/// # Errors
/// What is wrong with the file and how to mend it; nothing of it is repeated.
pub(crate) fn read(file: &Path, max_bytes: u64, make: &str) -> Result<Zeroizing<String>, String> {
    let meta = std::fs::metadata(file).map_err(|error| format!("{error}; {make}"))?;
    if is_open_to_all(&meta) {
        return Err(format!("everybody on this machine may read it; run: chmod 600 {}", file.display()));
    }
    if meta.len() > max_bytes {
        return Err(format!("it has more than {max_bytes} bytes"));
    }
    std::fs::read_to_string(file).map(Zeroizing::new).map_err(|error| error.to_string())
}

fn is_open_to_all(meta: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    meta.permissions().mode() & 0o004 != 0
}
