//! Whether the signature holds, when a secret is at hand: from the environment or a profile, or from the URL itself, since the
//! secret of a temporary credential is a hash of its session token.

use auth::SecretAccessKey;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sigv4::{Claim, Rejection, Request, explain, signing_key};

use super::facts::Given;

/// What is known of the signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is that of the request.
    Matches,
    /// It is not, and this is why, as far as can be found out.
    Differs(String),
    /// There is no secret to check it with.
    Unchecked(String),
}

const METHODS: [&str; 5] = ["GET", "PUT", "HEAD", "DELETE", "POST"];

/// The secret that signed, if it is at hand, or why it is not.
pub(super) fn secret(claim: &Claim, given: &Given) -> Result<SecretAccessKey, String> {
    if let Some(secret) = claim.session_token.as_deref().and_then(secret_of_token) {
        return Ok(secret);
    }
    let Some(found) = &given.credentials else {
        return Err("there is no key pair in the environment or the profile".to_owned());
    };
    if found.access_key_id != claim.access_key_id {
        return Err(format!("the key pair of {} is another one ({})", found.source, found.access_key_id));
    }
    Ok(found.secret.clone())
}

/// Spec: R2 docs, temporary credentials.
fn secret_of_token(session_token: &str) -> Option<SecretAccessKey> {
    let decoded = String::from_utf8(STANDARD.decode(session_token).ok()?).ok()?;
    decoded.strip_prefix("jwt/").map(SecretAccessKey::of_value)
}

/// The methods for which the URL is signed, if it is for any.
pub(super) fn signed_method(
    request: &Request<'_>,
    claim: &Claim,
    secret: &SecretAccessKey,
) -> Option<&'static str> {
    METHODS.into_iter().find(|method| {
        let request = Request { method, ..*request };
        matches!(check(&request, claim, secret, &[]), Verdict::Matches)
    })
}

/// Checks the signature of a request, whatever the time.
pub(super) fn check(
    request: &Request<'_>,
    claim: &Claim,
    secret: &SecretAccessKey,
    candidate_hosts: &[String],
) -> Verdict {
    let key = signing_key(secret.expose(), &claim.scope.date, &claim.scope.region);
    // at the moment of signing nothing has expired yet
    match claim.verify(request, &key, claim.date_s, &[]) {
        Err(rejection @ Rejection::SignatureDoesNotMatch(_)) => {
            let hint = explain(request, claim, &key, &rejection, candidate_hosts);
            Verdict::Differs(hint.unwrap_or_else(|| rejection.message()))
        }
        Err(other) if other.kind() == sigv4::RejectionKind::HeadersNotSigned => {
            let headers: Vec<_> = request
                .headers
                .iter()
                .copied()
                .filter(|(name, _)| claim.signed_headers.iter().any(|signed| signed == name))
                .collect();
            // what is not signed is a matter of its own
            if headers.len() == request.headers.len() {
                return Verdict::Unchecked(other.message());
            }
            check(&Request { headers: &headers, ..*request }, claim, secret, candidate_hosts)
        }
        Err(
            Rejection::HostNotSigned
            | Rejection::ExpiresTooLong
            | Rejection::ExpiresNotANumber
            | Rejection::Expired { .. },
        ) => Verdict::Unchecked("it is refused before the signature is looked at".to_owned()),
        Err(other) => Verdict::Differs(other.message()),
        Ok(_) => Verdict::Matches,
    }
}
