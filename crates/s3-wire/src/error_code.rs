//! The table of S3 error codes: text, status and default message of each, with its source. Which error of the house
//! maps to which code is the door's decision.

use http::StatusCode;

macro_rules! codes {
    ($($name:ident $status:ident $message:literal $source:literal;)*) => {
        /// An S3 error code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum S3ErrorCode {
            $(#[doc = concat!($message, "\n\n", $source)] $name,)*
        }

        impl S3ErrorCode {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The text of `<Code>`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }

            /// The HTTP status.
            #[must_use]
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)* }
            }

            /// The message when there is nothing better to say.
            #[must_use]
            pub const fn message(self) -> &'static str {
                match self { $(Self::$name => $message,)* }
            }
        }
    };
}

codes! {
    AccessDenied FORBIDDEN "Access Denied." "Spec: R2 docs, error codes, 10003; Amazon S3 API, error responses.";
    AccessForbidden FORBIDDEN "CORSResponse: CORS is not enabled for this bucket." "Spec: Amazon S3 API, CORS.";
    BadDigest BAD_REQUEST "The Content-MD5 or checksum value that you specified did not match what the server received." "Spec: R2 docs, error codes, 10037.";
    BadRequest BAD_REQUEST "The request is not valid." "Spec: Amazon S3 API, CORS.";
    BucketAlreadyOwnedByYou CONFLICT "The bucket you tried to create already exists, and you own it." "Spec: R2 docs, error codes, 10004.";
    BucketConflict CONFLICT "The bucket is being changed by another request. Try again." "Spec: R2 docs, error codes, 10073.";
    BucketNotEmpty CONFLICT "The bucket you tried to delete is not empty" "Spec: R2 docs, error codes, 10008.";
    ClientDisconnect BAD_REQUEST "The client disconnected before the request was complete." "Spec: R2 docs, error codes, 10054.";
    EntityTooLarge BAD_REQUEST "Your proposed upload exceeds the maximum allowed object size." "Spec: R2 docs, error codes, 100100.";
    EntityTooSmall BAD_REQUEST "Your proposed upload is smaller than the minimum allowed object size." "Spec: R2 docs, error codes, 10011.";
    ExpiredToken BAD_REQUEST "The provided token has expired." "Spec: Amazon S3 API, error responses.";
    ExpiredRequest FORBIDDEN "Request has expired" "Spec: R2 docs, error codes, 10018.";
    IllegalVersioningConfigurationException BAD_REQUEST "The Versioning element must be specified" "Spec: Amazon S3 API, PutBucketVersioning.";
    IncompleteBody BAD_REQUEST "The request body terminated unexpectedly" "Spec: R2 docs, error codes, 10013.";
    InsufficientStorage INSUFFICIENT_STORAGE "There is not enough space left to store this. Reads and deletes still work." "Larder's own; R2 has no disk that fills up.";
    InternalError INTERNAL_SERVER_ERROR "We encountered an internal error. Please try again." "Spec: R2 docs, error codes, 10001.";
    InvalidArgument BAD_REQUEST "Invalid Argument" "Spec: R2 docs, error codes, 10029.";
    InvalidBucketName BAD_REQUEST "The specified bucket name is not valid." "Spec: R2 docs, error codes, 10005.";
    InvalidBucketState CONFLICT "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed." "Spec: Amazon S3 API, error responses.";
    InvalidChunkSizeError FORBIDDEN "Only the last chunk is allowed to have a size less than 8192 bytes" "Spec: Amazon S3 API, chunked upload.";
    InvalidDigest BAD_REQUEST "The checksum or Content-MD5 you specified is not valid." "Spec: R2 docs, error codes, 10014.";
    InvalidEncryptionAlgorithmError BAD_REQUEST "The encryption request that you specified is not valid. The valid value is AES256." "Observed: R2, 2026-06-11.";
    InvalidLocationConstraint BAD_REQUEST "The specified location-constraint is not valid" "Spec: Amazon S3 API, error responses.";
    InvalidMaxKeys BAD_REQUEST "MaxKeys params must be positive integer <= 1000." "Spec: R2 docs, error codes, 10022.";
    InvalidObjectName BAD_REQUEST "The specified object name is not valid." "Spec: R2 docs, error codes, 10020.";
    InvalidPart BAD_REQUEST "One or more of the specified parts could not be found." "Spec: R2 docs, error codes, 10025.";
    InvalidPartNumber RANGE_NOT_SATISFIABLE "The requested partnumber is not satisfiable" "Spec: Amazon S3 API, GetObject, `partNumber`.";
    InvalidPolicyDocument BAD_REQUEST "The content of the form does not meet the conditions specified in the policy document." "Spec: Amazon S3 API, error responses.";
    InvalidRange RANGE_NOT_SATISFIABLE "The requested range is not satisfiable" "Spec: R2 docs, error codes, 10039.";
    InvalidRequest BAD_REQUEST "Invalid Request" "Observed: R2, 2026-06-11.";
    InvalidStorageClass BAD_REQUEST "The storage class specified is not valid." "Observed: R2, 2026-06-11.";
    InvalidTag BAD_REQUEST "The tag provided was not a valid tag." "Spec: Amazon S3 API, PutObjectTagging.";
    InvalidToken BAD_REQUEST "The provided token is malformed or otherwise invalid." "Spec: Amazon S3 API, error responses.";
    InvalidURI BAD_REQUEST "Couldn't parse the specified URI." "Spec: Amazon S3 API, error responses.";
    KeyTooLongError BAD_REQUEST "Your key is too long" "Spec: Amazon S3 API, error responses.";
    MalformedPOSTRequest BAD_REQUEST "The body of your POST request is not well-formed multipart/form-data." "Spec: Amazon S3 API, error responses.";
    MalformedTrailerError BAD_REQUEST "The request contained trailing data that was not well-formed or did not conform to our published schema." "Spec: Amazon S3 API, chunked upload with trailers.";
    MalformedXML BAD_REQUEST "The XML you provided was not well formed or did not validate against our published schema." "Observed: R2, 2026-06-11.";
    MaxMessageLengthExceeded BAD_REQUEST "Your request was too large." "Spec: Amazon S3 API, error responses.";
    MaxPostPreDataLengthExceeded BAD_REQUEST "Your POST request fields preceeding the upload file was too large." "Observed: Amazon S3 (its spelling).";
    MetadataTooLarge BAD_REQUEST "Your metadata headers exceed the maximum allowed metadata size." "Spec: R2 docs, error codes, 10012.";
    MethodNotAllowed METHOD_NOT_ALLOWED "The specified method is not allowed against this resource." "Spec: Amazon S3 API, error responses.";
    MissingContentLength LENGTH_REQUIRED "You must provide the Content-Length HTTP header." "Spec: R2 docs, error codes, 10033.";
    NoSuchBucket NOT_FOUND "The specified bucket does not exist." "Spec: R2 docs, error codes, 10006.";
    NoSuchBucketPolicy NOT_FOUND "The bucket policy does not exist" "Spec: Amazon S3 API, error responses.";
    NoSuchCORSConfiguration NOT_FOUND "The CORS configuration does not exist." "Spec: R2 docs, error codes, 10059.";
    NoSuchKey NOT_FOUND "The specified key does not exist." "Spec: R2 docs, error codes, 10007.";
    NoSuchLifecycleConfiguration NOT_FOUND "The lifecycle configuration does not exist" "Spec: Amazon S3 API, error responses.";
    NoSuchObjectLockConfiguration NOT_FOUND "The specified object does not have a ObjectLock configuration" "Spec: Amazon S3 API, GetObjectRetention.";
    NoSuchPublicAccessBlockConfiguration NOT_FOUND "The public access block configuration was not found" "Spec: Amazon S3 API, GetPublicAccessBlock.";
    NoSuchTagSet NOT_FOUND "The TagSet does not exist." "Observed: R2, 2026-06-11.";
    NoSuchUpload NOT_FOUND "The specified multipart upload does not exist." "Spec: R2 docs, error codes, 10024.";
    NoSuchUploadRules NOT_FOUND "The bucket has no upload rules." "Larder's own.";
    NoSuchVersion NOT_FOUND "The specified version does not exist." "Spec: Amazon S3 API, error responses.";
    NotEntitled FORBIDDEN "Please enable R2 through the Cloudflare Dashboard." "Spec: R2 docs, error codes, 10042.";
    NotImplemented NOT_IMPLEMENTED "A header or operation you provided implies functionality that is not implemented." "Observed: R2, 2026-06-11.";
    ObjectLockConfigurationNotFoundError NOT_FOUND "Object Lock configuration does not exist for this bucket." "Observed: R2, 2026-06-11.";
    ObjectLockedByBucketPolicy FORBIDDEN "The object is locked by the bucket policy." "Spec: R2 docs, error codes, 10069.";
    PreconditionFailed PRECONDITION_FAILED "At least one of the pre-conditions you specified did not hold." "Spec: R2 docs, error codes, 10031.";
    QuotaExceeded FORBIDDEN "The bucket's quota is used up." "Larder's own; R2 has no quotas. The code is that of Ceph's object gateway.";
    ReplicationConfigurationNotFoundError NOT_FOUND "The replication configuration was not found." "Observed: R2, 2026-06-11.";
    RequestHeaderSectionTooLarge BAD_REQUEST "Your request header section exceeds the maximum allowed size." "Spec: Amazon S3 API, error responses.";
    RequestTimeTooSkewed FORBIDDEN "The difference between the request time and the server's time is too large." "Observed: R2, 2026-06-11.";
    RequestTimeout BAD_REQUEST "Your socket connection to the server was not read from or written to within the timeout period." "Spec: Amazon S3 API, error responses.";
    RouteNotFound NOT_FOUND "No route matches this url." "Spec: R2 docs, error codes, 10015.";
    ServiceUnavailable SERVICE_UNAVAILABLE "Service is unable to handle request. Please try again." "Spec: R2 docs, error codes, 10043.";
    SignatureDoesNotMatch FORBIDDEN "The request signature we calculated does not match the signature you provided. Check your secret access key and signing method." "Spec: R2 docs, error codes, 10035.";
    SlowDown SERVICE_UNAVAILABLE "Please reduce your request rate." "Spec: Amazon S3 API, error responses.";
    TooManyBuckets BAD_REQUEST "You have attempted to create more buckets than allowed." "Spec: R2 docs, error codes, 10009.";
    TooManyRequests TOO_MANY_REQUESTS "Reduce your concurrent request rate for the same object." "Spec: R2 docs, error codes, 10058. Reported: its text.";
    Unauthorized UNAUTHORIZED "Unauthorized" "Spec: R2 docs, error codes, 10002.";
    XAmzContentSHA256Mismatch BAD_REQUEST "The provided 'x-amz-content-sha256' header does not match what was computed." "Observed: R2, 2026-06-11.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_an_error_and_says_something() {
        for code in S3ErrorCode::ALL {
            assert!(code.status().as_u16() >= 400, "{code:?}");
            assert!(!code.message().is_empty(), "{code:?}");
        }
        assert_eq!(S3ErrorCode::NoSuchKey.name(), "NoSuchKey");
        assert_eq!(S3ErrorCode::Unauthorized.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(S3ErrorCode::ExpiredRequest.status(), StatusCode::FORBIDDEN);
        assert_eq!(S3ErrorCode::InsufficientStorage.status().as_u16(), 507);
    }
}
