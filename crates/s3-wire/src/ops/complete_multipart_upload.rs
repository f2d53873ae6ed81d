//! CompleteMultipartUpload: the document that lists the parts, and what the client says of the whole. Whether the parts
//! exist, are large enough and have these checksums is the store's to judge.

#[cfg(test)]
mod tests;

use std::collections::HashSet;

use bytes::Bytes;
use domain::limits::{PARTS_MAX, XML_BODY_MAX_BYTES};
use domain::{
    BucketName, Checksum, ChecksumAlgorithm, ChecksumType, CompletedPart, Conditions, ETag, ObjectChecksum,
    ObjectInfo, PartNumber,
};
use http::{HeaderMap, HeaderName};

use crate::error::S3Error;
use crate::error_code::S3ErrorCode;
use crate::headers::{conditions, header_text, parse_size, set};
use crate::ops::{integrity, parts, put_object};
use crate::query::Query;
use crate::xml::{self, Element, Limits, Writer};

/// A checked CompleteMultipartUpload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompleteMultipartUpload {
    /// Which upload.
    pub upload_id: String,
    /// The parts in the order in which they were sent; no number comes twice.
    pub parts: Vec<CompletedPart>,
    /// The `If-*` headers.
    pub conditions: Conditions,
    /// The checksum that the object must have.
    pub checksum: Option<ObjectChecksum>,
    /// The type that its checksum must have.
    pub checksum_type: Option<ChecksumType>,
    /// Bytes that the object must have: `x-amz-mp-object-size`.
    pub size_bytes: Option<u64>,
}

/// Room for every part with each checksum and more; what then is no part of an upload is refused by its number.
const LIMITS: Limits = Limits { bytes: XML_BODY_MAX_BYTES, elements: 8 * PARTS_MAX as usize };

/// Reads query, headers and document. The headers' checksum is the object's, not the document's.
///
/// # Errors
/// `MalformedXML`, also for no part, a number that is none, or a part without an ETag; `InvalidPart` for a number out of
/// bounds or one that comes twice; `InvalidArgument` for a part's checksum that does not decode;
/// `MaxMessageLengthExceeded`; `InvalidDigest` and `InvalidRequest` for headers.
///
/// Observed: R2, 2026-06-11 (parts). Spec: Amazon S3 API, CompleteMultipartUpload (checksums, headers).
pub fn decode(query: &Query, headers: &HeaderMap, body: &[u8]) -> Result<CompleteMultipartUpload, S3Error> {
    Ok(CompleteMultipartUpload {
        upload_id: parts::upload_id(query),
        conditions: conditions(headers),
        checksum: integrity::decode_object_checksum(headers)?,
        checksum_type: integrity::decode_type(headers)?,
        size_bytes: object_size(headers)?,
        parts: decode_parts(body)?,
    })
}

/// Reads the document.
///
/// # Errors
/// Those of [`decode`] for the document.
pub fn decode_parts(body: &[u8]) -> Result<Vec<CompletedPart>, S3Error> {
    let root = xml::parse(body, LIMITS)?.expect_root("CompleteMultipartUpload")?;
    let elements = root.children()?;
    let mut parts = Vec::with_capacity(elements.len().min(usize::from(PARTS_MAX)));
    let mut numbers = HashSet::new();
    for element in elements {
        if element.name() != "Part" {
            return Err(element.unexpected());
        }
        let part = decode_part(element)?;
        if !numbers.insert(part.number) {
            return Err(S3Error::new(S3ErrorCode::InvalidPart)
                .with_message("There was a problem with the multipart upload.")
                .with_hint(format!("Part {} is listed twice.", part.number)));
        }
        parts.push(part);
    }
    if parts.is_empty() {
        return Err(S3Error::malformed_xml("List at least one part."));
    }
    Ok(parts)
}

fn decode_part(part: &Element) -> Result<CompletedPart, S3Error> {
    let (mut number, mut etag, mut checksum) = (None, None, None);
    for element in part.children()? {
        let text = element.leaf_text()?.trim();
        let algorithm = ChecksumAlgorithm::ALL.into_iter().find(|a| integrity::element(*a) == element.name());
        match (element.name(), algorithm) {
            ("PartNumber", _) if number.is_none() => number = Some(parse_number(text)?),
            ("ETag", _) if etag.is_none() && !text.is_empty() => etag = Some(ETag::from_text(text)),
            (_, Some(algorithm)) => {
                let value = Checksum::from_base64(algorithm, text).filter(|_| checksum.is_none());
                checksum = Some(value.ok_or_else(|| {
                    S3Error::invalid_argument("Invalid Base64 or multiple checksums present in request")
                })?);
            }
            _ => return Err(element.unexpected()),
        }
    }
    match (number, etag) {
        (Some(number), Some(etag)) => Ok(CompletedPart { number, etag, checksum }),
        _ => Err(S3Error::malformed_xml("Each Part needs a PartNumber and an ETag.")),
    }
}

fn parse_number(text: &str) -> Result<PartNumber, S3Error> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(S3Error::malformed_xml("PartNumber is an integer."));
    }
    text.parse().ok().and_then(PartNumber::new).ok_or_else(|| {
        S3Error::new(S3ErrorCode::InvalidPart).with_hint(format!("Part numbers are 1 to {PARTS_MAX}."))
    })
}

/// Spec: Amazon S3 API, CompleteMultipartUpload, `x-amz-mp-object-size`.
fn object_size(headers: &HeaderMap) -> Result<Option<u64>, S3Error> {
    let Some(text) = header_text(headers, "x-amz-mp-object-size") else { return Ok(None) };
    let is_negative = || text.trim().strip_prefix('-').and_then(parse_size).is_some();
    match parse_size(&text) {
        Some(size) => Ok(Some(size)),
        None if is_negative() => {
            Err(S3Error::invalid_request("Value for x-amz-mp-object-size header is less than zero."))
        }
        None => Err(S3Error::invalid_request("Value for x-amz-mp-object-size header is invalid.")),
    }
}

/// Headers and document of the reply. `location` is the object's URL; `composite_of` the number of parts, when the
/// object's checksums are made from those of its parts.
///
/// Observed: R2, 2026-06-11 (order of elements). Spec: Amazon S3 API, CompleteMultipartUpload, response (checksums).
#[must_use]
pub fn encode(
    bucket: &BucketName,
    location: &str,
    info: &ObjectInfo,
    composite_of: Option<u16>,
) -> (HeaderMap, Bytes) {
    let mut headers = HeaderMap::new();
    set(&mut headers, HeaderName::from_static("x-amz-version-id"), put_object::version_id(info));
    let mut xml = Writer::with_capacity(512 + info.key.as_str().len() + location.len());
    xml.open_root("CompleteMultipartUploadResult");
    xml.leaf("Bucket", bucket.as_str());
    xml.leaf("Key", info.key.as_str());
    xml.leaf_display("ETag", &info.etag);
    xml.leaf("Location", location);
    integrity::write_checksums(&mut xml, &info.checksums, composite_of);
    xml.close("CompleteMultipartUploadResult");
    (headers, xml.finish())
}
