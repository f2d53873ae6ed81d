//! Promises about a body, of objects and of documents alike: Content-MD5 and the `x-amz-checksum-*` family; and how the
//! checksums of stored objects and parts are shown. Hashing and comparing are `store`'s.

#[cfg(test)]
mod tests;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::{Checksum, ChecksumAlgorithm, ChecksumType, ObjectChecksum, PartNumber};
use http::{HeaderMap, HeaderName};

use crate::error::S3Error;
use crate::error_code::S3ErrorCode;
use crate::headers::{header_text, joined_text, set, value_text};
use crate::screen::header_not_implemented;
use crate::xml::Writer;

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
    let checksums = values(headers, Checksum::from_base64)?;
    let announced = algorithm(headers, "x-amz-sdk-checksum-algorithm")?;
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

/// Reads what is promised of a document whose `x-amz-checksum-*` headers speak of something else: the object that a
/// CompleteMultipartUpload makes.
///
/// # Errors
/// `InvalidDigest`.
pub fn decode_document(headers: &HeaderMap) -> Result<Integrity, S3Error> {
    Ok(Integrity { content_md5: content_md5(headers)?, ..Integrity::default() })
}

/// Reads the `x-amz-checksum-*` header that speaks of an object in parts.
///
/// # Errors
/// Those of [`decode`] for the same headers.
///
/// Spec: Amazon S3 API, CompleteMultipartUpload, request headers.
pub fn decode_object_checksum(headers: &HeaderMap) -> Result<Option<ObjectChecksum>, S3Error> {
    Ok(values(headers, |algorithm, text| {
        let (value, composite_of) = match text.trim().rsplit_once('-') {
            None => (text, None),
            Some((value, count)) => (value, Some(PartNumber::new(count.parse().ok()?)?.get())),
        };
        Some(ObjectChecksum { checksum: Checksum::from_base64(algorithm, value)?, composite_of })
    })?
    .pop())
}

/// Reads `x-amz-checksum-type`.
///
/// # Errors
/// `InvalidRequest` for a type that does not exist.
pub fn decode_type(headers: &HeaderMap) -> Result<Option<ChecksumType>, S3Error> {
    let parse = |text: &str| {
        ChecksumType::from_name(text.trim())
            .ok_or_else(|| S3Error::invalid_request("Value for x-amz-checksum-type header is invalid."))
    };
    header_text(headers, "x-amz-checksum-type").map(|text| parse(&text)).transpose()
}

/// Sets the headers of an object's checksums. `composite_of` is the number of parts whose checksums they are made from;
/// those of an object's own bytes have none.
///
/// Spec: Amazon S3 API, PutObject and GetObject, response headers.
pub fn encode_checksums(checksums: &[Checksum], composite_of: Option<u16>, headers: &mut HeaderMap) {
    for checksum in checksums {
        set_checksum(checksum, composite_of, headers);
    }
    if !checksums.is_empty() {
        set(headers, HeaderName::from_static("x-amz-checksum-type"), kind(composite_of).name());
    }
}

/// Sets the header of one checksum, without its type.
pub(super) fn set_checksum(checksum: &Checksum, composite_of: Option<u16>, headers: &mut HeaderMap) {
    let name = HeaderName::from_static(checksum.algorithm().header());
    set(headers, name, shown(checksum, composite_of));
}

/// Writes the elements of an object's checksums, the value first and then the type.
///
/// Spec: Amazon S3 API, CompleteMultipartUpload, response elements.
pub(super) fn write_checksums(xml: &mut Writer, checksums: &[Checksum], composite_of: Option<u16>) {
    for checksum in checksums {
        xml.leaf(element(checksum.algorithm()), &shown(checksum, composite_of));
    }
    if !checksums.is_empty() {
        xml.leaf("ChecksumType", kind(composite_of).name());
    }
}

/// The name of the element that holds a checksum of this algorithm.
pub(super) const fn element(algorithm: ChecksumAlgorithm) -> &'static str {
    match algorithm {
        ChecksumAlgorithm::Crc32 => "ChecksumCRC32",
        ChecksumAlgorithm::Crc32c => "ChecksumCRC32C",
        ChecksumAlgorithm::Crc64Nvme => "ChecksumCRC64NVME",
        ChecksumAlgorithm::Sha1 => "ChecksumSHA1",
        ChecksumAlgorithm::Sha256 => "ChecksumSHA256",
    }
}

const fn kind(composite_of: Option<u16>) -> ChecksumType {
    match composite_of {
        Some(_) => ChecksumType::Composite,
        None => ChecksumType::FullObject,
    }
}

fn shown(checksum: &Checksum, composite_of: Option<u16>) -> String {
    let value = checksum.to_base64();
    match composite_of {
        Some(parts) => format!("{value}-{parts}"),
        None => value,
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

/// The value of a checksum, which may stand there more than once.
fn values<T: PartialEq>(
    headers: &HeaderMap,
    parse: impl Fn(ChecksumAlgorithm, &str) -> Option<T>,
) -> Result<Vec<T>, S3Error> {
    let mut values = Vec::new();
    for (name, value) in headers {
        let name = name.as_str();
        if !name.starts_with("x-amz-checksum-") || NOT_VALUES.contains(&name) {
            continue;
        }
        let text = value_text(value);
        let Some(algorithm) = ChecksumAlgorithm::from_header(name) else {
            return Err(header_not_implemented(name, &text));
        };
        let parsed = parse(algorithm, &text).ok_or_else(|| invalid_digest(name))?;
        if !values.contains(&parsed) {
            values.push(parsed);
        }
    }
    if values.len() > 1 {
        return Err(S3Error::invalid_request(
            "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
        ));
    }
    Ok(values)
}

/// The algorithm that a header names.
pub(super) fn algorithm(headers: &HeaderMap, name: &str) -> Result<Option<ChecksumAlgorithm>, S3Error> {
    let Some(text) = header_text(headers, name) else { return Ok(None) };
    ChecksumAlgorithm::from_name(text.trim()).map(Some).ok_or_else(|| {
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
