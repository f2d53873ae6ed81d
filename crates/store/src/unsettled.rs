//! Blobs between two certainties: begun, and not yet known to be referred to or unwanted. The sweep leaves them alone, and
//! whoever gives one up leaves it to reclaim, a commit under way included: no outcome is ever guessed.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use blob::BlobId;
use meta::{Batch, EngineError, Version};

use crate::Store;

type Commit = Pin<Box<dyn Future<Output = Result<Version, EngineError>> + Send>>;

/// What an upload left behind when it was given up.
pub(crate) struct Leftover {
    id: BlobId,
    commit: Option<Commit>,
}

/// A blob that no row refers to yet, or may refer to.
pub(crate) struct Unsettled<'s> {
    store: &'s Store,
    pub(crate) id: BlobId,
    /// One that refers to the blob and is under way.
    commit: Option<Commit>,
    fate: Fate,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// Nothing refers to it.
    Unwanted,
    /// The engine itself does not know: only the next start's sweep can tell.
    Unknown,
    /// A row refers to it, or it is gone.
    Settled,
}

impl<'s> Unsettled<'s> {
    /// A blob that is about to be written.
    pub(crate) fn new(store: &'s Store, id: BlobId) -> Self {
        store.unsettled.lock().expect("no panic while locked").insert(id);
        Self { store, id, commit: None, fate: Fate::Unwanted }
    }

    /// Commits what refers to the blob.
    ///
    /// Cancel safety: the commit goes on, and reclaim awaits its outcome.
    pub(crate) async fn commit(&mut self, batch: Batch) -> Result<Version, EngineError> {
        let engine = Arc::clone(&self.store.engine);
        self.commit = Some(Box::pin(async move { engine.commit(batch).await }));
        self.outcome().await
    }

    async fn outcome(&mut self) -> Result<Version, EngineError> {
        let Some(commit) = &mut self.commit else { return Err(EngineError::Io("no commit".to_owned())) };
        let outcome = commit.await;
        self.commit = None;
        self.fate = match outcome {
            Ok(_) => Fate::Settled,
            Err(EngineError::Io(_)) => Fate::Unknown,
            Err(_) => Fate::Unwanted,
        };
        outcome
    }
}

impl Drop for Unsettled<'_> {
    fn drop(&mut self) {
        match (self.commit.take(), self.fate) {
            (None, Fate::Unknown) => {}
            (None, Fate::Settled) => {
                self.store.unsettled.lock().expect("no panic while locked").remove(&self.id);
            }
            (commit, _) => {
                let leftover = Leftover { id: self.id, commit };
                self.store.leftovers.lock().expect("no panic while locked").push_back(leftover);
                self.store.reclaim_wanted.notify_one();
            }
        }
    }
}

impl Store {
    /// Settles what uploads have left so far, and returns how many blobs were deleted. What cannot be deleted now is left
    /// again.
    pub(crate) async fn settle_leftovers(&self) -> Result<u64, blob::BlobError> {
        let (mut deleted, mut failed) = (0, Ok(()));
        let waiting = self.leftovers.lock().expect("no panic while locked").len();
        for _ in 0..waiting {
            let next = self.leftovers.lock().expect("no panic while locked").pop_front();
            let Some(Leftover { id, commit }) = next else { break };
            let mut blob = Unsettled { store: self, id, commit, fate: Fate::Unwanted };
            if blob.commit.is_some() {
                let _ = blob.outcome().await;
            }
            if blob.fate != Fate::Unwanted {
                continue;
            }
            match self.blobs.delete(&id).await {
                Ok(()) => {
                    blob.fate = Fate::Settled;
                    deleted += 1;
                }
                Err(error) => failed = Err(error),
            }
        }
        failed.map(|()| deleted)
    }
}
