//! What is said to whoever asks too much, by whatever door.

use domain::RateLimit;
use domain::error::Limited;

/// Which limit it is, when to try again, and what would raise it.
#[must_use]
pub fn rate_hint(by: Limited, limit: RateLimit, wait_ms: u64) -> String {
    let (whose, raise) = match by {
        Limited::AccessKey => ("this access key", "The server's setting key_rate raises it."),
        Limited::Bucket => (
            "this bucket, for all who use it together,",
            "An admin raises it with PUT \u{2026}/r2/buckets/{bucket}/limits of the REST API.",
        ),
    };
    format!(
        "The limit of {whose} is {} requests a second, and {} at once. Try again in {wait_ms} ms. {raise}",
        limit.per_second(),
        limit.burst()
    )
}
