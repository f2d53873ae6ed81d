//! The port to an ordered, atomic store of bytes. Guarantees stand on the trait; [`crate::contract`] tests them.

use std::fmt;
use std::future::Future;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;

use crate::totals::{Group, Totals};

/// A boxed future: one allocation a call is nothing beside I/O, and the ports stay usable as trait objects.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Position of a commit: grows with every commit, never reused.
pub type Version = u64;

/// Names one attempt to commit, so that a lost answer can be settled by reading back. Random.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WriteId(pub [u8; 16]);

/// A scan returns at most this many leading bytes of each value: tables put what a listing needs there.
pub const VALUE_HEAD_BYTES: usize = 256;
/// Longest key in bytes.
pub const KEY_MAX_BYTES: usize = 4_096;
/// Longest value in bytes.
pub const VALUE_MAX_BYTES: usize = 1024 * 1024;
/// Longest body that may ride in a commit, in bytes.
pub const BODY_MAX_BYTES: u64 = 4 * 1024 * 1024;
/// Most bytes of values that one commit may keep of what it displaces.
pub const DISPLACED_MAX_BYTES: usize = 15 * 1024 * 1024;
/// Most rows of one page.
pub const SCAN_MAX_ENTRIES: u32 = 10_000;
/// Most bytes that one [`StoredBody::read`] returns.
pub const READ_MAX_BYTES: usize = 256 * 1024;

/// Ordered bytes with atomic, conditional commits.
///
/// - **Atomic**: all checks of a batch hold and all its writes happen, or nothing does.
/// - **Ordered**: commits are strictly serialisable; a commit's effects are seen by every read that begins after it
///   returned, and by every scan that begins after.
/// - **Durable**: when `commit` returns `Ok`, the batch, bodies included, survives a power cut.
/// - **Isolated**: one scan sees one moment; two pages of a listing may see two.
/// - **Cancel safety**: a dropped `commit` future either takes effect wholly or not at all; which is unknown.
pub trait Engine: Send + Sync + 'static {
    /// Reads one row, its whole value and a handle to its body.
    ///
    /// # Errors
    /// [`EngineError::Corrupt`], [`EngineError::Io`].
    fn get<'a>(&'a self, key: &'a [u8]) -> BoxFuture<'a, Result<Option<Row>, EngineError>>;

    /// Reads one page of a range in key order.
    ///
    /// # Errors
    /// [`EngineError::Corrupt`], [`EngineError::Io`].
    fn scan(&self, scan: Scan) -> BoxFuture<'_, Result<Page, EngineError>>;

    /// The sums over a group of rows, as of one moment; zeros for a group without rows. Costs no look at them.
    ///
    /// # Errors
    /// [`EngineError::Corrupt`], [`EngineError::Io`].
    fn totals(&self, group: Group) -> BoxFuture<'_, Result<Totals, EngineError>>;

    /// Applies a batch if its checks hold, and returns its version once it is durable.
    ///
    /// # Errors
    /// [`EngineError::Conflict`] and [`EngineError::OverLimit`] when a check fails, [`EngineError::TooLarge`],
    /// [`EngineError::Full`], [`EngineError::Busy`] (nothing happened); [`EngineError::ReadOnly`] after an I/O error; [`EngineError::Io`] when the outcome is unknown.
    fn commit(&self, batch: Batch) -> BoxFuture<'_, Result<Version, EngineError>>;
}

/// What one commit checks and writes. No two writes of a batch name the same key.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Names this attempt.
    pub write_id: WriteId,
    /// All must hold at the moment of effect.
    pub checks: Vec<Check>,
    /// All happen at the moment of effect.
    pub writes: Vec<Write>,
}

/// A condition on the rows as they stand when the batch takes effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check {
    /// No row has this key.
    Absent(Vec<u8>),
    /// A row has this key.
    Present(Vec<u8>),
    /// The row of this key was last written by this version.
    VersionIs(Vec<u8>, Version),
    /// No row lies in this range.
    Empty(KeyRange),
    /// The batch leaves the group's amounts at `places` together at `most`, or not above what they were.
    AtMost {
        /// Whose totals.
        group: Group,
        /// Which of its amounts are added up.
        places: &'static [usize],
        /// Their bound.
        most: u64,
    },
}

/// A change of one row.
#[derive(Clone, Debug)]
pub enum Write {
    /// Creates or replaces a row.
    Put {
        /// Its key, up to [`KEY_MAX_BYTES`].
        key: Vec<u8>,
        /// Its value, up to [`VALUE_MAX_BYTES`].
        value: Bytes,
        /// A body that lives as long as the row.
        body: Option<Body>,
        /// Whether the value names bytes outside the engine, which must be reclaimed once it is displaced.
        external: bool,
        /// When the row displaced is `external`, its value is kept under this key in the same commit (as an external row).
        displaced_to: Option<Vec<u8>>,
    },
    /// Removes a row; a missing one is no error.
    Delete {
        /// Its key.
        key: Vec<u8>,
        /// As in `Put`.
        displaced_to: Option<Vec<u8>>,
    },
}

impl Write {
    /// The key it changes.
    #[must_use]
    pub fn key(&self) -> &[u8] {
        match self {
            Self::Put { key, .. } | Self::Delete { key, .. } => key,
        }
    }
}

/// What a put stores as the body of its row.
#[derive(Clone, Debug)]
pub enum Body {
    /// Bytes that ride in the commit: pieces in order, as they came off the socket.
    Pieces(Vec<Bytes>),
    /// The body of another row, or of the same, as it stands before the batch's writes; none when that row has none. The
    /// bytes are shared and not read; each row keeps them whatever becomes of the others.
    Of {
        /// Key of that row.
        key: Vec<u8>,
        /// The commit that wrote it; when it is another by then, or the row is gone, the batch is refused as by a check.
        version: Version,
    },
}

impl Body {
    /// Bytes that ride in the commit.
    #[must_use]
    pub fn carried_bytes(&self) -> u64 {
        match self {
            Self::Pieces(pieces) => pieces.iter().map(|piece| piece.len() as u64).sum(),
            Self::Of { .. } => 0,
        }
    }
}

/// One row as read.
#[derive(Clone, Debug)]
pub struct Row {
    /// The whole value.
    pub value: Bytes,
    /// The commit that wrote it.
    pub version: Version,
    /// Its body, when it was written with one.
    pub body: Option<BodyHandle>,
}

/// Reads a row's body; holding it keeps the bytes in place, whatever happens to the row.
pub type BodyHandle = Arc<dyn StoredBody>;

/// Immutable bytes of known length, verified as they are read.
pub trait StoredBody: Send + Sync {
    /// Length in bytes.
    fn len(&self) -> u64;

    /// Whether it has no byte.
    fn is_empty(&self) -> bool;

    /// Reads the bytes of `range` that fit in [`READ_MAX_BYTES`]: at least one when the range is not empty.
    ///
    /// # Errors
    /// [`EngineError::Corrupt`] when a checksum fails: no byte of a bad block is returned. [`EngineError::Io`].
    fn read(&self, range: Range<u64>) -> BoxFuture<'_, Result<Bytes, EngineError>>;
}

impl fmt::Debug for dyn StoredBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "body of {} bytes", self.len())
    }
}

/// Keys `start..end`; no `end` means to the last key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRange {
    /// First key, inclusive.
    pub start: Vec<u8>,
    /// Exclusive.
    pub end: Option<Vec<u8>>,
}

impl KeyRange {
    /// Every key that begins with `prefix`.
    #[must_use]
    pub fn prefix(prefix: &[u8]) -> Self {
        Self { start: prefix.to_vec(), end: successor(prefix) }
    }

    /// Whether `key` lies in the range.
    #[must_use]
    pub fn contains(&self, key: &[u8]) -> bool {
        key >= self.start.as_slice() && self.end.as_ref().is_none_or(|end| key < end.as_slice())
    }
}

/// The first key after all that begin with `prefix`; `None` when there is none.
#[must_use]
pub fn successor(prefix: &[u8]) -> Option<Vec<u8>> {
    let keep = prefix.iter().rposition(|b| *b != 0xff)?;
    let mut next = prefix.get(..=keep)?.to_vec();
    *next.last_mut()? += 1;
    Some(next)
}

/// A question for one page.
#[derive(Clone, Debug)]
pub struct Scan {
    /// Where to look.
    pub range: KeyRange,
    /// Most entries, rows and prefixes together, up to [`SCAN_MAX_ENTRIES`].
    pub limit: u32,
    /// Folds keys into common prefixes.
    pub fold: Option<Fold>,
}

/// Keys that share their bytes up to and including the first `delimiter` become one [`Entry::Prefix`]. The delimiter is
/// looked for only between the first `skip_bytes` and the last `tail_bytes` of a key. The cost grows with the entries
/// returned, not with the keys folded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fold {
    /// Leading bytes that are not searched.
    pub skip_bytes: usize,
    /// What to look for; not empty.
    pub delimiter: Vec<u8>,
    /// Trailing bytes that are not searched.
    pub tail_bytes: usize,
}

impl Fold {
    /// The common prefix that `key` folds into, if it has the delimiter.
    #[must_use]
    pub fn prefix_of<'k>(&self, key: &'k [u8]) -> Option<&'k [u8]> {
        let end = key.len().checked_sub(self.tail_bytes)?;
        let searched = key.get(self.skip_bytes..end)?;
        let at = memchr::memmem::find(searched, &self.delimiter)?;
        key.get(..self.skip_bytes + at + self.delimiter.len())
    }
}

/// One entry of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A row.
    Row {
        /// Its key.
        key: Bytes,
        /// The first [`VALUE_HEAD_BYTES`] of its value.
        head: Bytes,
        /// The commit that wrote it.
        version: Version,
    },
    /// A common prefix, delimiter included.
    Prefix(Bytes),
}

/// One page, in key order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Rows and prefixes.
    pub entries: Vec<Entry>,
    /// Whether the range holds more after the last entry.
    pub more: bool,
}

/// Why an engine did not do it, by what the caller does next.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// A check did not hold, or a row whose body was to be shared is another: read again and decide again. Index of the first
    /// such check.
    #[error("check {check} did not hold")]
    Conflict {
        /// Position in [`Batch::checks`]; their number when all hold and [`Body::Of`] does not.
        check: usize,
    },
    /// A [`Check::AtMost`] did not hold while all others did: the first, as it was asked.
    #[error("a total would be over its bound of {most}")]
    OverLimit {
        /// Its amounts.
        places: &'static [usize],
        /// Their bound.
        most: u64,
    },
    /// One of the limits of a commit, or [`DISPLACED_MAX_BYTES`]: several smaller commits may do it.
    #[error("{0} over the limit of one commit")]
    TooLarge(&'static str),
    /// No space for writes; deletes still work.
    #[error("no space left")]
    Full,
    /// The queue is full: answer "slow down".
    #[error("too many writes are waiting")]
    Busy,
    /// A write or sync failed before; writes are refused until restart.
    #[error("read-only after an I/O error")]
    ReadOnly,
    /// Stored bytes failed a check: nothing of them is returned.
    #[error("corrupt: {0}")]
    Corrupt(String),
    /// The disk or the network failed.
    #[error("I/O: {0}")]
    Io(String),
}
