//! Who calls: the signature is parsed, the key looked up, the signature verified; a refusal is explained.

use auth::{AccessKey, Caller};
use domain::Timestamp;
use s3_wire::headers::header_text;
use s3_wire::{HostMatch, S3Error, S3ErrorCode};
use sigv4::{Claim, Rejection, RejectionKind, Verified};

use crate::door::Door;
use crate::head::Head;

/// A caller whose signature holds.
pub(crate) struct Identity {
    pub(crate) caller: Caller,
    pub(crate) claim: Claim,
    pub(crate) verified: Verified,
}

impl Door {
    /// Authenticates a request.
    ///
    /// # Errors
    /// R2's refusal, in R2's order of checks, with a hint.
    pub(crate) fn identify(
        &self,
        head: &Head<'_>,
        host: &HostMatch,
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
        let Some(key) = self.store.credentials().find(&claim.access_key_id) else {
            let rejection = Rejection::UnknownAccessKey { access_key_id: claim.access_key_id.clone() };
            return Err(refusal(&rejection, rejection.hint(&request)));
        };
        if claim.session_token.is_some() {
            return Err(S3Error::invalid_argument("X-Amz-Security-Token")
                .with_hint("This access key takes no session token. Sign without one."));
        }
        let signing_key = self.signing_keys.get_or_derive(
            &key.id,
            0,
            key.secret.expose(),
            &claim.scope.date,
            &claim.scope.region,
        );
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
        self.check_query_content_type(head, &claim, &verified, &request)?;
        Ok(Identity { caller: self.caller(key), claim, verified })
    }

    fn caller(&self, key: &AccessKey) -> Caller {
        Caller::Known {
            account: self.store.account().clone(),
            access_key_id: key.id.clone(),
            scope: key.scope.clone(),
        }
    }

    /// aws-sdk v2 signs an upload's type as a query parameter: what is sent must agree.
    fn check_query_content_type(
        &self,
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
        if self.settings.strict_r2 || sent.trim() == signed.trim() {
            return Ok(());
        }
        let mismatch = claim.mismatch(request);
        let hint = format!("Content-Type is signed as {signed}; the request sent {sent}");
        Err(signature_mismatch(&mismatch).with_hint(hint))
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
