//! How many requests a second, and how many at once: the limit, its text in a configuration, and whether one more request is
//! within it. Whom it is for and what is remembered of him is the store's.

use std::fmt;

use crate::clock::Timestamp;

/// Most requests a second, and most at once, of a limit.
pub const RATE_MAX: u32 = 1_000_000;
const SECOND_NS: i64 = 1_000_000_000;
const MS_NS: i64 = 1_000_000;

/// So many requests a second in the long run, and so many at once after a pause; both from 1 to [`RATE_MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    per_second: u32,
    burst: u32,
}

/// When whoever is limited will have all of his burst again, in nanoseconds since 1970; none is remembered before his first
/// request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Refilled(i64);

impl RateLimit {
    /// A limit within the bounds.
    #[must_use]
    pub fn new(per_second: u32, burst: u32) -> Option<Self> {
        let is_within = |number| (1..=RATE_MAX).contains(&number);
        (is_within(per_second) && is_within(burst)).then_some(Self { per_second, burst })
    }

    /// Reads `100/s`, where as many come at once, or `100/s burst 300`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let number = |text: &str| {
            let is_plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
            text.parse().ok().filter(|_| is_plain)
        };
        let mut words = text.split_ascii_whitespace();
        let per_second = number(words.next()?.strip_suffix("/s")?)?;
        let burst = match (words.next(), words.next(), words.next()) {
            (None, ..) => per_second,
            (Some("burst"), Some(burst), None) => number(burst)?,
            _ => return None,
        };
        Self::new(per_second, burst)
    }

    /// Requests a second.
    #[must_use]
    pub const fn per_second(self) -> u32 {
        self.per_second
    }

    /// Requests at once.
    #[must_use]
    pub const fn burst(self) -> u32 {
        self.burst
    }

    /// Takes one request: what to remember, or after how many milliseconds one will be within the limit. A clock that was put
    /// back makes nobody wait longer than for one request.
    ///
    /// # Errors
    /// The milliseconds, at least 1.
    pub fn take(self, refilled: Refilled, now: Timestamp) -> Result<Refilled, u64> {
        let interval = SECOND_NS / i64::from(self.per_second);
        let whole = interval * i64::from(self.burst);
        let now = now.as_millis().clamp(0, i64::MAX / MS_NS / 2) * MS_NS;
        let refilled = refilled.0.clamp(now, now + whole) + interval;
        match refilled - (now + whole) {
            wait @ 1.. => Err(u64::try_from((wait + MS_NS - 1) / MS_NS).unwrap_or(1)),
            _ => Ok(Refilled(refilled)),
        }
    }
}

impl Refilled {
    /// Whether nothing is to be remembered any more.
    #[must_use]
    pub const fn is_over(self, now: Timestamp) -> bool {
        self.0 <= now.as_millis().saturating_mul(MS_NS)
    }
}

impl fmt::Display for RateLimit {
    /// As [`RateLimit::parse`] reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/s burst {}", self.per_second, self.burst)
    }
}

#[cfg(test)]
mod tests;
