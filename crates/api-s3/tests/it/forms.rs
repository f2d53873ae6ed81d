//! PostObject as a browser's form: what its policy allows is stored, and nothing else.

mod fields;
pub(crate) mod form;
mod rules;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use domain::StorageClass;
use http_body_util::Full;
use sigv4::sign::PolicySigner;

use self::form::{BOUNDARY, Form, form};
use crate::fixture::*;

#[tokio::test]
async fn a_form_is_stored_with_what_its_fields_say() {
    let world = World::new().await;
    let conditions = r#"{"bucket":"inside"},["starts-with","$key","up/"],["starts-with","$Content-Type","text/"],
        ["starts-with","$x-amz-meta-by",""],{"acl":"public-read"},["content-length-range",1,10],
        ["starts-with","$x-amz-algorithm",""],["starts-with","$x-amz-credential",""],["starts-with","$x-amz-date",""]"#;
    let form = form("up/${filename}", "content")
        .conditions(conditions)
        .field("Content-Type", "text/css")
        .field("x-amz-meta-by", "a form, ü")
        .field("acl", "public-read")
        .extra("x-ignore-me", "1");
    let answer = world.post(&form).await;
    assert_eq!(answer.status, 204, "{}", answer.text());
    assert_eq!(answer.header("location"), Some(format!("http://{HOST}/inside/up%2Ff.txt")));
    assert_eq!(answer.header("etag"), Some("\"9a0364b9e99bb480dd25e1f0284c8555\"".to_owned()));
    assert!(answer.body.is_empty() && answer.header("x-amz-version-id").is_some());
    let stored = world.send(&get("/inside/up/f.txt")).await;
    assert_eq!(stored.text(), "content");
    assert_eq!(stored.header("content-type").as_deref(), Some("text/css"));
    assert_eq!(stored.header("x-amz-meta-by").as_deref(), Some("=?UTF-8?B?YSBmb3JtLCDDvA==?="));
}

#[tokio::test]
async fn a_form_without_a_storage_class_gets_that_of_the_bucket() {
    let world = World::new().await;
    world.default_class("inside", StorageClass::StandardIa).await;
    let named = form("named", "x").field("x-amz-storage-class", "STANDARD");
    for (form, path, class) in
        [(named, "/inside/named", None), (form("k", "x"), "/inside/k", Some("STANDARD_IA"))]
    {
        assert_eq!(world.post(&form).await.status, 204, "{path}");
        assert_eq!(world.send(&head(path)).await.header("x-amz-storage-class").as_deref(), class, "{path}");
    }
}

#[tokio::test]
async fn every_address_of_a_bucket_takes_forms() {
    let world = World::new().await;
    for (path, host, location) in [
        ("/inside", HOST, format!("http://{HOST}/inside/k")),
        ("/inside/", HOST, format!("http://{HOST}/inside/k")),
        ("/", "inside.files.example.com", "http://inside.files.example.com/k".to_owned()),
        ("/inside?x-id=PostObject", HOST, format!("http://{HOST}/inside/k")),
    ] {
        let answer = world.post(&Form { path, host, ..form("k", path) }).await;
        assert_eq!(answer.status, 204, "{path}: {}", answer.text());
        assert_eq!(answer.header("location"), Some(location));
        assert_eq!(world.stored("/inside/k").await, Some(path.into()));
    }
    let behind_tls = form("k", "x").header("x-forwarded-proto", "https");
    assert!(world.post(&behind_tls).await.header("location").unwrap().starts_with("https://"));
}

#[tokio::test]
async fn the_form_chooses_its_answer() {
    let world = World::new().await;
    let created = world.post(&form("a/b", "x").field("success_action_status", "201")).await;
    assert_eq!((created.status, created.header("content-type").as_deref()), (201, Some("application/xml")));
    assert_eq!(created.element("Key"), "a/b");
    assert_eq!(created.element("Bucket"), "inside");
    assert_eq!(Some(created.element("ETag")), created.header("etag"));
    assert_eq!(Some(created.element("Location")), created.header("location"));
    assert_eq!(world.post(&form("k", "x").field("success_action_status", "200")).await.status, 200);

    let there = form("k", "x").field("success_action_redirect", "http://localhost:3000/done?a=b");
    let seen = world.post(&there).await;
    assert_eq!(seen.status, 303);
    let expected =
        "http://localhost:3000/done?a=b&bucket=inside&key=k&etag=%229dd4e461268c8034f5c8564e155c67a6%22";
    assert_eq!(seen.header("location").as_deref(), Some(expected));
}

#[tokio::test]
async fn what_a_policy_does_not_allow_is_not_stored() {
    let world = World::new().await;
    let sizes = r#"["content-length-range",3,5]"#;
    let bucket = r#"{"bucket":"inside"}"#;
    let secret = "not-the-secret";
    let table: [(&str, Form, (u16, &str), &str); 27] = [
        ("expired", Form { expires_in_s: -1, ..form("k", "x") }, (403, "AccessDenied"), "Policy expired."),
        (
            "extra field",
            form("k", "x").extra("acl", "private"),
            (403, "AccessDenied"),
            "Extra input fields: acl",
        ),
        (
            "no bucket",
            form("k", "x").conditions(r#"{"key":"k"}"#),
            (403, "AccessDenied"),
            "Extra input fields: bucket",
        ),
        (
            "other bucket",
            Form { path: "/nowhere", ..form("k", "x") },
            (403, "AccessDenied"),
            r#"Policy Condition failed: ["eq", "$bucket", "inside"]"#,
        ),
        (
            "other bucket in the form",
            Form { path: "/nowhere", ..form("k", "x").field("bucket", "inside") },
            (403, "AccessDenied"),
            r#"["eq", "$bucket", "inside"]"#,
        ),
        ("other key", form("k", "x").and(r#"{"key":"l"}"#), (403, "AccessDenied"), r#"["eq", "$key", "l"]"#),
        ("too large", form("k", "123456").and(sizes), (400, "EntityTooLarge"), "maximum"),
        ("too small", form("k", "12").and(sizes), (400, "EntityTooSmall"), "minimum"),
        (
            "no conditions",
            form("k", "x").conditions("{}"),
            (400, "InvalidPolicyDocument"),
            "exactly one property",
        ),
        ("no JSON", form("k", "x").conditions("]"), (400, "InvalidPolicyDocument"), "Invalid JSON."),
        (
            "wrong secret",
            Form { key: Key { secret, ..BOUND }, ..form("k", "x") },
            (403, "SignatureDoesNotMatch"),
            "",
        ),
        (
            "unknown key",
            Form { key: Key { id: "0000", secret }, ..form("k", "x") },
            (401, "Unauthorized"),
            "",
        ),
        ("reader", Form { key: READER, ..form("k", "x") }, (403, "AccessDenied"), ""),
        ("out of scope", Form { path: "/outside", ..form("k", "x") }, (403, "AccessDenied"), ""),
        (
            "missing bucket",
            Form { path: "/nowhere", ..form("k", "x").conditions(bucket) },
            (403, "AccessDenied"),
            "$bucket",
        ),
        (
            "session token",
            form("k", "x").field("x-amz-security-token", "t"),
            (400, "InvalidToken"),
            "malformed or otherwise invalid",
        ),
        (
            "no key",
            Form { fields: Vec::new(), ..form("k", "x") },
            (400, "InvalidArgument"),
            "a field named 'key'.",
        ),
        ("empty key", form("", "x"), (400, "InvalidObjectName"), ""),
        ("no file", Form { file: None, ..form("k", "x") }, (400, "InvalidArgument"), "exactly one file"),
        ("key twice", form("k", "x").field("Key", "k"), (400, "InvalidArgument"), "more than once"),
        (
            "no signature",
            Form { without: Some("x-amz-signature"), ..form("k", "x") },
            (400, "InvalidArgument"),
            "'X-Amz-Signature'.",
        ),
        (
            "no policy",
            Form { without: Some("policy"), ..form("k", "x") },
            (400, "InvalidArgument"),
            "'Policy'.",
        ),
        ("tags", form("k", "x").field("tagging", "<Tagging/>"), (400, "MalformedXML"), ""),
        ("other ACL", form("k", "x").field("acl", "everybody"), (501, "NotImplemented"), "x-amz-acl"),
        ("class", form("k", "x").field("x-amz-storage-class", "ICE"), (400, "InvalidStorageClass"), ""),
        (
            "checksum",
            form("k", "x").field("x-amz-checksum-crc32", "AAAAAA=="),
            (400, "BadDigest"),
            "did not match",
        ),
        (
            "long",
            form("k", "x").field("x-amz-meta-a", &"x".repeat(20_480)),
            (400, "MaxPostPreDataLengthExceeded"),
            "",
        ),
    ];
    for (what, form, (status, code), message) in table {
        let answer = world.post(&form).await;
        assert_eq!(answer.verdict(), verdict(status, code), "{what}: {}", answer.text());
        assert!(answer.element("Message").contains(message), "{what}: {}", answer.text());
        assert_eq!(world.stored("/inside/k").await, None, "{what}");
        assert!(!answer.text().contains(BOUND.secret), "{what}");
    }
    for content in ["123", "12345"] {
        assert_eq!(world.post(&form("k", content).and(sizes)).await.status, 204, "{content}");
        assert_eq!(world.stored("/inside/k").await, Some(content.into()));
    }
    let missing = form("k", "x").conditions(r#"{"bucket":"nowhere"},["starts-with","$key",""]"#);
    let missing = ["algorithm", "credential", "date"]
        .iter()
        .fold(missing, |form, name| form.and(&format!("[\"starts-with\",\"$x-amz-{name}\",\"\"]")));
    assert_eq!(
        world.post(&Form { path: "/nowhere", ..missing }).await.verdict(),
        verdict(404, "NoSuchBucket")
    );
}

#[tokio::test]
async fn what_is_no_form_is_refused() {
    let world = World::new().await;
    let good = form("k", "content");
    let body = String::from_utf8(good.body(world.now_s()).to_vec()).unwrap();
    let typed = |content_type: &str| Form {
        headers: vec![("content-type", content_type.to_owned())],
        ..good.clone()
    };
    let cut = |at: &str| Bytes::copy_from_slice(&body.as_bytes()[..body.rfind(at).unwrap()]);
    let table: [(&str, Form, Bytes, (u16, &str)); 8] = [
        (
            "no type",
            Form { headers: Vec::new(), ..good.clone() },
            body.clone().into(),
            (412, "PreconditionFailed"),
        ),
        ("other type", typed("text/html"), body.clone().into(), (412, "PreconditionFailed")),
        ("no boundary", typed("multipart/form-data"), body.clone().into(), (400, "MalformedPOSTRequest")),
        (
            "other boundary",
            typed("multipart/form-data; boundary=x"),
            body.clone().into(),
            (400, "MalformedPOSTRequest"),
        ),
        ("empty", good.clone(), Bytes::new(), (400, "MalformedPOSTRequest")),
        (
            "cut in a field",
            good.clone(),
            Bytes::copy_from_slice(&body.as_bytes()[..200]),
            (400, "MalformedPOSTRequest"),
        ),
        ("cut in the file", good.clone(), cut("tent"), (400, "MalformedPOSTRequest")),
        ("no last boundary", good.clone(), cut("--\r\n"), (400, "MalformedPOSTRequest")),
    ];
    for (what, form, body, (status, code)) in table {
        let answer = world.send_raw(form.with_body(Full::new(body))).await;
        assert_eq!(answer.verdict(), verdict(status, code), "{what}: {}", answer.text());
        assert_eq!(world.stored("/inside/k").await, None, "{what}");
    }
    let after = |name: &str, value: &str| {
        format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let second = Form { after: after("file", "x"), ..form("k", "x") };
    assert_eq!(world.post(&second).await.verdict(), verdict(400, "MalformedPOSTRequest"));
    assert_eq!(world.stored("/inside/k").await, None);
    let ignored = Form { after: after("acl", "everybody"), ..form("k", "ignored") };
    assert_eq!(world.post(&ignored).await.status, 204, "a field after the file is ignored");
}

/// The policy's text is what is signed: a hint names what was signed in its stead.
#[tokio::test]
async fn a_policy_that_was_changed_is_explained() {
    let world = World::new().await;
    let fields = form("k", "x").signed(world.now_s());
    let policy = fields.iter().find(|(name, _)| name == "policy").map(|(_, value)| value.clone()).unwrap();
    let broken = Form { without: Some("policy"), ..form("k", "x") };
    let (front, back) = policy.split_at(40);
    let wrapped = broken.clone().extra("policy", &format!("{front}\r\n{back}"));
    let answer = world.post(&Form { without: None, ..wrapped }).await;
    assert_eq!(answer.verdict(), verdict(400, "InvalidArgument"), "twice");

    // a client that wraps the text it has signed
    let mut request = form("k", "x").request(world.now_s());
    let body = String::from_utf8(form("k", "x").body(world.now_s()).to_vec()).unwrap();
    *request.body_mut() = Full::new(body.replace(&policy, &format!("{front}\r\n{back}")).into());
    let answer = world.send_raw(request).await;
    assert_eq!(answer.verdict(), verdict(403, "SignatureDoesNotMatch"));
    assert_eq!(answer.element("StringToSign"), format!("{front}\r\n{back}").replace('\r', "&#xD;"));
    assert!(answer.hint().contains("without its line ends"), "{}", answer.hint());
    assert!(!answer.text().contains("CanonicalRequest"), "a form has none");
    // one that signs the JSON
    let json = String::from_utf8(STANDARD.decode(&policy).unwrap()).unwrap();
    let signer =
        PolicySigner { region: "auto", access_key_id: BOUND.id, secret: BOUND.secret, date_s: world.now_s() };
    let mut request = form("k", "x").request(world.now_s());
    *request.body_mut() =
        Full::new(body.replace(&signer.signature(&policy), &signer.signature(&json)).into());
    let answer = world.send_raw(request).await;
    assert_eq!(answer.verdict(), verdict(403, "SignatureDoesNotMatch"));
    assert!(answer.hint().contains("policy's JSON"), "{}", answer.hint());
}

#[tokio::test]
async fn a_form_without_a_signature_is_nobodys() {
    let world = World::new().await;
    let anonymous = form("k", "x");
    let body = |fields: &str| -> Bytes {
        let part = |name: &str, value: &str| {
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        let fields: String = fields.split(' ').map(|name| part(name, "k")).collect();
        format!("{fields}{}--{BOUNDARY}--", part("file", "x")).into()
    };
    for (fields, expected) in [
        ("key", verdict(403, "AccessDenied")),
        ("key policy", verdict(403, "AccessDenied")),
        ("key policy AWSAccessKeyId signature", verdict(400, "InvalidRequest")),
    ] {
        let answer = world.send_raw(anonymous.with_body(Full::new(body(fields)))).await;
        assert_eq!(answer.verdict(), expected, "{fields}");
        assert!(answer.hint().contains("signed"), "{}", answer.hint());
    }
    assert_eq!(world.stored("/inside/k").await, None);
}

#[tokio::test]
async fn strict_r2_has_no_forms() {
    let world = World::strict().await;
    let answer = world.post(&form("k", "x")).await;
    assert_eq!(answer.verdict(), verdict(501, "NotImplemented"));
    assert_eq!(answer.element("Message"), "Presigned post requests are not yet implemented not implemented");
}

#[tokio::test]
async fn a_page_can_read_the_answer_to_its_form() {
    let world = World::new().await;
    let rule = "<CORSRule><AllowedOrigin>https://app.example</AllowedOrigin><AllowedMethod>POST</AllowedMethod>\
                <ExposeHeader>ETag</ExposeHeader></CORSRule>";
    world.cors("/inside", rule).await;
    let from_page = |form: Form| form.header("origin", "https://app.example");
    let redirect = form("k", "x").field("success_action_redirect", "https://app.example/done");
    for (form, status) in [
        (form("k", "x"), 204),
        (redirect, 303),
        (Form { expires_in_s: -1, ..form("k", "x") }, 403),
        (form("k", "12").and(r#"["content-length-range",0,1]"#), 400),
    ] {
        let answer = world.post(&from_page(form)).await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("access-control-allow-origin").as_deref(), Some("https://app.example"));
        assert_eq!(answer.header("access-control-expose-headers").as_deref(), Some("ETag"));
    }
    let elsewhere = form("k", "x").header("origin", "https://evil.example");
    assert_eq!(world.post(&elsewhere).await.header("access-control-allow-origin"), None);
}

/// A file that never ends is cut off at what the policy allows; no more of it than that is read into the store.
#[tokio::test]
async fn a_file_is_cut_off_where_it_becomes_too_large() {
    let world = World::new().await;
    let content = "x".repeat(3 * 1024 * 1024);
    let limit = |max: usize| form("k", &content).and(&format!("[\"content-length-range\",0,{max}]"));
    assert_eq!(world.post(&limit(content.len() - 1)).await.verdict(), verdict(400, "EntityTooLarge"));
    assert_eq!(world.stored("/inside/k").await, None);
    assert_eq!(world.post(&limit(content.len())).await.status, 204);
    assert_eq!(world.stored("/inside/k").await, Some(content.into()));
}
