//! Cross-origin requests as browsers send them, over the wire.

use e2e::{Larder, Reply, exchange};

const POLICY: &str = "<CORSConfiguration><CORSRule><AllowedOrigin>https://app.mycompany.com</AllowedOrigin>\
    <AllowedMethod>PUT</AllowedMethod><AllowedMethod>GET</AllowedMethod><AllowedMethod>HEAD</AllowedMethod>\
    <AllowedHeader>Content-Type</AllowedHeader><AllowedHeader>Content-Length</AllowedHeader>\
    <ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>86400</MaxAgeSeconds></CORSRule></CORSConfiguration>";

fn set_policy(larder: &Larder, xml: &str) -> Reply {
    larder.signer().send(larder.address, "PUT", "/user-uploads", &[("cors", "")], &[], xml.as_bytes())
}

fn preflight(larder: &Larder, path: &str, origin: &str, method: &str, headers: &str) -> Reply {
    let host = larder.signer().host;
    let mut all =
        vec![("host", host.as_str()), ("origin", origin), ("access-control-request-method", method)];
    if !headers.is_empty() {
        all.push(("access-control-request-headers", headers));
    }
    exchange(larder.address, "OPTIONS", path, &all, b"")
}

#[test]
fn a_policy_is_in_force_at_once() {
    let larder = Larder::dev();
    let before = preflight(&larder, "/user-uploads/a", "https://app.mycompany.com", "PUT", "content-type");
    assert_eq!((before.status, before.header("access-control-allow-origin")), (403, None));
    assert_eq!(set_policy(&larder, POLICY).status, 200);
    let after = preflight(&larder, "/user-uploads/a", "https://app.mycompany.com", "PUT", "content-type");
    assert_eq!(after.status, 200);
    assert_eq!(after.header("access-control-allow-origin"), Some("https://app.mycompany.com"));
    assert_eq!(after.header("access-control-max-age"), Some("86400"));
    assert!(after.header("access-control-allow-methods").unwrap().contains("PUT"));
    assert!(after.header("access-control-allow-headers").unwrap().to_lowercase().contains("content-type"));
    assert!(after.header("vary").unwrap().to_lowercase().contains("origin"));
    let other = preflight(&larder, "/user-uploads/a", "https://evil.example", "PUT", "content-type");
    assert_eq!((other.status, other.header("access-control-allow-origin")), (403, None));
    let larder = larder.restarted();
    assert_eq!(preflight(&larder, "/user-uploads/a", "https://app.mycompany.com", "PUT", "").status, 200);
}

#[test]
fn a_preflight_needs_no_signature_and_tells_nothing() {
    let larder = Larder::dev();
    let origin = "http://localhost:3000";
    let put = larder.signer().presign("PUT", "/user-uploads/there", &[]);
    assert_eq!(exchange(larder.address, "PUT", &put, &[("host", &larder.signer().host)], b"x").status, 200);
    let strip = |mut reply: Reply| {
        reply.headers.retain(|(name, _)| !matches!(name.as_str(), "date" | "x-amz-request-id"));
        let text = reply.text();
        let id = reply.element("RequestId").unwrap_or_default();
        let resource = reply.element("Resource").unwrap_or_default();
        (reply.status, reply.headers, text.replace(&id, "").replace(&resource, ""))
    };
    let there = strip(preflight(&larder, "/user-uploads/there", origin, "PUT", "content-type"));
    let absent = strip(preflight(&larder, "/user-uploads/absent", origin, "PUT", "content-type"));
    assert_eq!(there.0, 200);
    assert_eq!(there, absent);
    // a presigned target, even one that no longer matches, is answered like any other
    assert_eq!(strip(preflight(&larder, &put, origin, "PUT", "content-type")), there);
    // a bucket without a policy and a bucket that does not exist are the same
    assert_eq!(larder.signer().send(larder.address, "PUT", "/no-policy", &[], &[], b"").status, 200);
    let no_policy = strip(preflight(&larder, "/no-policy/a", origin, "PUT", ""));
    let no_bucket = strip(preflight(&larder, "/no-bucket/a", origin, "PUT", ""));
    assert_eq!(no_policy.0, 403);
    assert_eq!(no_policy.2, no_bucket.2);
}

#[test]
fn replies_carry_the_policys_headers_errors_too() {
    let larder = Larder::dev();
    assert_eq!(set_policy(&larder, POLICY).status, 200);
    let host = larder.signer().host;
    let origin = [("host", host.as_str()), ("origin", "https://app.mycompany.com")];
    let put = larder.signer().presign("PUT", "/user-uploads/a", &[]);
    let reply = exchange(larder.address, "PUT", &put, &origin, b"x");
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("access-control-expose-headers"), Some("ETag"));
    let refused = exchange(larder.address, "PUT", &put.replace("/a?", "/b?"), &origin, b"x");
    assert_eq!(refused.status, 403);
    assert_eq!(refused.header("access-control-allow-origin"), Some("https://app.mycompany.com"));
    let missing = larder.signer().presign("GET", "/user-uploads/none", &[]);
    let missing = exchange(larder.address, "GET", &missing, &origin, b"");
    assert_eq!(missing.status, 404);
    assert_eq!(missing.header("access-control-allow-origin"), Some("https://app.mycompany.com"));
    // a client that is no browser, or of another origin, is served all the same: CORS is the browser's to enforce
    assert_eq!(exchange(larder.address, "PUT", &put, &origin[..1], b"x").status, 200);
    let other = [("host", host.as_str()), ("origin", "https://evil.example")];
    let other = exchange(larder.address, "PUT", &put, &other, b"x");
    assert_eq!((other.status, other.header("access-control-allow-origin")), (200, None));
}

#[test]
fn a_policy_that_could_never_match_is_refused_with_its_fix() {
    let larder = Larder::dev();
    let reply = set_policy(&larder, &POLICY.replace("https://app.mycompany.com", "localhost:3000"));
    assert_eq!(reply.status, 400);
    assert!(reply.text().contains("http://localhost:3000"), "{}", reply.text());
    for (from, to) in [
        ("<AllowedMethod>PUT<", "<AllowedMethod>OPTIONS<"),
        ("https://app.mycompany.com", "https://app.mycompany.com/"),
        ("<MaxAgeSeconds>86400<", "<MaxAgeSeconds>86401<"),
        ("<AllowedHeader>Content-Type<", "<AllowedHeader><"),
        ("<ExposeHeader>ETag</ExposeHeader>", "<Surprise/>"),
    ] {
        let reply = set_policy(&larder, &POLICY.replacen(from, to, 1));
        assert_eq!(reply.status, 400, "{to}: {}", reply.text());
    }
}
