//! Presigned URLs: what one allows, for how long, and what it says when it does not.

use e2e::{Larder, Reply, Signer, exchange, now_s};

const PATH: &str = "/user-uploads/photos/cat.png";

fn send(larder: &Larder, signer: &Signer, method: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
    let target = signer.presign(method, PATH, &[]);
    let mut all = vec![("host", signer.host.as_str())];
    all.extend(headers);
    exchange(larder.address, method, &target, &all, body)
}

/// The query with one parameter's value replaced, unsigned: expiry is judged before the signature.
fn with_expires(target: &str, value: &str) -> String {
    let (before, rest) = target.split_once("X-Amz-Expires=").expect("it is presigned");
    let after = rest.split_once('&').map_or("", |(_, after)| after);
    format!("{before}X-Amz-Expires={value}&{after}")
}

#[test]
fn put_get_head_delete_by_url_alone() {
    let larder = Larder::dev();
    let signer = larder.signer();
    let put = send(&larder, &signer, "PUT", &[("content-type", "image/png")], b"meow");
    assert_eq!(put.status, 200, "{}", put.text());
    assert!(put.header("etag").is_some());
    let get = send(&larder, &signer, "GET", &[], b"");
    assert_eq!((get.status, get.body.as_slice()), (200, b"meow".as_slice()));
    assert_eq!(get.header("content-type"), Some("image/png"));
    let head = send(&larder, &signer, "HEAD", &[], b"");
    assert_eq!((head.status, head.header("content-length")), (200, Some("4")));
    assert_eq!(send(&larder, &signer, "DELETE", &[], b"").status, 204);
    assert_eq!(send(&larder, &signer, "GET", &[], b"").verdict(), (404, "NoSuchKey".to_owned()));
}

#[test]
fn one_url_serves_until_it_expires() {
    let larder = Larder::dev();
    let signer = larder.signer();
    let put = signer.presign("PUT", PATH, &[]);
    let get = signer.presign("GET", PATH, &[]);
    let host = [("host", signer.host.as_str())];
    for body in [b"first".as_slice(), b"second"] {
        assert_eq!(exchange(larder.address, "PUT", &put, &host, body).status, 200);
        for _ in 0..2 {
            assert_eq!(exchange(larder.address, "GET", &get, &host, b"").body, body);
        }
    }
}

#[test]
fn a_url_is_for_one_method() {
    let larder = Larder::dev();
    let signer = larder.signer();
    assert_eq!(send(&larder, &signer, "PUT", &[], b"x").status, 200);
    let host = [("host", signer.host.as_str())];
    for (signed, used) in
        [("PUT", "GET"), ("PUT", "DELETE"), ("GET", "DELETE"), ("GET", "PUT"), ("HEAD", "GET")]
    {
        let target = signer.presign(signed, PATH, &[]);
        let reply = exchange(larder.address, used, &target, &host, b"");
        assert_eq!(reply.verdict(), (403, "SignatureDoesNotMatch".to_owned()), "{signed} used with {used}");
        let hint = reply.element("Hint").unwrap_or_default();
        assert!(hint.contains(signed) && hint.contains(used), "{hint}");
    }
    let target = signer.presign("GET", PATH, &[]);
    assert_eq!(exchange(larder.address, "HEAD", &target, &host, b"").status, 403);
    assert_eq!(send(&larder, &signer, "GET", &[], b"").body, b"x");
}

#[test]
fn expiry_is_from_one_second_to_a_week() {
    let larder = Larder::dev();
    let mut signer = larder.signer();
    for expires_s in [1, 604_800] {
        signer.expires_s = expires_s;
        signer.date_s = now_s();
        assert_eq!(send(&larder, &signer, "PUT", &[], b"x").status, 200, "{expires_s}");
    }
    let host = [("host", signer.host.as_str())];
    let week = "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds";
    let table = [
        ("0", 403, "ExpiredRequest", "Request has expired"),
        ("-1", 403, "ExpiredRequest", "Request has expired"),
        ("604801", 400, "InvalidArgument", week),
        ("abc", 400, "InvalidArgument", "X-Amz-Expires should be a number"),
        ("%2B900", 400, "InvalidArgument", "X-Amz-Expires should be a number"),
        ("", 400, "InvalidArgument", "X-Amz-Expires should be a number"),
    ];
    for (value, status, code, message) in table {
        let target = with_expires(&signer.presign("PUT", PATH, &[]), value);
        let reply = exchange(larder.address, "PUT", &target, &host, b"x");
        assert_eq!(reply.verdict(), (status, code.to_owned()), "{value}");
        assert_eq!(reply.element("Message").as_deref(), Some(message), "{value}");
    }
}

#[test]
fn expired_and_not_yet_valid_say_by_how_much() {
    let larder = Larder::dev();
    let mut signer = larder.signer();
    signer.date_s = now_s() - 312;
    signer.expires_s = 300;
    let reply = send(&larder, &signer, "PUT", &[], b"x");
    assert_eq!(reply.verdict(), (403, "ExpiredRequest".to_owned()));
    let hint = reply.element("Hint").unwrap();
    assert!(hint.starts_with("expired 1") && hint.contains(" s ago"), "{hint}");
    signer.date_s = now_s() + 3_600;
    let reply = send(&larder, &signer, "PUT", &[], b"x");
    assert_eq!(reply.verdict(), (403, "AccessDenied".to_owned()));
    assert_eq!(reply.element("Message").as_deref(), Some("Request is not yet valid"));
    // five minutes, with a clock that is a little ahead
    signer.date_s = now_s() + 600;
    assert_eq!(send(&larder, &signer, "PUT", &[], b"x").status, 200);
}

#[test]
fn five_minutes_are_five_minutes() {
    let larder = Larder::dev();
    let mut signer = larder.signer();
    signer.expires_s = 300;
    signer.date_s = now_s() - 290;
    assert_eq!(send(&larder, &signer, "PUT", &[], b"x").status, 200);
    signer.date_s = now_s() - 301;
    assert_eq!(send(&larder, &signer, "PUT", &[], b"x").verdict().1, "ExpiredRequest");
}

#[test]
fn a_signed_content_type_must_be_sent_exactly() {
    let larder = Larder::dev();
    let signer = larder.signer().with_header("content-type", "image/jpeg");
    let send_type = |headers: &[(&str, &str)]| send(&larder, &signer, "PUT", headers, b"x");
    assert_eq!(send_type(&[("content-type", "image/jpeg")]).status, 200);
    for wrong in [
        [("content-type", "image/jpg")].as_slice(),
        &[("content-type", "image/jpeg; charset=x")],
        &[("content-type", "IMAGE/JPEG")],
        &[],
    ] {
        let reply = send_type(&[wrong, &[("origin", "http://localhost:3000")]].concat());
        assert_eq!(reply.verdict(), (403, "SignatureDoesNotMatch".to_owned()), "{wrong:?}");
        let hint = reply.element("Hint").unwrap();
        assert!(hint.contains("Content-Type is signed as image/jpeg"), "{hint}");
        assert_eq!(reply.header("access-control-allow-origin"), Some("http://localhost:3000"));
        for element in [
            "StringToSign",
            "StringToSignBytes",
            "CanonicalRequest",
            "CanonicalRequestBytes",
            "SignatureProvided",
        ] {
            assert!(reply.element(element).is_some(), "{element}");
        }
    }
}

#[test]
fn any_region_in_the_scope() {
    let larder = Larder::dev();
    let mut signer = larder.signer();
    for region in ["auto", "us-east-1", "eu-west-1", "mars-1", ""] {
        signer.region = region.to_owned();
        assert_eq!(send(&larder, &signer, "PUT", &[], b"x").status, 200, "{region:?}");
    }
}

#[test]
fn the_request_id_of_a_reply_is_in_the_log() {
    let larder = Larder::dev();
    let mut signer = larder.signer();
    let accepted = send(&larder, &signer, "PUT", &[], b"x");
    signer.secret.make_ascii_uppercase();
    let refused = send(&larder, &signer, "PUT", &[], b"x");
    assert_eq!((accepted.status, refused.status), (200, 403));
    let log = larder.log();
    for reply in [accepted, refused] {
        let id = reply.header("x-amz-request-id").expect("every reply has one").to_owned();
        assert!(log.contains(&id), "{id} is not in the log:\n{log}");
    }
    assert!(!log.contains("X-Amz-Signature"), "{log}");
    assert!(!log.contains(&larder.secret));
}
