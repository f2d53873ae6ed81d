//! What buckets keep and enforce, through restarts: versions, object lock, lifecycle, and the limits of everything.

use e2e::{Larder, Reply};

const BUCKET: &str = "/user-uploads";
const KEY: &str = "/user-uploads/k";

fn send(larder: &Larder, method: &str, path: &str, query: &[(&str, &str)], body: &str) -> Reply {
    larder.signer().send(larder.address, method, path, query, &[], body.as_bytes())
}

fn with(larder: &Larder, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
    larder.signer().send(larder.address, method, path, &[], headers, body.as_bytes())
}

fn keep_versions(larder: &Larder) {
    let document = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    assert_eq!(send(larder, "PUT", BUCKET, &[("versioning", "")], document).status, 200);
}

fn version(reply: &Reply) -> String {
    assert!(matches!(reply.status, 200 | 204), "{}", reply.text());
    reply.header("x-amz-version-id").expect("each version has an id").to_owned()
}

/// ListObjectVersions, GetObjectAttributes, and the way back from a delete marker.
#[test]
fn versions_are_kept_listed_and_restored() {
    let mut larder = Larder::dev();
    keep_versions(&larder);
    let large = "x".repeat(2 * 1024 * 1024);
    let one = version(&send(&larder, "PUT", KEY, &[], &large));
    let two = version(&send(&larder, "PUT", KEY, &[], "two"));
    let marker = version(&send(&larder, "DELETE", KEY, &[], ""));
    larder.kill();
    let larder = larder.restarted();
    assert_eq!(send(&larder, "GET", KEY, &[], "").verdict(), (404, "NoSuchKey".to_owned()));
    let listed = send(&larder, "GET", BUCKET, &[("versions", "")], "").text();
    let places = [&marker, &two, &one].map(|id| listed.find(id.as_str()));
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{listed}");
    assert!(send(&larder, "GET", KEY, &[("versionId", &one)], "").body == large.as_bytes());
    let attributes = [("x-amz-object-attributes", "ObjectSize,ETag")];
    let query = [("attributes", ""), ("versionId", one.as_str())];
    let known = larder.signer().send(larder.address, "GET", KEY, &query, &attributes, b"");
    assert_eq!(known.element("ObjectSize").as_deref(), Some("2097152"), "{}", known.text());
    assert_eq!(send(&larder, "DELETE", KEY, &[("versionId", &marker)], "").status, 204);
    assert_eq!(send(&larder, "GET", KEY, &[], "").body, b"two");
    // an old version becomes the newest by a copy
    let source = format!("{KEY}?versionId={one}");
    let copied = with(&larder, "PUT", KEY, &[("x-amz-copy-source", &source)], "");
    assert_eq!(copied.header("x-amz-copy-source-version-id"), Some(one.as_str()), "{}", copied.text());
    assert!(send(&larder, "GET", KEY, &[], "").body == large.as_bytes());
}

#[test]
fn what_object_lock_keeps_stays() {
    let mut larder = Larder::dev();
    let vault = "/vault";
    let create = with(&larder, "PUT", vault, &[("x-amz-bucket-object-lock-enabled", "true")], "");
    assert_eq!(create.status, 200, "{}", create.text());
    let until = [
        ("x-amz-object-lock-mode", "COMPLIANCE"),
        ("x-amz-object-lock-retain-until-date", "2100-01-01T00:00:00Z"),
    ];
    let id = version(&with(&larder, "PUT", "/vault/k", &until, "kept"));
    larder.kill();
    let larder = larder.restarted();
    let bypass = [("x-amz-bypass-governance-retention", "true")];
    for headers in [&[][..], &bypass] {
        let query = [("versionId", id.as_str())];
        let reply = larder.signer().send(larder.address, "DELETE", "/vault/k", &query, headers, b"");
        assert_eq!(reply.verdict(), (403, "AccessDenied".to_owned()));
        assert!(reply.text().contains("2100-01-01"), "{}", reply.text());
    }
    assert_eq!(send(&larder, "DELETE", "/vault/k", &[], "").status, 204, "a marker is no deletion");
    assert_eq!(send(&larder, "GET", "/vault/k", &[("versionId", &id)], "").body, b"kept");
    assert_eq!(send(&larder, "DELETE", vault, &[], "").verdict(), (409, "BucketNotEmpty".to_owned()));
}

/// Spec: R2 docs, object lifecycles: unfinished uploads go after seven days.
#[test]
fn a_new_bucket_has_r2s_lifecycle_until_it_gets_its_own() {
    let mut larder = Larder::dev();
    let policy = |larder: &Larder| send(larder, "GET", BUCKET, &[("lifecycle", "")], "");
    assert_eq!(policy(&larder).element("DaysAfterInitiation").as_deref(), Some("7"));
    let document = "<LifecycleConfiguration><Rule><ID>a</ID><Filter><Prefix>tmp/</Prefix></Filter><Status>Enabled</Status>\
        <Expiration><Days>1</Days></Expiration></Rule></LifecycleConfiguration>";
    assert_eq!(send(&larder, "PUT", BUCKET, &[("lifecycle", "")], document).status, 200);
    assert_eq!(send(&larder, "PUT", "/user-uploads/tmp/a", &[], "x").status, 200);
    larder.kill();
    let larder = larder.restarted();
    let kept = policy(&larder);
    assert_eq!((kept.element("ID").as_deref(), kept.element("DaysAfterInitiation")), (Some("a"), None));
    let read = send(&larder, "HEAD", "/user-uploads/tmp/a", &[], "");
    assert!(read.header("x-amz-expiration").is_some_and(|text| text.ends_with("rule-id=\"a\"")));
    assert_eq!(send(&larder, "DELETE", BUCKET, &[("lifecycle", "")], "").status, 204);
    assert_eq!(policy(&larder).verdict(), (404, "NoSuchLifecycleConfiguration".to_owned()));
}

/// R2 decodes and encodes what is not ASCII; a name that no header can have cannot come this way.
///
/// Spec: R2 docs, S3 API extensions, unicode metadata; RFC 2047.
#[test]
fn metadata_in_any_script() {
    let larder = Larder::dev();
    let sent = [
        ("x-amz-meta-plain", "plain text"),
        ("x-amz-meta-encoded", "=?UTF-8?B?w6ljbGFpcg==?="),
        ("x-amz-meta-quoted", "=?UTF-8?Q?=C3=A9clair?="),
        ("x-amz-meta-raw", "éclair"),
    ];
    for (name, value) in sent {
        assert_eq!(with(&larder, "PUT", KEY, &[(name, value)], "x").status, 200, "{name}");
        let read = send(&larder, "HEAD", KEY, &[], "");
        let shown = read.header(name).expect("it is kept").to_owned();
        let expected = if value.starts_with("plain") { "plain text" } else { "=?" };
        assert!(shown.is_ascii() && shown.starts_with(expected), "{shown}");
        assert_eq!(read.header("x-amz-missing-meta"), None);
        // what came back means the same when it is sent again
        assert_eq!(with(&larder, "PUT", KEY, &[(name, &shown)], "x").status, 200);
        assert_eq!(send(&larder, "HEAD", KEY, &[], "").header(name), Some(shown.as_str()));
    }
}

/// Each limit of R2 at its edge and beyond. Spec: R2 docs, platform limits.
#[test]
fn limits_at_their_edges() {
    let larder = Larder::dev();
    let key = |bytes: usize| format!("/user-uploads/{}", "k".repeat(bytes));
    for (bytes, verdict) in [(1_023, (200, "")), (1_024, (200, "")), (1_025, (400, "KeyTooLongError"))] {
        let reply = send(&larder, "PUT", &key(bytes), &[], "x");
        assert_eq!(reply.verdict(), (verdict.0, verdict.1.to_owned()), "{bytes}");
    }
    // bytes count, not characters: each of these is two
    for (characters, status) in [(512, 200), (513, 400)] {
        let path = format!("/user-uploads/{}", "%C3%A9".repeat(characters));
        assert_eq!(send(&larder, "PUT", &path, &[], "x").status, status, "{characters}");
    }
    // names and values count
    for (bytes, verdict) in [(8_191, (200, "")), (8_192, (200, "")), (8_193, (400, "MetadataTooLarge"))] {
        let reply = with(&larder, "PUT", KEY, &[("x-amz-meta-name", &"v".repeat(bytes - 4))], "x");
        assert_eq!(reply.verdict(), (verdict.0, verdict.1.to_owned()), "{bytes}");
    }
    let bucket = |letters: usize| format!("/{}", "b".repeat(letters));
    for (letters, verdict) in
        [(2, (400, "InvalidBucketName")), (3, (200, "")), (63, (200, "")), (64, (400, "InvalidBucketName"))]
    {
        let reply = send(&larder, "PUT", &bucket(letters), &[], "");
        assert_eq!(reply.verdict(), (verdict.0, verdict.1.to_owned()), "{letters}");
    }
    let cors = |rules: usize, age: u32| {
        let rule = format!(
            "<CORSRule><AllowedOrigin>https://a.test</AllowedOrigin><AllowedMethod>GET</AllowedMethod>\
             <MaxAgeSeconds>{age}</MaxAgeSeconds></CORSRule>"
        );
        let document = format!("<CORSConfiguration>{}</CORSConfiguration>", rule.repeat(rules));
        send(&larder, "PUT", BUCKET, &[("cors", "")], &document).status
    };
    assert_eq!([cors(1, 86_400), cors(1, 86_401), cors(100, 1), cors(101, 1)], [200, 400, 200, 400]);
    let lifecycle = |rules: usize| {
        let rules = (0..rules).map(|n| {
            format!("<Rule><ID>{n}</ID><Filter/><Status>Enabled</Status><Expiration><Days>1</Days></Expiration></Rule>")
        });
        let document =
            format!("<LifecycleConfiguration>{}</LifecycleConfiguration>", rules.collect::<String>());
        send(&larder, "PUT", BUCKET, &[("lifecycle", "")], &document).status
    };
    assert_eq!([lifecycle(1_000), lifecycle(1_001)], [200, 400]);
    let tags = |path: &str, count: usize| {
        let tags = (0..count).map(|n| format!("<Tag><Key>{n}</Key><Value/></Tag>")).collect::<String>();
        let document = format!("<Tagging><TagSet>{tags}</TagSet></Tagging>");
        send(&larder, "PUT", path, &[("tagging", "")], &document).status
    };
    assert_eq!([tags(KEY, 10), tags(KEY, 11), tags(BUCKET, 50), tags(BUCKET, 51)], [200, 400, 204, 400]);
}

/// Pages of listings and of deletions. Spec: R2 docs, platform limits; Amazon S3 API.
#[test]
fn a_thousand_keys_are_a_page() {
    let larder = Larder::dev();
    std::thread::scope(|scope| {
        for part in 0..16 {
            let larder = &larder;
            scope.spawn(move || {
                let signer = larder.signer();
                let mut client = e2e::Client::connect(larder.address).unwrap();
                for n in (part..1_001).step_by(16) {
                    let target = signer.presign("PUT", &format!("/user-uploads/page/{n:04}"), &[]);
                    let put = client.request("PUT", &target, &[("host", &signer.host)], b"").unwrap();
                    assert_eq!(put.status, 200, "{}", put.text());
                }
            });
        }
    });
    for (asked, counted) in [("999", "999"), ("1000", "1000"), ("1001", "1000")] {
        let query = [("list-type", "2"), ("prefix", "page/"), ("max-keys", asked)];
        let page = send(&larder, "GET", BUCKET, &query, "");
        assert_eq!(page.element("KeyCount").as_deref(), Some(counted), "{asked}");
        assert_eq!(page.element("IsTruncated").as_deref(), Some("true"), "{asked}");
    }
    let delete = |count: usize| {
        let keys = (0..count).map(|n| format!("<Object><Key>page/{n:04}</Key></Object>")).collect::<String>();
        send(&larder, "POST", BUCKET, &[("delete", "")], &format!("<Delete>{keys}</Delete>"))
    };
    assert_eq!(delete(1_001).verdict(), (400, "MalformedXML".to_owned()));
    let all = delete(1_000);
    assert_eq!((all.status, all.text().matches("<Deleted>").count()), (200, 1_000));
    let left = send(&larder, "GET", BUCKET, &[("list-type", "2"), ("prefix", "page/")], "");
    assert_eq!(
        (left.element("KeyCount").as_deref(), left.element("Key").as_deref()),
        (Some("1"), Some("page/1000"))
    );
}
