//! The client's side: presigned URLs, signed headers, aws-chunked bodies. For clients and tests; the server
//! only verifies. It sends nothing and takes the time from its caller.

use std::borrow::Cow;
use std::fmt::{self, Write};

use crate::canonical::{CanonicalRequest, Headers, join};
use crate::claim::Scope;
use crate::payload::UNSIGNED_PAYLOAD;
use crate::query::{Pair, Query};
use crate::signing_key::sha256;
use crate::{ALGORITHM, ChunkSeed, amz_date, hex, signing_key};

/// A request to presign. It holds the secret, so it has no `Debug`.
#[derive(Clone, Copy)]
pub struct PresignRequest<'a> {
    /// The method, in upper case.
    pub method: &'a str,
    /// The host as the client will send it, with its port unless it is the scheme's own.
    pub host: &'a str,
    /// The path as it will be sent, already encoded.
    pub path: &'a str,
    /// Parameters besides those of the signature, decoded.
    pub query: &'a [(&'a str, &'a str)],
    /// Headers to sign besides `host`; the user of the URL must send them just so.
    pub headers: &'a [(&'a str, &'a str)],
    /// The region of the scope.
    pub region: &'a str,
    /// The access key id.
    pub access_key_id: &'a str,
    /// The secret access key.
    pub secret: &'a str,
    /// The date of signing, Unix seconds.
    pub date_s: i64,
    /// Validity in seconds, 1 to 604,800.
    pub expires_s: u32,
    /// The session token of a temporary credential.
    pub session_token: Option<&'a str>,
}

/// A request to sign in its headers. It holds the secret, so it has no `Debug`.
#[derive(Clone, Copy)]
pub struct HeaderRequest<'a> {
    /// The method, in upper case.
    pub method: &'a str,
    /// The host as the client will send it, with its port unless it is the scheme's own.
    pub host: &'a str,
    /// The path as it will be sent, already encoded.
    pub path: &'a str,
    /// All parameters, decoded.
    pub query: &'a [(&'a str, &'a str)],
    /// Headers to sign besides `host`, `x-amz-date`, `x-amz-content-sha256` and `x-amz-security-token`.
    pub headers: &'a [(&'a str, &'a str)],
    /// The region of the scope.
    pub region: &'a str,
    /// The access key id.
    pub access_key_id: &'a str,
    /// The secret access key.
    pub secret: &'a str,
    /// The date of signing, Unix seconds.
    pub date_s: i64,
    /// The value of `x-amz-content-sha256`: a hash ([`payload_sha256`]) or a marker.
    pub payload: &'a str,
    /// The session token of a temporary credential.
    pub session_token: Option<&'a str>,
}

/// Signs the policies of forms. It holds the secret, so it has no `Debug`.
#[derive(Clone, Copy)]
pub struct PolicySigner<'a> {
    /// The region of the scope.
    pub region: &'a str,
    /// The access key id.
    pub access_key_id: &'a str,
    /// The secret access key.
    pub secret: &'a str,
    /// The date of signing, Unix seconds.
    pub date_s: i64,
}

impl PolicySigner<'_> {
    /// The fields that name the signer. The policy must have a condition for each, so they come first.
    pub fn fields(&self) -> [(&'static str, String); 3] {
        let date = amz_date(self.date_s);
        let scope = Scope { date: day(&date), region: self.region.to_owned() };
        let credential = format!("{}/{}", self.access_key_id, scope.text());
        [("x-amz-algorithm", ALGORITHM.to_owned()), ("x-amz-credential", credential), ("x-amz-date", date)]
    }

    /// The field `x-amz-signature` for the field `policy`.
    pub fn signature(&self, policy: &str) -> String {
        let key = signing_key(self.secret, &day(&amz_date(self.date_s)), self.region);
        hex::encode(&key.sign(policy.as_bytes()))
    }
}

/// The `x-amz-content-sha256` of a body.
pub fn payload_sha256(body: &[u8]) -> String {
    hex::encode(&sha256(body))
}

/// Presigns a request: returns the whole query, without `?`, to put after the path.
///
/// Spec: AWS Signature Version 4, query parameters.
pub fn presign(request: &PresignRequest<'_>) -> String {
    let date = amz_date(request.date_s);
    let scope = Scope { date: day(&date), region: request.region.to_owned() };
    let headers = signed_headers(request.host, request.headers.iter().copied());
    let credential = format!("{}/{}", request.access_key_id, scope.text());
    let expires = request.expires_s.to_string();
    let names = names(&headers);
    let mut parameters = vec![
        ("X-Amz-Algorithm", ALGORITHM),
        ("X-Amz-Credential", &credential),
        ("X-Amz-Date", &date),
        ("X-Amz-Expires", &expires),
        ("X-Amz-SignedHeaders", &names),
    ];
    parameters.extend(request.session_token.map(|token| ("X-Amz-Security-Token", token)));
    parameters.extend_from_slice(request.query);
    let mut query = canonical_query(&parameters);
    let canonical = CanonicalRequest {
        method: request.method.into(),
        path: non_empty(request.path),
        query: query.clone(),
        headers,
        signed_headers: names.into(),
        payload: UNSIGNED_PAYLOAD.into(),
    };
    let signature = seed(request.secret, &date, &scope, &canonical).signature;
    write!(query, "&X-Amz-Signature={signature}").expect("a String takes any text");
    query
}

/// Signs a request in its headers: returns the headers to add, `authorization` last.
///
/// Spec: AWS Signature Version 4, Authorization header.
pub fn sign_header(request: &HeaderRequest<'_>) -> Vec<(String, String)> {
    sign_header_with_seed(request).0
}

/// As [`sign_header`], for an aws-chunked body, whose chunks are signed from the seed.
pub fn sign_header_with_seed(request: &HeaderRequest<'_>) -> (Vec<(String, String)>, ChunkSeed) {
    let date = amz_date(request.date_s);
    let scope = Scope { date: day(&date), region: request.region.to_owned() };
    let mut added = vec![("x-amz-content-sha256", request.payload), ("x-amz-date", &date)];
    added.extend(request.session_token.map(|token| ("x-amz-security-token", token)));
    let headers = signed_headers(request.host, request.headers.iter().chain(&added).copied());
    let names = names(&headers);
    let canonical = CanonicalRequest {
        method: request.method.into(),
        path: non_empty(request.path),
        query: canonical_query(request.query),
        headers,
        signed_headers: names.as_str().into(),
        payload: request.payload.into(),
    };
    let seed = seed(request.secret, &date, &scope, &canonical);
    let authorization = format!(
        "{ALGORITHM} Credential={}/{}, SignedHeaders={names}, Signature={}",
        request.access_key_id,
        scope.text(),
        seed.signature
    );
    added.push(("authorization", &authorization));
    (added.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(), seed)
}

/// Writes the chunks of an aws-chunked body, signed one after the other or plain.
#[derive(Clone)]
pub struct ChunkSigner {
    /// The seed and the previous signature; `None` for the unsigned framing.
    signed: Option<(ChunkSeed, String)>,
}

/// Leaves out the previous signature.
impl fmt::Debug for ChunkSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChunkSigner").field("signed", &self.signed.is_some()).finish_non_exhaustive()
    }
}

impl ChunkSigner {
    /// For signed chunks; the seed comes from [`sign_header_with_seed`].
    pub fn signed(seed: ChunkSeed) -> Self {
        let previous = seed.signature.clone();
        Self { signed: Some((seed, previous)) }
    }

    /// For plain chunks.
    pub fn unsigned() -> Self {
        Self { signed: None }
    }

    /// Appends one chunk with content. All but the last must have 8 KiB if signed; empty data would end
    /// the body and is ignored.
    pub fn chunk(&mut self, data: &[u8], body: &mut Vec<u8>) {
        if !data.is_empty() {
            self.header(data, body);
            body.extend_from_slice(data);
            body.extend_from_slice(b"\r\n");
        }
    }

    /// Appends the final chunk and no trailers: for the form without trailers.
    pub fn finish(mut self, body: &mut Vec<u8>) {
        self.header(b"", body);
        body.extend_from_slice(b"\r\n");
    }

    /// Appends the final chunk and the trailers, signed if the chunks are.
    pub fn finish_with_trailers(mut self, trailers: &[(&str, &str)], body: &mut Vec<u8>) {
        self.header(b"", body);
        let mut lines = String::new();
        for (name, value) in trailers {
            lines.push_str(&format!("{name}:{value}\n"));
            body.extend_from_slice(format!("{name}:{value}\r\n").as_bytes());
        }
        if let Some((seed, previous)) = &self.signed {
            let string_to_sign = seed.trailer_string_to_sign(previous, &sha256(lines.as_bytes()));
            let signature = hex::encode(&seed.key.sign(string_to_sign.as_bytes()));
            body.extend_from_slice(format!("x-amz-trailer-signature:{signature}\r\n").as_bytes());
        }
        body.extend_from_slice(b"\r\n");
    }

    fn header(&mut self, data: &[u8], body: &mut Vec<u8>) {
        let size = data.len();
        let header = match &mut self.signed {
            None => format!("{size:x}\r\n"),
            Some((seed, previous)) => {
                let string_to_sign = seed.chunk_string_to_sign(previous, &sha256(data));
                *previous = hex::encode(&seed.key.sign(string_to_sign.as_bytes()));
                format!("{size:x};chunk-signature={previous}\r\n")
            }
        };
        body.extend_from_slice(header.as_bytes());
    }
}

fn non_empty(path: &str) -> Cow<'_, str> {
    if path.is_empty() { "/".into() } else { path.into() }
}

fn day(amz_date: &str) -> String {
    amz_date.get(..8).unwrap_or(amz_date).to_owned()
}

/// The canonical headers, `host` among them, sorted by name, repeats joined.
fn signed_headers<'a>(host: &'a str, headers: impl Iterator<Item = (&'a str, &'a str)>) -> Headers<'a> {
    let mut sorted: Headers<'a> = vec![("host".into(), join([host.as_bytes()].into_iter()))];
    for (name, value) in headers {
        let (name, value) = (name.to_ascii_lowercase(), join([value.as_bytes()].into_iter()));
        match sorted.iter_mut().find(|(known, _)| *known == name) {
            Some((_, joined)) => {
                joined.to_mut().push(b',');
                joined.to_mut().extend_from_slice(&value);
            }
            None => sorted.push((name.into(), value)),
        }
    }
    sorted.sort_unstable();
    sorted
}

fn names(headers: &Headers<'_>) -> String {
    headers.iter().map(|(name, _)| &**name).collect::<Vec<_>>().join(";")
}

fn canonical_query(parameters: &[(&str, &str)]) -> String {
    let pair = |(name, value): &(&str, &str)| Pair {
        name: name.as_bytes().to_vec(),
        value: value.as_bytes().to_vec(),
    };
    Query(parameters.iter().map(pair).collect()).canonical(|_| true)
}

fn seed(secret: &str, date: &str, scope: &Scope, canonical: &CanonicalRequest<'_>) -> ChunkSeed {
    let key = signing_key(secret, &scope.date, &scope.region);
    let scope = scope.text();
    let hash = hex::encode(&sha256(&canonical.to_bytes()));
    let signature = hex::encode(&key.sign(format!("{ALGORITHM}\n{date}\n{scope}\n{hash}").as_bytes()));
    ChunkSeed { key, amz_date: date.to_owned(), scope, signature }
}
