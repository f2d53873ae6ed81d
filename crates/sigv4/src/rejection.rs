//! Why a request is refused, one variant per refusal of R2, with its text for the client. Codes and statuses
//! are the door's business; [`Rejection::kind`] is what it maps. The plain-words explanation is `hint.rs`.

use std::fmt;

use crate::uri::BadEscape;

/// Why a request is refused. `Display` is the text for the client.
///
/// Observed: R2, 2026-06-11 (texts and order), unless a variant says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// Neither an `Authorization` header nor `X-Amz-Credential`.
    #[error("Authorization")]
    Missing,
    /// The path or the query has a malformed percent escape.
    ///
    /// Spec: Amazon S3 API, InvalidURI.
    #[error("Couldn't parse the specified URI.")]
    BadUri(#[from] BadEscape),
    /// Header authentication without `x-amz-content-sha256`.
    #[error("Missing x-amz-content-sha256")]
    MissingContentSha256,
    /// `x-amz-content-sha256` is neither a hash nor a known marker.
    ///
    /// Spec: Amazon S3 API, InvalidArgument.
    #[error(
        "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, \
         STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value."
    )]
    UnknownContentSha256 {
        /// As sent.
        value: String,
    },
    /// The query and a header promise two different payload hashes.
    #[error("X-Amz-Content-Sha256 differs from the 'x-amz-content-sha256' header")]
    ContentSha256Conflict,
    /// Header authentication without a date.
    #[error("No date provided in x-amz-date nor date header")]
    NoDate,
    /// The date is not `yyyymmddThhmmssZ`.
    #[error("Date provided in {source_} ({value}) didn't parse successfully", source_ = .from.text())]
    BadDate {
        /// Where it was found.
        from: DateSource,
        /// As sent.
        value: String,
    },
    /// Header authentication more than 15 minutes away from our clock.
    #[error("The difference between the request time and the server's time is too large.")]
    TooSkewed {
        /// The request's date, Unix seconds.
        date_s: i64,
        /// Our time, Unix seconds.
        now_s: i64,
    },
    /// Another algorithm, or an `Authorization` header without its three parts.
    #[error("Please use AWS4-HMAC-SHA256")]
    NotSigV4,
    /// Signature Version 2, which is not supported.
    ///
    /// Spec: Amazon S3 API, InvalidRequest.
    #[error("The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.")]
    SigV2,
    /// The credential has too few slash-separated parts.
    #[error("Credential sigv4 header should have at least 5 slash-separated parts, not {parts}")]
    CredentialParts {
        /// How many there are.
        parts: usize,
    },
    /// The credential scope names another service.
    #[error("Credential service should be s3, not {service}")]
    CredentialService {
        /// As sent; may be empty.
        service: String,
    },
    /// The credential scope does not end in `aws4_request`.
    #[error("Credential termination string should be aws4_request, not {termination}")]
    CredentialTermination {
        /// As sent.
        termination: String,
    },
    /// The credential scope is for another day than the date.
    #[error("Credential signed date {scope_date} does not match {date} from 'x-amz-date' header")]
    CredentialDate {
        /// The scope's date.
        scope_date: String,
        /// The `yyyymmdd` of the request's date.
        date: String,
    },
    /// More signed headers than any client sends.
    #[error("Too many signed headers: {count}")]
    TooManySignedHeaders {
        /// How many there are.
        count: usize,
    },
    /// A signed header is named more than once, which no client does: each time would count its whole value again.
    #[error("Duplicate signed header {name}")]
    DuplicateSignedHeader {
        /// Its lower-case name.
        name: String,
    },
    /// Nobody has this access key id. For the caller, who looks it up; never produced here.
    #[error("Unauthorized")]
    UnknownAccessKey {
        /// As sent.
        access_key_id: String,
    },
    /// `host` is not among the signed headers.
    #[error("Unauthorized")]
    HostNotSigned,
    /// Presigned, but some of the parameters that it takes are absent.
    #[error("{}", missing_text(.names))]
    MissingParameters {
        /// In R2's order of checking.
        names: Vec<&'static str>,
    },
    /// An authentication parameter is there more than once.
    #[error("Duplicate search parameter {name}")]
    DuplicateParameter {
        /// Its name.
        name: String,
    },
    /// A header that decides the verdict is there more than once.
    #[error("Duplicate header {name}")]
    DuplicateHeader {
        /// Its lower-case name.
        name: String,
    },
    /// `X-Amz-Expires` is not made of digits.
    #[error("X-Amz-Expires should be a number")]
    ExpiresNotANumber,
    /// `X-Amz-Expires` is more than a week.
    #[error(
        "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than \
         604800 seconds"
    )]
    ExpiresTooLong,
    /// The presigned URL's time is over, or it never had any.
    #[error("Request has expired")]
    Expired {
        /// The date of signing, Unix seconds.
        date_s: i64,
        /// Its validity in seconds; `None` when it was below zero.
        expires_s: Option<u64>,
        /// Our time, Unix seconds.
        now_s: i64,
    },
    /// The presigned URL is dated more than 15 minutes ahead.
    ///
    /// Spec: Amazon S3 API, AccessDenied.
    #[error("Request is not yet valid")]
    NotYetValid {
        /// The date of signing, Unix seconds.
        date_s: i64,
        /// Our time, Unix seconds.
        now_s: i64,
    },
    /// Headers that change what the request means were not signed.
    ///
    /// Spec: Amazon S3 API, AccessDenied, HeadersNotSigned.
    #[error("There were headers present in the request which were not signed")]
    HeadersNotSigned {
        /// Their lower-case names, in order of arrival.
        names: Vec<String>,
    },
    /// A signed `x-amz-*` parameter that stands for a header could not be one.
    #[error("The search parameter {name} does not hold a header value")]
    BadHoistedHeader {
        /// The parameter's name, decoded; unreadable bytes replaced.
        name: String,
    },
    /// The signature is not that of the request.
    #[error(
        "The request signature we calculated does not match the signature you provided. Check your secret access key \
         and signing method."
    )]
    SignatureDoesNotMatch(Box<Mismatch>),
}

/// What the signature should have covered, for the client to compare with its own. The signature itself is
/// never in here.
#[derive(Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// The string to sign of the request as received.
    pub string_to_sign: String,
    /// The canonical request as received; header values may hold any bytes.
    pub canonical_request: Vec<u8>,
    /// The signature's text as sent.
    pub signature_provided: String,
}

/// Leaves out the signature as sent, which may be good for another request, and the canonical request, which
/// may hold a session token.
impl fmt::Debug for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mismatch").field("string_to_sign", &self.string_to_sign).finish_non_exhaustive()
    }
}

/// Where a date was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateSource {
    /// The `x-amz-date` header.
    XAmzDate,
    /// The `date` header.
    Date,
    /// The `X-Amz-Date` parameter.
    Query,
    /// The `x-amz-date` field of a form.
    Form,
}

impl DateSource {
    fn text(self) -> &'static str {
        match self {
            Self::XAmzDate => "'x-amz-date' header",
            Self::Date => "'date' header",
            Self::Query => "X-Amz-Date",
            Self::Form => "the field x-amz-date",
        }
    }
}

/// The coarse kind of a refusal: what a door maps to a code and a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RejectionKind {
    /// 400 InvalidArgument.
    InvalidArgument,
    /// 400 InvalidRequest.
    InvalidRequest,
    /// 400 InvalidURI.
    InvalidUri,
    /// 403 RequestTimeTooSkewed.
    RequestTimeTooSkewed,
    /// 401 Unauthorized.
    Unauthorized,
    /// 403 ExpiredRequest.
    ExpiredRequest,
    /// 403 AccessDenied, not yet valid.
    NotYetValid,
    /// 403 AccessDenied, with the unsigned headers.
    HeadersNotSigned,
    /// 403 SignatureDoesNotMatch, with what was signed.
    SignatureDoesNotMatch,
}

impl Rejection {
    /// The text for the client.
    pub fn message(&self) -> String {
        self.to_string()
    }

    /// The coarse kind.
    pub fn kind(&self) -> RejectionKind {
        match self {
            Self::Missing
            | Self::UnknownContentSha256 { .. }
            | Self::ContentSha256Conflict
            | Self::NoDate
            | Self::BadDate { .. }
            | Self::CredentialParts { .. }
            | Self::CredentialService { .. }
            | Self::CredentialTermination { .. }
            | Self::CredentialDate { .. }
            | Self::TooManySignedHeaders { .. }
            | Self::DuplicateSignedHeader { .. }
            | Self::MissingParameters { .. }
            | Self::DuplicateParameter { .. }
            | Self::DuplicateHeader { .. }
            | Self::ExpiresNotANumber
            | Self::ExpiresTooLong
            | Self::BadHoistedHeader { .. } => RejectionKind::InvalidArgument,
            Self::MissingContentSha256 | Self::NotSigV4 | Self::SigV2 => RejectionKind::InvalidRequest,
            Self::BadUri(_) => RejectionKind::InvalidUri,
            Self::TooSkewed { .. } => RejectionKind::RequestTimeTooSkewed,
            Self::UnknownAccessKey { .. } | Self::HostNotSigned => RejectionKind::Unauthorized,
            Self::Expired { .. } => RejectionKind::ExpiredRequest,
            Self::NotYetValid { .. } => RejectionKind::NotYetValid,
            Self::HeadersNotSigned { .. } => RejectionKind::HeadersNotSigned,
            Self::SignatureDoesNotMatch(_) => RejectionKind::SignatureDoesNotMatch,
        }
    }
}

/// Two spaces after the comma, as R2 writes it.
fn missing_text(names: &[&str]) -> String {
    let plural = if names.len() == 1 { "" } else { "s" };
    format!("Required search parameter{plural} {} missing", names.join(",  "))
}
