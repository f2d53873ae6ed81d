//! DeleteObject: guards against deleting what the client did not mean.

use domain::DeleteConditions;
use domain::etag::parse_etag_list;
use http::HeaderMap;

use crate::error::S3Error;
use crate::headers::{header_text, joined_text, parse_date, parse_size};
use crate::query::Query;

/// Checks the query. There are no versions: a request to delete one of them must not delete the object.
///
/// # Errors
/// `NotImplemented` for a `versionId` other than `null`.
///
/// Spec: R2 docs, S3 API compatibility, DeleteObject.
pub fn decode(query: &Query) -> Result<(), S3Error> {
    match query.get("versionId") {
        None | Some("" | "null") => Ok(()),
        Some(_) => Err(S3Error::not_implemented_text("Search param versionId on a DELETE object route")),
    }
}

/// Reads what must be true of the object. R2 has no such conditions: when it is to be followed strictly, they are
/// refused before.
///
/// # Errors
/// `InvalidArgument` for a date or a size that does not parse: without it, more would be deleted than was meant.
///
/// Spec: Amazon S3 API, DeleteObject, request headers.
pub fn conditions(headers: &HeaderMap) -> Result<DeleteConditions, S3Error> {
    Ok(DeleteConditions {
        if_match: joined_text(headers, "if-match", ",").map(|text| parse_etag_list(&text)),
        last_modified: parsed(headers, "x-amz-if-match-last-modified-time", "an HTTP date", parse_date)?,
        size_bytes: parsed(headers, "x-amz-if-match-size", "a number of bytes", parse_size)?,
    })
}

fn parsed<T>(
    headers: &HeaderMap,
    name: &str,
    what: &str,
    parse: fn(&str) -> Option<T>,
) -> Result<Option<T>, S3Error> {
    let Some(text) = header_text(headers, name) else { return Ok(None) };
    parse(&text).map(Some).ok_or_else(|| S3Error::invalid_argument(format!("{name} is not {what}")))
}

#[cfg(test)]
mod tests {
    use domain::etag::ETagMatch;
    use domain::{ETag, Timestamp};
    use http::{HeaderName, HeaderValue};

    use super::*;
    use crate::error_code::S3ErrorCode;

    #[test]
    fn versions_are_not_deleted() {
        for harmless in ["", "versionId=null", "versionId=", "x-id=DeleteObject", "anything=1"] {
            assert_eq!(decode(&Query::parse(harmless).unwrap()), Ok(()), "{harmless}");
        }
        let error = decode(&Query::parse("versionId=0000000000000007").unwrap()).unwrap_err();
        assert_eq!(error.code, S3ErrorCode::NotImplemented);
        assert_eq!(error.message, "Search param versionId on a DELETE object route not implemented");
    }

    fn read(pairs: &[(&'static str, &'static str)]) -> Result<DeleteConditions, S3Error> {
        let pairs = pairs.iter().map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v)));
        conditions(&pairs.collect())
    }

    #[test]
    fn conditions_of_deletion() {
        let all = read(&[
            ("if-match", "\"abc\""),
            ("x-amz-if-match-last-modified-time", "Fri, 02 Jan 2026 03:04:05 GMT"),
            ("x-amz-if-match-size", "17"),
        ]);
        let expected = DeleteConditions {
            if_match: Some(vec![ETagMatch::Strong(ETag::from_text("abc"))]),
            last_modified: Some(Timestamp::from_seconds(1_767_323_045)),
            size_bytes: Some(17),
        };
        assert_eq!(all, Ok(expected));
        assert_eq!(read(&[("x-amz-meta-a", "1")]), Ok(DeleteConditions::default()));
        for bad in ["", "soon", "1767323045"] {
            let error = read(&[("x-amz-if-match-last-modified-time", bad)]).unwrap_err();
            assert_eq!(error.message, "x-amz-if-match-last-modified-time is not an HTTP date", "{bad}");
        }
        for bad in ["", "x", "-1", "+1", "1.0", "18446744073709551616"] {
            let error = read(&[("x-amz-if-match-size", bad)]).unwrap_err();
            assert_eq!(error.message, "x-amz-if-match-size is not a number of bytes", "{bad}");
        }
    }
}
