//! Input that nobody honest sends: a clear refusal, and a server that goes on.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use e2e::{Larder, exchange};

/// Sends bytes, ends the sending side, and reads whatever comes.
fn raw(larder: &Larder, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(larder.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    // the server may close before it has read all of it
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(Shutdown::Write);
    let mut reply = Vec::new();
    let _ = stream.read_to_end(&mut reply);
    String::from_utf8_lossy(&reply).into_owned()
}

fn assert_alive(larder: &Larder, after: &str) {
    let put = larder.signer().presign("PUT", "/user-uploads/alive", &[]);
    let reply = exchange(larder.address, "PUT", &put, &[("host", &larder.signer().host)], b"x");
    assert_eq!(reply.status, 200, "after {after}");
}

#[test]
fn broken_http_does_not_disturb() {
    let larder = Larder::dev();
    let long = "x".repeat(200_000);
    let many: String = (0..2_000).map(|n| format!("h{n}: 1\r\n")).collect();
    let table: [(&str, String); 11] = [
        ("noise", "\0\u{1}\u{2}garbage\r\n\r\n".into()),
        ("a TLS hello", "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\u{fc}\u{3}\u{3}".into()),
        ("a preface and noise", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0garbage".into()),
        ("an offer to upgrade", "GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAAP__\r\n\r\n".into()),
        ("a long target", format!("GET /{long} HTTP/1.1\r\nhost: x\r\n\r\n")),
        ("a long header", format!("GET / HTTP/1.1\r\nhost: x\r\na: {long}\r\n\r\n")),
        ("many headers", format!("GET / HTTP/1.1\r\nhost: x\r\n{many}\r\n")),
        ("two lengths", "PUT /b/k HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab".into()),
        ("length and chunks", "PUT /b/k HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n".into()),
        ("no host", "GET / HTTP/1.1\r\n\r\n".into()),
        ("two hosts", "GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n".into()),
    ];
    for (what, bytes) in table {
        let reply = raw(&larder, bytes.as_bytes());
        assert!(!reply.contains(" 200 ") && !reply.contains(" 500 "), "{what}: {reply}");
        assert_alive(&larder, what);
    }
}

#[test]
fn odd_keys_are_only_keys() {
    let larder = Larder::dev();
    let signer = larder.signer();
    let host = [("host", signer.host.as_str())];
    for path in [
        "/user-uploads/../../etc/passwd",
        "/user-uploads/..%2F..%2Fetc%2Fpasswd",
        "/user-uploads//double//slash/",
        "/user-uploads/./.",
        "/user-uploads/a%00b",
        "/user-uploads/%252F",
        "/user-uploads/%E2%9C%93%20%2B+'()*!~",
        "/user-uploads/%0D%0Ax-injected:%201",
    ] {
        let put = exchange(larder.address, "PUT", &signer.presign("PUT", path, &[]), &host, path.as_bytes());
        assert_eq!(put.status, 200, "{path}: {}", put.text());
        let get = exchange(larder.address, "GET", &signer.presign("GET", path, &[]), &host, b"");
        assert_eq!((get.status, get.body), (200, path.as_bytes().to_vec()), "{path}");
    }
    for (path, code) in [
        ("/user-uploads/%FF", "InvalidObjectName"),
        ("/user-uploads/%zz", "InvalidURI"),
        ("/User_Uploads/a", "InvalidBucketName"),
        (&format!("/user-uploads/{}", "k".repeat(1_025)), "KeyTooLongError"),
    ] {
        let put = exchange(larder.address, "PUT", &signer.presign("PUT", path, &[]), &host, b"x");
        assert_eq!(put.verdict(), (400, code.to_owned()), "{path}");
    }
}

#[test]
fn an_overridden_header_cannot_split_a_reply() {
    let larder = Larder::dev();
    let signer = larder.signer();
    let host = [("host", signer.host.as_str())];
    let put = signer.presign("PUT", "/user-uploads/a", &[]);
    assert_eq!(exchange(larder.address, "PUT", &put, &host, b"x").status, 200);
    let get =
        signer.presign("GET", "/user-uploads/a", &[("response-content-type", "text/plain\r\nx-injected: 1")]);
    let reply = exchange(larder.address, "GET", &get, &host, b"");
    assert_eq!(reply.header("x-injected"), None);
    assert_eq!(reply.status, 400, "{}", reply.text());
}
