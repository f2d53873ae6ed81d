//! Request ids: on every reply, and in the log under the same text.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::Random;

/// Makes ids that are unique in this process and unlikely to meet those of another.
pub struct RequestIds {
    prefix: u64,
    next: AtomicU64,
}

impl RequestIds {
    /// Its first half is drawn now.
    #[must_use]
    pub fn new(random: &dyn Random) -> Self {
        let mut bytes = [0; 8];
        random.fill(&mut bytes);
        Self { prefix: u64::from_le_bytes(bytes), next: AtomicU64::new(0) }
    }

    /// 32 lower-case hexadecimal characters.
    #[must_use]
    pub fn next(&self) -> String {
        let n = self.next.fetch_add(1, Ordering::Relaxed);
        let mut id = String::with_capacity(32);
        write!(id, "{:016x}{n:016x}", self.prefix).expect("a string takes any text");
        id
    }
}
