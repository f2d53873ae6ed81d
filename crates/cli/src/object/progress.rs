//! A bar on a terminal; nothing anywhere else.

use std::io::{IsTerminal as _, Write as _, stderr};
use std::time::{Duration, Instant};

use crate::quantity::shown_size;

/// Shortest time between two pictures.
const PAUSE: Duration = Duration::from_millis(100);
const BAR_CHARS: u64 = 30;

/// How far something is.
pub(super) struct Progress {
    is_shown: bool,
    total_bytes: Option<u64>,
    done_bytes: u64,
    began: Instant,
    drawn: Option<Instant>,
}

impl Progress {
    /// Of so many bytes, if it is known.
    pub(super) fn new(total_bytes: Option<u64>) -> Self {
        let is_shown = stderr().is_terminal();
        Self { is_shown, total_bytes, done_bytes: 0, began: Instant::now(), drawn: None }
    }

    /// So many bytes more.
    pub(super) fn add(&mut self, bytes: usize) {
        self.done_bytes = self.done_bytes.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
        if self.is_shown && self.drawn.is_none_or(|drawn| drawn.elapsed() >= PAUSE) {
            self.drawn = Some(Instant::now());
            let _ = write!(
                stderr(),
                "\r{}\x1b[K",
                picture(self.done_bytes, self.total_bytes, self.began.elapsed())
            );
        }
    }
}

/// Takes the bar away.
impl Drop for Progress {
    fn drop(&mut self) {
        if self.drawn.is_some() {
            let _ = write!(stderr(), "\r\x1b[K");
        }
    }
}

fn picture(done_bytes: u64, total_bytes: Option<u64>, elapsed: Duration) -> String {
    let milliseconds = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX).max(1);
    let speed = shown_size(done_bytes.saturating_mul(1_000) / milliseconds);
    let done = shown_size(done_bytes);
    match total_bytes.filter(|total| *total > 0) {
        Some(total) => {
            let filled = (u128::from(done_bytes) * u128::from(BAR_CHARS) / u128::from(total))
                .min(u128::from(BAR_CHARS));
            let filled = usize::try_from(filled).unwrap_or_default();
            let empty = usize::try_from(BAR_CHARS).unwrap_or_default() - filled;
            format!(
                "[{}{}] {done} of {}, {speed}/s",
                "#".repeat(filled),
                " ".repeat(empty),
                shown_size(total)
            )
        }
        None => format!("{done}, {speed}/s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_by_example() {
        let second = Duration::from_secs(1);
        assert_eq!(picture(0, Some(0), Duration::ZERO), "0 B, 0 B/s");
        assert_eq!(picture(512, None, second), "512 B, 512 B/s");
        let half = picture(1 << 20, Some(2 << 20), second);
        assert_eq!(half, format!("[{}{}] 1 MiB of 2 MiB, 1 MiB/s", "#".repeat(15), " ".repeat(15)));
        assert!(picture(u64::MAX, Some(1), second).starts_with(&format!("[{}]", "#".repeat(30))));
    }
}
