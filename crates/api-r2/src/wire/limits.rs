//! A bucket's limits. Larder's own.

use domain::rate_limit::RATE_MAX;
use domain::{BucketLimits, Quota, RateLimit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::RuleFault;

/// The limits of a bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "BucketLimits")]
pub struct Limits {
    /// On requests about its objects; `null` for none.
    pub requests: Option<Requests>,
    /// Most bytes of its objects, older versions and parts; `null` for no bound.
    pub max_bytes: Option<u64>,
    /// Most objects; `null` for no bound.
    pub max_objects: Option<u64>,
}

/// A limit on requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(rename = "RequestLimit")]
pub struct Requests {
    /// In the long run.
    pub per_second: u32,
    /// At once after a pause; as many as a second's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub burst: Option<u32>,
}

impl Limits {
    /// The limits that are to be.
    ///
    /// # Errors
    /// [`RuleFault`] for a number of requests that is none of a limit.
    pub fn check(&self) -> Result<BucketLimits, RuleFault> {
        let quota = Quota { max_bytes: self.max_bytes, max_objects: self.max_objects };
        let Some(Requests { per_second, burst }) = self.requests else {
            return Ok(BucketLimits { requests: None, quota });
        };
        let Some(limit) = RateLimit::new(per_second, burst.unwrap_or(per_second)) else {
            let fault = format!("perSecond and burst are numbers from 1 to {RATE_MAX}.");
            return Err(RuleFault::of_all(fault));
        };
        Ok(BucketLimits { requests: Some(limit), quota })
    }
}

impl From<BucketLimits> for Limits {
    fn from(BucketLimits { requests, quota }: BucketLimits) -> Self {
        let requests =
            requests.map(|limit| Requests { per_second: limit.per_second(), burst: Some(limit.burst()) });
        Self { requests, max_bytes: quota.max_bytes, max_objects: quota.max_objects }
    }
}
