use super::*;

fn segment() -> SegmentHeader {
    SegmentHeader { format: 2, seq: 5, salt: [9; 16], capacity: 1 << 28, next_version: 70, next_batch: 60 }
}

fn batch() -> BatchHeader {
    BatchHeader {
        seq: 5,
        salt: [9; 16],
        offset: 8_192,
        number: 60,
        durable: 59,
        next_version: 72,
        total_bytes: 8_192,
        records_bytes: 300,
        records: 4,
        prev_crc: 0x0102_0304,
        records_crc: 0x0506_0708,
        seal: false,
    }
}

#[test]
fn crc32c_is_the_published_one() {
    assert_eq!(crc32c(b"123456789"), 0xe306_9283);
}

/// The bytes of segments of version 2, and of batches, as `docs/formats/log.md` has them. Logs on disk depend on this.
#[test]
fn the_layout_is_fixed() {
    let bytes = segment().encode();
    assert_eq!(bytes.len(), 4_096);
    let mut expected = Vec::new();
    expected.extend_from_slice(b"LARDRLOG\x02\0\0\0");
    expected.extend_from_slice(&5_u64.to_le_bytes());
    expected.extend_from_slice(&[9; 16]);
    expected.extend_from_slice(&(1_u64 << 28).to_le_bytes());
    expected.extend_from_slice(&70_u64.to_le_bytes());
    expected.extend_from_slice(&60_u64.to_le_bytes());
    expected.extend_from_slice(&crc32c(&expected).to_le_bytes());
    assert_eq!(bytes[..64], expected[..]);
    assert!(bytes[64..].iter().all(|byte| *byte == 0));

    let (bytes, crc) = batch().encode();
    let mut expected = Vec::new();
    expected.extend_from_slice(b"LBAT\x01\0\0\0");
    expected.extend_from_slice(&5_u64.to_le_bytes());
    expected.extend_from_slice(&[9; 16]);
    for field in [8_192_u64, 60, 59, 72] {
        expected.extend_from_slice(&field.to_le_bytes());
    }
    for field in [8_192_u32, 300, 4, 0x0102_0304, 0x0506_0708, 0, 0] {
        expected.extend_from_slice(&field.to_le_bytes());
    }
    assert_eq!(crc, crc32c(&expected));
    expected.extend_from_slice(&crc.to_le_bytes());
    assert_eq!(bytes[..], expected[..]);
    let seal = BatchHeader { seal: true, ..batch() };
    assert_eq!(seal.encode().0[6], 1);
}

#[test]
fn headers_round_trip_and_any_flip_is_found() {
    let sector = segment().encode();
    assert_eq!(SegmentHeader::decode(&sector), HeaderFound::Good(segment()));
    for at in 0..64 {
        let mut bad = sector.clone();
        bad[at] ^= 1;
        let found = SegmentHeader::decode(&bad);
        let expected = if at < 8 { HeaderFound::Nothing } else { HeaderFound::Damaged };
        assert_eq!(found, expected, "byte {at}");
    }
    for cut in 0..64 {
        assert!(!matches!(SegmentHeader::decode(&sector[..cut]), HeaderFound::Good(_)), "{cut} bytes");
    }

    for header in [batch(), BatchHeader { seal: true, ..batch() }] {
        let (bytes, crc) = header.encode();
        assert_eq!(BatchHeader::decode(&bytes), Some((header, crc)));
        for at in 0..BATCH_HEADER_BYTES {
            let mut bad = bytes;
            bad[at] ^= 0x80;
            assert_eq!(BatchHeader::decode(&bad), None, "byte {at}");
        }
        for cut in 0..BATCH_HEADER_BYTES {
            assert_eq!(BatchHeader::decode(&bytes[..cut]), None, "{cut} bytes");
        }
    }
}

#[test]
fn a_later_format_is_told_from_damage() {
    let mut sector = segment().encode();
    for format in [0, 3] {
        sector[8] = format;
        let crc = crc32c(&sector[..60]);
        sector[60..64].copy_from_slice(&crc.to_le_bytes());
        assert_eq!(SegmentHeader::decode(&sector), HeaderFound::Unknown(format.into()));
    }
    let old = SegmentHeader { format: 1, ..segment() };
    assert_eq!(SegmentHeader::decode(&old.encode()), HeaderFound::Good(old), "version 1 is still read");
}

#[test]
fn sizes_that_cannot_be_are_refused() {
    let bad = [
        BatchHeader { total_bytes: 0, records_bytes: 0, ..batch() },
        BatchHeader { total_bytes: 4_097, ..batch() },
        BatchHeader { total_bytes: 65 * 1024 * 1024, ..batch() },
        BatchHeader { records_bytes: 8_192 - 95, ..batch() },
        BatchHeader { records_bytes: u32::MAX, ..batch() },
    ];
    for header in bad {
        assert_eq!(BatchHeader::decode(&header.encode().0), None, "{header:?}");
    }
}
