//! Time as a port: nothing in the house reads the machine's clock but the one implementation in `server`.

use std::fmt;

/// A moment, in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From milliseconds since the epoch.
    #[must_use]
    pub const fn from_millis(ms: i64) -> Self {
        Self(ms)
    }

    /// From seconds since the epoch.
    #[must_use]
    pub const fn from_seconds(s: i64) -> Self {
        Self(s.saturating_mul(1_000))
    }

    /// From ISO 8601 in UTC, as S3 has it: `2026-01-02T03:04:05Z`, with or without a fraction of a second, which is cut to
    /// milliseconds. `None` for any other form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let shape = text.len() <= 30 && text.as_bytes().get(10) == Some(&b'T') && text.ends_with('Z');
        let time: jiff::Timestamp = shape.then(|| text.parse().ok())??;
        Some(Self(time.as_millisecond()))
    }

    /// From ISO 8601 text: a date and time with its offset, as `2026-01-02T03:04:05.678Z`, or a day alone, which is its
    /// midnight in UTC. Fractions of a millisecond are dropped; `None` for any other text.
    #[must_use]
    pub fn parse_iso(text: &str) -> Option<Self> {
        // long enough for nanoseconds and an offset; longer text has an annotation, which no client of S3 sends
        const TEXT_MAX_BYTES: usize = 40;
        const DAY_BYTES: usize = "2026-01-02".len();
        let text = text.trim_ascii();
        let moment: jiff::Timestamp = match text.len() {
            DAY_BYTES => format!("{text}T00:00:00Z").parse().ok()?,
            0..=TEXT_MAX_BYTES => text.parse().ok()?,
            _ => return None,
        };
        Some(Self(moment.as_millisecond()))
    }

    /// This many seconds later; the last moment there is when there is none so late.
    #[must_use]
    pub fn plus_seconds(self, seconds: u64) -> Self {
        let ms = i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1_000);
        Self(self.0.saturating_add(ms))
    }

    /// The first midnight in UTC that is not before this moment.
    #[must_use]
    pub const fn up_to_midnight(self) -> Self {
        const DAY_MS: i64 = 86_400_000;
        match self.0.rem_euclid(DAY_MS) {
            0 => self,
            since_midnight => Self(self.0.saturating_add(DAY_MS - since_midnight)),
        }
    }

    /// The first midnight in UTC after this moment.
    #[must_use]
    pub const fn next_midnight(self) -> Self {
        Self(self.0.saturating_add(1)).up_to_midnight()
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down.
    #[must_use]
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(1_000)
    }
}

impl fmt::Display for Timestamp {
    /// ISO 8601 in UTC with milliseconds, as S3 writes it in XML: `2026-01-02T03:04:05.678Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(t) => write!(f, "{t:.3}"),
            Err(_) => write!(f, "{}ms", self.0),
        }
    }
}

/// The clock of the process, or a simulated one.
pub trait Clock: Send + Sync + 'static {
    /// The time now.
    fn now(&self) -> Timestamp;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_s3s_form_is_read() {
        let seconds = Timestamp::from_seconds(1_767_323_045);
        for text in ["2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000Z"] {
            assert_eq!(Timestamp::parse(text), Some(seconds), "{text}");
        }
        let fraction = Some(Timestamp::from_millis(1_767_323_045_678));
        for text in ["2026-01-02T03:04:05.678Z", "2026-01-02T03:04:05.678901Z"] {
            assert_eq!(Timestamp::parse(text), fraction, "{text}");
        }
        for text in [
            "",
            "2026-01-02",
            "2026-01-02 03:04:05Z",
            "2026-01-02T03:04:05",
            "2026-01-02T03:04:05+00:00",
            "2026-01-02T03:04:05+02:00",
            "2026-13-02T03:04:05Z",
            "2026-02-30T03:04:05Z",
            "2026-01-02T24:04:05Z",
            "20260102T030405Z",
            "1767323045",
            "soon",
        ] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }

    #[test]
    fn timestamps_show_as_s3_writes_them() {
        assert_eq!(Timestamp::from_seconds(1_767_323_045).to_string(), "2026-01-02T03:04:05.000Z");
        assert_eq!(Timestamp::from_millis(1_767_323_045_678).to_string(), "2026-01-02T03:04:05.678Z");
        assert_eq!(Timestamp::from_millis(-1).as_seconds(), -1);
    }

    #[test]
    fn moments_are_read_as_clients_write_them() {
        let table = [
            ("2026-01-02T03:04:05Z", Some(1_767_323_045_000)),
            (" 2026-01-02T03:04:05.678Z\n", Some(1_767_323_045_678)),
            ("2026-01-02T05:04:05.678999+02:00", Some(1_767_323_045_678)),
            ("2026-01-02", Some(1_767_312_000_000)),
            ("1969-12-31T23:59:59.999Z", Some(-1)),
            ("2026-01-02T03:04:05", None),
            ("2026-02-30", None),
            ("2026", None),
            ("", None),
            ("tomorrow", None),
            ("2026-01-02T03:04:05Z[Europe/Berlin]aaaaaaaaaaaaaaa", None),
        ];
        for (text, expected) in table {
            assert_eq!(Timestamp::parse_iso(text).map(Timestamp::as_millis), expected, "{text}");
        }
        let now = Timestamp::from_millis(1_767_323_045_678);
        assert_eq!(Timestamp::parse_iso(&now.to_string()), Some(now));
    }

    #[test]
    fn midnights() {
        const DAY: i64 = 86_400_000;
        for (ms, expected) in [(0, 0), (1, DAY), (DAY - 1, DAY), (DAY, DAY), (-1, 0), (-DAY - 1, -DAY)] {
            assert_eq!(Timestamp::from_millis(ms).up_to_midnight().as_millis(), expected, "{ms}");
        }
        for (ms, expected) in [(-1, 0), (0, 86_400_000), (1, 86_400_000)] {
            assert_eq!(Timestamp::from_millis(ms).next_midnight().as_millis(), expected, "{ms}");
        }
        assert_eq!(Timestamp::from_millis(i64::MAX).up_to_midnight().as_millis(), i64::MAX);
        assert_eq!(Timestamp::from_millis(5).plus_seconds(u64::MAX).as_millis(), i64::MAX);
        assert_eq!(Timestamp::from_millis(5).plus_seconds(2).as_millis(), 2_005);
    }
}
