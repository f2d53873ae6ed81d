//! PutBucketCors: the policy of a document, checked.

#[cfg(test)]
mod tests;

use domain::CorsPolicy;

use crate::cors;
use crate::error::S3Error;

/// Reads and checks the document.
///
/// # Errors
/// `MalformedXML`, also for a policy without rules or a rule without an origin or a method;
/// `InvalidRequest` for a value that cannot be kept, with the words to mend it; `MaxMessageLengthExceeded`.
///
/// Spec: Amazon S3 API, PutBucketCors; R2 docs, configure CORS.
pub fn decode(body: &[u8]) -> Result<CorsPolicy, S3Error> {
    let policy = cors::decode(body)?;
    policy.check().map_err(|fault| S3Error::from(&fault))?;
    Ok(policy)
}
