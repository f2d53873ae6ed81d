//! A body on its way in: read piece by piece, hashed beside the socket, kept in memory while it is small and there is
//! room, written to a blob otherwise. Dropping it at any point leaves nothing behind. Whatever a body's size, a bounded
//! part of it is in memory, and a bounded number of bodies is under way.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use blob::BlobWriter;
use buffers::Pool;
use bytes::Bytes;
use domain::{Checksum, Error};
use meta::Body;
use meta::tables::object::{Content, Segment};
use seal::{DataKey, Sealer};
use tokio::sync::OwnedSemaphorePermit;

use crate::failure::blob_failed;
use crate::hashing::Digests;
use crate::integrity::Integrity;
use crate::pieces::Pieces;
use crate::sealing::INLINE_BODY;
use crate::unsettled::Unsettled;
use crate::{MEMORY_UNIT_BYTES, Store};

/// A boxed future.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A request's body, decoded from its framing.
pub trait BodySource: Send {
    /// The next piece; `None` at the end, which the source reports only once its framing has been verified.
    ///
    /// # Errors
    /// [`Error::ClientDisconnect`], [`Error::IncompleteBody`], [`Error::MalformedBody`].
    fn next(&mut self) -> BoxFuture<'_, Result<Option<Bytes>, Error>>;

    /// Checksums that came after the body; meaningful once `next` has returned `None`.
    fn trailing_checksums(&self) -> Vec<Checksum>;
}

/// What to read, and what must hold of it before anything of it is kept.
pub(crate) struct Expectation<'i> {
    pub(crate) length: Option<u64>,
    pub(crate) max_bytes: u64,
    pub(crate) integrity: &'i Integrity,
    /// Whether a small body may wait in memory for a commit that it rides in.
    pub(crate) inline: bool,
    /// What to encrypt it with.
    pub(crate) key: Option<&'i DataKey>,
}

impl Expectation<'_> {
    /// Refuses a body as soon as it is too long.
    fn check_progress(&self, size: u64) -> Result<(), Error> {
        match self.length {
            Some(length) if size > length => Err(incomplete(length, size)),
            _ if size > self.max_bytes => Err(Error::EntityTooLarge { max_bytes: self.max_bytes }),
            _ => Ok(()),
        }
    }

    fn check_end(&self, size: u64) -> Result<(), Error> {
        self.length.filter(|length| size != *length).map_or(Ok(()), |length| Err(incomplete(length, size)))
    }
}

fn incomplete(expected_bytes: u64, received_bytes: u64) -> Error {
    Error::IncompleteBody { expected_bytes, received_bytes }
}

/// A body that has been read to its end.
pub(crate) struct Received<'s> {
    pub(crate) size: u64,
    pub(crate) digests: Digests,
    pub(crate) staged: Staged<'s>,
}

/// Where its bytes wait for the commit.
pub(crate) enum Staged<'s> {
    Memory { pieces: Vec<Bytes>, _permit: OwnedSemaphorePermit },
    Blob(Unsettled<'s>),
}

impl Staged<'_> {
    pub(crate) fn content(&self, size: u64) -> Content {
        match self {
            Self::Memory { .. } => Content::Inline,
            Self::Blob(blob) => Content::Manifest(vec![Segment::whole(1, blob.id.0, size)]),
        }
    }

    pub(crate) fn inline_body(&self) -> Option<Body> {
        match self {
            Self::Memory { pieces, .. } => Some(Body::Pieces(pieces.clone())),
            Self::Blob(_) => None,
        }
    }
}

enum Sink<'s> {
    Memory { pieces: Vec<Bytes>, permit: OwnedSemaphorePermit },
    Blob { writer: Box<dyn BlobWriter>, unsettled: Unsettled<'s>, _permit: OwnedSemaphorePermit },
}

impl Sink<'_> {
    /// The name that a body is sealed in.
    fn body_id(&self) -> [u8; 16] {
        match self {
            Self::Memory { .. } => INLINE_BODY,
            Self::Blob { unsettled, .. } => unsettled.id.0,
        }
    }
}

/// A body on its way from plain pieces to sealed ones.
struct Sealing<'p> {
    sealer: Sealer,
    pieces: Pieces<'p>,
}

impl<'p> Sealing<'p> {
    fn new(key: &DataKey, body: &[u8; 16], pool: &'p Arc<Pool>) -> Self {
        Self { sealer: Sealer::new(key, body), pieces: Pieces::new(pool, None) }
    }

    fn push(&mut self, plain: &[u8]) -> Vec<Bytes> {
        let (mut out, pieces) = (Vec::new(), &mut self.pieces);
        self.sealer.push(plain, |mut sealed| {
            while let Some(piece) = pieces.fill(&mut sealed) {
                out.push(piece);
            }
        });
        out
    }

    fn finish(self) -> Vec<Bytes> {
        let (mut out, mut pieces) = (Vec::new(), self.pieces);
        self.sealer.finish(|mut sealed| {
            while let Some(piece) = pieces.fill(&mut sealed) {
                out.push(piece);
            }
        });
        out.extend(pieces.finish());
        out
    }
}

/// How long an upload waits for its turn to write a blob, or a copy for memory, before the client is told to slow down.
const BLOB_WAIT: Duration = Duration::from_secs(10);

impl Store {
    /// Reads a body to its end and verifies it.
    pub(crate) async fn receive<'s>(
        &'s self,
        body: &mut dyn BodySource,
        expected: Expectation<'_>,
    ) -> Result<Received<'s>, Error> {
        if expected.length.is_some_and(|length| length > expected.max_bytes) {
            return Err(Error::EntityTooLarge { max_bytes: expected.max_bytes });
        }
        let mut hash = expected.integrity.hash();
        let mut sink = self.sink(&expected).await?;
        let mut sealing = expected.key.map(|key| Sealing::new(key, &sink.body_id(), &self.upload_buffers));
        let mut pieces = Pieces::new(&self.upload_buffers, expected.length);
        let (mut size, mut kept) = (0_u64, 0_u64);
        while let Some(mut received) = body.next().await? {
            size = size.saturating_add(received.len() as u64);
            expected.check_progress(size)?;
            while let Some(piece) = pieces.fill(&mut received) {
                kept += piece.len() as u64;
                hash.push(piece.clone()).await?;
                sink = self.keep_sealed(sink, piece, kept, &mut sealing).await?;
            }
        }
        if let Some(piece) = pieces.finish() {
            hash.push(piece.clone()).await?;
            sink = self.keep_sealed(sink, piece, size, &mut sealing).await?;
        }
        for piece in sealing.into_iter().flat_map(Sealing::finish) {
            sink = self.keep(sink, piece, size).await?;
        }
        expected.check_end(size)?;
        let digests = hash.finish().await?;
        expected.integrity.verify(&digests, &body.trailing_checksums())?;
        let staged = match sink {
            Sink::Memory { pieces, permit } => Staged::Memory { pieces, _permit: permit },
            Sink::Blob { writer, unsettled, _permit } => {
                writer.finish().await.map_err(blob_failed)?;
                Staged::Blob(unsettled)
            }
        };
        Ok(Received { size, digests, staged })
    }

    async fn sink(&self, expected: &Expectation<'_>) -> Result<Sink<'_>, Error> {
        let stored = |length| if expected.key.is_some() { seal::sealed_len(length) } else { length };
        let in_memory = expected.length.unwrap_or(self.settings.inline_max_bytes);
        // a sealed body has a name from its first byte on, so it does not move
        let inline = expected.inline && (expected.key.is_none() || expected.length.is_some());
        if inline && in_memory <= self.settings.inline_max_bytes {
            let units = stored(in_memory).div_ceil(MEMORY_UNIT_BYTES);
            let units = u32::try_from(units).unwrap_or(u32::MAX);
            if let Ok(permit) = Arc::clone(&self.upload_memory).try_acquire_many_owned(units) {
                return Ok(Sink::Memory { pieces: Vec::new(), permit });
            }
        }
        let (writer, unsettled, permit) = self.begin_blob(expected.length.map(stored)).await?;
        Ok(Sink::Blob { writer, unsettled, _permit: permit })
    }

    /// Keeps a piece as it is, or sealed.
    async fn keep_sealed<'s>(
        &'s self,
        mut sink: Sink<'s>,
        piece: Bytes,
        size: u64,
        sealing: &mut Option<Sealing<'_>>,
    ) -> Result<Sink<'s>, Error> {
        let Some(sealing) = sealing else { return self.keep(sink, piece, size).await };
        for piece in sealing.push(&piece) {
            sink = self.keep(sink, piece, size).await?;
        }
        Ok(sink)
    }

    async fn begin_blob(
        &self,
        length: Option<u64>,
    ) -> Result<(Box<dyn BlobWriter>, Unsettled<'_>, OwnedSemaphorePermit), Error> {
        let turn = Arc::clone(&self.blob_writers).acquire_owned();
        let permit = tokio::time::timeout(BLOB_WAIT, turn).await.map_err(|_| Error::SlowDown)?;
        let permit = permit.map_err(Error::internal)?;
        let writer = self.blobs.create(length).await.map_err(blob_failed)?;
        let unsettled = Unsettled::new(self, writer.id());
        Ok((writer, unsettled, permit))
    }

    /// Takes a piece; a body that turns out too large for memory moves to a blob.
    async fn keep<'s>(&'s self, sink: Sink<'s>, piece: Bytes, size: u64) -> Result<Sink<'s>, Error> {
        match sink {
            Sink::Memory { mut pieces, permit } if size <= self.settings.inline_max_bytes => {
                pieces.push(piece);
                Ok(Sink::Memory { pieces, permit })
            }
            Sink::Memory { pieces, permit } => {
                let (mut writer, unsettled, turn) = self.begin_blob(None).await?;
                for earlier in pieces {
                    writer.write(earlier).await.map_err(blob_failed)?;
                }
                drop(permit);
                writer.write(piece).await.map_err(blob_failed)?;
                Ok(Sink::Blob { writer, unsettled, _permit: turn })
            }
            Sink::Blob { mut writer, unsettled, _permit } => {
                writer.write(piece).await.map_err(blob_failed)?;
                Ok(Sink::Blob { writer, unsettled, _permit })
            }
        }
    }
}
