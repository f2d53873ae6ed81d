//! Where R2's behaviour holds to the letter.

use domain::BucketName;

/// Where doors do what R2 does, even if it and AWS disagree, and no more than that.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum StrictR2 {
    /// In no bucket.
    #[default]
    Nowhere,
    /// In every bucket, and outside of them.
    Everywhere,
    /// In these buckets.
    In(Vec<BucketName>),
}

impl StrictR2 {
    /// Whether it holds for a request to this bucket, as the address has it.
    #[must_use]
    pub fn holds(&self, bucket: Option<&str>) -> bool {
        match self {
            Self::Nowhere => false,
            Self::Everywhere => true,
            Self::In(buckets) => buckets.iter().any(|name| Some(name.as_str()) == bucket),
        }
    }
}
