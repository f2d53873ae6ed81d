//! Hints: for each thing that commonly goes wrong between a signer and us, the line that names it.

use sigv4::sign::{HeaderRequest, PresignRequest};
use sigv4::{Rejection, parse, signing_key, uri_encode};

use crate::fixture::{ACCESS_KEY_ID, HOST, NOW_S, SECRET, Sent, get_url, list, send_presigned, send_signed};
use crate::oracle::hmac_hex;

const NO_HOSTS: &[String] = &[];

fn url() -> Sent {
    send_presigned(&get_url())
}

/// A presigned PUT with these signed headers.
fn put(headers: &'static [(&'static str, &'static str)]) -> Sent {
    send_presigned(&PresignRequest { method: "PUT", headers, ..get_url() })
}

fn with_path(signed: &str, sent: &str) -> Sent {
    Sent { path: sent.to_owned(), ..send_presigned(&PresignRequest { path: signed, ..get_url() }) }
}

fn with_host(signed: &str, sent: &str) -> Sent {
    send_presigned(&PresignRequest { host: signed, ..get_url() }).set_header("host", sent)
}

#[track_caller]
fn assert_hint(sent: &Sent, expected: &str) {
    assert_eq!(sent.hint(NOW_S, NO_HOSTS), expected);
}

/// A hint that names the two hosts, and what to do about it.
#[track_caller]
fn assert_host_hint(hint: &str, signed: &str, received: &str) {
    let (difference, remedy) = hint.split_once("; ").unwrap();
    assert_eq!(difference, format!("signed for host {signed}, received {received}"));
    assert!(remedy.contains("pass the Host header on") && remedy.contains("public_url"), "{remedy}");
}

#[test]
fn another_method() {
    for method in ["PUT", "HEAD", "POST", "DELETE"] {
        let sent = Sent { method: method.to_owned(), ..url() };
        assert_hint(&sent, &format!("signed for GET; the request is {method}"));
    }
}

#[test]
fn another_host() {
    let candidates = ["minio:9000".to_owned(), "files.example".to_owned()];
    let hint = with_host("minio:9000", HOST).hint(NOW_S, &candidates);
    assert_host_hint(&hint, "minio:9000", "localhost:9000");
    // Beside what is guessed, all of as many names as a server may declare.
    let candidates: Vec<String> = (0..16).map(|i| format!("h{i}")).collect();
    assert_host_hint(&with_host("h15", HOST).hint(NOW_S, &candidates), "h15", "localhost:9000");
    let table = [
        // As signed, as received.
        ("files.example", "files.example:443"),
        ("files.example:80", "files.example"),
        ("files.example:443", "files.example"),
        ("files.example", "Files.Example"),
        ("127.0.0.1:9000", "localhost:9000"),
        ("localhost:9000", "127.0.0.1:9000"),
    ];
    for (signed, received) in table {
        assert_host_hint(&with_host(signed, received).hint(NOW_S, NO_HOSTS), signed, received);
    }
}

#[test]
fn another_host_told_by_a_proxy() {
    let sent = with_host("files.example", "backend:9000").add_header("x-forwarded-host", "files.example, x");
    assert_host_hint(&sent.hint(NOW_S, NO_HOSTS), "files.example", "backend:9000");
    let sent =
        with_host("files.example:8443", "backend:9000").add_header("x-forwarded-host", "files.example");
    let hint = sent.add_header("x-forwarded-port", "8443").hint(NOW_S, NO_HOSTS);
    assert_host_hint(&hint, "files.example:8443", "backend:9000");
}

#[test]
fn another_content_type() {
    let sent = put(&[("content-type", "image/jpeg")]);
    let with = |value: &str| sent.clone().set_header("content-type", value);
    assert_hint(&with("image/jpg"), "Content-Type is signed as image/jpeg; the request sent image/jpg");
    assert_hint(
        &with("image/jpeg; charset=x"),
        "Content-Type is signed as image/jpeg; the request sent image/jpeg; charset=x",
    );
    assert_hint(
        &sent.clone().drop_header("content-type"),
        "Content-Type is signed as image/jpeg; the request sent none",
    );
    let charset =
        put(&[("content-type", "text/x-odd; charset=utf-8")]).set_header("content-type", "text/x-odd");
    assert_hint(&charset, "Content-Type is signed as text/x-odd; charset=utf-8; the request sent text/x-odd");
    let empty = put(&[("content-type", "")]).set_header("content-type", "image/png");
    assert_hint(&empty, "Content-Type is signed as empty; the request sent image/png");
    // What was signed cannot be guessed.
    let odd = put(&[("content-type", "x-odd/y")]).set_header("content-type", "image/jpg");
    assert_hint(&odd, "Content-Type is signed; the request sent image/jpg");
}

/// The signature holds; the door refuses because aws-sdk v2 promised another type.
#[test]
fn another_content_type_than_the_signed_parameter() {
    let query = [("Content-Type", "image/png")];
    let sent = send_presigned(&PresignRequest { method: "PUT", query: &query, ..get_url() });
    let hint = |sent: &Sent| {
        sent.with(|request| {
            let claim = parse(request, NOW_S).unwrap();
            let key = signing_key(SECRET, &claim.scope.date, &claim.scope.region);
            let verified = claim.verify(request, &key, NOW_S, NO_HOSTS).unwrap();
            assert_eq!(verified.query_content_type.as_deref(), Some("image/png"));
            let rejection = Rejection::SignatureDoesNotMatch(Box::new(claim.mismatch(request)));
            sigv4::explain(request, &claim, &key, &rejection, NO_HOSTS).unwrap()
        })
    };
    let other = sent.clone().add_header("content-type", "image/jpeg");
    assert_eq!(hint(&other), "Content-Type is signed in the URL as image/png; the request sent image/jpeg");
    assert_eq!(hint(&sent), "Content-Type is signed in the URL as image/png; the request sent none");
}

#[test]
fn parameters_added_after_signing() {
    assert_hint(&url().append("utm_source=mail"), "the query parameter utm_source was added after signing");
    let sent = Sent { query: url().query.map(|query| format!("fbclid=1&{query}")), ..url() };
    assert_hint(&sent, "the query parameter fbclid was added after signing");
    assert_hint(
        &url().append("utm_source=a&utm_medium=b&gclid"),
        "the query parameters utm_source, utm_medium, gclid were added after signing",
    );
    let signed = send_signed(&list()).append("acl");
    assert_hint(&signed, "the query parameter acl was added after signing");
}

#[test]
fn a_plus_that_was_meant_literally() {
    let query = [("prefix", "a+b")];
    let sent = send_presigned(&PresignRequest { query: &query, ..get_url() }).set_parameter("prefix", "a+b");
    assert_hint(
        &sent,
        "a '+' in the query was signed as a plus sign; send it as %2B, since '+' means a space",
    );
}

#[test]
fn another_expiry() {
    let sent = url().set_parameter("X-Amz-Expires", "86400");
    assert_hint(&sent, "X-Amz-Expires was changed: signed for 300, received 86400");
}

#[test]
fn another_path() {
    let table = [
        (
            "/b/a%2520b",
            "/b/a%20b",
            "the path was encoded twice when it was signed; S3 encodes it once (signed /b/a%2520b, received /b/a%20b)",
        ),
        (
            "/b/a%20b",
            "/b/a+b",
            "a space in the path was sent as '+'; send it as %20 (signed /b/a%20b, received /b/a+b)",
        ),
        (
            "/b/a b",
            "/b/a%20b",
            "the path was signed without percent-encoding (signed /b/a b, received /b/a%20b)",
        ),
        (
            "/b/y",
            "/b/x/../y",
            "the path was normalised when it was signed; S3 keeps //, . and .. as they are (signed /b/y, received \
             /b/x/../y)",
        ),
        (
            "/b/x",
            "/b//x",
            "the path was normalised when it was signed; S3 keeps //, . and .. as they are (signed /b/x, received \
             /b//x)",
        ),
        ("/b/", "/b", "the path was signed with a slash at its end (signed /b/, received /b)"),
        ("/b/x", "/b/x/", "the path was signed without a slash at its end (signed /b/x, received /b/x/)"),
        ("/k/x", "/b/k/x", "the path was signed without its first segment (signed /k/x, received /b/k/x)"),
    ];
    for (signed, sent, hint) in table {
        assert_hint(&with_path(signed, sent), hint);
    }
    let sent = with_path("/s3/b/k", "/b/k").add_header("x-forwarded-prefix", "/s3/");
    assert_hint(&sent, "a proxy took a prefix off the path (signed /s3/b/k, received /b/k)");
}

#[test]
fn a_header_that_a_proxy_changed() {
    let sent = |headers| HeaderRequest { headers, ..list() };
    let encoding =
        send_signed(&sent(&[("accept-encoding", "identity")])).set_header("accept-encoding", "gzip, br");
    assert_hint(
        &encoding,
        "accept-encoding was signed as identity and arrived as gzip, br; a proxy changes it",
    );
    let dropped = send_signed(&sent(&[("user-agent", "")])).set_header("user-agent", "proxy");
    assert_hint(&dropped, "user-agent was signed as empty and arrived as proxy; a proxy changes it");
    let gone = send_signed(&sent(&[("range", "bytes=0-1")])).drop_header("range");
    assert_hint(&gone, "the signed header range did not arrive");
}

#[test]
fn the_hash_of_an_empty_body_signed() {
    let empty = sigv4::sign::payload_sha256(b"");
    let query = url().query.unwrap();
    let canonical_query = &query[..query.find("&X-Amz-Signature").unwrap()];
    let canonical = format!("GET\n/user-uploads/cat.png\n{canonical_query}\nhost:{HOST}\n\nhost\n{empty}");
    let hash = sigv4::sign::payload_sha256(canonical.as_bytes());
    let scope = "20260102/auto/s3/aws4_request";
    let signature =
        hmac_hex(SECRET, "20260102", "auto", &format!("AWS4-HMAC-SHA256\n20260102T030405Z\n{scope}\n{hash}"));
    let sent = url().set_parameter("X-Amz-Signature", &signature);
    assert_hint(
        &sent,
        "signed with the hash of an empty body; presigned URLs are signed with UNSIGNED-PAYLOAD",
    );
}

#[test]
fn a_signature_that_is_none() {
    let hint = "the signature is not 64 lower-case hexadecimal digits";
    assert_hint(&url().set_parameter("X-Amz-Signature", "abc"), hint);
    assert_hint(
        &url().set_parameter("X-Amz-Signature", &url().parameter("X-Amz-Signature").to_uppercase()),
        hint,
    );
}

#[test]
fn nothing_that_we_can_name() {
    let stranger = send_presigned(&PresignRequest { secret: "stranger", ..get_url() });
    let hint = stranger.hint(NOW_S, NO_HOSTS);
    assert!(hint.starts_with("nothing in the request explains it; check the secret access key"), "{hint}");
}

#[test]
fn clocks_and_expiry() {
    assert_eq!(url().hint(NOW_S + 312, NO_HOSTS), "expired 12 s ago (signed 20260102T030405Z for 300 s)");
    let ahead = url().hint(NOW_S - 21 * 60, NO_HOSTS);
    assert!(ahead.starts_with("signed for 20260102T030405Z, which is 21 min ahead"), "{ahead}");
    let behind = send_signed(&list()).hint(NOW_S + 21 * 60, NO_HOSTS);
    assert!(behind.starts_with("the client's clock differs by 21 min: it is behind"), "{behind}");
}

#[test]
fn refusals_that_explain_themselves() {
    let copy = url().add_header("x-amz-copy-source", "/b/k");
    assert_hint(&copy, "not signed: x-amz-copy-source; sign these headers, or do not send them");
    let bearer = url().add_header("authorization", "Bearer abc");
    assert!(bearer.hint(NOW_S, NO_HOSTS).contains("remove that header"));
    let bearer = bearer.add_header("x-amz-content-sha256", "UNSIGNED-PAYLOAD");
    assert!(bearer.hint(NOW_S, NO_HOSTS).contains("remove that header"));
    let sigv2 = Sent::new("GET", "/b/k?AWSAccessKeyId=a&Signature=b%3D&Expires=1", &[("host", "h")]);
    assert!(sigv2.hint(NOW_S, NO_HOSTS).contains("s3v4"));
    let host = url().set_parameter("X-Amz-SignedHeaders", "range");
    assert_hint(&host, "host must be among the signed headers");
}

/// Behind a proxy every signature is for another of our names; that must not hide what else is wrong.
#[test]
fn a_second_difference_beside_a_declared_host() {
    let names = ["files.example".to_owned()];
    let request = PresignRequest {
        method: "PUT",
        host: "files.example",
        headers: &[("content-type", "image/jpeg")],
        ..get_url()
    };
    let sent = send_presigned(&request).set_header("host", "backend:9000");
    assert!(sent.judge_with(NOW_S, &names).is_ok());
    let other = sent.clone().set_header("content-type", "image/jpg");
    let hint = other.hint(NOW_S, &names);
    assert_eq!(hint, "Content-Type is signed as image/jpeg; the request sent image/jpg");
    let hint = sent.append("utm_source=x").hint(NOW_S, &names);
    assert_eq!(hint, "the query parameter utm_source was added after signing");
}

#[test]
fn a_hint_is_one_line_whatever_was_sent() {
    let table = [
        with_host(HOST, "evil\r\nhost: x"),
        Sent { method: "GET\nX".to_owned(), ..url() },
        url().append("a%0D%0Ab=1"),
        put(&[("content-type", "image/jpeg")]).set_header("content-type", "a\r\nb"),
        with_path("/b/a%0Ab", "/b/a%250Ab"),
    ];
    for sent in table {
        let hint = sent.hint(NOW_S, &["files.example".to_owned()]);
        assert!(!hint.chars().any(char::is_control), "{hint}");
        assert!(hint.chars().count() < 600, "{hint}");
    }
}

/// Neither the secret, nor a key made from it, nor the signature that would have been right.
#[test]
fn no_hint_gives_a_secret_away() {
    let names = ["files.example".to_owned(), "minio:9000".to_owned()];
    let token = PresignRequest { session_token: Some("hush-hush"), ..get_url() };
    let table = [
        Sent { method: "PUT".to_owned(), ..url() },
        with_host("minio:9000", HOST),
        put(&[("content-type", "image/jpeg")]).set_header("content-type", "image/jpg"),
        put(&[("x-amz-meta-a", "hush-hush")]).set_header("x-amz-meta-a", "other"),
        url().append("utm_source=x"),
        url().set_parameter("X-Amz-Expires", "600"),
        url().set_parameter("X-Amz-Signature", &"0".repeat(64)),
        send_presigned(&token).set_parameter("X-Amz-Security-Token", "other"),
        send_presigned(&token).append("a=b"),
        with_path("/b/a%2520b", "/b/a%20b"),
        send_presigned(&PresignRequest { secret: "stranger", ..get_url() }),
        send_signed(&list()).append("acl"),
    ];
    let key_hex = "c3449cde87a1ee56ca05f2a6a01f8311dd07af90d23f396d304587bf5f913ffb";
    for sent in table {
        let Err(Rejection::SignatureDoesNotMatch(mismatch)) = sent.judge(NOW_S) else {
            panic!("must not match")
        };
        let right = hmac_hex(SECRET, "20260102", "auto", &mismatch.string_to_sign);
        let hint = sent.hint(NOW_S, &names);
        let canonical = String::from_utf8_lossy(&mismatch.canonical_request).into_owned();
        let message = Rejection::SignatureDoesNotMatch(mismatch.clone()).message();
        let shown = format!("{hint} {message} {canonical} {} {mismatch:?}", mismatch.string_to_sign);
        for secret in [SECRET, key_hex, &right] {
            assert!(!shown.contains(secret), "{shown}");
        }
        assert!(!hint.contains("hush-hush") && !hint.contains(&mismatch.signature_provided), "{hint}");
        assert!(!hint.contains(&uri_encode(ACCESS_KEY_ID.as_bytes(), false)), "{hint}");
    }
}
