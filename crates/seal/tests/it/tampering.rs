//! What was changed does not open, and nothing of it is given out.

use domain::ByteRange;
use proptest::prelude::*;
use seal::{CHUNK_BYTES, DataKey, Opener, SealError, sealed_len};

use crate::{Counting, ID, body, key, open_whole, seal};

const SEALED_CHUNK: usize = CHUNK_BYTES + 16;

fn damaged(chunk: u64) -> Result<(), SealError> {
    Err(SealError::Damaged { chunk })
}

#[test]
fn each_byte_counts() {
    let (key, plain) = (key(), body(40));
    let sealed = seal(&key, &plain, &[]);
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 1 << (at % 8);
        assert_eq!(open_whole(&key, &changed, plain.len()), (damaged(0), Vec::new()), "byte {at}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_changed_bit_spoils_its_chunk_alone(at in 0..sealed_len(3 * CHUNK_BYTES as u64 + 9), bit in 0..8_u32) {
        let (key, plain) = (key(), body(3 * CHUNK_BYTES + 9));
        let mut sealed = seal(&key, &plain, &[]);
        sealed[at as usize] ^= 1 << bit;
        let chunk = at as usize / SEALED_CHUNK;
        let (result, opened) = open_whole(&key, &sealed, plain.len());
        prop_assert_eq!(result, damaged(chunk as u64));
        prop_assert!(opened == plain[..chunk * CHUNK_BYTES]);
    }

    #[test]
    fn a_body_cut_anywhere_is_cut_off(bytes in 0..2 * CHUNK_BYTES + 9, lost in 1..2 * CHUNK_BYTES) {
        let (key, plain) = (key(), body(bytes));
        let sealed = seal(&key, &plain, &[]);
        let rest = &sealed[..sealed.len().saturating_sub(lost)];
        // what is left, for a reader that still knows the length, and for one that was told another
        let (result, _) = open_whole(&key, rest, bytes);
        let (expected, given) = (sealed.len() as u64, rest.len() as u64);
        prop_assert_eq!(result, Err(SealError::Length { expected, given }));
        prop_assert!(open_whole(&key, rest, bytes.saturating_sub(lost)).0.is_err());
    }
}

#[test]
fn chunks_have_their_place() {
    let (key, plain) = (key(), body(4 * CHUNK_BYTES));
    let sealed = seal(&key, &plain, &[]);
    for (one, two) in [(0, 1), (1, 2), (0, 3), (2, 3)] {
        let mut swapped = sealed.clone();
        let (first, second) = swapped.split_at_mut(two * SEALED_CHUNK);
        first[one * SEALED_CHUNK..][..SEALED_CHUNK].swap_with_slice(&mut second[..SEALED_CHUNK]);
        assert_eq!(open_whole(&key, &swapped, plain.len()).0, damaged(one as u64), "{one} and {two}");
    }
    let mut repeated = sealed.clone();
    repeated.copy_within(..SEALED_CHUNK, SEALED_CHUNK);
    assert_eq!(open_whole(&key, &repeated, plain.len()).0, damaged(1));
    let lost = [&sealed[..SEALED_CHUNK], &sealed[2 * SEALED_CHUNK..]].concat();
    assert_eq!(open_whole(&key, &lost, 3 * CHUNK_BYTES).0, damaged(1));
}

#[test]
fn a_body_ends_where_it_ended() {
    let (key, plain) = (key(), body(3 * CHUNK_BYTES));
    let sealed = seal(&key, &plain, &[]);
    // shorter by whole chunks, with a row that says so
    assert_eq!(open_whole(&key, &sealed[..2 * SEALED_CHUNK], 2 * CHUNK_BYTES).0, damaged(1));
    // a last chunk in the middle: two bodies under one id, joined
    let joined = [&sealed[..], &sealed[2 * SEALED_CHUNK..]].concat();
    assert_eq!(open_whole(&key, &joined, 4 * CHUNK_BYTES).0, damaged(2));
    // empty, and not empty
    let empty = seal(&key, b"", &[]);
    assert_eq!(open_whole(&key, &empty, 0), (Ok(()), Vec::new()));
    assert_eq!(open_whole(&key, &sealed[..16], 0).0, damaged(0));
    assert_eq!(open_whole(&key, &[&empty[..], &[0]].concat(), 1).0, damaged(0));
}

#[test]
fn another_key_or_body_id_opens_nothing() {
    let plain = body(10);
    let sealed = seal(&key(), &plain, &[]);
    let other = DataKey::new(&Counting(1));
    assert_eq!(open_whole(&other, &sealed, plain.len()), (damaged(0), Vec::new()));
    let mut opener = Opener::new(&key(), &[0; 16], 10, ByteRange::whole(10));
    assert_eq!(opener.push(&sealed, |_| panic!("nothing opens")), damaged(0));
    // and it stays closed
    assert!(opener.push(&sealed, |_| panic!("nothing opens")).is_err());
}

#[test]
fn bytes_behind_the_range_are_refused() {
    let plain = body(10);
    let sealed = seal(&key(), &plain, &[]);
    let mut opener = Opener::new(&key(), &ID, 10, ByteRange::whole(10));
    let mut opened = Vec::new();
    assert_eq!(opener.push(&sealed, |bytes| opened.extend_from_slice(bytes)), Ok(()));
    assert_eq!(opened, plain);
    let too_many = Err(SealError::Length { expected: 26, given: 27 });
    assert_eq!(opener.push(&[0; 3], |_| panic!("there is no more")), too_many);
    assert_eq!(opener.finish(), Ok(()));
}
