//! Sizes and durations as people write them: a number and its unit.

use std::time::Duration;

const SIZES: [(&str, u64); 4] = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("B", 1)];
const DURATIONS: [(&str, u64); 5] =
    [("ms", 1), ("min", 60_000), ("s", 1_000), ("h", 3_600_000), ("d", 86_400_000)];

/// Parses `64 MiB`, `1024 B` or `0`, to bytes.
///
/// # Errors
/// What is wrong with it.
pub fn parse_size(text: &str) -> Result<u64, String> {
    if text.trim() == "0" {
        return Ok(0);
    }
    scaled(text, &SIZES).ok_or_else(|| "is no size with a unit, such as 64 MiB".to_owned())
}

/// Parses `30s`, `500 ms`, `5min`, `90d`.
///
/// # Errors
/// What is wrong with it.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    scaled(text, &DURATIONS)
        .filter(|ms| *ms > 0)
        .map(Duration::from_millis)
        .ok_or_else(|| "is no duration with a unit, such as 30s".to_owned())
}

fn scaled(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let text = text.trim();
    let (number, scale) = units.iter().find_map(|(unit, scale)| {
        let number = text.strip_suffix(unit)?.trim_end();
        number.bytes().all(|b| b.is_ascii_digit()).then_some((number, scale))
    })?;
    number.parse::<u64>().ok()?.checked_mul(*scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        let table = [
            ("0", Some(0)),
            ("64 MiB", Some(64 << 20)),
            ("1GiB", Some(1 << 30)),
            ("10 KiB", Some(10_240)),
            ("7 B", Some(7)),
            ("64", None),
            ("MiB", None),
            ("-1 MiB", None),
            ("1.5 MiB", None),
            ("64 MB", None),
            ("99999999999999 GiB", None),
        ];
        for (text, expected) in table {
            assert_eq!(parse_size(text).ok(), expected, "{text}");
        }
    }

    #[test]
    fn durations() {
        let table = [
            ("30s", Some(30_000)),
            ("500 ms", Some(500)),
            ("5min", Some(300_000)),
            ("1h", Some(3_600_000)),
            ("90d", Some(7_776_000_000)),
            ("0s", None),
            ("30", None),
            ("s", None),
        ];
        for (text, expected) in table {
            assert_eq!(parse_duration(text).ok().map(|d| d.as_millis()), expected, "{text}");
        }
    }
}
