//! Names the difference behind a signature that does not match, by trying what commonly goes wrong between a
//! signer and us: proxies, encoders, browsers. A bounded search over variations of the canonical request; what
//! it finds is something that the client signed itself, so nothing is given away. Other refusals explain
//! themselves in `hint.rs`.

use std::cell::Cell;

use crate::canonical::{CanonicalRequest, canonical_query};
use crate::hint::shown;
use crate::query::{Pair, Query};
use crate::signing_key::EMPTY_SHA256;
use crate::{Claim, Location, Rejection, Request, SigningKey, hex, percent_decode, uri_encode};

/// Signatures computed per explanation at most.
const TRIES_MAX: u32 = 256;
/// Names of ours that are tried beside those that are guessed.
const HOSTS_MAX: usize = 16;
/// Names of ours for which a second difference is looked for.
const HOSTS_BESIDE_MAX: usize = 4;
const PARAMETERS_MAX: usize = 12;
const METHODS: [&str; 5] = ["GET", "PUT", "HEAD", "POST", "DELETE"];
const EXPIRES: [&str; 7] = ["60", "300", "900", "3600", "86400", "604800", "600"];
const CONTENT_TYPES: [&str; 9] = [
    "",
    "application/octet-stream",
    "image/jpeg",
    "image/png",
    "text/plain",
    "application/json",
    "application/pdf",
    "video/mp4",
    "application/x-www-form-urlencoded",
];
const ACCEPT_ENCODINGS: [&str; 6] =
    ["identity", "gzip", "gzip, deflate", "gzip, br", "gzip, deflate, br", ""];
/// Headers that proxies and HTTP libraries drop or rewrite.
const FRAGILE: [&str; 6] = ["user-agent", "content-length", "connection", "expect", "te", "cache-control"];
const HOST_REMEDY: &str = "sign for the name that clients use, and where a proxy changes it, have the proxy pass the Host header on or declare the name in public_url";
const UNEXPLAINED: &str = "nothing in the request explains it; check the secret access key, and that nothing changes the URL after signing";

/// Puts a refusal in plain words: one line, or `None` if the message says it all. `candidate_hosts` are names
/// of ours, as clients might have signed them.
///
/// Hints repeat text of the request, and never the secret, the key, or a signature.
pub fn explain(
    request: &Request<'_>,
    claim: &Claim,
    key: &SigningKey,
    rejection: &Rejection,
    candidate_hosts: &[String],
) -> Option<String> {
    if !matches!(rejection, Rejection::SignatureDoesNotMatch(_)) {
        return rejection.hint(request);
    }
    let Some(signature) = hex::decode_32(claim.signature_text.as_bytes()) else {
        return Some("the signature is not 64 lower-case hexadecimal digits".to_owned());
    };
    let base = CanonicalRequest::of(request, claim);
    let tries_left = Cell::new(TRIES_MAX);
    let search = Search { request, claim, key, signature, base, tries_left: &tries_left };
    let found = search.difference(candidate_hosts).or_else(|| search.suspicion());
    Some(found.unwrap_or_else(|| match &claim.session_token {
        Some(_) => UNEXPLAINED.to_owned(),
        None => format!("{UNEXPLAINED}; a temporary key pair also needs its session token"),
    }))
}

struct Search<'a> {
    request: &'a Request<'a>,
    claim: &'a Claim,
    key: &'a SigningKey,
    signature: [u8; 32],
    /// What is varied: the request as received, or as received for another host.
    base: CanonicalRequest<'a>,
    tries_left: &'a Cell<u32>,
}

impl Search<'_> {
    /// What was signed and is not what arrived, the most frequent first.
    fn difference(&self, candidate_hosts: &[String]) -> Option<String> {
        self.query_content_type()
            .or_else(|| self.method())
            .or_else(|| self.host(candidate_hosts))
            .or_else(|| self.content_type())
            .or_else(|| self.parameters())
            .or_else(|| self.expires())
            .or_else(|| self.path())
            .or_else(|| self.rewritten_headers())
            .or_else(|| self.payload())
            .or_else(|| self.beside_another_host(candidate_hosts))
    }

    /// Whether the request would match after `change`.
    fn fits(&self, change: impl FnOnce(&mut CanonicalRequest<'_>)) -> bool {
        let Some(left) = self.tries_left.get().checked_sub(1) else { return false };
        self.tries_left.set(left);
        let mut variation = self.base.clone();
        change(&mut variation);
        variation.is_signed_by(self.claim, self.key, &self.signature)
    }

    fn fits_query(&self, query: &Query) -> bool {
        self.fits(|variation| variation.query = canonical_query(self.claim, query))
    }

    /// The value of a header as received, for display.
    fn sent(&self, name: &str) -> String {
        self.request.first(name).map_or_else(|| "none".to_owned(), |value| shown(&value))
    }

    /// The signature holds, and the caller refused by the signed `Content-Type` parameter of aws-sdk v2.
    fn query_content_type(&self) -> Option<String> {
        let value = self.claim.query.values_any_case("content-type").next()?;
        if self.request.first("content-type").is_some_and(|sent| sent.as_bytes() == value) {
            return None;
        }
        let signed = shown(&String::from_utf8_lossy(value));
        self.fits(|_| {}).then(|| {
            format!(
                "Content-Type is signed in the URL as {signed}; the request sent {}",
                self.sent("content-type")
            )
        })
    }

    fn method(&self) -> Option<String> {
        let received = self.request.method;
        let signed = METHODS.into_iter().find(|method| {
            *method != received && self.fits(|variation| variation.method = (*method).into())
        })?;
        Some(format!("signed for {signed}; the request is {}", shown(received)))
    }

    fn host(&self, candidates: &[String]) -> Option<String> {
        let received = self.request.first("host")?;
        let mut hosts: Vec<String> = Vec::new();
        let forwarded = self.request.first("x-forwarded-host");
        let forwarded = forwarded.as_deref().and_then(|hosts| hosts.split(',').next()).map(str::trim);
        if let (Some(host), Some(port)) = (forwarded, self.request.first("x-forwarded-port")) {
            hosts.push(format!("{host}:{port}"));
        }
        hosts.extend(forwarded.map(str::to_owned));
        let (name, port) = split_port(&received);
        hosts.push(name.to_owned());
        hosts.extend(["80", "443"].map(|port| format!("{name}:{port}")));
        hosts.push(received.to_ascii_lowercase());
        let loopback = ["localhost", "127.0.0.1"];
        if loopback.contains(&name) {
            hosts.extend(loopback.map(|name| port.map_or(name.to_owned(), |port| format!("{name}:{port}"))));
        }
        hosts.extend(candidates.iter().take(HOSTS_MAX).cloned());
        hosts.retain(|host| *host != received);
        hosts.dedup();
        let signed = hosts
            .into_iter()
            .find(|host| self.fits(|variation| variation.set_header("host", host.as_bytes())))?;
        Some(format!("signed for host {}, received {}; {HOST_REMEDY}", shown(&signed), shown(&received)))
    }

    fn content_type(&self) -> Option<String> {
        if !self.claim.signs("content-type") {
            return None;
        }
        let sent = self.request.first("content-type").unwrap_or_default();
        let bare = sent.split(';').next().unwrap_or_default().trim();
        let guesses = [bare.to_owned(), format!("{bare}; charset=utf-8"), format!("{bare};charset=UTF-8")];
        let signed =
            guesses.into_iter().chain(CONTENT_TYPES.map(str::to_owned)).filter(|guess| *guess != sent).find(
                |guess| self.fits(|variation| variation.set_header("content-type", guess.as_bytes())),
            )?;
        let signed = if signed.is_empty() { "empty".to_owned() } else { shown(&signed) };
        Some(format!("Content-Type is signed as {signed}; the request sent {}", self.sent("content-type")))
    }

    /// One parameter added, several appended, or a `+` that was meant literally.
    fn parameters(&self) -> Option<String> {
        let pairs = &self.claim.query.0;
        let is_ours = |pair: &Pair| {
            self.claim.location == Location::Query
                && [
                    "X-Amz-Algorithm",
                    "X-Amz-Credential",
                    "X-Amz-Date",
                    "X-Amz-Signature",
                    "X-Amz-SignedHeaders",
                ]
                .iter()
                .any(|name| pair.name == name.as_bytes())
        };
        let suspects =
            (0..pairs.len()).rev().filter(|index| pairs.get(*index).is_some_and(|pair| !is_ours(pair)));
        for index in suspects.take(PARAMETERS_MAX) {
            let mut query = self.claim.query.clone();
            let removed = query.0.remove(index);
            if self.fits_query(&query) {
                let name = shown(&String::from_utf8_lossy(&removed.name));
                return Some(format!("the query parameter {name} was added after signing"));
            }
        }
        for count in 2..=pairs.len().min(6) {
            let (kept, added) = pairs.split_at_checked(pairs.len() - count)?;
            if added.iter().any(is_ours) {
                break;
            }
            if self.fits_query(&Query(kept.to_vec())) {
                let names: Vec<_> = added.iter().map(|p| shown(&String::from_utf8_lossy(&p.name))).collect();
                return Some(format!("the query parameters {} were added after signing", names.join(", ")));
            }
        }
        let raw = self.request.query.filter(|raw| raw.contains('+'))?;
        let literal = Query::parse(&raw.replace('+', "%2B")).ok()?;
        self.fits_query(&literal).then(|| {
            "a '+' in the query was signed as a plus sign; send it as %2B, since '+' means a space".to_owned()
        })
    }

    fn expires(&self) -> Option<String> {
        let received = self.claim.expires.as_deref()?;
        let signed = EXPIRES.into_iter().filter(|expires| *expires != received).find(|expires| {
            let mut query = self.claim.query.clone();
            for pair in query.0.iter_mut().filter(|pair| pair.name == b"X-Amz-Expires") {
                pair.value = expires.as_bytes().to_vec();
            }
            self.fits_query(&query)
        })?;
        Some(format!("X-Amz-Expires was changed: signed for {signed}, received {}", shown(received)))
    }

    fn path(&self) -> Option<String> {
        let path = &*self.base.path;
        let decoded = percent_decode(path.as_bytes()).ok()?;
        let prefix = self.request.first("x-forwarded-prefix").unwrap_or_default();
        let without_first = path.get(1..).and_then(|rest| rest.find('/')).and_then(|at| path.get(at + 1..));
        let variations = [
            (
                uri_encode(path.as_bytes(), true),
                "the path was encoded twice when it was signed; S3 encodes it once",
            ),
            (path.replace('+', "%20"), "a space in the path was sent as '+'; send it as %20"),
            (String::from_utf8_lossy(&decoded).into_owned(), "the path was signed without percent-encoding"),
            (
                normalised(path),
                "the path was normalised when it was signed; S3 keeps //, . and .. as they are",
            ),
            (format!("{path}/"), "the path was signed with a slash at its end"),
            (path.trim_end_matches('/').to_owned(), "the path was signed without a slash at its end"),
            (format!("{}{path}", prefix.trim_end_matches('/')), "a proxy took a prefix off the path"),
            (without_first.unwrap_or_default().to_owned(), "the path was signed without its first segment"),
        ];
        let is_new = |signed: &str| !signed.is_empty() && signed != path;
        let (signed, what) = variations.into_iter().find(|(signed, _)| {
            is_new(signed) && self.fits(|variation| variation.path = signed.clone().into())
        })?;
        Some(format!("{what} (signed {}, received {})", shown(&signed), shown(path)))
    }

    fn rewritten_headers(&self) -> Option<String> {
        let encodings = ACCEPT_ENCODINGS.into_iter().map(|value| ("accept-encoding", value));
        let fragile = FRAGILE.into_iter().map(|name| (name, ""));
        let (name, signed) = encodings
            .chain(fragile)
            .filter(|(name, _)| self.claim.signs(name))
            .find(|(name, value)| self.fits(|variation| variation.set_header(name, value.as_bytes())))?;
        let signed = if signed.is_empty() { "empty" } else { signed };
        Some(format!("{name} was signed as {signed} and arrived as {}; a proxy changes it", self.sent(name)))
    }

    fn payload(&self) -> Option<String> {
        if self.claim.location == Location::Header {
            return None;
        }
        self.fits(|variation| variation.payload = EMPTY_SHA256.into()).then(|| {
            "signed with the hash of an empty body; presigned URLs are signed with UNSIGNED-PAYLOAD"
                .to_owned()
        })
    }

    /// Behind a proxy every signature is for another name of ours, which is no fault, and something else is.
    fn beside_another_host(&self, candidates: &[String]) -> Option<String> {
        candidates.iter().take(HOSTS_BESIDE_MAX).find_map(|host| {
            let mut base = self.base.clone();
            base.set_header("host", host.as_bytes());
            let search = Search { base, ..*self };
            search
                .method()
                .or_else(|| search.content_type())
                .or_else(|| search.parameters())
                .or_else(|| search.path())
        })
    }

    /// Nothing matches, but something is worth a look.
    fn suspicion(&self) -> Option<String> {
        if self.claim.signs("content-type") {
            return Some(format!("Content-Type is signed; the request sent {}", self.sent("content-type")));
        }
        let arrived = |name: &str| {
            self.request.first(name).is_some() || self.claim.query.values_any_case(name).next().is_some()
        };
        let absent = self.claim.signed_headers.iter().find(|name| !arrived(name))?;
        Some(format!("the signed header {} did not arrive", shown(absent)))
    }
}

/// The host and its port, if it has one; an IPv6 address keeps its brackets.
fn split_port(host: &str) -> (&str, Option<&str>) {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => (name, Some(port)),
        _ => (host, None),
    }
}

/// The path with empty and dot segments resolved, as general HTTP signers do it.
fn normalised(path: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            _ => segments.push(segment),
        }
    }
    let end = if path.ends_with('/') && !segments.is_empty() { "/" } else { "" };
    format!("/{}{end}", segments.join("/"))
}

#[cfg(test)]
mod tests;
