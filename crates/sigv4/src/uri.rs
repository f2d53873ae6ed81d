//! Percent-encoding as SigV4 defines it, on bytes: what is signed need not be UTF-8. It knows nothing of
//! paths or queries; a `+` is an ordinary byte here.

/// A `%` that is not followed by two hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is not a percent escape")]
pub struct BadEscape {
    /// The `%` and up to two bytes after it, as text.
    pub text: String,
}

/// Encodes `bytes` so that only `A-Z a-z 0-9 - . _ ~` stay, and `/` too if `keep_slash`.
///
/// Spec: AWS Signature Version 4, UriEncode.
pub fn uri_encode(bytes: &[u8], keep_slash: bool) -> String {
    let mut text = String::with_capacity(bytes.len() + bytes.len() / 4);
    push_encoded(&mut text, bytes, keep_slash);
    text
}

/// As [`uri_encode`], appended to `text`.
pub(crate) fn push_encoded(text: &mut String, bytes: &[u8], keep_slash: bool) {
    for &byte in bytes {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                text.push(char::from(byte));
            }
            b'/' if keep_slash => text.push('/'),
            _ => {
                text.push('%');
                text.push(char::from(upper_digit(byte >> 4)));
                text.push(char::from(upper_digit(byte & 15)));
            }
        }
    }
}

/// Replaces each `%XX`, in either letter case, by its byte; every other byte stays as it is.
///
/// # Errors
/// [`BadEscape`] at the first `%` without two hexadecimal digits.
pub fn percent_decode(bytes: &[u8]) -> Result<Vec<u8>, BadEscape> {
    if !bytes.contains(&b'%') {
        return Ok(bytes.to_vec());
    }
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&first, after)) = rest.split_first() {
        if first != b'%' {
            decoded.push(first);
            rest = after;
            continue;
        }
        let escape = after
            .split_first_chunk::<2>()
            .and_then(|(&[high, low], after)| Some(((nibble(high)? << 4) | nibble(low)?, after)));
        let Some((byte, after)) = escape else {
            let shown: Vec<u8> = rest.iter().copied().take(3).collect();
            return Err(BadEscape { text: String::from_utf8_lossy(&shown).into_owned() });
        };
        decoded.push(byte);
        rest = after;
    }
    Ok(decoded)
}

fn upper_digit(nibble: u8) -> u8 {
    if nibble < 10 { b'0' + nibble } else { b'A' + (nibble - 10) }
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodes_all_but_the_unreserved() {
        let table: &[(&[u8], bool, &str)] = &[
            (b"AZaz09-._~", false, "AZaz09-._~"),
            (b"a b+c", false, "a%20b%2Bc"),
            (b"a/b", false, "a%2Fb"),
            (b"a/b", true, "a/b"),
            (b"!'()*", true, "%21%27%28%29%2A"),
            ("é".as_bytes(), true, "%C3%A9"),
            (b"\x00\xff%", true, "%00%FF%25"),
        ];
        for (bytes, keep_slash, expected) in table {
            assert_eq!(uri_encode(bytes, *keep_slash), *expected);
        }
    }

    #[test]
    fn decodes_both_letter_cases_and_leaves_plus_alone() {
        assert_eq!(percent_decode(b"a%2fb%2F+%20%25").unwrap(), b"a/b/+ %");
        assert_eq!(percent_decode(b"%FF").unwrap(), b"\xff");
        assert_eq!(percent_decode("ü".as_bytes()).unwrap(), "ü".as_bytes());
    }

    #[test]
    fn names_the_malformed_escape() {
        for (text, shown) in [("a%", "%"), ("%1", "%1"), ("%zz9", "%zz"), ("%2%20", "%2%"), ("%+1", "%+1")] {
            assert_eq!(percent_decode(text.as_bytes()), Err(BadEscape { text: shown.to_owned() }));
        }
    }
}
