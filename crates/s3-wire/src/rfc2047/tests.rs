use proptest::prelude::*;

use super::*;

#[test]
fn decoding() {
    let table = [
        ("", ""),
        ("plain", "plain"),
        ("=?UTF-8?B?w7xi?=", "üb"),
        ("=?utf-8?b?w7xi?=", "üb"),
        ("=?UTF-8?B?w7w?=", "ü"),
        ("=?UTF-8?Q?=C3=BC_b=3d?=", "ü b="),
        ("=?iso-8859-1?q?=FC?=", "ü"),
        ("=?US-ASCII*en?Q?a?=", "a"),
        ("a =?UTF-8?Q?b?= c", "a b c"),
        ("=?UTF-8?Q?a?= =?UTF-8?Q?b?=", "ab"),
        ("=?UTF-8?Q?a?= \t =?ISO-8859-1?Q?b?=", "ab"),
        ("=?UTF-8?Q?=C3?= =?UTF-8?Q?=BC?=", "ü"),
        ("=?UTF-8?Q??=", ""),
        // not encoded words: kept to the letter
        ("=?UTF-8?X?a?=", "=?UTF-8?X?a?="),
        ("=?KOI8-R?B?w7xi?=", "=?KOI8-R?B?w7xi?="),
        ("=?UTF-8?B?!!?=", "=?UTF-8?B?!!?="),
        ("=?UTF-8?Q?=FF?=", "=?UTF-8?Q?=FF?="),
        ("=?UTF-8?Q?=+1?=", "=?UTF-8?Q?=+1?="),
        ("=?UTF-8?Q?=C?=", "=?UTF-8?Q?=C?="),
        ("=?UTF-8?Q?a b?=", "=?UTF-8?Q?a b?="),
        ("=?UTF-8?Q?a", "=?UTF-8?Q?a"),
        ("=?", "=?"),
        ("=?=?UTF-8?Q?a?=", "=?a"),
        ("ü=?UTF-8?Q?a?=ü", "üaü"),
    ];
    for (text, expected) in table {
        assert_eq!(decode(text), expected, "{text}");
    }
}

#[test]
fn encoding() {
    assert_eq!(encode("plain text, =also= this?"), "plain text, =also= this?");
    assert_eq!(encode(""), "");
    assert_eq!(encode("ü"), "=?UTF-8?B?w7w=?=");
    assert_eq!(encode(" a"), "=?UTF-8?B?IGE=?=");
    assert_eq!(encode("a\r\nb: c"), "=?UTF-8?B?YQ0KYjogYw==?=");
    assert_eq!(encode("=?UTF-8?Q?a?="), "=?UTF-8?B?PT9VVEYtOD9RP2E/PQ==?=", "it would be decoded otherwise");
    assert_eq!(encode("=?UTF-8?X?a?="), "=?UTF-8?X?a?=");
    let long = "ü".repeat(100);
    assert!(encode(&long).split(' ').all(|word| word.len() <= WORD_MAX_CHARS));
}

#[test]
fn many_beginnings_of_words_cost_little() {
    let text = "=?UTF-8?B?".repeat(100_000);
    assert_eq!(decode(&text), text);
    let text = "=?".repeat(500_000);
    assert_eq!(decode(&text), text);
}

proptest! {
    #[test]
    fn text_comes_back_and_fits_a_header(text in any::<String>()) {
        let encoded = encode(&text);
        prop_assert!(encoded.bytes().all(|b| (b' '..=b'~').contains(&b)));
        prop_assert_eq!(encoded.trim(), encoded.as_ref());
        prop_assert_eq!(decode(&encoded), text.as_str());
    }

    #[test]
    fn words_of_any_shape_are_read_or_kept(text in "([=?]{0,2}(UTF-8|latin1)?[?BQbq=a-c ]{0,6})*") {
        let decoded = decode(&text).into_owned();
        let encoded = encode(&decoded);
        prop_assert_eq!(decode(&encoded), decoded.as_str());
    }
}
