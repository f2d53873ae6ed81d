//! Entity tags: opaque validators, kept without the quotes that only the wire has.

use std::fmt;

/// An object's ETag, without quotes: the MD5 in lower-case hex for a single PUT.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ETag(String);

impl ETag {
    /// From the MD5 digest of the body.
    #[must_use]
    pub fn from_md5(digest: [u8; 16]) -> Self {
        Self(digest.iter().map(|b| format!("{b:02x}")).collect())
    }

    /// From stored or received text; quotes around it are dropped.
    #[must_use]
    pub fn from_text(text: &str) -> Self {
        let bare = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(text);
        Self(bare.to_owned())
    }

    /// The MD5 digest that it is, if it is one in lower-case hex.
    #[must_use]
    pub fn to_md5(&self) -> Option<[u8; 16]> {
        let text = self.as_str();
        let lower_hex =
            text.len() == 32 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        let value = lower_hex.then(|| u128::from_str_radix(text, 16).ok()).flatten()?;
        Some(value.to_be_bytes())
    }

    /// The text without quotes.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ETag {
    /// Quoted, as on the wire.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0)
    }
}

/// One entry of an `If-Match` or `If-None-Match` list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ETagMatch {
    /// `*`: any existing object.
    Any,
    /// `"…"` or, as some clients send it, the bare text.
    Strong(ETag),
    /// `W/"…"`: equal only under weak comparison.
    Weak(ETag),
}

/// Parses a list of entity tags; tokens without quotes are taken as they are, as R2 does.
///
/// Spec: RFC 9110, section 13.1.
#[must_use]
pub fn parse_etag_list(text: &str) -> Vec<ETagMatch> {
    let mut entries = Vec::new();
    let mut rest = text.trim_start_matches([' ', '\t', ',']);
    while !rest.is_empty() {
        let (weak, body) = match rest.strip_prefix("W/") {
            Some(body) => (true, body),
            None => (false, rest),
        };
        let (token, after) = match body.strip_prefix('"').and_then(|b| b.split_once('"')) {
            Some((inside, after)) => (inside, after),
            None => body.split_once(',').map_or((body, ""), |(t, a)| (t, a)),
        };
        let token = token.trim();
        entries.push(match (weak, token) {
            (false, "*") if !body.starts_with('"') => ETagMatch::Any,
            (true, t) => ETagMatch::Weak(ETag::from_text(t)),
            (false, t) => ETagMatch::Strong(ETag::from_text(t)),
        });
        rest = after.trim_start_matches([' ', '\t', ',']);
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_etags() {
        let strong = |t: &str| ETagMatch::Strong(ETag::from_text(t));
        assert_eq!(parse_etag_list("*"), [ETagMatch::Any]);
        assert_eq!(
            parse_etag_list("\"a,b\", W/\"c\" ,d"),
            [strong("a,b"), ETagMatch::Weak(ETag::from_text("c")), strong("d")]
        );
        assert_eq!(parse_etag_list("\"*\""), [strong("*")]);
        assert_eq!(parse_etag_list(" , "), []);
        assert_eq!(parse_etag_list("\"open"), [strong("\"open")]);
    }

    #[test]
    fn quotes_belong_to_the_wire() {
        let etag = ETag::from_md5([
            0xd4, 0x1d, 0x8c, 0xd9, 0x8f, 0, 0xb2, 4, 0xe9, 0x80, 9, 0x98, 0xec, 0xf8, 0x42, 0x7e,
        ]);
        assert_eq!(etag.to_string(), "\"d41d8cd98f00b204e9800998ecf8427e\"");
        assert_eq!(ETag::from_text(&etag.to_string()), etag);
    }
}
