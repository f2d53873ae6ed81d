//! Encryption with the customer's key (SSE-C) and with the server's, as requests and files on disk show it.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use e2e::{Larder, scratch_folder};

const KEY: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
const KEY_MD5: &str = "4Funlf7OsLF0HL+vKU+fkg==";
const OTHER: &str = "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";
const PREFIX: &str = "x-amz-server-side-encryption-customer";

/// A sentence that is easy to find on a disk.
fn body(bytes: usize) -> Vec<u8> {
    b"the quick brown fox jumps over the lazy dog; ".iter().copied().cycle().take(bytes).collect()
}

fn holds(folder: &Path, needle: &[u8]) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => holds(&path, needle),
            false => {
                let bytes = std::fs::read(&path).unwrap_or_default();
                memchr::memmem::find(&bytes, needle).is_some()
            }
        }
    })
}

fn customer<'a>(names: &'a [String; 3], key: &'a str, md5: &'a str) -> [(&'a str, &'a str); 3] {
    [(&names[0], "AES256"), (&names[1], key), (&names[2], md5)]
}

fn names(prefix: &str) -> [String; 3] {
    ["algorithm", "key", "key-MD5"].map(|name| format!("{prefix}-{name}").to_lowercase())
}

fn md5_of(key: &str) -> String {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use md5::Digest as _;
    STANDARD.encode(md5::Md5::digest(STANDARD.decode(key).unwrap()))
}

#[test]
fn a_customers_key_opens_what_it_closed_and_nothing_else_does() {
    let mut larder = Larder::dev();
    let (signer, names) = (larder.signer(), names(PREFIX));
    assert_eq!(md5_of(KEY), KEY_MD5);
    let with = customer(&names, KEY, KEY_MD5);
    let other_md5 = md5_of(OTHER);
    let wrong = customer(&names, OTHER, &other_md5);
    for (path, bytes) in [("/user-uploads/small", 5_000), ("/user-uploads/large", 3_000_000)] {
        let body = body(bytes);
        let put = signer.send(larder.address, "PUT", path, &[], &with, &body);
        assert_eq!((put.status, put.header(&names[2])), (200, Some(KEY_MD5)), "{}", put.text());
        let get = |headers: &[(&str, &str)]| signer.send(larder.address, "GET", path, &[], headers, b"");
        let read = get(&with);
        assert_eq!((read.status, read.header(&names[0])), (200, Some("AES256")));
        assert!(read.body == body);
        let ranged = get(&[with[0], with[1], with[2], ("range", "bytes=70-79")]);
        assert_eq!((ranged.status, ranged.body.as_slice()), (206, &body[70..80]));
        assert_eq!(get(&[]).verdict(), (400, "InvalidRequest".to_owned()));
        let refused = get(&wrong);
        assert_eq!(refused.verdict(), (403, "AccessDenied".to_owned()));
        assert!(!refused.text().contains(OTHER));
        assert_eq!(signer.send(larder.address, "HEAD", path, &[], &[], b"").status, 400);
    }
    assert!(!holds(&larder.data(), b"quick brown fox"), "nothing of it lies in the data folder");
    assert!(!larder.log().contains(KEY) && !larder.log().contains(OTHER));

    // a copy with another key shares the bytes; one without has them plain
    let source_names = self::names("x-amz-copy-source-server-side-encryption-customer");
    let source = customer(&source_names, KEY, KEY_MD5);
    let from = ("x-amz-copy-source", "/user-uploads/large");
    let headers: Vec<_> = [from].into_iter().chain(source).chain(wrong).collect();
    let copied = signer.send(larder.address, "PUT", "/user-uploads/copy", &[], &headers, b"");
    assert_eq!(copied.status, 200, "{}", copied.text());
    larder = larder.restarted();
    let read = signer.send(larder.address, "GET", "/user-uploads/copy", &[], &wrong, b"");
    assert!(read.status == 200 && read.body == body(3_000_000));
    assert!(!holds(&larder.data(), b"quick brown fox"));
}

#[test]
fn a_file_of_keys_encrypts_everything_at_rest() {
    let folder = scratch_folder();
    let keys = folder.path().join("keys");
    let write = |text: &str| {
        std::fs::write(&keys, text).unwrap();
        std::fs::set_permissions(&keys, std::fs::Permissions::from_mode(0o600)).unwrap();
    };
    let setting = format!("encryption_keys = \"{}\"", keys.display());
    write(&format!("first {KEY}\n"));
    let larder = Larder::dev_on(&folder.path().join("data")).serve_on(&setting);
    let signer = larder.signer();
    let send = |larder: &Larder, method, path, body: &[u8]| {
        let reply = signer.send(larder.address, method, path, &[], &[], body);
        assert!(reply.status < 300, "{}", reply.text());
        reply
    };
    for (path, bytes) in [("/user-uploads/small", 5_000), ("/user-uploads/large", 3_000_000)] {
        send(&larder, "PUT", path, &body(bytes));
        let read = send(&larder, "GET", path, b"");
        assert_eq!(read.header("x-amz-server-side-encryption"), Some("AES256"));
        assert!(read.body == body(bytes));
    }
    let multipart = |query: &[(&str, &str)], method, body: &[u8]| {
        let reply = signer.send(larder.address, method, "/user-uploads/parts", query, &[], body);
        assert_eq!(reply.status, 200, "{}", reply.text());
        assert_eq!(reply.header("x-amz-server-side-encryption"), Some("AES256"), "{method} {query:?}");
        reply
    };
    let id = multipart(&[("uploads", "")], "POST", b"").element("UploadId").unwrap();
    let part = multipart(&[("partNumber", "1"), ("uploadId", &id)], "PUT", &body(5_000));
    let etag = part.header("etag").unwrap().replace('"', "&quot;");
    let named = format!("<Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part>");
    let document = format!("<CompleteMultipartUpload>{named}</CompleteMultipartUpload>");
    multipart(&[("uploadId", &id)], "POST", document.as_bytes());
    assert!(!holds(&larder.data(), b"quick brown fox"));
    // another key in front, the old one behind it
    write(&format!("second {OTHER}\nfirst {KEY}\n"));
    let larder = larder.serve_on(&setting);
    send(&larder, "PUT", "/user-uploads/new", &body(5_000));
    for path in ["/user-uploads/small", "/user-uploads/large", "/user-uploads/new"] {
        assert!(send(&larder, "GET", path, b"").body.starts_with(b"the quick"), "{path}");
    }
    assert!(!holds(&larder.data(), b"quick brown fox"));
}
