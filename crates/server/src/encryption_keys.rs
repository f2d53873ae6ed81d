//! The server's encryption keys, read once at start.

use std::fmt;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use disk::Disk;
use domain::Random as _;
use seal::Keyring;
use zeroize::Zeroizing;

use crate::{StartError, SystemRandom, data_dir, secret_file};

/// The environment variable that holds keys themselves.
pub(crate) const LINES: &str = "LARDER_ENCRYPTION_KEY_LINES";
/// Longest file that is read, in bytes.
const FILE_MAX_BYTES: u64 = 1024 * 1024;

/// The server's own key for the secrets of tokens, in the data folder, mode 0600.
const TOKEN_KEY: &str = "token-key";
/// Its name in rows.
const OWN_NAME: &str = "larder-token-key";

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
        self.parse("")
    }

    /// The same with more lines after them, for which the first may be missing.
    fn parse(&self, more: &str) -> Result<Keyring, StartError> {
        const MAKE: &str =
            "make one: echo \"$(date +%F) $(openssl rand -base64 32)\", into a file of mode 600";
        let path = match self {
            Self::File(path) => path,
            Self::Lines(lines) => {
                let lines = Zeroizing::new(format!("{lines}\n{more}"));
                return Keyring::parse(&lines).map_err(|error| StartError::config(LINES, error.to_string()));
            }
        };
        let refuse = |what: String| StartError::config(format!("encryption_keys: {}", path.display()), what);
        let text = secret_file::read(path, FILE_MAX_BYTES, MAKE).map_err(refuse)?;
        let text = Zeroizing::new(format!("{}\n{more}", *text));
        Keyring::parse(&text).map_err(|error| refuse(error.to_string()))
    }
}

/// The keys that seal the secrets of stored API tokens: the operator's, if there are any, and one of the server's own, which is
/// made in the data folder when it is needed first.
///
/// # Errors
/// [`StartError`] that names the file.
pub(crate) fn token_keys(
    operators: Option<&EncryptionKeys>,
    disk: &dyn Disk,
    data: &Path,
) -> Result<Keyring, StartError> {
    let path = data.join(TOKEN_KEY);
    let refuse = |what: String| StartError::data(data, format!("{TOKEN_KEY}: {what}"));
    let kept = path.try_exists().map_err(|error| refuse(error.to_string()))?;
    let own = match (kept, operators) {
        (true, _) => secret_file::read(&path, FILE_MAX_BYTES, "put it back from a backup").map_err(refuse)?,
        (false, Some(_)) => Zeroizing::default(),
        (false, None) => {
            let mut key = Zeroizing::new([0; 32]);
            SystemRandom.fill(&mut *key);
            let line = Zeroizing::new(format!("{OWN_NAME} {}\n", *Zeroizing::new(STANDARD.encode(*key))));
            data_dir::write(disk, TOKEN_KEY, &line).map_err(|error| refuse(error.to_string()))?;
            line
        }
    };
    match operators {
        Some(keys) => keys.parse(&own),
        None => Keyring::parse(&own).map_err(|error| refuse(error.to_string())),
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
