//! Who calls: the signature is parsed, the key looked up, the signature verified; a refusal is explained.

use std::net::IpAddr;

use auth::token::Unusable;
use auth::{Caller, TokenFault, temporary};
use domain::Timestamp;
use s3_wire::headers::header_text;
use s3_wire::ops::post_object::FormSignature;
use s3_wire::{HostMatch, S3Error, S3ErrorCode};
use sigv4::{Claim, PolicyClaim, PolicyFields, Rejection, RejectionKind, Scope, SigningKey, Verified};
use store::Found;

use crate::door::Door;
use crate::head::Head;

/// A caller whose signature holds.
pub(crate) struct Identity {
    pub(crate) caller: Caller,
    pub(crate) claim: Claim,
    pub(crate) verified: Verified,
}

/// Whoever has an access key, or a temporary credential of it, and what it signs with on one day in one region.
struct Signatory {
    caller: Caller,
    key: SigningKey,
    /// Of a temporary credential: what its parent signs with.
    parents_key: Option<SigningKey>,
    /// The access key, or the parent's, which may not be one to use now, or from there.
    found: Found,
}

/// For an explanation of a signature that does not match.
const SIGNED_BY_PARENT: &str = "The request has a session token, but is signed with the secret access key of its parent. Sign \
                                with the secret access key that was made with the token.";

/// A form is not signed in its head, so no hint is about that.
const BARE: sigv4::Request<'static> = sigv4::Request { method: "POST", path: "/", query: None, headers: &[] };

impl Door {
    /// Authenticates a request. An id that it claims to have, if there is one of that id, is put into `claimed`.
    ///
    /// # Errors
    /// R2's refusal, in R2's order of checks, with a hint.
    pub(crate) fn identify(
        &self,
        head: &Head<'_>,
        host: &HostMatch,
        strict_r2: bool,
        now: Timestamp,
        claimed: &mut Option<String>,
    ) -> Result<Identity, S3Error> {
        let headers = head.signable_headers();
        let request = sigv4::Request {
            method: head.method.as_str(),
            path: head.path,
            query: head.query,
            headers: &headers,
        };
        let now_s = now.as_seconds();
        let claim = sigv4::parse(&request, now_s).map_err(|r| refusal(&r, r.hint(&request)))?;
        let token = claim.session_token.as_deref();
        let found = self.found(&claim.access_key_id, now, head.peer, claimed)?;
        let signatory = self.signatory(found, &claim.scope, token, now)?;
        let signing_key = &signatory.key;
        let verified = claim.verify(&request, signing_key, now_s, &[]);
        let verified = verified.or_else(|rejection| {
            if rejection.kind() != RejectionKind::SignatureDoesNotMatch {
                if signatory.refusal().is_some() {
                    return Err(unknown(&claim.access_key_id));
                }
                return Err(refusal(&rejection, rejection.hint(&request)));
            }
            let others = self.other_hosts(host, &head.host);
            claim.verify(&request, signing_key, now_s, &others).map_err(|rejection| {
                if signatory.refusal().is_some() {
                    return unknown(&claim.access_key_id);
                }
                let by_parent = |key| claim.verify(&request, key, now_s, &others).is_ok();
                if signatory.parents_key.as_ref().is_some_and(by_parent) {
                    return refusal(&rejection, Some(SIGNED_BY_PARENT.to_owned()));
                }
                let candidates = self.candidate_hosts(head, others);
                refusal(&rejection, sigv4::explain(&request, &claim, signing_key, &rejection, &candidates))
            })
        })?;
        signatory.check_usable(now)?;
        if let Some(signed_for) = &verified.matched_host {
            tracing::debug!(%signed_for, received = %head.host, "signed for another of our names");
        }
        if !strict_r2 {
            check_query_content_type(head, &claim, &verified, &request)?;
        }
        Ok(Identity { caller: signatory.caller, claim, verified })
    }

    /// Authenticates a form by the fields that sign it, the policy's text among them. What the policy allows is not read. Of
    /// `claimed`, as [`Door::identify`].
    ///
    /// # Errors
    /// As for a presigned URL, but for expiry, which is the policy's.
    pub(crate) fn identify_form(
        &self,
        form: &FormSignature<'_>,
        now: Timestamp,
        peer: Option<IpAddr>,
        claimed: &mut Option<String>,
    ) -> Result<Caller, S3Error> {
        let claim = PolicyClaim::parse(PolicyFields {
            algorithm: form.algorithm,
            credential: form.credential,
            date: form.date,
            policy: form.policy,
            signature: form.signature,
        })
        .map_err(|rejection| refusal(&rejection, rejection.hint(&BARE)))?;
        let found = self.found(&claim.access_key_id, now, peer, claimed)?;
        let signatory = self.signatory(found, &claim.scope, form.session_token, now)?;
        let (key, parents_key) = (&signatory.key, &signatory.parents_key);
        claim.verify(key).map_err(|rejection| {
            if signatory.refusal().is_some() {
                return unknown(&claim.access_key_id);
            }
            let unbroken: String = form.policy.split_ascii_whitespace().collect();
            let hint = if parents_key.as_ref().is_some_and(|key| claim.verify(key).is_ok()) {
                SIGNED_BY_PARENT
            } else if claim.signs(unbroken.as_bytes(), key) {
                "The signature is that of the policy without its line ends. Put the policy into the form as it was signed."
            } else if s3_wire::post_policy::document(form.policy).is_some_and(|json| claim.signs(&json, key)) {
                "The signature is that of the policy's JSON. Sign its base64, just as it stands in the field."
            } else {
                "Sign the field policy just as it stands in the form, with the signing key for the day and region in \
                 x-amz-credential."
            };
            refusal(&rejection, Some(hint.to_owned()))
        })?;
        signatory.check_usable(now)?;
        Ok(signatory.caller)
    }

    /// The access key of an id. Only one that there is is told on: another text may be a secret in the wrong place.
    ///
    /// # Errors
    /// `Unauthorized` for an id that nobody has.
    fn found(
        &self,
        access_key_id: &str,
        now: Timestamp,
        peer: Option<IpAddr>,
        claimed: &mut Option<String>,
    ) -> Result<Found, S3Error> {
        let found = self.store.credentials().find(access_key_id, now, peer);
        let found = found.ok_or_else(|| unknown(access_key_id))?;
        *claimed = Some(access_key_id.to_owned());
        Ok(found)
    }

    /// Who has that access key: its holder or, with a session token, that of a temporary credential of it.
    ///
    /// # Errors
    /// `InvalidToken` and `ExpiredToken` with what is wrong.
    fn signatory(
        &self,
        found: Found,
        scope: &Scope,
        session_token: Option<&str>,
        now: Timestamp,
    ) -> Result<Signatory, S3Error> {
        let parent = found.key();
        let account = self.store.account();
        let (key, rights, parents_key) = match session_token {
            None => (self.signing_key(&found, scope), parent.scope.clone(), None),
            Some(token) => {
                let is_ours = |host: &str| self.is_audience(host);
                let verified = temporary::verify(token, parent, account, now.as_seconds(), is_ours);
                let verified = verified.map_err(|fault| match fault {
                    // who made it up need not know that there is such a token
                    TokenFault::Invalid(_) if found.usable().is_err() => unknown(&parent.id),
                    fault => token_refused(&fault),
                })?;
                // derived each time: what is cached under this id is the parent's
                let key = sigv4::signing_key(verified.secret.expose(), &scope.date, &scope.region);
                (key, parent.scope.narrowed(verified.session), Some(self.signing_key(&found, scope)))
            }
        };
        let access_key_id = parent.id.clone();
        Ok(Signatory {
            caller: Caller::Known { account: account.clone(), access_key_id, scope: rights, origin: None },
            key,
            parents_key,
            found,
        })
    }

    fn signing_key(&self, found: &Found, scope: &Scope) -> SigningKey {
        let (key, generation) = (found.key(), found.generation());
        self.signing_keys.get_or_derive(&key.id, generation, key.secret.expose(), &scope.date, &scope.region)
    }

    /// Whether a temporary credential for that host is one for this door: a name of ours, or R2's own for this account, which
    /// programs may have written down. It is no secret, and the signature already says that it was made for us.
    fn is_audience(&self, host: &str) -> bool {
        let account = self.store.account();
        let of_r2 = ["", "eu.", "fedramp."]
            .map(|jurisdiction| format!("{account}.{jurisdiction}r2.cloudflarestorage.com"));
        self.names.resolve(host) == HostMatch::Base || of_r2.iter().any(|name| name == host)
    }

    /// Names to try for the hint: ours, the one a proxy says it received, and R2's own.
    fn candidate_hosts(&self, head: &Head<'_>, mut others: Vec<String>) -> Vec<String> {
        if let Some(forwarded) = head.header("x-forwarded-host") {
            others.insert(0, forwarded.to_owned());
        }
        others.push(format!("{}.r2.cloudflarestorage.com", self.store.account()));
        others
    }
}

/// aws-sdk v2 signs an upload's type as a query parameter: what is sent must agree.
fn check_query_content_type(
    head: &Head<'_>,
    claim: &Claim,
    verified: &Verified,
    request: &sigv4::Request<'_>,
) -> Result<(), S3Error> {
    // as the object's type is read, in any bytes: what is compared must be what is stored
    let sent = header_text(head.headers, "content-type");
    let (Some(signed), Some(sent)) = (&verified.query_content_type, sent) else {
        return Ok(());
    };
    if sent.trim() == signed.trim() {
        return Ok(());
    }
    let mismatch = claim.mismatch(request);
    let hint = format!("Content-Type is signed as {signed}; the request sent {sent}");
    Err(signature_mismatch(&mismatch).with_hint(hint))
}

fn signature_mismatch(mismatch: &sigv4::Mismatch) -> S3Error {
    S3Error::signature_does_not_match(
        mismatch.string_to_sign.as_bytes(),
        &mismatch.canonical_request,
        &mismatch.signature_provided,
    )
}

impl Signatory {
    /// Why the API token cannot be used.
    fn refusal(&self) -> Option<Unusable> {
        self.found.usable().err()
    }

    /// Refuses an API token that cannot be used, and notes the use of one that can. Only who has signed with it hears why; to others it is nobody's.
    fn check_usable(&self, now: Timestamp) -> Result<(), S3Error> {
        let Some(refusal) = self.refusal() else {
            self.found.used(now);
            return Ok(());
        };
        let code = match refusal {
            Unusable::Disabled | Unusable::Expired(_) | Unusable::NotYet(_) => S3ErrorCode::Unauthorized,
            Unusable::Address(_) => S3ErrorCode::AccessDenied,
        };
        Err(S3Error::new(code).with_hint(refusal.to_string()))
    }
}

/// Nobody has that access key id.
fn unknown(access_key_id: &str) -> S3Error {
    refusal(&Rejection::UnknownAccessKey { access_key_id: access_key_id.to_owned() }, None)
}

/// Spec: Amazon S3 API, error responses. What R2 answers is not known.
fn token_refused(fault: &TokenFault) -> S3Error {
    let code = match fault {
        TokenFault::Invalid(_) => S3ErrorCode::InvalidToken,
        TokenFault::Expired(_) => S3ErrorCode::ExpiredToken,
    };
    S3Error::new(code).with_hint(fault.to_string())
}

/// R2's reply to a refusal.
fn refusal(rejection: &Rejection, hint: Option<String>) -> S3Error {
    let code = match rejection.kind() {
        RejectionKind::InvalidArgument => S3ErrorCode::InvalidArgument,
        RejectionKind::InvalidRequest => S3ErrorCode::InvalidRequest,
        RejectionKind::InvalidUri => S3ErrorCode::InvalidURI,
        RejectionKind::RequestTimeTooSkewed => S3ErrorCode::RequestTimeTooSkewed,
        RejectionKind::Unauthorized => S3ErrorCode::Unauthorized,
        RejectionKind::ExpiredRequest => S3ErrorCode::ExpiredRequest,
        RejectionKind::NotYetValid | RejectionKind::HeadersNotSigned => S3ErrorCode::AccessDenied,
        RejectionKind::SignatureDoesNotMatch => S3ErrorCode::SignatureDoesNotMatch,
    };
    let error = match rejection {
        Rejection::SignatureDoesNotMatch(mismatch) => signature_mismatch(mismatch),
        Rejection::HeadersNotSigned { names } => S3Error::new(code)
            .with_message(rejection.message())
            .with_extra("HeadersNotSigned", names.join(", ")),
        _ => S3Error::new(code).with_message(rejection.message()),
    };
    match hint {
        Some(hint) => error.with_hint(hint),
        None => error,
    }
}
