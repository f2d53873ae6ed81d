//! HeadBucket: that the bucket is there, and R2's only region.

use http::{HeaderMap, HeaderName, HeaderValue};

/// Headers of the 200 reply.
///
/// Spec: R2 release notes, HeadBucket, `x-amz-bucket-region`.
#[must_use]
pub fn encode() -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(HeaderName::from_static("x-amz-bucket-region"), HeaderValue::from_static("auto"));
    headers
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_region_is_auto() {
        assert_eq!(super::encode()["x-amz-bucket-region"], "auto");
    }
}
