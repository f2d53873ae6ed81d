//! A request's body on its way in: frames with a limit on pauses, then its content, taken out of its aws-chunked framing,
//! its trailers collected. It knows no operation, and it is not generic over the server's body type: the door behind
//! `handle` is compiled once.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use domain::error::BodyFault;
use domain::{Checksum, ChecksumAlgorithm, Error, UploadRule};
use http_body::Body;
use s3_wire::{S3Error, S3ErrorCode};
use sigv4::{ChunkDecoder, ChunkError, Step};
use store::{BodySource, BoxFuture};

use crate::error::Failure;

/// Most bytes of an unread body that are read and thrown away before the reply.
const DRAIN_MAX_BYTES: u64 = 64 * 1024 * 1024;
/// Longest time for that: 64 MiB at 4.5 Mbit/s, a slow line at home.
const DRAIN_MAX_TIME: Duration = Duration::from_secs(120);

/// Data frames of a body whose type is forgotten.
pub(crate) trait Frames: Send {
    /// The next data frame; other frames are passed over.
    fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, String>>>;

    /// Most bytes still to come, when that is known.
    fn remaining_max(&self) -> Option<u64>;

    /// Whether nothing is to come, for certain.
    fn is_at_end(&self) -> bool;
}

impl<B> Frames for B
where
    B: Body<Data = Bytes> + Send + Unpin,
    B::Error: fmt::Display,
{
    fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, String>>> {
        loop {
            return match Pin::new(&mut *self).poll_frame(cx) {
                Poll::Pending => Poll::Pending,
                Poll::Ready(None) => Poll::Ready(None),
                Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(error.to_string()))),
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(data) => Poll::Ready(Some(Ok(data))),
                    Err(_) => continue,
                },
            };
        }
    }

    fn remaining_max(&self) -> Option<u64> {
        self.size_hint().upper()
    }

    fn is_at_end(&self) -> bool {
        self.is_end_stream()
    }
}

/// The bytes that the client sends, and how far they have been read.
pub(crate) struct Incoming<'b> {
    frames: &'b mut dyn Frames,
    idle: Duration,
    /// The client waits for `100 Continue`, which the first read makes hyper send.
    awaited: bool,
    /// It waits, but sends nothing at all, and then hyper has nothing to tell it.
    untold: bool,
    state: Reading,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    Unread,
    Begun,
    Ended,
    Broken,
}

impl<'b> Incoming<'b> {
    /// `awaited` says that the client sends nothing before it is told to.
    pub(crate) fn new(frames: &'b mut dyn Frames, idle: Duration, awaited: bool) -> Self {
        let untold = awaited && frames.is_at_end();
        Self { frames, idle, awaited, untold, state: Reading::Unread }
    }

    /// The next bytes of the body as it was sent.
    pub(crate) async fn receive(&mut self) -> Result<Option<Bytes>, Error> {
        self.state = Reading::Begun;
        let next = std::future::poll_fn(|cx| self.frames.poll_data(cx));
        let Ok(data) = tokio::time::timeout(self.idle, next).await else {
            self.state = Reading::Broken;
            return Err(Error::RequestTimeout { seconds: self.idle.as_secs() });
        };
        match data {
            Some(Ok(data)) => Ok(Some(data)),
            None => {
                self.state = Reading::Ended;
                Ok(None)
            }
            // hyper says so when the connection ends before Content-Length bytes
            Some(Err(error)) => {
                self.state = Reading::Broken;
                tracing::debug!(%error, "the body broke off");
                Err(Error::ClientDisconnect)
            }
        }
    }

    /// Reads and throws away what is left of the body, within bounds, and says whether the connection can be used again.
    ///
    /// A browser reads no reply while it uploads: if we answered and closed, the kernel would reset the connection over the
    /// bytes we had not read, and a page that sends 50 MiB with a bad signature would see a network error in place of
    /// the 403 that explains it. A client that waits for `100 Continue` is told by the reply itself, without reading. What
    /// is too long to read is not begun: the connection closes. It closes too when nobody was told to go on, since botocore
    /// (boto3, the aws command) then misreads the next reply on that connection and waits for its end for a minute.
    pub(crate) async fn drain(&mut self) -> bool {
        match self.state {
            _ if self.untold => return false,
            Reading::Ended => return true,
            Reading::Broken => return false,
            Reading::Unread | Reading::Begun if self.frames.is_at_end() => return true,
            Reading::Unread if self.awaited => return false,
            Reading::Unread | Reading::Begun => {}
        }
        if self.frames.remaining_max().is_some_and(|bytes| bytes > DRAIN_MAX_BYTES) {
            return false;
        }
        tokio::time::timeout(DRAIN_MAX_TIME, self.discard(DRAIN_MAX_BYTES)).await.unwrap_or(false)
    }

    async fn discard(&mut self, mut left: u64) -> bool {
        loop {
            match self.receive().await {
                Ok(None) => return true,
                Ok(Some(bytes)) if bytes.len() as u64 <= left => left -= bytes.len() as u64,
                Ok(Some(_)) | Err(_) => return false,
            }
        }
    }
}

/// Holds the content of a body against the rule for its upload as it comes.
#[derive(Default)]
pub(crate) struct Meter {
    rule: UploadRule,
    bytes: u64,
}

impl Meter {
    pub(crate) fn new(rule: UploadRule) -> Self {
        Self { rule, bytes: 0 }
    }

    /// Counts a piece, or judges the whole at the end.
    ///
    /// # Errors
    /// `EntityTooLarge`, `EntityTooSmall`.
    pub(crate) fn pass(&mut self, piece: Option<Bytes>) -> Result<Option<Bytes>, Error> {
        match &piece {
            Some(piece) => {
                self.bytes = self.bytes.saturating_add(piece.len() as u64);
                self.rule.check_progress(self.bytes)?;
            }
            None => self.rule.check_end(self.bytes)?,
        }
        Ok(piece)
    }
}

/// The content of a body.
pub(crate) struct RequestBody<'i, 'b> {
    incoming: &'i mut Incoming<'b>,
    decoder: Option<ChunkDecoder>,
    meter: Meter,
    undecoded: Bytes,
    trailing: Vec<Checksum>,
    ended: bool,
}

impl<'i, 'b> RequestBody<'i, 'b> {
    /// `rule` is for uploads: documents have bounds of their own.
    pub(crate) fn new(
        incoming: &'i mut Incoming<'b>,
        decoder: Option<ChunkDecoder>,
        rule: UploadRule,
    ) -> Self {
        let meter = Meter::new(rule);
        Self { incoming, decoder, meter, undecoded: Bytes::new(), trailing: Vec::new(), ended: false }
    }

    /// Reads a document whole.
    ///
    /// # Errors
    /// `MaxMessageLengthExceeded` past `max_bytes`; those of the body.
    pub(crate) async fn document(&mut self, max_bytes: usize) -> Result<Bytes, Failure> {
        let mut document = BytesMut::new();
        while let Some(piece) = self.next_piece().await? {
            if document.len() + piece.len() > max_bytes {
                let error = S3Error::new(S3ErrorCode::MaxMessageLengthExceeded);
                return Err(error.with_extra("MaxMessageLengthBytes", max_bytes.to_string()).into());
            }
            document.extend_from_slice(&piece);
        }
        Ok(document.freeze())
    }

    async fn next_piece(&mut self) -> Result<Option<Bytes>, Error> {
        loop {
            if let Some(piece) = self.decode()? {
                return Ok(Some(piece));
            }
            if self.ended {
                return Ok(None);
            }
            match self.incoming.receive().await? {
                Some(bytes) if self.decoder.is_some() => self.undecoded = bytes,
                Some(bytes) if bytes.is_empty() => {}
                Some(bytes) => return Ok(Some(bytes)),
                None => self.end()?,
            }
        }
    }

    /// Content out of the framing that is at hand.
    fn decode(&mut self) -> Result<Option<Bytes>, Error> {
        let Some(decoder) = &mut self.decoder else { return Ok(None) };
        if self.undecoded.is_empty() {
            return Ok(None);
        }
        match decoder.step(&self.undecoded).map_err(chunk_failed)? {
            Step::Data(range) => {
                let rest = self.undecoded.split_off(range.end);
                let mut piece = std::mem::replace(&mut self.undecoded, rest);
                Ok(Some(piece.split_off(range.start)))
            }
            Step::NeedMore | Step::Done => {
                self.undecoded = Bytes::new();
                Ok(None)
            }
        }
    }

    fn end(&mut self) -> Result<(), Error> {
        self.ended = true;
        let Some(decoder) = &self.decoder else { return Ok(()) };
        for (name, value) in decoder.finish().map_err(chunk_failed)? {
            let Some(algorithm) = ChecksumAlgorithm::from_header(&name) else { continue };
            let checksum = Checksum::from_base64(algorithm, &value);
            let fault = || {
                Error::MalformedBody(BodyFault::Trailer(format!(
                    "{name} is not a {} value",
                    algorithm.name()
                )))
            };
            self.trailing.push(checksum.ok_or_else(fault)?);
        }
        Ok(())
    }
}

impl BodySource for RequestBody<'_, '_> {
    fn next(&mut self) -> BoxFuture<'_, Result<Option<Bytes>, Error>> {
        Box::pin(async {
            let piece = self.next_piece().await?;
            self.meter.pass(piece)
        })
    }

    fn trailing_checksums(&self) -> Vec<Checksum> {
        self.trailing.clone()
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is a map_err function")]
fn chunk_failed(error: ChunkError) -> Error {
    match error {
        ChunkError::LengthMismatch { expected, got } => {
            Error::IncompleteBody { expected_bytes: expected, received_bytes: got }
        }
        ChunkError::SignatureMismatch => Error::MalformedBody(BodyFault::ChunkSignature),
        ChunkError::TooSmallChunk { size } => Error::MalformedBody(BodyFault::ChunkTooSmall { bytes: size }),
        ChunkError::TrailerMissing { .. } | ChunkError::TrailerUnexpected { .. } => {
            Error::MalformedBody(BodyFault::Trailer(error.to_string()))
        }
        ChunkError::Malformed { .. } | ChunkError::TooLong | ChunkError::Truncated => {
            Error::MalformedBody(BodyFault::Framing(error.to_string()))
        }
    }
}
