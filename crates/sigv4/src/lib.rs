//! AWS Signature Version 4 in both directions: header, presigned, form, aws-chunked bodies. Bytes in, verdict out.
//!
//! A request is judged in two steps, because the secret is looked up in between: [`parse`] reads what the
//! request claims ([`Claim`]) and refuses what needs no secret, [`Claim::verify`] decides with the signing
//! key; [`PolicyClaim`] is the same for the policy of a form. [`explain`] puts a refusal in plain words. [`ChunkDecoder`] takes aws-chunked framing off a body, and
//! [`sign`] is the client's side of all of it.
//!
//! There is no I/O, no clock (the caller passes `now_s`) and no HTTP type here, and nothing is normalised
//! before it is verified: a signature covers the bytes that were sent.
#![cfg_attr(
    not(test),
    warn(
        clippy::indexing_slicing,
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        clippy::cast_sign_loss
    )
)]

mod amz_date;
mod canonical;
mod chunk_error;
mod chunked;
mod claim;
mod explain;
#[doc(hidden)]
pub mod fuzzing;
mod header_auth;
mod hex;
mod hint;
mod key_cache;
mod payload;
mod post_policy;
mod presigned;
mod query;
mod rejection;
mod request;
pub mod sign;
mod signing_key;
mod uri;
mod verify;

pub use amz_date::{amz_date, parse_amz_date};
pub use chunk_error::ChunkError;
pub use chunked::{ChunkDecoder, ChunkFraming, Step, Trailers, trailer_names};
pub use claim::{Claim, Location, Scope, parse};
pub use explain::explain;
pub use key_cache::SigningKeyCache;
pub use payload::PayloadHash;
pub use post_policy::{PolicyClaim, PolicyFields};
pub use rejection::{DateSource, Mismatch, Rejection, RejectionKind};
pub use request::Request;
pub use signing_key::{ChunkSeed, SigningKey, signing_key};
pub use uri::{BadEscape, percent_decode, uri_encode};
pub use verify::Verified;

/// The one algorithm token accepted.
///
/// Spec: AWS Signature Version 4, algorithm.
pub const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// Largest difference between the client's clock and ours, in seconds.
///
/// Spec: Amazon S3 API, RequestTimeTooSkewed.
pub const SKEW_S_MAX: i64 = 15 * 60;
/// Longest validity of a presigned URL, in seconds: one week.
///
/// Spec: R2 docs, presigned URLs.
pub const EXPIRES_S_MAX: u64 = 604_800;
