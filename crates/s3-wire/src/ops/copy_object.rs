//! CopyObject: which object is copied, what becomes of its metadata, and under which conditions on either side.

#[cfg(test)]
mod tests;

use bytes::Bytes;
use domain::{ChecksumAlgorithm, Conditions, MetadataDirective, ObjectInfo, ObjectMetadata, StorageClass};
use http::{HeaderMap, HeaderName};

use crate::copy_source::CopySource;
use crate::error::S3Error;
use crate::headers::{conditions, header_text, prefixed_conditions, set};
use crate::ops::{integrity, put_object};
use crate::xml::Writer;
use crate::{metadata, storage_class};

/// Most characters of a header's value that an error repeats.
const ECHO_MAX_CHARS: usize = 64;

/// A checked CopyObject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyObject {
    /// The object that is copied.
    pub source: CopySource,
    /// The `x-amz-copy-source-if-*` headers, each of which fails with 412.
    pub source_conditions: Conditions,
    /// Conditions on what stands under the copy's own key: `cf-copy-destination-if-*`, or else the plain `If-*`.
    pub conditions: Conditions,
    /// What becomes of the source's metadata.
    pub metadata_directive: MetadataDirective,
    /// The metadata of the request, for what the directive makes of it.
    pub metadata: ObjectMetadata,
    /// The copy's storage class, whatever the directive; `None` when it is left to the bucket.
    pub storage_class: Option<StorageClass>,
    /// Whether the copy has the request's tags, or none, in place of the source's. R2 has no tags: when it is to be
    /// followed strictly, the header is refused before.
    pub replace_tags: bool,
    /// A checksum that the copy is to have, whichever the source has.
    pub checksum_algorithm: Option<ChecksumAlgorithm>,
}

fn metadata_directive(headers: &HeaderMap) -> Result<MetadataDirective, S3Error> {
    match header_text(headers, "x-amz-metadata-directive").as_deref() {
        None | Some("COPY") => Ok(MetadataDirective::Copy),
        Some("REPLACE") => Ok(MetadataDirective::Replace),
        Some("MERGE") => Ok(MetadataDirective::Merge),
        Some(other) => {
            let shown: String = other.chars().take(ECHO_MAX_CHARS).collect();
            Err(S3Error::invalid_argument(format!("metadata directive {shown}."))
                .with_hint("Use COPY, REPLACE or MERGE, or leave the header out."))
        }
    }
}

fn replaces_tags(headers: &HeaderMap) -> Result<bool, S3Error> {
    match header_text(headers, "x-amz-tagging-directive").as_deref() {
        None | Some("COPY") => Ok(false),
        Some("REPLACE") => Ok(true),
        Some(_) => Err(S3Error::invalid_argument("Unknown tagging directive.")
            .with_hint("Use COPY or REPLACE, or leave the header out.")),
    }
}

/// Reads the headers.
///
/// # Errors
/// Those of [`CopySource::parse`] and [`metadata::decode`]; `InvalidArgument` for a directive that does not exist,
/// `InvalidRequest` for such an algorithm.
///
/// Spec: Amazon S3 API, CopyObject, request headers; R2 docs, S3 API extensions, conditional operations in CopyObject.
pub fn decode(headers: &HeaderMap) -> Result<CopyObject, S3Error> {
    Ok(CopyObject {
        source: CopySource::decode(headers)?,
        source_conditions: prefixed_conditions(headers, "x-amz-copy-source-"),
        conditions: destination_conditions(headers),
        metadata_directive: metadata_directive(headers)?,
        metadata: metadata::decode(headers)?,
        storage_class: storage_class::decode(headers)?,
        replace_tags: replaces_tags(headers)?,
        checksum_algorithm: integrity::algorithm(headers, "x-amz-checksum-algorithm")?,
    })
}

fn destination_conditions(headers: &HeaderMap) -> Conditions {
    let r2s = prefixed_conditions(headers, "cf-copy-destination-");
    let plain = conditions(headers);
    Conditions {
        if_match: r2s.if_match.or(plain.if_match),
        if_none_match: r2s.if_none_match.or(plain.if_none_match),
        if_modified_since: r2s.if_modified_since.or(plain.if_modified_since),
        if_unmodified_since: r2s.if_unmodified_since.or(plain.if_unmodified_since),
        begun: None,
    }
}

/// Headers and document of the reply. `source_version` is the version that was copied; `composite_of` the number of
/// parts, when the copy's checksums are made from those of the source's parts.
///
/// Observed: R2, 2026-06-11 (order of elements, version ids). Spec: Amazon S3 API, CopyObject, response (checksums).
#[must_use]
pub fn encode(info: &ObjectInfo, composite_of: Option<u16>, source_version: &str) -> (HeaderMap, Bytes) {
    let mut headers = HeaderMap::new();
    set(&mut headers, HeaderName::from_static("x-amz-version-id"), put_object::version_id(info));
    set(&mut headers, HeaderName::from_static("x-amz-copy-source-version-id"), source_version);
    let mut xml = Writer::with_capacity(512);
    xml.open_root("CopyObjectResult");
    xml.leaf_display("ETag", &info.etag);
    xml.leaf_display("LastModified", info.last_modified);
    integrity::write_checksums(&mut xml, &info.checksums, composite_of);
    xml.close("CopyObjectResult");
    (headers, xml.finish())
}
