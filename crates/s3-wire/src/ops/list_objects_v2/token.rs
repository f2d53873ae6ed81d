//! Continuation tokens: a place in a listing as URL-safe text. They hold nothing secret and grant nothing, so they are
//! not signed; a forged one names a place that the client could have named with `start-after`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::limits::KEY_MAX_BYTES;
use domain::listing::ListPosition;

use crate::error::S3Error;

const KEY: u8 = b'k';
const PREFIX: u8 = b'p';

/// Writes a place as a token.
pub(super) fn encode(position: &ListPosition) -> String {
    let (kind, text) = match position {
        ListPosition::Key(text) => (KEY, text),
        ListPosition::Prefix(text) => (PREFIX, text),
    };
    let mut bytes = Vec::with_capacity(text.len() + 1);
    bytes.push(kind);
    bytes.extend_from_slice(text.as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads a token.
///
/// # Errors
/// `InvalidArgument` when it is none of ours.
pub(super) fn decode(token: &str) -> Result<ListPosition, S3Error> {
    let position = || {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (kind, text) = bytes.split_first()?;
        let text = std::str::from_utf8(text).ok().filter(|t| t.len() <= KEY_MAX_BYTES)?.to_owned();
        match *kind {
            KEY => Some(ListPosition::Key(text)),
            PREFIX => Some(ListPosition::Prefix(text)),
            _ => None,
        }
    };
    position().ok_or_else(|| S3Error::invalid_argument("The continuation token provided is incorrect"))
}
