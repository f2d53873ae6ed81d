//! Where R2 and AWS differ or are silent, what Larder does: the rows of the third part of `docs/compat.md` that no other
//! test shows over the wire.

use e2e::{Larder, Reply, exchange};

const KEY: &str = "/user-uploads/k";

fn signed(larder: &Larder, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
    larder.signer().send(larder.address, method, path, &[], headers, body)
}

fn asked(larder: &Larder, method: &str, query: &[(&str, &str)], headers: &[(&str, &str)]) -> Reply {
    larder.signer().send(larder.address, method, KEY, query, headers, b"")
}

#[test]
fn a_part_of_an_object_is_never_taken_for_all_of_it() {
    let larder = Larder::dev();
    let checksum = [("x-amz-checksum-crc32", "y/Q5Jg==")];
    assert_eq!(signed(&larder, "PUT", KEY, &checksum, b"123456789").status, 200);
    let mode = ("x-amz-checksum-mode", "ENABLED");
    for (range, status, echoed) in [("bytes=0-", 206, Some("y/Q5Jg==")), ("bytes=1-2", 206, None)] {
        let reply = asked(&larder, "GET", &[], &[mode, ("range", range)]);
        assert_eq!((reply.status, reply.header("x-amz-checksum-crc32")), (status, echoed), "{range}");
    }
    // the one part of an object that was put in one piece, and one that it does not have
    let first = asked(&larder, "GET", &[("partNumber", "1")], &[]);
    assert_eq!((first.status, first.body.as_slice()), (206, b"123456789".as_slice()));
    assert_eq!(
        asked(&larder, "GET", &[("partNumber", "2")], &[]).verdict(),
        (416, "InvalidPartNumber".to_owned())
    );
}

#[test]
fn a_type_is_kept_and_never_guessed() {
    let larder = Larder::dev();
    let page = b"<html><script>alert(1)</script></html>";
    assert_eq!(signed(&larder, "PUT", KEY, &[], page).status, 200);
    let read = asked(&larder, "GET", &[], &[]);
    assert_eq!(read.header("content-type"), Some("application/octet-stream"));
    let class = [("content-type", "text/html"), ("x-amz-storage-class", "STANDARD_IA")];
    assert_eq!(signed(&larder, "PUT", KEY, &class, page).status, 200);
    let read = asked(&larder, "HEAD", &[], &[]);
    assert_eq!(read.header("content-type"), Some("text/html"));
    assert_eq!(read.header("x-amz-storage-class"), Some("STANDARD_IA"));
}

#[test]
fn two_spellings_of_a_name_are_one_key() {
    let larder = Larder::dev();
    // u with two dots in one character, and as u with the dots behind it
    let spellings = ["%C3%BC", "u%CC%88"];
    for stored in spellings {
        let path = format!("/user-uploads/{stored}");
        assert_eq!(signed(&larder, "PUT", &path, &[], path.as_bytes()).status, 200);
        for asked_for in spellings {
            let read = signed(&larder, "GET", &format!("/user-uploads/{asked_for}"), &[], b"");
            assert_eq!(read.body, path.as_bytes());
        }
        let query = [("encoding-type", "url")];
        let list = larder.signer().send(larder.address, "GET", "/user-uploads", &query, &[], b"");
        assert_eq!(list.element("Key").as_deref(), Some(stored), "the spelling that was stored last");
    }
}

#[test]
fn a_key_of_control_characters_is_listed() {
    let larder = Larder::dev();
    assert_eq!(signed(&larder, "PUT", "/user-uploads/a%01%0Db", &[], b"x").status, 200);
    let list = |query: &[(&str, &str)]| {
        larder.signer().send(larder.address, "GET", "/user-uploads", query, &[], b"").element("Key")
    };
    assert_eq!(list(&[]).as_deref(), Some("a&#x1;&#xD;b"));
    assert_eq!(list(&[("encoding-type", "url")]).as_deref(), Some("a%01%0Db"));
}

#[test]
fn what_would_be_done_otherwise_than_meant_is_refused() {
    let larder = Larder::dev();
    assert_eq!(signed(&larder, "PUT", KEY, &[], b"kept").status, 200);
    let unbuilt = (501, "NotImplemented".to_owned());
    for query in [[("acl", "")], [("torrent", "")], [("retention", "")]] {
        assert_eq!(asked(&larder, "DELETE", &query, &[]).verdict(), unbuilt, "{query:?}");
    }
    // the tags go, and a version that is not there; the object stays
    assert_eq!(asked(&larder, "DELETE", &[("tagging", "")], &[]).status, 204);
    assert_eq!(asked(&larder, "DELETE", &[("versionId", "0000000000000007")], &[]).status, 204);
    assert_eq!(asked(&larder, "DELETE", &[], &[("x-amz-expected-bucket-owner", "me")]).verdict(), unbuilt);
    assert_eq!(asked(&larder, "HEAD", &[("retention", "")], &[]).status, 501);
    let secret = [("x-amz-server-side-encryption-customer-key", "bXkgb3duIGtleQ==")];
    let plain = signed(&larder, "PUT", KEY, &secret, b"would be stored plain");
    assert_eq!(plain.verdict(), (400, "InvalidArgument".to_owned()));
    assert!(!plain.text().contains("bXkgb3duIGtleQ=="), "{}", plain.text());
    // signed, but for nothing that a bucket's POST could mean
    assert_eq!(signed(&larder, "POST", "/user-uploads", &[], b"").verdict(), unbuilt);
    let kept = asked(&larder, "GET", &[], &[]);
    assert_eq!(kept.body, b"kept");
    // the id that a reply shows names the object, with versions or without
    let version = kept.header("x-amz-version-id").unwrap().to_owned();
    assert_eq!(asked(&larder, "GET", &[("versionId", &version)], &[]).body, b"kept");
    let other = asked(&larder, "GET", &[("versionId", "0000000000000002")], &[]);
    assert_eq!(other.verdict(), (404, "NoSuchVersion".to_owned()));
    assert_eq!(asked(&larder, "GET", &[("versionId", "null")], &[]).body, b"kept");
    assert_eq!(asked(&larder, "DELETE", &[("versionId", &version)], &[]).status, 204);
    assert_eq!(asked(&larder, "GET", &[], &[]).status, 404);
}

/// Without versions R2 ignores which one is asked for when it reads, and removes nothing that was not meant.
#[test]
fn strict_r2_has_no_versions() {
    let larder = Larder::dev().serve_on("strict_r2 = true");
    assert_eq!(signed(&larder, "PUT", KEY, &[], b"kept").status, 200);
    let version = [("versionId", "0000000000000007")];
    assert_eq!(asked(&larder, "DELETE", &version, &[]).verdict(), (501, "NotImplemented".to_owned()));
    assert_eq!(asked(&larder, "GET", &version, &[]).body, b"kept");
}

#[test]
fn a_post_to_a_key_stores_as_on_r2() {
    let larder = Larder::dev();
    assert_eq!(signed(&larder, "POST", KEY, &[], b"posted").status, 200);
    assert_eq!(asked(&larder, "GET", &[], &[]).body, b"posted");
}

#[test]
fn a_bucket_takes_its_location_with_it() {
    let larder = Larder::dev();
    let hint = b"<CreateBucketConfiguration><LocationConstraint>weur</LocationConstraint></CreateBucketConfiguration>";
    let created = |body: &[u8]| {
        assert_eq!(signed(&larder, "PUT", "/moving", &[], body).status, 200);
        let query = [("location", "")];
        larder.signer().send(larder.address, "GET", "/moving", &query, &[], b"").text()
    };
    let first = created(hint);
    assert!(first.contains(">WEUR<"), "{first}");
    assert_eq!(signed(&larder, "DELETE", "/moving", &[], b"").status, 204);
    let second = created(b"");
    assert!(second.contains(">auto<"), "{second}");
}

#[test]
fn an_echoed_origin_comes_without_credentials() {
    let larder = Larder::dev();
    let host = larder.signer().host;
    let put = larder.signer().presign("PUT", KEY, &[]);
    let origin = [("host", host.as_str()), ("origin", "http://localhost:3000")];
    let asking = [origin.as_slice(), &[("access-control-request-method", "PUT")]].concat();
    for reply in [
        exchange(larder.address, "OPTIONS", &put, &asking, b""),
        exchange(larder.address, "PUT", &put, &origin, b"x"),
        exchange(larder.address, "GET", &put, &origin, b""),
    ] {
        assert_eq!(reply.header("access-control-allow-origin"), Some("http://localhost:3000"));
        assert_eq!(reply.header("access-control-allow-credentials"), None);
    }
}
