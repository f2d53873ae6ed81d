use domain::{ETag, StorageClass};

use super::*;

fn fields(pairs: &[(&str, &str)]) -> Vec<FormField> {
    pairs.iter().map(|(name, value)| FormField { name: (*name).into(), value: (*value).into() }).collect()
}

fn form(pairs: &[(&str, &str)]) -> Form {
    Form::new(fields(pairs), Some("ü f.png")).unwrap()
}

fn refused(pairs: &[(&str, &str)]) -> S3Error {
    decode(&form(pairs)).unwrap_err()
}

#[test]
fn the_name_of_the_file_is_filled_in_everywhere_but_in_the_policy() {
    let pairs =
        [("key", "up/${filename}"), ("x-amz-meta-a", "${filename}${filename}"), ("Policy", "${filename}")];
    let form = form(&pairs);
    assert_eq!(form.get("KEY"), Some("up/ü f.png"));
    assert_eq!(form.get("x-amz-meta-A"), Some("ü f.pngü f.png"));
    assert_eq!(form.get("policy"), Some("${filename}"));
    let key = |filename| Form::new(fields(&pairs), filename).unwrap().get("key").map(str::to_owned);
    assert_eq!(key(None).as_deref(), Some("up/${filename}"), "a file that has no name");
    assert_eq!(key(Some("")).as_deref(), Some("up/"), "no file was chosen");
    assert_eq!(key(Some("${filename}")).as_deref(), Some("up/${filename}"), "once");
}

#[test]
fn names_filled_in_are_bounded() {
    let many = "${filename}".repeat(1_000);
    let long = "x".repeat(1_000);
    let error = Form::new(fields(&[("key", &many)]), Some(&long)).map(|_| ()).unwrap_err();
    assert_eq!(error.code, S3ErrorCode::MaxPostPreDataLengthExceeded);
}

#[test]
fn a_field_is_there_once() {
    let error = Form::new(fields(&[("key", "a"), ("x", ""), ("KEY", "b")]), None).map(|_| ()).unwrap_err();
    assert_eq!(error.code, S3ErrorCode::InvalidArgument);
    assert_eq!(error.extras, [("ArgumentName", "key".to_owned())]);
}

#[test]
fn what_signs_a_form() {
    let all = [
        ("X-Amz-Algorithm", "a"),
        ("x-amz-credential", "c"),
        ("x-amz-date", "d"),
        ("policy", "p"),
        ("x-amz-signature", "s"),
        ("x-amz-security-token", "t"),
    ];
    let whole = form(&all);
    let signature = whole.signature().map_err(|error| error.to_string()).unwrap();
    let FormSignature { algorithm, credential, date, policy, signature, session_token } = signature;
    assert_eq!([algorithm, credential, date, policy, signature], ["a", "c", "d", "p", "s"]);
    assert_eq!(session_token, Some("t"));
    for (missing, name) in ["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "Policy", "X-Amz-Signature"]
        .into_iter()
        .enumerate()
    {
        let rest: Vec<_> =
            all.iter().enumerate().filter(|(i, _)| *i != missing).map(|(_, pair)| *pair).collect();
        let error = form(&rest).signature().map(|_| ()).unwrap_err();
        assert_eq!(
            error.message,
            format!(
                "Bucket POST must contain a field named '{name}'.  If it is specified, please check the order of the fields."
            )
        );
        assert_eq!(error.extras, [("ArgumentName", name.to_owned())]);
    }
    let table = [
        (vec![("key", "k")], S3ErrorCode::AccessDenied),
        (vec![("key", "k"), ("policy", "p")], S3ErrorCode::AccessDenied),
        (vec![("AWSAccessKeyId", "k"), ("policy", "p"), ("signature", "s")], S3ErrorCode::InvalidRequest),
    ];
    for (pairs, code) in table {
        assert_eq!(form(&pairs).signature().map(|_| ()).unwrap_err().code, code, "{pairs:?}");
    }
}

#[test]
fn fields_are_read_like_headers() {
    let request = decode(&form(&[
        ("Key", "a b/ü"),
        ("acl", "public-read"),
        ("Content-Type", "image/png"),
        ("Cache-Control", "no-store"),
        ("content-disposition", "attachment; filename=\"ü\""),
        ("Content-Encoding", "gzip"),
        ("Expires", "never"),
        ("x-amz-meta-Note", "two\r\nlines, ü"),
        ("X-Amz-Storage-Class", "STANDARD_IA"),
        ("x-amz-server-side-encryption", "AES256"),
        ("x-amz-checksum-crc32", "AAAAAA=="),
        ("submit", "Upload\u{1}"),
    ]))
    .unwrap();
    assert_eq!(request.key.as_str(), "a b/ü");
    let http = &request.metadata.http;
    assert_eq!(http.content_type.as_deref(), Some("image/png"));
    assert_eq!(http.cache_control.as_deref(), Some("no-store"));
    assert_eq!(http.content_disposition.as_deref(), Some("attachment; filename=\"ü\""));
    assert_eq!(http.content_encoding.as_deref(), Some("gzip"));
    assert_eq!(http.expires.as_deref(), Some("never"));
    assert_eq!(request.metadata.custom, [("note".to_owned(), "two\r\nlines, ü".to_owned())]);
    assert_eq!(request.metadata.storage_class, StorageClass::StandardIa);
    assert_eq!(request.integrity.checksums.len(), 1);
    assert_eq!((request.redirect, request.status), (None, StatusCode::NO_CONTENT));
}

#[test]
fn what_is_not_done_is_refused() {
    let table = [
        ("tagging", "<Tagging/>", S3ErrorCode::MalformedXML),
        ("x-amz-tagging", "a=b", S3ErrorCode::NotImplemented),
        ("acl", "everybody", S3ErrorCode::NotImplemented),
        ("x-amz-server-side-encryption", "aws:kms", S3ErrorCode::NotImplemented),
        ("x-amz-server-side-encryption-customer-key", "hush", S3ErrorCode::InvalidArgument),
        ("x-amz-object-lock-mode", "GOVERNANCE", S3ErrorCode::InvalidArgument),
        ("x-amz-website-redirect-location", "/", S3ErrorCode::NotImplemented),
        ("x-amz-storage-class", "FakeClass", S3ErrorCode::InvalidStorageClass),
        ("x-amz-checksum-sha256", "sailorjerry", S3ErrorCode::InvalidDigest),
        ("Content-Type", "a/b\r\nx: y", S3ErrorCode::InvalidArgument),
        ("x-amz-meta-a b", "x", S3ErrorCode::InvalidArgument),
    ];
    for (name, value, code) in table {
        let error = refused(&[("key", "k"), (name, value)]);
        assert_eq!(error.code, code, "{name}");
        assert!(!format!("{error:?}").contains("hush"), "{name}");
    }
    assert!(refused(&[("acl", "private")]).message.contains("a field named 'key'."));
    assert_eq!(refused(&[("key", "")]).code, S3ErrorCode::InvalidObjectName);
    for bytes in [1_023, 1_024] {
        let request = decode(&form(&[("key", &"x".repeat(bytes))])).unwrap();
        assert_eq!(request.key.as_str().len(), bytes);
    }
    assert_eq!(refused(&[("key", &"x".repeat(1_025))]).code, S3ErrorCode::KeyTooLongError);
}

fn answer(pairs: &[(&str, &str)]) -> (u16, HeaderMap, String) {
    let request = decode(&form(pairs)).unwrap();
    let info = ObjectInfo {
        size: 4,
        etag: ETag::from_md5([0xab; 16]),
        version: 7,
        ..ObjectInfo::unknown(&request.key)
    };
    let bucket = BucketName::parse("my-bucket").unwrap();
    let (status, headers, body) = encode(&request, &bucket, "http://localhost:9000/my-bucket", &info);
    (status.as_u16(), headers, String::from_utf8(body.to_vec()).unwrap())
}

const ETAG: &str = "abababababababababababababababab";

#[test]
fn the_form_chooses_the_answer() {
    for (asked, status) in [("200", 200), ("204", 204), ("201", 201), ("404", 204), ("", 204)] {
        let (answered, headers, body) = answer(&[("key", "a b/<ü>"), ("success_action_status", asked)]);
        assert_eq!(answered, status, "{asked}");
        assert_eq!(headers["etag"], format!("\"{ETAG}\""));
        let location = "http://localhost:9000/my-bucket/a%20b%2F%3C%C3%BC%3E";
        assert_eq!(headers["location"], location);
        if status == 201 {
            assert_eq!(
                body,
                format!(
                    "<?xml version=\"1.0\" encoding=\"UTF-8\"?><PostResponse><Location>{location}</Location>\
                     <Bucket>my-bucket</Bucket><Key>a b/&lt;ü&gt;</Key><ETag>&quot;{ETAG}&quot;</ETag></PostResponse>"
                )
            );
        } else {
            assert_eq!(body, "");
        }
    }
}

#[test]
fn a_redirect_says_what_was_stored() {
    let query = format!("bucket=my-bucket&key=a%20b%2F%C3%BC&etag=%22{ETAG}%22");
    let table = [
        ("https://example.com", Some(format!("https://example.com?{query}"))),
        ("http://localhost:3000/done", Some(format!("http://localhost:3000/done?{query}"))),
        ("https://example.com/?x=1", Some(format!("https://example.com/?x=1&{query}"))),
        ("https://example.com/a#b?c", Some(format!("https://example.com/a?{query}#b?c"))),
        ("/relative", None),
        ("javascript:alert(1)", None),
        ("ftp://example.com/", None),
        ("https://", None),
        ("https://example.com/\r\nx: y", None),
        ("", None),
    ];
    for name in ["success_action_redirect", "redirect"] {
        for (url, location) in &table {
            let (status, headers, body) =
                answer(&[("key", "a b/ü"), (name, url), ("success_action_status", "200")]);
            match location {
                Some(location) => {
                    assert_eq!((status, headers["location"].to_str().unwrap()), (303, location.as_str()));
                }
                None => assert_eq!(status, 200, "{url}"),
            }
            assert_eq!(body, "");
        }
    }
    let both = [
        ("key", "k"),
        ("redirect", "https://old.example/"),
        ("success_action_redirect", "https://new.example/"),
    ];
    assert!(answer(&both).1["location"].to_str().unwrap().starts_with("https://new.example/?"));
}
