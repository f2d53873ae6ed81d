//! A bucket's limits. Larder's own.

use domain::RateLimit;
use domain::rate_limit::RATE_MAX;
use serde::{Deserialize, Serialize};

use super::RuleFault;

/// The limits of a bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// On requests about its objects; `null` for none.
    pub requests: Option<Requests>,
}

/// A limit on requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Requests {
    /// In the long run.
    pub per_second: u32,
    /// At once after a pause; as many as a second's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub burst: Option<u32>,
}

impl Limits {
    /// The limit, if there is to be one.
    ///
    /// # Errors
    /// [`RuleFault`] for a number that is none of a limit.
    pub fn check(&self) -> Result<Option<RateLimit>, RuleFault> {
        let Some(Requests { per_second, burst }) = self.requests else { return Ok(None) };
        let limit = RateLimit::new(per_second, burst.unwrap_or(per_second));
        limit.map(Some).ok_or_else(|| {
            RuleFault::of_all(format!("perSecond and burst are numbers from 1 to {RATE_MAX}."))
        })
    }
}

impl From<Option<RateLimit>> for Limits {
    fn from(limit: Option<RateLimit>) -> Self {
        let requests =
            limit.map(|limit| Requests { per_second: limit.per_second(), burst: Some(limit.burst()) });
        Self { requests }
    }
}
