//! The storage class of a header: R2's two, in S3's spelling.

use domain::StorageClass;
use http::HeaderMap;

use crate::error::S3Error;
use crate::error_code::S3ErrorCode;
use crate::headers::header_text;

/// Reads `x-amz-storage-class`; `None` when it is left to the bucket.
///
/// # Errors
/// As [`parse`].
pub fn decode(headers: &HeaderMap) -> Result<Option<StorageClass>, S3Error> {
    header_text(headers, "x-amz-storage-class").map(|text| parse(&text)).transpose()
}

/// Parses `x-amz-storage-class`.
///
/// # Errors
/// `InvalidStorageClass` for any text but R2's.
///
/// Spec: R2 docs, storage classes.
pub fn parse(text: &str) -> Result<StorageClass, S3Error> {
    StorageClass::from_name(text).ok_or_else(|| {
        let names = StorageClass::ALL.map(StorageClass::name).join(" or ");
        S3Error::new(S3ErrorCode::InvalidStorageClass)
            .with_hint(format!("Use {names}, or leave the header out."))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_r2s_classes() {
        assert_eq!(parse("STANDARD"), Ok(StorageClass::Standard));
        assert_eq!(parse("STANDARD_IA"), Ok(StorageClass::StandardIa));
        for other in ["", "standard", "GLACIER", "InfrequentAccess"] {
            let error = parse(other).unwrap_err();
            assert_eq!(error.code, S3ErrorCode::InvalidStorageClass);
            assert_eq!(error.message, "The storage class specified is not valid.");
        }
    }
}
