//! What the ports' errors mean to a caller of the store.

use blob::BlobError;
use domain::Error;
use domain::quota::Bounded;
use meta::EngineError;
use meta::tables::{Damaged, totals};

pub(crate) fn engine_failed(error: EngineError) -> Error {
    match error {
        EngineError::Full => Error::InsufficientStorage,
        EngineError::Busy => Error::SlowDown,
        EngineError::ReadOnly => Error::ReadOnly,
        EngineError::Corrupt(context) => Error::Corrupt { context },
        EngineError::OverLimit { places, most } => {
            let what = if places == totals::OBJECTS { Bounded::Objects } else { Bounded::Bytes };
            Error::QuotaExceeded { what, most }
        }
        EngineError::Conflict { check } => Error::internal(format!("unexpected conflict on check {check}")),
        EngineError::TooLarge(what) => Error::internal(format!("{what} over the limit of one commit")),
        EngineError::Io(context) => Error::Internal { context },
    }
}

pub(crate) fn blob_failed(error: BlobError) -> Error {
    match error {
        BlobError::Full => Error::InsufficientStorage,
        BlobError::ReadOnly => Error::ReadOnly,
        BlobError::Corrupt(context) => Error::Corrupt { context },
        BlobError::NotFound(id) => Error::Corrupt { context: format!("blob {id} is missing") },
        BlobError::Io(context) => Error::Internal { context },
    }
}

pub(crate) fn damaged(error: Damaged) -> Error {
    Error::Corrupt { context: error.to_string() }
}
