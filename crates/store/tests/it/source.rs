//! Request bodies as a test wants them: in pieces, broken off, or stalled.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use domain::{Checksum, Error};
use store::{BodySource, BoxFuture};
use tokio::sync::Notify;

/// A body that does what it was told, step by step.
#[derive(Default)]
pub(crate) struct Source {
    steps: VecDeque<Step>,
    trailing: Vec<Checksum>,
}

enum Step {
    Piece(Bytes),
    Fail(Error),
    Stall(Arc<Notify>),
    Wait(Arc<Notify>, Arc<Notify>),
}

impl Source {
    /// One piece.
    pub(crate) fn whole(body: impl Into<Bytes>) -> Self {
        Self::default().piece(body)
    }

    /// Pieces of `piece_bytes`.
    pub(crate) fn in_pieces(body: &Bytes, piece_bytes: usize) -> Self {
        let starts = (0..body.len()).step_by(piece_bytes);
        starts.fold(Self::default(), |source, start| {
            source.piece(body.slice(start..body.len().min(start + piece_bytes)))
        })
    }

    pub(crate) fn piece(mut self, piece: impl Into<Bytes>) -> Self {
        self.steps.push_back(Step::Piece(piece.into()));
        self
    }

    /// Keeps the first `n` pieces only.
    pub(crate) fn first(mut self, n: usize) -> Self {
        self.steps.truncate(n);
        self
    }

    pub(crate) fn then_fail(mut self, error: Error) -> Self {
        self.steps.push_back(Step::Fail(error));
        self
    }

    /// Says so when it gets there, and never goes on.
    pub(crate) fn then_stall(mut self, reached: &Arc<Notify>) -> Self {
        self.steps.push_back(Step::Stall(Arc::clone(reached)));
        self
    }

    /// Says so when it gets there, and goes on when it is told to.
    pub(crate) fn then_wait(mut self, reached: &Arc<Notify>, open: &Arc<Notify>) -> Self {
        self.steps.push_back(Step::Wait(Arc::clone(reached), Arc::clone(open)));
        self
    }

    pub(crate) fn trailing(mut self, checksum: Checksum) -> Self {
        self.trailing.push(checksum);
        self
    }
}

impl BodySource for Source {
    fn next(&mut self) -> BoxFuture<'_, Result<Option<Bytes>, Error>> {
        Box::pin(async move {
            loop {
                match self.steps.pop_front() {
                    None => return Ok(None),
                    Some(Step::Piece(piece)) => return Ok(Some(piece)),
                    Some(Step::Fail(error)) => return Err(error),
                    Some(Step::Stall(reached)) => {
                        reached.notify_one();
                        return std::future::pending().await;
                    }
                    Some(Step::Wait(reached, open)) => {
                        reached.notify_one();
                        open.notified().await;
                    }
                }
            }
        })
    }

    fn trailing_checksums(&self) -> Vec<Checksum> {
        self.trailing.clone()
    }
}
