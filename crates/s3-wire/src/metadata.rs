//! Metadata as headers: the six of system metadata, which are opaque texts, and `x-amz-meta-*`, whose values may hold
//! any text by way of RFC 2047. How much of it may be is the store's to judge.

#[cfg(test)]
mod tests;

use domain::{HttpMetadata, ObjectMetadata};
use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::error::S3Error;
use crate::headers::{header_text, joined_text, set};
use crate::{rfc2047, storage_class};

const PREFIX: &str = "x-amz-meta-";

/// Reads an object's metadata and storage class.
///
/// # Errors
/// `InvalidStorageClass`.
///
/// Spec: Amazon S3 API, PutObject, system-defined metadata; R2 docs, S3 API extensions, unicode metadata.
pub fn decode(headers: &HeaderMap) -> Result<ObjectMetadata, S3Error> {
    let text = |name| header_text(headers, name).map(std::borrow::Cow::into_owned);
    let http = HttpMetadata {
        content_type: text("content-type"),
        content_language: text("content-language"),
        content_disposition: text("content-disposition"),
        content_encoding: content_encoding(headers),
        cache_control: joined_text(headers, "cache-control", ", ").map(std::borrow::Cow::into_owned),
        expires: text("expires"),
    };
    Ok(ObjectMetadata {
        http,
        custom: custom(headers),
        storage_class: storage_class::decode(headers)?.unwrap_or_default(),
    })
}

/// Sets the headers of an object's metadata; a storage class only when it is not STANDARD. Custom metadata with a name
/// that no header can have is counted in `x-amz-missing-meta`.
///
/// Spec: Amazon S3 API, GetObject, response headers; R2 docs, S3 API extensions, unicode metadata.
pub fn encode(metadata: &ObjectMetadata, headers: &mut HeaderMap) {
    let http = &metadata.http;
    let system = [
        (header::CONTENT_TYPE, &http.content_type),
        (header::CONTENT_LANGUAGE, &http.content_language),
        (header::CONTENT_DISPOSITION, &http.content_disposition),
        (header::CONTENT_ENCODING, &http.content_encoding),
        (header::CACHE_CONTROL, &http.cache_control),
        (header::EXPIRES, &http.expires),
    ];
    for (name, text) in system {
        if let Some(text) = text {
            set(headers, name, text);
        }
    }
    if metadata.storage_class != domain::StorageClass::Standard {
        set(headers, HeaderName::from_static("x-amz-storage-class"), metadata.storage_class.name());
    }
    let mut missing = 0_u32;
    for (name, value) in &metadata.custom {
        let name = HeaderName::try_from(format!("{PREFIX}{name}"));
        match (name, HeaderValue::try_from(rfc2047::encode(value).as_ref())) {
            (Ok(name), Ok(value)) => drop(headers.insert(name, value)),
            _ => missing += 1,
        }
    }
    if missing > 0 {
        headers.insert(HeaderName::from_static("x-amz-missing-meta"), HeaderValue::from(missing));
    }
}

/// Whether the body is framed in chunks that are no part of the content.
#[must_use]
pub fn is_aws_chunked(headers: &HeaderMap) -> bool {
    let codings = joined_text(headers, "content-encoding", ",").unwrap_or_default();
    codings.split(',').any(is_framing)
}

fn is_framing(coding: &str) -> bool {
    coding.trim().eq_ignore_ascii_case("aws-chunked")
}

/// The codings of the content itself. A value without `aws-chunked` is kept to the letter.
///
/// Spec: Amazon S3 API, signature version 4, chunked upload.
fn content_encoding(headers: &HeaderMap) -> Option<String> {
    let text = joined_text(headers, "content-encoding", ",")?;
    if !text.split(',').any(is_framing) {
        return Some(text.into_owned());
    }
    let kept: Vec<&str> =
        text.split(',').filter(|c| !is_framing(c)).map(str::trim).filter(|c| !c.is_empty()).collect();
    (!kept.is_empty()).then(|| kept.join(","))
}

fn custom(headers: &HeaderMap) -> Vec<(String, String)> {
    let mut custom: Vec<(String, String)> = headers
        .keys()
        .filter_map(|name| {
            let short = name.as_str().strip_prefix(PREFIX)?;
            let value = joined_text(headers, name.as_str(), ",")?;
            Some((short.to_owned(), rfc2047::decode(&value).into_owned()))
        })
        .collect();
    custom.sort_unstable();
    custom
}
