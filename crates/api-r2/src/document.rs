//! A request's JSON, read whole within a bound. The type that is sent with it is not looked at: wrangler sends JSON as
//! `text/plain`.

use bytes::BytesMut;
use exchange::Incoming;
use serde::de::DeserializeOwned;
use serde_path_to_error::{Path, Segment};

use crate::error::{Failure, R2Error};
use crate::objects_only::ObjectsOnly;

/// Most bytes of a document with settings: a thousand rules with a prefix each.
pub(crate) const DOCUMENT_MAX_BYTES: usize = 4 * 1024 * 1024;
/// Most characters of the parser's complaint, which repeats names of the document.
const COMPLAINT_MAX_CHARS: usize = 300;

/// Reads a document.
///
/// # Errors
/// `MalformedJson` with what is wrong with it and where; `InvalidArgument` for one that is too long; those of the body.
pub(crate) async fn read<T: DeserializeOwned>(
    incoming: &mut Incoming<'_>,
    max_bytes: usize,
) -> Result<T, Failure> {
    Ok(parse(object(&receive(incoming, max_bytes).await?)?)?)
}

/// Reads a document that is a list.
///
/// # Errors
/// As [`read`].
pub(crate) async fn read_list<T: DeserializeOwned>(
    incoming: &mut Incoming<'_>,
    max_bytes: usize,
) -> Result<Vec<T>, Failure> {
    Ok(parse(&receive(incoming, max_bytes).await?)?)
}

/// Refuses a list in an object's place, in plain words; within it, that is up to [`ObjectsOnly`].
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
    if document.trim_ascii().is_empty() { Ok(None) } else { Ok(Some(parse(object(&document)?)?)) }
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
    let mut json = serde_json::Deserializer::from_slice(object(&document)?);
    let read = T::deserialize(ObjectsOnly(&mut json)).and_then(|value| json.end().map(|()| value));
    read.map_err(|error| {
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

fn parse<T: DeserializeOwned>(document: &[u8]) -> Result<T, R2Error> {
    let cut = |text: String| text.chars().take(COMPLAINT_MAX_CHARS).collect::<String>();
    let mut json = serde_json::Deserializer::from_slice(document);
    let value = serde_path_to_error::deserialize(ObjectsOnly(&mut json)).map_err(|error| {
        let refusal = R2Error::malformed_json(cut(error.inner().to_string()));
        match pointer(error.path()) {
            Some(pointer) => refusal.at(cut(pointer)),
            None => refusal,
        }
    })?;
    json.end().map_err(|error| R2Error::malformed_json(cut(error.to_string())))?;
    Ok(value)
}

/// A place as a JSON pointer; `None` for the document as a whole.
///
/// Spec: RFC 6901.
fn pointer(path: &Path) -> Option<String> {
    let mut text = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => text.push_str(&format!("/{index}")),
            Segment::Map { key } => text.push_str(&format!("/{}", escaped(key))),
            // an enum's variant is no place of its own
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    (!text.is_empty()).then_some(text)
}

/// A member's name as a step of a JSON pointer.
pub(crate) fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[serde(rename = "a/b~")]
        list: Vec<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        _n: u8,
    }

    #[test]
    fn an_error_has_its_place() {
        for (document, place, complaint) in [
            ("", None, "EOF"),
            ("{", None, "EOF"),
            ("[]", None, "invalid type: sequence"),
            ("{}", None, "missing field"),
            (r#"{"a/b~":[]} x"#, None, "trailing characters"),
            (r#"{"more":1}"#, Some("/more"), "unknown field `more`"),
            (r#"{"a/b~":[{"_n":1},{"_n":"x"}]}"#, Some("/a~1b~0/1/_n"), "invalid type"),
            (r#"{"a/b~":[{"_n":1},[1]]}"#, Some("/a~1b~0/1"), "invalid type: sequence"),
            (r#"{"a/b~":[{"_n":1,"m":2}]}"#, Some("/a~1b~0/0/m"), "unknown field `m`"),
            (r#"{"a/b~":[{"_n":1,"_n":2}]}"#, Some("/a~1b~0/0"), "duplicate field"),
        ] {
            let error = parse::<Outer>(document.as_bytes()).unwrap_err();
            assert_eq!(error.pointer.as_deref(), place, "{document}");
            assert!(error.chain.unwrap().1.contains(complaint), "{document}");
        }
        let document = parse::<Outer>(br#" {"a/b~":[{"_n":1}]}"#).unwrap();
        assert_eq!(document.list.len(), 1);
    }

    proptest! {
        #[test]
        fn any_document_is_read_or_refused(text in ".{0,60}", n in any::<u16>()) {
            let _ = parse::<Outer>(text.as_bytes());
            let read = parse::<Outer>(format!(r#"{{"a/b~":[{{"_n":{n}}}]}}"#).as_bytes());
            prop_assert_eq!(read.is_ok(), n < 256);
        }
    }
}
