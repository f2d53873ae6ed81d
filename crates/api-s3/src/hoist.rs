//! The headers that count: those that came, and those that SDKs moved into the query of a presigned URL.
//!
//! It runs after the signature has been verified, since only then is a parameter more than somebody's addition.

use std::borrow::Cow;

use domain::{Checksum, ChecksumAlgorithm};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use s3_wire::headers::{header_text, joined_text};
use s3_wire::{S3Error, S3ErrorCode};
use sigv4::{ChunkDecoder, PayloadHash, Verified};

use crate::head::Head;

/// A request's headers with the hoisted `x-amz-*` parameters among them; a header that says the same wins.
///
/// A checksum in the query that is the one of no bytes at all is a placeholder of SDKs, made when the URL was signed and
/// no body was there: it is left out when a body comes, unless `strict_r2`. So is one beside a checksum header.
///
/// # Errors
/// `InvalidArgument` when a parameter and a header, or two parameters, disagree.
pub(crate) fn merged<'h>(
    head: &Head<'h>,
    verified: &Verified,
    strict_r2: bool,
) -> Result<Cow<'h, HeaderMap>, S3Error> {
    let mut headers = Cow::Borrowed(head.headers);
    let placeholder = |name: &str, value: &str| !strict_r2 && is_placeholder(head, name, value);
    let has_placeholder = verified.hoisted.iter().any(|(name, value)| placeholder(name, value));
    for (name, value) in &verified.hoisted {
        if placeholder(name, value) {
            tracing::debug!(%name, "a checksum of no bytes in the query is taken for a placeholder");
            continue;
        }
        // it names the placeholder's algorithm, and a real checksum may have another
        if has_placeholder && name == "x-amz-sdk-checksum-algorithm" && has_checksum(head) {
            continue;
        }
        let bad =
            || S3Error::invalid_argument(format!("Search parameter {name} does not hold a header value"));
        let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad())?;
        let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| bad())?;
        match headers.get(&header) {
            None => {
                headers.to_mut().insert(header, value);
            }
            Some(sent) if sent.as_bytes().trim_ascii() == value.as_bytes().trim_ascii() => {}
            Some(_) => return Err(conflict(name)),
        }
    }
    if let Some(signed) = verified.query_content_type.as_ref().filter(|_| !strict_r2)
        && !headers.contains_key(header::CONTENT_TYPE)
    {
        s3_wire::headers::set(headers.to_mut(), header::CONTENT_TYPE, signed);
    }
    Ok(headers)
}

fn conflict(name: &str) -> S3Error {
    S3Error::invalid_argument(format!(
        "Search parameter {name} is given more than once, or differs from the header"
    ))
    .with_hint(format!(
        "{name} is signed in the URL. Send no header of that name, or one with the same value."
    ))
}

/// Whether this is a checksum of nothing beside a body that is something, or beside a real checksum.
fn is_placeholder(head: &Head<'_>, name: &str, value: &str) -> bool {
    let writes = *head.method == Method::PUT || *head.method == Method::POST;
    let Some(algorithm) = ChecksumAlgorithm::from_header(name).filter(|_| writes) else { return false };
    let of_nothing = Checksum::from_base64(algorithm, of_no_bytes(algorithm));
    let is_of_nothing = of_nothing.is_some() && Checksum::from_base64(algorithm, value) == of_nothing;
    let empty = header_text(head.headers, "content-length").is_some_and(|length| length.trim() == "0");
    is_of_nothing && !empty
}

fn has_checksum(head: &Head<'_>) -> bool {
    ChecksumAlgorithm::ALL.iter().any(|algorithm| head.headers.contains_key(algorithm.header()))
}

/// The checksum of zero bytes.
const fn of_no_bytes(algorithm: ChecksumAlgorithm) -> &'static str {
    match algorithm {
        ChecksumAlgorithm::Crc32 | ChecksumAlgorithm::Crc32c => "AAAAAA==",
        ChecksumAlgorithm::Crc64Nvme => "AAAAAAAAAAA=",
        ChecksumAlgorithm::Sha1 => "2jmj7l5rSw0yVb/vlWAYkK/YBwk=",
        ChecksumAlgorithm::Sha256 => "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
    }
}

/// The decoder for a body in aws-chunked framing.
///
/// # Errors
/// `InvalidRequest` for a body that has signs of that framing, but was not signed as one: its framing must not be stored as
/// content. `InvalidArgument` for a length that is no number.
pub(crate) fn chunk_decoder(
    verified: &Verified,
    headers: &HeaderMap,
) -> Result<Option<ChunkDecoder>, S3Error> {
    let length = header_text(headers, "x-amz-decoded-content-length");
    if !verified.payload.is_streaming() {
        let coded = joined_text(headers, "content-encoding", ",").unwrap_or_default();
        let chunked = coded.split(',').any(|coding| coding.trim().eq_ignore_ascii_case("aws-chunked"));
        if chunked || length.is_some() || headers.contains_key("x-amz-trailer") {
            return Err(S3Error::invalid_request(
                "An aws-chunked body needs a streaming value of the x-amz-content-sha256 header",
            ));
        }
        return Ok(None);
    }
    let length = length.map(|text| decoded_length(&text)).transpose()?;
    let trailer = joined_text(headers, "x-amz-trailer", ",");
    if trailer.is_some() && verified.payload == PayloadHash::StreamingSigned {
        return Err(S3Error::new(S3ErrorCode::MalformedTrailerError).with_hint(
            "x-amz-trailer announces trailers, and x-amz-content-sha256 names the form that has none",
        ));
    }
    Ok(verified.chunk_decoder(trailer.as_deref(), length))
}

fn decoded_length(text: &str) -> Result<u64, S3Error> {
    let digits = text.trim();
    let number = digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok()).flatten();
    number.ok_or_else(|| {
        S3Error::new(S3ErrorCode::InvalidArgument)
            .with_message("x-amz-decoded-content-length must be a number")
    })
}
