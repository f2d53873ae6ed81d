//! Randomness as a port: ids and tokens come from here, so one seed replays a run.

/// A source of unpredictable bytes, or a seeded one in tests.
pub trait Random: Send + Sync + 'static {
    /// Fills `out`.
    fn fill(&self, out: &mut [u8]);
}

/// Lower-case hexadecimal text of `N` random bytes.
pub fn hex<const N: usize>(random: &dyn Random) -> String {
    let mut bytes = [0_u8; N];
    random.fill(&mut bytes);
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
