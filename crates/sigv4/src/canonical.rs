//! The canonical request: the text whose hash is signed. Built from raw parts, so that a client's view of the
//! request and ours differ only if the request did change.

use std::borrow::Cow;

use crate::query::Query;
use crate::signing_key::sha256;
use crate::{Claim, Location, Request, SigningKey, hex, percent_decode, uri_encode};

/// Names with canonical values, in the order in which they are signed.
pub(crate) type Headers<'a> = Vec<(Cow<'a, str>, Cow<'a, [u8]>)>;

/// The parts of a canonical request, each replaceable, so that variations of it can be tried.
#[derive(Clone)]
pub(crate) struct CanonicalRequest<'a> {
    pub(crate) method: Cow<'a, str>,
    /// As received, never normalised; `/` if empty.
    pub(crate) path: Cow<'a, str>,
    pub(crate) query: String,
    /// The signed headers in the client's order.
    pub(crate) headers: Headers<'a>,
    pub(crate) signed_headers: Cow<'a, str>,
    pub(crate) payload: Cow<'a, str>,
}

impl<'a> CanonicalRequest<'a> {
    /// The canonical form of a request as its claim says that it was signed.
    pub(crate) fn of(request: &Request<'a>, claim: &'a Claim) -> Self {
        Self {
            method: request.method.into(),
            path: if request.path.is_empty() { "/".into() } else { request.path.into() },
            query: canonical_query(claim, &claim.query),
            headers: claim
                .signed_headers
                .iter()
                .map(|name| (name.into(), canonical_value(request, claim, name)))
                .collect(),
            signed_headers: claim.signed_headers_text.as_str().into(),
            payload: claim.payload_texts.first().map(String::as_str).unwrap_or_default().into(),
        }
    }

    /// The bytes to hash. Header values may hold any bytes.
    ///
    /// Spec: AWS Signature Version 4, canonical request.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(512 + self.query.len());
        for line in [&*self.method, &*self.path, &self.query] {
            bytes.extend_from_slice(line.as_bytes());
            bytes.push(b'\n');
        }
        for (name, value) in &self.headers {
            bytes.extend_from_slice(name.as_bytes());
            bytes.push(b':');
            bytes.extend_from_slice(value);
            bytes.push(b'\n');
        }
        bytes.push(b'\n');
        bytes.extend_from_slice(self.signed_headers.as_bytes());
        bytes.push(b'\n');
        bytes.extend_from_slice(self.payload.as_bytes());
        bytes
    }

    /// The string to sign under a claim.
    pub(crate) fn string_to_sign(&self, claim: &Claim) -> String {
        claim.string_to_sign(&hex::encode(&sha256(&self.to_bytes())))
    }

    /// Whether `signature` is this request's, compared in constant time.
    pub(crate) fn is_signed_by(&self, claim: &Claim, key: &SigningKey, signature: &[u8; 32]) -> bool {
        key.verifies(self.string_to_sign(claim).as_bytes(), signature)
    }

    /// Replaces the value of a signed header.
    pub(crate) fn set_header(&mut self, name: &str, value: &[u8]) {
        for (header, old) in &mut self.headers {
            if header == name {
                *old = value.to_vec().into();
            }
        }
    }
}

/// The canonical query of a claim; its own signature is no part of what it signs.
pub(crate) fn canonical_query(claim: &Claim, query: &Query) -> String {
    query.canonical(|pair| claim.location == Location::Header || pair.name != b"X-Amz-Signature")
}

/// The path decoded and encoded again, if that is another text for the same key.
///
/// Spec: AWS Signature Version 4, canonical URI (AWS encodes what it decoded; R2 takes the path verbatim).
pub(crate) fn reencoded(path: &str) -> Option<String> {
    let text = uri_encode(&percent_decode(path.as_bytes()).ok()?, true);
    (text != path).then_some(text)
}

/// The canonical value of a signed header: of the request, or of the parameter it was moved to, or empty.
fn canonical_value<'a>(request: &Request<'a>, claim: &'a Claim, name: &str) -> Cow<'a, [u8]> {
    let mut values = request.values(name).peekable();
    if values.peek().is_some() {
        return join(values);
    }
    // aws-sdk v2 lists metadata in the signed headers and sends it in the query.
    if claim.location == Location::Query && name.starts_with("x-amz-") {
        return join(claim.query.values_any_case(name));
    }
    Cow::Borrowed(b"")
}

/// Trims each value, makes each run of spaces one, and joins repeats with commas.
pub(crate) fn join<'a>(mut values: impl Iterator<Item = &'a [u8]>) -> Cow<'a, [u8]> {
    let first = values.next().unwrap_or_default().trim_ascii();
    let mut second = values.next();
    if second.is_none() && !first.windows(2).any(|pair| pair == b"  ") {
        return Cow::Borrowed(first);
    }
    let mut joined = Vec::new();
    push_value(&mut joined, first);
    while let Some(value) = second {
        joined.push(b',');
        push_value(&mut joined, value.trim_ascii());
        second = values.next();
    }
    Cow::Owned(joined)
}

fn push_value(joined: &mut Vec<u8>, value: &[u8]) {
    let mut after_space = false;
    for &byte in value {
        if byte != b' ' || !after_space {
            joined.push(byte);
        }
        after_space = byte == b' ';
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_values_are_trimmed_collapsed_and_joined() {
        let table: &[(&[&[u8]], &[u8])] = &[
            (&[], b""),
            (&[b""], b""),
            (&[b"  a   b  "], b"a b"),
            (&[b"a", b" b ", b"c"], b"a,b,c"),
            (&[b"a", b""], b"a,"),
            (&[b"\"a   b\""], b"\"a b\""),
            (&[b"\xff\xfe"], b"\xff\xfe"),
            (&[b"a\tb"], b"a\tb"),
        ];
        for (values, expected) in table {
            assert_eq!(&*join(values.iter().copied()), *expected);
        }
    }

    #[test]
    fn a_path_is_encoded_again_only_if_that_changes_it() {
        let table = [
            ("/", None),
            ("/a%20b/c", None),
            ("/a b", Some("/a%20b")),
            ("/a+b", Some("/a%2Bb")),
            ("/%7euser", Some("/~user")),
            ("/a%2fb", Some("/a/b")),
            ("//a/./../b/", None),
            ("/%41", Some("/A")),
            ("/é", Some("/%C3%A9")),
            ("/%2541", None),
        ];
        for (path, expected) in table {
            assert_eq!(reencoded(path).as_deref(), expected, "{path}");
        }
    }
}
