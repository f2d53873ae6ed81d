//! What SDKs, browsers and proxies do to presigned URLs, and that it works.

use sigv4::sign::{PresignRequest, payload_sha256};
use sigv4::{PayloadHash, Rejection, RejectionKind as Kind, signing_key, uri_encode};

use crate::fixture::{ACCESS_KEY_ID, HOST, NOW_S, SECRET, Sent, get_url, send_presigned};

fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// Signs a canonical request written out by hand, for clients that our own signer does not imitate.
fn sign_by_hand(canonical: &str) -> String {
    let (date, scope) = ("20260102T030405Z", "20260102/auto/s3/aws4_request");
    let hash = payload_sha256(canonical.as_bytes());
    let string_to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{hash}");
    crate::oracle::hmac_hex(SECRET, "20260102", "auto", &string_to_sign)
}

fn auth_query(signed_headers: &str) -> String {
    format!(
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={}&X-Amz-Date=20260102T030405Z&X-Amz-Expires=300\
         &X-Amz-SignedHeaders={signed_headers}",
        uri_encode(format!("{ACCESS_KEY_ID}/20260102/auto/s3/aws4_request").as_bytes(), false)
    )
}

/// A URL made by hand: signed with this canonical query, headers block and payload, sent with that raw query.
fn by_hand(canonical_query: &str, headers: &str, names: &str, payload: &str, raw_query: &str) -> Sent {
    let canonical = format!("PUT\n/user-uploads/k\n{canonical_query}\n{headers}\n{names}\n{payload}");
    let signature = sign_by_hand(&canonical);
    Sent::new("PUT", &format!("/user-uploads/k?{raw_query}&X-Amz-Signature={signature}"), &[("host", HOST)])
}

#[test]
fn aws_sdk_v3_hoists_headers_into_the_query() {
    let mut request = get_url();
    request.method = "PUT";
    request.query = &[
        ("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD"),
        ("x-amz-checksum-crc32", "AAAAAA=="),
        ("x-amz-sdk-checksum-algorithm", "CRC32"),
        ("x-amz-meta-Name", "Jörg +1"),
        ("x-id", "PutObject"),
    ];
    let verified = send_presigned(&request).judge(NOW_S).unwrap();
    assert_eq!(
        verified.hoisted,
        [
            pair("x-amz-checksum-crc32", "AAAAAA=="),
            pair("x-amz-meta-name", "Jörg +1"),
            pair("x-amz-sdk-checksum-algorithm", "CRC32"),
        ]
    );
    assert_eq!(verified.payload, PayloadHash::Unsigned);
}

#[test]
fn aws_sdk_v2_lists_metadata_as_signed_headers_but_sends_it_in_the_query() {
    let query = format!("{}&x-amz-meta-foo=a%20%20b", auth_query("host%3Bx-amz-meta-foo"));
    let headers = format!("host:{HOST}\nx-amz-meta-foo:a b\n");
    let sent = by_hand(&query, &headers, "host;x-amz-meta-foo", "UNSIGNED-PAYLOAD", &query);
    let verified = sent.judge(NOW_S).unwrap();
    assert_eq!(verified.hoisted, [pair("x-amz-meta-foo", "a  b")]);
    assert_eq!(sent.set_parameter("x-amz-meta-foo", "c").refusal().0, Kind::SignatureDoesNotMatch);
}

#[test]
fn aws_sdk_v2_signs_the_content_type_in_the_query() {
    let mut request = get_url();
    request.method = "PUT";
    request.query = &[("Content-Type", "image/png")];
    let sent = send_presigned(&request).add_header("content-type", "image/jpeg");
    let verified = sent.judge(NOW_S).unwrap();
    assert_eq!(verified.query_content_type.as_deref(), Some("image/png"));
    assert!(verified.hoisted.is_empty());

    request.query = &[("Content-Type", "image/png"), ("content-type", "text/html")];
    let twice = send_presigned(&request);
    assert_eq!(twice.refusal().1, "Duplicate search parameter Content-Type");
    request.query = &[("Content-Type", "image/png\r\nx-evil: 1")];
    assert_eq!(send_presigned(&request).refusal().0, Kind::InvalidArgument);
}

#[test]
fn a_signed_header_that_did_not_arrive_counts_as_empty() {
    let query = auth_query("host%3Brange");
    let sent = by_hand(&query, &format!("host:{HOST}\nrange:\n"), "host;range", "UNSIGNED-PAYLOAD", &query);
    assert!(sent.judge(NOW_S).is_ok());
}

#[test]
fn parameters_may_come_in_any_order_and_spelling() {
    let canonical = format!("{}&a=1%202&a=b&flag=&x-id=PutObject", auth_query("host"));
    let headers = format!("host:{HOST}\n");
    for raw in [
        format!("x-id=PutObject&flag&a=b&a=1+2&{}", auth_query("host")),
        format!("flag=&{}&a=%31%202&a=b&&x-id=PutObject", auth_query("host")),
        format!("{}&x%2Did=PutObject&a=b&a=1%202&flag", auth_query("host").replace("%2F", "/")),
    ] {
        let sent = by_hand(&canonical, &headers, "host", "UNSIGNED-PAYLOAD", &raw);
        assert!(sent.judge(NOW_S).is_ok(), "{raw}");
    }
}

#[test]
fn bytes_that_are_not_utf8_can_be_signed() {
    let query = format!("{}&prefix=%FF%FE", auth_query("host"));
    let sent = by_hand(&query, &format!("host:{HOST}\n"), "host", "UNSIGNED-PAYLOAD", &query);
    assert!(sent.judge(NOW_S).is_ok());
}

#[test]
fn the_path_counts_verbatim_or_encoded_afresh() {
    let table = [
        // As signed, as sent.
        ("/b/a%20b", "/b/a b", true),
        ("/b/a%2Bb", "/b/a+b", true),
        ("/b/~x", "/b/%7Ex", true),
        ("/b/%C3%BC", "/b/ü", true),
        ("/b/(x)", "/b/(x)", true),
        ("/b/%28x%29", "/b/(x)", true),
        ("/b//x/../y/", "/b//x/../y/", true),
        ("/b/x", "/b//x", false),
        ("/b/y", "/b/x/../y", false),
        ("/b/%2541", "/b/A", false),
        ("/b/A", "/b/%2541", false),
        ("/b/a%20b", "/b/a+b", false),
    ];
    for (signed, sent_path, good) in table {
        let mut request = get_url();
        request.path = signed;
        let sent = Sent { path: sent_path.to_owned(), ..send_presigned(&request) };
        assert_eq!(sent.judge(NOW_S).is_ok(), good, "{signed} {sent_path}");
    }
}

#[test]
fn a_payload_hash_may_be_signed_and_is_then_a_promise() {
    let hash = payload_sha256(b"body");
    let promise = |sent: &Sent| matches!(sent.judge(NOW_S).unwrap().payload, PayloadHash::Sha256(_));
    let headers = format!("host:{HOST}\n");
    let query =
        format!("X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Content-Sha256={hash}{}", &auth_query("host")[32..]);
    assert!(promise(&by_hand(&query, &headers, "host", "UNSIGNED-PAYLOAD", &query)));
    assert!(promise(&by_hand(&query, &headers, "host", &hash, &query)));

    let names = "host;x-amz-content-sha256";
    let query = auth_query("host%3Bx-amz-content-sha256");
    let headers = format!("host:{HOST}\nx-amz-content-sha256:{hash}\n");
    for payload in ["UNSIGNED-PAYLOAD", &hash] {
        let sent =
            by_hand(&query, &headers, names, payload, &query).add_header("x-amz-content-sha256", &hash);
        assert!(promise(&sent));
    }
    // Not signed, but said.
    assert!(promise(&send_presigned(&get_url()).add_header("x-amz-content-sha256", &hash)));
}

#[test]
fn payload_statements_that_cannot_be_kept_are_refused() {
    let hash = payload_sha256(b"body");
    let mut request = get_url();
    let parameters = [("X-Amz-Content-Sha256", hash.as_str())];
    request.query = &parameters;
    let conflict = send_presigned(&request).add_header("x-amz-content-sha256", &payload_sha256(b"other"));
    assert_eq!(conflict.judge(NOW_S).unwrap_err(), Rejection::ContentSha256Conflict);
    let unknown = send_presigned(&get_url()).add_header("x-amz-content-sha256", "STREAMING-NEW-THING");
    assert!(matches!(unknown.judge(NOW_S).unwrap_err(), Rejection::UnknownContentSha256 { .. }));
}

/// Framing must come off whoever announced it, or it would be stored as content.
#[test]
fn a_streaming_body_on_a_presigned_url_is_decoded() {
    let sent =
        send_presigned(&get_url()).add_header("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER");
    let verified = sent.judge(NOW_S).unwrap();
    assert_eq!(verified.payload, PayloadHash::StreamingUnsignedTrailer);
    assert!(verified.chunk_decoder(None, None).is_some());
    let forged = sent.set_parameter("X-Amz-Signature", &"0".repeat(64));
    assert_eq!(forged.refusal().0, Kind::SignatureDoesNotMatch);
}

#[test]
fn a_signature_for_another_of_our_names_is_accepted_and_named() {
    let names = ["minio:9000".to_owned(), "localhost:9000".to_owned(), "files.example".to_owned()];
    let sent = send_presigned(&get_url());
    assert_eq!(sent.judge_with(NOW_S, &names).unwrap().matched_host, None);
    let proxied = sent.set_header("host", "files.example");
    assert_eq!(proxied.judge_with(NOW_S, &names).unwrap().matched_host.as_deref(), Some("localhost:9000"));
    assert_eq!(proxied.judge_with(NOW_S, &names[..1]).unwrap_err().kind(), Kind::SignatureDoesNotMatch);
    // Other differences do not hide behind it.
    let tampered = Sent { path: "/user-uploads/dog.png".to_owned(), ..proxied };
    assert_eq!(tampered.judge_with(NOW_S, &names).unwrap_err().kind(), Kind::SignatureDoesNotMatch);
}

#[test]
fn only_the_first_32_names_are_tried() {
    let mut names: Vec<String> = (0..31).map(|i| format!("h{i}")).collect();
    names.push(HOST.to_owned());
    let sent = send_presigned(&get_url()).set_header("host", "other");
    assert!(sent.judge_with(NOW_S, &names).is_ok());
    names.insert(0, "h".to_owned());
    assert!(sent.judge_with(NOW_S, &names).is_err());
}

#[test]
fn unsigned_headers_are_refused_unless_harmless() {
    let sent = send_presigned(&get_url());
    for name in [
        "x-amz-copy-source",
        "x-amz-acl",
        "x-amz-tagging",
        "x-amz-meta-a",
        "x-amz-storage-class",
        "x-amz-server-side-encryption",
        "x-amz-decoded-content-length",
        "cf-create-bucket-if-missing",
        "cf-copy-destination-if-match",
    ] {
        let rejection = sent.clone().add_header(name, "1").add_header(name, "2").judge(NOW_S).unwrap_err();
        assert_eq!(rejection, Rejection::HeadersNotSigned { names: vec![name.to_owned()] });
    }
    let token = sent.clone().add_header("x-amz-security-token", "1");
    assert_eq!(token.refusal().0, Kind::HeadersNotSigned);
    for name in [
        "content-type",
        "origin",
        "user-agent",
        "range",
        "amz-sdk-request",
        "x-amz-checksum-crc32",
        "x-amz-checksum-mode",
        "x-amz-sdk-checksum-algorithm",
        "x-amz-date",
        "x-amz-user-agent",
        "x-amzn-trace-id",
        "x-amz-cf-id",
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
    ] {
        assert!(sent.clone().add_header(name, "1").judge(NOW_S).is_ok(), "{name}");
    }
}

#[test]
fn a_header_that_repeats_its_signed_parameter_adds_nothing() {
    let mut request = get_url();
    request.query = &[("x-amz-acl", "private")];
    let sent = send_presigned(&request);
    assert!(sent.clone().add_header("x-amz-acl", "private").judge(NOW_S).is_ok());
    let other = sent.add_header("x-amz-acl", "public-read");
    assert_eq!(other.refusal().0, Kind::HeadersNotSigned);
}

/// A checksum in the URL is the signer's promise of the content. Only the one that an SDK computes of no body
/// gives way to the checksum of whoever uploads.
#[test]
fn a_checksum_header_does_not_replace_a_signed_one() {
    let placeholders = [
        ("x-amz-checksum-crc32", "AAAAAA=="),
        ("x-amz-checksum-crc32c", "AAAAAA=="),
        ("x-amz-checksum-crc64nvme", "AAAAAAAAAAA="),
        ("x-amz-checksum-sha1", "2jmj7l5rSw0yVb/vlWAYkK/YBwk="),
        ("x-amz-checksum-sha256", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
    ];
    let signed_then_sent = |name: &str, signed: &str, sent: &str| {
        let query = [(name, signed)];
        let request = PresignRequest { method: "PUT", query: &query, ..get_url() };
        send_presigned(&request).add_header(name, sent).judge(NOW_S)
    };
    for (name, placeholder) in placeholders {
        assert!(signed_then_sent(name, placeholder, "NhCmhg==").is_ok(), "{name}");
        assert!(signed_then_sent(name, "c29tZQ==", "c29tZQ==").is_ok(), "{name}");
        let other = signed_then_sent(name, "c29tZQ==", "NhCmhg==").unwrap_err();
        assert_eq!(other, Rejection::HeadersNotSigned { names: vec![name.to_owned()] });
    }
}

#[test]
fn a_session_token_comes_from_the_query_or_a_header() {
    let mut request = get_url();
    request.session_token = Some("a+b/c=");
    let token = |sent: &Sent| sent.with(|request| sigv4::parse(request, NOW_S)).unwrap().session_token;
    let sent = send_presigned(&request);
    assert_eq!(token(&sent).as_deref(), Some("a+b/c="));
    assert!(sent.judge(NOW_S).is_ok());
    let mut list = crate::fixture::list();
    list.session_token = Some("t");
    assert_eq!(token(&crate::fixture::send_signed(&list)).as_deref(), Some("t"));
    assert_eq!(token(&send_presigned(&get_url())), None);
}

#[test]
fn a_wrong_key_does_not_verify() {
    let sent = send_presigned(&get_url());
    sent.with(|request| {
        let claim = sigv4::parse(request, NOW_S).unwrap();
        for key in [signing_key("other", "20260102", "auto"), signing_key(SECRET, "20260103", "auto")] {
            assert_eq!(
                claim.verify(request, &key, NOW_S, &[]).unwrap_err().kind(),
                Kind::SignatureDoesNotMatch
            );
        }
    });
}
