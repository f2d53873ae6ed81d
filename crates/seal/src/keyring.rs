//! The server's own key-encryption keys, from a file: the one that new data keys are wrapped under, and those that old ones
//! still are.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::kek::{Kek, KeyId};
use crate::secret::KEY_BYTES;

/// Most keys of a file.
const KEYS_MAX: usize = 1_000;

/// One or more server keys with names of their own.
pub struct Keyring {
    current: Kek,
    old: Vec<Kek>,
}

/// What is wrong with a file of keys. It repeats nothing of the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFileError {
    /// A line is not what it should be.
    #[error("line {line}: {what}")]
    Line {
        /// Its number, from 1.
        line: usize,
        /// What is wrong and how to mend it.
        what: &'static str,
    },
    /// No line holds a key.
    #[error("it holds no key; a line is `name key`, with a key as `openssl rand -base64 32` makes it")]
    Empty,
}

impl Keyring {
    /// Parses a file's text: lines of a name and the base64 of 32 random bytes. The first key is the one in use; the others
    /// open what was sealed before. Empty lines and lines that begin with `#` are skipped.
    ///
    /// # Errors
    /// [`KeyFileError`].
    pub fn parse(text: &str) -> Result<Self, KeyFileError> {
        let mut keks: Vec<Kek> = Vec::new();
        for (text, line) in text.lines().zip(1..) {
            let text = text.trim();
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            let refuse = |what| KeyFileError::Line { line, what };
            let kek = parse_line(text).map_err(refuse)?;
            if keks.iter().any(|other| other.id == kek.id) {
                return Err(refuse("another key has its name; give each key a name of its own"));
            }
            if keks.len() == KEYS_MAX {
                return Err(refuse("there are more than 1000 keys; remove those that no object needs"));
            }
            keks.push(kek);
        }
        let mut keks = keks.into_iter();
        let current = keks.next().ok_or(KeyFileError::Empty)?;
        Ok(Self { current, old: keks.collect() })
    }

    /// The key that new data keys are wrapped under.
    #[must_use]
    pub fn current(&self) -> &Kek {
        &self.current
    }

    /// The key of a name.
    #[must_use]
    pub fn find(&self, id: &KeyId) -> Option<&Kek> {
        self.keks().find(|kek| kek.id() == Some(id))
    }

    fn keks(&self) -> impl Iterator<Item = &Kek> {
        std::iter::once(&self.current).chain(&self.old)
    }
}

/// Shows names.
impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.keks().filter_map(Kek::id)).finish()
    }
}

fn parse_line(text: &str) -> Result<Kek, &'static str> {
    let mut words = text.split_whitespace();
    let (Some(id), Some(key), None) = (words.next(), words.next(), words.next()) else {
        return Err("it is not a name and a key with a space between them");
    };
    let id = KeyId::parse(id).ok_or("its name is not 1 to 32 letters, digits, `-`, `_` and `.`")?;
    let key = STANDARD.decode(key).map(Zeroizing::new).ok();
    let key = key.as_deref().and_then(|key| <&[u8; KEY_BYTES]>::try_from(key.as_slice()).ok());
    let key = key.ok_or("its key is not 32 bytes in base64; `openssl rand -base64 32` makes one")?;
    Ok(Kek::server(id, key))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
    const TWO: &str = "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";

    fn id(text: &str) -> KeyId {
        KeyId::parse(text).unwrap()
    }

    #[test]
    fn the_first_key_is_in_use_and_all_are_found() {
        let keyring =
            Keyring::parse(&format!("# keys of 2026\n\n 2026-11\t{TWO} \r\n2025.old_1 {ONE}")).unwrap();
        assert_eq!(keyring.current().id(), Some(&id("2026-11")));
        assert_eq!(keyring.current().secret.expose(), &[2; 32]);
        assert_eq!(keyring.find(&id("2025.old_1")).unwrap().secret.expose(), &[1; 32]);
        assert_eq!(keyring.find(&id("2026-11")).unwrap().secret.expose(), &[2; 32]);
        assert!(keyring.find(&id("2024")).is_none());
        let shown = format!("{keyring:?} {:?}", keyring.current());
        assert_eq!(shown, "{2026-11, 2025.old_1} Kek { id: Some(2026-11), secret: (hidden) }");
    }

    #[test]
    fn what_is_wrong_is_named_without_the_key() {
        let long = "n".repeat(33);
        let table = [
            (String::new(), "it holds no key"),
            ("# a ZmlsZQ==\n".to_owned(), "it holds no key"),
            (ONE.to_owned(), "line 1: it is not a name and a key"),
            (format!("\na {ONE} {ONE}"), "line 2: it is not a name and a key"),
            (format!("{ONE} a"), "line 1: its name is not"),
            (format!("{long} {ONE}"), "line 1: its name is not"),
            (format!("a/b {ONE}"), "line 1: its name is not"),
            (format!("a {}", &ONE[1..]), "line 1: its key is not 32 bytes"),
            ("a AQEBAQEBAQE=".to_owned(), "line 1: its key is not 32 bytes"),
            (format!("a {ONE}\n#\na {TWO}"), "line 3: another key has its name"),
        ];
        for (text, expected) in table {
            let what = Keyring::parse(&text).unwrap_err().to_string();
            assert!(what.starts_with(expected), "{text}: {what}");
            assert!(!what.contains("AQEB"), "{what}");
        }
        let many: String = (0..=KEYS_MAX).map(|n| format!("k{n} {ONE}\n")).collect();
        assert!(Keyring::parse(&many).unwrap_err().to_string().starts_with("line 1001: there are more"));
    }
}
