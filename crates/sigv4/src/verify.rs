//! The verdict on a claim, given the signing key: expiry, coverage of the headers, signature. It does not know
//! whose key it is, nor what the caller may do.

use crate::canonical::{CanonicalRequest, reencoded};
use crate::chunked::{ChunkDecoder, ChunkFraming};
use crate::presigned::{hoisted_headers, is_auth_parameter};
use crate::{
    ChunkSeed, Claim, EXPIRES_S_MAX, Location, Mismatch, PayloadHash, Rejection, Request, SKEW_S_MAX,
    SigningKey, hex,
};

/// Names of ours that a signature may have been made for, tried beside the one received.
const OTHER_HOSTS_MAX: usize = 32;

/// `x-amz-*` headers that need not be signed: each only describes the body or the client. So does a checksum,
/// unless the URL has another one.
///
/// Spec: Amazon S3 API, HeadersNotSigned; Observed: R2 accepts an unsigned checksum header.
const HARMLESS: [&str; 4] =
    ["x-amz-sdk-checksum-algorithm", "x-amz-content-sha256", "x-amz-date", "x-amz-user-agent"];

/// Headers that Cloudflare's and Amazon's proxies add on the way; they mean nothing here.
///
/// Spec: Cloudflare docs, HTTP request headers; Amazon CloudFront, request headers.
const ADDED_BY_PROXIES: [&str; 12] = [
    "cf-ray",
    "cf-connecting-ip",
    "cf-connecting-ipv6",
    "cf-connecting-o2o",
    "cf-pseudo-ipv4",
    "cf-ipcountry",
    "cf-visitor",
    "cf-ew-via",
    "cf-worker",
    "cf-warp-tag-id",
    "cf-cache-status",
    "x-amz-cf-id",
];

/// The checksums of no bytes, which SDKs put into the URL of an upload when they sign without its body.
///
/// Observed: aws-sdk v3, 2025-01 and later.
const EMPTY_BODY_CHECKSUMS: [&[u8]; 4] = [
    b"AAAAAA==",
    b"AAAAAAAAAAA=",
    b"2jmj7l5rSw0yVb/vlWAYkK/YBwk=",
    b"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
];

/// A request whose signature holds.
#[derive(Debug, Clone)]
pub struct Verified {
    /// The other name of ours that the signature was made for; `None` if it was the one received.
    pub matched_host: Option<String>,
    /// What the chunk signatures of an aws-chunked body start from.
    pub seed: ChunkSeed,
    /// What the body must be, or how it is framed.
    pub payload: PayloadHash,
    /// Presigned only: `x-amz-*` parameters that stand for headers, lower-case name and decoded value, in
    /// order of arrival. A real header of the same name wins.
    pub hoisted: Vec<(String, String)>,
    /// Presigned only: the signed `Content-Type` parameter of aws-sdk v2.
    pub query_content_type: Option<String>,
}

impl Verified {
    /// The decoder for the body if it is in aws-chunked framing. `trailer` is the `x-amz-trailer` header,
    /// `decoded_len` the `x-amz-decoded-content-length`.
    pub fn chunk_decoder(&self, trailer: Option<&str>, decoded_len: Option<u64>) -> Option<ChunkDecoder> {
        let signed = || ChunkFraming::Signed(self.seed.clone());
        let names = || Some(crate::chunked::trailer_names(trailer.unwrap_or("")));
        let (framing, trailers) = match self.payload {
            PayloadHash::Unsigned | PayloadHash::Sha256(_) => return None,
            PayloadHash::StreamingSigned => (signed(), None),
            PayloadHash::StreamingSignedTrailer => (signed(), names()),
            PayloadHash::StreamingUnsignedTrailer => (ChunkFraming::Unsigned, names()),
        };
        Some(ChunkDecoder::new(framing, trailers, decoded_len))
    }
}

impl Claim {
    /// Judges the claim with the signing key of its access key id and scope. `request` must be the one that
    /// was parsed. The signature may have been made for the host received or for any of `other_hosts`
    /// (with port, as a client would send it; the first 32 count).
    ///
    /// # Errors
    /// In R2's order: expiry (presigned), `host` not signed, unsigned headers that matter, signature.
    ///
    /// Observed: R2, 2026-06-11.
    pub fn verify(
        &self,
        request: &Request<'_>,
        key: &SigningKey,
        now_s: i64,
        other_hosts: &[String],
    ) -> Result<Verified, Rejection> {
        self.check(request, now_s)?;
        let matched_host = self.check_signature(request, key, other_hosts)?;
        let (hoisted, query_content_type) = match self.location {
            Location::Header => (Vec::new(), None),
            Location::Query => (hoisted_headers(&self.query)?, self.query_content_type()?),
        };
        let seed = ChunkSeed {
            key: key.clone(),
            amz_date: self.amz_date.clone(),
            scope: self.scope.text(),
            signature: self.signature_text.clone(),
        };
        Ok(Verified { matched_host, seed, payload: self.payload, hoisted, query_content_type })
    }

    /// Judges what needs no key, which [`Claim::verify`] does first. For whoever explains a request without its secret.
    ///
    /// # Errors
    /// Those of [`Claim::verify`] but for the signature.
    pub fn check(&self, request: &Request<'_>, now_s: i64) -> Result<(), Rejection> {
        if let Some(expires) = &self.expires {
            self.check_expiry(expires, now_s)?;
        }
        if !self.signs("host") {
            return Err(Rejection::HostNotSigned);
        }
        self.check_unsigned_headers(request)
    }

    /// What this request would have had to sign, for a refusal by a rule of the caller's own.
    pub fn mismatch(&self, request: &Request<'_>) -> Mismatch {
        let canonical = CanonicalRequest::of(request, self);
        Mismatch {
            string_to_sign: canonical.string_to_sign(self),
            canonical_request: canonical.to_bytes(),
            signature_provided: self.signature_text.clone(),
        }
    }

    pub(crate) fn signs(&self, lower_name: &str) -> bool {
        self.signed_headers.iter().any(|name| name == lower_name)
    }

    fn check_expiry(&self, expires: &str, now_s: i64) -> Result<(), Rejection> {
        let expired = |expires_s| Rejection::Expired { date_s: self.date_s, expires_s, now_s };
        let digits = expires.strip_prefix('-').unwrap_or(expires);
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Rejection::ExpiresNotANumber);
        }
        if digits.len() < expires.len() {
            return Err(expired(None));
        }
        // Digits that do not fit are more than a week, too.
        let expires_s = digits.parse().unwrap_or(u64::MAX);
        if expires_s > EXPIRES_S_MAX {
            return Err(Rejection::ExpiresTooLong);
        }
        let end_s = self.date_s.saturating_add_unsigned(expires_s);
        if expires_s < 1 || now_s > end_s {
            return Err(expired(Some(expires_s)));
        }
        if self.date_s > now_s.saturating_add(SKEW_S_MAX) {
            return Err(Rejection::NotYetValid { date_s: self.date_s, now_s });
        }
        Ok(())
    }

    /// Whoever holds a presigned URL could otherwise add a header that changes what it does, as
    /// `x-amz-copy-source` turns an upload into a copy.
    fn check_unsigned_headers(&self, request: &Request<'_>) -> Result<(), Rejection> {
        let mut names: Vec<String> = Vec::new();
        for (name, value) in request.headers {
            let matters = (name.starts_with("x-amz-") || name.starts_with("cf-"))
                && !self.is_free_checksum(name)
                && !HARMLESS.contains(name)
                && !ADDED_BY_PROXIES.contains(name)
                && !self.signs(name)
                && !self.says_the_same(name, value);
            if matters && !names.iter().any(|known| known == name) {
                names.push((*name).to_owned());
            }
        }
        if names.is_empty() { Ok(()) } else { Err(Rejection::HeadersNotSigned { names }) }
    }

    /// Whether a header is a checksum in whose place the signer promised no other.
    fn is_free_checksum(&self, name: &str) -> bool {
        name.starts_with("x-amz-checksum-")
            && (self.location == Location::Header
                || self.query.values_any_case(name).all(|signed| EMPTY_BODY_CHECKSUMS.contains(&signed)))
    }

    /// Whether the signed query holds just this header: then the header adds nothing.
    fn says_the_same(&self, name: &str, value: &[u8]) -> bool {
        let mut values = self.query.values_any_case(name);
        self.location == Location::Query
            && !is_auth_parameter(name.as_bytes())
            && values.next() == Some(value.trim_ascii())
            && values.next().is_none()
    }

    /// Tries the ways in which honest clients differ. Returns the other host that was signed, if it was one.
    fn check_signature(
        &self,
        request: &Request<'_>,
        key: &SigningKey,
        other_hosts: &[String],
    ) -> Result<Option<String>, Rejection> {
        let no_match = || Rejection::SignatureDoesNotMatch(Box::new(self.mismatch(request)));
        let signature = hex::decode_32(self.signature_text.as_bytes()).ok_or_else(no_match)?;
        let mut canonical = CanonicalRequest::of(request, self);
        if self.matches_some_form(&mut canonical, key, &signature) {
            return Ok(None);
        }
        let received = request.first("host");
        for host in other_hosts.iter().take(OTHER_HOSTS_MAX) {
            if received.as_deref() == Some(host) {
                continue;
            }
            canonical.set_header("host", host.as_bytes());
            if self.matches_some_form(&mut canonical, key, &signature) {
                return Ok(Some(host.clone()));
            }
        }
        Err(no_match())
    }

    /// The path verbatim, then decoded and encoded again; each with every possible payload text.
    fn matches_some_form<'a>(
        &'a self,
        canonical: &mut CanonicalRequest<'a>,
        key: &SigningKey,
        signature: &[u8; 32],
    ) -> bool {
        if self.matches_some_payload(canonical, key, signature) {
            return true;
        }
        let Some(afresh) = reencoded(&canonical.path) else { return false };
        let verbatim = std::mem::replace(&mut canonical.path, afresh.into());
        let matches = self.matches_some_payload(canonical, key, signature);
        canonical.path = verbatim;
        matches
    }

    fn matches_some_payload<'a>(
        &'a self,
        canonical: &mut CanonicalRequest<'a>,
        key: &SigningKey,
        signature: &[u8; 32],
    ) -> bool {
        self.payload_texts.iter().any(|payload| {
            canonical.payload = payload.into();
            canonical.is_signed_by(self, key, signature)
        })
    }

    fn query_content_type(&self) -> Result<Option<String>, Rejection> {
        let mut values = self.query.values_any_case("content-type");
        match (values.next(), values.next()) {
            (_, Some(_)) => Err(Rejection::DuplicateParameter { name: "Content-Type".to_owned() }),
            (None, None) => Ok(None),
            (Some(value), None) => match String::from_utf8(value.to_vec()) {
                Ok(text) if !text.chars().any(char::is_control) => Ok(Some(text)),
                _ => Err(Rejection::BadHoistedHeader { name: "Content-Type".to_owned() }),
            },
        }
    }
}
