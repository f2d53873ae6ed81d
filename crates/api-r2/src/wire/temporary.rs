//! Temporary credentials.
//!
//! Spec: Cloudflare API, R2, temporary credentials.

use auth::{Paths, Permission, Session, TemporaryCredential};
use domain::BucketName;
use domain::limits::KEY_MAX_BYTES;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Fault;
use super::secret::Secret;

/// Validity when none is asked for, in seconds.
///
/// Spec: R2 docs, temporary credentials, `ttlSeconds`.
const TTL_SECONDS: i64 = 900;

/// A temporary credential to be.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "NewTemporaryCredential")]
pub struct IssueTemporary {
    /// The one bucket that it is for.
    pub bucket: String,
    /// The access key id of its parent: an API token's id.
    pub parent_access_key_id: String,
    /// `admin-read-write`, `admin-read-only`, `object-read-write` or `object-read-only`; no more than its parent has.
    pub permission: String,
    /// For how many seconds, 1 to 604800; 900 when absent.
    #[serde(default)]
    pub ttl_seconds: Option<i64>,
    /// Only keys that begin with one of these, or that are among `objects`.
    #[serde(default)]
    pub prefixes: Option<Vec<String>>,
    /// Only these keys, or those below one of `prefixes`.
    #[serde(default)]
    pub objects: Option<Vec<String>>,
}

/// A temporary credential. Its three parts go together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "TemporaryCredential")]
pub struct Temporary {
    /// Its parent's.
    pub access_key_id: String,
    /// What requests are signed with.
    pub secret_access_key: Secret,
    /// What requests carry. Whoever sees it has the secret, too.
    pub session_token: Secret,
}

impl IssueTemporary {
    /// Checks it: what it is to be allowed, and for how many seconds. The bounds of the time are the issuer's.
    ///
    /// # Errors
    /// The first fault.
    pub fn check(self) -> Result<(Session, i64), Fault> {
        let permission = Permission::parse(&self.permission).ok_or_else(|| {
            let names = Permission::NAMES.map(|(name, _)| name).join(", ");
            Fault::new("/permission", format!("permission is one of {names}."))
        })?;
        let bucket = BucketName::parse(&self.bucket);
        let bucket = bucket.map_err(|_| Fault::new("/bucket", "bucket is the name of one bucket."))?;
        for (place, keys) in [("/prefixes", &self.prefixes), ("/objects", &self.objects)] {
            let wrong = |key: &String| key.is_empty() || key.len() > KEY_MAX_BYTES;
            if let Some(at) = keys.iter().flatten().position(wrong) {
                let text = format!("A key, or the beginning of one, has 1 to {KEY_MAX_BYTES} bytes.");
                return Err(Fault::new(format!("{place}/{at}"), text));
            }
        }
        // one reader would take an empty list for all keys, another for none
        let is_empty = |keys: &Option<Vec<String>>| keys.as_ref().is_none_or(Vec::is_empty);
        let paths = match (self.prefixes, self.objects) {
            (None, None) => None,
            (prefixes, objects) if is_empty(&prefixes) && is_empty(&objects) => {
                let place = if prefixes.is_some() { "/prefixes" } else { "/objects" };
                return Err(Fault::new(place, "The list names no key; leave it out for the whole bucket."));
            }
            (prefixes, objects) => {
                Some(Paths { prefixes: prefixes.unwrap_or_default(), objects: objects.unwrap_or_default() })
            }
        };
        let session = Session { permission, bucket, actions: None, paths };
        Ok((session, self.ttl_seconds.unwrap_or(TTL_SECONDS)))
    }
}

impl From<&TemporaryCredential> for Temporary {
    fn from(made: &TemporaryCredential) -> Self {
        Self {
            access_key_id: made.access_key_id.clone(),
            secret_access_key: Secret::new(made.secret.expose()),
            session_token: Secret::new(made.session_token.expose()),
        }
    }
}
