//! The key of one object's or upload's bodies.

use std::fmt;

use domain::Random;
use zeroize::Zeroizing;

use crate::secret::{KEY_BYTES, Secret};

/// A random key, stored only as a [`WrappedKey`](crate::WrappedKey). Each body is sealed under a key of its own that follows
/// from it.
#[derive(Clone)]
pub struct DataKey(pub(crate) Secret);

impl DataKey {
    /// Makes a new key.
    #[must_use]
    pub fn new(random: &dyn Random) -> Self {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        random.fill(&mut *key);
        Self(Secret::new(&key))
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey(hidden)")
    }
}
