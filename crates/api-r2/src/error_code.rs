//! The codes of refusals as one table: number, status, message, source. Numbers from 10001 on are R2's, and the same that the
//! Workers binding has; the smaller ones are Cloudflare's API in general.

use http::StatusCode;

macro_rules! codes {
    ($($name:ident $number:literal $status:ident $message:literal $source:literal;)*) => {
        /// A refusal's code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum R2ErrorCode {
            $(#[doc = $source] $name,)*
        }

        impl R2ErrorCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The number.
            #[must_use]
            pub const fn number(self) -> u32 {
                match self { $(Self::$name => $number,)* }
            }

            /// Its name, for the audit log.
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
    NotThere 7003 NOT_FOUND "There is no such thing." "Cloudflare's general number for an id that leads nowhere: which one R2 has is not known.";
    InvalidToken 1000 UNAUTHORIZED "Invalid API Token" "Spec: Cloudflare API, verify token.";
    InvalidTokenSettings 1001 BAD_REQUEST "Invalid API Token" "Reported: Cloudflare's answer to a token that it does not make; cloudflare-docs 352. Its text says why.";
    InvalidHeaders 6003 BAD_REQUEST "Invalid request headers" "Spec: Cloudflare API, errors.";
    InvalidKeyFormat 6103 BAD_REQUEST "Invalid format for X-Auth-Key header" "Spec: Cloudflare API, errors; in the chain of 6003.";
    InvalidAuthorization 6111 BAD_REQUEST "Invalid format for Authorization header" "Spec: Cloudflare API, errors; in the chain of 6003.";
    NoRoute 7000 NOT_FOUND "No route for that URI" "Spec: Cloudflare API, errors.";
    NotRouted 7003 NOT_FOUND "Could not route to the path, perhaps your object identifier is invalid?" "Spec: Cloudflare API, errors.";
    AuthenticationMissing 9106 BAD_REQUEST "Authentication failed" "Spec: Cloudflare API, errors.";
    Forbidden 9109 FORBIDDEN "Unauthorized to access requested resource" "Spec: Cloudflare API, errors.";
    AuthenticationFailed 10000 UNAUTHORIZED "Authentication error" "Spec: Cloudflare API, errors: a token that is unknown.";
    OtherAccount 10000 FORBIDDEN "Authentication error" "Spec: Cloudflare API, errors: an account that is not the token's.";
    InternalError 10001 INTERNAL_SERVER_ERROR "We encountered an internal error. Please try again." "Spec: R2 docs, error codes.";
    AccessDenied 10003 FORBIDDEN "Access Denied." "Spec: R2 docs, error codes.";
    BucketAlreadyOwnedByYou 10004 CONFLICT "The bucket you tried to create already exists, and you own it." "Spec: R2 docs, error codes.";
    InvalidBucketName 10005 BAD_REQUEST "The specified bucket name is not valid." "Spec: R2 docs, error codes.";
    NoSuchBucket 10006 NOT_FOUND "The specified bucket does not exist." "Spec: R2 docs, error codes.";
    NoSuchKey 10007 NOT_FOUND "The specified key does not exist." "Spec: R2 docs, error codes.";
    BucketNotEmpty 10008 CONFLICT "The bucket you tried to delete is not empty" "Spec: R2 docs, error codes.";
    TooManyBuckets 10009 BAD_REQUEST "You have attempted to create more buckets than allowed." "Spec: R2 docs, error codes.";
    EntityTooSmall 10011 BAD_REQUEST "Your proposed upload is smaller than the minimum allowed object size." "Spec: R2 docs, error codes.";
    MetadataTooLarge 10012 BAD_REQUEST "Your metadata headers exceed the maximum allowed metadata size." "Spec: R2 docs, error codes.";
    IncompleteBody 10013 BAD_REQUEST "The request body terminated unexpectedly" "Spec: R2 docs, error codes.";
    InvalidDigest 10014 BAD_REQUEST "The checksum or Content-MD5 you specified is not valid." "Spec: R2 docs, error codes.";
    RouteNotFound 10015 NOT_FOUND "No route matches this url." "Spec: R2 docs, error codes.";
    InvalidObjectName 10020 BAD_REQUEST "The specified object name is not valid." "Spec: R2 docs, error codes.";
    InvalidMaxKeys 10022 BAD_REQUEST "MaxKeys params must be positive integer <= 1000." "Spec: R2 docs, error codes.";
    NoSuchUpload 10024 NOT_FOUND "The specified multipart upload does not exist." "Spec: R2 docs, error codes.";
    InvalidPart 10025 BAD_REQUEST "One or more of the specified parts could not be found." "Spec: R2 docs, error codes.";
    InvalidArgument 10029 BAD_REQUEST "Invalid Argument" "Spec: R2 docs, error codes.";
    Conflict 10029 CONFLICT "It conflicts with what is there." "R2's number of an argument that will not do: which one it has for a conflict is not known.";
    PreconditionFailed 10031 PRECONDITION_FAILED "At least one of the pre-conditions you specified did not hold." "Spec: R2 docs, error codes.";
    MissingContentLength 10033 LENGTH_REQUIRED "You must provide the Content-Length HTTP header." "Spec: R2 docs, error codes.";
    BadDigest 10037 BAD_REQUEST "The Content-MD5 or checksum value that you specified did not match what the server received." "Spec: R2 docs, error codes.";
    InvalidRange 10039 RANGE_NOT_SATISFIABLE "The requested range is not satisfiable" "Spec: R2 docs, error codes.";
    MalformedJson 10040 BAD_REQUEST "The JSON you provided was not well formed." "Spec: R2 docs, error codes.";
    ServiceUnavailable 10043 SERVICE_UNAVAILABLE "Service is unable to handle request. Please try again." "Spec: R2 docs, error codes.";
    ClientDisconnect 10054 BAD_REQUEST "The client disconnected before the request was complete." "Spec: R2 docs, error codes.";
    TooManyRequests 10058 TOO_MANY_REQUESTS "Reduce your concurrent request rate for the same object." "Spec: R2 docs, error codes. Reported: its text.";
    NoSuchCorsConfiguration 10059 NOT_FOUND "The CORS configuration does not exist." "Spec: R2 docs, error codes.";
    ObjectLocked 10069 FORBIDDEN "The object is locked by the bucket policy." "Spec: R2 docs, error codes.";
    BucketConflict 10073 CONFLICT "The bucket is being changed by another request. Try again." "Spec: R2 docs, error codes.";
    NotificationsConfigured 10083 CONFLICT "Event notifications are configured." "Spec: Cloudflare API, R2, jobs.";
    NoCatalog 40401 NOT_FOUND "Warehouse not found" "Spec: Cloudflare API, R2 data catalog.";
    NotBuilt 10015 NOT_IMPLEMENTED "This is not built." "Larder's own, with the number of a route that is not there.";
    InsufficientStorage 10043 INSUFFICIENT_STORAGE "There is not enough space left to store this. Reads and deletes still work." "Larder's own, with the number of an unavailable service; R2 has no disk that fills up.";
    QuotaExceeded 10003 FORBIDDEN "The bucket's quota is used up." "Larder's own, with the number of what is not permitted; R2 has no quotas.";
    EntityTooLarge 100100 BAD_REQUEST "Your proposed upload exceeds the maximum allowed object size." "Spec: R2 docs, error codes.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_an_error_and_says_something() {
        for code in R2ErrorCode::ALL {
            assert!(code.status().as_u16() >= 400, "{code:?}");
            assert!(code.number() >= 1_000 && !code.message().is_empty(), "{code:?}");
        }
        assert_eq!(R2ErrorCode::NoSuchBucket.number(), 10_006);
    }
}
