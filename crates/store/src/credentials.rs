//! The access keys that are known to the server, given at start. Nothing here is stored.

mod bearer;

use std::collections::HashMap;

use auth::AccessKey;

/// Access keys by id.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    by_id: HashMap<String, AccessKey>,
}

impl Credentials {
    /// From a list; a later key replaces an earlier one of the same id.
    #[must_use]
    pub fn new(keys: impl IntoIterator<Item = AccessKey>) -> Self {
        Self { by_id: keys.into_iter().map(|key| (key.id.clone(), key)).collect() }
    }

    /// The key of an id.
    #[must_use]
    pub fn find(&self, access_key_id: &str) -> Option<&AccessKey> {
        self.by_id.get(access_key_id)
    }

    /// Whether nobody can call.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }
}
