//! Lower-case hexadecimal, the only alphabet in which SigV4 writes hashes and signatures. It does not accept
//! upper case: a signature has one spelling.

/// Writes `bytes` as lower-case hexadecimal.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(char::from(digit(byte >> 4)));
        text.push(char::from(digit(byte & 15)));
    }
    text
}

/// Reads exactly 64 lower-case digits; anything else is `None`.
pub(crate) fn decode_32(text: &[u8]) -> Option<[u8; 32]> {
    if text.len() != 64 {
        return None;
    }
    let mut bytes = [0_u8; 32];
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        let &[high, low] = pair else { return None };
        *byte = (value(high)? << 4) | value(low)?;
    }
    Some(bytes)
}

fn digit(nibble: u8) -> u8 {
    if nibble < 10 { b'0' + nibble } else { b'a' + (nibble - 10) }
}

fn value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodes_and_decodes_every_byte() {
        let bytes: [u8; 32] = std::array::from_fn(|i| (i * 8 + i % 7) as u8);
        assert_eq!(decode_32(encode(&bytes).as_bytes()), Some(bytes));
        assert_eq!(encode(&[0x00, 0x9a, 0xff]), "009aff");
    }

    #[test]
    fn refuses_other_lengths_alphabets_and_upper_case() {
        for text in ["", "00", &"0".repeat(63), &"0".repeat(65), &"g".repeat(64), &"A".repeat(64)] {
            assert_eq!(decode_32(text.as_bytes()), None, "{text}");
        }
    }
}
