use http::HeaderValue;
use proptest::prelude::*;

use super::*;

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const KEY_MD5: &str = "tP/LI3N87DFaSk0aoqYgzg==";
/// The MD5 of the key's base64: what a client sends that hashes the wrong bytes.
const TEXT_MD5: &str = "4H2UToTlOYIx0tQD9PAWIQ==";

const LACKS_KEY: &str = "an appropriate secret key.";
const LACKS_MD5: &str = "the client calculated MD5 of the secret key.";
const LACKS_ALGORITHM: &str = "a valid encryption algorithm.";

fn headers(triple: &Triple, values: [Option<&str>; 3]) -> HeaderMap {
    let names = [triple.key, triple.md5, triple.algorithm];
    let named = names.into_iter().zip(values).filter_map(|(name, value)| Some((name, value?)));
    named
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()))
        .collect()
}

fn refused(values: [Option<&str>; 3]) -> S3Error {
    let error = decode(&headers(&OBJECT, values)).unwrap_err();
    assert_eq!(decode_copy_source(&headers(&COPY_SOURCE, values)).unwrap_err().message, error.message);
    for secret in [KEY, KEY_MD5] {
        assert!(!format!("{error:?}").contains(secret), "{error:?}");
    }
    error
}

#[test]
fn three_headers_are_a_key() {
    let all = [Some(KEY), Some(KEY_MD5), Some("AES256")];
    let key = decode(&headers(&OBJECT, all)).unwrap().unwrap();
    assert_eq!(key.expose()[..], (0..32).collect::<Vec<u8>>());
    assert_eq!(key.md5()[..3], [0xb4, 0xff, 0xcb]);
    assert_eq!(format!("{key:?}"), "CustomerKey(hidden)");
    let source = headers(&COPY_SOURCE, all);
    assert_eq!(decode_copy_source(&source), Ok(Some(key.clone())));
    // neither triple is the other
    assert_eq!(decode(&source), Ok(None));
    assert_eq!(decode_copy_source(&headers(&OBJECT, all)), Ok(None));
    assert_eq!(decode(&HeaderMap::new()), Ok(None));
    let spaced = [Some(" AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8= "), Some(KEY_MD5), Some("AES256 ")];
    assert_eq!(decode(&headers(&OBJECT, spaced)), Ok(Some(key)));
}

#[test]
fn what_is_missing_is_named_in_r2s_order() {
    let (key, md5, algorithm) = (Some(KEY), Some(KEY_MD5), Some("AES256"));
    let table = [
        ([None, md5, algorithm], LACKS_KEY),
        ([key, None, algorithm], LACKS_MD5),
        ([key, md5, None], LACKS_ALGORITHM),
        ([None, None, algorithm], LACKS_KEY),
        ([None, md5, None], LACKS_KEY),
        ([key, None, None], LACKS_MD5),
        ([Some(""), Some(""), Some("")], LACKS_KEY),
        ([key, Some(" "), Some("DES")], LACKS_MD5),
    ];
    for (values, lacks) in table {
        let error = refused(values);
        assert_eq!(error.code, S3ErrorCode::InvalidArgument, "{values:?}");
        let start = "Requests specifying Server Side Encryption with Customer provided keys must provide ";
        assert_eq!(error.message, format!("{start}{lacks}"), "{values:?}");
    }
}

#[test]
fn another_algorithm_is_refused_before_the_key_is_read() {
    for algorithm in ["aes256", "AES128", "aws:kms", "AES256,AES256"] {
        let error = refused([Some("no key"), Some(KEY_MD5), Some(algorithm)]);
        assert_eq!(error, S3Error::new(S3ErrorCode::InvalidEncryptionAlgorithmError), "{algorithm}");
    }
}

#[test]
fn a_key_is_32_bytes_and_its_md5_is_its_own() {
    let invalid = "The secret key was invalid for the specified algorithm.";
    let differs = "The calculated MD5 hash of the key did not match the hash that was provided.";
    let table = [
        ("no base64", KEY_MD5, invalid),
        ("AAEC", KEY_MD5, invalid),
        (&KEY[..43], KEY_MD5, invalid),
        ("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gIQ==", KEY_MD5, invalid),
        ("01234567890123456789012345678901", KEY_MD5, invalid),
        (KEY, TEXT_MD5, differs),
        (KEY, "b4ffcb23737cec315a4a4d1aa2a620ce", differs),
        (KEY, "tP/L", differs),
        ("//ECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", KEY_MD5, differs),
    ];
    for (key, md5, message) in table {
        let error = refused([Some(key), Some(md5), Some("AES256")]);
        assert_eq!(error.code, S3ErrorCode::InvalidArgument);
        assert_eq!(error.message, message, "{key} {md5}");
        assert!(error.hint.is_some());
    }
}

#[test]
fn a_reply_gives_back_what_names_the_key() {
    let key = decode(&headers(&OBJECT, [Some(KEY), Some(KEY_MD5), Some("AES256")])).unwrap().unwrap();
    let mut reply = HeaderMap::new();
    encode(key.md5(), &mut reply);
    assert_eq!(reply, headers(&OBJECT, [None, Some(KEY_MD5), Some("AES256")]));
}

proptest! {
    #[test]
    fn any_key_comes_through(bytes in any::<[u8; 32]>()) {
        let (text, md5) = (STANDARD.encode(bytes), STANDARD.encode(Md5::digest(bytes)));
        let key = decode(&headers(&OBJECT, [Some(&text), Some(&md5), Some("AES256")]));
        prop_assert_eq!(key.map(|key| key.map(|key| *key.expose())), Ok(Some(bytes)));
    }

    #[test]
    fn any_headers_are_a_key_or_an_error(
        key in "[A-Za-z0-9+/= é]{0,48}",
        md5 in "[A-Za-z0-9+/=]{0,26}",
        algorithm in "(AES256|[ -~]{0,8})",
    ) {
        // base64 that hashes to its own MD5 is not drawn
        prop_assert!(decode(&headers(&OBJECT, [Some(&key), Some(&md5), Some(&algorithm)])).is_err());
    }
}
