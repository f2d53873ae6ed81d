//! Refusals in plain words, as far as the refusal itself tells: what is wrong and what to change. Mismatched
//! signatures need a search, which is `explain.rs`. No hint tells what the client did not send or sign itself.

use crate::{Rejection, Request, amz_date};

/// Longest piece of a client's text that a hint repeats, in characters.
const SHOWN_CHARS_MAX: usize = 120;

impl Rejection {
    /// One line in plain words for whoever sent the request, if there is something to add to the message.
    pub fn hint(&self, request: &Request<'_>) -> Option<String> {
        match self {
            Self::Missing => Some(
                "the request is not signed: it has neither an Authorization header nor X-Amz-Credential in its query"
                    .to_owned(),
            ),
            Self::BadUri(bad) => {
                Some(format!("{} is not a percent escape; a literal % is sent as %25", shown(&bad.text)))
            }
            Self::MissingContentSha256 | Self::NoDate | Self::NotSigV4 | Self::SigV2 if is_presigned(request) => Some(
                "the URL is presigned, but the Authorization header of the request takes precedence; remove that header"
                    .to_owned(),
            ),
            Self::MissingContentSha256 => Some(missing_hash_hint(request)),
            Self::UnknownContentSha256 { value } => Some(format!("x-amz-content-sha256 was {}", shown(value))),
            Self::BadDate { .. } => Some("dates have the form 20260102T030405Z".to_owned()),
            Self::TooSkewed { date_s, now_s } => Some(skew_hint(*date_s, *now_s)),
            Self::SigV2 => Some(
                "the request is signed with Signature Version 2; configure the client for Signature Version 4 \
                 (AWS4-HMAC-SHA256), in boto3 Config(signature_version=\"s3v4\") or region_name=\"auto\""
                    .to_owned(),
            ),
            Self::CredentialService { service } if service.is_empty() => Some(
                "the client found no service for this host; name it: service \"s3\" and a region such as \"auto\""
                    .to_owned(),
            ),
            Self::HostNotSigned => Some("host must be among the signed headers".to_owned()),
            Self::Expired { expires_s: None, .. } => Some("X-Amz-Expires is below zero".to_owned()),
            Self::Expired { date_s, expires_s: Some(expires_s), now_s } => {
                Some(expired_hint(*date_s, *expires_s, *now_s))
            }
            Self::NotYetValid { date_s, now_s } => Some(format!(
                "signed for {}, which is {} ahead of the server's clock; check the clock of the signer",
                amz_date(*date_s),
                duration(now_s.abs_diff(*date_s))
            )),
            Self::HeadersNotSigned { names } => Some(format!(
                "not signed: {}; sign these headers, or do not send them",
                names.iter().map(|name| shown(name)).collect::<Vec<_>>().join(", ")
            )),
            Self::BadHoistedHeader { .. } => {
                Some("x-amz-* parameters stand for headers: UTF-8 without control characters".to_owned())
            }
            Self::NoDate
            | Self::ContentSha256Conflict
            | Self::NotSigV4
            | Self::CredentialParts { .. }
            | Self::CredentialService { .. }
            | Self::CredentialTermination { .. }
            | Self::CredentialDate { .. }
            | Self::TooManySignedHeaders { .. }
            | Self::DuplicateSignedHeader { .. }
            | Self::UnknownAccessKey { .. }
            | Self::MissingParameters { .. }
            | Self::DuplicateParameter { .. }
            | Self::DuplicateHeader { .. }
            | Self::ExpiresNotANumber
            | Self::ExpiresTooLong
            | Self::SignatureDoesNotMatch(_) => None,
        }
    }
}

/// A client's text, cut and without control characters, so that it cannot pass for ours.
pub(crate) fn shown(text: &str) -> String {
    let mut shown: String =
        text.chars().take(SHOWN_CHARS_MAX).map(|c| if c.is_control() { '?' } else { c }).collect();
    if text.chars().nth(SHOWN_CHARS_MAX).is_some() {
        shown.push('…');
    }
    shown
}

fn is_presigned(request: &Request<'_>) -> bool {
    request.query.is_some_and(|query| query.contains("X-Amz-Credential="))
}

/// A client that does not know it talks to S3 leaves the hash out, and names another service or none.
fn missing_hash_hint(request: &Request<'_>) -> String {
    const HASH: &str = "requests signed in a header carry a signed x-amz-content-sha256: the SHA-256 of the body, or \
                        UNSIGNED-PAYLOAD";
    let authorization = request.first("authorization").unwrap_or_default();
    let credential = authorization.split_once("Credential=").map_or("", |(_, rest)| rest);
    let credential = credential.split([',', ' ']).next().unwrap_or_default();
    match credential.rsplit('/').nth(1) {
        None | Some("s3") => HASH.to_owned(),
        Some(service) => format!(
            "{HASH}. The client signed for {}; name the service: service \"s3\" and a region such as \"auto\"",
            if service.is_empty() {
                "no service".to_owned()
            } else {
                format!("the service {}", shown(service))
            }
        ),
    }
}

fn skew_hint(date_s: i64, now_s: i64) -> String {
    let side = if date_s < now_s { "behind" } else { "ahead of" };
    format!(
        "the client's clock differs by {}: it is {side} the server's ({} against {})",
        duration(now_s.abs_diff(date_s)),
        amz_date(date_s),
        amz_date(now_s)
    )
}

fn expired_hint(date_s: i64, expires_s: u64, now_s: i64) -> String {
    if expires_s == 0 {
        return "X-Amz-Expires is 0: the URL was never valid".to_owned();
    }
    let since_s = now_s.abs_diff(date_s.saturating_add_unsigned(expires_s));
    format!("expired {} ago (signed {} for {expires_s} s)", duration(since_s), amz_date(date_s))
}

/// Seconds in the largest unit that keeps at least two of it.
fn duration(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_S: i64 = 1_767_323_045;

    fn hint(rejection: &Rejection) -> String {
        let headers = [("host", b"h".as_slice())];
        let request = Request { method: "GET", path: "/", query: None, headers: &headers };
        rejection.hint(&request).unwrap()
    }

    #[test]
    fn tells_how_long_ago_a_url_expired() {
        let expired = Rejection::Expired { date_s: NOW_S - 312, expires_s: Some(300), now_s: NOW_S };
        assert_eq!(hint(&expired), "expired 12 s ago (signed 20260102T025853Z for 300 s)");
        let zero = Rejection::Expired { date_s: NOW_S, expires_s: Some(0), now_s: NOW_S };
        assert_eq!(hint(&zero), "X-Amz-Expires is 0: the URL was never valid");
        let negative = Rejection::Expired { date_s: NOW_S, expires_s: None, now_s: NOW_S };
        assert_eq!(hint(&negative), "X-Amz-Expires is below zero");
    }

    #[test]
    fn tells_how_far_the_clocks_differ() {
        let behind = Rejection::TooSkewed { date_s: NOW_S - 21 * 60, now_s: NOW_S };
        assert_eq!(
            hint(&behind),
            "the client's clock differs by 21 min: it is behind the server's (20260102T024305Z against \
             20260102T030405Z)"
        );
        let ahead = Rejection::TooSkewed { date_s: NOW_S + 3 * 86_400, now_s: NOW_S };
        assert!(hint(&ahead).starts_with("the client's clock differs by 3 days: it is ahead of"));
        let early = Rejection::NotYetValid { date_s: NOW_S + 10_000, now_s: NOW_S };
        assert!(hint(&early).contains("which is 2 h ahead of the server's clock"), "{}", hint(&early));
    }

    #[test]
    fn names_the_unsigned_headers_and_the_fix() {
        let names = vec!["x-amz-acl".to_owned(), "x-amz-copy-source".to_owned()];
        assert_eq!(
            hint(&Rejection::HeadersNotSigned { names }),
            "not signed: x-amz-acl, x-amz-copy-source; sign these headers, or do not send them"
        );
        assert!(hint(&Rejection::SigV2).contains("AWS4-HMAC-SHA256"));
        assert!(hint(&Rejection::SigV2).contains("s3v4"));
    }

    #[test]
    fn a_client_that_does_not_know_s3_is_told_to_name_it() {
        let hint = |scope: &str| {
            let text =
                format!("AWS4-HMAC-SHA256 Credential=id/20260102/{scope}, SignedHeaders=host, Signature=0");
            let headers = [("authorization", text.as_bytes())];
            let request = Request { method: "GET", path: "/", query: None, headers: &headers };
            Rejection::MissingContentSha256.hint(&request).unwrap()
        };
        let none = hint("us-east-1//aws4_request");
        assert!(none.contains("signed for no service;") && none.contains("service \"s3\""), "{none}");
        let other = hint("auto/execute-api/aws4_request");
        assert!(other.contains("signed for the service execute-api;"), "{other}");
        let s3 = hint("auto/s3/aws4_request");
        assert!(s3.contains("x-amz-content-sha256") && !s3.contains("name the service"), "{s3}");
    }

    #[test]
    fn an_authorization_header_beside_a_presigned_url_is_named() {
        let headers = [("authorization", b"Bearer x".as_slice())];
        let request =
            Request { method: "GET", path: "/", query: Some("X-Amz-Credential=a"), headers: &headers };
        for rejection in
            [Rejection::MissingContentSha256, Rejection::NoDate, Rejection::NotSigV4, Rejection::SigV2]
        {
            assert!(rejection.hint(&request).unwrap().contains("remove that header"));
        }
    }

    #[test]
    fn a_clients_text_cannot_pass_for_ours() {
        let text = shown(&format!("a\r\nb{}", "x".repeat(1000)));
        assert!(text.starts_with("a??b") && text.ends_with('…'));
        assert_eq!(text.chars().count(), SHOWN_CHARS_MAX + 1);
    }
}
