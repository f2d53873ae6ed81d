//! UploadPart: one piece of an upload, verified like an object of its own.

use domain::{Checksum, ETag, PartNumber};
use http::{HeaderMap, header};

use crate::error::S3Error;
use crate::headers::set;
use crate::ops::integrity::{self, Integrity};
use crate::ops::{parts, put_object};
use crate::query::Query;

/// A checked UploadPart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadPart {
    /// Which upload.
    pub upload_id: String,
    /// Which piece.
    pub number: PartNumber,
    /// Bytes of content, without any chunk framing.
    pub content_length: u64,
    /// What the body must hash to.
    pub integrity: Integrity,
}

/// Reads query and headers.
///
/// # Errors
/// `RouteNotFound` and `InvalidArgument` for the part's number, and those of a [`put_object`]'s body.
///
/// Spec: Amazon S3 API, UploadPart. Observed: R2, 2026-06-11 (part numbers).
pub fn decode(query: &Query, headers: &HeaderMap) -> Result<UploadPart, S3Error> {
    Ok(UploadPart {
        upload_id: parts::upload_id(query),
        number: parts::required_number(query)?,
        content_length: put_object::content_length(headers)?,
        integrity: integrity::decode(headers)?,
    })
}

/// Headers of a 200 reply.
///
/// Spec: Amazon S3 API, UploadPart, response headers.
#[must_use]
pub fn encode(etag: &ETag, checksums: &[Checksum]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    set(&mut headers, header::ETAG, etag.to_string());
    for checksum in checksums {
        integrity::set_checksum(checksum, None, &mut headers);
    }
    headers
}

#[cfg(test)]
mod tests {
    use domain::ChecksumAlgorithm;
    use http::HeaderValue;

    use super::*;
    use crate::error_code::S3ErrorCode;

    fn read(query: &str, pairs: &[(&'static str, &'static str)]) -> Result<UploadPart, S3Error> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, HeaderValue::from_static(value));
        }
        decode(&Query::parse(query).unwrap(), &headers)
    }

    #[test]
    fn one_piece() {
        let length = ("content-length", "5");
        let request =
            read("uploadId=u%2B1&partNumber=7", &[length, ("x-amz-checksum-crc32", "NhCmhg==")]).unwrap();
        assert_eq!((request.upload_id.as_str(), request.number.get(), request.content_length), ("u+1", 7, 5));
        assert_eq!(request.integrity.checksums.len(), 1);
        let code = |query: &str, pairs: &[_]| read(query, pairs).unwrap_err().code;
        assert_eq!(code("uploadId=u&partNumber=x", &[length]), S3ErrorCode::RouteNotFound);
        assert_eq!(code("uploadId=u&partNumber=10001", &[length]), S3ErrorCode::InvalidArgument);
        assert_eq!(code("uploadId=u&partNumber=1", &[]), S3ErrorCode::MissingContentLength);
        assert_eq!(
            code("uploadId=u&partNumber=1", &[length, ("content-md5", "x")]),
            S3ErrorCode::InvalidDigest
        );
    }

    #[test]
    fn the_reply_shows_what_was_stored() {
        let checksum = Checksum::from_base64(ChecksumAlgorithm::Crc32, "NhCmhg==").unwrap();
        let reply = encode(&ETag::from_text("abc"), &[checksum]);
        assert_eq!(reply["etag"], "\"abc\"");
        assert_eq!(reply["x-amz-checksum-crc32"], "NhCmhg==");
        assert_eq!(reply.len(), 2, "a part's checksum has no type");
    }
}
