//! Percent-encoding as S3 means it: byte-wise, decoded once, and strict about malformed escapes.

const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// Decodes `%XX` once; `None` when an escape is malformed. With `plus_is_space`, as in queries, `+` is a space.
#[must_use]
pub fn decode(text: &str, plus_is_space: bool) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'%' => {
                let high = hex_value(bytes.next()?)?;
                let low = hex_value(bytes.next()?)?;
                high << 4 | low
            }
            b'+' if plus_is_space => b' ',
            other => other,
        });
    }
    Some(out)
}

fn hex_value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// Appends `text` in AWS's URI encoding: all but `A-Z a-z 0-9 - . _ ~` as `%XX`, slashes too.
///
/// Spec: Amazon S3 API, signature version 4, UriEncode.
pub fn encode_into(out: &mut Vec<u8>, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(byte);
        } else {
            let digit = |nibble: u8| HEX.get(usize::from(nibble)).copied().unwrap_or(b'0');
            out.extend_from_slice(&[b'%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn decoding() {
        let table: [(&str, bool, Option<&[u8]>); 9] = [
            ("a%20b", false, Some(b"a b")),
            ("a+b", false, Some(b"a+b")),
            ("a+b", true, Some(b"a b")),
            ("%2B", true, Some(b"+")),
            ("%252F", false, Some(b"%2F")),
            ("%ff%C3", false, Some(b"\xff\xc3")),
            ("%", false, None),
            ("%2", false, None),
            ("%+1", false, None),
        ];
        for (text, plus, expected) in table {
            assert_eq!(decode(text, plus).as_deref(), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn encoding_is_undone_by_decoding(text in any::<String>(), plus in any::<bool>()) {
            let mut out = Vec::new();
            encode_into(&mut out, &text);
            let encoded = String::from_utf8(out).unwrap();
            prop_assert!(encoded.bytes().all(|b| b.is_ascii_graphic() && b != b'/'));
            prop_assert_eq!(decode(&encoded, plus), Some(text.into_bytes()));
        }
    }
}
