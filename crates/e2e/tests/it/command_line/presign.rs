//! What `larder presign` makes is taken by a server, and what `explain` says of a URL is what the server does.

use e2e::{Larder, Reply, command, exchange};

use super::{fine, json, run};

/// Sends a request to a presigned URL, whatever its host.
fn send(larder: &Larder, method: &str, url: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
    let (host, target) = url.split_once("://").unwrap().1.split_once('/').unwrap();
    let headers = [&[("host", host)], headers].concat();
    exchange(larder.address, method, &format!("/{target}"), &headers, body)
}

#[test]
fn every_method_by_path_and_by_host() {
    let larder = Larder::dev();
    let endpoint = format!("http://localhost:{}", larder.address.port());
    for more in [vec![], vec!["--endpoint", &endpoint, "--virtual-host"]] {
        let presign = |method: &str, options: &[&str]| {
            fine(&larder, &[&["presign", method, "user-uploads/a b/ü+%.txt"], options, &more].concat())
        };
        let put = presign("put", &["--content-type", "text/plain", "--header", "x-amz-meta-who: me"]);
        let headers = [("content-type", "text/plain"), ("x-amz-meta-who", "me")];
        assert_eq!(send(&larder, "PUT", &put, &headers, b"hello").status, 200);
        let refused = send(&larder, "PUT", &put, &[("content-type", "text/html"), headers[1]], b"hello");
        assert_eq!(refused.verdict(), (403, "SignatureDoesNotMatch".to_owned()));
        let disposition = "attachment; filename=\"a.txt\"";
        let get = presign("get", &["--response-content-disposition", disposition, "--expires", "7d"]);
        let got = send(&larder, "GET", &get, &[], b"");
        assert_eq!((got.status, got.text().as_str()), (200, "hello"));
        assert_eq!(got.header("content-disposition"), Some(disposition));
        let head = send(&larder, "HEAD", &presign("head", &[]), &[], b"");
        assert_eq!((head.status, head.header("x-amz-meta-who")), (200, Some("me")));
        assert_eq!(send(&larder, "DELETE", &presign("delete", &["--expires", "1m"]), &[], b"").status, 204);
        assert_eq!(send(&larder, "GET", &get, &[], b"").status, 404);
    }
}

#[test]
fn limits_are_in_the_url_and_the_document_says_all_of_it() {
    let larder = Larder::dev();
    let limits =
        ["--max-bytes", "1KiB", "--min-bytes", "2", "--allow-type", "image/*", "--allow-type", "text/plain"];
    let made = json(&fine(&larder, &[&["presign", "put", "user-uploads/a", "--json"], &limits[..]].concat()));
    let url = made["url"].as_str().unwrap();
    assert_eq!((made["method"].as_str(), made["expires_in_s"].as_u64()), (Some("PUT"), Some(900)));
    let put = |content_type: &str, length: usize| {
        send(&larder, "PUT", url, &[("content-type", content_type)], &vec![b'x'; length]).status
    };
    assert_eq!((put("image/png", 1_024), put("text/plain", 2)), (200, 200));
    assert_eq!((put("image/png", 1_025), put("image/png", 1), put("text/html", 5)), (400, 400, 400));
    let wrong = [&["presign", "put", "user-uploads/a", "--content-type", "text/html"], &limits[..]].concat();
    assert_eq!(run(&larder, &wrong, b"").code, 2);
    for header in ["Host: x", "content-type: a/b"] {
        let twice = ["presign", "put", "user-uploads/a", "--content-type", "a/b", "--header", header];
        assert_eq!(run(&larder, &twice, b"").code, 2, "{header}");
    }
}

#[test]
fn a_form_takes_what_it_says() {
    let larder = Larder::dev();
    let options = ["--content-type", "text/*", "--max-bytes", "100", "--success-status", "201", "--json"];
    let made =
        json(&fine(&larder, &[&["presign", "post", "user-uploads/in/${filename}"], &options[..]].concat()));
    let post = |content_type: &str, content: &str| {
        let mut body = String::new();
        let fields = made["fields"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str().unwrap()));
        for (name, value) in fields.chain([("Content-Type", content_type)]) {
            body.push_str(&format!(
                "--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            ));
        }
        body.push_str("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n");
        let body = format!("{body}{content}\r\n--b--\r\n");
        let headers = [("content-type", "multipart/form-data; boundary=b")];
        send(&larder, "POST", &format!("{}/", made["url"].as_str().unwrap()), &headers, body.as_bytes())
    };
    let posted = post("text/plain", "hello");
    assert_eq!(posted.status, 201, "{}", posted.text());
    assert_eq!(fine(&larder, &["object", "get", "user-uploads/in/a.txt", "-"]), "hello");
    assert_eq!(post("image/png", "hello").status, 403);
    assert_eq!(post("text/plain", &"x".repeat(101)).status, 400);
}

#[test]
fn a_temporary_credential_signs_too() {
    let larder = Larder::dev();
    let made =
        fine(&larder, &["temp-credentials", "--bucket", "user-uploads", "--permission", "object-read-write"]);
    let mut environment = vec![("R2_ENDPOINT", larder.endpoint())];
    for line in made.lines() {
        let (name, value) = line.split_once('=').unwrap();
        let known = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];
        environment.push((known.into_iter().find(|known| *known == name).unwrap(), value.to_owned()));
    }
    let put = command(&environment, &["presign", "put", "user-uploads/t"], b"").fine();
    assert_eq!(send(&larder, "PUT", &put, &[], b"t").status, 200);
    assert_eq!(command(&environment, &["object", "get", "user-uploads/t", "-"], b"").fine(), "t");
    // the URL alone is enough to check it, since it holds the token
    let explained = command(&[], &["presign", "explain", &put], b"");
    assert!(explained.fine().contains("signature    matches"), "{}", explained.text());
    let piped = command(&[], &["presign", "explain", "-"], format!("{put}\n").as_bytes());
    assert!(piped.fine().contains("signature    matches"), "{}", piped.text());
    let token = &environment.iter().find(|(name, _)| *name == "AWS_SESSION_TOKEN").unwrap().1;
    assert!(!explained.text().contains(&token[..24]));
}

/// A name, a URL, the method, the headers and the length of the body with which it is used.
type Use<'a> = (&'a str, String, &'a str, &'a [(&'a str, &'a str)], usize);

/// A URL and how it is used: `explain` refuses what the server refuses, with its status and code, and accepts what it accepts.
#[test]
fn explain_says_what_the_server_does() {
    let larder = Larder::dev();
    let presign = |arguments: &[&str]| fine(&larder, &[&["presign"], arguments].concat());
    let put = presign(&["put", "user-uploads/a", "--max-bytes", "10"]);
    let typed = presign(&["put", "user-uploads/a", "--content-type", "image/png"]);
    let get = presign(&["get", "user-uploads/a"]);
    assert_eq!(send(&larder, "PUT", &put, &[], b"x").status, 200);
    let date = get.split_once("X-Amz-Date=").unwrap().1.split('&').next().unwrap();
    let png = ("content-type", "image/png");
    let table: [Use<'_>; 16] = [
        ("good", get.clone(), "GET", &[], 0),
        ("good with its type", typed.clone(), "PUT", &[png], 3),
        ("another method", get.clone(), "DELETE", &[], 0),
        ("another key", get.replace("/a?", "/b?"), "GET", &[], 0),
        ("another type", typed.clone(), "PUT", &[("content-type", "image/jpg")], 3),
        ("no type", typed.clone(), "PUT", &[], 3),
        ("too long", put.clone(), "PUT", &[], 11),
        ("an unsigned header", put.clone(), "PUT", &[("x-amz-meta-a", "b")], 3),
        ("a limit taken out", put.replace("&x-larder-max-bytes=10", ""), "PUT", &[], 3),
        ("expired", get.replace(date, "20200101T000000Z").replace(&date[..8], "20200101"), "GET", &[], 0),
        ("a longer time", get.replace("X-Amz-Expires=900", "X-Amz-Expires=901"), "GET", &[], 0),
        ("too long a time", get.replace("X-Amz-Expires=900", "X-Amz-Expires=604801"), "GET", &[], 0),
        ("no time", get.replace("X-Amz-Expires=900&", ""), "GET", &[], 0),
        ("no host", get.replace("SignedHeaders=host", "SignedHeaders=date"), "GET", &[], 0),
        ("another service", get.replace("%2Fs3%2F", "%2Fec2%2F"), "GET", &[], 0),
        ("a broken escape", get.replace("/a?", "/%zz?"), "GET", &[], 0),
    ];
    for (name, url, method, headers, length) in table {
        let reply = send(&larder, method, &url, headers, &vec![b'x'; length]);
        let lines: Vec<String> = headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        let length = length.to_string();
        let mut arguments = vec!["presign", "explain", &url, "--method", method, "--json"];
        lines.iter().for_each(|line| arguments.extend(["--header", line]));
        if length != "0" {
            arguments.extend(["--body-length", &length]);
        }
        let said = run(&larder, &arguments, b"");
        let document = json(&said.text());
        assert_eq!(
            document["accepted"].as_bool(),
            Some(reply.status < 300),
            "{name}: {document:#} but {}",
            reply.text()
        );
        assert_eq!(said.code, i32::from(reply.status >= 300), "{name}");
        if reply.status >= 300 {
            let first = &document["refusals"][0];
            let said = (
                u16::try_from(first["status"].as_u64().unwrap()).unwrap(),
                first["code"].as_str().unwrap().to_owned(),
            );
            assert_eq!(said, reply.verdict(), "{name}: {document:#}");
        }
        let signature = url.split_once("X-Amz-Signature=").unwrap().1;
        assert!(!said.text().contains(&signature[..16]), "{name} shows the signature");
    }
}
