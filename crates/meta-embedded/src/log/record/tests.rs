use proptest::prelude::*;

use super::*;

/// The bytes of a record, as `docs/formats/log.md` has them.
#[test]
fn the_layout_is_fixed() {
    let crcs = block_crcs([&b"body"[..]].into_iter());
    let record = Record {
        kind: Kind::Put,
        external: true,
        version: 7,
        write_id: WriteId([3; 16]),
        origin: 0,
        key: b"key",
        value: b"value",
        body: Some(RecordBody { home: None, at: 1_000, len: 4, crcs: &crcs }),
    };
    let mut expected = vec![1, 3];
    expected.extend_from_slice(&3_u16.to_le_bytes());
    for field in [5_u32, 4, 1_000, 0] {
        expected.extend_from_slice(&field.to_le_bytes());
    }
    expected.extend_from_slice(&7_u64.to_le_bytes());
    expected.extend_from_slice(&[3; 16]);
    expected.extend_from_slice(&0_u64.to_le_bytes());
    expected.extend_from_slice(b"keyvalue");
    expected.extend_from_slice(&crc32c(b"body").to_le_bytes());
    expected.extend_from_slice(&crc32c(&expected).to_le_bytes());
    let mut bytes = Vec::new();
    record.encode_into(&mut bytes);
    assert_eq!(bytes, expected);
    assert_eq!(record.bytes() as usize, bytes.len());
    assert_eq!(record.footprint() as usize, bytes.len() + 4);
    let value_at = record.value_at() as usize;
    assert_eq!(&bytes[value_at..value_at + 5], b"value");
    assert_eq!(key_bytes(&bytes), Some(3));

    // a body in another batch
    let home = Some(Home { segment: 9, record_at: 8_300 });
    let body = Some(RecordBody { home, at: 70_000, len: 4, crcs: &crcs });
    let record = Record { body, ..record };
    expected.truncate(expected.len() - 4);
    expected[1] = 7;
    expected[12..16].copy_from_slice(&70_000_u32.to_le_bytes());
    expected[16..20].copy_from_slice(&8_300_u32.to_le_bytes());
    expected[44..52].copy_from_slice(&9_u64.to_le_bytes());
    expected.extend_from_slice(&crc32c(&expected).to_le_bytes());
    bytes.clear();
    record.encode_into(&mut bytes);
    assert_eq!(bytes, expected);
    assert_eq!(record.footprint() as usize, bytes.len(), "it brings no body");
}

#[test]
fn a_body_may_be_empty_or_missing() {
    let base = Record {
        kind: Kind::MovedDelete,
        external: false,
        version: 1,
        write_id: WriteId([0; 16]),
        origin: 9,
        key: b"",
        value: b"",
        body: None,
    };
    for body in [None, Some(RecordBody { home: None, at: 0, len: 0, crcs: &[] })] {
        let record = Record { body, ..base };
        let mut bytes = Vec::new();
        record.encode_into(&mut bytes);
        assert_eq!(Record::decode(&bytes), Some((record, &[][..])));
    }
}

proptest! {
    #[test]
    fn records_round_trip_and_flips_are_found(
        code in 1_u8..5,
        external: bool,
        version: u64,
        write_id: [u8; 16],
        origin: u64,
        key in proptest::collection::vec(any::<u8>(), 0..300),
        value in proptest::collection::vec(any::<u8>(), 0..3_000),
        body_len in proptest::option::of(0_u32..300_000),
        home in proptest::option::of((any::<u64>(), any::<u32>())),
        flip: prop::sample::Index,
    ) {
        let kind = Kind::from_code(code).expect("a known code");
        let crcs = vec![5; body_len.map_or(0, crcs_bytes)];
        let home = home.map(|(segment, record_at)| Home { segment, record_at });
        let body = body_len.map(|len| RecordBody { home, at: 17, len, crcs: &crcs });
        let origin = if body.is_some() && home.is_some() { 0 } else { origin };
        let write_id = WriteId(write_id);
        let record = Record { kind, external, version, write_id, origin, key: &key, value: &value, body };
        let mut bytes = Vec::new();
        record.encode_into(&mut bytes);
        prop_assert_eq!(record.bytes() as usize, bytes.len());
        bytes.extend_from_slice(b"rest");
        prop_assert_eq!(Record::decode(&bytes), Some((record, &b"rest"[..])));
        let at = flip.index(bytes.len() - 4);
        bytes[at] ^= 1;
        prop_assert_eq!(Record::decode(&bytes), None);
    }

    #[test]
    fn any_bytes_decode_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Record::decode(&bytes);
    }

    #[test]
    fn checksums_do_not_depend_on_the_pieces(
        len in 0_usize..200_000,
        cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..5),
    ) {
        let body: Vec<u8> = (0..len).map(|n| ((n * 31) >> 3) as u8).collect();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(len + 1)).collect();
        cuts.sort_unstable();
        let (mut pieces, mut from) = (Vec::new(), 0);
        for cut in cuts {
            pieces.push(&body[from..cut]);
            from = cut;
        }
        pieces.push(&body[from..]);
        let whole: Vec<u8> =
            body.chunks(BLOCK_BYTES).flat_map(|block| crc32c(block).to_le_bytes()).collect();
        prop_assert_eq!(&block_crcs(pieces.into_iter()), &whole);
        prop_assert!(body_is_whole(&body, &whole));
        prop_assert!(!body_is_whole(&body, &[&whole[..], &[0; 4]].concat()));
    }
}
