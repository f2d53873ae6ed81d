//! Random changes, some of which fail or lose their answer: the log has one entry for each that was committed, with what was
//! there before and since, and none for any other.

use std::sync::{Arc, Mutex};

use auth::{Caller, Scope};
use domain::api_token::{PermissionGroup, TokenPolicy, TokenResource};
use domain::audit::{Actor, Interface, Origin, Outcome, Resource, Verb};
use domain::bucket_lock::LockCondition;
use domain::lifecycle::{LifecyclePolicy, LifecycleRule, LifecycleTime};
use domain::tag::{Tag, TagSet};
use domain::versioning::Versioning;
use domain::{
    AuditEntry, BucketLockRule, BucketLocks, BucketName, CorsPolicy, CorsRule, Error, StorageClass,
    TokenSettings,
};
use meta::EngineError;
use store::Store;
use testkit::{CommitFate, SeededRandom};

use super::{all, configured, read};
use crate::world::World;

/// A change and what the log is to say of it: `<action> <verb> <resource>: <before> -> <after>`.
pub(super) struct Step {
    pub(super) caller: Caller,
    dice: SeededRandom,
    /// Each setting as the model has it, by resource and name of the setting.
    pub(super) model: std::collections::BTreeMap<(String, &'static str), String>,
    tokens: Vec<String>,
    /// Ids of queues, and what is told of each.
    pub(super) queues: Vec<(String, String)>,
}

fn name(n: u64) -> BucketName {
    BucketName::parse(&format!("bucket-{n}")).expect("valid")
}

fn token(n: u64) -> TokenSettings {
    let policy = TokenPolicy {
        groups: vec![PermissionGroup::BucketItemRead],
        resources: vec![TokenResource::AllBuckets],
    };
    TokenSettings { name: format!("token {n}"), policies: vec![policy], ..TokenSettings::default() }
}

fn token_summary(n: u64) -> String {
    format!("\"token {n}\"; 1: Storage Bucket Item Read on all buckets")
}

const NEW_BUCKET: &str = "storage class STANDARD, location weur";

impl Step {
    /// Makes a change; `None` when there was nothing to change.
    async fn take(&mut self, store: &Store) -> Option<(Result<(), Error>, String)> {
        let (bucket, n) = (name(self.dice.below(2)), self.dice.below(3));
        let text = bucket.to_string();
        let kind = self.dice.below(12 + configured::KINDS);
        if let Some(what) = kind.checked_sub(12) {
            return self.configure(store, what, &bucket, n).await;
        }
        let caller = &self.caller;
        let setting = |slot: &'static str, default: Option<&str>| {
            let before = self.model.get(&(text.clone(), slot)).cloned();
            before.or(default.map(str::to_owned)).unwrap_or_else(|| "-".to_owned())
        };
        let (result, slot, action, before, after) = match kind {
            0 => (
                store.create_bucket(caller, &bucket, Some("weur".into())).await,
                "bucket",
                "CreateBucket create",
                "-".to_owned(),
                NEW_BUCKET.to_owned(),
            ),
            1 => {
                let (was, class) = (setting("bucket", None), setting("class", Some("STANDARD")));
                let mut was = was.replace("STANDARD", &class);
                let versioning = setting("versioning", Some("off"));
                if versioning != "off" {
                    was = format!("{was}, versioning {versioning}");
                }
                (store.delete_bucket(caller, &bucket).await, "bucket", "DeleteBucket delete", was, "-".into())
            }
            2 => {
                let rule = CorsRule {
                    allowed_origins: vec![format!("https://{n}.example.com")],
                    allowed_methods: vec!["PUT".into()],
                    ..CorsRule::default()
                };
                let result = store.put_bucket_cors(caller, &bucket, &CorsPolicy { rules: vec![rule] }).await;
                let after = format!("1: origins https://{n}.example.com; methods PUT");
                (result, "cors", "PutBucketCors update", setting("cors", None), after)
            }
            3 => {
                let result = store.delete_bucket_cors(caller, &bucket).await;
                (result, "cors", "DeleteBucketCors update", setting("cors", None), "-".into())
            }
            4 => {
                let versioning = [Versioning::Enabled, Versioning::Suspended][usize::from(n == 0)];
                let after = ["enabled", "suspended"][usize::from(n == 0)].to_owned();
                let before = setting("versioning", Some("off"));
                let result = store.put_versioning(caller, &bucket, versioning).await;
                (result, "versioning", "PutBucketVersioning update", before, after)
            }
            5 => {
                let class = StorageClass::ALL[usize::from(n == 0)];
                let before = setting("class", Some("STANDARD"));
                let result = store.put_default_storage_class(caller, &bucket, class).await;
                (result, "class", "PutBucketStorageClass update", before, class.name().to_owned())
            }
            6 => {
                let tag = Tag { key: "n".into(), value: n.to_string() };
                let tags = TagSet::of_bucket(vec![tag]).expect("valid");
                let result = store.put_bucket_tags(caller, &bucket, Some(&tags)).await;
                (result, "tags", "PutBucketTagging update", setting("tags", None), format!("1: n={n}"))
            }
            7 => {
                let rule = LifecycleRule {
                    id: "old".into(),
                    enabled: true,
                    expiration: Some(LifecycleTime::Age { seconds: 86_400 * (n + 1) }),
                    ..LifecycleRule::default()
                };
                let policy = LifecyclePolicy::new(vec![rule]).expect("valid");
                let result = store.put_bucket_lifecycle(caller, &bucket, &policy).await;
                let after = format!("1: \"old\" prefix \"\" delete after {} s", 86_400 * (n + 1));
                let before = setting("lifecycle", None);
                (result, "lifecycle", "PutBucketLifecycleConfiguration update", before, after)
            }
            8 => {
                let condition = LockCondition::Age { seconds: n + 1 };
                let rule =
                    BucketLockRule { id: "keep".into(), enabled: false, prefix: "a/".into(), condition };
                let locks = BucketLocks::new(vec![rule]).expect("valid");
                let before = setting("locks", Some("0: "));
                let result = store.put_bucket_locks(caller, &bucket, &locks).await;
                let after = format!("1: \"keep\" (disabled) prefix \"a/\" for {} s", n + 1);
                (result, "locks", "PutBucketLocks update", before, after)
            }
            9 => {
                let result = store.create_token(caller, token(n)).await;
                let id = result.as_ref().map_or_else(|_| String::new(), |(token, _)| token.id.clone());
                if !id.is_empty() {
                    self.tokens.push(id.clone());
                    self.model.insert((id.clone(), "token"), token_summary(n));
                }
                let what = format!("CreateToken create token {id}: - -> {}", token_summary(n));
                return Some((result.map(drop), what));
            }
            what => {
                let id = self.tokens.pop()?;
                let slot = (id.clone(), "token");
                let before = self.model.get(&slot).cloned().unwrap_or_default();
                if what == 10 {
                    let result = store.delete_token(caller, &id).await;
                    return Some((result, format!("DeleteToken delete token {id}: {before} -> -")));
                }
                let result = store.update_token(caller, &id, token(n)).await.map(drop);
                let after = token_summary(n);
                if result.is_ok() {
                    self.model.insert(slot, after.clone());
                    self.tokens.push(id.clone());
                }
                return Some((result, format!("UpdateToken update token {id}: {before} -> {after}")));
            }
        };
        if result.is_ok() {
            if slot == "bucket" {
                self.model.retain(|(of, _), _| *of != text);
            }
            match after.as_str() {
                "-" => self.model.remove(&(text.clone(), slot)),
                after => self.model.insert((text.clone(), slot), after.to_owned()),
            };
        }
        Some((result, format!("{action} bucket {text}: {before} -> {after}")))
    }
}

fn told(entry: &AuditEntry) -> String {
    let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let AuditEntry { action, verb, resource, .. } = entry;
    let id = resource.id().unwrap_or("-");
    format!(
        "{action} {} {} {id}: {} -> {}",
        verb.name(),
        resource.kind(),
        text(&entry.before),
        text(&entry.after)
    )
}

#[tokio::test]
async fn each_committed_change_has_one_entry_with_what_was_there_before_and_since() {
    for seed in 0..40 {
        let world = World::new().await;
        let origin = Origin::new(Interface::Api, "10.0.0.1".parse().ok(), "request", Some("agent"));
        let mut caller = Caller::Known {
            account: world.store.account().clone(),
            access_key_id: "admin".into(),
            scope: Scope::admin(),
            origin: None,
        };
        caller.set_origin(origin.clone());
        let dice = SeededRandom::new(seed);
        let fates = Arc::new(Mutex::new(SeededRandom::new(seed + 1_000)));
        world.engine.plan(move |_| match fates.lock().expect("no panic").below(6) {
            0 => CommitFate::Refused(EngineError::Busy),
            _ => CommitFate::Passed,
        });
        let mut step =
            Step { caller, dice, model: Default::default(), tokens: Vec::new(), queues: Vec::new() };
        let mut expected =
            vec!["CreateBucket create bucket user-uploads: - -> storage class STANDARD".to_owned()];
        for _ in 0..120 {
            if let Some((Ok(()), what)) = step.take(&world.store).await {
                expected.push(what);
            }
        }
        let oldest_first = store::AuditQuery { oldest_first: true, ..all() };
        let entries = read(&world, &oldest_first).await;
        let found: Vec<String> = entries.iter().map(told).collect();
        assert_eq!(found, expected, "seed {seed}");
        for (at, entry) in entries.iter().enumerate() {
            assert_eq!((&entry.outcome, entry.repeated), (&Outcome::Done, 0));
            let (actor, from) = match at {
                0 => (Actor::Server, None),
                _ => (Actor::Known { access_key_id: "admin".into(), temporary: false }, Some(&origin)),
            };
            assert_eq!((&entry.actor, entry.origin.as_deref()), (&actor, from), "seed {seed}");
        }
    }
}

/// Who sets the same setting at the same time: each entry begins where the one before it ended.
#[tokio::test]
async fn racing_changes_tell_one_story() {
    let world = World::new().await;
    let bucket = crate::world::bucket();
    let policies = (0..8).map(|n| CorsPolicy {
        rules: vec![CorsRule {
            allowed_origins: vec![format!("https://{n}.example.com")],
            allowed_methods: vec!["GET".into()],
            ..CorsRule::default()
        }],
    });
    let policies: Vec<CorsPolicy> = policies.collect();
    let put = |n: usize| world.store.put_bucket_cors(&Caller::System, &bucket, &policies[n]);
    let results = tokio::join!(put(0), put(1), put(2), put(3), put(4), put(5), put(6), put(7));
    let done = Ok(());
    assert_eq!(
        results,
        (
            done.clone(),
            done.clone(),
            done.clone(),
            done.clone(),
            done.clone(),
            done.clone(),
            done.clone(),
            done
        )
    );
    let mut entries = read(&world, &all()).await;
    entries.retain(|entry| entry.resource == Resource::Bucket(bucket.clone()) && entry.verb == Verb::Update);
    assert_eq!(entries.len(), 8);
    // a chain: whatever one left, just one other found
    let mut left: Vec<_> = entries.iter().filter_map(|entry| entry.after.clone()).collect();
    let mut found: Vec<_> = entries.iter().filter_map(|entry| entry.before.clone()).collect();
    left.sort();
    found.sort();
    assert_eq!((left.len(), found.len()), (8, 7), "the first found none");
    found.dedup();
    assert_eq!(found.len(), 7);
    assert!(found.iter().all(|text| left.contains(text)));
}
