//! The claim in the fields of a browser's form: who signed its policy, for which day and region. What the policy says is not
//! read here: the signature covers its text as it stands in the field, which is base64.

use std::fmt;

use crate::claim::{Scope, parse_credential};
use crate::{ALGORITHM, DateSource, Mismatch, Rejection, SigningKey, hex, parse_amz_date};

/// The fields of a form that sign it. They hold a signature, so there is no `Debug`.
#[derive(Clone, Copy)]
pub struct PolicyFields<'a> {
    /// `x-amz-algorithm`.
    pub algorithm: &'a str,
    /// `x-amz-credential`.
    pub credential: &'a str,
    /// `x-amz-date`.
    pub date: &'a str,
    /// `policy`, as received.
    pub policy: &'a str,
    /// `x-amz-signature`.
    pub signature: &'a str,
}

/// A well-formed claim, not yet verified.
#[derive(Clone)]
pub struct PolicyClaim<'a> {
    /// Everything before the last four parts of the credential; may hold `/`, may be unknown.
    pub access_key_id: String,
    /// The day and region of the signing key to verify with.
    pub scope: Scope,
    policy: &'a str,
    signature: &'a str,
}

/// Leaves out the signature, and the policy, which together let in whoever has them.
impl fmt::Debug for PolicyClaim<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PolicyClaim")
            .field("access_key_id", &self.access_key_id)
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

impl<'a> PolicyClaim<'a> {
    /// Reads the claim and refuses what needs no secret to refuse, in the order of a presigned URL. The date is held against
    /// the credential only, not against a clock: a policy has an expiration of its own.
    ///
    /// # Errors
    /// [`Rejection::NotSigV4`], [`Rejection::BadDate`], those of the credential.
    ///
    /// Spec: Amazon S3 API, browser-based uploads using POST.
    pub fn parse(fields: PolicyFields<'a>) -> Result<Self, Rejection> {
        if fields.algorithm != ALGORITHM {
            return Err(Rejection::NotSigV4);
        }
        if parse_amz_date(fields.date).is_none() {
            return Err(Rejection::BadDate { from: DateSource::Form, value: fields.date.to_owned() });
        }
        let (access_key_id, scope) = parse_credential(fields.credential, fields.date)?;
        Ok(Self { access_key_id, scope, policy: fields.policy, signature: fields.signature })
    }

    /// Judges the claim with the signing key of its access key id and scope.
    ///
    /// # Errors
    /// [`Rejection::SignatureDoesNotMatch`]; the string to sign is the policy, and there is no canonical request.
    pub fn verify(&self, key: &SigningKey) -> Result<(), Rejection> {
        if self.signs(self.policy.as_bytes(), key) {
            return Ok(());
        }
        Err(Rejection::SignatureDoesNotMatch(Box::new(Mismatch {
            string_to_sign: self.policy.to_owned(),
            canonical_request: Vec::new(),
            signature_provided: self.signature.to_owned(),
        })))
    }

    /// Whether the signature is that of another text: for an explanation, after [`PolicyClaim::verify`] has refused.
    pub fn signs(&self, text: &[u8], key: &SigningKey) -> bool {
        hex::decode_32(self.signature.as_bytes()).is_some_and(|signature| key.verifies(text, &signature))
    }
}
