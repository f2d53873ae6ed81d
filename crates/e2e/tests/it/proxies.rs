//! Real proxies in front, as `docs/proxies.md` configures them: whatever they do to host and port, a signature made for the
//! public URL holds, keys stay what they are, and bodies pass whole.

use e2e::{Client, Curl, Larder, Proxy, Reply, Signer, configuration};
use serde_json::json;

use crate::tokens::{ITEM_WRITE, make, wanted};

/// The public name; curl connects to the proxy whatever a URL says.
const NAME: &str = "files.example.com";
const LARGE_BYTES: usize = 20 * 1024 * 1024;
/// Encoded paths below a bucket, and the keys that they are.
const KEYS: [(&str, &str); 8] = [
    ("/plain.txt", "plain.txt"),
    ("/a%20b%2Bc%26d", "a b+c&amp;d"),
    ("/literal+plus", "literal+plus"),
    ("/%E2%9C%93/%F0%9F%98%80%20x", "✓/😀 x"),
    ("/one%2Fsegment", "one/segment"),
    ("//double//slash/", "/double//slash/"),
    ("/up/../dot/./end", "up/../dot/./end"),
    ("/%2525", "%25"),
];

/// A way to a server, and the base URL that its clients know.
struct Way {
    larder: Larder,
    curl: Curl,
    scheme: &'static str,
    /// With a port where it is not the scheme's own.
    host: String,
}

/// A bucket in the path or in the host name.
#[derive(Clone, Copy, Debug)]
enum Style {
    Path,
    VirtualHost,
}

impl Way {
    fn new(larder: Larder, curl: Curl, scheme: &'static str, host: &str) -> Self {
        Self { larder, curl, scheme, host: host.to_owned() }
    }

    /// The signer for a style, and the path that its bucket has.
    fn signer(&self, style: Style) -> (Signer, &'static str) {
        let mut signer = self.larder.signer();
        let (host, path) = match style {
            Style::Path => (self.host.clone(), "/user-uploads"),
            Style::VirtualHost => (format!("user-uploads.{}", self.host), ""),
        };
        signer.host = host;
        (signer, path)
    }

    fn presigned(&self, style: Style, method: &str, path: &str, body: &[u8]) -> Reply {
        let (signer, bucket) = self.signer(style);
        let target = signer.presign(method, &format!("{bucket}{path}"), &[]);
        self.curl.send(method, &format!("{}://{}{target}", self.scheme, signer.host), &[], body)
    }

    fn signed(&self, style: Style, method: &str, path: &str, query: &[(&str, &str)]) -> Reply {
        self.signed_with(style, method, path, query, &[], b"")
    }

    fn signed_with(
        &self,
        style: Style,
        method: &str,
        path: &str,
        query: &[(&str, &str)],
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Reply {
        let (signer, bucket) = self.signer(style);
        let (target, mut all) = signer.sign(method, &format!("{bucket}{path}"), query, headers, body);
        // the client makes it from the URL
        all.retain(|(name, _)| name != "host");
        self.curl.send(method, &format!("{}://{}{target}", self.scheme, signer.host), &all, body)
    }

    /// Everything, in both styles.
    fn check(&self) {
        for style in [Style::Path, Style::VirtualHost] {
            self.check_style(style);
        }
    }

    fn check_style(&self, style: Style) {
        self.keys_stay_what_they_are(style);
        self.large_bodies_pass(style);
        self.metadata_passes(style);
        self.preflights_pass(style);
    }

    fn keys_stay_what_they_are(&self, style: Style) {
        for (path, key) in KEYS {
            let body = format!("{style:?} {path}").into_bytes();
            let put = self.presigned(style, "PUT", path, &body);
            assert_eq!(put.status, 200, "{style:?} {path}: {}", put.text());
            for get in [self.presigned(style, "GET", path, b""), self.signed(style, "GET", path, &[])] {
                assert_eq!((get.status, &get.body), (200, &body), "{style:?} {path}");
                assert!(get.header("etag").unwrap().starts_with('"'), "{style:?} {path}");
            }
            let head = self.presigned(style, "HEAD", path, b"");
            assert_eq!((head.status, head.body.len()), (200, 0), "{style:?} {path}");
            // sent to the bucket with a slash at its end and without
            for bucket in ["", "/"] {
                let listed = self.signed(style, "GET", bucket, &[("list-type", "2")]);
                assert!(listed.text().contains(&format!("<Key>{key}</Key>")), "{key}: {}", listed.text());
            }
        }
    }

    fn large_bodies_pass(&self, style: Style) {
        let body: Vec<u8> = (0..LARGE_BYTES).map(|n| (n / 251) as u8).collect();
        let put = self.presigned(style, "PUT", "/large", &body);
        assert_eq!(put.status, 200, "{style:?}: {}", put.text());
        assert!(self.presigned(style, "GET", "/large", b"").body == body, "{style:?}");
        // refused, and the client can read why though it had much to send
        let (mut signer, bucket) = self.signer(style);
        signer.secret = "wrong".to_owned();
        let target = signer.presign("PUT", &format!("{bucket}/refused"), &[]);
        let url = format!("{}://{}{target}", self.scheme, signer.host);
        assert_eq!(self.curl.send("PUT", &url, &[], &body).verdict(), verdict(403, "SignatureDoesNotMatch"));
    }

    fn metadata_passes(&self, style: Style) {
        let headers = [("x-amz-meta-under_score", "kept"), ("content-type", "text/x-own")];
        let put = self.signed_with(style, "PUT", "/metadata", &[], &headers, b"x");
        assert_eq!(put.status, 200, "{style:?}: {}", put.text());
        let head = self.signed(style, "HEAD", "/metadata", &[]);
        for (name, value) in headers {
            assert_eq!(head.header(name), Some(value), "{style:?}");
        }
    }

    fn preflights_pass(&self, style: Style) {
        let (signer, bucket) = self.signer(style);
        let headers = [
            ("origin", "http://localhost:3000"),
            ("access-control-request-method", "PUT"),
            ("access-control-request-headers", "content-type"),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let url = format!("{}://{}{bucket}/any", self.scheme, signer.host);
        let reply = self.curl.send("OPTIONS", &url, &headers, b"");
        assert_eq!(reply.status, 200, "{style:?}");
        assert_eq!(reply.header("access-control-allow-origin"), Some("http://localhost:3000"), "{style:?}");
    }
}

fn verdict(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

/// A server that clients know by a URL.
fn larder(public_url: &str) -> Larder {
    Larder::dev().serve_on(&format!("public_url = [{public_url:?}]"))
}

/// nginx as the page has it, with another `Host` line.
fn nginx(larder: &Larder, host: &str, with_tls: bool) -> Proxy {
    let page = configuration("nginx");
    assert!(page.contains("Host $http_host;"), "{page}");
    Proxy::nginx(larder.address, &page.replace("Host $http_host;", host), with_tls)
}

#[test]
fn nobody_between() {
    let larder = larder("http://files.example.com:8080");
    let curl = Curl::http1(larder.address);
    Way::new(larder, curl, "http", &format!("{NAME}:8080")).check();
}

#[test]
fn nobody_between_over_http2() {
    let larder = larder("http://files.example.com:8080");
    let curl = Curl::http2(larder.address);
    Way::new(larder, curl, "http", &format!("{NAME}:8080")).check();
}

#[test]
fn nginx_that_keeps_the_host() {
    let larder = larder("http://files.example.com:8080");
    let proxy = nginx(&larder, "Host $http_host;", false);
    Way::new(larder, Curl::http1(proxy.address), "http", &format!("{NAME}:8080")).check();
}

#[test]
fn nginx_that_strips_the_port() {
    let larder = larder("http://files.example.com:8080");
    let proxy = nginx(&larder, "Host $host;", false);
    Way::new(larder, Curl::http1(proxy.address), "http", &format!("{NAME}:8080")).check();
}

#[test]
fn nginx_that_adds_a_port() {
    let larder = larder("https://files.example.com");
    let proxy = nginx(&larder, "Host $host:$server_port;", true);
    Way::new(larder, Curl::http2(proxy.address), "https", NAME).check();
}

#[test]
fn nginx_with_tls_and_http2() {
    let larder = larder("https://files.example.com");
    let proxy = nginx(&larder, "Host $http_host;", true);
    let mut way = Way::new(larder, Curl::http2(proxy.address), "https", NAME);
    way.check();
    way.curl = Curl::http1(proxy.address);
    way.check();
}

/// The bucket's name in the host is gone; what is left must not be taken for another request, and is explained.
#[test]
fn nginx_that_rewrites_the_host() {
    let larder = larder("https://files.example.com");
    let own = larder.address.to_string();
    let rewritten = format!("Host {own}; proxy_set_header X-Forwarded-Host $http_host;");
    let proxy = nginx(&larder, &rewritten, true);
    let way = Way::new(larder, Curl::http2(proxy.address), "https", NAME);
    way.check_style(Style::Path);
    let put = way.presigned(Style::VirtualHost, "PUT", "/user-uploads/moved", b"x");
    assert_eq!(put.verdict(), verdict(403, "SignatureDoesNotMatch"));
    let hint = put.element("Hint").unwrap();
    let named = format!("signed for host user-uploads.{NAME}, received {own}");
    assert!(hint.contains(&named) && hint.contains("pass the Host header on"), "{hint}");
    assert_eq!(way.signed(Style::Path, "GET", "/moved", &[]).verdict(), verdict(404, "NoSuchKey"));
}

#[test]
fn nginx_that_names_its_upstream() {
    let larder = larder("https://files.example.com");
    let proxy = nginx(&larder, "Host larder;", true);
    let way = Way::new(larder, Curl::http2(proxy.address), "https", NAME);
    let put = way.presigned(Style::Path, "PUT", "/a", b"x");
    assert_eq!(put.verdict(), verdict(404, "RouteNotFound"));
    let hint = put.element("Hint").unwrap();
    assert!(hint.contains("larder") && hint.contains("Host header"), "{hint}");
}

#[test]
fn caddy() {
    let larder = larder("http://files.example.com:8080");
    let proxy = Proxy::caddy(larder.address, &configuration("Caddy"), false);
    Way::new(larder, Curl::http1(proxy.address), "http", &format!("{NAME}:8080")).check();
}

#[test]
fn caddy_with_tls_and_http2() {
    let larder = larder("https://files.example.com");
    let proxy = Proxy::caddy(larder.address, &configuration("Caddy"), true);
    Way::new(larder, Curl::http2(proxy.address), "https", NAME).check();
}

#[test]
fn caddy_over_http2_on_both_sides() {
    let larder = larder("https://files.example.com");
    let proxy = Proxy::caddy(larder.address, &configuration("Caddy with HTTP/2 to Larder"), true);
    Way::new(larder, Curl::http2(proxy.address), "https", NAME).check();
}

/// A token that is bound to 127.0.0.2 goes with whoever comes from there, through the proxy, and with nobody else.
fn tells_whose_request_it_is(larder: &Larder, proxy: &Proxy, host: &str) {
    let mut document = wanted(larder, ITEM_WRITE);
    document["condition"] = json!({ "request_ip": { "in": ["127.0.0.2"] } });
    let token = make(larder, &document);
    let mut signer = token.signer(larder);
    signer.host = host.to_owned();
    let put = |from: [u8; 4], headers: &[(&str, &str)]| {
        let mut client = Client::connect_from(from.into(), proxy.address).unwrap();
        let target = signer.presign("PUT", "/user-uploads/a", &[]);
        client.request("PUT", &target, &[&[("host", host)], headers].concat(), b"x").unwrap().verdict()
    };
    let denied = verdict(403, "AccessDenied");
    assert_eq!(put([127, 0, 0, 2], &[]), verdict(200, ""));
    assert_eq!(put([127, 0, 0, 2], &[("x-forwarded-for", "192.0.2.1")]), verdict(200, ""));
    for headers in [
        &[][..],
        &[("x-forwarded-for", "127.0.0.2")],
        &[("forwarded", "for=127.0.0.2")],
        &[("x-forwarded-for", "127.0.0.2"), ("forwarded", "for=127.0.0.2")],
        &[("x-real-ip", "127.0.0.2")],
    ] {
        assert_eq!(put([127, 0, 0, 3], headers), denied, "{headers:?}");
    }
}

/// A server that believes the proxies of this machine.
fn larder_that_trusts() -> Larder {
    Larder::dev()
        .serve_on("public_url = [\"http://files.example.com:8080\"]\ntrusted_proxies = [\"127.0.0.1\"]")
}

#[test]
fn nginx_tells_whose_request_it_is() {
    let larder = larder_that_trusts();
    let proxy = nginx(&larder, "Host $http_host;", false);
    tells_whose_request_it_is(&larder, &proxy, &format!("{NAME}:8080"));
}

#[test]
fn caddy_tells_whose_request_it_is() {
    let larder = larder_that_trusts();
    let proxy = Proxy::caddy(larder.address, &configuration("Caddy"), false);
    tells_whose_request_it_is(&larder, &proxy, &format!("{NAME}:8080"));
}
