//! Every refusal that needs no forger: its kind, its text, and what comes first when two things are wrong.

use sigv4::{PayloadHash, Rejection, RejectionKind as Kind, Request, parse};

use crate::fixture::{ACCESS_KEY_ID, NOW_S, Sent, get_url, list, send_presigned, send_signed};

fn url() -> Sent {
    send_presigned(&get_url())
}

fn signed() -> Sent {
    send_signed(&list())
}

#[track_caller]
fn refused(sent: &Sent, kind: Kind, message: &str) {
    assert_eq!(sent.refusal(), (kind, message.to_owned()));
}

/// Replaces the credential of a request signed in its headers.
fn with_credential(credential: &str) -> Sent {
    let old = format!("{ACCESS_KEY_ID}/20260102/auto/s3/aws4_request");
    let authorization = signed().header("authorization").replace(&old, credential);
    signed().set_header("authorization", &authorization)
}

#[test]
fn unsigned_requests() {
    refused(&Sent::new("GET", "/b", &[("host", "h")]), Kind::InvalidArgument, "Authorization");
    refused(
        &Sent::new("GET", "/b?X-Amz-Signature=00", &[("host", "h")]),
        Kind::InvalidArgument,
        "Authorization",
    );
    refused(
        &Sent::new("GET", "/b?x-amz-credential=00", &[("host", "h")]),
        Kind::InvalidArgument,
        "Authorization",
    );
}

#[test]
fn malformed_escapes() {
    for target in ["/b/100%", "/b/%zz", "/b?a=%", "/b?%q=1"] {
        refused(
            &Sent::new("GET", target, &[("host", "h")]),
            Kind::InvalidUri,
            "Couldn't parse the specified URI.",
        );
    }
}

#[test]
fn header_authentication_in_order() {
    // Everything is wrong here; each step repairs what was complained about.
    let sent = Sent::new("GET", "/b", &[("host", "h"), ("authorization", "FOO bar")]);
    refused(&sent, Kind::InvalidRequest, "Missing x-amz-content-sha256");
    let sent = sent.set_header("x-amz-content-sha256", "nonsense");
    refused(&sent, Kind::InvalidArgument, "No date provided in x-amz-date nor date header");
    let sent = sent.set_header("date", "Fri, 02 Jan 2026 03:04:05 GMT");
    let text = "Date provided in 'date' header (Fri, 02 Jan 2026 03:04:05 GMT) didn't parse successfully";
    refused(&sent, Kind::InvalidArgument, text);
    let sent = sent.set_header("x-amz-date", "2026-01-02");
    refused(
        &sent,
        Kind::InvalidArgument,
        "Date provided in 'x-amz-date' header (2026-01-02) didn't parse successfully",
    );
    let sent = sent.set_header("x-amz-date", "20250102T030405Z");
    let text = "The difference between the request time and the server's time is too large.";
    refused(&sent, Kind::RequestTimeTooSkewed, text);
    let sent = sent.set_header("x-amz-date", "20260102T030405Z");
    refused(&sent, Kind::InvalidRequest, "Please use AWS4-HMAC-SHA256");
    let credentials = [
        ("a/b/c", "Credential sigv4 header should have at least 5 slash-separated parts, not 3"),
        ("who/20250102/auto/sts/x", "Credential service should be s3, not sts"),
        ("who/20250102/auto/s3/x", "Credential termination string should be aws4_request, not x"),
        (
            "who/20250102/auto/s3/aws4_request",
            "Credential signed date 20250102 does not match 20260102 from 'x-amz-date' header",
        ),
    ];
    for (credential, text) in credentials {
        let authorization = format!("AWS4-HMAC-SHA256 Credential={credential},SignedHeaders=a,Signature=00");
        refused(&sent.clone().set_header("authorization", &authorization), Kind::InvalidArgument, text);
    }
    let authorization =
        "AWS4-HMAC-SHA256 Credential=who/20260102/auto/s3/aws4_request,SignedHeaders=a,Signature=00";
    let sent = sent.set_header("authorization", authorization);
    let (kind, text) = sent.refusal();
    assert_eq!(kind, Kind::InvalidArgument);
    assert!(text.starts_with("x-amz-content-sha256 must be UNSIGNED-PAYLOAD, "), "{text}");
    let sent = sent.set_header("x-amz-content-sha256", "UNSIGNED-PAYLOAD");
    refused(&sent, Kind::Unauthorized, "Unauthorized");
    let sent = sent.set_header("authorization", &authorization.replace("who", ACCESS_KEY_ID));
    refused(&sent, Kind::Unauthorized, "Unauthorized");
    let authorization = sent.header("authorization").replace("=a,", "=host,");
    let sent = sent.set_header("authorization", &authorization);
    let sent = sent.add_header("x-amz-acl", "public-read");
    refused(&sent, Kind::HeadersNotSigned, "There were headers present in the request which were not signed");
    let text = "The request signature we calculated does not match the signature you provided. Check your secret \
                access key and signing method.";
    refused(&sent.drop_header("x-amz-acl"), Kind::SignatureDoesNotMatch, text);
}

#[test]
fn presigned_in_order() {
    let sent = Sent::new("GET", "/b?X-Amz-Credential=a", &[("host", "h")]);
    let text = "Required search parameters X-Amz-Algorithm,  X-Amz-Signature,  X-Amz-Date,  X-Amz-SignedHeaders,  \
                X-Amz-Expires missing";
    refused(&sent, Kind::InvalidArgument, text);
    let sent = sent.append("X-Amz-Algorithm=FOO&X-Amz-Signature=00&X-Amz-SignedHeaders=a");
    refused(&sent, Kind::InvalidArgument, "Required search parameters X-Amz-Date,  X-Amz-Expires missing");
    let sent = sent.append("X-Amz-Date=yesterday");
    refused(&sent, Kind::InvalidArgument, "Required search parameter X-Amz-Expires missing");
    let sent = sent.append("X-Amz-Expires=abc");
    refused(&sent, Kind::InvalidRequest, "Please use AWS4-HMAC-SHA256");
    let sent = sent.set_parameter("X-Amz-Algorithm", "AWS4-HMAC-SHA256");
    refused(
        &sent,
        Kind::InvalidArgument,
        "Date provided in X-Amz-Date (yesterday) didn't parse successfully",
    );
    let sent = sent.set_parameter("X-Amz-Date", "20260102T030405Z");
    let credentials = [
        ("a", "Credential sigv4 header should have at least 5 slash-separated parts, not 1"),
        ("a/20260102/us-east-1//aws4_request", "Credential service should be s3, not "),
        ("a%2F20260102%2Fauto%2Fs3%2Faws4", "Credential termination string should be aws4_request, not aws4"),
        (
            "a/20260103/auto/s3/aws4_request",
            "Credential signed date 20260103 does not match 20260102 from 'x-amz-date' header",
        ),
    ];
    for (credential, text) in credentials {
        refused(&sent.clone().set_parameter("X-Amz-Credential", credential), Kind::InvalidArgument, text);
    }
    let sent = sent.set_parameter("X-Amz-Credential", "a/20260102/auto/s3/aws4_request");
    refused(&sent, Kind::Unauthorized, "Unauthorized");
    let credential = format!("{ACCESS_KEY_ID}/20260102/auto/s3/aws4_request");
    let sent = sent.set_parameter("X-Amz-Credential", &credential);
    refused(&sent, Kind::InvalidArgument, "X-Amz-Expires should be a number");
    let sent = sent.set_parameter("X-Amz-Expires", "0");
    refused(&sent, Kind::ExpiredRequest, "Request has expired");
    let sent = sent.set_parameter("X-Amz-Expires", "300").add_header("x-amz-acl", "private");
    refused(&sent, Kind::Unauthorized, "Unauthorized");
    let sent = sent.set_parameter("X-Amz-SignedHeaders", "host");
    refused(&sent, Kind::HeadersNotSigned, "There were headers present in the request which were not signed");
    assert_eq!(sent.drop_header("x-amz-acl").refusal().0, Kind::SignatureDoesNotMatch);
}

#[test]
fn expires_must_be_digits_within_a_week() {
    let number = "X-Amz-Expires should be a number";
    let week = "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less \
                than 604800 seconds";
    let table = [
        ("", Kind::InvalidArgument, number),
        ("abc", Kind::InvalidArgument, number),
        ("%2B3600", Kind::InvalidArgument, number),
        ("+3600", Kind::InvalidArgument, number),
        ("3600.0", Kind::InvalidArgument, number),
        ("1e3", Kind::InvalidArgument, number),
        ("0x10", Kind::InvalidArgument, number),
        ("-", Kind::InvalidArgument, number),
        ("--1", Kind::InvalidArgument, number),
        ("%D9%A3", Kind::InvalidArgument, number),
        ("604801", Kind::InvalidArgument, week),
        ("315360000", Kind::InvalidArgument, week),
        ("99999999999999999999999", Kind::InvalidArgument, week),
        ("0", Kind::ExpiredRequest, "Request has expired"),
        ("-1", Kind::ExpiredRequest, "Request has expired"),
        ("-99999999999999999999999", Kind::ExpiredRequest, "Request has expired"),
    ];
    for (expires, kind, message) in table {
        refused(&url().set_parameter("X-Amz-Expires", expires), kind, message);
    }
}

#[test]
fn expiry_is_exact_to_the_second() {
    for expires_s in [1, 2, 300, 604_799, 604_800] {
        let mut request = get_url();
        request.expires_s = expires_s;
        let sent = send_presigned(&request);
        let end_s = NOW_S + i64::from(expires_s);
        assert!(sent.judge(NOW_S).is_ok());
        assert!(sent.judge(end_s - 1).is_ok() && sent.judge(end_s).is_ok(), "{expires_s}");
        let expired =
            Rejection::Expired { date_s: NOW_S, expires_s: Some(expires_s.into()), now_s: end_s + 1 };
        assert_eq!(sent.judge(end_s + 1).unwrap_err(), expired);
    }
}

#[test]
fn a_presigned_url_may_be_at_most_15_minutes_ahead() {
    for ahead_s in [899, 900] {
        assert!(url().judge(NOW_S - ahead_s).is_ok(), "{ahead_s}");
    }
    let rejection = url().judge(NOW_S - 901).unwrap_err();
    assert_eq!(
        (rejection.kind(), rejection.message()),
        (Kind::NotYetValid, "Request is not yet valid".to_owned())
    );
}

#[test]
fn header_authentication_may_differ_15_minutes_either_way() {
    for now_s in [NOW_S - 900, NOW_S - 899, NOW_S, NOW_S + 899, NOW_S + 900] {
        assert!(signed().judge(now_s).is_ok());
    }
    for now_s in [i64::MIN, NOW_S - 901, NOW_S + 901, i64::MAX] {
        assert_eq!(signed().judge(now_s).unwrap_err(), Rejection::TooSkewed { date_s: NOW_S, now_s });
    }
}

#[test]
fn any_instant_is_survived_by_a_presigned_url() {
    assert_eq!(url().judge(i64::MIN).unwrap_err().kind(), Kind::NotYetValid);
    assert_eq!(url().judge(i64::MAX).unwrap_err().kind(), Kind::ExpiredRequest);
}

#[test]
fn authentication_parameters_may_not_repeat() {
    for name in [
        "X-Amz-Algorithm",
        "X-Amz-Credential",
        "X-Amz-Date",
        "X-Amz-Expires",
        "X-Amz-SignedHeaders",
        "X-Amz-Signature",
    ] {
        let value = url().parameter(name);
        let text = format!("Duplicate search parameter {name}");
        refused(&url().append(&format!("{name}={value}")), Kind::InvalidArgument, &text);
    }
    for (name, raw) in [
        (
            "X-Amz-Content-Sha256",
            "X-Amz-Content-Sha256=UNSIGNED-PAYLOAD&x-amz-content-sha256=UNSIGNED-PAYLOAD",
        ),
        ("X-Amz-Security-Token", "X-Amz-Security-Token=a&X-Amz-Security-Token=a"),
    ] {
        let text = format!("Duplicate search parameter {name}");
        refused(&url().append(raw), Kind::InvalidArgument, &text);
    }
    let both = url().append("X-Amz-Security-Token=a").add_header("x-amz-security-token", "a");
    refused(&both, Kind::InvalidArgument, "Duplicate search parameter X-Amz-Security-Token");
}

#[test]
fn deciding_headers_may_not_repeat() {
    for name in ["authorization", "x-amz-date", "x-amz-content-sha256"] {
        let twice = signed().add_header(name, &signed().header(name));
        refused(&twice, Kind::InvalidArgument, &format!("Duplicate header {name}"));
    }
}

#[test]
fn signature_version_2_is_named() {
    let message =
        "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.";
    let query = "/b/k?AWSAccessKeyId=a&Signature=b%3D&Expires=1767323345";
    refused(&Sent::new("GET", query, &[("host", "h")]), Kind::InvalidRequest, message);
    let header = [("host", "h"), ("authorization", "AWS id:c2ln"), ("date", "Fri, 02 Jan 2026 03:04:05 GMT")];
    refused(&Sent::new("GET", "/b/k", &header), Kind::InvalidRequest, message);
}

#[test]
fn an_authorization_header_wins_over_a_presigned_query() {
    let bogus = url().add_header("authorization", "Bearer abc");
    refused(&bogus, Kind::InvalidRequest, "Missing x-amz-content-sha256");
    let bogus = bogus
        .add_header("x-amz-content-sha256", "UNSIGNED-PAYLOAD")
        .add_header("x-amz-date", "20260102T030405Z");
    refused(&bogus, Kind::InvalidRequest, "Please use AWS4-HMAC-SHA256");
}

#[test]
fn the_access_key_id_is_all_before_the_last_four_parts() {
    let sent = with_credential("a/b+c=/d/20260102/auto/s3/aws4_request");
    let claim = sent.with(|request| parse(request, NOW_S)).unwrap();
    assert_eq!(claim.access_key_id, "a/b+c=/d");
    let mut request = get_url();
    request.access_key_id = "a/b+c=/d";
    let claim = send_presigned(&request).with(|request| parse(request, NOW_S)).unwrap();
    assert_eq!(claim.access_key_id, "a/b+c=/d");
}

#[test]
fn any_region_is_taken_from_the_scope() {
    for region in ["auto", "us-east-1", "eu-west-1", "mars-1", ""] {
        let (mut url, mut list) = (get_url(), list());
        url.region = region;
        list.region = region;
        assert!(send_presigned(&url).judge(NOW_S).is_ok(), "{region}");
        assert!(send_signed(&list).judge(NOW_S).is_ok(), "{region}");
    }
}

#[test]
fn too_many_signed_headers_are_refused() {
    let names = vec!["a"; 257].join("%3B");
    let sent = url().set_parameter("X-Amz-SignedHeaders", &names);
    refused(&sent, Kind::InvalidArgument, "Too many signed headers: 257");
}

/// Each time would put the header's whole value into the canonical request, whatever the head's own limit.
#[test]
fn a_signed_header_is_named_once() {
    for names in ["host;host", "host;a;A", "a;b;host;a", "host;;"] {
        let authorization =
            signed().header("authorization").replace("SignedHeaders=host", &format!("SignedHeaders={names}"));
        let (kind, message) = signed().set_header("authorization", &authorization).refusal();
        assert_eq!(kind, Kind::InvalidArgument, "{names}");
        assert!(message.starts_with("Duplicate signed header"), "{names}: {message}");
    }
}

#[test]
fn a_signature_that_is_not_64_lower_case_digits_does_not_match() {
    let good = url().parameter("X-Amz-Signature");
    for bad in [
        "",
        "00",
        &good[..63],
        &format!("{good}0"),
        &good.to_uppercase(),
        &format!("%00{}", &good[1..]),
        "%FF",
    ] {
        assert_eq!(
            url().set_parameter("X-Amz-Signature", bad).refusal().0,
            Kind::SignatureDoesNotMatch,
            "{bad}"
        );
    }
    let authorization = signed().header("authorization");
    let short = signed().set_header("authorization", &authorization[..authorization.len() - 1]);
    assert_eq!(short.refusal().0, Kind::SignatureDoesNotMatch);
}

#[test]
fn a_mismatch_shows_what_was_signed_and_never_the_right_signature() {
    let good = url().parameter("X-Amz-Signature");
    let sent = url().set_parameter("X-Amz-Signature", &"0".repeat(64));
    let Err(Rejection::SignatureDoesNotMatch(mismatch)) = sent.judge(NOW_S) else { panic!("must not match") };
    assert_eq!(mismatch.signature_provided, "0".repeat(64));
    let canonical = String::from_utf8(mismatch.canonical_request.clone()).unwrap();
    assert_eq!(
        canonical,
        format!(
            "GET\n/user-uploads/cat.png\nX-Amz-Algorithm=AWS4-HMAC-SHA256\
             &X-Amz-Credential={ACCESS_KEY_ID}%2F20260102%2Fauto%2Fs3%2Faws4_request&X-Amz-Date=20260102T030405Z\
             &X-Amz-Expires=300&X-Amz-SignedHeaders=host\nhost:localhost:9000\n\nhost\nUNSIGNED-PAYLOAD"
        )
    );
    let hash = sigv4::sign::payload_sha256(&mismatch.canonical_request);
    assert_eq!(
        mismatch.string_to_sign,
        format!("AWS4-HMAC-SHA256\n20260102T030405Z\n20260102/auto/s3/aws4_request\n{hash}")
    );
    assert!(!canonical.contains(&good) && !mismatch.string_to_sign.contains(&good));
}

#[test]
fn debug_shows_no_credentials() {
    let sent = url().append("X-Amz-Security-Token=hush-hush");
    let shown =
        sent.with(|request: &Request<'_>| format!("{request:?} {:?}", parse(request, NOW_S).unwrap()));
    assert!(!shown.contains("hush-hush") && !shown.contains(&url().parameter("X-Amz-Signature")), "{shown}");
    let other_host = format!("{:?}", sent.set_header("host", "h").judge(NOW_S).unwrap_err());
    assert!(other_host.contains("string_to_sign"), "{other_host}");
    assert!(!other_host.contains("hush-hush") && !other_host.contains(&url().parameter("X-Amz-Signature")));
    let verified = format!("{:?}", url().judge(NOW_S).unwrap());
    assert!(!verified.contains(&url().parameter("X-Amz-Signature")), "{verified}");
}

#[test]
fn header_authentication_states_its_payload() {
    let hash = sigv4::sign::payload_sha256(b"body");
    for (text, expected) in [
        ("UNSIGNED-PAYLOAD", PayloadHash::Unsigned),
        ("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", PayloadHash::StreamingSigned),
        ("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", PayloadHash::StreamingSignedTrailer),
        ("STREAMING-UNSIGNED-PAYLOAD-TRAILER", PayloadHash::StreamingUnsignedTrailer),
    ] {
        let mut request = list();
        request.payload = text;
        let verified = send_signed(&request).judge(NOW_S).unwrap();
        assert_eq!(verified.payload, expected);
        assert_eq!(verified.chunk_decoder(None, Some(0)).is_some(), expected.is_streaming());
    }
    let mut request = list();
    request.payload = &hash;
    assert!(matches!(send_signed(&request).judge(NOW_S).unwrap().payload, PayloadHash::Sha256(_)));
}

/// Without a key, everything is judged but the signature: what is refused is refused alike with one.
#[test]
fn what_needs_no_key_is_judged_without_one() {
    let check = |sent: &Sent, now_s: i64| sent.with(|request| parse(request, now_s)?.check(request, now_s));
    let table = [
        (url(), NOW_S),
        (url(), NOW_S + 100_000),
        (url(), NOW_S - 100_000),
        (url().set_parameter("X-Amz-Expires", "604801"), NOW_S),
        (url().set_parameter("X-Amz-SignedHeaders", "date"), NOW_S),
        (url().add_header("x-amz-acl", "private"), NOW_S),
        (signed().add_header("x-amz-acl", "private"), NOW_S),
    ];
    for (sent, now_s) in table {
        match (check(&sent, now_s), sent.judge(now_s)) {
            (Ok(()), judged) => assert!(matches!(judged, Ok(_) | Err(Rejection::SignatureDoesNotMatch(_)))),
            (Err(checked), judged) => assert_eq!(Some(checked), judged.err()),
        }
    }
    let tampered = Sent { path: "/another/key".to_owned(), ..url() };
    assert_eq!((check(&tampered, NOW_S), tampered.judge(NOW_S).is_err()), (Ok(()), true));
}
