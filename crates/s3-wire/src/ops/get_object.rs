//! GetObject and HeadObject, which differ only in the body: what is asked for, and the headers of the answer.

#[cfg(test)]
mod tests;

use domain::{ByteRange, Checksum, ChecksumType, Conditions, IfRange, ObjectInfo, PartNumber, RangeRequest};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use crate::error::S3Error;
use crate::headers::{conditions, format_date, header_text, if_range, joined_text, set};
use crate::metadata;
use crate::ops::{integrity, put_object};
use crate::query::Query;
use crate::route::part_number;

/// The type of an object whose client named none.
const DEFAULT_CONTENT_TYPE: HeaderValue = HeaderValue::from_static("application/octet-stream");

/// A checked GetObject or HeadObject.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GetObject {
    /// The `If-*` headers.
    pub conditions: Conditions,
    /// `Range`; never together with a part number.
    pub range: Option<RangeRequest>,
    /// `If-Range`, when there is a `Range`.
    pub if_range: Option<IfRange>,
    /// `response-*` parameters: headers of the reply in place of the stored ones.
    pub overrides: Vec<(HeaderName, HeaderValue)>,
    /// Whether the reply shows stored checksums.
    pub checksum_mode: bool,
    /// `partNumber`.
    pub part_number: Option<PartNumber>,
}

/// What a reply says of an object that was uploaded in parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts {
    /// How many it has.
    pub count: u16,
    /// What the object's checksums are made from.
    pub checksum_type: ChecksumType,
    /// The checksum of the part that is sent, when one was asked for and has one.
    pub part_checksum: Option<Checksum>,
}

const OVERRIDES: [(&str, HeaderName); 6] = [
    ("response-cache-control", header::CACHE_CONTROL),
    ("response-content-disposition", header::CONTENT_DISPOSITION),
    ("response-content-encoding", header::CONTENT_ENCODING),
    ("response-content-language", header::CONTENT_LANGUAGE),
    ("response-content-type", header::CONTENT_TYPE),
    ("response-expires", header::EXPIRES),
];

/// Reads a request.
///
/// # Errors
/// `InvalidArgument` for a range that is not one of R2's three forms, a part number out of bounds or an override that
/// no header can carry; `InvalidRequest` when a range and a part number come together.
///
/// Observed: R2, 2026-06-11 (ranges). Spec: Amazon S3 API, GetObject (overrides, `partNumber`).
pub fn decode(query: &Query, headers: &HeaderMap) -> Result<GetObject, S3Error> {
    let part_number = part_number(query)?;
    let range = joined_text(headers, "range", ",").map(|text| parse_range(&text)).transpose()?;
    if part_number.is_some() && range.is_some() {
        return Err(S3Error::invalid_request(
            "Cannot specify both Range header and partNumber query parameter",
        ));
    }
    let mode = header_text(headers, "x-amz-checksum-mode");
    Ok(GetObject {
        conditions: conditions(headers),
        // of no meaning without a Range; a part number is none
        if_range: range.and_then(|_| if_range(headers)),
        range,
        overrides: overrides(query)?,
        checksum_mode: mode.is_some_and(|mode| mode.eq_ignore_ascii_case("ENABLED")),
        part_number,
    })
}

/// Status and headers of a reply with the object, or the range of it that was asked for or is the part asked for;
/// `parts` of one that has parts. Without them, `partNumber` means the whole.
///
/// Spec: Amazon S3 API, GetObject, response headers. Observed: R2, 2026-06-11 (206 on HEAD too).
#[must_use]
pub fn encode(
    info: &ObjectInfo,
    range: Option<ByteRange>,
    parts: Option<&Parts>,
    request: &GetObject,
) -> (StatusCode, HeaderMap) {
    let mut headers = validators(info);
    headers.insert(header::CONTENT_TYPE, DEFAULT_CONTENT_TYPE);
    metadata::encode(&info.metadata, &mut headers);
    for (name, value) in &request.overrides {
        headers.insert(name.clone(), value.clone());
    }
    let whole = ByteRange::whole(info.size);
    let partial = range.or_else(|| request.part_number.map(|_| whole)).filter(|r| !r.is_empty());
    let sent = partial.unwrap_or(whole);
    let part = parts.filter(|_| request.part_number.is_some());
    if let Some(part) = part {
        headers.insert(HeaderName::from_static("x-amz-mp-parts-count"), HeaderValue::from(part.count));
    }
    if request.checksum_mode {
        show_checksums(info, parts, part, sent == whole, &mut headers);
    }
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(sent.len()));
    let Some(sent) = partial else { return (StatusCode::OK, headers) };
    let content_range = format!("bytes {}-{}/{}", sent.start, sent.end.saturating_sub(1), info.size);
    set(&mut headers, header::CONTENT_RANGE, content_range);
    (StatusCode::PARTIAL_CONTENT, headers)
}

/// Clients verify what they receive against these headers, so a part carries its own checksum, and a range none.
///
/// Observed: Amazon S3, 2025-07, as LocalStack's tests record it (checksums of parts).
fn show_checksums(
    info: &ObjectInfo,
    parts: Option<&Parts>,
    part: Option<&Parts>,
    is_whole: bool,
    headers: &mut HeaderMap,
) {
    if let Some(part) = part {
        if let Some(checksum) = &part.part_checksum {
            integrity::set_checksum(checksum, None, headers);
            set(headers, HeaderName::from_static("x-amz-checksum-type"), part.checksum_type.name());
        }
    } else if is_whole {
        let composite = parts.filter(|parts| parts.checksum_type == ChecksumType::Composite);
        integrity::encode_checksums(&info.checksums, composite.map(|parts| parts.count), headers);
    }
}

/// Headers of a 304 reply: those a cache needs to renew what it has.
///
/// Spec: RFC 9110, section 15.4.5.
#[must_use]
pub fn encode_not_modified(info: &ObjectInfo) -> HeaderMap {
    let mut headers = validators(info);
    let http = &info.metadata.http;
    for (name, text) in [(header::CACHE_CONTROL, &http.cache_control), (header::EXPIRES, &http.expires)] {
        if let Some(text) = text {
            set(&mut headers, name, text);
        }
    }
    headers
}

fn validators(info: &ObjectInfo) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(12);
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    set(&mut headers, header::ETAG, info.etag.to_string());
    set(&mut headers, header::LAST_MODIFIED, format_date(info.last_modified));
    set(&mut headers, HeaderName::from_static("x-amz-version-id"), put_object::version_id(info));
    headers
}

fn overrides(query: &Query) -> Result<Vec<(HeaderName, HeaderValue)>, S3Error> {
    let mut overrides = Vec::new();
    for (parameter, header) in OVERRIDES {
        let Some(text) = query.get(parameter).filter(|text| !text.is_empty()) else { continue };
        let value = HeaderValue::from_bytes(text.as_bytes()).map_err(|_| {
            S3Error::invalid_argument(format!("{parameter} has characters that a header cannot carry"))
        })?;
        overrides.push((header, value));
    }
    Ok(overrides)
}

/// R2's three forms of a range, exactly; what AWS would ignore is an error.
fn parse_range(text: &str) -> Result<RangeRequest, S3Error> {
    let malformed = || {
        S3Error::invalid_argument(
            "range must be in format 'bytes=start-end', 'bytes=start-' or 'bytes=-suffix'.'",
        )
    };
    let (start, end) =
        text.trim().strip_prefix("bytes=").and_then(|r| r.split_once('-')).ok_or_else(malformed)?;
    match (offset(start), offset(end)) {
        (Some(start), Some(end)) if start > end => Err(S3Error::invalid_argument("range must be positive.")),
        (Some(start), Some(end)) => Ok(RangeRequest::FromTo(start, end)),
        (Some(start), None) if end.is_empty() => Ok(RangeRequest::From(start)),
        (None, Some(suffix)) if start.is_empty() => Ok(RangeRequest::Suffix(suffix)),
        _ => Err(malformed()),
    }
}

/// Digits as a number; one past any object when they are too many.
pub(super) fn offset(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}
