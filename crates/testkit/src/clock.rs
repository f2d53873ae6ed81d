//! A clock that stands still until a test moves it.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use domain::{Clock, Timestamp};

/// A clock that is set by hand, forwards or backwards.
#[derive(Debug)]
pub struct SimClock(AtomicI64);

impl SimClock {
    /// A clock that shows `now`.
    #[must_use]
    pub const fn new(now: Timestamp) -> Self {
        Self(AtomicI64::new(now.as_millis()))
    }

    /// Sets the clock.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.as_millis(), Ordering::SeqCst);
    }

    /// Moves the clock forwards; parts of a millisecond are lost.
    pub fn advance(&self, by: Duration) {
        let ms = i64::try_from(by.as_millis()).expect("a test advances by less than the age of the universe");
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Default for SimClock {
    /// A clock that shows 2026-01-01T00:00:00Z.
    fn default() -> Self {
        Self::new(Timestamp::from_seconds(1_767_225_600))
    }
}

impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moves_only_by_hand() {
        let clock = SimClock::default();
        assert_eq!(clock.now().to_string(), "2026-01-01T00:00:00.000Z");
        clock.advance(Duration::from_millis(1_500));
        assert_eq!(clock.now().to_string(), "2026-01-01T00:00:01.500Z");
        clock.set(Timestamp::from_millis(7));
        assert_eq!(clock.now(), Timestamp::from_millis(7));
    }
}
