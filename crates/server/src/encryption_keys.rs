//! The server's encryption keys, read once at start.

use std::fmt;
use std::path::PathBuf;

use seal::Keyring;

use crate::{StartError, secret_file};

/// The environment variable that holds keys themselves.
pub(crate) const LINES: &str = "LARDER_ENCRYPTION_KEY_LINES";
/// Longest file that is read, in bytes.
const FILE_MAX_BYTES: u64 = 1024 * 1024;

/// Where the keys are that bodies are encrypted with at rest.
#[derive(Clone, PartialEq, Eq)]
pub enum EncryptionKeys {
    /// In a file of mode 0600.
    File(PathBuf),
    /// Here: the lines that the file would have.
    Lines(String),
}

impl fmt::Debug for EncryptionKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Lines(_) => f.write_str("Lines(hidden)"),
        }
    }
}

impl EncryptionKeys {
    /// Reads them.
    ///
    /// # Errors
    /// [`StartError::Config`] that names the place, also when everybody may read the file.
    pub fn read(&self) -> Result<Keyring, StartError> {
        const MAKE: &str =
            "make one: echo \"$(date +%F) $(openssl rand -base64 32)\", into a file of mode 600";
        let path = match self {
            Self::File(path) => path,
            Self::Lines(lines) => {
                return Keyring::parse(lines).map_err(|error| StartError::config(LINES, error.to_string()));
            }
        };
        let refuse = |what: String| StartError::config(format!("encryption_keys: {}", path.display()), what);
        let text = secret_file::read(path, FILE_MAX_BYTES, MAKE).map_err(refuse)?;
        Keyring::parse(&text).map_err(|error| refuse(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_file_of_keys_is_read_and_what_is_wrong_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        let keys = EncryptionKeys::File(path.clone());
        let missing = keys.read().unwrap_err().to_string();
        assert!(missing.contains("encryption_keys: ") && missing.contains("openssl"), "{missing}");
        let keep = |text: &str, mode| {
            std::io::Write::write_all(&mut std::fs::File::create(&path).unwrap(), text.as_bytes()).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        let key = "2026 AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n";
        keep(key, 0o604);
        let open = keys.read().unwrap_err().to_string();
        assert!(open.contains("chmod 600"), "{open}");
        keep(key, 0o600);
        let keyring = keys.read().unwrap();
        assert_eq!(keyring.current().id().unwrap().as_str(), "2026");
        keep(&key.repeat(2), 0o600);
        let twice = keys.read().unwrap_err().to_string();
        assert!(twice.contains("line 2: another key has its name"), "{twice}");
        keep(&"#".repeat(FILE_MAX_BYTES as usize + 1), 0o600);
        let long = keys.read().unwrap_err().to_string();
        assert!(long.contains("more than 1048576 bytes"), "{long}");
    }

    #[test]
    fn lines_are_keys_and_are_not_shown() {
        let lines = "2026 AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
        let keys = EncryptionKeys::Lines(lines.to_owned());
        assert_eq!(keys.read().unwrap().current().id().unwrap().as_str(), "2026");
        assert_eq!(format!("{keys:?}"), "Lines(hidden)");
        let error = EncryptionKeys::Lines("2026 hush".to_owned()).read().unwrap_err().to_string();
        assert!(error.starts_with(LINES) && !error.contains("hush"), "{error}");
    }
}
