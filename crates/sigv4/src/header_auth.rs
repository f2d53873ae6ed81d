//! The claim in an `Authorization` header, checked in R2's order.

use crate::claim::{parse_credential, parse_signed_headers};
use crate::query::Query;
use crate::{
    ALGORITHM, Claim, DateSource, Location, PayloadHash, Rejection, Request, SKEW_S_MAX, parse_amz_date,
};

/// Reads the claim of a request with an `Authorization` header.
///
/// Observed: R2, 2026-06-11 (order and texts).
pub(crate) fn parse(
    request: &Request<'_>,
    query: Query,
    authorization: &str,
    now_s: i64,
) -> Result<Claim, Rejection> {
    // R2 would complain about x-amz-content-sha256 first, which such a client has never heard of.
    if authorization.strip_prefix("AWS").is_some_and(|rest| rest.starts_with(' ')) {
        return Err(Rejection::SigV2);
    }
    let payload_text =
        request.single("x-amz-content-sha256")?.ok_or(Rejection::MissingContentSha256)?.into_owned();
    let (amz_date, date_s) = parse_date(request)?;
    if now_s.abs_diff(date_s) > SKEW_S_MAX.unsigned_abs() {
        return Err(Rejection::TooSkewed { date_s, now_s });
    }
    let parts = parse_authorization(authorization).ok_or(Rejection::NotSigV4)?;
    let (access_key_id, scope) = parse_credential(parts.credential, &amz_date)?;
    Ok(Claim {
        location: Location::Header,
        access_key_id,
        scope,
        amz_date,
        date_s,
        expires: None,
        signed_headers: parse_signed_headers(parts.signed_headers)?,
        payload: PayloadHash::parse(&payload_text)?,
        session_token: request.single("x-amz-security-token")?.map(Into::into),
        signed_headers_text: parts.signed_headers.to_owned(),
        signature_text: parts.signature.to_owned(),
        payload_texts: vec![payload_text],
        query,
    })
}

fn parse_date(request: &Request<'_>) -> Result<(String, i64), Rejection> {
    let (from, value) = match request.single("x-amz-date")? {
        Some(value) => (DateSource::XAmzDate, value),
        None => (DateSource::Date, request.single("date")?.ok_or(Rejection::NoDate)?),
    };
    let value = value.into_owned();
    match parse_amz_date(&value) {
        Some(date_s) => Ok((value, date_s)),
        None => Err(Rejection::BadDate { from, value }),
    }
}

struct Authorization<'a> {
    credential: &'a str,
    signed_headers: &'a str,
    signature: &'a str,
}

/// Splits the header. Commas separate the parts, spaces around them are optional; each of the three must be
/// there exactly once.
fn parse_authorization(text: &str) -> Option<Authorization<'_>> {
    let parts = text.strip_prefix(ALGORITHM)?.strip_prefix(' ')?;
    let (mut credential, mut signed_headers, mut signature) = (None, None, None);
    for part in parts.split(',') {
        let (name, value) = part.trim().split_once('=')?;
        let slot = match name {
            "Credential" => &mut credential,
            "SignedHeaders" => &mut signed_headers,
            "Signature" => &mut signature,
            _ => continue,
        };
        if slot.replace(value).is_some() {
            return None;
        }
    }
    Some(Authorization { credential: credential?, signed_headers: signed_headers?, signature: signature? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_are_optional_and_order_is_free() {
        for text in [
            "AWS4-HMAC-SHA256 Credential=a/b,SignedHeaders=host;x,Signature=ff",
            "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host;x, Signature=ff",
            "AWS4-HMAC-SHA256  Signature=ff , Credential=a/b ,SignedHeaders=host;x",
            "AWS4-HMAC-SHA256 Credential=a/b,SignedHeaders=host;x,Signature=ff,Later=thing",
        ] {
            let parts = parse_authorization(text).unwrap();
            assert_eq!((parts.credential, parts.signed_headers, parts.signature), ("a/b", "host;x", "ff"));
        }
    }

    #[test]
    fn refuses_other_algorithms_missing_and_repeated_parts() {
        for text in [
            "",
            "FOO Credential=a/b,SignedHeaders=host,Signature=ff",
            "AWS4-HMAC-SHA256",
            "AWS4-HMAC-SHA256Credential=a/b,SignedHeaders=host,Signature=ff",
            "AWS4-HMAC-SHA256-X Credential=a/b,SignedHeaders=host,Signature=ff",
            "aws4-hmac-sha256 Credential=a/b,SignedHeaders=host,Signature=ff",
            "AWS4-ECDSA-P256-SHA256 Credential=a/b,SignedHeaders=host,Signature=ff",
            "AWS4-HMAC-SHA256 SignedHeaders=host,Signature=ff",
            "AWS4-HMAC-SHA256 Credential=a/b,Signature=ff",
            "AWS4-HMAC-SHA256 Credential=a/b,SignedHeaders=host",
            "AWS4-HMAC-SHA256 Credential=a/b,SignedHeaders=host,Signature=ff,Signature=00",
            "AWS4-HMAC-SHA256 Credential=a/b,SignedHeaders=host,Signature=ff,garbage",
            "Bearer abc",
        ] {
            assert!(parse_authorization(text).is_none(), "{text}");
        }
    }
}
