//! Randomness from a seed: not for secrets.

use std::sync::atomic::{AtomicU64, Ordering};

use domain::Random;

/// The SplitMix64 generator: the same seed gives the same sequence.
///
/// Spec: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", 2014.
#[derive(Debug)]
pub struct SeededRandom(AtomicU64);

const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

impl SeededRandom {
    /// A generator that starts from `seed`.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    /// The next 64 bits.
    pub fn next_u64(&self) -> u64 {
        let mut z = self.0.fetch_add(GAMMA, Ordering::Relaxed).wrapping_add(GAMMA);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number in `0..bound`; 0 when `bound` is 0. Slightly uneven for huge bounds, which no test minds.
    pub fn below(&self, bound: u64) -> u64 {
        self.next_u64().checked_rem(bound).unwrap_or(0)
    }

    /// Heads or tails.
    pub fn coin(&self) -> bool {
        self.next_u64() >> 63 == 1
    }

    /// `len` bytes.
    pub fn bytes(&self, len: usize) -> Vec<u8> {
        let mut out = vec![0; len];
        self.fill(&mut out);
        out
    }
}

impl Random for SeededRandom {
    fn fill(&self, out: &mut [u8]) {
        for chunk in out.chunks_mut(8) {
            chunk.copy_from_slice(&self.next_u64().to_le_bytes()[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_published_sequence() {
        let random = SeededRandom::new(1_234_567);
        let first: Vec<u64> = (0..3).map(|_| random.next_u64()).collect();
        assert_eq!(first, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn a_seed_replays() {
        let (a, b, c) = (SeededRandom::new(1), SeededRandom::new(1), SeededRandom::new(2));
        assert_eq!(a.bytes(13), b.bytes(13));
        assert_eq!(a.below(10), b.below(10));
        assert_ne!(a.bytes(13), c.bytes(13));
        assert_eq!(a.below(0), 0);
        assert!((0..100).all(|_| a.below(3) < 3));
        let heads = (0..1_000).filter(|_| a.coin()).count();
        assert!((400..600).contains(&heads), "{heads} heads of 1,000");
    }
}
