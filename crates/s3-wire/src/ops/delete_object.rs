//! DeleteObject: nothing but a guard against deleting what the client did not mean.

use crate::error::S3Error;
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

#[cfg(test)]
mod tests {
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
}
