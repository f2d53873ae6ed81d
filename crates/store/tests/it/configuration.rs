//! What is configured beside objects: a name is one bucket's, a queue in use stays, secrets are sealed, and all of it goes with
//! its bucket.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use auth::Caller;
use domain::limits::{CUSTOM_DOMAINS_MAX, NOTIFICATION_RULES_MAX};
use domain::{
    BucketName, ByteRange, ConfigurationError as Fault, CustomDomain, DomainName, Error, JobKind, MinTls,
    NotificationAction, QueueName, Sippy, SippyProvider, SippySecrets,
};
use meta::tables::bucket::{self as bucket_table, BucketRow};
use meta::tables::configuration::SippyRow;
use meta::tables::setting::{self, Kind};
use meta::{Engine as _, Entry, KeyRange, Scan};
use seal::{Keyring, Opener, WrappedKey};
use store::{DomainChange, NewNotification};
use testkit::CommitFate;

use crate::world::{TOKEN_KEY, World, bucket};

const SYSTEM: &Caller = &Caller::System;

pub(crate) fn domain(name: &str) -> CustomDomain {
    CustomDomain {
        name: DomainName::parse(name).expect("valid"),
        enabled: true,
        zone_id: "0".repeat(32),
        min_tls: MinTls::V1_0,
        ciphers: Vec::new(),
    }
}

pub(crate) fn sippy() -> (Sippy, SippySecrets) {
    let sippy = Sippy {
        provider: SippyProvider::Aws,
        region: Some("eu-west-1".into()),
        bucket: Some("elsewhere".into()),
        bucket_url: None,
        container: None,
        identity: "AKIA".into(),
        access_key_id: "key-id".into(),
    };
    let secrets = SippySecrets {
        source: "secret-of-the-source".into(),
        is_sas_token: false,
        destination: "secret-of-the-destination".into(),
    };
    (sippy, secrets)
}

fn other() -> BucketName {
    BucketName::parse("other-bucket").expect("valid")
}

fn refused(fault: Fault) -> Error {
    Error::Configuration(fault)
}

impl World {
    async fn with_other(self) -> Self {
        self.store.create_bucket(SYSTEM, &other(), None).await.expect("creates");
        self
    }

    /// Every row's key and value.
    async fn everything(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        let scan = Scan { range: KeyRange::prefix(b""), limit: 10_000, fold: None };
        let mut rows = Vec::new();
        for entry in self.engine.scan(scan).await.expect("scans").entries {
            let Entry::Row { key, .. } = entry else { continue };
            let row = self.engine.get(&key).await.expect("reads").expect("is there");
            rows.push((key.to_vec(), row.value.to_vec()));
        }
        rows
    }
}

#[tokio::test]
async fn a_domain_belongs_to_one_bucket() {
    let world = World::new().await.with_other().await;
    let store = &world.store;
    let files = domain("files.example.com");
    store.add_custom_domain(SYSTEM, &bucket(), &files).await.expect("adds");
    let taken = refused(Fault::DomainInUse { domain: files.name.clone(), bucket: bucket() });
    for name in [bucket(), other()] {
        assert_eq!(store.add_custom_domain(SYSTEM, &name, &files).await, Err(taken.clone()));
    }
    let change = DomainChange { min_tls: Some(MinTls::V1_2), ..DomainChange::default() };
    let changed = store.update_custom_domain(SYSTEM, &bucket(), &files.name, &change).await.expect("updates");
    assert_eq!(changed, CustomDomain { min_tls: MinTls::V1_2, ..files.clone() }, "what is not named stays");
    let change = DomainChange { enabled: Some(false), ciphers: Some(vec!["C".into()]), min_tls: None };
    store.update_custom_domain(SYSTEM, &bucket(), &files.name, &change).await.expect("updates");
    let kept = CustomDomain { enabled: false, ciphers: vec!["C".into()], ..changed };
    assert_eq!(store.custom_domains(SYSTEM, &bucket()).await, Ok(vec![kept]));
    let missing = refused(Fault::NoSuchDomain(files.name.clone()));
    assert_eq!(store.remove_custom_domain(SYSTEM, &other(), &files.name).await, Err(missing.clone()));
    let none = DomainChange::default();
    assert_eq!(store.update_custom_domain(SYSTEM, &other(), &files.name, &none).await, Err(missing));
    store.remove_custom_domain(SYSTEM, &bucket(), &files.name).await.expect("removes");
    store.add_custom_domain(SYSTEM, &other(), &files).await.expect("it is free again");
    assert_eq!(store.custom_domains(SYSTEM, &bucket()).await, Ok(Vec::new()));
    for n in 1..CUSTOM_DOMAINS_MAX {
        store.add_custom_domain(SYSTEM, &other(), &domain(&format!("n{n}.example.com"))).await.expect("adds");
    }
    let more = store.add_custom_domain(SYSTEM, &other(), &domain("more.example.com")).await;
    assert_eq!(more, Err(refused(Fault::TooManyDomains)));
    assert_eq!(world.rows("h").await, CUSTOM_DOMAINS_MAX);
}

/// The commit decides: who looked before another took the name does not get it, too.
#[tokio::test]
async fn two_buckets_that_want_one_domain_at_once_do_not_both_get_it() {
    let world = World::new().await.with_other().await;
    let files = domain("files.example.com");
    let (names, store) = ([bucket(), other()], &world.store);
    let [one, two] = names.each_ref().map(|name| store.add_custom_domain(SYSTEM, name, &files));
    let (one, two) = tokio::join!(one, two);
    assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
    assert_eq!(world.rows("h").await, 1);
}

#[tokio::test]
async fn a_managed_domain_keeps_its_id() {
    let world = World::new().await.with_other().await;
    let store = &world.store;
    let (id, enabled) = store.managed_domain(SYSTEM, &bucket()).await.expect("shows");
    assert!(id.len() == 32 && !enabled, "{id}");
    assert_ne!(store.managed_domain(SYSTEM, &other()).await.expect("shows").0, id);
    for _ in 0..2 {
        assert_eq!(store.put_managed_domain(SYSTEM, &bucket(), true).await.as_ref(), Ok(&id));
        assert_eq!(store.managed_domain(SYSTEM, &bucket()).await, Ok((id.clone(), true)));
    }
    store.put_managed_domain(SYSTEM, &bucket(), false).await.expect("sets");
    assert_eq!(store.managed_domain(SYSTEM, &bucket()).await, Ok((id.clone(), false)));
    // a bucket made again is another one
    store.put_managed_domain(SYSTEM, &bucket(), true).await.expect("sets");
    store.delete_bucket(SYSTEM, &bucket()).await.expect("deletes");
    store.create_bucket(SYSTEM, &bucket(), None).await.expect("creates");
    let (new, enabled) = store.managed_domain(SYSTEM, &bucket()).await.expect("shows");
    assert!(new != id && !enabled);
}

#[tokio::test]
async fn the_secrets_of_a_migration_are_sealed() {
    let world = World::new().await;
    let (sippy, secrets) = sippy();
    world.store.put_sippy(SYSTEM, &bucket(), &sippy, &secrets).await.expect("sets");
    assert_eq!(world.store.sippy(SYSTEM, &bucket()).await, Ok(Some(sippy)));
    for (key, value) in world.everything().await {
        for secret in [&secrets.source, &secrets.destination] {
            let found = value.windows(secret.len()).any(|bytes| bytes == secret.as_bytes());
            assert!(!found, "{key:?} has a secret");
        }
    }
    assert!(!format!("{secrets:?}").contains("secret-of"));
    // they open in the bucket's name, with the key of the tokens'
    let row = world.engine.get(&bucket_table::key(&bucket())).await.expect("reads").expect("is there");
    let id = BucketRow::decode(&row.value).expect("a bucket").id;
    let row = world.engine.get(&setting::key(id, Kind::Sippy)).await.expect("reads").expect("is there");
    let row = SippyRow::decode(&row.value).expect("a migration");
    let keyring = Keyring::parse(TOKEN_KEY).expect("a key");
    let wrapped = WrappedKey::decode(&row.wrapped_key).expect("a wrapped key");
    let data = wrapped.unwrap(keyring.current()).expect("unwraps");
    let size = row.sealed_secrets.len() as u64 - 16;
    let name = [&id.0.to_be_bytes()[..], b"sippy\0\0\0"].concat().try_into().expect("16 bytes");
    let (mut opener, mut plain) = (Opener::new(&data, &name, size, ByteRange::whole(size)), Vec::new());
    opener.push(&row.sealed_secrets, |bytes| plain.extend_from_slice(bytes)).expect("opens");
    opener.finish().expect("is whole");
    assert_eq!(plain, b"\0\x14\0\0\0secret-of-the-sourcesecret-of-the-destination");
    world.store.delete_sippy(SYSTEM, &bucket()).await.expect("deletes");
    assert_eq!(world.store.sippy(SYSTEM, &bucket()).await, Ok(None));
}

fn told(prefix: &str, actions: &[NotificationAction]) -> NewNotification {
    NewNotification {
        actions: actions.to_vec(),
        prefix: prefix.into(),
        suffix: String::new(),
        description: String::new(),
    }
}

#[tokio::test]
async fn notifications_go_to_queues_that_are_there() {
    use NotificationAction::{DeleteObject, PutObject};
    let world = World::new().await;
    let store = &world.store;
    let name = QueueName::parse("my-queue").expect("valid");
    let no_queue = Err(refused(Fault::NoSuchQueue));
    assert_eq!(store.add_notifications(SYSTEM, &bucket(), "0", &[told("", &[PutObject])]).await, no_queue);
    let queue = store.create_queue(SYSTEM, &name).await.expect("creates");
    assert_eq!(store.create_queue(SYSTEM, &name).await, Err(refused(Fault::QueueExists)));
    assert_eq!(store.list_queues(SYSTEM).await, Ok(vec![queue.clone()]));
    let add = |rules: Vec<NewNotification>| async move {
        let id = &store.list_queues(SYSTEM).await.expect("lists")[0].id.clone();
        store.add_notifications(SYSTEM, &bucket(), id, &rules).await
    };
    add(vec![told("a/", &[PutObject]), told("b/", &[PutObject]), told("a/", &[DeleteObject])])
        .await
        .expect("adds");
    for rules in [vec![told("a/b/", &[PutObject])], vec![told("c/", &[PutObject]), told("c/d", &[PutObject])]]
    {
        let outcome = add(rules).await;
        assert!(matches!(outcome, Err(Error::Configuration(Fault::NotificationsOverlap(..)))), "{outcome:?}");
    }
    let shown = store.bucket_notifications(SYSTEM, &bucket()).await.expect("shows");
    assert_eq!((shown.len(), shown[0].rules.len(), &shown[0].queue), (1, 3, &queue), "all or nothing");
    assert_eq!(store.delete_queue(SYSTEM, &queue.id).await, Err(refused(Fault::QueueInUse)));
    let first = [shown[0].rules[0].id.clone()];
    let name = bucket();
    let remove = |ids| store.delete_notifications(SYSTEM, &name, &queue.id, ids);
    remove(Some(&first[..])).await.expect("deletes");
    let gone = Err(refused(Fault::NoSuchNotificationRule));
    assert_eq!(remove(Some(&first[..])).await, gone);
    let many: Vec<_> = (0..NOTIFICATION_RULES_MAX).map(|n| told(&format!("{n:03}/"), &[PutObject])).collect();
    assert_eq!(add(many).await, Err(refused(Fault::TooManyNotificationRules)));
    remove(None).await.expect("deletes");
    assert_eq!(remove(None).await, gone);
    store.delete_queue(SYSTEM, &queue.id).await.expect("deletes");
    assert_eq!(store.delete_queue(SYSTEM, &queue.id).await, no_queue);
    assert_eq!(store.bucket_notifications(SYSTEM, &bucket()).await, Ok(Vec::new()));
}

#[tokio::test]
async fn all_of_it_goes_with_its_bucket_in_one_commit() {
    let world = World::new().await;
    let store = &world.store;
    let queue = store.create_queue(SYSTEM, &QueueName::parse("q").expect("valid")).await.expect("creates");
    // each change has its row in the audit log, which stays
    let tables = async || -> Vec<u8> {
        let rows = world.everything().await.into_iter();
        rows.map(|(key, _)| key[0]).filter(|table| *table != b'l').collect()
    };
    let rows_without = tables().await.len();
    store.add_custom_domain(SYSTEM, &bucket(), &domain("files.example.com")).await.expect("adds");
    store.put_managed_domain(SYSTEM, &bucket(), true).await.expect("sets");
    let (sippy, secrets) = sippy();
    store.put_sippy(SYSTEM, &bucket(), &sippy, &secrets).await.expect("sets");
    store.put_local_uploads(SYSTEM, &bucket(), true).await.expect("sets");
    let told = [told("a/", &[NotificationAction::PutObject])];
    store.add_notifications(SYSTEM, &bucket(), &queue.id, &told).await.expect("adds");
    let kind = JobKind::PrefixDelete { prefix: "a/".into() };
    store.start_job(SYSTEM, &bucket(), &kind).await.expect("starts");
    assert_eq!(store.local_uploads(SYSTEM, &bucket()).await, Ok(true));
    assert!(tables().await.len() >= rows_without + 7);
    let commits = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&commits);
    world.engine.plan(move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
        CommitFate::Passed
    });
    store.delete_bucket(SYSTEM, &bucket()).await.expect("deletes");
    world.engine.clear_plan();
    assert_eq!(commits.load(Ordering::Relaxed), 1);
    // account, uploads to be ended, the job under way, the queue, the count of buckets
    assert_eq!(tables().await, b"adimn");
    store.delete_queue(SYSTEM, &queue.id).await.expect("nobody uses it");
    store.create_bucket(SYSTEM, &bucket(), None).await.expect("creates");
    assert_eq!(store.custom_domains(SYSTEM, &bucket()).await, Ok(Vec::new()));
    assert_eq!(store.sippy(SYSTEM, &bucket()).await, Ok(None));
    assert_eq!(store.local_uploads(SYSTEM, &bucket()).await, Ok(false));
    assert_eq!(store.bucket_notifications(SYSTEM, &bucket()).await, Ok(Vec::new()));
}
