//! One thing changed after signing, each in turn: every change is refused, and with the right kind.

use sigv4::RejectionKind as Kind;

use crate::fixture::{NOW_S, Sent, get_url, list, send_presigned, send_signed};

/// A presigned PUT with a signed content type, several parameters and a session token.
fn upload() -> Sent {
    let mut request = get_url();
    request.method = "PUT";
    request.path = "/user-uploads/a%20b/%C3%BC.jpg";
    request.headers = &[("content-type", "image/jpeg"), ("x-amz-meta-owner", "me")];
    request.query = &[("x-id", "PutObject"), ("x-amz-meta-note", "hoisted")];
    request.session_token = Some("token");
    send_presigned(&request)
}

#[test]
fn a_presigned_request_changed_in_one_place() {
    assert!(upload().judge(NOW_S).is_ok());
    let method = |method: &str| Sent { method: method.to_owned(), ..upload() };
    let path = |path: &str| Sent { path: path.to_owned(), ..upload() };
    let signature = upload().parameter("X-Amz-Signature");
    let flipped = format!("{}{}", if signature.starts_with('0') { '1' } else { '0' }, &signature[1..]);
    let credential = upload().parameter("X-Amz-Credential");
    let table = [
        ("method", method("GET"), Kind::SignatureDoesNotMatch),
        ("method, HEAD", method("HEAD"), Kind::SignatureDoesNotMatch),
        ("method, DELETE", method("DELETE"), Kind::SignatureDoesNotMatch),
        ("method, letter case", method("put"), Kind::SignatureDoesNotMatch),
        ("bucket", path("/other-uploads/a%20b/%C3%BC.jpg"), Kind::SignatureDoesNotMatch),
        ("key", path("/user-uploads/a%20b/%C3%BD.jpg"), Kind::SignatureDoesNotMatch),
        ("key, slash doubled", path("/user-uploads//a%20b/%C3%BC.jpg"), Kind::SignatureDoesNotMatch),
        ("key, dot segment", path("/user-uploads/./a%20b/%C3%BC.jpg"), Kind::SignatureDoesNotMatch),
        ("key, slash at the end", path("/user-uploads/a%20b/%C3%BC.jpg/"), Kind::SignatureDoesNotMatch),
        ("key, encoded twice", path("/user-uploads/a%2520b/%25C3%25BC.jpg"), Kind::SignatureDoesNotMatch),
        ("key, plus for space", path("/user-uploads/a+b/%C3%BC.jpg"), Kind::SignatureDoesNotMatch),
        ("expiry, longer", upload().set_parameter("X-Amz-Expires", "301"), Kind::SignatureDoesNotMatch),
        (
            "expiry, spelled otherwise",
            upload().set_parameter("X-Amz-Expires", "0300"),
            Kind::SignatureDoesNotMatch,
        ),
        ("expiry, none", upload().set_parameter("X-Amz-Expires", "0"), Kind::ExpiredRequest),
        ("date", upload().set_parameter("X-Amz-Date", "20260102T030406Z"), Kind::SignatureDoesNotMatch),
        ("date, over", upload().set_parameter("X-Amz-Date", "20260102T025904Z"), Kind::ExpiredRequest),
        ("date, far ahead", upload().set_parameter("X-Amz-Date", "20260102T040405Z"), Kind::NotYetValid),
        ("date, next day", upload().set_parameter("X-Amz-Date", "20260103T030405Z"), Kind::InvalidArgument),
        (
            "access key id",
            upload().set_parameter("X-Amz-Credential", &credential.replacen('0', "1", 1)),
            Kind::Unauthorized,
        ),
        (
            "region",
            upload().set_parameter("X-Amz-Credential", &credential.replace("auto", "us-east-1")),
            Kind::SignatureDoesNotMatch,
        ),
        (
            "scope date",
            upload().set_parameter("X-Amz-Credential", &credential.replace("20260102", "20260103")),
            Kind::InvalidArgument,
        ),
        ("algorithm", upload().set_parameter("X-Amz-Algorithm", "AWS4-HMAC-SHA1"), Kind::InvalidRequest),
        ("signature", upload().set_parameter("X-Amz-Signature", &flipped), Kind::SignatureDoesNotMatch),
        (
            "session token",
            upload().set_parameter("X-Amz-Security-Token", "other"),
            Kind::SignatureDoesNotMatch,
        ),
        ("session token gone", upload().drop_parameter("X-Amz-Security-Token"), Kind::SignatureDoesNotMatch),
        ("host", upload().set_header("host", "evil.example"), Kind::SignatureDoesNotMatch),
        ("host, port", upload().set_header("host", "localhost:9001"), Kind::SignatureDoesNotMatch),
        ("host gone", upload().drop_header("host"), Kind::SignatureDoesNotMatch),
        ("host twice", upload().add_header("host", "localhost:9000"), Kind::SignatureDoesNotMatch),
        ("content type", upload().set_header("content-type", "image/jpg"), Kind::SignatureDoesNotMatch),
        (
            "content type, parameter",
            upload().set_header("content-type", "image/jpeg; charset=x"),
            Kind::SignatureDoesNotMatch,
        ),
        ("content type gone", upload().drop_header("content-type"), Kind::SignatureDoesNotMatch),
        ("metadata", upload().set_header("x-amz-meta-owner", "you"), Kind::SignatureDoesNotMatch),
        ("metadata twice", upload().add_header("x-amz-meta-owner", "you"), Kind::SignatureDoesNotMatch),
        ("metadata gone", upload().drop_header("x-amz-meta-owner"), Kind::SignatureDoesNotMatch),
        ("signed headers", upload().set_parameter("X-Amz-SignedHeaders", "host"), Kind::HeadersNotSigned),
        (
            "host no longer signed",
            upload().set_parameter("X-Amz-SignedHeaders", "content-type%3Bx-amz-meta-owner"),
            Kind::Unauthorized,
        ),
        ("parameter", upload().set_parameter("x-id", "GetObject"), Kind::SignatureDoesNotMatch),
        ("hoisted header", upload().set_parameter("x-amz-meta-note", "x"), Kind::SignatureDoesNotMatch),
        ("parameter gone", upload().drop_parameter("x-id"), Kind::SignatureDoesNotMatch),
        ("parameter added", upload().append("utm_source=x"), Kind::SignatureDoesNotMatch),
        ("parameter twice", upload().append("x-id=PutObject"), Kind::SignatureDoesNotMatch),
        ("copy source in the query", upload().append("x-amz-copy-source=/b/k"), Kind::SignatureDoesNotMatch),
        ("copy source", upload().add_header("x-amz-copy-source", "/b/k"), Kind::HeadersNotSigned),
        (
            "other payload",
            upload().append("X-Amz-Content-Sha256=UNSIGNED-PAYLOAD"),
            Kind::SignatureDoesNotMatch,
        ),
    ];
    for (what, sent, kind) in table {
        let rejection = sent.judge(NOW_S).expect_err(what);
        assert_eq!(rejection.kind(), kind, "{what}");
    }
}

#[test]
fn a_header_signed_request_changed_in_one_place() {
    let good = || {
        let mut request = list();
        request.headers = &[("content-type", "text/plain"), ("x-amz-meta-a", "1")];
        request.session_token = Some("token");
        send_signed(&request)
    };
    assert!(good().judge(NOW_S).is_ok());
    let authorization = good().header("authorization");
    let with = |from: &str, to: &str| good().set_header("authorization", &authorization.replace(from, to));
    let hash = sigv4::sign::payload_sha256(b"");
    let table = [
        ("method", Sent { method: "DELETE".to_owned(), ..good() }, Kind::SignatureDoesNotMatch),
        ("path", Sent { path: "/user-upload".to_owned(), ..good() }, Kind::SignatureDoesNotMatch),
        ("parameter", good().set_parameter("list-type", "1"), Kind::SignatureDoesNotMatch),
        ("parameter added", good().append("acl"), Kind::SignatureDoesNotMatch),
        ("signature parameter added", good().append("X-Amz-Signature=x"), Kind::SignatureDoesNotMatch),
        ("query gone", Sent { query: None, ..good() }, Kind::SignatureDoesNotMatch),
        ("date", good().set_header("x-amz-date", "20260102T030404Z"), Kind::SignatureDoesNotMatch),
        ("payload", good().set_header("x-amz-content-sha256", &hash), Kind::SignatureDoesNotMatch),
        (
            "payload mode",
            good().set_header("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
            Kind::SignatureDoesNotMatch,
        ),
        ("content type", good().set_header("content-type", "text/html"), Kind::SignatureDoesNotMatch),
        ("metadata", good().set_header("x-amz-meta-a", "2"), Kind::SignatureDoesNotMatch),
        ("token", good().set_header("x-amz-security-token", "other"), Kind::SignatureDoesNotMatch),
        ("token gone", good().drop_header("x-amz-security-token"), Kind::SignatureDoesNotMatch),
        ("copy source", good().add_header("x-amz-copy-source", "/b/k"), Kind::HeadersNotSigned),
        ("extension", good().add_header("cf-create-bucket-if-missing", "true"), Kind::HeadersNotSigned),
        ("region", with("auto", "eu-west-1"), Kind::SignatureDoesNotMatch),
        ("access key id", with("Credential=0", "Credential=1"), Kind::Unauthorized),
        ("no host", with("content-type;host", "content-type"), Kind::Unauthorized),
        ("no token", with(";x-amz-security-token", ""), Kind::HeadersNotSigned),
        (
            "order of signed headers",
            with("content-type;host", "host;content-type"),
            Kind::SignatureDoesNotMatch,
        ),
    ];
    for (what, sent, kind) in table {
        let rejection = sent.judge(NOW_S).expect_err(what);
        assert_eq!(rejection.kind(), kind, "{what}");
    }
}
