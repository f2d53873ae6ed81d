//! The audit log's nouns: what is kept of a change or of a refused request, each text within its bound. No secret, signature,
//! session token or query has a place in them. Keeping, finding and forgetting them is the store's.

use std::net::IpAddr;
use std::sync::Arc;

use crate::clock::Timestamp;
use crate::name::BucketName;

/// Longest user agent that is kept, in characters.
const USER_AGENT_CHARS_MAX: usize = 128;
/// Longest part of a key that is kept, in characters.
const KEY_CHARS_MAX: usize = 256;
/// Longest summary that is kept, in bytes.
pub const SUMMARY_MAX_BYTES: usize = 1_024;
/// What stands at the end of a text that was cut.
const CUT: &str = "…";

/// One change, one refused request, or several refusals alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// When it was made or refused.
    pub at: Timestamp,
    /// The operation's name, such as `PutBucketCors`; the method of a request that was refused before it had one.
    pub action: String,
    /// What sort of action that is.
    pub verb: Verb,
    /// What became of it.
    pub outcome: Outcome,
    /// Who asked.
    pub actor: Actor,
    /// What it is about.
    pub resource: Resource,
    /// The key in that bucket, cut by [`cut_key`].
    pub key: Option<String>,
    /// Where the request came from; `None` for what the server did by itself.
    pub origin: Option<Arc<Origin>>,
    /// A change's summary of what was there before, up to [`SUMMARY_MAX_BYTES`].
    pub before: Option<String>,
    /// A change's summary of what is there since.
    pub after: Option<String>,
    /// How many further refusals of its kind this stands for, which have no entry of their own.
    pub repeated: u64,
}

/// What sort of action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Something new.
    Create,
    /// A change.
    Update,
    /// A removal.
    Delete,
    /// A look.
    View,
}

/// What became of an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Done,
    /// It was refused.
    Refused {
        /// The reply's status.
        status: u16,
        /// The reply's code, as its door has it.
        code: String,
    },
    /// So many refusals, [`AuditEntry::repeated`], were not kept, since there were too many at once.
    Dropped,
}

/// What an action is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resource {
    /// The account, or nothing that is known.
    Account,
    /// A bucket, or a key in it.
    Bucket(BucketName),
    /// The API token of this id.
    Token(String),
}

/// Who asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// The server itself.
    Server,
    /// Somebody who has not shown who he is.
    Unknown {
        /// The access key id that he claims to have, when there is one of that id.
        claimed: Option<String>,
    },
    /// The holder of an access key or API token.
    Known {
        /// The access key's id, which is also the API token's.
        access_key_id: String,
        /// Whether he used a temporary credential of it.
        temporary: bool,
    },
}

/// Where a request came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The door it came through.
    pub interface: Interface,
    /// The other end of the connection.
    pub peer: Option<IpAddr>,
    /// The id that its reply and the log have.
    pub request_id: String,
    /// Its user agent, cut.
    pub user_agent: Option<String>,
}

/// A door, in the words of R2's data access logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interface {
    /// The S3 door.
    S3,
    /// The REST door.
    Api,
}

impl Verb {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Create, Self::Update, Self::Delete, Self::View];

    /// Its name.
    ///
    /// Spec: Cloudflare API, audit logs version 2, `action_type`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::View => "view",
        }
    }

    /// That of an HTTP method.
    #[must_use]
    pub fn of_method(method: &str) -> Self {
        match method {
            "GET" | "HEAD" | "OPTIONS" => Self::View,
            "DELETE" => Self::Delete,
            "POST" => Self::Create,
            _ => Self::Update,
        }
    }
}

impl Interface {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::S3 => "S3",
            Self::Api => "API",
        }
    }
}

impl Resource {
    /// The bucket's name or the token's id.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Account => None,
            Self::Bucket(name) => Some(name.as_str()),
            Self::Token(id) => Some(id),
        }
    }

    /// What sort of thing it is.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Bucket(_) => "bucket",
            Self::Token(_) => "token",
        }
    }
}

impl From<Option<BucketName>> for Resource {
    fn from(bucket: Option<BucketName>) -> Self {
        bucket.map_or(Self::Account, Self::Bucket)
    }
}

impl Actor {
    /// The access key id, shown or claimed.
    #[must_use]
    pub fn access_key_id(&self) -> Option<&str> {
        match self {
            Self::Server => None,
            Self::Unknown { claimed } => claimed.as_deref(),
            Self::Known { access_key_id, .. } => Some(access_key_id),
        }
    }
}

impl Origin {
    /// Of a request with these texts.
    #[must_use]
    pub fn new(
        interface: Interface,
        peer: Option<IpAddr>,
        request_id: &str,
        user_agent: Option<&str>,
    ) -> Self {
        let user_agent = user_agent.map(|text| cut(text, USER_AGENT_CHARS_MAX));
        Self {
            interface,
            peer: peer.map(|ip| ip.to_canonical()),
            request_id: request_id.to_owned(),
            user_agent,
        }
    }
}

/// A key as it is kept: up to a signed query that somebody took for a part of it, since its signature may be good elsewhere.
#[must_use]
pub fn cut_key(key: &str) -> String {
    const SIGNED: &[u8] = b"x-amz-";
    let is_signed = |at: &usize| {
        let name = key.as_bytes().get(*at..).and_then(|rest| rest.get(..SIGNED.len()));
        name.is_some_and(|name| name.eq_ignore_ascii_case(SIGNED))
    };
    match (0..key.len()).find(is_signed) {
        None => cut(key, KEY_CHARS_MAX),
        Some(at) => format!("{}{CUT}", cut(key.get(..at).unwrap_or_default(), KEY_CHARS_MAX)),
    }
}

/// A summary as it is kept.
#[must_use]
pub fn cut_summary(text: &str) -> String {
    if text.len() <= SUMMARY_MAX_BYTES {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(SUMMARY_MAX_BYTES - CUT.len());
    format!("{}{CUT}", text.get(..end).unwrap_or_default())
}

/// Without control characters, which could forge lines of whatever shows it, and cut.
fn cut(text: &str, chars_max: usize) -> String {
    let mut chars = text.chars();
    let shown: String =
        chars.by_ref().take(chars_max).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if chars.next().is_some() { format!("{shown}{CUT}") } else { shown }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_and_hold_no_control_characters() {
        assert_eq!(cut_key("a/ü\n\0b"), "a/ü  b");
        assert_eq!(cut_key("a/ü?X-Amz-Signature=1"), "a/ü?…");
        assert_eq!(cut_key(&"ü".repeat(257)), format!("{}…", "ü".repeat(256)));
        let summary = cut_summary(&"ü".repeat(600));
        assert!(summary.len() <= SUMMARY_MAX_BYTES && summary.ends_with("ü…"), "{}", summary.len());
        assert_eq!(cut_summary("short"), "short");
        let mapped = "::ffff:10.0.0.1".parse().ok();
        let origin = Origin::new(Interface::S3, mapped, "1", Some("curl\r\nx"));
        assert_eq!((origin.peer, origin.user_agent.as_deref()), ("10.0.0.1".parse().ok(), Some("curl  x")));
    }
}
