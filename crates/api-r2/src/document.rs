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
    parse(object(&receive(incoming, max_bytes).await?)?)
}

/// Reads a document that is a list.
///
/// # Errors
/// As [`read`].
pub(crate) async fn read_list<T: DeserializeOwned>(
    incoming: &mut Incoming<'_>,
    max_bytes: usize,
) -> Result<Vec<T>, Failure> {
    parse(&receive(incoming, max_bytes).await?)
}

/// Refuses a list in an object's place: serde would take its items for the members, in order.
fn object(document: &[u8]) -> Result<&[u8], Failure> {
    match document.trim_ascii_start().first() {
        Some(b'[') => Err(R2Error::malformed_json("The document is an object, and this is a list.").into()),
        _ => Ok(document),
    }
}

/// Reads a document that may be left out.
///
/// # Errors
/// As [`read`].
pub(crate) async fn read_optional<T: DeserializeOwned>(
    incoming: &mut Incoming<'_>,
    max_bytes: usize,
) -> Result<Option<T>, Failure> {
    let document = receive(incoming, max_bytes).await?;
    if document.trim_ascii().is_empty() { Ok(None) } else { parse(object(&document)?).map(Some) }
}

/// Reads a document with secrets: of what is wrong with it only the place is told, since a complaint repeats what it is about.
///
/// # Errors
/// As [`read`].
pub(crate) async fn read_secret<T: DeserializeOwned>(
    incoming: &mut Incoming<'_>,
    max_bytes: usize,
) -> Result<T, Failure> {
    let document = receive(incoming, max_bytes).await?;
    serde_json::from_slice(object(&document)?).map_err(|error| {
        let place = match (error.line(), error.column()) {
            (0, _) => String::new(),
            (line, column) => format!(" Reading stopped at line {line}, column {column}."),
        };
        let hint = "A member is missing, unknown or of another type; the API's document has what they are.";
        R2Error::malformed_json(format!("{hint}{place}")).into()
    })
}

/// Whether there is no document.
///
/// # Errors
/// Those of the body.
pub(crate) async fn is_empty(incoming: &mut Incoming<'_>) -> Result<bool, Failure> {
    while let Some(piece) = incoming.receive().await? {
        if !piece.is_empty() {
            return Ok(false);
        }
    }
    Ok(true)
}

async fn receive(incoming: &mut Incoming<'_>, max_bytes: usize) -> Result<BytesMut, Failure> {
    let mut document = BytesMut::new();
    while let Some(piece) = incoming.receive().await? {
        if document.len() + piece.len() > max_bytes {
            let text =
                format!("The request's body is larger than {max_bytes} bytes, the most that is read here.");
            return Err(R2Error::invalid_argument(text).into());
        }
        document.extend_from_slice(&piece);
    }
    Ok(document)
}

fn parse<T: DeserializeOwned>(document: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(document).map_err(|error| {
        let complaint: String = error.to_string().chars().take(COMPLAINT_MAX_CHARS).collect();
        R2Error::malformed_json(complaint).into()
    })
}
