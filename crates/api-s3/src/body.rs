//! The content of a request's body, taken out of its aws-chunked framing, its trailers collected. It knows no operation.

use bytes::{Bytes, BytesMut};
use domain::error::BodyFault;
use domain::{Checksum, ChecksumAlgorithm, Error, UploadRule};
use exchange::Incoming;
use s3_wire::{S3Error, S3ErrorCode};
use sigv4::{ChunkDecoder, ChunkError, Step};
use store::{BodySource, BoxFuture};

use crate::error::Failure;

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
