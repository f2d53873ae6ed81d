//! What a request claims about its signer, read without the secret: which credential, for which day and
//! region, over which headers. Nothing here is proven; `verify.rs` does that.

use std::fmt;

use crate::query::Query;
use crate::{ALGORITHM, PayloadHash, Rejection, Request, header_auth, percent_decode, presigned};

/// No client signs more headers; it bounds the work of building a canonical request.
const SIGNED_HEADERS_MAX: usize = 256;

/// Where the signature was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Location {
    /// The `Authorization` header.
    Header,
    /// The query: a presigned URL.
    Query,
}

/// The credential scope, without the parts that are always the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// `yyyymmdd`.
    pub date: String,
    /// Any text, usually `auto`, `us-east-1` or empty.
    pub region: String,
}

impl Scope {
    /// `date/region/s3/aws4_request`.
    pub(crate) fn text(&self) -> String {
        format!("{}/{}/s3/aws4_request", self.date, self.region)
    }
}

/// A well-formed claim, not yet verified.
#[derive(Clone)]
pub struct Claim {
    /// Where the signature was.
    pub location: Location,
    /// Everything before the last four parts of the credential; may hold `/`, may be unknown.
    pub access_key_id: String,
    /// The day and region of the signing key to verify with.
    pub scope: Scope,
    /// The date of signing as sent, `yyyymmddThhmmssZ`.
    pub amz_date: String,
    /// The same in Unix seconds.
    pub date_s: i64,
    /// `X-Amz-Expires` as sent; presigned only.
    pub expires: Option<String>,
    /// Lower-case names, in the client's order.
    pub signed_headers: Vec<String>,
    /// What the request says about its body.
    pub payload: PayloadHash,
    /// The session token of a temporary credential. The caller compares it with the credential; for a
    /// permanent key its presence must fail.
    pub session_token: Option<String>,
    /// The signed headers as sent.
    pub(crate) signed_headers_text: String,
    /// The signature as sent.
    pub(crate) signature_text: String,
    /// What may stand in the last line of the canonical request, most likely first; never empty.
    pub(crate) payload_texts: Vec<String>,
    /// Every parameter of the query.
    pub(crate) query: Query,
}

/// Leaves out the signature, the session token and the query: they are credentials.
impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim")
            .field("location", &self.location)
            .field("access_key_id", &self.access_key_id)
            .field("scope", &self.scope)
            .field("amz_date", &self.amz_date)
            .field("expires", &self.expires)
            .field("signed_headers", &self.signed_headers)
            .field("payload", &self.payload)
            .finish_non_exhaustive()
    }
}

/// Reads the claim of a request and refuses what needs no secret to refuse, in R2's order. An
/// `Authorization` header wins over a presigned query.
///
/// # Errors
/// Every [`Rejection`] but those of [`Claim::verify`].
///
/// Observed: R2, 2026-06-11.
pub fn parse(request: &Request<'_>, now_s: i64) -> Result<Claim, Rejection> {
    let query = Query::parse(request.query.unwrap_or(""))?;
    if request.path.contains('%') {
        percent_decode(request.path.as_bytes())?;
    }
    if let Some(authorization) = request.single("authorization")? {
        return header_auth::parse(request, query, &authorization, now_s);
    }
    if query.has("X-Amz-Credential") {
        return presigned::parse(request, query);
    }
    if query.has("AWSAccessKeyId") && query.has("Signature") {
        return Err(Rejection::SigV2);
    }
    Err(Rejection::Missing)
}

/// Splits `<access key id>/<date>/<region>/s3/aws4_request` and holds it against the request's date.
pub(crate) fn parse_credential(credential: &str, amz_date: &str) -> Result<(String, Scope), Rejection> {
    let mut from_the_end = credential.rsplitn(5, '/');
    let (Some(termination), Some(service), Some(region), Some(date), Some(access_key_id)) = (
        from_the_end.next(),
        from_the_end.next(),
        from_the_end.next(),
        from_the_end.next(),
        from_the_end.next(),
    ) else {
        return Err(Rejection::CredentialParts { parts: credential.split('/').count() });
    };
    if service != "s3" {
        return Err(Rejection::CredentialService { service: service.to_owned() });
    }
    if termination != "aws4_request" {
        return Err(Rejection::CredentialTermination { termination: termination.to_owned() });
    }
    let day = amz_date.get(..8).unwrap_or(amz_date);
    if date != day {
        return Err(Rejection::CredentialDate { scope_date: date.to_owned(), date: day.to_owned() });
    }
    Ok((access_key_id.to_owned(), Scope { date: date.to_owned(), region: region.to_owned() }))
}

/// Splits the `;`-separated names of the signed headers, each of which may be there once.
pub(crate) fn parse_signed_headers(text: &str) -> Result<Vec<String>, Rejection> {
    let count = text.split(';').count();
    if count > SIGNED_HEADERS_MAX {
        return Err(Rejection::TooManySignedHeaders { count });
    }
    let names: Vec<String> = text.split(';').map(str::to_ascii_lowercase).collect();
    // a long value named many times would make a canonical request of many times the request's size
    let mut sorted: Vec<&String> = names.iter().collect();
    sorted.sort_unstable();
    match sorted.windows(2).find_map(|pair| pair.first().filter(|name| Some(*name) == pair.last())) {
        Some(name) => Err(Rejection::DuplicateSignedHeader { name: (*name).clone() }),
        None => Ok(names),
    }
}

impl Claim {
    /// The string to sign for a canonical request of this hash.
    pub(crate) fn string_to_sign(&self, canonical_sha256_hex: &str) -> String {
        format!("{ALGORITHM}\n{}\n{}\n{canonical_sha256_hex}", self.amz_date, self.scope.text())
    }
}
