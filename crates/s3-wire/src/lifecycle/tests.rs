use super::*;

fn document(rules: &str) -> String {
    format!("<LifecycleConfiguration xmlns=\"{}\">{rules}</LifecycleConfiguration>", xml::NAMESPACE)
}

fn read(rules: &str) -> Result<Vec<LifecycleRule>, S3Error> {
    decode(document(rules).as_bytes()).map(|policy| policy.rules().to_vec())
}

fn days(days: u64) -> Option<LifecycleTime> {
    Some(LifecycleTime::Age { seconds: days * DAY_SECONDS })
}

#[test]
fn a_policy_in_any_order_of_elements() {
    let rules = read(
        "<Rule>
           <Status>Enabled</Status><Filter><Prefix>logs/ &amp;</Prefix></Filter><ID>logs</ID>
           <Transition><StorageClass>STANDARD_IA</StorageClass><Days>30</Days></Transition>
           <Expiration><Days> 365 </Days><ExpiredObjectDeleteMarker>false</ExpiredObjectDeleteMarker></Expiration>
         </Rule>
         <Rule><Prefix>old</Prefix><Status>Disabled</Status><Expiration><Date>2026-01-02T00:00:00.000Z</Date></Expiration></Rule>
         <Rule><Filter><And><Prefix>p</Prefix></And></Filter><Status>Enabled</Status>
           <AbortIncompleteMultipartUpload><DaysAfterInitiation>7</DaysAfterInitiation></AbortIncompleteMultipartUpload></Rule>
         <Rule><Filter/><Status>Enabled</Status><Expiration><Date>2026-01-02T02:00:00+02:00</Date></Expiration></Rule>",
    )
    .unwrap();
    let date = Some(LifecycleTime::Date(Timestamp::parse_iso("2026-01-02").unwrap()));
    let rule = |id: &str, enabled, prefix: &str| LifecycleRule {
        id: id.into(),
        enabled,
        prefix: prefix.into(),
        ..LifecycleRule::default()
    };
    assert_eq!(
        rules,
        [
            LifecycleRule { expiration: days(365), transition: days(30), ..rule("logs", true, "logs/ &") },
            LifecycleRule { expiration: date, ..rule("rule-2", false, "old") },
            LifecycleRule { abort_uploads_seconds: Some(7 * DAY_SECONDS), ..rule("rule-3", true, "p") },
            LifecycleRule { expiration: date, ..rule("rule-4", true, "") },
        ]
    );
    let written = encode(&LifecyclePolicy::new(rules[..2].to_vec()).unwrap());
    assert_eq!(
        written,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <LifecycleConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
         <Rule><ID>logs</ID><Filter><Prefix>logs/ &amp;</Prefix></Filter><Status>Enabled</Status>\
         <Expiration><Days>365</Days></Expiration>\
         <Transition><Days>30</Days><StorageClass>STANDARD_IA</StorageClass></Transition></Rule>\
         <Rule><ID>rule-2</ID><Filter><Prefix>old</Prefix></Filter><Status>Disabled</Status>\
         <Expiration><Date>2026-01-02T00:00:00.000Z</Date></Expiration></Rule></LifecycleConfiguration>"
    );
}

#[test]
fn ages_of_other_doors_are_rounded_up() {
    let rule = LifecycleRule {
        expiration: Some(LifecycleTime::Age { seconds: DAY_SECONDS + 1 }),
        abort_uploads_seconds: Some(1),
        ..LifecycleRule::default()
    };
    let written = encode(&LifecyclePolicy::new(vec![rule]).unwrap());
    let text = std::str::from_utf8(&written).unwrap();
    assert!(text.contains("<Days>2</Days>") && text.contains("<DaysAfterInitiation>1<"), "{text}");
}

#[test]
fn what_is_refused() {
    use S3ErrorCode::*;
    let rule = |inner: &str| format!("<Rule><Filter/><Status>Enabled</Status>{inner}</Rule>");
    let expire = |inner: &str| rule(&format!("<Expiration>{inner}</Expiration>"));
    let moved = |inner: &str| rule(&format!("<Transition>{inner}</Transition>"));
    let filtered = |filter: &str| {
        format!(
            "<Rule><Filter>{filter}</Filter><Status>Enabled</Status><Expiration><Days>1</Days></Expiration></Rule>"
        )
    };
    let done = "<Expiration><Days>1</Days></Expiration>";
    let table = [
        // values
        (
            expire("<Days>0</Days>"),
            InvalidArgument,
            "'Days' for Expiration action must be a positive integer",
        ),
        (
            expire("<Days>-1</Days>"),
            InvalidArgument,
            "'Days' for Expiration action must be a positive integer",
        ),
        (expire("<Date>2026-01-02T00:00:01Z</Date>"), InvalidArgument, "'Date' must be at midnight GMT"),
        (
            moved("<Days>-1</Days><StorageClass>STANDARD_IA</StorageClass>"),
            InvalidArgument,
            "'Days' for Transition action must be nonnegative",
        ),
        (
            rule(
                "<AbortIncompleteMultipartUpload><DaysAfterInitiation>0</DaysAfterInitiation></AbortIncompleteMultipartUpload>",
            ),
            InvalidArgument,
            "'DaysAfterInitiation' for AbortIncompleteMultipartUpload action must be a positive integer",
        ),
        (rule(""), InvalidRequest, "At least one action needs to be specified in a rule"),
        (
            rule(&format!("<ID>{}</ID>{done}", "i".repeat(256))),
            InvalidArgument,
            "ID length should not exceed allowed limit of 255",
        ),
        (
            rule(&format!("<ID>a</ID>{done}")).repeat(2),
            InvalidArgument,
            "Rule ID must be unique. Found same ID for more than one rule",
        ),
        (
            moved("<Days>1</Days><StorageClass>GLACIER</StorageClass>"),
            InvalidStorageClass,
            "The storage class specified is not valid.",
        ),
        (
            moved("<Days>1</Days><StorageClass>STANDARD</StorageClass>"),
            InvalidStorageClass,
            "The storage class specified is not valid.",
        ),
        (
            filtered(&format!("<Prefix>{}</Prefix>", "p".repeat(1_025))),
            InvalidRequest,
            "The maximum size of a prefix is 1024.",
        ),
        // what R2 has no rule for
        (
            filtered("<Tag><Key>k</Key><Value>v</Value></Tag>"),
            NotImplemented,
            "Lifecycle filter Tag not implemented",
        ),
        (
            filtered("<ObjectSizeGreaterThan>1</ObjectSizeGreaterThan>"),
            NotImplemented,
            "Lifecycle filter ObjectSizeGreaterThan not implemented",
        ),
        (
            filtered("<And><Prefix>a</Prefix><ObjectSizeLessThan>1</ObjectSizeLessThan></And>"),
            NotImplemented,
            "Lifecycle filter ObjectSizeLessThan not implemented",
        ),
        (
            expire("<ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker>"),
            NotImplemented,
            "Lifecycle action ExpiredObjectDeleteMarker not implemented",
        ),
        (
            rule(
                "<NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays></NoncurrentVersionExpiration>",
            ),
            NotImplemented,
            "Lifecycle action NoncurrentVersionExpiration not implemented",
        ),
    ];
    for (rules, code, message) in table {
        let error = read(&rules).unwrap_err();
        assert_eq!((error.code, &*error.message), (code, message), "{rules}");
    }
}

#[test]
fn other_shapes() {
    let done = "<Expiration><Days>1</Days></Expiration>";
    let rules = [
        String::new(),
        "<Rules/>".into(),
        "<Rule>text</Rule>".into(),
        format!("<Rule><Status>Enabled</Status>{done}</Rule>"),
        format!("<Rule><Filter/>{done}</Rule>"),
        format!("<Rule><Filter/><Status>enabled</Status>{done}</Rule>"),
        format!("<Rule><Filter/><Prefix/><Status>Enabled</Status>{done}</Rule>"),
        format!("<Rule><Filter><And><And/></And></Filter><Status>Enabled</Status>{done}</Rule>"),
        format!("<Rule><Filter/><Status>Enabled</Status>{done}{done}</Rule>"),
        "<Rule><Filter/><Status>Enabled</Status><Expiration/></Rule>".into(),
        "<Rule><Filter/><Status>Enabled</Status><Expiration><Days>1.5</Days></Expiration></Rule>".into(),
        "<Rule><Filter/><Status>Enabled</Status><Expiration><Days>2147483648</Days></Expiration></Rule>".into(),
        "<Rule><Filter/><Status>Enabled</Status><Expiration><Days>1</Days><Date>2026-01-02</Date></Expiration></Rule>".into(),
        "<Rule><Filter/><Status>Enabled</Status><Expiration><Date>soon</Date></Expiration></Rule>".into(),
        "<Rule><Filter/><Status>Enabled</Status><Transition><Days>1</Days></Transition></Rule>".into(),
        "<Rule><Filter/><Status>Enabled</Status><AbortIncompleteMultipartUpload/></Rule>".into(),
        format!("<Rule><Filter/><Status>Enabled</Status>{done}</Rule>").repeat(1_001),
    ];
    for rules in rules {
        let error = read(&rules).unwrap_err();
        assert_eq!(error.code, S3ErrorCode::MalformedXML, "{rules:.200}");
        assert!(error.hint.is_some(), "{rules:.200}");
    }
    for count in [999, 1_000] {
        let rules = format!("<Rule><Filter/><Status>Enabled</Status>{done}</Rule>").repeat(count);
        assert_eq!(read(&rules).unwrap().len(), count);
    }
}

#[test]
fn headers_say_when_it_goes() {
    let at = Timestamp::parse_iso("2026-01-09").unwrap();
    let mut headers = HeaderMap::new();
    set_expiration(&mut headers, at, "a \"rule\"\n");
    assert_eq!(
        headers["x-amz-expiration"],
        "expiry-date=\"Fri, 09 Jan 2026 00:00:00 GMT\", rule-id=\"a%20%22rule%22%0A\""
    );
    set_abort(&mut headers, at, "Default Multipart Abort Rule");
    assert_eq!(headers["x-amz-abort-date"], "Fri, 09 Jan 2026 00:00:00 GMT");
    assert_eq!(headers["x-amz-abort-rule-id"], "Default%20Multipart%20Abort%20Rule");
}
