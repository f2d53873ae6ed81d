//! Reads bodies and long values out of the log: from memory on the spot, else on the blocking pool, and no byte of a block
//! whose checksum fails.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use buffers::{Buffer, Pool};
use bytes::Bytes;
use meta::engine::READ_MAX_BYTES;
use meta::{BoxFuture, EngineError, StoredBody};
use tokio::task::spawn_blocking;

use crate::log::format::{BLOCK_BYTES, crc32c};
use crate::log::segment::Segment;
use crate::row::BodyPlace;

const BLOCK: u64 = BLOCK_BYTES as u64;

fn failed(segment: u64, error: &io::Error) -> EngineError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => EngineError::Corrupt(format!("segment {segment:016x} is cut short")),
        _ => EngineError::Io(error.to_string()),
    }
}

/// Fills a buffer without holding up the task.
async fn read(segment: &Arc<Segment>, offset: u64, mut out: Buffer) -> Result<Bytes, EngineError> {
    let cached = segment.file.read_cached_at(offset, &mut out);
    if cached.map_err(|error| failed(segment.seq, &error))? == Some(out.len()) {
        return Ok(out.freeze());
    }
    let (seq, segment) = (segment.seq, Arc::clone(segment));
    let read = spawn_blocking(move || segment.read_into(offset, &mut out).map(|()| out.freeze())).await;
    match read.map_err(tokio::task::JoinError::try_into_panic) {
        Ok(read) => read.map_err(|error| failed(seq, &error)),
        Err(Ok(panic)) => std::panic::resume_unwind(panic),
        Err(Err(_)) => Err(EngineError::Io("the server is shutting down".to_owned())),
    }
}

/// A long value's place in a segment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LoggedValue {
    pub(crate) at: u32,
    pub(crate) len: u32,
    pub(crate) crc: u32,
}

impl LoggedValue {
    fn verify(self, segment: u64, value: Bytes) -> Result<Bytes, EngineError> {
        if crc32c(&value) == self.crc {
            return Ok(value);
        }
        Err(EngineError::Corrupt(format!("a value in segment {segment:016x} at {}", self.at)))
    }

    pub(crate) async fn read(
        self,
        segment: &Arc<Segment>,
        buffers: &Arc<Pool>,
    ) -> Result<Bytes, EngineError> {
        let out = buffers.take(self.len as usize);
        self.verify(segment.seq, read(segment, self.at.into(), out).await?)
    }

    /// For the writer's thread.
    pub(crate) fn read_blocking(self, segment: &Segment) -> Result<Bytes, EngineError> {
        let value = segment.read_exact(self.at.into(), self.len as usize);
        self.verify(segment.seq, value.map_err(|error| failed(segment.seq, &error))?.into())
    }
}

/// A body in the log. Holding it keeps its segment from being reused.
pub(crate) struct LoggedBody {
    segment: Arc<Segment>,
    buffers: Arc<Pool>,
    place: BodyPlace,
}

impl LoggedBody {
    pub(crate) const fn new(segment: Arc<Segment>, buffers: Arc<Pool>, place: BodyPlace) -> Self {
        Self { segment, buffers, place }
    }

    /// Whole blocks from number `first` on, each verified.
    fn verify(&self, first: u64, bytes: &[u8]) -> Result<(), EngineError> {
        for (n, block) in (first..).zip(bytes.chunks(BLOCK_BYTES)) {
            let at = usize::try_from(n).unwrap_or(usize::MAX).saturating_mul(4);
            if self.place.crcs.get(at..at.saturating_add(4)) != Some(&crc32c(block).to_le_bytes()[..]) {
                let (seq, at) = (self.segment.seq, self.place.at);
                tracing::error!(segment = seq, body = at, block = n, "a body's block fails its checksum");
                return Err(EngineError::Corrupt(format!("block {n} of the body in {seq:016x} at {at}")));
            }
        }
        Ok(())
    }

    async fn read_some(&self, range: Range<u64>) -> Result<Bytes, EngineError> {
        let end = range.end.min(self.len());
        if range.start >= end {
            return Ok(Bytes::new());
        }
        let first = range.start / BLOCK;
        let from = first * BLOCK;
        // whole blocks, no more than fit: the last one is verified whole although it may be asked for in part
        let end = end.min(from + READ_MAX_BYTES as u64);
        let to = end.next_multiple_of(BLOCK).min(self.len());
        let len = usize::try_from(to - from).expect("at most READ_MAX_BYTES");
        let out = self.buffers.take(len);
        let bytes = read(&self.segment, u64::from(self.place.at) + from, out).await?;
        self.verify(first, &bytes)?;
        let within = |at: u64| usize::try_from(at - from).expect("at most READ_MAX_BYTES");
        Ok(bytes.slice(within(range.start)..within(end)))
    }
}

impl StoredBody for LoggedBody {
    fn len(&self) -> u64 {
        self.place.len.into()
    }

    fn is_empty(&self) -> bool {
        self.place.len == 0
    }

    fn read(&self, range: Range<u64>) -> BoxFuture<'_, Result<Bytes, EngineError>> {
        Box::pin(self.read_some(range))
    }
}
