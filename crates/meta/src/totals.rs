//! Totals: sums over groups of rows, which an engine keeps exact with every commit and gives back without reading a row.

/// Number of amounts in [`Totals`].
pub const AMOUNTS: usize = 12;

/// Names a group of rows.
pub type Group = [u8; 8];

/// Sums over the rows of a group. What each amount is, its [`Measure`] says; the engine only adds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals(pub [u64; AMOUNTS]);

impl Totals {
    /// The sum of the amounts at these places.
    ///
    /// # Panics
    /// When a place is not below [`AMOUNTS`].
    #[must_use]
    pub fn sum(&self, places: &[usize]) -> u64 {
        places.iter().fold(0, |sum: u64, place| sum.saturating_add(self.0[*place]))
    }

    /// With one row in the place of another; `None` stands for no row.
    #[must_use]
    pub fn replacing(&self, old: Option<&Self>, new: Option<&Self>) -> Self {
        let amount = |row: Option<&Self>, n: usize| row.map_or(0, |row| row.0[n]);
        Self(std::array::from_fn(|n| {
            // what is there was added before
            self.0[n].saturating_add(amount(new, n)).saturating_sub(amount(old, n))
        }))
    }
}

/// What is measured of a row.
#[derive(Clone, Copy, Debug)]
pub struct Measured<'a> {
    /// Its key.
    pub key: &'a [u8],
    /// The first [`crate::engine::VALUE_HEAD_BYTES`] of its value.
    pub head: &'a [u8],
    /// Length of the whole value.
    pub value_bytes: usize,
    /// Whether it has a body, or names bytes outside the engine.
    pub has_bytes: bool,
}

/// What a row adds to the totals, and of which group; `None` for one that is not counted. The same row always gives the same.
pub type Measure = fn(&Measured<'_>) -> Option<(Group, Totals)>;
