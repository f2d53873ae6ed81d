//! Upload rules: what an upload through a presigned URL may be. Where a rule is kept, and which uploads it is for, is for
//! others to say; so is the way in which a client writes one.

#[cfg(test)]
mod tests;

use crate::error::Error;
use crate::name::identity;

/// Longest pattern of a rule, in bytes: as long as the longest key.
const PATTERN_MAX_BYTES: usize = crate::limits::KEY_MAX_BYTES;
/// Most content types of a rule.
const CONTENT_TYPES_MAX: usize = 100;
/// The type of an object whose upload names none.
const DEFAULT_TYPE: &str = "application/octet-stream";

/// What an upload may be; a rule without limits allows anything. In patterns, each `*` stands for any text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UploadRule {
    /// Keys that begin so are the rule's concern; empty for all.
    pub prefix: String,
    /// Most bytes of the body.
    pub max_bytes: Option<u64>,
    /// Fewest bytes of the body.
    pub min_bytes: Option<u64>,
    /// Patterns of content types, without parameters, any case; empty for any type.
    pub content_types: Vec<String>,
    /// The pattern of keys.
    pub key_pattern: Option<String>,
}

/// What is wrong with a rule or with an upload; the text names the fix.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UploadRuleFault {
    /// A rule that cannot be kept.
    #[error("{0}")]
    Rule(String),
    /// An upload of another content type.
    #[error("Content-Type {sent:?} is not allowed here. Allowed: {}.", .allowed.join(", "))]
    ContentType {
        /// As the client sent it, or the type that counts when it sent none.
        sent: String,
        /// The rule's patterns.
        allowed: Vec<String>,
    },
    /// An upload to another key.
    #[error("The key is not allowed here. Allowed: {pattern}.")]
    Key {
        /// The rule's pattern.
        pattern: String,
    },
}

impl UploadRule {
    /// Checks a rule before it is kept.
    ///
    /// # Errors
    /// The first [`UploadRuleFault::Rule`].
    pub fn validate(&self) -> Result<(), UploadRuleFault> {
        let fault = |text: String| Err(UploadRuleFault::Rule(text));
        if let (Some(min), Some(max)) = (self.min_bytes, self.max_bytes)
            && min > max
        {
            return fault(format!("No upload has at least {min} and at most {max} bytes."));
        }
        if self.content_types.len() > CONTENT_TYPES_MAX {
            return fault(format!("A rule has at most {CONTENT_TYPES_MAX} content types."));
        }
        for pattern in &self.content_types {
            let is_one = pattern.split('/').count() == 2 && pattern.split('/').all(|half| !half.is_empty());
            let is_plain = pattern.bytes().all(|b| b.is_ascii_graphic() && !b";,\"".contains(&b));
            if pattern != "*" && !(is_one && is_plain) {
                return fault(format!(
                    "{pattern:?} is not a content type. Write one as image/png, image/* or *, without parameters."
                ));
            }
        }
        let texts = self.content_types.iter().chain(&self.key_pattern).chain([&self.prefix]);
        match texts.map(String::len).max() {
            Some(bytes) if bytes > PATTERN_MAX_BYTES => fault(format!(
                "A pattern or prefix has at most {PATTERN_MAX_BYTES} bytes; this one has {bytes}."
            )),
            _ => Ok(()),
        }
    }

    /// Whether a key is the rule's concern.
    #[must_use]
    pub fn applies_to(&self, key: &str) -> bool {
        identity(key).starts_with(&*identity(&self.prefix))
    }

    /// Judges an upload by what is known before its body is read: key, content type, and length if it was announced.
    ///
    /// # Errors
    /// [`Error::UploadRefused`]; those of [`UploadRule::check_end`].
    pub fn check(&self, key: &str, content_type: Option<&str>, length: Option<u64>) -> Result<(), Error> {
        if let Some(pattern) =
            self.key_pattern.as_ref().filter(|pattern| !matches(&identity(pattern), &identity(key)))
        {
            return Err(Error::UploadRefused(UploadRuleFault::Key { pattern: pattern.clone() }));
        }
        let sent = content_type.unwrap_or(DEFAULT_TYPE);
        if !self.content_types.is_empty() && !self.allows_type(sent) {
            let allowed = self.content_types.clone();
            return Err(Error::UploadRefused(UploadRuleFault::ContentType {
                sent: sent.to_owned(),
                allowed,
            }));
        }
        length.map_or(Ok(()), |length| self.check_end(length))
    }

    /// Judges a body of which that many bytes have come.
    ///
    /// # Errors
    /// [`Error::EntityTooLarge`].
    pub fn check_progress(&self, bytes: u64) -> Result<(), Error> {
        match self.max_bytes {
            Some(max_bytes) if bytes > max_bytes => Err(Error::EntityTooLarge { max_bytes }),
            _ => Ok(()),
        }
    }

    /// Judges a body by its length.
    ///
    /// # Errors
    /// [`Error::EntityTooLarge`], [`Error::EntityTooSmall`].
    pub fn check_end(&self, bytes: u64) -> Result<(), Error> {
        self.check_progress(bytes)?;
        match self.min_bytes {
            Some(min_bytes) if bytes < min_bytes => Err(Error::EntityTooSmall { bytes, min_bytes }),
            _ => Ok(()),
        }
    }

    /// A value with a comma is refused: some readers take it for a list, whose last type counts.
    ///
    /// Spec: WHATWG Fetch, extract a MIME type.
    fn allows_type(&self, sent: &str) -> bool {
        let bare = sent.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        !sent.contains(',')
            && self.content_types.iter().any(|pattern| matches(&pattern.to_ascii_lowercase(), &bare))
    }
}

/// Whether `text` is `pattern`, each `*` of which stands for any text. Its cost is at most the product of the lengths.
fn matches(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut rest) = pieces.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let Some(last) = pieces.next_back() else { return rest.is_empty() };
    for piece in pieces {
        match rest.split_once(piece) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}
