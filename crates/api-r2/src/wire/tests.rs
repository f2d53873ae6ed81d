use auth::Permission;
use domain::api_token::{Jurisdiction, PermissionGroup, TokenPolicy, TokenResource};
use domain::{
    AccountId, ApiToken, BucketLocks, BucketName, CorsPolicy, IpRange, LifecyclePolicy, Timestamp,
    TokenSettings,
};
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::lifecycle::{Conditions, Lifecycle, StorageClassTransition, Transition};
use super::lock::{Condition, LockRule, Locks};
use super::temporary::IssueTemporary;
use super::token::{Token, WantedToken};
use super::{cors, lifecycle};

/// Through JSON and back.
fn sent<T: Serialize + DeserializeOwned>(document: &T) -> T {
    let text = serde_json::to_vec(document).unwrap();
    serde_json::from_slice(&text).unwrap()
}

fn date() -> impl Strategy<Value = String> {
    (0_i64..4_000_000_000_000).prop_map(|ms| domain::Timestamp::from_millis(ms).to_string())
}

fn lock_condition() -> impl Strategy<Value = Condition> {
    prop_oneof![
        (1..u64::MAX).prop_map(|max_age_seconds| Condition::Age { max_age_seconds }),
        date().prop_map(|date| Condition::Date { date }),
        Just(Condition::Indefinite {}),
    ]
}

fn lifecycle_condition() -> impl Strategy<Value = lifecycle::Condition> {
    prop_oneof![
        (1..u64::MAX).prop_map(|max_age| lifecycle::Condition::Age { max_age }),
        date().prop_map(|date| lifecycle::Condition::Date { date }),
    ]
}

prop_compose! {
    fn lock_rule()(id in ".{1,20}", enabled in any::<bool>(), prefix in ".{0,20}", condition in lock_condition())
        -> LockRule {
        LockRule { id, enabled, prefix: Some(prefix), condition }
    }
}

prop_compose! {
    fn lifecycle_rule()(
        id in ".{1,20}", enabled in any::<bool>(), prefix in ".{0,20}",
        delete in prop::option::of(lifecycle_condition()),
        moved in prop::option::of(lifecycle_condition()),
        abort in 1..u64::MAX,
    ) -> lifecycle::Rule {
        let class = super::StorageClassName::InfrequentAccess;
        lifecycle::Rule {
            id,
            enabled,
            conditions: Conditions { prefix: Some(prefix) },
            delete_objects_transition: delete.map(|condition| Transition { condition }),
            storage_class_transitions: moved
                .map(|condition| vec![StorageClassTransition { condition, storage_class: class }]),
            abort_multipart_uploads_transition: Some(Transition {
                condition: lifecycle::Condition::Age { max_age: abort },
            }),
        }
    }
}

prop_compose! {
    fn cors_rule()(
        id in prop::option::of(".{1,20}"),
        origins in prop::collection::vec("https://[a-z]{1,9}\\.example", 1..3),
        headers in prop::option::of(prop::collection::vec("[a-z-]{1,9}\\*?", 1..3)),
        expose in prop::option::of(prop::collection::vec("[A-Za-z]{1,9}", 1..3)),
        max_age_seconds in prop::option::of(0..=86_400_u64),
    ) -> cors::Rule {
        let allowed = cors::Allowed { origins, methods: vec!["PUT".to_owned()], headers };
        cors::Rule { id, allowed, expose_headers: expose, max_age_seconds }
    }
}

fn resources(is_account_wide: bool) -> BoxedStrategy<Vec<TokenResource>> {
    if is_account_wide {
        return Just(vec![TokenResource::Account]).boxed();
    }
    let place = prop::sample::select(vec![Jurisdiction::Default, Jurisdiction::Eu, Jurisdiction::Fedramp]);
    let bucket = (place, "[a-z][a-z0-9-]{1,9}[a-z]")
        .prop_map(|(place, name)| TokenResource::Bucket(place, BucketName::parse(&name).unwrap()));
    // each once, in the order in which they are shown
    let buckets = prop::collection::vec(bucket, 1..4).prop_map(|mut buckets| {
        let name = |bucket: &TokenResource| match bucket {
            TokenResource::Bucket(place, name) => format!("{}_{name}", place.name()),
            _ => String::new(),
        };
        buckets.sort_by_key(name);
        buckets.dedup();
        buckets
    });
    prop_oneof![Just(vec![TokenResource::AllBuckets]), buckets].boxed()
}

prop_compose! {
    fn policy()(is_account_wide in any::<bool>(), both in any::<bool>())
        (resources in resources(is_account_wide), is_account_wide in Just(is_account_wide), both in Just(both))
        -> TokenPolicy {
        let groups = PermissionGroup::ALL.map(|(group, ..)| group);
        let own = groups.into_iter().filter(|group| group.is_account_wide() == is_account_wide);
        TokenPolicy { groups: own.take(if both { 2 } else { 1 }).collect(), resources }
    }
}

prop_compose! {
    fn token_settings()(
        name in "\\PC{1,20}",
        policies in prop::collection::vec(policy(), 1..4),
        disabled in any::<bool>(),
        not_before in prop::option::of(0..2_000_000_000_000_i64),
        lasts in prop::option::of(1..2_000_000_000_000_i64),
        addresses in prop::collection::vec((any::<std::net::IpAddr>(), 1..=32_u8), 0..4),
    ) -> TokenSettings {
        let range = |(address, bits): &(std::net::IpAddr, u8)| IpRange::parse(&format!("{address}/{bits}"));
        let ranges: Vec<IpRange> = addresses.iter().filter_map(range).collect();
        let (ip_in, ip_not_in) = ranges.split_at(ranges.len() / 2);
        TokenSettings {
            name,
            policies,
            disabled,
            not_before: not_before.map(Timestamp::from_millis),
            expires: lasts.map(|ms| Timestamp::from_millis(not_before.unwrap_or(0) + ms)),
            ip_in: ip_in.to_vec(),
            ip_not_in: ip_not_in.to_vec(),
        }
    }
}

proptest! {
    /// What is shown of a token can be sent back as it is, and is the same token.
    #[test]
    fn a_token_comes_back_as_it_was_shown(settings in token_settings(), now_ms in 0..4_000_000_000_000_i64) {
        let account = AccountId::parse("123456789abcdef0123456789abcdef0").unwrap();
        let now = Timestamp::from_millis(now_ms);
        prop_assert_eq!(settings.check(), Ok(()));
        let id = "0123456789abcdef0123456789abcdef".to_owned();
        let token = ApiToken { id, issued: now, modified: now, last_used: Some(now), settings };
        let text = serde_json::to_vec(&Token::of(&token, &account, now)).unwrap();
        let wanted: WantedToken = serde_json::from_slice(&text).unwrap();
        for is_new in [true, false] {
            prop_assert_eq!(wanted.clone().check(&account, is_new, now), Ok(token.settings.clone()));
        }
    }

    #[test]
    fn a_wanted_credential_is_what_it_says(
        prefixes in prop::option::of(prop::collection::vec(".{0,9}", 0..3)),
        objects in prop::option::of(prop::collection::vec(".{0,9}", 0..3)),
        ttl in prop::option::of(any::<i64>()), level in 0..5_usize,
    ) {
        let permission = Permission::NAMES.get(level).map_or("everything", |(name, _)| *name);
        let document = serde_json::json!({
            "bucket": "inside", "parentAccessKeyId": "p", "permission": permission,
            "ttlSeconds": ttl, "prefixes": prefixes, "objects": objects,
        });
        let wanted: IssueTemporary = serde_json::from_value(document).unwrap();
        let all: Vec<&String> = [&prefixes, &objects].into_iter().flatten().flatten().collect();
        let names_none = all.is_empty() && (prefixes.is_some() || objects.is_some());
        let is_wrong = level == 4 || names_none || all.iter().any(|key| key.is_empty());
        match wanted.check() {
            Err(_) => prop_assert!(is_wrong),
            Ok((session, seconds)) => {
                prop_assert!(!is_wrong && seconds == ttl.unwrap_or(900));
                prop_assert_eq!(session.permission.name(), permission);
                let paths = session.paths.map(|paths| (paths.prefixes, paths.objects));
                let listed = (prefixes.clone().unwrap_or_default(), objects.clone().unwrap_or_default());
                prop_assert_eq!(paths, (!all.is_empty()).then_some(listed));
            }
        }
    }

    #[test]
    fn what_is_kept_is_shown_as_it_was_sent(
        lock in lock_rule(), lifecycle in lifecycle_rule(), cors in prop::collection::vec(cors_rule(), 1..4),
    ) {
        let locks = Locks { rules: vec![lock] };
        let kept: BucketLocks = sent(&locks).check().unwrap();
        prop_assert_eq!(Locks::from(&kept), locks);
        let document = Lifecycle { rules: vec![lifecycle] };
        let kept: LifecyclePolicy = sent(&document).check().unwrap();
        prop_assert_eq!(Lifecycle::from(&kept), document);
        let document = cors::Cors { rules: cors };
        let kept: CorsPolicy = sent(&document).check().unwrap();
        prop_assert_eq!(cors::Cors::from(&kept), document);
    }
}
