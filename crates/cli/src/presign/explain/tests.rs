use domain::{AccountId, BucketName};
use proptest::prelude::*;
use sigv4::sign::{PresignRequest, presign};

use super::*;
use crate::connection::{Credentials, Endpoint};
use auth::{Claims, Permission, SecretAccessKey, Session, temporary};

const ID: &str = "0123456789abcdef0123456789abcdef";
const SECRET: &str = "2d38400385ce4bd5280b72ae6c99e3d821c1fe3a53ab9887c59e4d58bbee60d9";
const HOST: &str = "127.0.0.1:9000";
const DATE_S: i64 = 1_767_323_045;

/// What is signed, and changed per test.
struct Wanted<'a> {
    method: &'a str,
    host: &'a str,
    path: &'a str,
    query: &'a [(&'a str, &'a str)],
    headers: &'a [(&'a str, &'a str)],
    expires_s: u32,
    secret: &'a str,
    session_token: Option<&'a str>,
}

const GET: Wanted<'_> = Wanted {
    method: "GET",
    host: HOST,
    path: "/user-uploads/a.txt",
    query: &[],
    headers: &[],
    expires_s: 900,
    secret: SECRET,
    session_token: None,
};

impl Wanted<'_> {
    fn url(&self) -> String {
        let query = presign(&PresignRequest {
            method: self.method,
            host: self.host,
            path: self.path,
            query: self.query,
            headers: self.headers,
            region: "auto",
            access_key_id: ID,
            secret: self.secret,
            date_s: DATE_S,
            expires_s: self.expires_s,
            session_token: self.session_token,
        });
        format!("http://{}{}?{query}", self.host, self.path)
    }
}

/// A minute after signing, with the key pair.
fn given() -> Given {
    Given {
        method: None,
        headers: Vec::new(),
        body_length: None,
        at: Timestamp::from_seconds(DATE_S + 60),
        endpoint: Endpoint::parse("http://127.0.0.1:9000").ok(),
        credentials: Some(Credentials {
            access_key_id: ID.to_owned(),
            secret: SecretAccessKey::new(SECRET),
            session_token: None,
            source: "R2_ACCESS_KEY_ID".to_owned(),
        }),
    }
}

fn without_secret() -> Given {
    Given { credentials: None, ..given() }
}

fn with_headers(headers: &[(&str, &str)], given: Given) -> Given {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Given { headers, ..given }
}

fn by(method: &str, given: Given) -> Given {
    Given { method: Some(method.to_owned()), ..given }
}

/// Both answers in one text, in which no secret and no signature may be.
fn said(url: &str, given: &Given) -> (bool, String) {
    let subject = Subject::parse(url).unwrap();
    let facts = Facts::of(&subject, given);
    let said = format!("{}{:#}", document::text(&facts), document::json(&facts));
    assert!(!said.contains(SECRET), "{said}");
    let signature = url.split_once("X-Amz-Signature=").map(|(_, rest)| rest.split('&').next().unwrap());
    for part in signature.into_iter().filter(|signature| signature.len() > 16) {
        assert!(!said.contains(&part[..16]), "{said}");
    }
    (facts.refusals.is_empty(), said)
}

/// A URL, how it is used, whether that is fine, and what must be said.
#[track_caller]
fn expect(url: &str, given: &Given, accepted: bool, words: &[&str]) {
    let (is_accepted, said) = said(url, given);
    assert_eq!(is_accepted, accepted, "{url}\n{said}");
    for word in words {
        assert!(said.contains(word), "{word:?} is not in\n{said}");
    }
}

#[test]
fn a_good_url_is_told_whole() {
    expect(
        &GET.url(),
        &given(),
        true,
        &[
            "GetObject of a.txt in the bucket user-uploads",
            "method       GET (the signature says so)",
            "valid until  2026-01-02T03:19:05Z (in 14 min)",
            "signature    matches",
            "Nothing here speaks against it.",
            "\"remaining_s\": 840",
        ],
    );
    let limits = [("x-larder-max-bytes", "10485760"), ("x-larder-content-type", "image/*")];
    let put = Wanted { method: "PUT", query: &limits, ..GET };
    let words = [
        "PutObject of a.txt",
        "limits       at most 10 MiB; Content-Type image/*",
        "\"max_bytes\": 10485760",
    ];
    expect(&put.url(), &given(), true, &words);
    expect(
        &put.url(),
        &without_secret(),
        true,
        &["PUT (by its parameters)", "not checked: there is no key pair"],
    );
    let reply = [("response-content-disposition", "attachment; filename=\"x\"")];
    let url = Wanted { query: &reply, ..GET }.url();
    expect(&url, &without_secret(), true, &["reply        content-disposition: attachment; filename=\"x\""]);
    for method in ["HEAD", "DELETE", "POST"] {
        let url = Wanted { method, ..GET }.url();
        expect(&url, &given(), true, &[&format!("method       {method} (the signature says so)")]);
    }
}

#[test]
fn what_time_does_to_it_is_said() {
    let at = |offset_s: i64| Given { at: Timestamp::from_seconds(DATE_S + offset_s), ..given() };
    let url = GET.url();
    expect(&url, &at(900), true, &["(in 0 s)"]);
    expect(
        &url,
        &at(912),
        false,
        &[
            "403 ExpiredRequest: Request has expired",
            "expired 12 s ago",
            "(12 s ago)",
            "signature    matches",
        ],
    );
    expect(&url, &at(-60), true, &["it is dated 60 s ahead"]);
    expect(&url, &at(-3_600), false, &["403 AccessDenied: Request is not yet valid", "60 min ahead"]);
    for (expires, words) in [
        ("604801", ["400 InvalidArgument", "seven days (604800 s) are the most"]),
        ("0", ["403 ExpiredRequest", "X-Amz-Expires is 0"]),
        ("-5", ["403 ExpiredRequest", "below zero"]),
        ("soon", ["400 InvalidArgument", "should be a number"]),
    ] {
        let url = url.replace("X-Amz-Expires=900", &format!("X-Amz-Expires={expires}"));
        expect(&url, &without_secret(), false, &words);
    }
    let longer = url.replace("X-Amz-Expires=900", "X-Amz-Expires=3600");
    expect(
        &longer,
        &given(),
        false,
        &["403 SignatureDoesNotMatch", "X-Amz-Expires was changed: signed for 900"],
    );
}

#[test]
fn another_method_or_key_is_named() {
    let put = Wanted { method: "PUT", ..GET };
    expect(&put.url(), &by("GET", given()), false, &["signed for PUT; the request is GET"]);
    expect(&put.url(), &without_secret(), true, &["nothing in a URL says which method"]);
    let moved = GET.url().replace("a.txt", "b.txt");
    expect(&moved, &given(), false, &["does not match: nothing in the request explains it"]);
    let other = Wanted { secret: "another", ..GET };
    expect(&other.url(), &given(), false, &["check the secret access key"]);
    let stranger = Given {
        credentials: given().credentials.map(|found| Credentials { access_key_id: "x".to_owned(), ..found }),
        ..given()
    };
    expect(
        &GET.url(),
        &stranger,
        true,
        &["not checked: the key pair of R2_ACCESS_KEY_ID is another one (x)"],
    );
}

#[test]
fn signed_headers_must_be_sent() {
    let put = Wanted { method: "PUT", headers: &[("content-type", "image/jpeg")], ..GET };
    let url = put.url();
    expect(&url, &without_secret(), true, &["must send    content-type", "PUT (by its parameters)"]);
    expect(&url, &given(), true, &["must send    content-type", "Content-Type is signed as image/jpeg"]);
    expect(
        &url,
        &by("PUT", without_secret()),
        false,
        &["403 SignatureDoesNotMatch", "not sent: content-type"],
    );
    let sent = |value| with_headers(&[("content-type", value)], by("PUT", given()));
    expect(&url, &sent("image/jpeg"), true, &["signature    matches"]);
    let words = ["Content-Type is signed as image/jpeg; the request sent image/jpg"];
    expect(&url, &sent("image/jpg"), false, &words);
    let acl = with_headers(&[("x-amz-acl", "private")], given());
    expect(&GET.url(), &acl, false, &["403 AccessDenied", "not signed: x-amz-acl", "signature    matches"]);
}

#[test]
fn what_was_broken_on_the_way_is_named() {
    let url = GET.url();
    let start = url.split('&').next().unwrap();
    for (broken, accepted, word) in [
        (url.replace('&', "&amp;"), true, "copied from HTML or XML"),
        (url.replace('&', "\\u0026"), true, "copied from JSON"),
        (format!("\"{url}\""), true, "quotes or brackets around it"),
        (url.replacen("X-Amz", "\nX-Amz", 1), true, "blanks or line breaks inside"),
        (format!("{url}#top"), true, "what is behind that is never sent"),
        (format!("{url}&x=1"), false, "the query parameter x was added after signing"),
        (start.to_owned(), false, "400 InvalidArgument"),
        (
            url.split('?').next().unwrap().to_owned(),
            false,
            "a presigned URL has X-Amz-Credential in its query",
        ),
        (url.split("&X-Amz-Signature").next().unwrap().to_owned(), false, "the URL was cut"),
        (url.replace("a.txt", "100%.txt"), false, "400 InvalidURI"),
        (url.replace("AWS4-HMAC-SHA256", "AWS4"), false, "Please use AWS4-HMAC-SHA256"),
        (url.replace("20260102T030405Z", "2026-01-02"), false, "didn't parse successfully"),
        (url.replace("%2Fs3%2F", "%2Fiam%2F"), false, "Credential service should be s3, not iam"),
        (
            url.replace("SignedHeaders=host", "SignedHeaders=x"),
            false,
            "host must be among the signed headers",
        ),
        (
            format!("{}{}", url.split('?').next().unwrap(), "?AWSAccessKeyId=a&Signature=b&Expires=1"),
            false,
            "Signature Version 2",
        ),
    ] {
        expect(&broken, &given(), accepted, &[word]);
    }
    for broken in ["", "user-uploads/a.txt", "ftp://a/b", "http://", "http:///b?c"] {
        assert!(Subject::parse(broken).is_err(), "{broken}");
    }
}

#[test]
fn hosts_and_paths_that_are_odd_are_named() {
    let at = |host, path| Wanted { host, path, ..GET }.url();
    for (url, word) in [
        (
            at("other:9000", "/user-uploads/a.txt"),
            "its host is other:9000, the endpoint at hand is 127.0.0.1:9000",
        ),
        (at("files.example.com", "/user-uploads/a"), "it goes over http"),
        (
            at(HOST, "/user-uploads/a%2520b"),
            "encoded twice, so that it is for an object that is called a%20b",
        ),
        (at(HOST, "/user-uploads/a+b"), "a + in the path is a plus sign"),
        (at(HOST, "/user-uploads//a/../b"), "//, . or .."),
        (at("user-uploads.127.0.0.1:9000", "/a"), "virtual-host style"),
        (GET.url().replace("http:", "https:"), "begins with https, the endpoint at hand with http"),
    ] {
        expect(&url, &given(), true, &[word, "in the bucket user-uploads"]);
    }
    let swapped = GET.url().replace("127.0.0.1", "localhost");
    expect(&swapped, &given(), false, &["signed for host 127.0.0.1:9000, received localhost:9000"]);
    let no_endpoint = Given { endpoint: None, ..given() };
    expect(&GET.url(), &no_endpoint, true, &["its bucket is read from the path; give --endpoint"]);
    let r2 = Wanted {
        host: "photos.0123456789abcdef0123456789abcdef.eu.r2.cloudflarestorage.com",
        path: "/x",
        ..GET
    };
    expect(&r2.url(), &no_endpoint, true, &["GetObject of x in the bucket photos", "virtual-host style"]);
    let twice = Wanted { path: "/user-uploads/a%20b", ..GET }.url().replace("a%20b", "a+b");
    expect(&twice, &given(), false, &["a space in the path was sent as '+'"]);
}

#[test]
fn limits_are_held_against_what_is_sent() {
    let limits =
        [("x-larder-max-bytes", "100"), ("x-larder-min-bytes", "10"), ("x-larder-content-type", "image/*")];
    let url = Wanted { method: "PUT", query: &limits, ..GET }.url();
    let sent = |content_type, length| Given {
        body_length: Some(length),
        ..with_headers(&[("content-type", content_type)], given())
    };
    expect(&url, &sent("image/png", 50), true, &["matches"]);
    expect(&url, &sent("image/png", 101), false, &["EntityTooLarge", "100 bytes at most"]);
    expect(&url, &sent("image/png", 9), false, &["EntityTooSmall", "10 bytes at least"]);
    expect(&url, &sent("text/plain", 50), false, &["Content-Type \"text/plain\" is not allowed here"]);
    let wrong = Wanted { method: "PUT", query: &[("x-larder-maxbytes", "1")], ..GET };
    expect(&wrong.url(), &given(), false, &["Limits of uploads are"]);
    let get = Wanted { query: &limits[..1], ..GET };
    expect(&get.url(), &by("GET", given()), false, &["GetObject takes no x-larder-max-bytes parameter"]);
}

#[test]
fn a_temporary_credential_is_checked_by_its_own_token_and_not_shown() {
    let claims = Claims {
        account: AccountId::parse("123456789abcdef0123456789abcdef0").unwrap(),
        issuer: ID.to_owned(),
        audience: HOST.to_owned(),
        issued_s: DATE_S,
        expires_s: DATE_S + 300,
        session: Session {
            permission: Permission::parse("object-read-only").unwrap(),
            bucket: BucketName::parse("user-uploads").unwrap(),
            actions: None,
            paths: None,
        },
    };
    let made = temporary::issue(&SecretAccessKey::new(SECRET), &claims).unwrap();
    let token = made.session_token.expose();
    let wanted = Wanted { secret: made.secret.expose(), session_token: Some(token), ..GET };
    let words = [
        "signature    matches",
        "all of the credential",
        "the credential ends before the URL, at 2026-01-02T03:09:05Z",
    ];
    expect(&wanted.url(), &without_secret(), true, &words);
    let (_, said) = said(&wanted.url(), &without_secret());
    assert!(!said.contains(&token[..20]) && !said.contains(made.secret.expose()), "{said}");
    let late = Given { at: Timestamp::from_seconds(DATE_S + 400), ..without_secret() };
    expect(&wanted.url(), &late, false, &["ExpiredToken", "ended at 2026-01-02T03:09:05Z"]);
    let opaque = Wanted { session_token: Some("b3BhcXVl"), ..GET };
    expect(&opaque.url(), &given(), true, &["ends with it if that is sooner"]);
}

proptest! {
    #[test]
    fn any_text_is_explained_or_refused(text in "(http://[a-z.:0-9]{1,20})?[/?&=%#a-zA-Z0-9+.-]{0,80}|\\PC{0,80}") {
        if let Ok(subject) = Subject::parse(&text) {
            let facts = Facts::of(&subject, &given());
            let _ = (document::text(&facts), document::json(&facts));
        }
    }

    #[test]
    fn any_parameter_may_be_anything(values in proptest::collection::vec(".{0,20}|[ -~]{0,20}|[\\x00-\\x1f]{0,4}", 7), method in "[A-Z]{3,6}") {
        let names = ["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Signature", "x-id"];
        let pairs: Vec<String> = names.iter().zip(&values).map(|(n, v)| format!("{n}={}", sigv4::uri_encode(v.as_bytes(), false))).collect();
        let subject = Subject::parse(&format!("http://h/b/k?{}", pairs.join("&"))).unwrap();
        let facts = Facts::of(&subject, &by(&method, given()));
        prop_assert!(!facts.refusals.is_empty());
        let text = document::text(&facts);
        prop_assert!(text.chars().all(|c| c == '\n' || !c.is_control()));
    }

    /// What is signed here is found to be well signed, whatever the key.
    #[test]
    fn what_was_signed_matches(key in "\\PC{1,40}", value in "\\PC{0,20}") {
        let path = format!("/user-uploads/{}", sigv4::uri_encode(key.as_bytes(), true));
        let query = [("response-content-type", value.as_str())];
        let url = Wanted { path: &path, query: &query, ..GET }.url();
        let subject = Subject::parse(&url).unwrap();
        let facts = Facts::of(&subject, &given());
        prop_assert_eq!(&facts.verdict, &super::signature::Verdict::Matches);
        prop_assert_eq!(facts.key.as_deref(), Some(key.as_str()));
    }
}
