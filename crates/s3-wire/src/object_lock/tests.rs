use super::*;
use crate::error_code::S3ErrorCode;

fn code<T: std::fmt::Debug>(result: Result<T, S3Error>) -> S3ErrorCode {
    result.unwrap_err().code
}

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    pairs.iter().map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v))).collect()
}

fn config(inner: &str) -> Result<ObjectLockConfig, S3Error> {
    decode_config(format!("<ObjectLockConfiguration>{inner}</ObjectLockConfiguration>").as_bytes())
}

fn default_rule(inner: &str) -> Result<ObjectLockConfig, S3Error> {
    config(&format!(
        "<ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention>{inner}</DefaultRetention></Rule>"
    ))
}

#[test]
fn configurations() {
    let of = |mode, unit, count| {
        let period = RetentionPeriod::new(unit, count).unwrap();
        ObjectLockConfig { default_retention: Some(DefaultRetention { mode, period }) }
    };
    let days = of(RetentionMode::Governance, PeriodUnit::Days, 30);
    assert_eq!(default_rule("<Days>30</Days><Mode>GOVERNANCE</Mode>"), Ok(days));
    let years = of(RetentionMode::Compliance, PeriodUnit::Years, 7);
    assert_eq!(default_rule("<Mode>COMPLIANCE</Mode><Years>7</Years>"), Ok(years));
    let bare = config("<ObjectLockEnabled>Enabled</ObjectLockEnabled>").unwrap();
    assert_eq!(bare, ObjectLockConfig::default());
    for config in [days, years, bare] {
        assert_eq!(decode_config(&encode_config(&config)), Ok(config));
    }
    assert_eq!(
        encode_config(&days),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <ObjectLockConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
         <ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention><Mode>GOVERNANCE</Mode>\
         <Days>30</Days></DefaultRetention></Rule></ObjectLockConfiguration>"
    );
}

#[test]
fn configurations_that_are_refused() {
    for inner in [
        "",
        "<ObjectLockEnabled>Disabled</ObjectLockEnabled>",
        "<ObjectLockEnabled>Enabled</ObjectLockEnabled><ObjectLockEnabled>Enabled</ObjectLockEnabled>",
        "<ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule/>",
        "<ObjectLockEnabled>Enabled</ObjectLockEnabled><Other/>",
    ] {
        assert_eq!(code(config(inner)), S3ErrorCode::MalformedXML, "{inner}");
    }
    for inner in [
        "<Mode>GOVERNANCE</Mode>",
        "<Days>1</Days>",
        "<Mode>governance</Mode><Days>1</Days>",
        "<Mode>GOVERNANCE</Mode><Days>1</Days><Years>1</Years>",
        "<Mode>GOVERNANCE</Mode><Days>one</Days>",
    ] {
        assert_eq!(code(default_rule(inner)), S3ErrorCode::MalformedXML, "{inner}");
    }
    for days in ["0", "-1", "36501", "99999999999"] {
        let inner = format!("<Mode>GOVERNANCE</Mode><Days>{days}</Days>");
        assert_eq!(code(default_rule(&inner)), S3ErrorCode::InvalidArgument, "{days}");
    }
    let error = default_rule("<Mode>GOVERNANCE</Mode><Years>0</Years>").unwrap_err();
    assert_eq!(error.message, "Default retention period must be a positive integer value");
}

#[test]
fn retentions() {
    let document = "<Retention xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Mode>COMPLIANCE</Mode>\
                    <RetainUntilDate>2026-01-02T03:04:05.678Z</RetainUntilDate></Retention>";
    let until = Timestamp::from_millis(1_767_323_045_678);
    let retention = Retention { mode: RetentionMode::Compliance, until };
    assert_eq!(decode_retention(document.as_bytes()), Ok(Some(retention)));
    assert_eq!(encode_retention(retention), format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>{document}"));
    assert_eq!(decode_retention(b"<Retention/>"), Ok(None));
    for inner in [
        "<Mode>COMPLIANCE</Mode>",
        "<RetainUntilDate>2026-01-02</RetainUntilDate>",
        "<Mode>ABC</Mode><RetainUntilDate>2026-01-02</RetainUntilDate>",
        "<Mode>COMPLIANCE</Mode><RetainUntilDate>soon</RetainUntilDate>",
        "<Mode>COMPLIANCE</Mode><Mode>COMPLIANCE</Mode>",
        "text",
    ] {
        let document = format!("<Retention>{inner}</Retention>");
        assert_eq!(code(decode_retention(document.as_bytes())), S3ErrorCode::MalformedXML, "{inner}");
    }
}

#[test]
fn legal_holds() {
    for is_held in [true, false] {
        assert_eq!(decode_legal_hold(&encode_legal_hold(is_held)), Ok(is_held));
    }
    for document in [
        "<LegalHold/>",
        "<LegalHold><Status>on</Status></LegalHold>",
        "<LegalHold><Status>ON</Status><Status>ON</Status></LegalHold>",
        "<LegalHold>ON</LegalHold>",
        "<Retention/>",
    ] {
        assert_eq!(code(decode_legal_hold(document.as_bytes())), S3ErrorCode::MalformedXML, "{document}");
    }
}

#[test]
fn locks_in_headers() {
    let mode = ("x-amz-object-lock-mode", "GOVERNANCE");
    let until = ("x-amz-object-lock-retain-until-date", "2026-01-02T03:04:05.678Z");
    let lock = decode_headers(&headers(&[mode, until, ("x-amz-object-lock-legal-hold", "ON")])).unwrap();
    let retention =
        Retention { mode: RetentionMode::Governance, until: Timestamp::from_millis(1_767_323_045_678) };
    assert_eq!(lock, ObjectLock { retention: Some(retention), legal_hold: true });
    let mut shown = HeaderMap::new();
    set_headers(&mut shown, &lock);
    assert_eq!(decode_headers(&shown), Ok(lock));

    let mut none = HeaderMap::new();
    set_headers(&mut none, &ObjectLock::default());
    assert!(none.is_empty());
    assert_eq!(decode_headers(&none), Ok(ObjectLock::default()));
    assert_eq!(
        decode_headers(&headers(&[("x-amz-object-lock-legal-hold", "OFF")])),
        Ok(ObjectLock::default())
    );

    let table = [
        vec![mode],
        vec![until],
        vec![("x-amz-object-lock-mode", "governance"), until],
        vec![mode, ("x-amz-object-lock-retain-until-date", "Fri, 02 Jan 2026 03:04:05 GMT")],
        vec![("x-amz-object-lock-legal-hold", "1")],
    ];
    for pairs in table {
        assert_eq!(code(decode_headers(&headers(&pairs))), S3ErrorCode::InvalidArgument, "{pairs:?}");
    }
}

#[test]
fn switches_are_true_or_nothing() {
    for (value, expected) in [("true", true), ("TRUE", true), ("false", false), ("1", false), ("", false)] {
        let of = |name| headers(&[(name, value)]);
        assert_eq!(bypasses_governance(&of("x-amz-bypass-governance-retention")), expected, "{value}");
        assert_eq!(is_wanted(&of("x-amz-bucket-object-lock-enabled")), expected, "{value}");
    }
    assert!(!bypasses_governance(&HeaderMap::new()) && !is_wanted(&HeaderMap::new()));
}
