//! A bucket's public access block: four promises that nothing makes it public. Larder serves nobody anonymously by the
//! S3 API, so they are kept, shown, and never broken here; a door for public buckets asks them.

/// The four switches.
///
/// Spec: Amazon S3 API, PublicAccessBlockConfiguration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PublicAccessBlock {
    /// Requests that carry a public ACL are refused.
    pub block_public_acls: bool,
    /// Public ACLs have no effect.
    pub ignore_public_acls: bool,
    /// Public bucket policies are refused.
    pub block_public_policy: bool,
    /// A public bucket serves the account's own callers only.
    pub restrict_public_buckets: bool,
}
