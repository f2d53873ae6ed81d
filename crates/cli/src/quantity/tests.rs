use proptest::prelude::*;

use super::*;

#[test]
fn durations_and_sizes_by_example() {
    for (text, seconds) in [
        ("0", 0),
        ("90", 90),
        ("90s", 90),
        ("15m", 900),
        ("15min", 900),
        ("1h", 3_600),
        ("7d", 604_800),
        ("7D", 604_800),
    ] {
        assert_eq!(duration_s(text), Ok(seconds), "{text}");
    }
    for (text, bytes) in
        [("5", 5), ("5B", 5), ("1kb", 1_000), ("1KiB", 1_024), ("10MiB", 10 << 20), ("5GB", 5_000_000_000)]
    {
        assert_eq!(size_bytes(text), Ok(bytes), "{text}");
    }
    for text in
        ["", "m", "-1m", "+1", "1.5h", "1 h", "1w", "99999999999999999999", "18446744073709551615d", "１m"]
    {
        assert!(duration_s(text).is_err(), "{text}");
    }
    assert!(size_bytes("1XB").is_err());
}

#[test]
fn a_validity_has_bounds() {
    assert_eq!(validity_s("1"), Ok(1));
    assert_eq!(validity_s("7d"), Ok(604_800));
    for text in ["0", "0s", "604801", "8d", "1y"] {
        assert!(validity_s(text).is_err(), "{text}");
    }
}

#[test]
fn moments_in_every_spelling_are_one() {
    for text in ["1767323045", "20260102T030405Z", "2026-01-02T03:04:05Z", "2026-01-02T04:04:05+01:00"] {
        assert_eq!(moment(text).map(Timestamp::as_seconds), Ok(1_767_323_045), "{text}");
    }
    assert_eq!(moment("2026-01-02").map(Timestamp::as_seconds), Ok(1_767_312_000));
    for text in ["", "now", "2026", "20260230T000000Z", "9999999999999"] {
        // four digits are Unix seconds of 1970, which nobody means, but they are a number
        assert_eq!(moment(text).is_err(), text != "2026", "{text}");
    }
}

#[test]
fn sizes_are_shown_short() {
    for (bytes, text) in [
        (0, "0 B"),
        (1_023, "1023 B"),
        (1_024, "1 KiB"),
        (1_536, "1.5 KiB"),
        (10 << 20, "10 MiB"),
        (5 << 40, "5 TiB"),
    ] {
        assert_eq!(shown_size(bytes), text);
    }
    assert!(shown_size(u64::MAX).ends_with(" TiB"));
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        let _ = (duration_s(&text), size_bytes(&text), validity_s(&text), moment(&text));
    }

    #[test]
    fn what_is_written_in_a_unit_is_read_back(number in 0_u64..1 << 20, unit in 0_usize..9) {
        let (name, factor) = SIZES[unit];
        prop_assert_eq!(size_bytes(&format!("{number}{name}")), Ok(number * factor));
    }

    #[test]
    fn a_moment_is_read_back_as_it_is_shown(seconds in 0_i64..253_402_300_799) {
        let shown = Timestamp::from_seconds(seconds).to_string();
        prop_assert_eq!(moment(&shown).map(Timestamp::as_seconds), Ok(seconds));
        prop_assert_eq!(moment(&sigv4::amz_date(seconds)).map(Timestamp::as_seconds), Ok(seconds));
    }
}
