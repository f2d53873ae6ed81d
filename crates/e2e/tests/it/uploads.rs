//! Uploads that arrive whole, and uploads that do not: nothing of these is left.

use std::time::{Duration, Instant};

use e2e::{Client, Larder, exchange};
use sigv4::sign::{ChunkSigner, HeaderRequest, sign_header_with_seed};

/// Head and body of a PUT in one of the aws-chunked forms.
struct Chunked {
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

fn chunked(
    larder: &Larder,
    path: &str,
    marker: &str,
    trailer: Option<(&str, &str)>,
    pieces: &[&[u8]],
) -> Chunked {
    let decoded: usize = pieces.iter().map(|piece| piece.len()).sum();
    let decoded = decoded.to_string();
    let mut headers =
        vec![("content-encoding", "aws-chunked"), ("x-amz-decoded-content-length", decoded.as_str())];
    headers.extend(trailer.map(|(name, _)| ("x-amz-trailer", name)));
    let signer = larder.signer();
    let (added, seed) = sign_header_with_seed(&HeaderRequest {
        method: "PUT",
        host: &signer.host,
        path,
        query: &[],
        headers: &headers,
        region: "auto",
        access_key_id: &signer.access_key_id,
        secret: &signer.secret,
        date_s: signer.date_s,
        payload: marker,
        session_token: None,
    });
    let is_signed = marker.starts_with("STREAMING-AWS4");
    let mut chunks = if is_signed { ChunkSigner::signed(seed) } else { ChunkSigner::unsigned() };
    let mut body = Vec::new();
    pieces.iter().for_each(|piece| chunks.chunk(piece, &mut body));
    match trailer {
        Some(trailer) => chunks.finish_with_trailers(&[trailer], &mut body),
        None => chunks.finish(&mut body),
    }
    let mut all: Vec<(String, String)> = vec![("host".into(), signer.host)];
    all.extend(headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())));
    all.extend(added);
    Chunked { headers: all, body }
}

fn send(larder: &Larder, path: &str, request: &Chunked, body: &[u8]) -> e2e::Reply {
    let headers: Vec<_> = request.headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    exchange(larder.address, "PUT", path, &headers, body)
}

fn get(larder: &Larder, path: &str) -> e2e::Reply {
    let signer = larder.signer();
    exchange(larder.address, "GET", &signer.presign("GET", path, &[]), &[("host", &signer.host)], b"")
}

const FORMS: [(&str, bool); 3] = [
    ("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", false),
    ("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", true),
    ("STREAMING-UNSIGNED-PAYLOAD-TRAILER", true),
];
/// CRC-32C of 10,000 bytes `x`.
const TRAILER: (&str, &str) = ("x-amz-checksum-crc32c", "MSGm8g==");

#[test]
fn every_chunked_form_is_stored_out_of_its_framing() {
    let larder = Larder::dev();
    let content = [b'x'; 10_000];
    for (form, has_trailer) in FORMS {
        let path = "/user-uploads/chunked";
        let request = chunked(
            &larder,
            path,
            form,
            has_trailer.then_some(TRAILER),
            &[&content[..9_000], &content[9_000..]],
        );
        let put = send(&larder, path, &request, &request.body);
        assert_eq!(put.status, 200, "{form}: {}", put.text());
        let read = get(&larder, path);
        assert_eq!((read.status, read.body.as_slice()), (200, content.as_slice()), "{form}");
        assert_eq!(read.header("content-encoding"), None);
    }
}

#[test]
fn the_unsigned_form_needs_no_content_length() {
    let larder = Larder::dev();
    let content = [b'x'; 10_000];
    let path = "/user-uploads/streamed";
    let mut request =
        chunked(&larder, path, "STREAMING-UNSIGNED-PAYLOAD-TRAILER", Some(TRAILER), &[&content]);
    request.headers.push(("transfer-encoding".into(), "chunked".into()));
    let mut framed = Vec::new();
    for piece in request.body.chunks(700) {
        framed.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
        framed.extend_from_slice(piece);
        framed.extend_from_slice(b"\r\n");
    }
    framed.extend_from_slice(b"0\r\n\r\n");
    let put = send(&larder, path, &request, &framed);
    assert_eq!(put.status, 200, "{}", put.text());
    assert_eq!(get(&larder, path).body, content);
}

#[test]
fn chunks_that_are_cut_changed_or_mislabelled_store_nothing() {
    let larder = Larder::dev();
    let content = [b'x'; 10_000];
    let path = "/user-uploads/broken";
    for (form, has_trailer) in FORMS {
        let request = chunked(
            &larder,
            path,
            form,
            has_trailer.then_some(TRAILER),
            &[&content[..9_000], &content[9_000..]],
        );
        let whole = &request.body;
        let changed = |at: usize, byte: u8| {
            let mut body = whole.clone();
            body[at] = byte;
            body
        };
        let mut without_last = whole.clone();
        let last = whole.windows(3).rposition(|three| three == b"\n0\r" || three == b"\n0;").unwrap() + 1;
        without_last.truncate(last);
        let mut cases = vec![
            ("cut in a chunk", whole[..5_000].to_vec()),
            ("the last chunk missing", without_last),
            ("a size that is no number", changed(0, b'z')),
            ("another size", changed(0, b'1')),
        ];
        if form.starts_with("STREAMING-AWS4") {
            let at = whole.iter().position(|byte| *byte == b'x').unwrap();
            cases.push(("a changed byte", changed(at, b'y')));
        }
        if has_trailer {
            let at = whole.windows(8).position(|eight| eight == b"MSGm8g==").unwrap();
            cases.push(("another checksum", changed(at, b'J')));
        }
        for (what, body) in cases {
            let reply = send(&larder, path, &request, &body);
            assert!((400..404).contains(&reply.status), "{form}, {what}: {} {}", reply.status, reply.text());
            assert_eq!(get(&larder, path).status, 404, "{form}, {what}");
        }
    }
    assert_nothing_left(&larder);
}

#[test]
fn an_upload_broken_off_leaves_nothing() {
    let larder = Larder::dev();
    let signer = larder.signer();
    for announced in [1_000, 3_000_000] {
        for sent in [0, 500, announced / 2] {
            let target = signer.presign("PUT", "/user-uploads/half", &[]);
            let mut client = Client::connect(larder.address).unwrap();
            let head = format!(
                "PUT {target} HTTP/1.1\r\nhost: {}\r\ncontent-length: {announced}\r\n\r\n",
                signer.host
            );
            client.send(head.as_bytes()).unwrap();
            client.send(&vec![b'x'; sent]).unwrap();
            drop(client);
            assert_eq!(get(&larder, "/user-uploads/half").status, 404);
        }
    }
    assert_nothing_left(&larder);
}

#[test]
fn checksums_are_verified_stored_and_given_back() {
    let larder = Larder::dev();
    let signer = larder.signer();
    let body = b"123456789";
    let table = [
        ("x-amz-checksum-crc32", "y/Q5Jg=="),
        ("x-amz-checksum-crc32c", "4waSgw=="),
        ("x-amz-checksum-crc64nvme", "rosUhgp5mIg="),
        ("x-amz-checksum-sha1", "98O8HYCOBHMq32eZZczDTKeuNEE="),
        ("x-amz-checksum-sha256", "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU="),
    ];
    for (name, value) in table {
        let put = signer.send(larder.address, "PUT", "/user-uploads/sum", &[], &[(name, value)], body);
        assert_eq!(put.status, 200, "{name}: {}", put.text());
        assert_eq!(put.header(name), Some(value));
        let mode = [("x-amz-checksum-mode", "ENABLED")];
        let read = signer.send(larder.address, "GET", "/user-uploads/sum", &[], &mode, b"");
        assert_eq!(read.header(name), Some(value));
        let wrong =
            signer.send(larder.address, "PUT", "/user-uploads/bad", &[], &[(name, value)], b"12345678");
        assert_eq!(wrong.verdict(), (400, "BadDigest".to_owned()), "{name}");
    }
    let md5 = [("content-md5", "JfnnlDI7RTiF9RgfG2JNCw==")];
    assert_eq!(signer.send(larder.address, "PUT", "/user-uploads/sum", &[], &md5, body).status, 200);
    let wrong = signer.send(larder.address, "PUT", "/user-uploads/bad", &[], &md5, b"12345678");
    assert_eq!(wrong.verdict(), (400, "BadDigest".to_owned()));
    let empty = [("content-md5", "nonsense")];
    let invalid = signer.send(larder.address, "PUT", "/user-uploads/bad", &[], &empty, body);
    assert_eq!(invalid.verdict(), (400, "InvalidDigest".to_owned()));
    assert_eq!(get(&larder, "/user-uploads/bad").status, 404);
}

/// No file of an unfinished upload, and none that no object needs. The server clears them as soon as it sees the end of
/// a connection, which it may not have seen yet.
fn assert_nothing_left(larder: &Larder) {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let left = files_in(&larder.data().join("tmp")) + files_in(&larder.data().join("big"));
        if left == 0 {
            return;
        }
        assert!(Instant::now() < deadline, "{left} files are left");
        assert_eq!(get(larder, "/user-uploads/none").status, 404);
    }
}

fn files_in(folder: &std::path::Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let count = |path: std::path::PathBuf| if path.is_dir() { files_in(&path) } else { 1 };
    entries.flatten().map(|entry| count(entry.path())).sum()
}

/// Go's client says that it waits for `100 Continue`, and does not. A reset while it sends would lose it the reply.
#[test]
fn a_refused_upload_that_does_not_wait_can_be_sent_to_its_end() {
    let larder = Larder::dev();
    let target = larder.signer().presign("GET", "/user-uploads/refused", &[]);
    // more than the sockets' buffers, and more than is read before the reply
    for bytes in [6 * 1024 * 1024, 80 * 1024 * 1024] {
        let mut client = Client::connect(larder.address).unwrap();
        let host = larder.signer().host;
        let head = format!(
            "PUT {target} HTTP/1.1\r\nhost: {host}\r\nexpect: 100-continue\r\ncontent-length: {bytes}\r\n\r\n"
        );
        client.send(head.as_bytes()).unwrap();
        let reply = client.reply(false).unwrap();
        assert_eq!(reply.verdict(), (403, "SignatureDoesNotMatch".to_owned()));
        assert_eq!(reply.header("connection"), Some("close"));
        for _ in 0..bytes / (1024 * 1024) {
            client.send(&vec![7; 1024 * 1024]).unwrap();
        }
    }
}
