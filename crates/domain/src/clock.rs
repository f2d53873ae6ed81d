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
}
