//! GetObjectAttributes: what is known of an object and its parts, without its bytes. R2 has no such operation.

#[cfg(test)]
mod tests;

use bytes::Bytes;
use domain::{Checksum, ChecksumType, ObjectInfo, PartNumber};
use http::{HeaderMap, HeaderName, header};

use crate::error::S3Error;
use crate::headers::{format_date, header_text, joined_text, set};
use crate::ops::parts::{self, PartsPage};
use crate::ops::put_object;
use crate::xml::Writer;

/// A checked GetObjectAttributes: what is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GetObjectAttributes {
    /// `ETag`.
    pub etag: bool,
    /// `Checksum`.
    pub checksum: bool,
    /// `ObjectParts`.
    pub parts: bool,
    /// `StorageClass`.
    pub storage_class: bool,
    /// `ObjectSize`.
    pub size: bool,
    /// Which parts.
    pub page: PartsPage,
}

/// An object's parts, as far as the page goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObjectParts<'a> {
    /// How many the object has.
    pub count: u16,
    /// What its checksums are made from.
    pub checksum_type: ChecksumType,
    /// Those of the page.
    pub rows: &'a [ObjectPart],
    /// Whether there are parts after them.
    pub is_truncated: bool,
}

/// A part of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectPart {
    /// Its number.
    pub number: PartNumber,
    /// Bytes.
    pub size: u64,
    /// Its checksum.
    pub checksum: Option<Checksum>,
}

/// Reads the headers.
///
/// # Errors
/// `InvalidRequest` when nothing is asked for; `InvalidArgument` for an attribute that does not exist, or a number that
/// is none.
///
/// Spec: Amazon S3 API, GetObjectAttributes, request headers.
pub fn decode(headers: &HeaderMap) -> Result<GetObjectAttributes, S3Error> {
    let limit = header_text(headers, "x-amz-max-parts");
    let marker = header_text(headers, "x-amz-part-number-marker");
    let page = PartsPage::decode(limit.as_deref(), marker.as_deref())?;
    let mut request = GetObjectAttributes { page, ..GetObjectAttributes::default() };
    let names = joined_text(headers, "x-amz-object-attributes", ",").unwrap_or_default();
    let mut names = names.split(',').map(str::trim).filter(|name| !name.is_empty()).peekable();
    if names.peek().is_none() {
        return Err(S3Error::invalid_request(
            "The x-amz-object-attributes header specifying the attributes to be retrieved is either missing or empty",
        ));
    }
    for name in names {
        let wanted = match name {
            "ETag" => &mut request.etag,
            "Checksum" => &mut request.checksum,
            "ObjectParts" => &mut request.parts,
            "StorageClass" => &mut request.storage_class,
            "ObjectSize" => &mut request.size,
            _ => {
                return Err(S3Error::invalid_argument("Invalid attribute name specified.")
                    .with_hint("Use ETag, Checksum, ObjectParts, StorageClass or ObjectSize."));
            }
        };
        *wanted = true;
    }
    Ok(request)
}

/// Headers and document of the reply; `parts` of an object that has parts.
///
/// Spec: Amazon S3 API, GetObjectAttributes, response. Observed: Amazon S3, 2026-09, as floci's tests record it (the ETag
/// has no quotes, a composite checksum does not end with the number of parts).
#[must_use]
pub fn encode(
    request: &GetObjectAttributes,
    info: &ObjectInfo,
    parts: Option<&ObjectParts<'_>>,
) -> (HeaderMap, Bytes) {
    let mut headers = HeaderMap::new();
    set(&mut headers, header::LAST_MODIFIED, format_date(info.last_modified));
    set(&mut headers, HeaderName::from_static("x-amz-version-id"), put_object::version_id(info));
    let mut xml = Writer::with_capacity(1_024 + parts.map_or(0, |parts| parts.rows.len() * 160));
    xml.open_root("GetObjectAttributesResponse");
    if request.etag {
        xml.leaf("ETag", info.etag.as_str());
    }
    if request.checksum && !info.checksums.is_empty() {
        let kind = parts.map_or(ChecksumType::FullObject, |parts| parts.checksum_type);
        xml.open("Checksum");
        for checksum in &info.checksums {
            parts::write_checksum(&mut xml, Some(checksum));
        }
        xml.leaf("ChecksumType", kind.name());
        xml.close("Checksum");
    }
    if let (true, Some(parts)) = (request.parts, parts) {
        write_parts(&mut xml, request.page, parts);
    }
    if request.storage_class {
        xml.leaf("StorageClass", info.metadata.storage_class.name());
    }
    if request.size {
        xml.leaf_display("ObjectSize", info.size);
    }
    xml.close("GetObjectAttributesResponse");
    (headers, xml.finish())
}

fn write_parts(xml: &mut Writer, page: PartsPage, parts: &ObjectParts<'_>) {
    xml.open("ObjectParts");
    xml.leaf_display("PartsCount", parts.count);
    page.write(xml, parts.rows.last().map(|row| row.number), parts.is_truncated);
    for row in parts.rows {
        xml.open("Part");
        xml.leaf_display("PartNumber", row.number);
        xml.leaf_display("Size", row.size);
        parts::write_checksum(xml, row.checksum.as_ref());
        xml.close("Part");
    }
    xml.close("ObjectParts");
}
