//! Promises about a body, of objects and of documents alike: Content-MD5 and the `x-amz-checksum-*` family. Hashing and
//! comparing are `store`'s.

#[cfg(test)]
mod tests;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::{Checksum, ChecksumAlgorithm};
use http::{HeaderMap, HeaderName};

use crate::error::S3Error;
use crate::error_code::S3ErrorCode;
use crate::headers::{header_text, joined_text, set};
use crate::screen::header_not_implemented;

/// What a body must hash to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Integrity {
    /// Content-MD5.
    pub content_md5: Option<[u8; 16]>,
    /// Checksums whose values stand in headers.
    pub checksums: Vec<Checksum>,
    /// Algorithms whose values follow the body, or that are to be computed and kept anyway; none of `checksums`.
    pub algorithms: Vec<ChecksumAlgorithm>,
}

/// Names of the family that carry no value of a checksum.
const NOT_VALUES: [&str; 3] = ["x-amz-checksum-mode", "x-amz-checksum-type", "x-amz-checksum-algorithm"];

/// Reads `Content-MD5`, `x-amz-checksum-*`, `x-amz-sdk-checksum-algorithm` and the checksums that `x-amz-trailer`
/// announces.
///
/// # Errors
/// `InvalidDigest` for a value that does not decode to the algorithm's length, `InvalidRequest` when values of several
/// algorithms come at once or disagree with the announced algorithm, `NotImplemented` for an algorithm we cannot check.
///
/// Spec: R2 docs, error codes, 10014; Amazon S3 API, checking object integrity.
pub fn decode(headers: &HeaderMap) -> Result<Integrity, S3Error> {
    let checksums = checksums(headers)?;
    let announced =
        header_text(headers, "x-amz-sdk-checksum-algorithm").map(|name| algorithm(&name)).transpose()?;
    let mut algorithms = trailing(headers);
    if let Some(announced) = announced {
        let named: Vec<_> =
            checksums.iter().map(Checksum::algorithm).chain(algorithms.iter().copied()).collect();
        if !named.is_empty() && !named.contains(&announced) {
            return Err(S3Error::invalid_request(
                "Value for x-amz-sdk-checksum-algorithm header is invalid.",
            ));
        }
        algorithms.push(announced);
    }
    algorithms.retain(|a| !checksums.iter().any(|c| c.algorithm() == *a));
    algorithms.sort_unstable();
    algorithms.dedup();
    Ok(Integrity { content_md5: content_md5(headers)?, checksums, algorithms })
}

/// Sets the headers of verified checksums. Those of a single PUT cover the whole object.
///
/// Spec: Amazon S3 API, PutObject, response headers.
pub fn encode_checksums(checksums: &[Checksum], headers: &mut HeaderMap) {
    for checksum in checksums {
        let name = HeaderName::from_static(checksum.algorithm().header());
        set(headers, name, checksum.to_base64());
    }
    if !checksums.is_empty() {
        set(headers, HeaderName::from_static("x-amz-checksum-type"), "FULL_OBJECT");
    }
}

fn invalid_digest(header: &str) -> S3Error {
    S3Error::new(S3ErrorCode::InvalidDigest).with_hint(format!("The value of {header} does not decode."))
}

fn content_md5(headers: &HeaderMap) -> Result<Option<[u8; 16]>, S3Error> {
    let Some(text) = header_text(headers, "content-md5") else { return Ok(None) };
    let digest = STANDARD.decode(text.trim()).ok().and_then(|bytes| bytes.try_into().ok());
    digest.map(Some).ok_or_else(|| invalid_digest("Content-MD5"))
}

fn checksums(headers: &HeaderMap) -> Result<Vec<Checksum>, S3Error> {
    let mut checksums: Vec<Checksum> = Vec::new();
    for (name, value) in headers {
        let name = name.as_str();
        if !name.starts_with("x-amz-checksum-") || NOT_VALUES.contains(&name) {
            continue;
        }
        let text = crate::headers::value_text(value);
        let Some(algorithm) = ChecksumAlgorithm::from_header(name) else {
            return Err(header_not_implemented(name, &text));
        };
        let checksum = Checksum::from_base64(algorithm, &text).ok_or_else(|| invalid_digest(name))?;
        if !checksums.contains(&checksum) {
            checksums.push(checksum);
        }
    }
    if checksums.len() > 1 {
        return Err(S3Error::invalid_request(
            "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
        ));
    }
    Ok(checksums)
}

fn algorithm(name: &str) -> Result<ChecksumAlgorithm, S3Error> {
    ChecksumAlgorithm::from_name(name.trim()).ok_or_else(|| {
        let names = ChecksumAlgorithm::ALL.map(ChecksumAlgorithm::name).join(", ");
        S3Error::invalid_request(format!(
            "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [{names}]"
        ))
    })
}

/// Checksums that follow the body; other trailers are the framing's concern.
fn trailing(headers: &HeaderMap) -> Vec<ChecksumAlgorithm> {
    let names = joined_text(headers, "x-amz-trailer", ",").unwrap_or_default();
    names.split(',').filter_map(|n| ChecksumAlgorithm::from_header(&n.trim().to_ascii_lowercase())).collect()
}
