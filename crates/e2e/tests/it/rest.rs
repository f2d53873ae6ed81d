//! Cloudflare's REST API over real HTTP: its address, its tokens, and one store behind both doors.

use std::path::Path;

use e2e::{Client, Larder, Reply, exchange, run_script};

use crate::clients::{newer_node, python};

fn call(larder: &Larder, method: &str, rest: &str, body: &[u8]) -> Reply {
    let (host, bearer) = (larder.address.to_string(), format!("Bearer {}", larder.api_token));
    let headers = [("host", host.as_str()), ("authorization", bearer.as_str())];
    let target = format!("/client/v4/accounts/{}/r2/buckets{rest}", larder.account);
    exchange(larder.address, method, &target, &headers, body)
}

#[test]
fn rest_and_s3_are_one_store() {
    let larder = Larder::dev();
    let (signer, address) = (larder.signer(), larder.address);
    let created = call(&larder, "POST", "", br#"{"name":"photos","locationHint":"weur"}"#);
    assert_eq!(created.status, 200, "{}", created.text());
    let s3 = |method: &str, path: &str, query: &[(&str, &str)], body: &[u8]| {
        signer.send(address, method, path, query, &[], body)
    };
    let location = s3("GET", "/photos", &[("location", "")], b"").text();
    assert!(location.contains("WEUR"), "{location}");
    assert_eq!(s3("PUT", "/photos/a%20b", &[], b"by S3").status, 200);
    let read = call(&larder, "GET", "/photos/objects/a%20b", b"");
    assert_eq!((read.status, read.text().as_str()), (200, "by S3"));
    assert_eq!(call(&larder, "PUT", "/photos/objects/c", b"by REST").status, 200);
    assert_eq!(s3("GET", "/photos/c", &[], b"").text(), "by REST");
    // a lock that REST sets keeps what S3 would change, until it is lifted
    let lock = br#"{"rules":[{"id":"keep","enabled":true,"condition":{"type":"Indefinite"}}]}"#;
    assert_eq!(call(&larder, "PUT", "/photos/lock", lock).status, 200);
    for (method, path, body) in [("DELETE", "/photos/c", &b""[..]), ("PUT", "/photos/c", b"x")] {
        assert_eq!(s3(method, path, &[], body).verdict(), (403, "ObjectLockedByBucketPolicy".to_owned()));
    }
    assert_eq!(s3("PUT", "/photos/new", &[], b"x").status, 200);
    assert_eq!(call(&larder, "PUT", "/photos/lock", br#"{"rules":[]}"#).status, 200);
    assert_eq!(s3("DELETE", "/photos/c", &[], b"").status, 204);
    // what each door sets, the other shows
    let cors = br#"{"rules":[{"allowed":{"origins":["https://app.example.com"],"methods":["PUT"]}}]}"#;
    assert_eq!(call(&larder, "PUT", "/photos/cors", cors).status, 200);
    assert!(s3("GET", "/photos", &[("cors", "")], b"").text().contains("https://app.example.com"));
    let lifecycle = s3("GET", "/photos", &[("lifecycle", "")], b"").text();
    assert!(lifecycle.contains("Default Multipart Abort Rule"), "{lifecycle}");
    let larder = larder.restarted();
    assert_eq!(call(&larder, "GET", "/photos/objects/a%20b", b"").text(), "by S3");
}

/// The address of the API, and a bucket that is called as its path begins.
#[test]
fn a_bucket_called_client_stays_s3s() {
    let larder = Larder::dev();
    let (signer, port) = (larder.signer(), larder.address.port());
    let bearer = format!("Bearer {}", larder.api_token);
    let get = |host: &str, path: &str, more: &[(&str, &str)]| {
        exchange(larder.address, "GET", path, &[&[("host", host)], more].concat(), b"")
    };
    let token = [("authorization", bearer.as_str())];
    for host in [format!("127.0.0.1:{port}"), format!("localhost:{port}"), format!("api.localhost:{port}")] {
        let verified = get(&host, "/client/v4/user/tokens/verify", &token);
        assert_eq!(verified.status, 200, "{host}: {}", verified.text());
        assert!(verified.text().contains("valid and active"));
        let nobody = get(&host, "/client/v4/accounts", &[]);
        assert_eq!((nobody.status, nobody.header("content-type")), (400, Some("application/json")));
        assert!(nobody.text().contains("9106"), "{}", nobody.text());
    }
    for host in [format!("s3.localhost:{port}"), format!("client.localhost:{port}")] {
        assert_eq!(get(&host, "/client/v4/accounts", &token).header("content-type"), Some("application/xml"));
    }
    let path = "/client/v4/accounts";
    assert_eq!(signer.send(larder.address, "PUT", "/client", &[], &[], b"").status, 200);
    assert_eq!(signer.send(larder.address, "PUT", path, &[], &[], b"an object").status, 200);
    assert_eq!(signer.send(larder.address, "GET", path, &[], &[], b"").text(), "an object");
    let presigned = signer.presign("GET", path, &[]);
    assert_eq!(get(&signer.host, &presigned, &[]).text(), "an object");
    assert!(get(&signer.host, path, &token).text().contains(&larder.account));
    let asks = [("origin", "http://localhost:3000"), ("access-control-request-method", "PUT")];
    let preflight = exchange(
        larder.address,
        "OPTIONS",
        path,
        &[&[("host", signer.host.as_str())], &asks[..]].concat(),
        b"",
    );
    assert_eq!(preflight.header("content-type"), Some("application/xml"), "{}", preflight.text());
}

#[test]
fn rest_works_in_production_with_the_hash_of_the_token() {
    let larder = Larder::dev().serve_on("");
    let list = call(&larder, "GET", "", b"");
    assert!(list.status == 200 && list.text().contains("user-uploads"), "{}", list.text());
    let log = larder.log();
    assert!(log.contains("ListBuckets") && !log.contains(&larder.api_token), "{log}");
}

#[test]
fn an_upload_is_bounded_and_streams() {
    const SIZE: usize = 64 * 1024 * 1024;
    let larder = Larder::dev();
    let body = vec![7; SIZE];
    let put = call(&larder, "PUT", "/user-uploads/objects/large", &body);
    assert_eq!(put.status, 200, "{}", put.text());
    assert!(call(&larder, "GET", "/user-uploads/objects/large", b"").body == body);
    let peak = larder.peak_memory_bytes();
    assert!(peak < SIZE as u64, "{} MiB", peak >> 20);
    // one byte too many: refused by what it announces, and never asked for
    let bearer = format!("Bearer {}", larder.api_token);
    let host = larder.address.to_string();
    let target = format!("/client/v4/accounts/{}/r2/buckets/user-uploads/objects/huge", larder.account);
    let headers = [
        ("host", host.as_str()),
        ("authorization", bearer.as_str()),
        ("content-length", "314572801"),
        ("expect", "100-continue"),
    ];
    let mut client = Client::connect(larder.address).unwrap();
    let refused = client.request("PUT", &target, &headers, b"").unwrap();
    assert_eq!(refused.status, 400);
    assert!(refused.text().contains("100100") && refused.text().contains("in parts"), "{}", refused.text());
    // half of what was announced is no object
    let mut client = Client::connect(larder.address).unwrap();
    let half = [headers[0], headers[1], ("content-length", "1000")];
    let head: String = half.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    client.send(format!("PUT {target} HTTP/1.1\r\n{head}\r\nhalf").as_bytes()).unwrap();
    drop(client);
    assert_eq!(call(&larder, "GET", "/user-uploads/objects/huge", b"").status, 404);
}

/// Cloudflare's own command, with nothing but environment variables set.
fn run_wrangler(group: &str) {
    let larder = Larder::dev();
    let said = run_script(&larder, &newer_node(), &["wrangler/wrangler.mjs", group], &[]);
    assert!(said.lines().any(|line| line.starts_with("ok ")), "{said}");
}

#[test]
fn wrangler() {
    run_wrangler("objects");
}

#[test]
fn wrangler_configuration() {
    run_wrangler("configuration");
}

/// A job is done by the server behind its requests, and after a restart if it has to be.
#[test]
fn a_job_outlives_its_request_and_the_server() {
    let larder = Larder::dev();
    for n in 0..20 {
        assert_eq!(call(&larder, "PUT", &format!("/user-uploads/objects/old/{n}"), b"x").status, 200);
    }
    assert_eq!(call(&larder, "PUT", "/user-uploads/objects/kept", b"x").status, 200);
    let asked = call(&larder, "POST", "/user-uploads/jobs", br#"{"jobType":"prefixDelete","prefix":"old/"}"#);
    assert_eq!(asked.status, 200, "{}", asked.text());
    let id = asked.text().split('"').find(|word| word.len() == 32).expect("an id").to_owned();
    // whether it is done before that or after, it is done once
    let larder = larder.restarted();
    let is_over = || {
        let text = call(&larder, "GET", &format!("/user-uploads/jobs/{id}"), b"").text();
        text.contains("\"COMPLETED\"").then_some(text)
    };
    let shown = (0..10_000).find_map(|_| is_over()).expect("the job comes to its end");
    assert!(shown.contains("\"processedObjects\":20"), "{shown}");
    let left = call(&larder, "GET", "/user-uploads/objects", b"").text();
    assert!(left.contains("kept") && !left.contains("old/"), "{left}");
}

/// Cloudflare's SDKs, which are made from the description of its own API.
#[test]
fn cloudflare_sdk_typescript() {
    let larder = Larder::dev();
    let said = run_script(&larder, Path::new("node"), &["js/cloudflare.mjs"], &[]);
    assert!(said.contains("ok cloudflare_ts_ends"), "{said}");
}

#[test]
fn cloudflare_sdk_python() {
    let larder = Larder::dev();
    let said = run_script(&larder, &python(), &["python/cloudflare_sdk.py"], &[]);
    assert!(said.contains("ok cloudflare_python_ends"), "{said}");
}

/// Requests that are made of the description that the server gives of itself.
#[test]
fn rest_is_as_it_describes_itself() {
    let larder = Larder::dev();
    let said = run_script(&larder, &python(), &["python/rest_schema.py"], &[]);
    assert!(said.contains("ok rest_schema_of_deletions"), "{said}");
    let log = larder.log();
    assert!(!log.contains("REST failed"), "{log}");
}
