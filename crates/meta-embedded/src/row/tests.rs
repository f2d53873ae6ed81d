use proptest::prelude::*;

use super::*;

fn rows() -> impl Strategy<Value = IndexRow> {
    let place = (any::<u64>(), any::<u32>(), any::<u32>());
    let home = proptest::option::of((any::<u64>(), any::<u32>()));
    let body = proptest::option::of((any::<u32>(), 0_u32..4 * 1024 * 1024, home));
    let bytes = |max| proptest::collection::vec(any::<u8>(), 0..max).prop_map(Bytes::from);
    let logged = (bytes(VALUE_HEAD_BYTES), any::<u32>(), any::<u32>(), any::<u32>());
    let value = prop_oneof![
        bytes(1_500).prop_map(Value::Inline),
        logged.prop_map(|(head, at, len, crc)| Value::Logged { head, at, len, crc }),
    ];
    (any::<u64>(), any::<bool>(), place, body, value).prop_map(|(version, external, place, body, value)| {
        let (segment, record_at, footprint) = place;
        let body = body.map(|(at, len, home)| {
            let crcs = (0..crcs_bytes(len)).map(|n| n as u8).collect();
            let home = home.map(|(segment, record_at)| Home { segment, record_at });
            BodyPlace { home, at, len, crcs }
        });
        IndexRow { version, external, place: Place { segment, record_at, footprint }, body, value }
    })
}

proptest! {
    #[test]
    fn rows_round_trip(row in rows()) {
        let entry = row.encode();
        prop_assert!(entry.len() <= ROW_MAX_BYTES);
        prop_assert_eq!(IndexRow::decode(&entry.into()), Some(row));
    }

    #[test]
    fn any_bytes_decode_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
        let _ = IndexRow::decode(&bytes.into());
    }
}

#[test]
fn a_row_is_inline_up_to_its_bound() {
    let row = |value_bytes, body: Option<BodyPlace>| IndexRow {
        version: 1,
        external: false,
        place: Place { segment: 1, record_at: 2, footprint: 3 },
        body,
        value: Value::Inline(vec![0; value_bytes].into()),
    };
    let home = Some(Home { segment: 1, record_at: 2 });
    let body = |(len, home)| BodyPlace { home, at: 0, len, crcs: vec![0; crcs_bytes(len)].into() };
    for of in [
        None,
        Some((0, None)),
        Some((4_096, home)),
        Some((4 * 1024 * 1024, None)),
        Some((4 * 1024 * 1024, home)),
    ] {
        let body = of.map(body);
        let longest = (0..3_000).rfind(|bytes| fits_inline(*bytes, body.as_ref())).expect("short ones fit");
        assert!(longest >= 1_700, "{longest} with {of:?}");
        assert_eq!(row(longest, body).encode().len(), ROW_MAX_BYTES);
    }
}

#[test]
fn another_version_is_not_read() {
    let row = IndexRow {
        version: 1,
        external: true,
        place: Place { segment: 1, record_at: 2, footprint: 3 },
        body: None,
        value: Value::Inline(Bytes::new()),
    };
    let mut entry = row.encode();
    entry[0] = 2;
    assert_eq!(IndexRow::decode(&entry.into()), None);
}
