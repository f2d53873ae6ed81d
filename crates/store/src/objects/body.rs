//! An object's bytes on their way out: verified block by block, read in pieces, never held whole.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use blob::{BlobId, BlobReader, BlobStore};
use buffers::Pool;
use bytes::Bytes;
use domain::{ByteRange, Error};
use meta::BodyHandle;
use meta::tables::object::Segment;
use seal::DataKey;

use crate::failure::{blob_failed, engine_failed};
use crate::pins::{Pin, Pins};
use crate::sealing::{INLINE_BODY, Opening};

/// The bytes of one range of an object.
///
/// It goes on reading what it was opened on, whatever becomes of the object meanwhile.
pub struct ObjectBody {
    sources: VecDeque<(Source, Range<u64>)>,
    remaining: u64,
    blobs: Option<Arc<dyn BlobStore>>,
    /// Keeps what is not open yet.
    pin: Option<Pin>,
    /// What opens the bytes, when they are encrypted.
    key: Option<(DataKey, Arc<Pool>)>,
    /// Of the source at the front.
    opening: Option<Opening>,
}

enum Source {
    Inline(BodyHandle),
    Blob(BlobId, Arc<dyn BlobReader>),
    Closed(BlobId),
}

impl ObjectBody {
    pub(crate) fn empty() -> Self {
        Self { sources: VecDeque::new(), remaining: 0, blobs: None, pin: None, key: None, opening: None }
    }

    pub(crate) fn inline(handle: BodyHandle, range: ByteRange) -> Self {
        let sources = VecDeque::from([(Source::Inline(handle), range.start..range.end)]);
        Self { sources, remaining: range.len(), ..Self::empty() }
    }

    /// The stretches that the range touches. The first is opened now, the others as they are read: an object may have ten
    /// thousand, a process far fewer open files.
    pub(crate) async fn blobs(
        blobs: &Arc<dyn BlobStore>,
        pins: &Arc<Pins>,
        segments: &[Segment],
        range: ByteRange,
    ) -> Result<Self, Error> {
        let mut sources: VecDeque<_> = stretches(segments, range)
            .map(|s| (Source::Closed(BlobId(s.blob)), s.offset..s.offset + s.size))
            .collect();
        let pin = match segments.first() {
            Some(first) if sources.len() > 1 => {
                Some(pins.pin(first).ok_or_else(|| Error::Corrupt { context: "it was replaced".into() })?)
            }
            _ => None,
        };
        if let Some((source, _)) = sources.front_mut() {
            source.open(&**blobs).await?;
        }
        let blobs = Some(Arc::clone(blobs));
        Ok(Self { sources, remaining: range.len(), blobs, pin, ..Self::empty() })
    }

    /// The same bytes, opened with this key on their way.
    pub(crate) fn sealed_with(self, key: Option<DataKey>, pool: &Arc<Pool>) -> Self {
        Self { key: key.map(|key| (key, Arc::clone(pool))), ..self }
    }

    /// Whether it keeps blobs from reclaim that it has not opened yet.
    pub(crate) const fn is_pinned(&self) -> bool {
        self.pin.is_some()
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
        loop {
            let Some((source, range)) = self.sources.front_mut() else { return Ok(None) };
            if let Some(blobs) = &self.blobs {
                source.open(&**blobs).await?;
            }
            if let (Some((key, pool)), None) = (&self.key, &self.opening) {
                let (body, range) = (source.name(), ByteRange { start: range.start, end: range.end });
                self.opening = Some(Opening::new(key, &body, source.len(), range, Arc::clone(pool)));
            }
            let wanted = self.opening.as_ref().map_or(range.clone(), Opening::wanted);
            let mut piece = source.read(wanted).await?;
            if piece.is_empty() {
                return Err(Error::Corrupt { context: "a body ended early".into() });
            }
            if let Some(opening) = &mut self.opening {
                piece = opening.open(&piece)?;
                if piece.is_empty() {
                    continue;
                }
            }
            range.start += piece.len() as u64;
            self.remaining = self.remaining.saturating_sub(piece.len() as u64);
            if range.start >= range.end {
                self.sources.pop_front();
                self.opening = None;
            }
            return Ok(Some(piece));
        }
    }
}

impl Source {
    /// The name that its body is sealed in.
    fn name(&self) -> [u8; 16] {
        match self {
            Self::Inline(_) => INLINE_BODY,
            Self::Blob(id, _) | Self::Closed(id) => id.0,
        }
    }

    /// Bytes that are stored of it.
    fn len(&self) -> u64 {
        match self {
            Self::Inline(handle) => handle.len(),
            Self::Blob(_, reader) => reader.len(),
            Self::Closed(_) => 0,
        }
    }

    async fn read(&self, range: Range<u64>) -> Result<Bytes, Error> {
        match self {
            Self::Inline(handle) => handle.read(range).await.map_err(engine_failed),
            Self::Blob(_, reader) => reader.read(range).await.map_err(blob_failed),
            Self::Closed(_) => Err(Error::internal("a blob was not opened")),
        }
    }

    async fn open(&mut self, blobs: &dyn BlobStore) -> Result<(), Error> {
        if let Self::Closed(id) = self {
            *self = Self::Blob(*id, blobs.open(id).await.map_err(blob_failed)?);
        }
        Ok(())
    }
}

/// What a range of a content touches, in order; no stretch is empty.
pub(crate) fn stretches(segments: &[Segment], range: ByteRange) -> impl Iterator<Item = Segment> + '_ {
    let mut start_of_segment = 0;
    segments.iter().filter_map(move |segment| {
        let end_of_segment = start_of_segment + segment.size;
        let from = range.start.max(start_of_segment);
        let to = range.end.min(end_of_segment);
        let offset = segment.offset + from.saturating_sub(start_of_segment);
        start_of_segment = end_of_segment;
        (from < to).then(|| Segment { offset, size: to - from, ..*segment })
    })
}
