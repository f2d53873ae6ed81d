//! Tables `g` (values displaced by a commit, whose blobs wait to be let go) and `x` (who holds which blob).

use super::codec::Damaged;
use super::object::{Content, ObjectRow, Segment};
use domain::ObjectKey;

use crate::engine::WriteId;

/// The prefix of every displaced value.
#[must_use]
pub fn displaced_prefix() -> Vec<u8> {
    b"g".to_vec()
}

/// The key under which write `n` of a commit keeps the value it displaces.
#[must_use]
pub fn displaced_key(write_id: WriteId, n: u16) -> Vec<u8> {
    [b"g".as_slice(), &write_id.0, &n.to_be_bytes()].concat()
}

/// The blobs of a displaced object or part row.
///
/// # Errors
/// [`Damaged`].
pub fn displaced_segments(value: &[u8]) -> Result<Vec<Segment>, Damaged> {
    // the key is not kept with the value, and no blob depends on it
    let key = ObjectKey::parse("displaced").expect("a valid key");
    Ok(match ObjectRow::decode(key, 0, value)?.content {
        Content::Manifest(segments) => segments,
        Content::Inline | Content::Version(_) | Content::DeleteMarker => Vec::new(),
    })
}

/// The prefix of the rows that hold a blob.
#[must_use]
pub fn holders_prefix(blob: &[u8; 16]) -> Vec<u8> {
    [b"x".as_slice(), blob].concat()
}

/// The key of the row that holds a blob in the name of `holder`; its own name is left away.
#[must_use]
pub fn holder_key(blob: &[u8; 16], holder: &[u8; 16]) -> Vec<u8> {
    let holder: &[u8] = if holder == blob { &[] } else { holder };
    [b"x".as_slice(), blob, holder].concat()
}
