//! Limits on requests over real HTTP: by both doors, on one connection and on many, and readable by a page.

use std::net::SocketAddr;

use e2e::{Client, Larder, Reply, exchange};

fn rest(larder: &Larder, method: &str, path: &str, body: &str) -> Reply {
    let (host, bearer) = (larder.address.to_string(), format!("Bearer {}", larder.api_token));
    let headers = [("host", host.as_str()), ("authorization", bearer.as_str())];
    let target = format!("/client/v4/accounts/{}/r2/buckets/user-uploads{path}", larder.account);
    exchange(larder.address, method, &target, &headers, body.as_bytes())
}

/// Sends a request again and again until it is refused, on one connection; how often it was not.
fn until_refused(
    address: SocketAddr,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
) -> (usize, Reply) {
    let mut client = Client::connect(address).unwrap();
    for count in 0..50 {
        let reply = client.request(method, target, headers, b"").unwrap();
        if reply.status == 429 {
            return (count, reply);
        }
    }
    panic!("50 requests were not refused");
}

#[test]
fn a_buckets_limit_holds_at_both_doors_and_its_settings_stay_open() {
    let larder = Larder::dev();
    let (signer, address) = (larder.signer(), larder.address);
    assert_eq!(signer.send(address, "PUT", "/user-uploads/a", &[], &[], b"a").status, 200);
    let none = rest(&larder, "GET", "/limits", "");
    assert!(none.status == 200 && none.text().contains(r#""requests":null"#), "{}", none.text());
    // slow enough that no machine is refilled while this runs
    let set = rest(&larder, "PUT", "/limits", r#"{"requests":{"perSecond":1,"burst":5}}"#);
    assert!(set.text().contains(r#""requests":{"perSecond":1,"burst":5}"#), "{}", set.text());
    let target = signer.presign("GET", "/user-uploads/a", &[]);
    let page = [("host", signer.host.as_str()), ("origin", "http://localhost:3000")];
    let (taken, refused) = until_refused(address, "GET", &target, &page);
    assert!((5..8).contains(&taken), "{taken}");
    assert_eq!(refused.verdict(), (429, "TooManyRequests".to_owned()));
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(
        refused.header("access-control-allow-origin"),
        Some("http://localhost:3000"),
        "a page reads it"
    );
    let hint = refused.element("Hint").unwrap();
    assert!(hint.contains("this bucket") && hint.contains("/limits"), "{hint}");
    // no connection of its own gets around it, nor does the other door
    let others = (0..5).map(|_| exchange(address, "GET", &target, &page, b"").status);
    assert!(others.filter(|status| *status == 429).count() >= 3);
    let statuses: Vec<u16> = (0..3).map(|_| rest(&larder, "GET", "/objects/a", "").status).collect();
    assert!(statuses.contains(&429), "{statuses:?}");
    let upload = signer.send(address, "PUT", "/user-uploads/b", &[], &[], &[7; 100_000]);
    assert!(upload.status == 429 || upload.status == 200, "{}", upload.text());
    // preflights and settings are answered all the same
    let asks = [page[0], page[1], ("access-control-request-method", "GET")];
    for _ in 0..10 {
        assert_eq!(exchange(address, "OPTIONS", "/user-uploads/a", &asks, b"").status, 200);
        assert_eq!(rest(&larder, "GET", "/limits", "").status, 200);
    }
    let larder = larder.restarted();
    let target = larder.signer().presign("GET", "/user-uploads/a", &[]);
    let host = larder.address.to_string();
    let (taken, _) = until_refused(larder.address, "GET", &target, &[("host", &host)]);
    assert!((5..8).contains(&taken), "{taken} after a restart");
    assert_eq!(rest(&larder, "DELETE", "/limits", "").status, 200);
    for _ in 0..20 {
        assert_eq!(exchange(larder.address, "GET", &target, &[("host", &host)], b"").status, 200);
    }
    for wrong in [
        r#"{"requests":{"perSecond":0}}"#,
        r#"{"requests":{"perSecond":1,"burst":1000001}}"#,
        r#"{"requests":{"perSecond":1,"per":2}}"#,
        r#"{"requests":{}}"#,
        "[",
    ] {
        assert_eq!(rest(&larder, "PUT", "/limits", wrong).status, 400, "{wrong}");
    }
}

#[test]
fn an_access_keys_limit_holds_at_both_doors() {
    let larder = Larder::dev().serve_on("key_rate = \"1/s burst 6\"");
    let (signer, host) = (larder.signer(), larder.address.to_string());
    let target = signer.presign("GET", "/user-uploads/missing", &[]);
    let (taken, refused) = until_refused(larder.address, "GET", &target, &[("host", &host)]);
    assert!((6..9).contains(&taken), "{taken}");
    assert!(refused.element("Hint").unwrap().contains("key_rate"), "{}", refused.text());
    let replies: Vec<Reply> = (0..3).map(|_| rest(&larder, "GET", "", "")).collect();
    let refused = replies.iter().find(|reply| reply.status == 429).expect("the same key");
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert!(refused.text().contains("10058") && refused.text().contains("key_rate"), "{}", refused.text());
    // who has not shown a key takes nothing from anybody's limit, and is told what is wrong with his request
    for _ in 0..10 {
        assert_eq!(exchange(larder.address, "GET", "/user-uploads/a", &[("host", &host)], b"").status, 400);
    }
}

#[test]
fn a_strict_bucket_has_no_limits_to_set() {
    let larder = Larder::dev().serve_on("strict_r2 = [\"user-uploads\"]");
    for method in ["GET", "PUT", "DELETE"] {
        let reply = rest(&larder, method, "/limits", r#"{"requests":{"perSecond":1}}"#);
        assert!(reply.status == 404 && reply.text().contains("10015"), "{}", reply.text());
    }
}

#[test]
fn a_page_reads_that_the_quota_is_used_up() {
    let larder = Larder::dev();
    let (signer, address) = (larder.signer(), larder.address);
    assert_eq!(rest(&larder, "PUT", "/limits", r#"{"maxBytes":1000,"maxObjects":3}"#).status, 200);
    let page = [("host", signer.host.as_str()), ("origin", "http://localhost:3000")];
    let put = |key: &str, body: &[u8]| {
        let target = signer.presign("PUT", &format!("/user-uploads/{key}"), &[]);
        exchange(address, "PUT", &target, &page, body)
    };
    assert_eq!(put("a", &[1; 900]).status, 200);
    let refused = put("b", &[1; 101]);
    assert_eq!(refused.verdict(), (403, "QuotaExceeded".to_owned()));
    assert_eq!(refused.header("access-control-allow-origin"), Some("http://localhost:3000"));
    let hint = refused.element("Hint").unwrap();
    assert!(hint.contains("1000 bytes") && hint.contains("/limits"), "{hint}");
    let larder = larder.restarted();
    let target = larder.signer().presign("PUT", "/user-uploads/b", &[]);
    let host = larder.address.to_string();
    let refused = exchange(larder.address, "PUT", &target, &[("host", &host)], &[1; 101]);
    assert_eq!(refused.verdict(), (403, "QuotaExceeded".to_owned()), "after a restart as well");
    let stored = exchange(larder.address, "PUT", &target, &[("host", &host)], &[1; 100]);
    assert_eq!(stored.status, 200, "to the byte");
}
