//! Durations, sizes and moments as people type them: `15m`, `10MiB`, `2026-01-02T03:04:05Z`; and back.

use domain::Timestamp;

#[cfg(test)]
mod tests;

const DURATIONS: [(&str, u64); 5] = [("d", 86_400), ("h", 3_600), ("min", 60), ("m", 60), ("s", 1)];
const SIZES: [(&str, u64); 9] = [
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("KB", 1_000),
    ("B", 1),
];

/// Seconds of `90`, `90s`, `15m`, `1h` or `7d`.
pub(crate) fn duration_s(text: &str) -> Result<u64, String> {
    parse(text, &DURATIONS)
        .ok_or_else(|| format!("{text:?} is no duration; write one as 90s, 15m, 1h or 7d, or in seconds"))
}

/// Bytes of `512`, `10MiB` or `10MB`.
pub(crate) fn size_bytes(text: &str) -> Result<u64, String> {
    parse(text, &SIZES)
        .ok_or_else(|| format!("{text:?} is no size; write one as 10MiB, 10MB or 5GiB, or in bytes"))
}

/// A validity of a presigned URL: 1 second to 7 days.
pub(crate) fn validity_s(text: &str) -> Result<u32, String> {
    let seconds = duration_s(text)?;
    if (1..=sigv4::EXPIRES_S_MAX).contains(&seconds)
        && let Ok(seconds) = u32::try_from(seconds)
    {
        return Ok(seconds);
    }
    Err(format!("{text:?} is not between 1s and 7d"))
}

/// A moment: RFC 3339, a day, a SigV4 date, or Unix seconds.
pub(crate) fn moment(text: &str) -> Result<Timestamp, String> {
    let unix = || {
        let digits = !text.is_empty() && text.len() <= 12 && text.bytes().all(|b| b.is_ascii_digit());
        if digits { text.parse().ok() } else { None }
    };
    sigv4::parse_amz_date(text)
        .or_else(unix)
        .map(Timestamp::from_seconds)
        .or_else(|| Timestamp::parse_iso(text))
        .ok_or_else(|| {
            format!(
                "{text:?} is no moment; write one as 2026-01-02T03:04:05Z, 20260102T030405Z or Unix seconds"
            )
        })
}

/// The number before a unit, times the unit.
fn parse(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits)?;
    let factor = match unit {
        "" => 1,
        _ => units.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit))?.1,
    };
    number.parse::<u64>().ok()?.checked_mul(factor)
}

/// Seconds for people: the largest unit that keeps at least two of it.
pub(crate) fn shown_duration(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// Bytes for people: `10 MiB` where that is exact, one decimal where it is not.
pub(crate) fn shown_size(bytes: u64) -> String {
    for (name, factor) in &SIZES[..4] {
        if bytes >= *factor {
            let tenths = u128::from(bytes) * 10 / u128::from(*factor);
            return match tenths % 10 {
                0 => format!("{} {name}", tenths / 10),
                tenth => format!("{}.{tenth} {name}", tenths / 10),
            };
        }
    }
    format!("{bytes} B")
}
