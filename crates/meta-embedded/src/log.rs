//! The commit log: how its bytes lie, its segments, and how a segment is read back.

pub(crate) mod format;
pub(crate) mod quarantine;
pub(crate) mod record;
pub(crate) mod segment;
pub(crate) mod supply;
pub(crate) mod walk;
