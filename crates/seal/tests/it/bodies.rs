//! What was sealed opens: any body, any range, any pieces.

use domain::ByteRange;
use proptest::prelude::*;
use seal::{CHUNK_BYTES, sealed_len};

use crate::{body, key, open, open_whole, seal};

/// Lengths and offsets around the places where something changes, as well as any others.
fn offset() -> impl Strategy<Value = usize> {
    let near =
        (0..4_usize, 0..5_usize).prop_map(|(chunk, past)| (chunk * CHUNK_BYTES + past).saturating_sub(2));
    prop_oneof![near, 0..3 * CHUNK_BYTES, 0..40_usize]
}

fn pieces() -> impl Strategy<Value = Vec<usize>> {
    let piece =
        prop_oneof![1..50_000_usize, Just(CHUNK_BYTES), Just(2 * CHUNK_BYTES), Just(CHUNK_BYTES + 16)];
    prop::collection::vec(piece, 0..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_range_of_any_body_in_any_pieces(
        bytes in offset(),
        (a, b) in (offset(), offset()),
        sent in pieces(),
        stored in pieces(),
    ) {
        let (key, plain) = (key(), body(bytes));
        let sealed = seal(&key, &plain, &sent);
        prop_assert_eq!(sealed.len() as u64, sealed_len(bytes as u64));
        let (start, end) = (a.min(b), a.max(b));
        let range = ByteRange { start: start as u64, end: end as u64 };
        let (result, opened) = open(&key, &sealed, bytes, range, &stored);
        prop_assert_eq!(result, Ok(()));
        prop_assert!(opened == plain[start.min(bytes)..end.min(bytes)]);
    }

    #[test]
    fn pieces_do_not_change_what_is_stored(bytes in offset(), sent in pieces()) {
        let (key, plain) = (key(), body(bytes));
        prop_assert!(seal(&key, &plain, &sent) == seal(&key, &plain, &[]));
    }
}

#[test]
fn a_range_reads_the_chunks_it_touches_and_no_more() {
    let (key, plain) = (key(), body(5 * CHUNK_BYTES));
    let mut sealed = seal(&key, &plain, &[]);
    let chunk = CHUNK_BYTES + 16;
    // all but chunks 1 and 2
    sealed[..chunk].fill(0);
    sealed[3 * chunk..].fill(0);
    let range = ByteRange { start: CHUNK_BYTES as u64, end: 3 * CHUNK_BYTES as u64 };
    let (result, opened) = open(&key, &sealed, plain.len(), range, &[]);
    assert_eq!(result, Ok(()));
    assert!(opened == plain[CHUNK_BYTES..3 * CHUNK_BYTES]);
}

#[test]
fn bodies_of_one_key_share_nothing() {
    let (key, plain) = (key(), body(100));
    let other = {
        let mut sealed = Vec::new();
        let mut sealer = seal::Sealer::new(&key, b"another body 016");
        sealer.push(&plain, |bytes| sealed.extend_from_slice(bytes));
        sealer.finish(|bytes| sealed.extend_from_slice(bytes));
        sealed
    };
    assert_ne!(seal(&key, &plain, &[])[..16], other[..16]);
    assert!(open_whole(&key, &other, 100).0.is_err());
}
