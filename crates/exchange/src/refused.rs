//! What a door tells the audit log of a request: where it came from, and that it was refused.

use std::net::SocketAddr;

use domain::audit::{Actor, Interface, Origin, Verb, cut_key};
use domain::{BucketName, Timestamp};
use http::StatusCode;
use http::header;
use http::request::Parts;
use store::{Refusal, Store};

/// A request that a door refused, and what is known of it by then.
pub struct Refused<'r> {
    /// When it began.
    pub at: Timestamp,
    /// The door.
    pub interface: Interface,
    /// The id of its reply.
    pub request_id: &'r str,
    /// The operation's name.
    pub operation: Option<&'r str>,
    /// Who asked.
    pub actor: Actor,
    /// The bucket.
    pub bucket: Option<BucketName>,
    /// The key.
    pub key: Option<String>,
    /// The status of its reply.
    pub status: StatusCode,
    /// The code of its reply.
    pub code: &'r str,
}

/// Codes of requests that nobody refused: they broke off.
const BROKEN_OFF: [&str; 3] = ["ClientDisconnect", "IncompleteBody", "RequestTimeout"];

/// Most characters of an operation's name, and of a method, which a client can make up.
const ACTION_CHARS_MAX: usize = 48;

/// Where a request came from.
#[must_use]
pub fn origin(parts: &Parts, interface: Interface, request_id: &str) -> Origin {
    let peer = parts.extensions.get::<SocketAddr>().map(SocketAddr::ip);
    let user_agent =
        parts.headers.get(header::USER_AGENT).map(|value| String::from_utf8_lossy(value.as_bytes()));
    Origin::new(interface, peer, request_id, user_agent.as_deref())
}

/// Whether a reply is a refusal that the audit log tells of. What is merely not there, in the way or broken off is none.
#[must_use]
pub fn is_audited(store: &Store, status: StatusCode, code: &str) -> bool {
    let is_refusal = matches!(
        status,
        StatusCode::BAD_REQUEST
            | StatusCode::UNAUTHORIZED
            | StatusCode::FORBIDDEN
            | StatusCode::TOO_MANY_REQUESTS
    );
    is_refusal && store.refusals().are_kept() && !BROKEN_OFF.contains(&code)
}

/// Notes a refused request.
pub fn note_refused(store: &Store, parts: &Parts, refused: Refused<'_>) {
    let method = parts.method.as_str();
    store.refusals().note(Refusal {
        at: refused.at,
        action: action(refused.operation, method),
        verb: Verb::of_method(method),
        status: refused.status.as_u16(),
        code: refused.code.to_owned(),
        actor: refused.actor,
        resource: refused.bucket.into(),
        key: refused.key.map(|key| cut_key(&key)),
        origin: origin(parts, refused.interface, refused.request_id),
    });
}

/// What was asked: the method as long as no operation is known, cut before it waits in memory.
fn action(operation: Option<&str>, method: &str) -> String {
    operation.unwrap_or(method).chars().take(ACTION_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_that_a_client_makes_up_is_cut() {
        assert_eq!(action(None, &"X".repeat(10_000)).len(), ACTION_CHARS_MAX);
        assert_eq!(action(Some("GetObjectLockConfiguration"), "GET"), "GetObjectLockConfiguration");
    }
}
