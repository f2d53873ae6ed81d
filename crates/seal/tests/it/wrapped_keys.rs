//! Data keys come back under the key that wrapped them, under no other, and from no other bytes.

use proptest::prelude::*;
use seal::{DataKey, Kek, KeyId, Keyring, SealError, WRAPPED_MAX_BYTES, WrappedKey};
use testkit::SeededRandom;

use crate::{body, open_whole, seal};

const KEYS: &str = "\
    2026-11 AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=\n\
    a-name-of-thirty-two-characters. AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n";

fn keys() -> Vec<Kek> {
    let keyring = Keyring::parse(KEYS).expect("keys");
    let old = KeyId::parse("a-name-of-thirty-two-characters.").expect("a name");
    vec![
        keyring.current().clone(),
        keyring.find(&old).expect("the old key").clone(),
        Kek::customer(&[1; 32]),
        Kek::customer(&[3; 32]),
    ]
}

/// Whether two data keys are one: what the first seals the second opens.
fn same(one: &DataKey, two: &DataKey) -> bool {
    let plain = body(9);
    open_whole(two, &seal(one, &plain, &[]), 9) == (Ok(()), plain)
}

#[test]
fn a_key_unwraps_what_it_wrapped_and_nothing_else() {
    let random = SeededRandom::new(1);
    let data_key = DataKey::new(&random);
    let keys = keys();
    for (wrapper, kek) in keys.iter().enumerate() {
        let bytes = data_key.wrap(kek, &random).encode();
        assert!(bytes.len() <= WRAPPED_MAX_BYTES);
        let wrapped = WrappedKey::decode(&bytes).expect("what was encoded");
        assert_eq!(wrapped.key_id(), kek.id());
        assert_eq!(wrapped.encode(), bytes);
        for (other, kek) in keys.iter().enumerate() {
            match wrapped.unwrap(kek) {
                Ok(unwrapped) => assert!(other == wrapper && same(&data_key, &unwrapped)),
                Err(error) => assert!(other != wrapper && error == SealError::WrongKey, "{other}: {error}"),
            }
        }
    }
    let longest = data_key.wrap(&keys[1], &random).encode();
    assert_eq!(longest.len(), WRAPPED_MAX_BYTES);
}

#[test]
fn two_wraps_differ_and_two_data_keys_too() {
    let random = SeededRandom::new(2);
    let (one, two) = (DataKey::new(&random), DataKey::new(&random));
    let kek = Kek::customer(&[4; 32]);
    assert_ne!(one.wrap(&kek, &random), one.wrap(&kek, &random));
    assert!(!same(&one, &two));
}

#[test]
fn a_rewrapped_key_is_the_same_key() {
    let random = SeededRandom::new(3);
    let data_key = DataKey::new(&random);
    let keys = keys();
    let old = data_key.wrap(&keys[2], &random);
    let new = old.rewrap(&keys[2], &keys[0], &random).expect("the right key");
    assert_eq!(new.key_id(), keys[0].id());
    assert!(same(&data_key, &new.unwrap(&keys[0]).expect("the new key")));
    assert_eq!(new.unwrap(&keys[2]).err(), Some(SealError::WrongKey));
    assert_eq!(old.rewrap(&keys[3], &keys[0], &random).err(), Some(SealError::WrongKey));
}

#[test]
fn each_byte_counts() {
    let random = SeededRandom::new(4);
    for kek in keys() {
        let bytes = DataKey::new(&random).wrap(&kek, &random).encode();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            let opened = WrappedKey::decode(&changed).and_then(|wrapped| wrapped.unwrap(&kek));
            assert!(opened.is_err(), "byte {at}");
            let malformed = |bytes| matches!(WrappedKey::decode(bytes), Err(SealError::Malformed(_)));
            assert!(malformed(&bytes[..at]), "cut to {at}");
        }
        assert!(WrappedKey::decode(&[&bytes[..], &[0]].concat()).is_err());
    }
}

#[test]
fn nothing_shows_a_key() {
    let data_key = DataKey::new(&SeededRandom::new(5));
    let kek = Kek::customer(&[77; 32]);
    let shown = format!("{data_key:?} {kek:?} {:?}", Keyring::parse(KEYS));
    assert!(!shown.contains("77, 77") && !shown.contains("1, 1") && !shown.contains("2, 2"), "{shown}");
    assert!(shown.contains("DataKey(hidden)"), "{shown}");
}

proptest! {
    #[test]
    fn any_bytes_are_a_wrapped_key_or_an_error(
        bytes in prop::collection::vec(any::<u8>(), 0..2 * WRAPPED_MAX_BYTES),
        version in prop::option::of(Just([1, 0])),
    ) {
        let bytes = [version.as_ref().map_or(&[][..], |v| v), &bytes].concat();
        if let Ok(wrapped) = WrappedKey::decode(&bytes) {
            prop_assert_eq!(wrapped.encode(), bytes);
            prop_assert_eq!(wrapped.unwrap(&Kek::customer(&[1; 32])).err(), Some(SealError::WrongKey));
        }
    }

    #[test]
    fn any_text_is_a_keyring_or_an_error(text in "([a-z#/ \t]{0,3} ?(AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=|[A-Z=\r]{0,5})\n?){0,4}") {
        if let Err(error) = Keyring::parse(&text) {
            prop_assert!(!error.to_string().contains("AQEB"));
        }
    }
}
