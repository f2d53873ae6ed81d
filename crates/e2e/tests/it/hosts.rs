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
    let hint = reply.element("Hint").unwrap();
    assert!(hint.contains("host name") && hint.contains("user-uploads.example.com"), "{hint}");
}

#[test]
fn hosts_are_the_same_in_any_case_and_with_any_port() {
    let larder = Larder::dev();
    let port = larder.address.port();
    let mut signer = larder.signer();
    for (signed, sent, path) in [
        (format!("localhost:{port}"), "LocalHost".to_owned(), "/user-uploads/a"),
        (format!("localhost:{port}"), format!("LOCALHOST:{port}"), "/user-uploads/a"),
        (format!("localhost:{port}"), "localhost:1".to_owned(), "/user-uploads/a"),
        (format!("user-uploads.localhost:{port}"), "USER-uploads.LocalHost".to_owned(), "/a"),
        (format!("user-uploads.s3.localhost:{port}"), "user-uploads.localhost:443".to_owned(), "/a"),
    ] {
        signer.host = signed.clone();
        assert_eq!(put(&larder, &signer, &sent, path).status, 200, "{signed} sent to {sent}");
    }
}

/// Whoever sends a request can write them: a name that only they tell is no name of the request.
#[test]
fn forwarding_headers_name_no_host() {
    let larder = Larder::dev();
    let own = larder.signer().host;
    let mut signer = larder.signer();
    signer.host = format!("user-uploads.localhost:{}", larder.address.port());
    let target = signer.presign("PUT", "/a", &[]);
    let forwarded = format!("host={}", signer.host);
    for (name, value) in [("x-forwarded-host", &signer.host), ("forwarded", &forwarded)] {
        let reply = exchange(larder.address, "PUT", &target, &[("host", &own), (name, value)], b"x");
        assert_eq!(reply.verdict(), (403, "SignatureDoesNotMatch".to_owned()), "{name}");
        let unknown = [("host", "example.com"), (name, value.as_str())];
        let reply = exchange(larder.address, "PUT", &target, &unknown, b"x");
        assert_eq!(reply.verdict(), (404, "RouteNotFound".to_owned()), "{name}");
    }
    let hinted = [("host", own.as_str()), ("x-forwarded-host", &signer.host)];
    let hint = exchange(larder.address, "PUT", &target, &hinted, b"x").element("Hint").unwrap();
    let difference = format!("signed for host {}, received {own}", signer.host);
    assert!(hint.contains(&difference) && hint.contains("Host header"), "{hint}");
}

#[test]
fn paths_with_an_underscore_are_no_buckets() {
    let larder = Larder::dev();
    let signer = larder.signer();
    for path in ["/_", "/_health/live", "/_metrics", "/_console/"] {
        let signed = signer.send(larder.address, "GET", path, &[], &[], b"");
        let anonymous = exchange(larder.address, "GET", path, &[("host", &signer.host)], b"");
        for reply in [signed, anonymous] {
            assert_eq!(reply.verdict(), (404, "RouteNotFound".to_owned()), "{path}");
            assert!(reply.element("Hint").unwrap().contains("the server's own"), "{path}");
        }
    }
}

#[test]
fn a_slash_after_a_bucket_is_still_the_bucket() {
    let larder = Larder::dev();
    let mut signer = larder.signer();
    let send = |signer: &Signer, method: &str, path: &str, query: &[(&str, &str)]| {
        signer.send(larder.address, method, path, query, &[], b"").verdict()
    };
    let ok = |status: u16| (status, String::new());
    for path in ["/second", "/third/"] {
        assert_eq!(send(&signer, "PUT", path, &[]), ok(200), "{path}");
    }
    for path in ["/second", "/second/", "/third", "/third/"] {
        assert_eq!(send(&signer, "HEAD", path, &[]), ok(200), "{path}");
        assert_eq!(send(&signer, "GET", path, &[("list-type", "2")]), ok(200), "{path}");
    }
    // a second slash is a key
    assert_eq!(send(&signer, "PUT", "/second//", &[]), ok(200));
    signer.host = format!("second.localhost:{}", larder.address.port());
    for path in ["//", "/%2F"] {
        assert_eq!(send(&signer, "HEAD", path, &[]), ok(200), "{path}");
    }
    signer.host = larder.signer().host;
    assert_eq!(send(&signer, "DELETE", "/second//", &[]), ok(204));
    assert_eq!(send(&signer, "DELETE", "/second/", &[]), ok(204));
}

#[test]
fn a_development_server_prints_the_url_that_clients_use() {
    let larder = Larder::dev_at("https://files.example.com");
    let printed = |start: &str| larder.output.iter().any(|line| line.starts_with(start));
    assert!(printed("R2_ENDPOINT=https://files.example.com"), "{:?}", larder.output);
    let line = larder.output.iter().find(|line| line.starts_with("curl -X PUT")).unwrap();
    let (_, target) = line.split_once("'https://files.example.com/").unwrap();
    let target = format!("/{}", target.trim_end_matches('\''));
    // as a proxy hands it on, whatever it makes of the host
    for host in
        ["files.example.com", "files.example.com:443", &larder.address.to_string(), "Files.Example.com"]
    {
        let reply =
            exchange(larder.address, "PUT", &target, &[("host", host), ("content-type", "text/plain")], b"x");
        assert_eq!(reply.status, 200, "{host}: {}", reply.text());
    }
}
