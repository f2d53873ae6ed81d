//! The limits that the signer of an upload's URL may put into it, as `x-larder-*` parameters. Whether the URL is signed, and
//! what the upload is, others know.

use domain::UploadRule;
use domain::upload_rule::UploadRuleFault;

use crate::error::S3Error;
use crate::operation::Operation;
use crate::query::Query;

const PREFIX: &str = "x-larder-";
const MAX_BYTES: &str = "x-larder-max-bytes";
const MIN_BYTES: &str = "x-larder-min-bytes";
const CONTENT_TYPE: &str = "x-larder-content-type";

/// Reads the limits in the query of a presigned request that writes an object.
///
/// A limit that would not be kept is refused, not ignored, whatever the operation: its signer counts on it.
///
/// # Errors
/// `InvalidArgument` for a value that is no limit, a limit that is there twice, and a name of the family that is none;
/// `InvalidRequest` for a limit on what is no upload.
pub fn decode(operation: Operation, query: &Query) -> Result<UploadRule, S3Error> {
    let mut rule = UploadRule::default();
    let mut seen: Vec<String> = Vec::new();
    for (name, value) in query.iter() {
        let lower = name.to_ascii_lowercase();
        if !lower.starts_with(PREFIX) {
            continue;
        }
        if !matches!(operation, Operation::PutObject | Operation::UploadPart) {
            return Err(S3Error::invalid_request(format!("{operation} takes no {lower} parameter"))
                .with_hint("Limits are for uploads: put them into the URLs of PutObject and UploadPart."));
        }
        match lower.as_str() {
            MAX_BYTES => rule.max_bytes = Some(bytes(&lower, value)?),
            MIN_BYTES => rule.min_bytes = Some(bytes(&lower, value)?),
            // the type of what is made of parts was said when it was begun
            CONTENT_TYPE if operation == Operation::UploadPart => {
                return Err(S3Error::invalid_request(format!("{operation} takes no {lower} parameter")));
            }
            CONTENT_TYPE => {
                rule.content_types = value.split(',').map(|pattern| pattern.trim().to_owned()).collect();
            }
            _ => {
                return Err(S3Error::invalid_argument(format!("Unknown search parameter {lower}"))
                    .with_hint(format!(
                        "Limits of uploads are {MAX_BYTES}, {MIN_BYTES} and {CONTENT_TYPE}."
                    )));
            }
        }
        if seen.contains(&lower) {
            return Err(S3Error::invalid_argument(format!("Duplicate search parameter {lower}")));
        }
        seen.push(lower);
    }
    rule.validate().map_err(|fault| S3Error::from(&fault))?;
    Ok(rule)
}

fn bytes(name: &str, value: &str) -> Result<u64, S3Error> {
    let digits = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
    let bytes = if digits { value.parse().ok() } else { None };
    bytes.ok_or_else(|| S3Error::invalid_argument(format!("{name} should be a number of bytes")))
}

impl From<&UploadRuleFault> for S3Error {
    fn from(fault: &UploadRuleFault) -> Self {
        match fault {
            UploadRuleFault::Rule(text) => Self::invalid_argument(text.clone()),
            UploadRuleFault::ContentType { .. } => Self::invalid_request(fault.to_string()).with_hint(
                "Send the upload with an allowed Content-Type, or have its URL made for this one.",
            ),
            UploadRuleFault::Key { .. } => Self::invalid_request(fault.to_string())
                .with_hint("Upload to a key that the pattern allows; each * in it stands for any text."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(operation: Operation, raw: &str) -> Result<UploadRule, S3Error> {
        decode(operation, &Query::parse(raw).unwrap())
    }

    fn put(raw: &str) -> Result<UploadRule, S3Error> {
        of(Operation::PutObject, raw)
    }

    #[test]
    fn limits_by_example() {
        assert_eq!(put("x-id=PutObject&prefix=x&larder=1"), Ok(UploadRule::default()));
        let all = "X-Larder-Max-Bytes=10&x-larder-min-bytes=0&x-larder-content-type=image/png,%20text/*";
        let expected = UploadRule {
            max_bytes: Some(10),
            min_bytes: Some(0),
            content_types: vec!["image/png".to_owned(), "text/*".to_owned()],
            ..UploadRule::default()
        };
        assert_eq!(put(all), Ok(expected.clone()));
        assert!(of(Operation::UploadPart, all).is_err(), "a part has no type");
        let sizes = "x-larder-max-bytes=10&x-larder-min-bytes=0";
        let expected = UploadRule { content_types: Vec::new(), ..expected };
        assert_eq!(of(Operation::UploadPart, sizes), Ok(expected));
        let largest = put("x-larder-max-bytes=18446744073709551615");
        assert_eq!(largest.map(|rule| rule.max_bytes), Ok(Some(u64::MAX)));
    }

    #[test]
    fn a_limit_that_cannot_be_kept_is_refused() {
        for raw in [
            "x-larder-max-bytes=",
            "x-larder-max-bytes",
            "x-larder-max-bytes=10MB",
            "x-larder-max-bytes=-1",
            "x-larder-max-bytes=+1",
            "x-larder-max-bytes=1.0",
            "x-larder-max-bytes=18446744073709551616",
            "x-larder-max-bytes=1&X-Larder-Max-Bytes=2",
            "x-larder-maxbytes=1",
            "x-larder-",
            "x-larder-min-bytes=2&x-larder-max-bytes=1",
            "x-larder-content-type=",
            "x-larder-content-type=image",
            "x-larder-content-type=image/png,",
        ] {
            let error = put(raw).unwrap_err();
            assert_eq!(error.code, crate::S3ErrorCode::InvalidArgument, "{raw}");
        }
        for operation in
            [Operation::CreateMultipartUpload, Operation::CopyObject, Operation::PutObjectTagging]
        {
            let error = of(operation, "x-larder-max-bytes=1").unwrap_err();
            assert_eq!(error.code, crate::S3ErrorCode::InvalidRequest, "{operation}");
        }
    }
}
