//! The bytes of `docs/formats/seal.md`, as an implementation in another language made them from its text.

use seal::{Kek, Keyring, WrappedKey};
use sha2::{Digest as _, Sha256};

use crate::{Counting, body, key, open_whole, seal};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn sealed_bodies() {
    assert_eq!(hex(&seal(&key(), b"", &[])), "81b7cf58a0b810c2f91e03785cdcd648");
    let hello = seal(&key(), b"hello", &[]);
    assert_eq!(hex(&hello), "7664f90c022c0aa1e8538b8d6d8e0608b11e4313b4");
    assert_eq!(open_whole(&key(), &hello, 5), (Ok(()), b"hello".to_vec()));
    let table = [
        (65_536, "17e141ef2c51f60ef3b214509961eeb46dba8193ff8ebd69758fa04caf6cf2c9"),
        (65_537, "d83840d7aec81a679a9e32c49e7f8e552d8858f29811b4cd86021ab3ff38e241"),
        (200_000, "ca400b4f55a23bf53dbee93aced66f7bc54014ce563eab63bf335857ba876734"),
    ];
    for (bytes, sha256) in table {
        assert_eq!(hex(&Sha256::digest(seal(&key(), &body(bytes), &[]))), sha256, "{bytes}");
    }
}

#[test]
fn wrapped_keys() {
    let keyring = Keyring::parse("2026-11 AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=").expect("a key");
    let table = [
        (
            &Kek::customer(&[2; 32]),
            "0100404142434445464748494a4b404142434445464748494a4b0b0b26422d26ba7739069a9f031a6beb\
             046d71d806a3576c42a6e0c58fd628da71f5c07c321aebd804c175e6140d6942",
        ),
        (
            keyring.current(),
            "0107323032362d3131404142434445464748494a4b404142434445464748494a4b0b0b26422d26ba7739\
             069a9f031a6beb046d71d806a3576c42a6e0c58fd628daca81cb9bb657a30735139c2c3a56b628",
        ),
    ];
    for (kek, bytes) in table {
        let wrapped = key().wrap(kek, &Counting(64));
        assert_eq!(hex(&wrapped.encode()), bytes);
        let unwrapped = WrappedKey::decode(&wrapped.encode()).and_then(|wrapped| wrapped.unwrap(kek));
        assert_eq!(seal(&unwrapped.expect("the key"), b"hello", &[]), seal(&key(), b"hello", &[]));
    }
}
