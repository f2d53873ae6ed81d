//! GetBucketCors: the policy as a document.

use bytes::Bytes;
use domain::CorsPolicy;

use crate::cors;

/// The reply.
///
/// Spec: Amazon S3 API, GetBucketCors.
#[must_use]
pub fn encode(policy: &CorsPolicy) -> Bytes {
    cors::encode(policy)
}
