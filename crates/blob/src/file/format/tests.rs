use super::*;

const ID: BlobId = BlobId([7; 16]);

fn trailer(length: u64) -> Trailer {
    Trailer { id: ID, layout: Layout::of(length).expect("not too long"), table_crc: 0x0102_0304 }
}

#[test]
fn checksums_are_those_of_the_standard() {
    assert_eq!(crc32c(b"123456789"), 0xe306_9283);
    assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
}

#[test]
fn layouts_follow_from_the_length() {
    for (length, table_offset, table_bytes, file_bytes) in [
        (0, 0, 0, 64),
        (1, 4_096, 4, 4_164),
        (4_096, 4_096, 4, 4_164),
        (65_536, 65_536, 4, 65_604),
        (65_537, 69_632, 8, 69_704),
    ] {
        let layout = Layout::of(length).expect("not too long");
        let parts = (layout.table_offset(), layout.table_bytes(), layout.file_bytes());
        assert_eq!(parts, (table_offset, table_bytes, file_bytes), "{length}");
    }
    assert!(Layout::of(BLOB_MAX_BYTES).is_some());
    assert!(Layout::of(BLOB_MAX_BYTES + 1).is_none());
}

#[test]
fn the_bytes_of_version_1_do_not_change() {
    let hex: String = trailer(65_537).encode().iter().map(|b| format!("{b:02x}")).collect();
    let fields = [
        "4c415244424c4f42",
        "01000000",
        "00000100",
        "07070707070707070707070707070707",
        "0100010000000000",
        "0800000000000000",
        "04030201",
        "0000000000000000",
    ];
    assert_eq!(hex[..120], fields.concat());
}

#[test]
fn trailers_round_trip_and_no_damage_passes() {
    let whole = trailer(65_537);
    let bytes = whole.encode();
    assert_eq!(Trailer::decode(&bytes, ID, 69_704), Ok(whole));
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut damaged = bytes;
            damaged[at] ^= 1 << bit;
            assert!(Trailer::decode(&damaged, ID, 69_704).is_err(), "byte {at} bit {bit}");
        }
        assert!(Trailer::decode(&bytes[..at], ID, 69_704).is_err(), "cut to {at}");
    }
    assert!(Trailer::decode(&bytes, BlobId([8; 16]), 69_704).is_err(), "another blob's file");
    assert!(Trailer::decode(&bytes, ID, 69_703).is_err(), "another length");
}

#[test]
fn sealed_nonsense_is_refused() {
    let reseal = |at: usize, field: &[u8]| {
        let mut bytes = trailer(1).encode();
        bytes[at..at + field.len()].copy_from_slice(field);
        let crc = crc32c(&bytes[..60]);
        bytes[60..].copy_from_slice(&crc.to_le_bytes());
        Trailer::decode(&bytes, ID, 4_164)
    };
    assert!(reseal(8, &1_u32.to_le_bytes()).is_ok(), "the helper itself does no harm");
    assert!(reseal(8, &2_u32.to_le_bytes()).is_err(), "a later version");
    assert!(reseal(12, &4_096_u32.to_le_bytes()).is_err(), "other blocks");
    assert!(reseal(32, &u64::MAX.to_le_bytes()).is_err(), "an absurd length");
    assert!(reseal(40, &u64::MAX.to_le_bytes()).is_err(), "an absurd table");
}
