//! The store's errors as S3's: one exhaustive map, so that a new variant does not compile until it has an answer.

use domain::Error;
use domain::error::{BodyFault, Setting};
use http::{HeaderMap, HeaderValue, header};
use s3_wire::{S3Error, S3ErrorCode};

/// Why a request failed, for its two audiences.
pub(crate) struct Failure {
    /// For the client.
    pub(crate) reply: Box<S3Error>,
    /// For the log, when the store said so.
    pub(crate) cause: Option<Error>,
    /// What the reply says beside the error.
    pub(crate) headers: Box<HeaderMap>,
}

impl From<S3Error> for Failure {
    fn from(reply: S3Error) -> Self {
        Self { reply: Box::new(reply), cause: None, headers: Box::default() }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let mut headers = Box::<HeaderMap>::default();
        if let Error::RateLimited { wait_ms, .. } = error {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(wait_ms.div_ceil(1_000)));
        }
        Self { reply: Box::new(s3_error(error.clone())), cause: Some(error), headers }
    }
}

/// What a client is told.
fn s3_error(error: Error) -> S3Error {
    use S3ErrorCode as Code;
    match error {
        Error::AccessDenied => S3Error::new(Code::AccessDenied)
            .with_hint("This access key may not do that here. Check the token's permission and the buckets it is bound to, for a copy those of its source; \
                 of a temporary credential its actions and paths, too."),
        Error::NoSuchBucket { bucket } => S3Error::new(Code::NoSuchBucket).with_extra("BucketName", bucket.as_str()),
        Error::BucketAlreadyOwnedByYou { bucket } => {
            S3Error::new(Code::BucketAlreadyOwnedByYou).with_extra("BucketName", bucket.as_str())
        }
        Error::BucketNotEmpty { bucket } => S3Error::new(Code::BucketNotEmpty).with_extra("BucketName", bucket.as_str()),
        Error::BucketConflict { .. } => S3Error::new(Code::BucketConflict),
        Error::InvalidBucketName { name } => S3Error::new(Code::InvalidBucketName).with_extra("BucketName", name),
        // no operation here is about tokens or configuration
        Error::NoSuchToken { .. } | Error::InvalidApiToken { .. } | Error::Configuration(_) => internal(),
        Error::TooManyBuckets => S3Error::new(Code::TooManyBuckets),
        Error::NoSuchKey { .. } | Error::NoSuchVersion { .. } | Error::IsDeleteMarker { .. } => missing_object(&error),
        Error::InvalidObjectName { reason } => S3Error::new(Code::InvalidObjectName).with_hint(reason),
        Error::KeyTooLong { .. } => S3Error::new(Code::KeyTooLongError),
        Error::PreconditionFailed { failed } => {
            S3Error::new(Code::PreconditionFailed).with_extra("Condition", failed.header())
        }
        Error::ConcurrentWrites { .. } | Error::RateLimited { .. } => too_many(&error),
        Error::InvalidRange { size } => {
            S3Error::new(Code::InvalidRange).with_extra("ActualObjectSize", size.to_string())
        }
        Error::InvalidPartNumber { part, parts } => S3Error::new(Code::InvalidPartNumber)
            .with_extra("ActualPartCount", parts.to_string())
            .with_extra("PartNumberRequested", part.to_string()),
        Error::MetadataTooLarge { bytes } => S3Error::new(Code::MetadataTooLarge)
            .with_extra("Size", bytes.to_string())
            .with_extra("MaxSizeAllowed", domain::limits::METADATA_MAX_BYTES.to_string()),
        Error::EntityTooLarge { .. }
        | Error::EntityTooSmall { .. }
        | Error::UploadRefused(_)
        | Error::NoSuchUpload
        | Error::InvalidPart { .. }
        | Error::PartsMismatch(_)
        | Error::ObjectSizeMismatch { .. } => refused_upload(&error),
        Error::IncompleteBody { expected_bytes, received_bytes } => S3Error::new(Code::IncompleteBody)
            .with_hint(format!("{expected_bytes} bytes were announced and {received_bytes} came.")),
        Error::ClientDisconnect => S3Error::new(Code::ClientDisconnect),
        Error::RequestTimeout { seconds } => {
            S3Error::new(Code::RequestTimeout).with_hint(format!("No byte of the body came for {seconds} s."))
        }
        Error::MalformedBody(fault) => malformed_body(fault),
        Error::EncryptionKeyMissing | Error::EncryptionKeyUnwanted | Error::EncryptionKeyWrong => {
            customer_key(&error)
        }
        Error::BadMd5 { .. } | Error::BadChecksum { .. } | Error::PayloadHashMismatch { .. } => mismatch(&error),
        Error::NoSuchCorsPolicy => S3Error::new(Code::NoSuchCORSConfiguration),
        Error::InvalidCorsPolicy(fault) => S3Error::from(&fault),
        Error::NoSuchSetting(setting) => S3Error::new(missing(setting)),
        Error::ObjectLockedByBucketPolicy { .. }
        | Error::ObjectLocked { .. }
        | Error::RetentionInThePast { .. }
        | Error::ObjectLockNotEnabled
        | Error::InvalidBucketState => locked(&error),
        Error::QuotaExceeded { .. } | Error::InsufficientStorage => no_room(&error),
        Error::SlowDown => S3Error::new(Code::SlowDown),
        Error::ReadOnly => S3Error::new(Code::ServiceUnavailable)
            .with_hint("The server's disk failed a write, so it takes no more until it is restarted. Reads still work."),
        Error::Corrupt { .. } | Error::Internal { .. } => internal(),
    }
}

/// A bucket or a disk that is full.
fn no_room(error: &Error) -> S3Error {
    use S3ErrorCode as Code;
    match error {
        Error::QuotaExceeded { what, most } => S3Error::new(Code::QuotaExceeded).with_hint(format!(
            "The bucket may hold {most} {}. Delete objects, or raise its quota at …/<bucket>/limits of the REST API.",
            what.name()
        )),
        _ => S3Error::new(Code::InsufficientStorage)
            .with_hint("The server's disk is full. Delete objects, or give it more space; reads and deletes still work."),
    }
}

/// More writes of an object, or more requests, than are taken.
fn too_many(error: &Error) -> S3Error {
    let refusal = S3Error::new(S3ErrorCode::TooManyRequests);
    match error {
        Error::RateLimited { by, limit, wait_ms } => refusal
            .with_message("Please reduce your request rate.")
            .with_hint(exchange::rate_hint(*by, *limit, *wait_ms)),
        _ => refusal.with_hint(
            "Another request stored this object while this one was under way, and R2 takes one of those in a second. Store it \
             again, or let one write end before the next begins.",
        ),
    }
}

const fn internal() -> S3Error {
    S3Error::new(S3ErrorCode::InternalError)
}

/// An object or a version that is not there, or has no content.
fn missing_object(error: &Error) -> S3Error {
    use S3ErrorCode as Code;
    match error {
        Error::NoSuchKey { key } | Error::IsDeleteMarker { key, named: false, .. } => {
            S3Error::new(Code::NoSuchKey).with_extra("Key", key.as_str())
        }
        Error::NoSuchVersion { key, version } => S3Error::new(Code::NoSuchVersion)
            .with_extra("Key", key.as_str())
            .with_extra("VersionId", version.to_string()),
        Error::IsDeleteMarker { named: true, .. } => S3Error::new(Code::MethodNotAllowed)
            .with_hint("This version is a delete marker, which has no content. Name another version."),
        _ => S3Error::new(Code::InternalError),
    }
}

/// What is wrong with an upload or its parts as a whole.
fn refused_upload(error: &Error) -> S3Error {
    use S3ErrorCode as Code;
    match error {
        Error::EntityTooLarge { max_bytes } => S3Error::new(Code::EntityTooLarge)
            .with_extra("MaxSizeAllowed", max_bytes.to_string())
            .with_hint(format!("At most {max_bytes} bytes are accepted here.")),
        Error::UploadRefused(fault) => S3Error::from(fault),
        Error::NoSuchUpload => S3Error::new(Code::NoSuchUpload)
            .with_hint("It was never begun for this key, or it has been completed or aborted."),
        Error::InvalidPart { part } => {
            S3Error::new(Code::InvalidPart).with_extra("PartNumber", part.to_string()).with_hint(
                "No part of this number was uploaded, or it has another ETag or checksum than the one named.",
            )
        }
        Error::PartsMismatch(fault) => S3Error::new(Code::InvalidPart)
            .with_message("There was a problem with the multipart upload.")
            .with_hint(fault.to_string()),
        Error::EntityTooSmall { bytes, min_bytes } => S3Error::new(Code::EntityTooSmall)
            .with_extra("ProposedSize", bytes.to_string())
            .with_extra("MinSizeAllowed", min_bytes.to_string()),
        Error::ObjectSizeMismatch { expected_bytes, actual_bytes } => S3Error::new(Code::InvalidRequest)
            .with_message(
                "The provided 'x-amz-mp-object-size' header value does not match what was computed.",
            )
            .with_hint(format!("{expected_bytes} bytes were announced and the parts have {actual_bytes}.")),
        _ => S3Error::new(Code::InternalError),
    }
}

const fn missing(setting: Setting) -> S3ErrorCode {
    match setting {
        Setting::Lifecycle => S3ErrorCode::NoSuchLifecycleConfiguration,
        Setting::BucketTags => S3ErrorCode::NoSuchTagSet,
        Setting::ObjectLock => S3ErrorCode::ObjectLockConfigurationNotFoundError,
        Setting::ObjectRetention => S3ErrorCode::NoSuchObjectLockConfiguration,
        Setting::PublicAccessBlock => S3ErrorCode::NoSuchPublicAccessBlockConfiguration,
        Setting::BucketPolicy => S3ErrorCode::NoSuchBucketPolicy,
        Setting::UploadRules => S3ErrorCode::NoSuchUploadRules,
    }
}

/// A customer's key that does not fit.
///
/// Observed: R2, 2026-06-11 (a plain object). Spec: Amazon S3 user guide, server-side encryption with customer-provided keys.
fn customer_key(error: &Error) -> S3Error {
    match error {
        Error::EncryptionKeyMissing => S3Error::invalid_request(
            "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to \
             retrieve the object.",
        )
        .with_hint("It is encrypted with a customer's key: send the three headers of SSE-C."),
        Error::EncryptionKeyUnwanted => {
            S3Error::invalid_request("The encryption parameters are not applicable to this object.")
                .with_hint("It is not encrypted with a customer's key: leave the headers of SSE-C out.")
        }
        _ => S3Error::new(S3ErrorCode::AccessDenied)
            .with_hint("It is encrypted with another customer's key than the one that was sent."),
    }
}

/// What retention and locks forbid. Whoever may ask to change the object may know until when.
///
/// Spec: R2 docs, error codes, 10069; Amazon S3 API, Object Lock (texts).
fn locked(error: &Error) -> S3Error {
    use S3ErrorCode as Code;
    match error {
        Error::ObjectLockedByBucketPolicy { rule, until } => S3Error::new(Code::ObjectLockedByBucketPolicy)
            .with_hint(format!("The bucket's lock rule \"{rule}\" keeps this object as it is {until}.")),
        Error::ObjectLocked { until } => S3Error::new(Code::AccessDenied)
            .with_message("Access Denied because object protected by object lock.")
            .with_hint(format!("Retention or a legal hold keeps this version {until}.")),
        Error::RetentionInThePast { until } => {
            S3Error::invalid_argument("The retain until date must be in the future!")
                .with_hint(format!("The date that was sent is {until}."))
        }
        Error::ObjectLockNotEnabled => {
            S3Error::invalid_request("Bucket is missing Object Lock Configuration")
        }
        _ => S3Error::new(Code::InvalidBucketState),
    }
}

fn malformed_body(fault: BodyFault) -> S3Error {
    use S3ErrorCode as Code;
    match fault {
        BodyFault::Framing(what) => S3Error::new(Code::IncompleteBody).with_hint(what),
        BodyFault::ChunkSignature => S3Error::new(Code::SignatureDoesNotMatch).with_hint(
            "The head of the request is signed correctly, but a chunk of its body, or its trailer, is not.",
        ),
        BodyFault::ChunkTooSmall { bytes } => {
            S3Error::new(Code::InvalidChunkSizeError).with_extra("BadChunkSize", bytes.to_string())
        }
        BodyFault::Form(what) => S3Error::new(Code::MalformedPOSTRequest).with_hint(what),
        BodyFault::Trailer(what) => S3Error::new(Code::MalformedTrailerError).with_hint(what),
    }
}

/// A body that is not the one that was promised.
///
/// Observed: R2, 2026-06-11 (the three lines of the MD5 message).
fn mismatch(error: &Error) -> S3Error {
    match error {
        Error::BadMd5 { expected, actual } => {
            let lines = [
                "The MD5 checksum you specified did not match what we received.".to_owned(),
                format!("You provided a MD5 checksum with value: {expected}"),
                format!("Actual MD5 was: {actual}"),
            ];
            S3Error::new(S3ErrorCode::BadDigest).with_message(lines.join("\n"))
        }
        Error::BadChecksum { algorithm, expected, actual } => {
            let name = algorithm.name();
            let lines = [
                format!("The {name} checksum you specified did not match what we received."),
                format!("You provided a {name} checksum with value: {expected}"),
                format!("Actual {name} was: {actual}"),
            ];
            S3Error::new(S3ErrorCode::BadDigest).with_message(lines.join("\n"))
        }
        Error::PayloadHashMismatch { signed, actual } => S3Error::new(S3ErrorCode::XAmzContentSHA256Mismatch)
            .with_extra("ClientComputedContentSHA256", signed.as_str())
            .with_extra("S3ComputedContentSHA256", actual.as_str()),
        _ => S3Error::new(S3ErrorCode::InternalError),
    }
}
