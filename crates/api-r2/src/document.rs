//! A request's JSON, read whole within a bound. The type that is sent with it is not looked at: wrangler sends JSON as
//! `text/plain`.

use bytes::BytesMut;
use exchange::Incoming;
use serde::de::DeserializeOwned;

use crate::error::{Failure, R2Error};

/// Most bytes of a document with settings: a thousand rules with a prefix each.
pub(crate) const DOCUMENT_MAX_BYTES: usize = 4 * 1024 * 1024;
/// Most characters of the parser's complaint, which repeats names of the document.
const COMPLAINT_MAX_CHARS: usize = 300;

/// Reads a document.
///
/// # Errors
/// `MalformedJson` with what is wrong with it; `InvalidArgument` for one that is too long; those of the body.
pub(crate) async fn read<T: DeserializeOwned>(
    incoming: &mut Incoming<'_>,
    max_bytes: usize,
) -> Result<T, Failure> {
    let mut document = BytesMut::new();
    while let Some(piece) = incoming.receive().await? {
        if document.len() + piece.len() > max_bytes {
            let text =
                format!("The request's body is larger than {max_bytes} bytes, the most that is read here.");
            return Err(R2Error::invalid_argument(text).into());
        }
        document.extend_from_slice(&piece);
    }
    serde_json::from_slice(&document).map_err(|error| {
        let complaint: String = error.to_string().chars().take(COMPLAINT_MAX_CHARS).collect();
        R2Error::malformed_json(complaint).into()
    })
}
