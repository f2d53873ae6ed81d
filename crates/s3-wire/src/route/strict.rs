//! What R2 answers to operations that Larder has and R2 has not, for doors that are to answer as R2 does.

use http::Method;

use super::{bare_bucket, listing};
use crate::error::S3Error;
use crate::operation::Operation::{self, *};
use crate::query::Query;

/// Refuses what R2 does not have, in its words. Reading a bucket's versioning, tags and object lock is not among it: R2
/// answers that, with the fixed texts of `ops::bucket_settings`.
///
/// # Errors
/// `NotImplemented` for operations that R2 knows by name; for others `InvalidArgument` or `NotImplemented`, since to R2
/// they are a bucket's own operation with a parameter that it does not know.
///
/// Observed: R2, 2026-06-11 (subresources, unknown parameters).
pub fn refuse_beyond_r2(operation: Operation, query: &Query) -> Result<(), S3Error> {
    match operation {
        ListObjectVersions
        | GetBucketPolicy
        | GetBucketPolicyStatus
        | GetPublicAccessBlock
        | PutPublicAccessBlock
        | PutBucketTagging
        | DeleteBucketTagging
        | PutObjectLockConfiguration
        | GetObjectTagging
        | PutObjectTagging
        | DeleteObjectTagging
        | GetObjectRetention
        | PutObjectRetention
        | GetObjectLegalHold
        | PutObjectLegalHold
        | GetObjectAttributes => Err(S3Error::not_implemented(operation)),
        GetBucketUploadRules => listing(query).map(drop),
        PutBucketVersioning | PutBucketUploadRules => {
            bare_bucket(&Method::PUT, query, CreateBucket).map(drop)
        }
        DeletePublicAccessBlock | DeleteBucketUploadRules => {
            bare_bucket(&Method::DELETE, query, DeleteBucket).map(drop)
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r2s_answers_to_what_it_lacks() {
        let table = [
            (ListObjectVersions, "versions", "NotImplemented: ListObjectVersions not implemented"),
            (
                GetBucketPolicyStatus,
                "policyStatus",
                "NotImplemented: GetGetBucketPolicyStatus not implemented",
            ),
            (PutObjectTagging, "tagging", "NotImplemented: PutObjectTagging not implemented"),
            (
                PutBucketVersioning,
                "versioning",
                "InvalidArgument: Unsupported search param(s) \"versioning\" on a PUT bucket route",
            ),
            (
                DeletePublicAccessBlock,
                "x-id=DeletePublicAccessBlock&publicAccessBlock",
                "InvalidArgument: Unsupported search param(s) \"publicAccessBlock\" on a DELETE bucket route",
            ),
            (
                GetBucketUploadRules,
                "larder-upload-rules",
                "NotImplemented: ListObjectsV1 search parameter larder-upload-rules not implemented",
            ),
        ];
        for (operation, query, expected) in table {
            let error = refuse_beyond_r2(operation, &Query::parse(query).unwrap()).unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
        for operation in
            [GetBucketVersioning, GetBucketTagging, GetObjectLockConfiguration, PutBucketEncryption]
        {
            assert_eq!(refuse_beyond_r2(operation, &Query::default()), Ok(()), "{operation}");
        }
    }
}
