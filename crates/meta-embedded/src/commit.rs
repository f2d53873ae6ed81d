//! A commit on its way to the writer: its sizes checked and its bodies summed on the caller's task, so that the writer only
//! decides and copies.

use bytes::Bytes;
use meta::engine::{BODY_MAX_BYTES, KEY_MAX_BYTES, VALUE_MAX_BYTES};
use meta::{Batch, Body, Check, EngineError, Version, Write, WriteId};
use tokio::sync::oneshot;

use crate::log::format::BLOCK_BYTES;
use crate::log::record::block_crcs;
use crate::row::BodyPlace;
use crate::settings::COMMIT_MAX_BYTES;

/// Upper bound for what a record needs beside its key, value and body, block checksums apart.
const RECORD_OVERHEAD_BYTES: u64 = 64;
/// What may be put for each row that is deleted on a full disk: a delete marker, a pointer, the name of what is gone.
const NOTE_MAX_BYTES: u64 = 4 * 1024;
/// Longest checksums of a body that is shared.
const CRCS_MAX_BYTES: u64 = 4 * BODY_MAX_BYTES.div_ceil(BLOCK_BYTES as u64);

/// A body with its block checksums.
#[derive(Clone, Debug)]
pub(crate) struct SummedBody {
    pub(crate) pieces: Vec<Bytes>,
    pub(crate) len: u32,
    pub(crate) crcs: Bytes,
}

impl SummedBody {
    fn new(pieces: Vec<Bytes>) -> Result<Self, EngineError> {
        let len: u64 = pieces.iter().map(|piece| piece.len() as u64).sum();
        if len > BODY_MAX_BYTES {
            return Err(EngineError::TooLarge("body"));
        }
        let len = u32::try_from(len).map_err(|_| EngineError::TooLarge("body"))?;
        let crcs = block_crcs(pieces.iter().map(|piece| &piece[..])).into();
        Ok(Self { pieces, len, crcs })
    }
}

/// A change of one row, ready to be written.
#[derive(Clone, Debug)]
pub(crate) struct ReadyWrite {
    pub(crate) key: Vec<u8>,
    /// `None` deletes the row.
    pub(crate) put: Option<ReadyPut>,
    pub(crate) displaced_to: Option<Vec<u8>>,
}

/// What a put leaves in its row.
#[derive(Clone, Debug)]
pub(crate) struct ReadyPut {
    pub(crate) value: Bytes,
    pub(crate) body: Option<ReadyBody>,
    pub(crate) external: bool,
}

/// The body of a put.
#[derive(Clone, Debug)]
pub(crate) enum ReadyBody {
    Carried(SummedBody),
    /// That of the row with this key, as long as this commit wrote it.
    Of(Vec<u8>, Version),
}

impl ReadyBody {
    fn new(body: Body) -> Result<Self, EngineError> {
        Ok(match body {
            Body::Pieces(pieces) => Self::Carried(SummedBody::new(pieces)?),
            Body::Of { key, version } => Self::Of(key, version),
        })
    }

    /// Upper bound of its bytes in the log, its checksums included.
    fn log_bytes(&self) -> u64 {
        match self {
            Self::Carried(body) => u64::from(body.len) + body.crcs.len() as u64,
            Self::Of(..) => CRCS_MAX_BYTES,
        }
    }
}

/// A commit, ready to be decided.
#[derive(Clone, Debug)]
pub(crate) struct ReadyCommit {
    pub(crate) write_id: WriteId,
    pub(crate) checks: Vec<Check>,
    pub(crate) writes: Vec<ReadyWrite>,
    /// Upper bound of its bytes in the log, the values that it displaces apart.
    pub(crate) bytes: u64,
    /// Whether it puts more than a note for each row that it deletes: such commits end when the disk is full, deletes go on.
    pub(crate) grows: bool,
}

impl ReadyCommit {
    pub(crate) fn new(batch: Batch) -> Result<Self, EngineError> {
        let mut bytes = 0;
        let mut writes = Vec::with_capacity(batch.writes.len());
        for write in batch.writes {
            let write = ready(write)?;
            let body = write.put.as_ref().and_then(|put| put.body.as_ref());
            let value = write.put.as_ref().map_or(0, |put| put.value.len());
            bytes += RECORD_OVERHEAD_BYTES + (write.key.len() + value) as u64;
            bytes += body.map_or(0, ReadyBody::log_bytes);
            bytes += write.displaced_to.as_ref().map_or(0, |key| RECORD_OVERHEAD_BYTES + key.len() as u64);
            writes.push(write);
        }
        if bytes > COMMIT_MAX_BYTES {
            return Err(EngineError::TooLarge("commit"));
        }
        let deletes = writes.iter().filter(|write| write.put.is_none()).count();
        let put = writes.iter().filter_map(|write| write.put.as_ref().map(|put| put_bytes(&write.key, put)));
        let grows = put.sum::<u64>() > deletes as u64 * NOTE_MAX_BYTES;
        Ok(Self { write_id: batch.write_id, checks: batch.checks, writes, bytes, grows })
    }
}

/// At least 1, so that nothing but deletes comes for free.
fn put_bytes(key: &[u8], put: &ReadyPut) -> u64 {
    (1 + key.len() + put.value.len()) as u64
        + match &put.body {
            Some(ReadyBody::Carried(body)) => u64::from(body.len),
            Some(ReadyBody::Of(..)) | None => 0,
        }
}

fn ready(write: Write) -> Result<ReadyWrite, EngineError> {
    let (key, put, displaced_to) = match write {
        Write::Put { key, value, body, external, displaced_to } => {
            if value.len() > VALUE_MAX_BYTES {
                return Err(EngineError::TooLarge("value"));
            }
            let body = body.map(ReadyBody::new).transpose()?;
            (key, Some(ReadyPut { value, body, external }), displaced_to)
        }
        Write::Delete { key, displaced_to } => (key, None, displaced_to),
    };
    if key.len().max(displaced_to.as_ref().map_or(0, Vec::len)) > KEY_MAX_BYTES {
        return Err(EngineError::TooLarge("key"));
    }
    Ok(ReadyWrite { key, put, displaced_to })
}

/// A live record of another segment, to be written again.
#[derive(Clone, Debug)]
pub(crate) struct MovedRecord {
    pub(crate) key: Vec<u8>,
    pub(crate) version: Version,
    pub(crate) write_id: WriteId,
    pub(crate) what: Moved,
}

/// What is moved, and from where.
#[derive(Clone, Debug)]
pub(crate) enum Moved {
    /// A put; the index must still point to this place.
    Put { segment: u64, record_at: u32, value: Bytes, external: bool, body: Option<MovedBody> },
    /// A delete first written in segment `origin`; the row must still be missing.
    Delete { origin: u64 },
}

/// The body of a put that is moved.
#[derive(Clone, Debug)]
pub(crate) enum MovedBody {
    /// Number of a body in the load, which goes with all of its rows.
    Along(usize),
    /// It stays where it is, in another segment.
    Stays(BodyPlace),
}

/// What moves in one go.
#[derive(Debug, Default)]
pub(crate) struct Load {
    pub(crate) records: Vec<MovedRecord>,
    pub(crate) bodies: Vec<SummedBody>,
    /// Bytes of all.
    pub(crate) bytes: u64,
}

/// What waits for the writer.
pub(crate) enum Job {
    Commit {
        commit: Box<ReadyCommit>,
        reply: oneshot::Sender<Result<Version, EngineError>>,
    },
    /// Answered with whether it could be done.
    Move {
        load: Load,
        reply: std::sync::mpsc::SyncSender<Result<(), EngineError>>,
    },
    /// The last job.
    Close,
}
