//! Who calls: the one place where an API token is looked up.

use std::net::SocketAddr;

use auth::token::Unusable;
use auth::{AccessKey, Caller, Permission};
use domain::Timestamp;
use http::header;
use http::request::Parts;
use store::Store;

use crate::error::R2Error;
use crate::error_code::R2ErrorCode as Code;
use crate::route::Operation;

/// Finds the token that a request bears.
///
/// # Errors
/// 400 when there is none or it is no bearer token; 401 for one that is unknown or cannot be used now, and 403/9109 for one that
/// cannot be used from there. Where a token verifies itself it is 401/1000 for either, but one that is disabled or expired is let
/// in: its status is what is asked.
///
/// Spec: Cloudflare API, make API calls; errors 6003, 6103, 6111, 9106. Reported: Cloudflare, its text of 9109.
pub(crate) fn authenticate(
    store: &Store,
    parts: &Parts,
    verifies: bool,
    now: Timestamp,
) -> Result<AccessKey, R2Error> {
    let headers = &parts.headers;
    let mut given = headers.get_all(header::AUTHORIZATION).iter();
    let value = match (given.next(), given.next()) {
        (Some(value), None) => value,
        (Some(_), Some(_)) => return Err(malformed("The request has two Authorization headers.")),
        (None, _) if headers.contains_key("x-auth-key") || headers.contains_key("x-auth-email") => {
            return Err(R2Error::new(Code::InvalidHeaders).with_chain(
                Code::InvalidKeyFormat,
                "Invalid format for X-Auth-Key header. This server has no global API keys: send an API token, \
                 Authorization: Bearer <token>.",
            ));
        }
        (None, _) => {
            return Err(R2Error::new(Code::AuthenticationMissing).with_hint(
                "The request has no Authorization header. Send Authorization: Bearer <API token>.",
            ));
        }
    };
    let token = value.to_str().ok().and_then(bearer).ok_or_else(|| {
        malformed("Invalid format for Authorization header. Send Authorization: Bearer <API token>.")
    })?;
    let code = if verifies { Code::InvalidToken } else { Code::AuthenticationFailed };
    let peer = parts.extensions.get::<SocketAddr>().map(SocketAddr::ip);
    let Some(found) = store.credentials().find_bearer(token, now, peer) else {
        return Err(R2Error::new(code).with_hint(
            "The server knows no such token. The bearer is the token's value, not its id and not the S3 secret.",
        ));
    };
    match found.usable() {
        Ok(_) => found.used(now),
        Err(Unusable::Disabled | Unusable::Expired(_)) if verifies => {}
        Err(refusal @ Unusable::Address(_)) if !verifies => {
            let from = peer.map_or_else(|| "unknown".to_owned(), |peer| peer.to_canonical().to_string());
            let message = format!("Cannot use the access token from location: {from}");
            return Err(R2Error::new(Code::Forbidden).with_message(message).with_hint(refusal.to_string()));
        }
        Err(refusal) => return Err(R2Error::new(code).with_hint(refusal.to_string())),
    }
    Ok(found.key().clone())
}

/// The id of a token that was refused, though there is such a one: it cannot be used now, or from there.
pub(crate) fn claimed(store: &Store, parts: &Parts, now: Timestamp) -> Option<String> {
    let token = bearer(parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?)?;
    store.credentials().find_bearer(token, now, None).map(|found| found.key().id.clone())
}

/// The token of a bearer authorization.
///
/// Spec: RFC 6750, section 2.1 (the scheme in any case, as RFC 9110 has it).
fn bearer(text: &str) -> Option<&str> {
    let (scheme, token) = text.trim().split_once(' ')?;
    let token = token.trim_start();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && !token.contains(' ')).then_some(token)
}

fn malformed(text: &str) -> R2Error {
    R2Error::new(Code::InvalidHeaders).with_chain(Code::InvalidAuthorization, text)
}

/// The caller that a token stands for.
///
/// # Errors
/// `AccessDenied` for a token with an object permission, which is for the S3 API only, unless it verifies itself.
///
/// Spec: R2 docs, API tokens, permissions.
pub(crate) fn caller(store: &Store, key: &AccessKey, operation: Operation) -> Result<Caller, R2Error> {
    let is_admin = key
        .scope
        .grants()
        .iter()
        .any(|grant| matches!(grant.permission, Permission::AdminReadWrite | Permission::AdminReadOnly));
    if !is_admin && !operation.is_for_any_token() {
        return Err(R2Error::new(Code::AccessDenied).with_hint(
            "This token has an object permission, with which the S3 API can be used and nothing else. This API needs an admin one.",
        ));
    }
    Ok(Caller::Known {
        account: store.account().clone(),
        access_key_id: key.id.clone(),
        scope: key.scope.clone(),
        origin: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bearers() {
        for (text, token) in [
            ("Bearer abc", Some("abc")),
            ("bearer  abc ", Some("abc")),
            ("Bearer", None),
            ("Bearer ", None),
            ("Bearer a b", None),
            ("Basic abc", None),
            ("abc", None),
            ("", None),
        ] {
            assert_eq!(bearer(text), token, "{text}");
        }
    }
}
