//! The names of the server: path style, virtual host, and a signature made for another of its names.

use e2e::{Larder, Signer, exchange};

fn put(larder: &Larder, signed_for: &Signer, sent_to: &str, path: &str) -> e2e::Reply {
    let target = signed_for.presign("PUT", path, &[]);
    exchange(larder.address, "PUT", &target, &[("host", sent_to)], b"x")
}

#[test]
fn path_style_and_virtual_host_name_the_same_object() {
    let larder = Larder::dev();
    let port = larder.address.port();
    let mut signer = larder.signer();
    for host in [
        format!("user-uploads.localhost:{port}"),
        format!("user-uploads.s3.localhost:{port}"),
        format!("user-uploads.{}.r2.localhost:{port}", larder.account),
    ] {
        signer.host = host.clone();
        assert_eq!(put(&larder, &signer, &host, "/a%20b").status, 200, "{host}");
        let get = larder.signer().presign("GET", "/user-uploads/a%20b", &[]);
        assert_eq!(
            exchange(larder.address, "GET", &get, &[("host", &larder.signer().host)], b"").status,
            200
        );
        let listed = signer.send(larder.address, "GET", "/", &[("list-type", "2")], &[], b"");
        assert!(listed.text().contains("<Key>a b</Key>"), "{}", listed.text());
    }
}

#[test]
fn a_signature_for_any_declared_name_is_accepted() {
    let larder = Larder::dev();
    let port = larder.address.port();
    let mut signer = larder.signer();
    for (signed, sent) in [
        (format!("localhost:{port}"), format!("127.0.0.1:{port}")),
        (format!("127.0.0.1:{port}"), format!("localhost:{port}")),
        (format!("{}.r2.localhost:{port}", larder.account), format!("127.0.0.1:{port}")),
    ] {
        signer.host = signed.clone();
        assert_eq!(put(&larder, &signer, &sent, "/user-uploads/a").status, 200, "{signed} sent to {sent}");
    }
}

#[test]
fn a_signature_for_a_foreign_name_is_refused_by_name() {
    let larder = Larder::dev();
    let mut signer = larder.signer();
    let sent = signer.host.clone();
    signer.host = format!("{}.r2.cloudflarestorage.com", larder.account);
    let reply = put(&larder, &signer, &sent, "/user-uploads/a");
    assert_eq!(reply.verdict(), (403, "SignatureDoesNotMatch".to_owned()));
    let hint = reply.element("Hint").unwrap();
    assert!(hint.contains(&signer.host) && hint.contains(&sent), "{hint}");
}

#[test]
fn an_unknown_host_is_no_bucket() {
    let larder = Larder::dev();
    let mut signer = larder.signer();
    signer.host = "user-uploads.example.com".to_owned();
    let host = signer.host.clone();
    let reply = put(&larder, &signer, &host, "/a");
    assert_eq!(reply.verdict(), (404, "RouteNotFound".to_owned()));
    assert!(reply.element("Hint").unwrap().contains("host name"));
}
