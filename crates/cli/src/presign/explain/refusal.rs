//! Why a server would refuse the URL: R2's status, code and text, and how to mend it.

use domain::Error;
use s3_wire::{S3Error, S3ErrorCode};
use sigv4::{Rejection, RejectionKind, Request};

/// One reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) code: &'static str,
    pub(super) why: String,
    pub(super) fix: Option<String>,
}

impl Refusal {
    fn new(code: S3ErrorCode, why: impl Into<String>, fix: Option<String>) -> Self {
        Self { status: code.status().as_u16(), code: code.name(), why: why.into(), fix }
    }

    pub(super) fn of_rejection(rejection: &Rejection, request: &Request<'_>) -> Self {
        use S3ErrorCode as Code;
        let code = match rejection.kind() {
            RejectionKind::InvalidArgument => Code::InvalidArgument,
            RejectionKind::InvalidRequest => Code::InvalidRequest,
            RejectionKind::InvalidUri => Code::InvalidURI,
            RejectionKind::RequestTimeTooSkewed => Code::RequestTimeTooSkewed,
            RejectionKind::Unauthorized => Code::Unauthorized,
            RejectionKind::ExpiredRequest => Code::ExpiredRequest,
            RejectionKind::NotYetValid | RejectionKind::HeadersNotSigned => Code::AccessDenied,
            RejectionKind::SignatureDoesNotMatch => Code::SignatureDoesNotMatch,
        };
        let fix = match rejection {
            Rejection::Missing => Some(
                "a presigned URL has X-Amz-Credential in its query; this one has not, or was cut".to_owned(),
            ),
            Rejection::MissingParameters { .. } => {
                Some("the URL was cut, or its & was taken by a shell: put it in quotes".to_owned())
            }
            Rejection::Expired { .. } => {
                rejection.hint(request).map(|hint| format!("{hint}; make a new URL"))
            }
            Rejection::ExpiresTooLong => {
                Some("seven days (604800 s) are the most; make a new URL".to_owned())
            }
            other => other.hint(request),
        };
        Self::new(code, rejection.message(), fix)
    }

    pub(super) fn of_signature(why: &str) -> Self {
        let message = "The request signature we calculated does not match the signature you provided.";
        Self::new(S3ErrorCode::SignatureDoesNotMatch, message, Some(why.to_owned()))
    }

    pub(super) fn of_s3(error: &S3Error) -> Self {
        Self::new(error.code, error.message.as_ref(), error.hint.clone())
    }

    /// Of an upload that a limit in the URL does not allow.
    pub(super) fn of_limit(error: &Error) -> Self {
        match error {
            Error::EntityTooLarge { max_bytes } => {
                let why = format!("the URL allows {max_bytes} bytes at most");
                Self::new(S3ErrorCode::EntityTooLarge, why, None)
            }
            Error::EntityTooSmall { bytes, min_bytes } => {
                let why = format!("the URL wants {min_bytes} bytes at least, and there are {bytes}");
                Self::new(S3ErrorCode::EntityTooSmall, why, None)
            }
            Error::UploadRefused(fault) => Self::of_s3(&S3Error::from(fault)),
            other => Self::new(S3ErrorCode::InvalidRequest, format!("{other:?}"), None),
        }
    }

    /// Of a temporary credential whose time is over.
    pub(super) fn of_credential(ended: &str) -> Self {
        let why = format!("the temporary credential that signed it ended at {ended}");
        Self::new(S3ErrorCode::ExpiredToken, why, Some("make a new credential, then a new URL".to_owned()))
    }
}
