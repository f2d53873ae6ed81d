use proptest::prelude::*;

use super::*;
use crate::form::FormField;

const NOW: Timestamp = Timestamp::from_seconds(1_767_323_045);
const LATER: &str = "2026-01-02T04:04:05Z";

type Fields<'a> = &'a [(&'a str, &'a str)];

fn form(fields: Fields<'_>) -> Form {
    let field = |(name, value): &(&str, &str)| FormField { name: (*name).into(), value: (*value).into() };
    Form::new(fields.iter().map(field).collect(), Some("file.txt")).unwrap()
}

fn encoded(document: &str) -> String {
    STANDARD.encode(document)
}

fn policy(conditions: &str) -> Result<PostPolicy, S3Error> {
    PostPolicy::parse(&encoded(&format!("{{\"expiration\":\"{LATER}\",\"conditions\":[{conditions}]}}")))
}

/// The verdict on a form posted to `my-bucket`; the condition on the bucket is there.
fn judged(conditions: &str, fields: Fields<'_>) -> Result<UploadRule, String> {
    let bucket = r#"{"bucket":"my-bucket"}"#;
    let all = if conditions.is_empty() { bucket.to_owned() } else { format!("{bucket},{conditions}") };
    policy(&all).unwrap().check(&form(fields), "my-bucket", NOW).map_err(|error| {
        assert_eq!(error.code, S3ErrorCode::AccessDenied);
        let message = error.message.into_owned();
        message.strip_prefix("Invalid according to Policy: ").unwrap().to_owned()
    })
}

#[test]
fn every_kind_of_condition_holds_or_not() {
    let key = ("key", "up/a");
    let table: [(&str, Fields, bool); 37] = [
        (r#"{"key":"up/a"}"#, &[key], true),
        (r#"{"key":"up/b"}"#, &[key], false),
        (r#"{"key":"UP/A"}"#, &[key], false),
        (r#"{"KEY":"up/a"}"#, &[key], true),
        (r#"["eq","$key","up/a"]"#, &[key], true),
        (r#"["eq","$key","up/"]"#, &[key], false),
        (r#"["EQ","$KeY","up/a"]"#, &[key], true),
        (r#"["eq","key","up/a"]"#, &[key], false),
        (r#"["eq","$key","up/file.txt"]"#, &[("Key", "up/${filename}")], true),
        (r#"["eq","$key","up/${filename}"]"#, &[("key", "up/${filename}")], false),
        (r#"["starts-with","$key","up/"]"#, &[key], true),
        (r#"["starts-with","$key",""]"#, &[key], true),
        (r#"["StArTs-WiTh","$key","up/a"]"#, &[key], true),
        (r#"["starts-with","$key","up/ab"]"#, &[key], false),
        (r#"["starts-with","$key","Up/"]"#, &[key], false),
        // one object, two spellings
        (r#"{"key":"caf\u00e9"}"#, &[("key", "cafe\u{301}")], true),
        (r#"["starts-with","$key","cafe\u0301/"]"#, &[("key", "caf\u{e9}/1")], true),
        (r#"["starts-with","$key","cafe"]"#, &[("key", "cafe\u{301}/1")], false),
        (r#"["starts-with","$key","up/"],{"key":"up/a"}"#, &[key], true),
        (r#"["starts-with","$key","up/"],{"key":"up/b"}"#, &[key], false),
        // a field that is not there fulfils nothing
        (r#"["starts-with","$key","up/"],["starts-with","$Content-Type",""]"#, &[key], false),
        (r#"["starts-with","$key","up/"],["eq","$acl",""]"#, &[key], false),
        (r#"["starts-with","$acl",""]"#, &[("acl", "")], true),
        (r#"["starts-with","$Content-Type","image/"]"#, &[("content-type", "image/png")], true),
        (r#"["starts-with","$Content-Type","image/"]"#, &[("Content-Type", "text/css")], false),
        (
            r#"["starts-with","$content-type","image/"]"#,
            &[("Content-Type", "image/png,image/gif, image/x")],
            true,
        ),
        (r#"["starts-with","$content-type","image/"]"#, &[("Content-Type", "image/png,text/html")], false),
        (r#"["starts-with","$content-type","image/"]"#, &[("Content-Type", "image/png,")], false),
        (r#"["eq","$content-type","a/b,c/d"]"#, &[("Content-Type", "a/b,c/d")], true),
        // other fields are no lists
        (r#"["starts-with","$x-amz-meta-a","x"]"#, &[("x-amz-meta-a", "x,y")], true),
        (r#"{"x-amz-meta-a":"b"}"#, &[("X-Amz-Meta-A", "b")], true),
        (r#"["eq","$bucket","my-bucket"]"#, &[], true),
        (r#"["starts-with","$Bucket","my-"]"#, &[("bucket", "my-bucket")], true),
        (r#"["eq","$bucket","other"]"#, &[], false),
        // the form's own word for its bucket counts for nothing
        (r#"["eq","$bucket","other"]"#, &[("bucket", "other")], false),
        (r#"["starts-with","$bucket",""]"#, &[("bucket", "other")], false),
        (r#"["content-length-range","0","ten"]"#, &[], false),
    ];
    for (conditions, fields, holds) in table {
        let verdict = judged(conditions, fields);
        assert_eq!(verdict.is_ok(), holds, "{conditions} {fields:?}: {verdict:?}");
        if let Err(message) = verdict {
            assert!(message.starts_with("Policy Condition failed: [\""), "{conditions}: {message}");
        }
    }
}

#[test]
fn failed_conditions_are_shown_as_s3_shows_them() {
    let message = |conditions: &str, fields: Fields<'_>| judged(conditions, fields).unwrap_err();
    let table: [(&str, &str); 5] = [
        (r#"{"Key":"x"}"#, r#"["eq", "$Key", "x"]"#),
        (r#"["StArTs-WiTh","$Content-Type",""]"#, r#"["starts-with", "$Content-Type", ""]"#),
        (
            r#"["eq","$Content-Disposition","filename=\"ü.png\""]"#,
            r#"["eq", "$Content-Disposition", "filename=\"ü.png\""]"#,
        ),
        (r#"["content-length-range","test",10]"#, r#"["content-length-range", "test", 10]"#),
        (r#"["eq","acl","x"]"#, r#"["eq", "acl", "x"]"#),
    ];
    for (condition, shown) in table {
        assert_eq!(message(condition, &[]), format!("Policy Condition failed: {shown}"));
    }
    let error = policy(r#"{"bucket":"my-bucket"},{"acl":"private"}"#)
        .unwrap()
        .check(&form(&[("acl", "public-read")]), "my-bucket", NOW)
        .unwrap_err();
    assert_eq!(error.hint.as_deref(), Some("The form has acl = \"public-read\"."));
    let long = "x".repeat(5_000);
    assert!(message(&format!(r#"{{"key":"{long}"}}"#), &[("key", &long[1..])]).len() < 400);
}

#[test]
fn every_field_needs_a_condition() {
    let key = r#"["starts-with","$key",""]"#;
    assert_eq!(
        judged(key, &[("key", "k"), ("x-ignore-me", "1"), ("X-Ignore-", "2")]),
        Ok(UploadRule::default())
    );
    let auth = [
        ("policy", "p"),
        ("X-Amz-Signature", "s"),
        ("AWSAccessKeyId", "a"),
        ("signature", "s"),
        ("key", "k"),
    ];
    assert_eq!(judged(key, &auth), Ok(UploadRule::default()));
    let table = [
        (vec![("key", "k"), ("acl", "private")], "acl"),
        (vec![("key", "k"), ("Filename", "x")], "Filename"),
        (vec![("a", ""), ("key", "k"), ("b", "")], "a, b"),
        (vec![("key", "k"), ("x-amz-date", "d")], "x-amz-date"),
        (vec![("key", "k"), ("x-amz-checksum-crc32", "AAAAAA==")], "x-amz-checksum-crc32"),
        (vec![("key", "k"), ("x-ignored", "")], "x-ignored"),
    ];
    for (fields, extra) in table {
        assert_eq!(judged(key, &fields), Err(format!("Extra input fields: {extra}")));
    }
    let without_bucket = policy(key).unwrap().check(&form(&[("key", "k")]), "my-bucket", NOW).unwrap_err();
    assert_eq!(without_bucket.message, "Invalid according to Policy: Extra input fields: bucket");
}

#[test]
fn the_size_that_is_left() {
    let size = |min, max| UploadRule { min_bytes: min, max_bytes: max, ..UploadRule::default() };
    let range = |bounds: &str| judged(&format!("[\"content-length-range\",{bounds}]"), &[]);
    assert_eq!(range("5,10"), Ok(size(Some(5), Some(10))));
    assert_eq!(range("\"5\",\"10\""), Ok(size(Some(5), Some(10))));
    assert_eq!(range("0,18446744073709551615"), Ok(size(Some(0), Some(u64::MAX))));
    // each must hold
    assert_eq!(range("5,10],[\"content-length-range\",7,20"), Ok(size(Some(7), Some(10))));
    assert_eq!(range("5,10],[\"Content-Length-Range\",0,6"), Ok(size(Some(5), Some(6))));
    assert_eq!(judged("", &[]), Ok(size(None, None)));
}

#[test]
fn policies_that_are_none() {
    let table = [
        ("%", "invalid Base64 encoding."),
        ("eyJ", "invalid Base64 encoding."),
        ("", "Invalid JSON."),
        (&encoded("{oops"), "Invalid JSON."),
        (&encoded("[]"), "Invalid JSON."),
        (&encoded("{\"expiration\":\"\u{0}\"}"), "Invalid JSON."),
        (&encoded("{}"), "Policy missing expiration."),
        (&encoded(r#"{"conditions":[]}"#), "Policy missing expiration."),
        (&encoded(r#"{"expiration":"2026-01-02T04:04:05Z"}"#), "Policy missing conditions."),
        (
            &encoded(r#"{"expiration":"2026-01-02T04:04:05Z","conditions":{}}"#),
            "Invalid 'conditions' value: must be a List.",
        ),
        (&encoded(r#"{"EXPIRATION":"2026-01-02T04:04:05Z","conditions":[]}"#), "Unexpected: 'EXPIRATION'"),
        (&encoded(r#"{"Version":"1"}"#), "Unexpected: 'Version'"),
        (&encoded(r#"{"conditions":[],"conditions":[]}"#), "Duplicate: 'conditions'"),
        (&encoded(r#"{"expiration":1,"conditions":[]}"#), "Invalid 'expiration' value: ''"),
        (
            &encoded(r#"{"expiration":"2026-01-02 04:04:05 UTC","conditions":[]}"#),
            "Invalid 'expiration' value: '2026-01-02 04:04:05 UTC'",
        ),
        (
            &encoded(r#"{"expiration":"2026-01-02T04:04:05+02:00","conditions":[]}"#),
            "Invalid 'expiration' value: '2026-01-02T04:04:05+02:00'",
        ),
    ];
    for (text, message) in table {
        let error = PostPolicy::parse(text).unwrap_err();
        assert_eq!(error.code, S3ErrorCode::InvalidPolicyDocument, "{text}");
        assert_eq!(error.message, format!("Invalid Policy: {message}"), "{text}");
    }
}

#[test]
fn conditions_that_are_none() {
    const ONE: &str = "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.";
    let table = [
        ("{}", ONE),
        (r#"{"acl":"a","key":"b"}"#, ONE),
        // whoever gets a text into a policy must not get a second meaning in
        (r#"{"key":"user/1","key":"user/2"}"#, ONE),
        (r#"{"key":1}"#, "Invalid Simple-Condition: value must be a string."),
        (r#"{"key":null}"#, "Invalid Simple-Condition: value must be a string."),
        ("7", "Invalid Condition: must be a List or Object."),
        ("\"eq\"", "Invalid Condition: must be a List or Object."),
        ("[]", "Invalid Condition: missing operation identifier."),
        ("[1,2,3]", "Invalid Condition: missing operation identifier."),
        (r#"["ends-with","$key","x"]"#, "Invalid Condition: unknown operation 'ends-with'."),
        (r#"["eq","$key"]"#, "Invalid eq: wrong number of arguments."),
        (r#"["eq","$key","x","y"]"#, "Invalid eq: wrong number of arguments."),
        (r#"["content-length-range",0]"#, "Invalid content-length-range: wrong number of arguments."),
        (r#"["starts-with","$key",1]"#, "Invalid starts-with: arguments must be strings."),
        (
            r#"["content-length-range",-1,0]"#,
            "Invalid content-length-range: bounds must be whole numbers of bytes.",
        ),
        (
            r#"["content-length-range",0,5.0]"#,
            "Invalid content-length-range: bounds must be whole numbers of bytes.",
        ),
    ];
    for (condition, message) in table {
        let error = policy(condition).unwrap_err();
        assert_eq!(error.message, format!("Invalid Policy: {message}"), "{condition}");
    }
    let deep = policy(&"[".repeat(10_000)).unwrap_err();
    assert_eq!(deep.message, "Invalid Policy: Invalid JSON.");
}

#[test]
fn a_policy_holds_until_it_expires() {
    let policy = policy(r#"{"bucket":"my-bucket"}"#).unwrap();
    let at = |ms| policy.check(&form(&[]), "my-bucket", Timestamp::from_millis(ms));
    let end = Timestamp::parse(LATER).unwrap().as_millis();
    assert!(at(0).is_ok() && at(end).is_ok());
    let error = at(end + 1).unwrap_err();
    assert_eq!(error.message, "Invalid according to Policy: Policy expired.");
    assert!(error.hint.unwrap().contains("2026-01-02T04:04:05.000Z"));
}

#[test]
fn a_policy_may_be_broken_into_lines() {
    let text = encoded(&format!("{{\"expiration\":\"{LATER}\",\"conditions\":[]}}"));
    let (front, back) = text.split_at(40);
    assert_eq!(PostPolicy::parse(&format!("{front}\r\n {back}\n")), PostPolicy::parse(&text));
}

proptest! {
    /// Any text in a condition is that text and nothing else.
    #[test]
    fn any_text_is_only_itself(value in any::<String>(), other in any::<String>()) {
        let json = serde_json::Value::from(value.as_str());
        let conditions = format!("{{\"x-amz-meta-a\":{json}}},[\"starts-with\",\"$x-amz-meta-a\",{json}]");
        let same = judged(&conditions, &[("x-amz-meta-a", &value)]);
        prop_assert!(same.is_ok(), "{:?}", same);
        prop_assert_eq!(judged(&conditions, &[("x-amz-meta-a", &other)]).is_ok(), value == other);
    }
}
