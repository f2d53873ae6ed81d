use domain::{BucketLocks, CorsPolicy, LifecyclePolicy};
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::lifecycle::{Conditions, Lifecycle, StorageClassTransition, Transition};
use super::lock::{Condition, LockRule, Locks};
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

proptest! {
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
