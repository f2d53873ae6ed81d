//! A file that goes away unless it is kept.

use std::sync::Arc;

use super::Shared;
use crate::port::BlobId;

/// Owns a name until [`Unfinished::keep`]; dropped before, it removes the file. Dropping blocks.
pub(super) struct Unfinished {
    shared: Arc<Shared>,
    id: BlobId,
    name: String,
    kept: bool,
}

impl Unfinished {
    pub(super) fn new(shared: &Arc<Shared>, id: BlobId, name: String) -> Self {
        Self { shared: Arc::clone(shared), id, name, kept: false }
    }

    /// Moves the file; readers do not see the blob under its new name before it is kept.
    pub(super) fn rename(&mut self, to: String) -> std::io::Result<()> {
        self.shared.hide(self.id);
        self.shared.disk.rename(&self.name, &to)?;
        self.name = to;
        Ok(())
    }

    pub(super) fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.kept
            && let Err(error) = self.shared.disk.remove(&self.name)
        {
            // what stays in tmp/ goes at the next start, what stays in big/ with the sweep of orphans
            tracing::warn!(file = self.name, %error, "an unfinished blob could not be removed");
        }
        self.shared.show(self.id);
    }
}
