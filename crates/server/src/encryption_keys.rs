//! The file of the server's encryption keys, read once at start.

use std::path::Path;

use seal::Keyring;

use crate::{StartError, secret_file};

/// Longest file that is read, in bytes.
const FILE_MAX_BYTES: u64 = 1024 * 1024;

/// Reads the keys that bodies are encrypted with at rest.
///
/// # Errors
/// [`StartError::Config`] that names the file, also when everybody may read it.
pub fn read_keyring(file: &Path) -> Result<Keyring, StartError> {
    const MAKE: &str = "make one: echo \"$(date +%F) $(openssl rand -base64 32)\", into a file of mode 600";
    let refuse = |what: String| StartError::config(format!("encryption_keys: {}", file.display()), what);
    let text = secret_file::read(file, FILE_MAX_BYTES, MAKE).map_err(refuse)?;
    Keyring::parse(&text).map_err(|error| refuse(error.to_string()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_file_of_keys_is_read_and_what_is_wrong_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        let missing = read_keyring(&path).unwrap_err().to_string();
        assert!(missing.contains("encryption_keys: ") && missing.contains("openssl"), "{missing}");
        let keep = |text: &str, mode| {
            std::io::Write::write_all(&mut std::fs::File::create(&path).unwrap(), text.as_bytes()).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        let key = "2026 AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n";
        keep(key, 0o604);
        let open = read_keyring(&path).unwrap_err().to_string();
        assert!(open.contains("chmod 600"), "{open}");
        keep(key, 0o600);
        let keyring = read_keyring(&path).unwrap();
        assert_eq!(keyring.current().id().unwrap().as_str(), "2026");
        keep(&key.repeat(2), 0o600);
        let twice = read_keyring(&path).unwrap_err().to_string();
        assert!(twice.contains("line 2: another key has its name"), "{twice}");
        keep(&"#".repeat(FILE_MAX_BYTES as usize + 1), 0o600);
        let long = read_keyring(&path).unwrap_err().to_string();
        assert!(long.contains("more than 1048576 bytes"), "{long}");
    }
}
