//! A bucket's CORS policy.
//!
//! Spec: Cloudflare API, R2, bucket CORS policy.

use domain::cors::CorsFault;
use domain::{CorsPolicy, CorsRule};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::RuleFault;

/// A CORS policy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cors {
    /// The rules, in order.
    #[schemars(length(min = 1, max = 100))]
    pub rules: Vec<Rule>,
}

/// One rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "CorsRule")]
pub struct Rule {
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What it allows.
    pub allowed: Allowed,
    /// Reply headers that a page may read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expose_headers: Option<Vec<String>>,
    /// How long a browser may remember a preflight, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age_seconds: Option<u64>,
}

/// What a rule allows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CorsAllowed")]
pub struct Allowed {
    /// `scheme://host[:port]`, or `*`.
    #[schemars(length(min = 1))]
    pub origins: Vec<String>,
    /// Of GET, PUT, POST, DELETE, HEAD.
    #[schemars(length(min = 1), inner(regex(pattern = r"^(GET|PUT|POST|DELETE|HEAD)$")))]
    pub methods: Vec<String>,
    /// Names of request headers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headers: Option<Vec<String>>,
}

impl From<&CorsPolicy> for Cors {
    fn from(policy: &CorsPolicy) -> Self {
        let listed = |list: &Vec<String>| (!list.is_empty()).then(|| list.clone());
        let rule = |rule: &CorsRule| Rule {
            id: rule.id.clone(),
            allowed: Allowed {
                origins: rule.allowed_origins.clone(),
                methods: rule.allowed_methods.clone(),
                headers: listed(&rule.allowed_headers),
            },
            expose_headers: listed(&rule.expose_headers),
            max_age_seconds: rule.max_age_seconds.map(u64::from),
        };
        Self { rules: policy.rules.iter().map(rule).collect() }
    }
}

impl Cors {
    /// Checks the rules.
    ///
    /// # Errors
    /// The first fault.
    pub fn check(self) -> Result<CorsPolicy, RuleFault> {
        let mut policy = CorsPolicy::default();
        for (at, rule) in self.rules.into_iter().enumerate() {
            let alone = CorsPolicy { rules: vec![rule.into()] };
            let id = || alone.rules.first().and_then(|rule| rule.id.as_deref());
            alone.check().map_err(|fault| RuleFault::of_rule(at, id(), said(&fault)))?;
            policy.rules.extend(alone.rules);
        }
        policy.check().map_err(|fault| RuleFault::of_all(said(&fault)))?;
        Ok(policy)
    }
}

/// The house's words have the names of S3's elements; here they are these.
fn said(fault: &CorsFault) -> String {
    let names = [
        ("AllowedOrigin", "allowed.origins"),
        ("AllowedMethod", "allowed.methods"),
        ("AllowedHeader", "allowed.headers"),
        ("ExposeHeader", "exposeHeaders"),
        ("MaxAgeSeconds", "maxAgeSeconds"),
    ];
    // a client's own text stands in quotes, and is left as it is
    let text = fault.to_string();
    let pieces: Vec<String> = text
        .split('"')
        .enumerate()
        .map(|(n, piece)| match n % 2 {
            0 => names.iter().fold(piece.to_owned(), |piece, (s3, here)| piece.replace(s3, here)),
            _ => piece.to_owned(),
        })
        .collect();
    pieces.join("\"")
}

impl From<Rule> for CorsRule {
    fn from(rule: Rule) -> Self {
        Self {
            id: rule.id,
            allowed_origins: rule.allowed.origins,
            allowed_methods: rule.allowed.methods,
            allowed_headers: rule.allowed.headers.unwrap_or_default(),
            expose_headers: rule.expose_headers.unwrap_or_default(),
            // too large for the type is too large for the rule, which says how large it may be
            max_age_seconds: rule.max_age_seconds.map(|age| u32::try_from(age).unwrap_or(u32::MAX)),
        }
    }
}
