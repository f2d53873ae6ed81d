//! What holds for the documents of any setting: it comes back as it was, and whatever looks like one cannot hurt.

use domain::lifecycle::{DAY_SECONDS, LifecycleTime};
use domain::{LifecyclePolicy, LifecycleRule, Tag, TagSet, Timestamp};
use proptest::prelude::*;
use s3_wire::{S3ErrorCode, fuzzing, lifecycle, tagging};

fn time() -> impl Strategy<Value = LifecycleTime> {
    let age = (1..=2_147_483_647_u64).prop_map(|days| LifecycleTime::Age { seconds: days * DAY_SECONDS });
    let date = (-719_162..=2_932_896_i64)
        .prop_map(|day| LifecycleTime::Date(Timestamp::from_seconds(day * DAY_SECONDS.cast_signed())));
    prop_oneof![age, date]
}

fn rule() -> impl Strategy<Value = LifecycleRule> {
    let abort = prop::option::of((1..=2_147_483_647_u64).prop_map(|days| days * DAY_SECONDS));
    (any::<bool>(), any::<String>(), time(), prop::option::of(time()), abort).prop_map(
        |(enabled, prefix, expiration, transition, abort_uploads_seconds)| LifecycleRule {
            id: String::new(),
            enabled,
            prefix,
            expiration: Some(expiration),
            transition,
            abort_uploads_seconds,
        },
    )
}

fn policy() -> impl Strategy<Value = LifecyclePolicy> {
    let named = prop::collection::vec((any::<String>(), rule()), 1..6);
    named.prop_filter_map("a policy is valid", |rules| {
        let rules = rules.into_iter().map(|(id, rule)| LifecycleRule { id, ..rule });
        LifecyclePolicy::new(rules.collect()).ok()
    })
}

fn tags() -> impl Strategy<Value = TagSet> {
    let tag = ("[\\p{L}\\p{N} +=._:/@-]{1,20}", "[\\p{L}\\p{N} +=._:/@-]{0,20}")
        .prop_map(|(key, value)| Tag { key, value });
    prop::collection::vec(tag, 0..5).prop_filter_map("tags are valid", |tags| TagSet::of_object(tags).ok())
}

/// Text that is nearly a document of some setting.
fn document() -> impl Strategy<Value = String> {
    let root = "(LifecycleConfiguration|ObjectLockConfiguration|Retention|LegalHold|Tagging|VersioningConfiguration|\
                PublicAccessBlockConfiguration|ServerSideEncryptionConfiguration)";
    let leaf = "(<Status>(Enabled|Disabled|ON|OFF|Suspended)</Status>|<ID>[a-z]{0,2}</ID>|<Prefix>[a-z/&]{0,2}</Prefix>|\
                <Days>[0-9-]{1,3}</Days>|<Date>2026-01-0[0-9](T00:00:00Z)?</Date>|<Filter/>|<Mode>(GOVERNANCE|COMPLIANCE)</Mode>|\
                <RetainUntilDate>2026-01-02T03:04:0[0-9]Z</RetainUntilDate>|<Years>[0-9]{1,2}</Years>|<Key>[a-z]{0,2}</Key>|\
                <Value>[a-z*]{0,2}</Value>|<ObjectLockEnabled>Enabled</ObjectLockEnabled>|<SSEAlgorithm>AES256</SSEAlgorithm>|\
                <BlockPublicAcls>(true|false|1)</BlockPublicAcls>|<StorageClass>STANDARD_IA</StorageClass>|\
                <DaysAfterInitiation>[0-9]</DaysAfterInitiation>)";
    let folder = "(Rule|Filter|And|Expiration|Transition|AbortIncompleteMultipartUpload|DefaultRetention|TagSet|Tag|\
                  ApplyServerSideEncryptionByDefault)";
    let leaves = || prop::collection::vec(leaf, 0..4).prop_map(|leaves| leaves.concat());
    let inner = (folder, leaves()).prop_map(|(name, leaves)| format!("<{name}>{leaves}</{name}>"));
    let middle = (folder, leaves(), prop::collection::vec(inner, 0..3))
        .prop_map(|(name, leaves, inner)| format!("<{name}>{leaves}{}</{name}>", inner.concat()));
    (root, leaves(), prop::collection::vec(middle, 0..3))
        .prop_map(|(root, leaves, middle)| format!("<{root}>{leaves}{}</{root}>", middle.concat()))
}

proptest! {
    #[test]
    fn lifecycle_policies(policy in policy()) {
        prop_assert_eq!(lifecycle::decode(&lifecycle::encode(&policy)), Ok(policy));
    }

    #[test]
    fn tag_sets(tags in tags()) {
        prop_assert_eq!(tagging::decode_object(&tagging::encode(&tags)), Ok(tags));
    }

    #[test]
    fn documents_of_any_bytes(data in prop::collection::vec(any::<u8>(), 0..200)) {
        fuzzing::settings_xml(&data);
        fuzzing::tagging_header(&data);
        fuzzing::upload_rules_json(&data);
    }

    #[test]
    fn upload_rules_of_anything_like_them(
        rules in prop::collection::vec(
            "((\"prefix\":\"[a-z/ü]{0,3}\"|\"maxBytes\":[0-9]{1,3}|\"minBytes\":[0-9]|\"contentTypes\":\\[(\"(image/\\*|[a-z/]{1,4})\")?\\]|\
              \"keyPattern\":\"(\\*|\\\\u00[0-9]{2}|[a-z]){0,3}\"),?){0,2}",
            0..3,
        ),
    ) {
        let rules: Vec<String> = rules.iter().map(|rule| format!("{{{}}}", rule.trim_end_matches(','))).collect();
        fuzzing::upload_rules_json(format!("{{\"rules\":[{}]}}", rules.join(",")).as_bytes());
    }

    #[test]
    fn documents_of_anything_like_one(document in document()) {
        fuzzing::settings_xml(document.as_bytes());
    }

    #[test]
    fn headers_of_anything_like_tags(text in "([a-z*:%=&+ ]|%[0-9A-F]{2}|&){0,40}") {
        fuzzing::tagging_header(text.as_bytes());
    }
}

#[test]
fn the_largest_policy_comes_back() {
    let rules = (0..1_000).map(|n| LifecycleRule {
        id: format!("{n:\"<255}"),
        prefix: "\"".repeat(1_024),
        expiration: Some(LifecycleTime::Age { seconds: DAY_SECONDS }),
        transition: Some(LifecycleTime::Age { seconds: 0 }),
        abort_uploads_seconds: Some(DAY_SECONDS),
        ..LifecycleRule::default()
    });
    let policy = LifecyclePolicy::new(rules.collect()).unwrap();
    let written = lifecycle::encode(&policy);
    assert_eq!(lifecycle::decode(&written), Ok(policy), "{} bytes", written.len());
    let longer = [&written[..], &vec![b' '; domain::limits::XML_BODY_MAX_BYTES]].concat();
    assert_eq!(lifecycle::decode(&longer).unwrap_err().code, S3ErrorCode::MaxMessageLengthExceeded);
}
