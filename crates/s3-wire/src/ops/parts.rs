//! What operations on the parts of an upload or an object share: which upload, which page of parts, and how a count is
//! read.

#[cfg(test)]
mod tests;

use domain::limits::LIST_MAX_KEYS;
use domain::{Checksum, PartNumber, UploadChecksum};

use crate::error::S3Error;
use crate::error_code::S3ErrorCode;
use crate::ops::integrity;
use crate::query::Query;
use crate::route::part_number;
use crate::xml::Writer;

/// Which upload, as the client names it. It is the store that knows whether there is one.
pub(super) fn upload_id(query: &Query) -> String {
    query.get("uploadId").unwrap_or_default().to_owned()
}

/// The part's number, which the route has found to be there.
///
/// # Errors
/// As [`part_number`]; `RouteNotFound` when it is absent.
pub(super) fn required_number(query: &Query) -> Result<PartNumber, S3Error> {
    part_number(query)?.ok_or(S3Error::new(S3ErrorCode::RouteNotFound))
}

/// Which parts a page has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartsPage {
    /// Most parts on the page, 0 to 1,000.
    pub limit: u32,
    /// Only parts with a higher number.
    pub marker: u32,
}

impl Default for PartsPage {
    fn default() -> Self {
        Self { limit: LIST_MAX_KEYS, marker: 0 }
    }
}

impl PartsPage {
    /// Reads both numbers; more than 1,000 parts are cut to that.
    ///
    /// # Errors
    /// `InvalidArgument` for what is no number, in AWS's words.
    ///
    /// Spec: Amazon S3 API, ListParts and GetObjectAttributes.
    pub(super) fn decode(limit: Option<&str>, marker: Option<&str>) -> Result<Self, S3Error> {
        Ok(Self {
            limit: page_limit("max-parts", limit)?,
            marker: marker.map(|text| count("part-number-marker", text)).transpose()?.unwrap_or_default(),
        })
    }

    /// Writes where the page began, where the next one begins, how long it may be, and whether there is more.
    pub(super) fn write(self, xml: &mut Writer, last: Option<PartNumber>, is_truncated: bool) {
        let next = last.map_or(self.marker, |number| u32::from(number.get()));
        xml.leaf_display("PartNumberMarker", self.marker);
        xml.leaf_display("NextPartNumberMarker", next);
        xml.leaf_display("MaxParts", self.limit);
        xml.leaf_display("IsTruncated", is_truncated);
    }
}

/// Most entries of a page: 1,000, or fewer on request.
pub(super) fn page_limit(name: &str, text: Option<&str>) -> Result<u32, S3Error> {
    let limit = text.map(|text| count(name, text)).transpose()?;
    Ok(limit.map_or(LIST_MAX_KEYS, |limit| limit.min(LIST_MAX_KEYS)))
}

/// A number from 0 to what a signed 32-bit number holds.
fn count(name: &str, text: &str) -> Result<u32, S3Error> {
    match text.trim().parse::<i32>() {
        Ok(number) => u32::try_from(number).map_err(|_| {
            S3Error::invalid_argument(format!(
                "Argument {name} must be an integer between 0 and {}",
                i32::MAX
            ))
        }),
        Err(_) => {
            Err(S3Error::invalid_argument(format!("Provided {name} not an integer or within integer range")))
        }
    }
}

/// A part's checksum as an element.
pub(super) fn write_checksum(xml: &mut Writer, checksum: Option<&Checksum>) {
    if let Some(checksum) = checksum {
        xml.leaf(integrity::element(checksum.algorithm()), &checksum.to_base64());
    }
}

/// What an upload computes, as elements.
pub(super) fn write_upload_checksum(xml: &mut Writer, checksum: UploadChecksum) {
    xml.leaf("ChecksumAlgorithm", checksum.algorithm().name());
    xml.leaf("ChecksumType", checksum.kind().name());
}
