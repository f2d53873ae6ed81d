//! Takes aws-chunked framing off a body while it streams, and checks chunk signatures, lengths and trailers.
//! It buffers no content: it says which bytes of the input are content. It computes no checksum; trailers are
//! handed over for that.
//!
//! A chunk's signature comes before its bytes and can only be checked after them, so content is handed out
//! unverified: **nothing may be published before [`ChunkDecoder::finish`] has succeeded.**
//!
//! Spec: Amazon S3 API, SigV4 chunked upload, with and without trailers.

use std::fmt;
use std::ops::Range;

use sha2::{Digest, Sha256};

use crate::{ChunkError, ChunkSeed, hex};

/// Longest line that announces a chunk, in bytes.
const HEADER_BYTES_MAX: usize = 1024;
/// All trailer lines together, in bytes.
const TRAILER_BYTES_MAX: usize = 16 * 1024;
/// Digits of a chunk size; more would not fit 64 bits.
const SIZE_DIGITS_MAX: usize = 16;
/// Signed chunks before the last have at least this many bytes.
const SIGNED_CHUNK_BYTES_MIN: u64 = 8 * 1024;
const TRAILER_SIGNATURE: &str = "x-amz-trailer-signature";

/// Lower-case names with their values, in order of arrival.
pub type Trailers = Vec<(String, String)>;

/// Which of the two framings a body has.
#[derive(Debug, Clone)]
pub enum ChunkFraming {
    /// Each chunk carries a signature, the first one continuing this seed.
    Signed(ChunkSeed),
    /// Chunks carry their size alone.
    Unsigned,
}

/// What a step found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// These bytes of the input are content; the next step takes the input after them.
    Data(Range<usize>),
    /// The whole input is used up; feed what comes next.
    NeedMore,
    /// The whole input is used up and the body is complete.
    Done,
}

/// An incremental decoder: feed it with [`step`](Self::step), and ask [`finish`](Self::finish) at the end
/// of the body.
pub struct ChunkDecoder {
    signatures: Option<Signatures>,
    /// Trailers still to come; `None` if the form has no trailers at all.
    declared: Option<Vec<String>>,
    decoded_len: Option<u64>,
    /// Content bytes of all chunks announced so far.
    announced: u64,
    latest_size: Option<u64>,
    line: Vec<u8>,
    trailer_bytes: usize,
    trailers: Trailers,
    trailer_hash: Sha256,
    trailer_signature: Option<[u8; 32]>,
    state: State,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    Header,
    Data { left: u64 },
    DataEnd,
    Trailer,
    Done,
    Failed(ChunkError),
}

/// The running signature.
struct Signatures {
    seed: ChunkSeed,
    previous: String,
    hash: Sha256,
    /// What the current chunk's header says.
    claimed: [u8; 32],
}

/// Leaves out signatures: the first is the request's own, which with a presigned URL's other parts is a credential.
impl fmt::Debug for ChunkDecoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChunkDecoder")
            .field("state", &self.state)
            .field("announced", &self.announced)
            .field("decoded_len", &self.decoded_len)
            .field("declared", &self.declared)
            .finish_non_exhaustive()
    }
}

/// Splits an `x-amz-trailer` header into lower-case names.
pub fn trailer_names(header: &str) -> Vec<String> {
    header.split(',').map(|name| name.trim().to_ascii_lowercase()).filter(|name| !name.is_empty()).collect()
}

impl ChunkDecoder {
    /// A decoder at the start of a body. `declared` holds the names of `x-amz-trailer` in lower case, or is
    /// `None` for the form without trailers; a signed body with trailers must sign them, too.
    /// `decoded_len` is the exact length that the content must have.
    pub fn new(framing: ChunkFraming, declared: Option<Vec<String>>, decoded_len: Option<u64>) -> Self {
        let signatures = match framing {
            ChunkFraming::Unsigned => None,
            ChunkFraming::Signed(seed) => Some(Signatures {
                previous: seed.signature.clone(),
                hash: Sha256::new(),
                claimed: [0; 32],
                seed,
            }),
        };
        Self {
            signatures,
            declared,
            decoded_len,
            announced: 0,
            latest_size: None,
            line: Vec::new(),
            trailer_bytes: 0,
            trailers: Vec::new(),
            trailer_hash: Sha256::new(),
            trailer_signature: None,
            state: State::Header,
        }
    }

    /// Takes input up to the next piece of content. Call again with the input after a [`Step::Data`], until
    /// the input is used up. How the body is cut into inputs does not matter.
    ///
    /// # Errors
    /// Any [`ChunkError`] but `Truncated`; it is final, every later call repeats it.
    pub fn step(&mut self, input: &[u8]) -> Result<Step, ChunkError> {
        let result = self.advance(input);
        if let Err(error) = &result {
            self.state = State::Failed(error.clone());
        }
        result
    }

    /// Ends the body and hands over its trailers. Only now is the content verified.
    ///
    /// # Errors
    /// `Truncated` if the body is not complete, or the error of an earlier step.
    pub fn finish(&self) -> Result<Trailers, ChunkError> {
        match &self.state {
            State::Done => Ok(self.trailers.clone()),
            State::Failed(error) => Err(error.clone()),
            State::Header | State::Data { .. } | State::DataEnd | State::Trailer => {
                Err(ChunkError::Truncated)
            }
        }
    }

    fn advance(&mut self, input: &[u8]) -> Result<Step, ChunkError> {
        let mut rest = input;
        while !rest.is_empty() {
            match self.state {
                State::Header => {
                    if self.take_line(&mut rest, HEADER_BYTES_MAX)? {
                        let line = std::mem::take(&mut self.line);
                        self.take_header(&line)?;
                    }
                }
                State::Data { left } => {
                    let start = input.len() - rest.len();
                    let len = usize::try_from(left).map_or(rest.len(), |left| left.min(rest.len()));
                    let data = rest.get(..len).unwrap_or(rest);
                    if let Some(signatures) = &mut self.signatures {
                        signatures.hash.update(data);
                    }
                    let left = left.saturating_sub(u64::try_from(len).unwrap_or(u64::MAX));
                    self.state = if left == 0 { State::DataEnd } else { State::Data { left } };
                    return Ok(Step::Data(start..start + len));
                }
                State::DataEnd => {
                    if self.take_line(&mut rest, 2)? {
                        if !self.line.is_empty() {
                            return Err(malformed("no line break after a chunk"));
                        }
                        self.check_chunk_signature()?;
                        self.state = State::Header;
                    }
                }
                State::Trailer => {
                    let bytes_max = TRAILER_BYTES_MAX.saturating_sub(self.trailer_bytes);
                    if self.take_line(&mut rest, bytes_max)? {
                        let line = std::mem::take(&mut self.line);
                        self.trailer_bytes = self.trailer_bytes.saturating_add(line.len() + 2);
                        self.take_trailer_line(&line)?;
                    }
                }
                State::Done => return Err(malformed("bytes after the end")),
                State::Failed(ref error) => return Err(error.clone()),
            }
        }
        match &self.state {
            State::Done => Ok(Step::Done),
            State::Failed(error) => Err(error.clone()),
            _ => Ok(Step::NeedMore),
        }
    }

    /// Moves input into `line` up to CRLF. True once the line is complete, without its CRLF.
    fn take_line(&mut self, rest: &mut &[u8], bytes_max: usize) -> Result<bool, ChunkError> {
        while let Some((&byte, after)) = rest.split_first() {
            *rest = after;
            self.line.push(byte);
            if byte == b'\n' {
                if self.line.ends_with(b"\r\n") {
                    self.line.truncate(self.line.len() - 2);
                    return Ok(true);
                }
                // minio-go ends its trailers with a bare LF before the CRLF.
                if self.state != State::Trailer {
                    return Err(malformed("a line does not end in CRLF"));
                }
            }
            if self.line.len() >= bytes_max {
                return Err(if self.state == State::DataEnd {
                    malformed("no line break after a chunk")
                } else {
                    ChunkError::TooLong
                });
            }
        }
        Ok(false)
    }

    /// `<hex size>` or `<hex size>;chunk-signature=<64 hex>`.
    fn take_header(&mut self, line: &[u8]) -> Result<(), ChunkError> {
        let line = std::str::from_utf8(line).map_err(|_| malformed("a chunk header is not text"))?;
        let size = match &mut self.signatures {
            None => parse_size(line)?,
            Some(signatures) => {
                let (size, signature) =
                    line.split_once(";chunk-signature=").ok_or(malformed("a chunk without signature"))?;
                signatures.claimed = parse_signature(signature)?;
                parse_size(size)?
            }
        };
        let got = self.announced.checked_add(size).ok_or(malformed("the chunks are too large"))?;
        self.announced = got;
        if size > 0 {
            self.check_latest_size()?;
            self.latest_size = Some(size);
            if let Some(expected) = self.decoded_len.filter(|expected| got > *expected) {
                return Err(ChunkError::LengthMismatch { expected, got });
            }
            self.state = State::Data { left: size };
            return Ok(());
        }
        if let Some(expected) = self.decoded_len.filter(|expected| got != *expected) {
            return Err(ChunkError::LengthMismatch { expected, got });
        }
        self.check_chunk_signature()?;
        self.state = State::Trailer;
        Ok(())
    }

    /// Only the last chunk with content may be small; that another follows shows that it was not the last.
    fn check_latest_size(&self) -> Result<(), ChunkError> {
        match (self.latest_size, &self.signatures) {
            (Some(size), Some(_)) if size < SIGNED_CHUNK_BYTES_MIN => Err(ChunkError::TooSmallChunk { size }),
            _ => Ok(()),
        }
    }

    fn check_chunk_signature(&mut self) -> Result<(), ChunkError> {
        let Some(signatures) = &mut self.signatures else { return Ok(()) };
        let hash = signatures.hash.finalize_reset();
        let string_to_sign = signatures.seed.chunk_string_to_sign(&signatures.previous, &hash);
        if !signatures.seed.key.verifies(string_to_sign.as_bytes(), &signatures.claimed) {
            return Err(ChunkError::SignatureMismatch);
        }
        signatures.previous = hex::encode(&signatures.claimed);
        Ok(())
    }

    /// A trailer, the trailers' signature, or the empty line that ends the body.
    fn take_trailer_line(&mut self, line: &[u8]) -> Result<(), ChunkError> {
        if line.is_empty() {
            return self.end();
        }
        let line = std::str::from_utf8(line).map_err(|_| malformed("a trailer is not text"))?;
        for line in line.strip_suffix('\n').unwrap_or(line).split('\n') {
            let (name, value) = line.split_once(':').ok_or(malformed("a trailer without colon"))?;
            let (name, value) = (name.to_ascii_lowercase(), value.trim_matches(' '));
            if self.trailer_signature.is_some() || value.chars().any(char::is_control) {
                return Err(malformed("a trailer"));
            }
            let signs_trailers = self.signatures.is_some() && self.declared.is_some();
            if signs_trailers && name == TRAILER_SIGNATURE {
                self.trailer_signature = Some(parse_signature(value)?);
            } else {
                self.take_trailer(name, value)?;
            }
        }
        Ok(())
    }

    fn take_trailer(&mut self, name: String, value: &str) -> Result<(), ChunkError> {
        let declared = self.declared.as_mut();
        let Some((names, index)) = declared.and_then(|names| {
            let index = names.iter().position(|declared| *declared == name)?;
            Some((names, index))
        }) else {
            return Err(ChunkError::TrailerUnexpected { name });
        };
        names.swap_remove(index);
        self.trailer_hash.update(format!("{name}:{value}\n"));
        self.trailers.push((name, value.to_owned()));
        Ok(())
    }

    fn end(&mut self) -> Result<(), ChunkError> {
        if let Some(name) = self.declared.iter().flatten().next() {
            return Err(ChunkError::TrailerMissing { name: name.clone() });
        }
        if let (Some(signatures), Some(_)) = (&self.signatures, &self.declared) {
            let hash = self.trailer_hash.finalize_reset();
            let claimed = self.trailer_signature.ok_or(malformed("trailers without signature"))?;
            let string_to_sign = signatures.seed.trailer_string_to_sign(&signatures.previous, &hash);
            if !signatures.seed.key.verifies(string_to_sign.as_bytes(), &claimed) {
                return Err(ChunkError::SignatureMismatch);
            }
        }
        self.state = State::Done;
        Ok(())
    }
}

fn malformed(what: &'static str) -> ChunkError {
    ChunkError::Malformed { what }
}

fn parse_size(text: &str) -> Result<u64, ChunkError> {
    let is_hex = (1..=SIZE_DIGITS_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit());
    if !is_hex {
        return Err(malformed("a chunk size is not hexadecimal"));
    }
    u64::from_str_radix(text, 16).map_err(|_| malformed("a chunk size is not hexadecimal"))
}

fn parse_signature(text: &str) -> Result<[u8; 32], ChunkError> {
    hex::decode_32(text.as_bytes()).ok_or(ChunkError::SignatureMismatch)
}

#[cfg(test)]
mod tests;
