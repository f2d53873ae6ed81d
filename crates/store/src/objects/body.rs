//! An object's bytes on their way out: verified block by block, read in pieces, never held whole.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use blob::{BlobId, BlobReader, BlobStore};
use bytes::Bytes;
use domain::{ByteRange, Error};
use meta::BodyHandle;
use meta::tables::object::Segment;

use crate::failure::{blob_failed, engine_failed};

/// The bytes of one range of an object.
///
/// It goes on reading what it was opened on, whatever becomes of the object meanwhile.
pub struct ObjectBody {
    sources: VecDeque<(Source, Range<u64>)>,
    remaining: u64,
}

enum Source {
    Inline(BodyHandle),
    Blob(Arc<dyn BlobReader>),
}

impl ObjectBody {
    pub(crate) fn empty() -> Self {
        Self { sources: VecDeque::new(), remaining: 0 }
    }

    pub(crate) fn inline(handle: BodyHandle, range: ByteRange) -> Self {
        Self {
            sources: VecDeque::from([(Source::Inline(handle), range.start..range.end)]),
            remaining: range.len(),
        }
    }

    /// Opens the blobs that the range touches.
    pub(crate) async fn blobs(
        blobs: &dyn BlobStore,
        segments: &[Segment],
        range: ByteRange,
    ) -> Result<Self, Error> {
        let mut sources = VecDeque::new();
        let mut start_of_segment = 0;
        for segment in segments {
            let end_of_segment = start_of_segment + segment.size;
            let from = range.start.max(start_of_segment);
            let to = range.end.min(end_of_segment);
            if from < to {
                let reader = blobs.open(&BlobId(segment.blob)).await.map_err(blob_failed)?;
                sources.push_back((Source::Blob(reader), from - start_of_segment..to - start_of_segment));
            }
            start_of_segment = end_of_segment;
        }
        Ok(Self { sources, remaining: range.len() })
    }

    /// Bytes still to come.
    #[must_use]
    pub const fn remaining(&self) -> u64 {
        self.remaining
    }

    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when a block fails its checksum: no byte of it is returned. [`Error::Internal`].
    pub async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        let Some((source, range)) = self.sources.front_mut() else { return Ok(None) };
        let piece = match source {
            Source::Inline(handle) => handle.read(range.clone()).await.map_err(engine_failed)?,
            Source::Blob(reader) => reader.read(range.clone()).await.map_err(blob_failed)?,
        };
        if piece.is_empty() {
            return Err(Error::Corrupt { context: "a body ended early".into() });
        }
        range.start += piece.len() as u64;
        self.remaining = self.remaining.saturating_sub(piece.len() as u64);
        if range.start >= range.end {
            self.sources.pop_front();
        }
        Ok(Some(piece))
    }
}
