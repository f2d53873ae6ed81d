//! The claim in the query of a presigned URL, checked in R2's order, and which of its parameters stand for
//! headers. The expiry is judged later: the access key comes first.

use crate::claim::{parse_credential, parse_signed_headers};
use crate::payload::UNSIGNED_PAYLOAD;
use crate::query::Query;
use crate::{ALGORITHM, Claim, DateSource, Location, PayloadHash, Rejection, Request, parse_amz_date};

/// Required beside `X-Amz-Credential`, in the order in which R2 looks for them.
const REQUIRED: [&str; 5] =
    ["X-Amz-Algorithm", "X-Amz-Signature", "X-Amz-Date", "X-Amz-SignedHeaders", "X-Amz-Expires"];
const CONTENT_SHA256: &str = "X-Amz-Content-Sha256";
const SECURITY_TOKEN: &str = "X-Amz-Security-Token";

/// Reads the claim of a presigned request.
///
/// Observed: R2, 2026-06-11 (order and texts).
pub(crate) fn parse(request: &Request<'_>, query: Query) -> Result<Claim, Rejection> {
    let names: Vec<&str> = REQUIRED.into_iter().filter(|name| !query.has(name)).collect();
    if !names.is_empty() {
        return Err(Rejection::MissingParameters { names });
    }
    let algorithm = required(&query, "X-Amz-Algorithm")?;
    let credential = required(&query, "X-Amz-Credential")?;
    let signature_text = required(&query, "X-Amz-Signature")?;
    let amz_date = required(&query, "X-Amz-Date")?;
    let signed_headers_text = required(&query, "X-Amz-SignedHeaders")?;
    let expires = required(&query, "X-Amz-Expires")?;

    if algorithm != ALGORITHM {
        return Err(Rejection::NotSigV4);
    }
    let Some(date_s) = parse_amz_date(&amz_date) else {
        return Err(Rejection::BadDate { from: DateSource::Query, value: amz_date });
    };
    let (access_key_id, scope) = parse_credential(&credential, &amz_date)?;
    let (payload, payload_texts) = parse_payload(request, &query)?;
    Ok(Claim {
        location: Location::Query,
        access_key_id,
        scope,
        amz_date,
        date_s,
        expires: Some(expires),
        signed_headers: parse_signed_headers(&signed_headers_text)?,
        payload,
        session_token: parse_session_token(request, &query)?,
        signed_headers_text,
        signature_text,
        payload_texts,
        query,
    })
}

/// What the client says about the body. R2's clients sign `UNSIGNED-PAYLOAD`, some of AWS's sign the stated
/// value, so either may stand in the canonical request. A stated hash is a promise either way, and a stated
/// framing must be taken off, or it would be stored as content.
///
/// Spec: AWS Signature Version 4, presigned payload; Observed: R2, 2026-06-11.
fn parse_payload(request: &Request<'_>, query: &Query) -> Result<(PayloadHash, Vec<String>), Rejection> {
    let mut payload = PayloadHash::Unsigned;
    let mut texts = vec![UNSIGNED_PAYLOAD.to_owned()];
    let in_header = request.single("x-amz-content-sha256")?.map(std::borrow::Cow::into_owned);
    let in_query = optional(query, CONTENT_SHA256)?;
    for text in [in_header, in_query].into_iter().flatten() {
        let stated = PayloadHash::parse(&text)?;
        if stated == PayloadHash::Unsigned {
            continue;
        }
        if payload != PayloadHash::Unsigned && payload != stated {
            return Err(Rejection::ContentSha256Conflict);
        }
        payload = stated;
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    Ok((payload, texts))
}

fn parse_session_token(request: &Request<'_>, query: &Query) -> Result<Option<String>, Rejection> {
    let in_header = request.single("x-amz-security-token")?;
    match (optional(query, SECURITY_TOKEN)?, in_header) {
        (Some(_), Some(_)) => Err(Rejection::DuplicateParameter { name: SECURITY_TOKEN.to_owned() }),
        (in_query, in_header) => Ok(in_query.or_else(|| in_header.map(Into::into))),
    }
}

/// The one value of a parameter known to be there.
fn required(query: &Query, name: &'static str) -> Result<String, Rejection> {
    let mut values = query.values(name);
    match (values.next(), values.next()) {
        (Some(value), None) => Ok(String::from_utf8_lossy(value).into_owned()),
        (Some(_), Some(_)) => Err(Rejection::DuplicateParameter { name: name.to_owned() }),
        (None, _) => Err(Rejection::MissingParameters { names: vec![name] }),
    }
}

/// The one value of a parameter that some clients spell in lower case.
fn optional(query: &Query, name: &str) -> Result<Option<String>, Rejection> {
    let mut values = query.values_any_case(name);
    match (values.next(), values.next()) {
        (_, Some(_)) => Err(Rejection::DuplicateParameter { name: name.to_owned() }),
        (value, None) => Ok(value.map(|value| String::from_utf8_lossy(value).into_owned())),
    }
}

/// Whether a parameter, in whatever letter case, belongs to the authentication set.
pub(crate) fn is_auth_parameter(name: &[u8]) -> bool {
    REQUIRED
        .iter()
        .chain(&["X-Amz-Credential", CONTENT_SHA256, SECURITY_TOKEN])
        .any(|known| known.as_bytes().eq_ignore_ascii_case(name))
}

/// The `x-amz-*` parameters that SDKs moved here from the headers, by lower-case name, in order of arrival.
///
/// # Errors
/// [`Rejection::BadHoistedHeader`] if one could not have been a header: a line break must not get into a
/// response by this way.
pub(crate) fn hoisted_headers(query: &Query) -> Result<Vec<(String, String)>, Rejection> {
    let mut hoisted = Vec::new();
    for pair in &query.0 {
        let is_amz = pair.name.get(..6).is_some_and(|start| start.eq_ignore_ascii_case(b"x-amz-"));
        if !is_amz || is_auth_parameter(&pair.name) {
            continue;
        }
        let bad = || Rejection::BadHoistedHeader { name: String::from_utf8_lossy(&pair.name).into_owned() };
        let name = pair.lower_name().ok_or_else(bad)?;
        let value = String::from_utf8(pair.value.clone()).map_err(|_| bad())?;
        let is_token = name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b));
        if !is_token || value.chars().any(char::is_control) {
            return Err(bad());
        }
        hoisted.push((name, value));
    }
    Ok(hoisted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hoists_amz_parameters_of_any_case_but_not_the_auth_set() {
        let query = Query::parse(
            "X-Amz-Algorithm=a&x-amz-credential=b&X-Amz-Content-Sha256=c&X-Amz-Security-Token=d&x-id=e\
             &x-amz-meta-a=1+2&X-Amz-Acl=private&x-amz-meta-a=3&x-amz-meta-b=%C3%A9",
        )
        .unwrap();
        let expected =
            [("x-amz-meta-a", "1 2"), ("x-amz-acl", "private"), ("x-amz-meta-a", "3"), ("x-amz-meta-b", "é")];
        let expected: Vec<_> = expected.map(|(n, v)| (n.to_owned(), v.to_owned())).to_vec();
        assert_eq!(hoisted_headers(&query), Ok(expected));
    }

    #[test]
    fn refuses_what_could_not_be_a_header() {
        for raw in [
            "x-amz-meta-a=%0D%0Aevil",
            "x-amz-meta-a=%00",
            "x-amz-meta-a=%FF",
            "x-amz-meta-%0A=1",
            "x-amz-meta-%FF=1",
        ] {
            let query = Query::parse(raw).unwrap();
            assert!(matches!(hoisted_headers(&query), Err(Rejection::BadHoistedHeader { .. })), "{raw}");
        }
    }
}
