//! Large objects over the wire and on the disk: uploads in parts that live through a kill, copies that share bytes.

use std::path::Path;
use std::time::{Duration, Instant};

use e2e::{Larder, Reply};

const KEY: &str = "/user-uploads/large";
const MIB: usize = 1024 * 1024;

fn send(larder: &Larder, method: &str, path: &str, query: &[(&str, &str)], body: &[u8]) -> Reply {
    larder.signer().send(larder.address, method, path, query, &[], body)
}

fn begin(larder: &Larder, path: &str) -> String {
    let reply = send(larder, "POST", path, &[("uploads", "")], b"");
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.element("UploadId").expect("CreateMultipartUpload answers with an id")
}

fn part(larder: &Larder, path: &str, id: &str, number: &str, body: &[u8]) -> Reply {
    send(larder, "PUT", path, &[("partNumber", number), ("uploadId", id)], body)
}

fn etag(reply: &Reply) -> String {
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.header("etag").expect("UploadPart answers with an ETag").to_owned()
}

fn complete(larder: &Larder, path: &str, id: &str, parts: &[(u32, &str)]) -> Reply {
    let parts = parts.iter().map(|(number, etag)| {
        format!("<Part><PartNumber>{number}</PartNumber><ETag>{}</ETag></Part>", etag.replace('"', "&quot;"))
    });
    let document =
        format!("<CompleteMultipartUpload>{}</CompleteMultipartUpload>", parts.collect::<String>());
    send(larder, "POST", path, &[("uploadId", id)], document.as_bytes())
}

fn bytes_of(seed: usize, count: usize) -> Vec<u8> {
    (0..count).map(|at| u8::try_from((at * 7 + at / 251 + seed) % 256).unwrap()).collect()
}

/// Number and bytes of the files in a folder and those below it.
fn files_in(folder: &Path) -> (usize, u64) {
    let Ok(entries) = std::fs::read_dir(folder) else { return (0, 0) };
    entries.flatten().fold((0, 0), |(count, bytes), entry| {
        let (more, size) = match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => files_in(&entry.path()),
            Ok(metadata) => (1, metadata.len()),
            Err(_) => (0, 0),
        };
        (count + more, bytes + size)
    })
}

/// Reclaim works beside requests: it is waited for, as any client may.
fn settles(larder: &Larder, wanted: usize) {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let (files, bytes) = files_in(&larder.data().join("big"));
        if files == wanted {
            return;
        }
        assert!(Instant::now() < deadline, "{files} files with {bytes} bytes, expected {wanted}");
        assert_eq!(send(larder, "HEAD", "/user-uploads", &[], b"").status, 200);
    }
}

/// CreateMultipartUpload, UploadPart, ListParts, ListMultipartUploads, CompleteMultipartUpload, each before or after a SIGKILL.
#[test]
fn an_upload_in_parts_lives_through_kills() {
    let mut larder = Larder::dev();
    let bodies = [bytes_of(1, 5 * MIB), bytes_of(2, 6 * MIB), bytes_of(3, 1_000)];
    let id = begin(&larder, KEY);
    let first = etag(&part(&larder, KEY, &id, "1", &bodies[0]));
    let replaced = etag(&part(&larder, KEY, &id, "2", b"to be replaced"));
    larder.kill();
    let mut larder = larder.restarted();
    let second = etag(&part(&larder, KEY, &id, "2", &bodies[1]));
    assert_ne!(second, replaced);
    let third = etag(&part(&larder, KEY, &id, "3", &bodies[2]));
    larder.kill();
    let mut larder = larder.restarted();
    let listed = send(&larder, "GET", KEY, &[("uploadId", &id)], b"");
    assert_eq!(listed.text().matches("<Part>").count(), 3, "{}", listed.text());
    assert!(listed.text().contains("<Size>6291456</Size>"), "{}", listed.text());
    let uploads = send(&larder, "GET", "/user-uploads", &[("uploads", "")], b"");
    assert_eq!(uploads.element("UploadId").as_deref(), Some(id.as_str()));
    let parts = [(1, first.as_str()), (2, &second), (3, &third)];
    let done = complete(&larder, KEY, &id, &parts);
    assert_eq!(done.status, 200, "{}", done.text());
    // the client did not hear it, and asks the next process
    larder.kill();
    let mut larder = larder.restarted();
    let again = complete(&larder, KEY, &id, &parts);
    assert_eq!((again.status, again.element("ETag")), (200, done.element("ETag")), "{}", again.text());
    let whole = bodies.concat();
    let read = send(&larder, "GET", KEY, &[], b"");
    assert!(read.status == 200 && read.body == whole, "{}", read.status);
    assert!(read.header("etag").is_some_and(|etag| etag.ends_with("-3\"")));
    let two = send(&larder, "GET", KEY, &[("partNumber", "2")], b"");
    assert!(two.status == 206 && two.body == bodies[1]);
    settles(&larder, 3);
    assert_eq!(send(&larder, "DELETE", KEY, &[], b"").status, 204);
    larder.kill();
    let larder = larder.restarted();
    settles(&larder, 0);
}

/// AbortMultipartUpload: the parts go, and so does what still comes.
#[test]
fn an_aborted_upload_leaves_nothing() {
    let larder = Larder::dev();
    let id = begin(&larder, KEY);
    for number in ["1", "2"] {
        etag(&part(&larder, KEY, &id, number, &bytes_of(1, 2 * MIB)));
    }
    assert_eq!(files_in(&larder.data().join("big")).0, 2);
    assert_eq!(send(&larder, "DELETE", KEY, &[("uploadId", &id)], b"").status, 204);
    assert_eq!(part(&larder, KEY, &id, "3", b"late").verdict(), (404, "NoSuchUpload".to_owned()));
    settles(&larder, 0);
    assert_eq!(send(&larder, "GET", KEY, &[], b"").status, 404);
}

/// Spec: R2 docs, platform limits (parts 1 to 10,000, at least 5 MiB but for the last).
#[test]
fn numbers_and_sizes_of_parts_at_their_edges() {
    let larder = Larder::dev();
    let id = begin(&larder, KEY);
    for number in ["0", "10001"] {
        let reply = part(&larder, KEY, &id, number, b"x");
        assert_eq!(reply.verdict(), (400, "InvalidArgument".to_owned()), "{number}");
    }
    let last = etag(&part(&larder, KEY, &id, "10000", b"last"));
    for (bytes, status) in [(5 * MIB - 1, 400), (5 * MIB, 200)] {
        let first = etag(&part(&larder, KEY, &id, "1", &bytes_of(1, bytes)));
        let reply = complete(&larder, KEY, &id, &[(1, &first), (10_000, &last)]);
        assert_eq!(reply.status, status, "{bytes}: {}", reply.text());
        assert_eq!(reply.element("Code"), (status == 400).then(|| "EntityTooSmall".to_owned()));
    }
    let read = send(&larder, "HEAD", KEY, &[], b"");
    assert_eq!(read.header("content-length"), Some((5 * MIB + 4).to_string().as_str()));
}

/// CopyObject and UploadPartCopy of a large object: its bytes are on the disk once, and stay as long as any of them is there.
#[test]
fn copies_of_a_large_object_take_no_space() {
    const COPIES: usize = 5;
    let mut larder = Larder::dev();
    let body = bytes_of(9, 20 * MIB);
    assert_eq!(send(&larder, "PUT", KEY, &[], &body).status, 200);
    let big = larder.data().join("big");
    let before = files_in(&big);
    assert_eq!(before.0, 1);
    let source = [("x-amz-copy-source", KEY)];
    for n in 0..COPIES {
        let path = format!("/user-uploads/copy-{n}");
        let reply = larder.signer().send(larder.address, "PUT", &path, &[], &source, b"");
        assert_eq!(reply.status, 200, "{}", reply.text());
    }
    let id = begin(&larder, "/user-uploads/parts");
    let ranged = [("x-amz-copy-source", KEY), ("x-amz-copy-source-range", "bytes=1048576-12582911")];
    let query = [("partNumber", "1"), ("uploadId", id.as_str())];
    let copied = larder.signer().send(larder.address, "PUT", "/user-uploads/parts", &query, &ranged, b"");
    assert_eq!(copied.status, 200, "{}", copied.text());
    let tag = copied.element("ETag").unwrap();
    assert_eq!(complete(&larder, "/user-uploads/parts", &id, &[(1, &tag)]).status, 200);
    assert_eq!(files_in(&big), before, "the copies share the file");
    assert_eq!(send(&larder, "DELETE", KEY, &[], b"").status, 204);
    larder.kill();
    let larder = larder.restarted();
    for n in 0..COPIES {
        let path = format!("/user-uploads/copy-{n}");
        assert!(send(&larder, "GET", &path, &[], b"").body == body, "{path}");
        assert_eq!(send(&larder, "DELETE", &path, &[], b"").status, 204);
    }
    assert_eq!(files_in(&big), before, "one part of it is still needed");
    let read = send(&larder, "GET", "/user-uploads/parts", &[], b"");
    assert!(read.body == body[MIB..12 * MIB]);
    assert_eq!(send(&larder, "DELETE", "/user-uploads/parts", &[], b"").status, 204);
    settles(&larder, 0);
}
