//! The audit log of a real server: what both doors change and refuse is in it, with who and from where, and no secret.

use e2e::{Client, Larder, Reply, Signer, exchange};
use serde_json::Value;

const AGENT: &str = "audit-test/1";

fn rest(larder: &Larder, token: &str, method: &str, path: &str, body: &[u8]) -> Reply {
    let (host, bearer) = (larder.address.to_string(), format!("Bearer {token}"));
    let headers = [("host", host.as_str()), ("authorization", bearer.as_str()), ("user-agent", AGENT)];
    let target = format!("/client/v4/accounts/{}{path}", larder.account);
    exchange(larder.address, method, &target, &headers, body)
}

/// Entries that a query finds, the oldest first.
fn log(larder: &Larder, query: &str) -> Vec<Value> {
    let path = format!("/logs/audit?limit=1000&direction=asc&{query}");
    let reply = rest(larder, &larder.api_token, "GET", &path, b"");
    assert_eq!(reply.status, 200, "{}", reply.text());
    let document: Value = serde_json::from_slice(&reply.body).unwrap();
    document["result"].as_array().unwrap().clone()
}

fn text<'v>(entry: &'v Value, place: &str) -> &'v str {
    entry.pointer(place).and_then(Value::as_str).unwrap_or("-")
}

#[test]
fn every_change_of_either_door_has_its_entry() {
    let larder = Larder::dev();
    let (signer, address) = (larder.signer(), larder.address);
    let cors = "<CORSConfiguration><CORSRule><AllowedOrigin>https://a.example.com</AllowedOrigin>\
                <AllowedMethod>PUT</AllowedMethod></CORSRule></CORSConfiguration>";
    let lifecycle = "<LifecycleConfiguration><Rule><ID>old</ID><Status>Enabled</Status><Filter><Prefix>tmp/</Prefix>\
                     </Filter><Expiration><Days>1</Days></Expiration></Rule></LifecycleConfiguration>";
    let versioning = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    let tags = "<Tagging><TagSet><Tag><Key>team</Key><Value>web</Value></Tag></TagSet></Tagging>";
    let block = "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls></PublicAccessBlockConfiguration>";
    let lock =
        "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>";
    let rules = r#"{"rules":[{"prefix":"","maxBytes":10}]}"#;
    let by_s3 = [
        ("PUT", "", "", "CreateBucket"),
        ("PUT", "cors", cors, "PutBucketCors"),
        ("DELETE", "cors", "", "DeleteBucketCors"),
        ("PUT", "lifecycle", lifecycle, "PutBucketLifecycleConfiguration"),
        ("DELETE", "lifecycle", "", "DeleteBucketLifecycleConfiguration"),
        ("PUT", "tagging", tags, "PutBucketTagging"),
        ("DELETE", "tagging", "", "DeleteBucketTagging"),
        ("PUT", "publicAccessBlock", block, "PutPublicAccessBlock"),
        ("DELETE", "publicAccessBlock", "", "DeletePublicAccessBlock"),
        ("PUT", "versioning", versioning, "PutBucketVersioning"),
        ("PUT", "object-lock", lock, "PutObjectLockConfiguration"),
        ("PUT", "larder-upload-rules", rules, "PutBucketUploadRules"),
        ("DELETE", "larder-upload-rules", "", "DeleteBucketUploadRules"),
        ("DELETE", "", "", "DeleteBucket"),
    ];
    let (mut expected, mut ids) = (Vec::new(), Vec::new());
    let mut note = |door: &'static str, action: &'static str, id: Option<&str>| {
        expected.push((door, action));
        ids.push(id.unwrap().to_owned());
    };
    for (method, query, body, action) in by_s3 {
        let pair = [(query, "")];
        let query = if query.is_empty() { &[][..] } else { &pair[..] };
        let md5 = base64::Engine::encode(
            &base64::engine::general_purpose::STANDARD,
            <md5::Md5 as md5::Digest>::digest(body.as_bytes()),
        );
        let headers = [("content-md5", md5.as_str()), ("user-agent", AGENT)];
        let reply = signer.send(address, method, "/audited", query, &headers, body.as_bytes());
        assert!(reply.status < 300, "{action}: {}", reply.text());
        note("S3", action, reply.header("x-amz-request-id"));
    }
    let policy = r#"{"rules":[{"allowed":{"origins":["https://a.example.com"],"methods":["PUT"]}}]}"#;
    let locks = r#"{"rules":[{"id":"keep","enabled":true,"condition":{"type":"Indefinite"}}]}"#;
    let domain = r#"{"domain":"a.example.com","zoneId":"0123456789abcdef0123456789abcdef","enabled":true}"#;
    let sippy = r#"{"source":{"provider":"aws","region":"eu-west-1","bucket":"from","accessKeyId":"AKIA",
        "secretAccessKey":"of-the-source"},"destination":{"provider":"r2","accessKeyId":"id","secretAccessKey":"of-the-end"}}"#;
    let by_rest = [
        ("POST", "", r#"{"name":"audited"}"#, "CreateBucket"),
        ("PUT", "/audited/cors", policy, "PutBucketCors"),
        ("DELETE", "/audited/cors", "", "DeleteBucketCors"),
        ("PUT", "/audited/lifecycle", r#"{"rules":[]}"#, "DeleteBucketLifecycleConfiguration"),
        ("PUT", "/audited/lock", locks, "PutBucketLocks"),
        ("PUT", "/audited/limits", r#"{"maxObjects":1}"#, "PutBucketLimits"),
        ("DELETE", "/audited/limits", "", "DeleteBucketLimits"),
        ("POST", "/audited/domains/custom", domain, "AddCustomDomain"),
        ("PUT", "/audited/domains/custom/a.example.com", r#"{"enabled":false}"#, "PutCustomDomain"),
        ("DELETE", "/audited/domains/custom/a.example.com", "", "DeleteCustomDomain"),
        ("PUT", "/audited/domains/managed", r#"{"enabled":true}"#, "PutManagedDomain"),
        ("PUT", "/audited/sippy", sippy, "PutSippy"),
        ("DELETE", "/audited/sippy", "", "DeleteSippy"),
        ("PUT", "/audited/local-uploads", r#"{"enabled":true}"#, "PutLocalUploads"),
        ("POST", "/audited/jobs", r#"{"jobType":"prefixDelete","prefix":"a/"}"#, "CreateJob"),
        ("DELETE", "/audited", "", "DeleteBucket"),
    ];
    for (method, path, body, action) in by_rest {
        let path = format!("/r2/buckets{path}");
        let reply = rest(&larder, &larder.api_token, method, &path, body.as_bytes());
        assert_eq!(reply.status, 200, "{action}: {}", reply.text());
        note("API", action, reply.header("x-request-id"));
    }
    for query in ["action_result=success&resource_id=audited", "resource_id=audited"] {
        let entries = log(&larder, query);
        let found: Vec<_> = entries
            .iter()
            .map(|entry| (text(entry, "/interface"), text(entry, "/action/description")))
            .collect();
        assert_eq!(found, expected);
        let found: Vec<_> = entries.iter().map(|entry| text(entry, "/raw/cf_ray_id").to_owned()).collect();
        assert_eq!(found, ids);
        for entry in &entries {
            let place = |place: &str| text(entry, place);
            assert_eq!(place("/actor/token_id"), larder.access_key_id);
            assert_eq!((place("/actor/ip_address"), place("/raw/user_agent")), ("127.0.0.1", AGENT));
            assert_eq!((place("/resource/type"), place("/resource/id")), ("bucket", "audited"));
        }
        assert!(!entries.iter().any(|entry| entry.to_string().contains("of-the-")), "a secret");
        assert_eq!(text(&entries[1], "/newValue"), "1: origins https://a.example.com; methods PUT");
        assert_eq!(text(&entries[2], "/oldValue"), text(&entries[1], "/newValue"));
    }
    // a bucket that an upload makes
    let headers = [("cf-create-bucket-if-missing", "true"), ("user-agent", AGENT)];
    assert_eq!(signer.send(address, "PUT", "/by-the-way/a", &[], &headers, b"a").status, 200);
    let made = log(&larder, "resource_id=by-the-way");
    assert_eq!((made.len(), text(&made[0], "/action/description")), (1, "CreateBucket"));
    assert_eq!((text(&made[0], "/interface"), text(&made[0], "/raw/user_agent")), ("S3", AGENT));
    // the server's own, at its first start
    let first = log(&larder, "resource_id=user-uploads");
    let made: Vec<_> =
        first.iter().map(|entry| (text(entry, "/actor/type"), text(entry, "/action/description"))).collect();
    assert_eq!(made, [("system", "CreateBucket"), ("system", "PutBucketCors")]);
    // none of it is lost with the process
    let larder = larder.restarted();
    assert_eq!(log(&larder, "resource_id=audited").len(), expected.len());
}

/// Makes requests that are refused, each for another reason; what the log is to say of them.
fn refused_requests(larder: &Larder, object_secret: &str) -> Vec<(&'static str, &'static str, &'static str)> {
    let (signer, address) = (larder.signer(), larder.address);
    let host = signer.host.as_str();
    let get = |target: &str| exchange(address, "GET", target, &[("host", host)], b"");
    let wrong = Signer { secret: "wrong".to_owned(), ..signer.clone() };
    assert_eq!(get(&wrong.presign("GET", "/user-uploads/a", &[])).status, 403);
    let late = Signer { date_s: signer.date_s - 2_000, ..signer.clone() };
    assert_eq!(get(&late.presign("GET", "/user-uploads/b", &[])).status, 403);
    let nobody = Signer { access_key_id: signer.secret.clone(), ..signer.clone() };
    assert_eq!(get(&nobody.presign("GET", "/user-uploads/c", &[])).status, 401);
    let reader = Signer::new(host, "0123456789abcdef0123456789abcdef", object_secret);
    let put = |signer: &Signer, headers: &[(&str, &str)]| {
        signer.send(address, "PUT", "/user-uploads/d", &[], headers, b"body").status
    };
    assert_eq!(put(&reader, &[]), 403);
    assert_eq!(put(&signer, &[("content-md5", "AAAAAAAAAAAAAAAAAAAAAA==")]), 400);
    let page =
        [("host", host), ("origin", "https://evil.example.com"), ("access-control-request-method", "PUT")];
    assert_eq!(exchange(address, "OPTIONS", "/user-uploads/e", &page, b"").status, 403);
    assert_eq!(get(&signer.presign("GET", "/user-uploads/missing", &[])).status, 404);
    assert_eq!(rest(larder, "cfat_unknown", "GET", "/r2/buckets", b"").status, 401);
    assert_eq!(rest(larder, object_secret, "GET", "/r2/buckets", b"").status, 401);
    // a signed query that somebody encoded as a part of the key
    let signed = signer.presign("GET", "/user-uploads/f", &[]).replace('?', "%3F").replace('&', "%26");
    assert_eq!(get(&signed).status, 400);
    vec![
        ("GET", "SignatureDoesNotMatch", "a"),
        ("GET", "ExpiredRequest", "b"),
        ("GET", "Unauthorized", "c"),
        ("PutObject", "AccessDenied", "d"),
        ("PutObject", "BadDigest", "d"),
        ("OPTIONS", "AccessForbidden", "e"),
        ("GET", "AuthenticationFailed", "-"),
        ("GET", "AuthenticationFailed", "-"),
        ("GET", "InvalidArgument", "f?…"),
    ]
}

#[test]
fn what_is_refused_is_told_without_a_secret() {
    let secret = "a".repeat(64);
    let larder = Larder::dev();
    let file = larder.data().join("credentials.toml");
    let mut tokens = std::fs::read_to_string(&file).unwrap();
    tokens.push_str(&format!(
        "\n[[token]]\nname = \"reader\"\nid = \"0123456789abcdef0123456789abcdef\"\n\
         secret = \"{secret}\"\npermission = \"object-read-only\"\n"
    ));
    std::fs::write(&file, tokens).unwrap();
    let mut larder = larder.restarted();
    let expected = refused_requests(&larder, &secret);
    let entries = log(&larder, "action_result=failure");
    let found: Vec<_> = entries
        .iter()
        .map(|entry| {
            (text(entry, "/action/description"), text(entry, "/raw/code"), text(entry, "/resource/key"))
        })
        .collect();
    assert_eq!(found, expected, "{entries:#?}");
    let actors: Vec<_> = entries[..4]
        .iter()
        .map(|entry| (text(entry, "/actor/type"), text(entry, "/actor/token_id")))
        .collect();
    let known = larder.access_key_id.as_str();
    let reader = "0123456789abcdef0123456789abcdef";
    assert_eq!(actors, [("unknown", known), ("unknown", known), ("unknown", "-"), ("account", reader)]);
    let whole = rest(&larder, &larder.api_token, "GET", "/logs/audit?limit=1000", b"").text();
    for hidden in [&larder.secret, &secret, &larder.api_token, "X-Amz-Signature", "X-Amz-Credential"] {
        assert!(!whole.contains(hidden), "{hidden}");
    }
    // what was refused a moment ago is there after an end in good order
    let nobody = Signer { access_key_id: "nobody".to_owned(), ..larder.signer() };
    assert_eq!(nobody.send(larder.address, "GET", "/", &[], &[], b"").status, 401);
    assert!(larder.terminate());
    let larder = larder.restarted();
    assert_eq!(log(&larder, "action_result=failure").len(), expected.len() + 1);
    assert_eq!(log(&larder, &format!("actor_token_id={reader}")).len(), 1);
    assert_eq!(log(&larder, "raw_status_code=400").len(), 2);
}

/// Whoever leaves before he hears that he was refused was refused all the same.
#[test]
fn a_refused_client_that_leaves_is_told_of() {
    let larder = Larder::dev();
    let wrong = Signer { secret: "wrong".to_owned(), ..larder.signer() };
    let target = wrong.presign("PUT", "/user-uploads/left", &[]);
    let mut client = Client::connect(larder.address).unwrap();
    let head =
        format!("PUT {target} HTTP/1.1\r\nhost: {}\r\ncontent-length: 1000000\r\n\r\nhalf", wrong.host);
    client.send(head.as_bytes()).unwrap();
    // the server waits for the rest
    for _ in 0..1_000 {
        let entries = log(&larder, "action_result=failure");
        if let [entry] = &entries[..] {
            assert_eq!(text(entry, "/resource/key"), "left");
            return;
        }
    }
    panic!("no entry while the client sends no more");
}

#[test]
fn the_log_is_read_by_admins_in_pages_and_as_lines() {
    let larder =
        Larder::dev().serve_on("audit_refused = false\naudit_retention = \"7d\"\naudit_size = \"2 MiB\"");
    let read = |token: &str, query: &str| rest(&larder, token, "GET", &format!("/logs/audit{query}"), b"");
    assert_eq!(read("cfat_unknown", "").status, 401);
    assert_eq!(log(&larder, "action_result=failure"), Vec::<Value>::new(), "it is switched off");
    let first = read(&larder.api_token, "?format=jsonl&limit=1");
    assert_eq!(first.header("content-type"), Some("application/x-ndjson"));
    let line: Value = serde_json::from_str(first.text().trim_end()).unwrap();
    assert_eq!(text(&line, "/action/description"), "PutBucketCors", "the newest first");
    let cursor = first.header("x-next-cursor").unwrap();
    let second = read(&larder.api_token, &format!("?format=jsonl&limit=1&cursor={cursor}"));
    assert!(second.text().contains("CreateBucket") && second.header("x-next-cursor").is_none());
    for wrong in ["?zone_id=1", "?limit=0", "?since=tomorrow", "?cursor=x", "?direction=up", "?format=csv"] {
        let reply = read(&larder.api_token, wrong);
        assert!(reply.status == 400 && reply.text().contains("10029"), "{wrong}: {}", reply.text());
    }
    assert_eq!(log(&larder, "since=2026-01-01&before=2026-01-02"), Vec::<Value>::new());
}
