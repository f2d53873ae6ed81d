//! The store's errors as R2's REST API has them: one exhaustive map, so that a new variant does not compile until it has an
//! answer.

use std::borrow::Cow;

use domain::error::{BodyFault, Setting};
use domain::{ConfigurationError, Error};
use http::{HeaderValue, Response, StatusCode, header};
use s3_wire::{S3Error, S3ErrorCode};

use crate::call::Reply;
use crate::envelope::{ApiError, Envelope, Message, Source};
use crate::error_code::R2ErrorCode as Code;

/// What a client is told when a request fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct R2Error {
    pub(crate) code: Code,
    pub(crate) message: Cow<'static, str>,
    /// Where in the request's document.
    pub(crate) pointer: Option<String>,
    /// Why, in plain words that name the fix; with the number of a more special code.
    pub(crate) chain: Option<(Code, String)>,
}

/// Why a request failed, for its two audiences.
#[derive(Debug)]
pub(crate) struct Failure {
    /// For the client.
    pub(crate) reply: Box<R2Error>,
    /// For the log, when the store said so.
    pub(crate) cause: Option<Error>,
}

impl R2Error {
    /// An error with its code's own message.
    pub(crate) const fn new(code: Code) -> Self {
        Self { code, message: Cow::Borrowed(code.message()), pointer: None, chain: None }
    }

    pub(crate) fn with_message(mut self, message: impl Into<Cow<'static, str>>) -> Self {
        self.message = message.into();
        self
    }

    /// With what is wrong and how to mend it.
    pub(crate) fn with_hint(self, hint: impl Into<String>) -> Self {
        let code = self.code;
        self.with_chain(code, hint)
    }

    /// The same under a code of its own.
    pub(crate) fn with_chain(mut self, code: Code, text: impl Into<String>) -> Self {
        self.chain = Some((code, text.into()));
        self
    }

    /// With the place in the request's document.
    pub(crate) fn at(mut self, pointer: impl Into<String>) -> Self {
        self.pointer = Some(pointer.into());
        self
    }

    /// 400 `InvalidArgument`.
    pub(crate) fn invalid_argument(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Code::InvalidArgument).with_message(message)
    }

    /// 400 for a document that is not what it should be.
    pub(crate) fn malformed_json(hint: impl Into<String>) -> Self {
        Self::new(Code::MalformedJson).with_hint(hint)
    }

    /// As an item of an envelope.
    pub(crate) fn into_api_error(self) -> ApiError {
        let chained = self.chain.map(|(code, message)| Message { code: code.number(), message });
        ApiError {
            code: self.code.number(),
            message: self.message.into_owned(),
            source: self.pointer.map(|pointer| Source { pointer }),
            error_chain: chained.into_iter().collect(),
        }
    }

    /// As a reply.
    pub(crate) fn into_reply(self) -> Reply {
        let status = self.code.status();
        Reply::document(status, &Envelope::<()>::refusal(vec![self.into_api_error()]))
    }
}

impl Failure {
    pub(crate) fn status(&self) -> StatusCode {
        self.reply.code.status()
    }

    /// As a reply.
    pub(crate) fn into_reply(self) -> Reply {
        let mut reply = self.reply.into_reply();
        if let Some(Error::RateLimited { wait_ms, .. }) = self.cause {
            reply.headers.insert(header::RETRY_AFTER, HeaderValue::from(wait_ms.div_ceil(1_000)));
        }
        reply
    }
}

impl From<R2Error> for Failure {
    fn from(reply: R2Error) -> Self {
        Self { reply: Box::new(reply), cause: None }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { reply: Box::new(r2_error(&error)), cause: Some(error) }
    }
}

impl From<S3Error> for Failure {
    /// For what an object's headers can be.
    fn from(error: S3Error) -> Self {
        let code = match error.code {
            S3ErrorCode::InvalidDigest => Code::InvalidDigest,
            S3ErrorCode::MissingContentLength => Code::MissingContentLength,
            _ => Code::InvalidArgument,
        };
        let mut reply = R2Error::new(code).with_message(error.message);
        reply.chain = error.hint.map(|hint| (code, hint));
        reply.into()
    }
}

/// What a client is told.
pub(crate) fn r2_error(error: &Error) -> R2Error {
    match error {
        Error::AccessDenied => R2Error::new(Code::AccessDenied).with_hint(
            "The token's permission does not include this. An admin-read-write token may do everything.",
        ),
        Error::NoSuchBucket { .. } => R2Error::new(Code::NoSuchBucket),
        Error::BucketAlreadyOwnedByYou { .. } => R2Error::new(Code::BucketAlreadyOwnedByYou),
        Error::BucketNotEmpty { .. } => R2Error::new(Code::BucketNotEmpty),
        Error::BucketConflict { .. } => R2Error::new(Code::BucketConflict),
        Error::InvalidBucketName { .. } => R2Error::new(Code::InvalidBucketName).with_hint(
            "A bucket's name has 3 to 63 of a-z, 0-9 and -, and begins and ends with a letter or a digit.",
        ),
        Error::TooManyBuckets => R2Error::new(Code::TooManyBuckets),
        Error::NoSuchKey { .. } | Error::NoSuchVersion { .. } | Error::IsDeleteMarker { .. } => {
            R2Error::new(Code::NoSuchKey)
        }
        Error::InvalidObjectName { reason } => {
            R2Error::new(Code::InvalidObjectName).with_hint(format!("{reason}."))
        }
        Error::KeyTooLong { bytes } => R2Error::new(Code::InvalidObjectName)
            .with_hint(format!("The key has {bytes} bytes; {} are the most.", domain::limits::KEY_MAX_BYTES)),
        Error::NoSuchCorsPolicy => R2Error::new(Code::NoSuchCorsConfiguration),
        Error::InvalidCorsPolicy(fault) => R2Error::invalid_argument(fault.to_string()),
        Error::NoSuchSetting(setting) => missing_setting(*setting),
        Error::ObjectLockedByBucketPolicy { rule, until } => R2Error::new(Code::ObjectLocked)
            .with_hint(format!("The bucket's lock rule \"{rule}\" keeps this object as it is {until}.")),
        Error::ObjectLocked { until } => R2Error::new(Code::ObjectLocked)
            .with_hint(format!("Retention or a legal hold keeps this version {until}.")),
        Error::QuotaExceeded { .. } | Error::InsufficientStorage => no_room(error),
        Error::SlowDown => {
            R2Error::new(Code::ServiceUnavailable).with_hint("Please reduce your request rate.")
        }
        Error::ReadOnly => R2Error::new(Code::ServiceUnavailable).with_hint(
            "The server's disk failed a write, so it takes no more until it is restarted. Reads still work.",
        ),
        Error::NoSuchToken { .. } => no_such_token(),
        Error::InvalidApiToken { reason } => {
            R2Error::new(Code::InvalidTokenSettings).with_message(format!("The token is refused: {reason}."))
        }
        Error::Configuration(error) => configuration_error(error),
        Error::Corrupt { .. } | Error::Internal { .. } => R2Error::new(Code::InternalError),
        Error::PreconditionFailed { .. }
        | Error::InvalidRange { .. }
        | Error::ConcurrentWrites { .. }
        | Error::RateLimited { .. }
        | Error::InvalidPartNumber { .. }
        | Error::MetadataTooLarge { .. }
        | Error::EntityTooLarge { .. }
        | Error::UploadRefused(_)
        | Error::EntityTooSmall { .. }
        | Error::EncryptionKeyMissing
        | Error::EncryptionKeyUnwanted
        | Error::EncryptionKeyWrong
        | Error::NoSuchUpload
        | Error::InvalidPart { .. }
        | Error::PartsMismatch(_)
        | Error::ObjectSizeMismatch { .. }
        | Error::IncompleteBody { .. }
        | Error::ClientDisconnect
        | Error::RequestTimeout { .. }
        | Error::MalformedBody(_)
        | Error::BadMd5 { .. }
        | Error::BadChecksum { .. }
        | Error::PayloadHashMismatch { .. }
        | Error::RetentionInThePast { .. }
        | Error::ObjectLockNotEnabled
        | Error::InvalidBucketState => body_error(error),
    }
}

/// A bucket or a disk that is full.
fn no_room(error: &Error) -> R2Error {
    match error {
        Error::QuotaExceeded { what, most } => R2Error::new(Code::QuotaExceeded).with_hint(format!(
            "The bucket may hold {most} {}. Delete objects, or raise its quota at …/<bucket>/limits.",
            what.name()
        )),
        _ => R2Error::new(Code::InsufficientStorage)
            .with_hint("The server's disk is full. Delete objects, or give it more space."),
    }
}

/// What Cloudflare answers is not known but for its status.
fn no_such_token() -> R2Error {
    R2Error::new(Code::NotRouted).with_chain(Code::NoRoute, "There is no API token of this id.")
}

/// What is wrong with a body, or with an object for what is asked of it, or how often.
fn body_error(error: &Error) -> R2Error {
    match error {
        Error::PreconditionFailed { failed } => {
            R2Error::new(Code::PreconditionFailed).with_hint(format!("{} did not hold.", failed.header()))
        }
        Error::InvalidRange { size } => {
            R2Error::new(Code::InvalidRange).with_hint(format!("The object has {size} bytes."))
        }
        Error::MetadataTooLarge { bytes } => R2Error::new(Code::MetadataTooLarge).with_hint(format!(
            "The metadata has {bytes} bytes; {} are the most.",
            domain::limits::METADATA_MAX_BYTES
        )),
        Error::EntityTooLarge { max_bytes } => R2Error::new(Code::EntityTooLarge).with_hint(format!(
            "At most {max_bytes} bytes are accepted here. Larger objects are uploaded through the S3 API, in parts."
        )),
        Error::EntityTooSmall { .. } => R2Error::new(Code::EntityTooSmall),
        Error::UploadRefused(fault) => R2Error::invalid_argument(fault.to_string()),
        Error::EncryptionKeyMissing | Error::EncryptionKeyUnwanted | Error::EncryptionKeyWrong => {
            R2Error::invalid_argument("The object is encrypted with a customer's key.")
                .with_hint("This API takes no such keys. Read it through the S3 API.")
        }
        Error::NoSuchUpload => R2Error::new(Code::NoSuchUpload),
        Error::RateLimited { by, limit, wait_ms } => R2Error::new(Code::TooManyRequests)
            .with_message("Please reduce your request rate.")
            .with_hint(exchange::rate_hint(*by, *limit, *wait_ms)),
        Error::ConcurrentWrites { .. } => R2Error::new(Code::TooManyRequests)
            .with_hint("Another request stored this object while this one was under way."),
        Error::InvalidPart { .. } | Error::PartsMismatch(_) => R2Error::new(Code::InvalidPart),
        Error::IncompleteBody { expected_bytes, received_bytes } => R2Error::new(Code::IncompleteBody)
            .with_hint(format!("{expected_bytes} bytes were announced and {received_bytes} came.")),
        Error::ClientDisconnect => R2Error::new(Code::ClientDisconnect),
        Error::RequestTimeout { seconds } => R2Error::new(Code::ClientDisconnect)
            .with_hint(format!("No byte of the body came for {seconds} s.")),
        Error::MalformedBody(BodyFault::Framing(what)) => R2Error::new(Code::IncompleteBody).with_hint(what.clone()),
        Error::BadMd5 { expected, actual } => R2Error::new(Code::BadDigest)
            .with_hint(format!("Content-MD5 promises {expected}; the body has {actual}.")),
        Error::BadChecksum { algorithm, expected, actual } => R2Error::new(Code::BadDigest)
            .with_hint(format!("The {} checksum promises {expected}; the body has {actual}.", algorithm.name())),
        Error::PayloadHashMismatch { .. } => R2Error::new(Code::BadDigest),
        other => R2Error::invalid_argument(other.to_string()),
    }
}

/// Numbers and statuses of what stands against a change of configuration; where R2's are not known, the general ones.
fn configuration_error(error: &ConfigurationError) -> R2Error {
    use ConfigurationError as E;
    let code = match error {
        E::NoSuchDomain(_) | E::NoSuchQueue | E::NoSuchNotificationRule | E::NoSuchJob => Code::NotThere,
        E::DomainInUse { .. } | E::QueueExists | E::QueueInUse | E::NotificationsOverlap(..) => {
            Code::Conflict
        }
        E::NotificationsConfigured => Code::NotificationsConfigured,
        E::TooManyJobs => Code::TooManyRequests,
        E::TooManyDomains | E::TooManyQueues | E::TooManyNotificationRules => Code::InvalidArgument,
    };
    R2Error::new(code).with_message(error.to_string())
}

/// Handlers that read a setting which may be absent answer with an empty one; CORS has a code of its own.
fn missing_setting(setting: Setting) -> R2Error {
    R2Error::new(Code::RouteNotFound).with_hint(format!("The bucket has no {setting:?} setting."))
}

impl From<Reply> for Response<exchange::ReplyBody> {
    fn from(reply: Reply) -> Self {
        let mut response = Self::new(reply.body);
        *response.status_mut() = reply.status;
        *response.headers_mut() = reply.headers;
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_its_place_and_its_fix() {
        let error = R2Error::malformed_json("too many commas").at("/rules/1").into_api_error();
        let text = serde_json::to_string(&error).unwrap();
        assert_eq!(
            text,
            r#"{"code":10040,"message":"The JSON you provided was not well formed.","source":{"pointer":"/rules/1"},"error_chain":[{"code":10040,"message":"too many commas"}]}"#
        );
    }
}
