use super::*;
use crate::error_code::S3ErrorCode;

fn keys(request: &DeleteObjects) -> Vec<&str> {
    request.objects.iter().map(|object| object.key.as_str()).collect()
}

fn decode(body: &[u8]) -> Result<DeleteObjects, S3Error> {
    super::decode(body, true)
}

fn document(inner: &str) -> Vec<u8> {
    format!("<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{inner}</Delete>").into_bytes()
}

#[test]
fn keys_keep_their_blanks() {
    let request = decode(&document(
        "<Object><Key> a b\n</Key></Object> <Object><VersionId>null</VersionId><Key>&amp;&#x1;ü</Key></Object>
         <Object><Key>a</Key></Object><Object><Key>a</Key></Object>",
    ))
    .unwrap();
    assert_eq!(keys(&request), [" a b\n", "&\u{1}ü", "a", "a"]);
    assert!(request.refused.is_empty() && !request.quiet);
}

#[test]
fn quiet_is_literal() {
    let of =
        |quiet: &str| decode(&document(&format!("{quiet}<Object><Key>a</Key></Object>"))).map(|r| r.quiet);
    assert_eq!(of(""), Ok(false));
    assert_eq!(of("<Quiet>true</Quiet>"), Ok(true));
    assert_eq!(of("<Quiet>false</Quiet>"), Ok(false));
    let bad = ["<Quiet/>", "<Quiet>True</Quiet>", "<Quiet> true</Quiet>", "<Quiet>1</Quiet>"];
    for quiet in bad.into_iter().chain(["<Quiet>true</Quiet><Quiet>true</Quiet>"]) {
        assert_eq!(of(quiet).unwrap_err().code, S3ErrorCode::MalformedXML, "{quiet}");
    }
}

#[test]
fn one_to_a_thousand_keys() {
    let of = |count| decode(&document(&"<Object><Key>a</Key></Object>".repeat(count)));
    for count in [1, 999, 1_000] {
        assert_eq!(of(count).unwrap().objects.len(), count);
    }
    for count in [0, 1_001, 50_000] {
        assert_eq!(of(count).unwrap_err().code, S3ErrorCode::MalformedXML, "{count}");
    }
    let mixed = "<Object><Key>a</Key></Object>".repeat(1_000) + "<Object><Key/></Object>";
    assert_eq!(decode(&document(&mixed)).unwrap_err().code, S3ErrorCode::MalformedXML, "refused ones count");
}

#[test]
fn the_largest_request_fits() {
    let key = "&#x10FFFF;".repeat(256);
    let request = decode(&document(&format!("<Object><Key>{key}</Key></Object>").repeat(1_000))).unwrap();
    assert_eq!(request.objects.len(), 1_000);
    assert_eq!(request.objects[0].key.as_str().len(), 1_024);
    let error = decode(&vec![b' '; XML_BODY_MAX_BYTES + 1]).unwrap_err();
    assert_eq!(error.code, S3ErrorCode::MaxMessageLengthExceeded);
}

#[test]
fn other_shapes() {
    for inner in
        ["<Object/>", "<Object>a</Object>", "<Key>a</Key>", "<Object><Key>a</Key><Key>b</Key></Object>"]
    {
        assert_eq!(decode(&document(inner)).unwrap_err().code, S3ErrorCode::MalformedXML, "{inner}");
    }
    for inner in ["<Object><key>a</key></Object>", "<Object><Key>a</Key><Other/></Object>"] {
        assert_eq!(decode(&document(inner)).unwrap_err().code, S3ErrorCode::MalformedXML, "{inner}");
    }
}

#[test]
fn some_keys_are_refused_each_for_itself() {
    let long = "a".repeat(1_025);
    let request = decode(&document(&format!(
        "<Object><Key></Key></Object><Object><Key>{long}</Key></Object><Object><Key>ok</Key></Object>\
         <Object><Key>v</Key><VersionId>7</VersionId></Object><Object><ETag>e</ETag><Key>e</Key></Object>"
    )))
    .unwrap();
    assert_eq!(keys(&request), ["ok"]);
    let refused: Vec<_> =
        request.refused.iter().map(|r| (r.key.as_str(), r.error.code, &*r.error.message)).collect();
    assert_eq!(
        refused,
        [
            ("", S3ErrorCode::InvalidObjectName, "The specified object name is not valid."),
            (long.as_str(), S3ErrorCode::KeyTooLongError, "Your key is too long"),
            ("v", S3ErrorCode::NotImplemented, "DeleteObjects element VersionId not implemented"),
            ("e", S3ErrorCode::NotImplemented, "DeleteObjects element ETag not implemented"),
        ]
    );
}

#[test]
fn replies() {
    let key = |text: &str| ObjectKey::parse(text).unwrap();
    let (plain, marked) = (key("a&b"), key("c"));
    let deleted = [(&plain, Deletion::Object), (&marked, Deletion::NewMarker(VersionId::Number(31)))];
    let denied = S3Error::new(S3ErrorCode::AccessDenied);
    let errors = [
        DeleteError { key: "<d>".into(), version: None, error: denied.clone() },
        DeleteError { key: "e".into(), version: Some("null".into()), error: denied },
    ];
    let root = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
                <DeleteResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
    let rows = "<Deleted><Key>a&amp;b</Key></Deleted><Deleted><Key>c</Key><DeleteMarker>true</DeleteMarker>\
                <DeleteMarkerVersionId>000000000000001f</DeleteMarkerVersionId></Deleted>";
    let error = "<Error><Key>&lt;d&gt;</Key><Code>AccessDenied</Code><Message>Access Denied.</Message></Error>\
                 <Error><Key>e</Key><VersionId>null</VersionId><Code>AccessDenied</Code>\
                 <Message>Access Denied.</Message></Error></DeleteResult>";
    assert_eq!(encode(deleted.into_iter(), &errors, false), format!("{root}{rows}{error}"));
    assert_eq!(encode(deleted.into_iter(), &errors, true), format!("{root}{error}"));
}

#[test]
fn conditions_beyond_r2() {
    let body = document(
        "<Object><Key>a</Key><ETag> \"abc\" </ETag><Size>5</Size>\
         <LastModifiedTime>Fri, 02 Jan 2026 03:04:05 GMT</LastModifiedTime></Object>\
         <Object><Key>b</Key><ETag>*</ETag></Object><Object><Key>c</Key></Object>",
    );
    let request = super::decode(&body, false).unwrap();
    assert_eq!(keys(&request), ["a", "b", "c"]);
    let [a, b, c] = &request.objects[..] else { panic!("three objects") };
    let expected = DeleteConditions {
        if_match: Some(vec![ETagMatch::Strong(ETag::from_text("abc"))]),
        last_modified: Some(domain::Timestamp::from_seconds(1_767_323_045)),
        size_bytes: Some(5),
    };
    assert_eq!(a.conditions, expected);
    assert_eq!(b.conditions.if_match, Some(vec![ETagMatch::Any]));
    assert!(c.conditions.is_empty());
    assert_eq!(super::decode(&body, true).unwrap().refused.len(), 2, "R2 has none");
    for bad in [
        "<Size>x</Size>",
        "<Size>-1</Size>",
        "<LastModifiedTime>now</LastModifiedTime>",
        "<Size>1</Size><Size>1</Size>",
    ] {
        let error =
            super::decode(&document(&format!("<Object><Key>a</Key>{bad}</Object>")), false).unwrap_err();
        assert_eq!(error.code, S3ErrorCode::MalformedXML, "{bad}");
    }
}

#[test]
fn versions_beyond_r2() {
    let body = document(
        "<Object><Key>a</Key><VersionId>000000000000001f</VersionId></Object>\
         <Object><VersionId>null</VersionId><Key>b</Key></Object>\
         <Object><Key>c</Key><VersionId/></Object><Object><Key>d</Key><VersionId>7</VersionId></Object>",
    );
    let request = super::decode(&body, false).unwrap();
    assert_eq!(keys(&request), ["a", "b", "c"]);
    let versions: Vec<_> = request.objects.iter().map(|object| object.version).collect();
    assert_eq!(versions, [Some(VersionId::Number(31)), Some(VersionId::Null), None]);
    let [refused] = &request.refused[..] else { panic!("one is refused") };
    assert_eq!((refused.key.as_str(), refused.version.as_deref()), ("d", Some("7")));
    assert_eq!(refused.error.message, "Invalid version id specified");

    let strict = super::decode(&body, true).unwrap();
    assert_eq!(keys(&strict), ["b", "c"], "R2 has none");
    assert!(strict.objects.iter().all(|object| object.version.is_none()));
    let twice = "<Object><Key>a</Key><VersionId>null</VersionId><VersionId>null</VersionId></Object>";
    assert_eq!(super::decode(&document(twice), false).unwrap_err().code, S3ErrorCode::MalformedXML);
}
