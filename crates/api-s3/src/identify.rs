//! Who calls: the signature is parsed, the key looked up, the signature verified; a refusal is explained.

use auth::{AccessKey, Caller};
use domain::Timestamp;
use s3_wire::headers::header_text;
use s3_wire::ops::post_object::FormSignature;
use s3_wire::{HostMatch, S3Error, S3ErrorCode};
use sigv4::{Claim, PolicyClaim, PolicyFields, Rejection, RejectionKind, Scope, SigningKey, Verified};

use crate::door::Door;
use crate::head::Head;

/// A caller whose signature holds.
pub(crate) struct Identity {
    pub(crate) caller: Caller,
    pub(crate) claim: Claim,
    pub(crate) verified: Verified,
}

/// A form is not signed in its head, so no hint is about that.
const BARE: sigv4::Request<'static> = sigv4::Request { method: "POST", path: "/", query: None, headers: &[] };

impl Door {
    /// Authenticates a request.
    ///
    /// # Errors
    /// R2's refusal, in R2's order of checks, with a hint.
    pub(crate) fn identify(
        &self,
        head: &Head<'_>,
        host: &HostMatch,
        strict_r2: bool,
        now: Timestamp,
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
        let (key, signing_key) =
            self.key(&claim.access_key_id, &claim.scope, claim.session_token.is_some())?;
        let verified = claim.verify(&request, &signing_key, now_s, &[]).or_else(|rejection| {
            if rejection.kind() != RejectionKind::SignatureDoesNotMatch {
                return Err(refusal(&rejection, rejection.hint(&request)));
            }
            let others = self.other_hosts(host, &head.host);
            claim.verify(&request, &signing_key, now_s, &others).map_err(|rejection| {
                let candidates = self.candidate_hosts(head, others);
                refusal(&rejection, sigv4::explain(&request, &claim, &signing_key, &rejection, &candidates))
            })
        })?;
        if let Some(signed_for) = &verified.matched_host {
            tracing::debug!(%signed_for, received = %head.host, "signed for another of our names");
        }
        if !strict_r2 {
            check_query_content_type(head, &claim, &verified, &request)?;
        }
        Ok(Identity { caller: self.caller(key), claim, verified })
    }

    /// Authenticates a form by the fields that sign it, the policy's text among them. What the policy allows is not read.
    ///
    /// # Errors
    /// As for a presigned URL, but for expiry, which is the policy's.
    pub(crate) fn identify_form(&self, form: &FormSignature<'_>) -> Result<&AccessKey, S3Error> {
        let claim = PolicyClaim::parse(PolicyFields {
            algorithm: form.algorithm,
            credential: form.credential,
            date: form.date,
            policy: form.policy,
            signature: form.signature,
        })
        .map_err(|rejection| refusal(&rejection, rejection.hint(&BARE)))?;
        let (key, signing_key) =
            self.key(&claim.access_key_id, &claim.scope, form.session_token.is_some())?;
        claim.verify(&signing_key).map_err(|rejection| {
            let unbroken: String = form.policy.split_ascii_whitespace().collect();
            let hint = if claim.signs(unbroken.as_bytes(), &signing_key) {
                "The signature is that of the policy without its line ends. Put the policy into the form as it was signed."
            } else if s3_wire::post_policy::document(form.policy).is_some_and(|json| claim.signs(&json, &signing_key)) {
                "The signature is that of the policy's JSON. Sign its base64, just as it stands in the field."
            } else {
                "Sign the field policy just as it stands in the form, with the signing key for the day and region in \
                 x-amz-credential."
            };
            refusal(&rejection, Some(hint.to_owned()))
        })?;
        Ok(key)
    }

    /// The access key of that id, and what it signs with on that day and in that region.
    fn key(
        &self,
        access_key_id: &str,
        scope: &Scope,
        has_session_token: bool,
    ) -> Result<(&AccessKey, SigningKey), S3Error> {
        let Some(key) = self.store.credentials().find(access_key_id) else {
            let rejection = Rejection::UnknownAccessKey { access_key_id: access_key_id.to_owned() };
            return Err(refusal(&rejection, None));
        };
        if has_session_token {
            return Err(S3Error::invalid_argument("X-Amz-Security-Token")
                .with_hint("This access key takes no session token. Sign without one."));
        }
        let signing_key =
            self.signing_keys.get_or_derive(&key.id, 0, key.secret.expose(), &scope.date, &scope.region);
        Ok((key, signing_key))
    }

    /// The caller that a key stands for.
    pub(crate) fn caller(&self, key: &AccessKey) -> Caller {
        Caller::Known {
            account: self.store.account().clone(),
            access_key_id: key.id.clone(),
            scope: key.scope.clone(),
        }
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
