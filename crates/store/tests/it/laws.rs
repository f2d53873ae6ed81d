//! The laws of the house that are the store's to keep.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use auth::{Action, Caller, Permission, Session};
use domain::lifecycle::LifecyclePolicy;
use domain::listing::{ListEntry, ListQuery};
use domain::object_lock::ObjectLockConfig;
use domain::tag::TagSet;
use domain::versioning::{VersionQuery, Versioning};
use domain::{
    BucketLimits, BucketLocks, BucketName, Checksum, ChecksumAlgorithm, Conditions, CorsPolicy, CorsRule,
    DomainName, Error, JobId, JobKind, ObjectInfo, PartNumber, QueueName, StorageClass, TokenSettings,
    UploadId,
};
use md5::{Digest, Md5};
use meta::EngineError;
use sha2::Sha256;
use store::{
    AuditQuery, BucketQuery, BucketSettings, CompleteUpload, CopyObject, CopyPart, CopySource, CreateUpload,
    DeleteObject, DomainChange, GetObject, Integrity, JobQuery, JobRound, LifecycleRound, PutObject, PutPart,
    Store, UploadQuery, VersionRef,
};
use testkit::CommitFate;

use crate::source::Source;
use crate::world::{World, bucket, named, object_key, pattern};

// ---- law 1: blob first, then metadata, then the answer; garbage last (power cuts: `crash.rs`)

#[tokio::test]
async fn a_crash_between_blob_and_commit_leaves_an_orphan_that_the_sweep_removes() {
    let mut world = World::new().await;
    // the process ends while the commit waits: nothing of the store's memory is left
    world.engine.plan(|_| CommitFate::Held);
    {
        let mut body = Source::whole(pattern(10_000, 1));
        let mut upload = std::pin::pin!(world.put_with("k", PutObject::default(), &mut body));
        tokio::select! {
            _ = &mut upload => panic!("the commit is held"),
            () = world.engine.wait_for_held(1) => {}
        }
    }
    world.engine.clear_plan();
    world.restart().await;
    assert_eq!(world.blob_ids().await.len(), 1);
    assert_eq!(world.get("k").await, Err(Error::NoSuchKey { key: object_key("k") }));
    assert_eq!(world.sweep().await, Ok(1));
    world.assert_bare("after the sweep").await;
}

#[tokio::test]
async fn an_answer_that_was_lost_is_no_loss() {
    for size in [10, 10_000] {
        let mut world = World::new().await;
        world.engine.plan(|_| CommitFate::AnswerLost(EngineError::Io("the line is dead".into())));
        assert!(matches!(world.put("k", pattern(size, 1)).await, Err(Error::Internal { .. })));
        world.engine.clear_plan();
        assert_eq!((world.reclaim().await, world.sweep().await), (Ok(0), Ok(0)), "its fate is not known");
        world.restart().await;
        assert_eq!((world.reclaim().await, world.sweep().await), (Ok(0), Ok(0)), "the row is there");
        assert!(world.get("k").await.expect("reads") == pattern(size, 1));
    }
}

// ---- law 2: one commit is a request's only moment of effect

#[tokio::test]
async fn a_request_commits_once_and_a_refused_commit_changes_nothing() {
    let other = BucketName::parse("other").expect("valid");
    let (policy, world) = (policy(), World::new().await);
    let (id, aborted) = (world.begin("k").await, world.begin("k").await);
    let part = world.part("k", (id, 3), pattern(100, 3)).await.expect("stores");
    let parts = [named(3, &part)];
    let requests = async |store: &Store, which: usize| match which {
        0 => store.create_bucket(&Caller::System, &other, None).await,
        1 => store.put_bucket_cors(&Caller::System, &bucket(), &policy).await,
        2 => put_object(store, "new", 100).await,
        3 => put_object(store, "old", 10_000).await,
        4 => {
            let old = object_key("old").into();
            store.delete_object(&Caller::System, &bucket(), old, false).await.map(|_| ())
        }
        5 => {
            let missing = (0..999).map(|n| object_key(&format!("k{n}")));
            let objects = missing.chain([object_key("new")]).map(DeleteObject::from).collect();
            store.delete_objects(&Caller::System, &bucket(), objects, false).await.map(drop)
        }
        6 => store.delete_bucket_cors(&Caller::System, &bucket()).await,
        7 => store.delete_bucket(&Caller::System, &other).await,
        8 => world.begin_with("new", &CreateUpload::default()).await.map(drop),
        9 => world.part("k", (id, 1), pattern(100, 3)).await.map(drop),
        10 => world.part_copy("k", (id, 2), "source", Some((5, 9_000))).await.map(drop),
        11 => world.complete("k", id, &parts).await.map(drop),
        12 => world.abort("k", aborted).await,
        13 => world.copy("source", "copy").await.map(drop),
        _ => Err(Error::internal("no such request")),
    };
    world.put("old", pattern(20_000, 1)).await.expect("stores");
    world.put("source", pattern(20_000, 1)).await.expect("stores");
    let commits = Arc::new(AtomicU32::new(0));
    for which in 0..14 {
        world.engine.plan(|_| CommitFate::Refused(EngineError::Busy));
        let before = snapshot(&world).await;
        assert_eq!(requests(&world.store, which).await, Err(Error::SlowDown), "request {which}");
        world.reclaim().await.ok();
        assert_eq!(snapshot(&world).await, before, "request {which}");
        commits.store(0, Ordering::SeqCst);
        let count = Arc::clone(&commits);
        world.engine.plan(move |_| {
            count.fetch_add(1, Ordering::SeqCst);
            CommitFate::Passed
        });
        assert_eq!(requests(&world.store, which).await, Ok(()), "request {which}");
        assert_eq!(commits.load(Ordering::SeqCst), 1, "request {which}");
        assert_ne!(snapshot(&world).await, before, "request {which}");
    }
}

/// Every row, with the version that wrote it.
async fn snapshot(world: &World) -> meta::Page {
    let range = meta::KeyRange { start: Vec::new(), end: None };
    let scan = meta::Scan { range, limit: 10_000, fold: None };
    meta::Engine::scan(&*world.engine, scan).await.expect("scans")
}

async fn put_object(store: &Store, key: &str, size: usize) -> Result<(), Error> {
    let mut body = Source::whole(pattern(size, 2));
    let put = PutObject::default();
    store.put_object(&Caller::System, &bucket(), &object_key(key), put, &mut body).await.map(drop)
}

// ---- law 4: bytes are verified before they can be seen

#[tokio::test]
async fn bytes_that_are_not_as_promised_are_never_seen() {
    let world = World::new().await;
    world.put("old", "as it was").await.expect("stores");
    for size in [100, 50_000] {
        let body = pattern(size, 1);
        let md5: [u8; 16] = Md5::digest(&body).into();
        let sha256: [u8; 32] = Sha256::digest(&body).into();
        let flipped = |mut digest: Vec<u8>| {
            digest[0] ^= 1;
            digest
        };
        let mut refused = Vec::new();
        refused.push((Integrity { md5: flipped(md5.into()).try_into().ok(), ..Integrity::default() }, None));
        let payload_sha256 = flipped(sha256.into()).try_into().ok();
        refused.push((Integrity { payload_sha256, ..Integrity::default() }, None));
        for algorithm in ChecksumAlgorithm::ALL {
            let wrong = Checksum::new(algorithm, vec![1; algorithm.value_bytes()]).expect("right length");
            refused.push((Integrity { checksums: vec![wrong.clone()], ..Integrity::default() }, None));
            // announced before the body, sent after it
            let announced = Integrity { algorithms: vec![algorithm], ..Integrity::default() };
            refused.push((announced, Some(wrong.clone())));
            refused.push((Integrity::default(), Some(wrong)));
        }
        for (integrity, trailing) in refused {
            for key in ["new", "old"] {
                let put = PutObject { integrity: integrity.clone(), ..PutObject::default() };
                let mut source = Source::in_pieces(&body, 7_000);
                if let Some(checksum) = &trailing {
                    source = source.trailing(checksum.clone());
                }
                let result = world.put_with(key, put, &mut source).await;
                let told = matches!(
                    result,
                    Err(Error::BadMd5 { .. }
                        | Error::PayloadHashMismatch { .. }
                        | Error::BadChecksum { .. }
                        | Error::MalformedBody(_))
                );
                assert!(told, "{result:?} for {integrity:?}, trailing {trailing:?}");
            }
        }
        assert_eq!(world.blob_ids().await, [], "not even before reclaim");
        assert!(matches!(world.get("new").await, Err(Error::NoSuchKey { .. })));
        assert_eq!(world.get("old").await.as_deref(), Ok(b"as it was".as_slice()));

        let integrity = Integrity { md5: Some(md5), payload_sha256: Some(sha256), ..Integrity::default() };
        let put = PutObject { integrity, ..PutObject::default() };
        world.put_with("sound", put, &mut Source::in_pieces(&body, 7_000)).await.expect("stores");
        world.delete("sound").await.expect("deletes");
        world.reclaim().await.expect("reclaims");
    }
}

// ---- law 5: every method asks who calls, first

fn policy() -> CorsPolicy {
    let rule = CorsRule {
        allowed_origins: vec!["https://a.example".into()],
        allowed_methods: vec!["GET".into()],
        ..CorsRule::default()
    };
    CorsPolicy { rules: vec![rule] }
}

/// One row for each method that takes a caller.
async fn denied(store: &Store, method: &str) -> Option<Error> {
    let (caller, name, key) = (&Caller::Anonymous, &bucket(), &object_key("k"));
    let (get, list) = (GetObject::default(), ListQuery { limit: 1, ..ListQuery::default() });
    match method {
        "list_buckets" => store.list_buckets(caller, &BucketQuery::default()).await.err(),
        "create_bucket" => store.create_bucket(caller, name, None).await.err(),
        "create_bucket_with" => {
            store.create_bucket_with(caller, name, None, BucketSettings::default()).await.err()
        }
        "head_bucket" => store.head_bucket(caller, name).await.err(),
        "bucket_location" => store.bucket_location(caller, name).await.err(),
        "delete_bucket" => store.delete_bucket(caller, name).await.err(),
        "bucket_totals" => store.bucket_totals(caller, name).await.err(),
        "bucket_cors" => store.bucket_cors(caller, name).await.err(),
        "put_bucket_cors" => store.put_bucket_cors(caller, name, &policy()).await.err(),
        "delete_bucket_cors" => store.delete_bucket_cors(caller, name).await.err(),
        "get_object" => store.get_object(caller, name, key, &get).await.err().map(|(error, _)| error),
        "head_object" => store.head_object(caller, name, key, &get).await.err().map(|(error, _)| error),
        "put_object" => {
            let mut body = Source::default().then_fail(Error::internal("it was read"));
            store.put_object(caller, name, key, PutObject::default(), &mut body).await.err()
        }
        "delete_object" => store.delete_object(caller, name, key.clone().into(), false).await.err(),
        "delete_objects" => store.delete_objects(caller, name, Vec::new(), false).await.err(),
        "list_objects" => store.list_objects(caller, name, &list).await.err(),
        "list_described" => store.list_described(caller, name, &list).await.err(),
        "object_parts" => store.object_parts(caller, name, key, None, None).await.err(),
        "list_versions" => store.list_versions(caller, name, &VersionQuery::default()).await.err(),
        "probe" => store.probe(caller).await.err(),
        "apply_lifecycle" => store.apply_lifecycle(caller, &mut LifecycleRound::default()).await.err(),
        "admit" => store.admit(caller, Action::GetObject, (name, key).into()).await.err(),
        "bucket_limits" => store.bucket_limits(caller, name).await.err(),
        "put_bucket_limits" => store.put_bucket_limits(caller, name, &BucketLimits::default()).await.err(),
        "list_audit" => store.list_audit(caller, &AuditQuery::default()).await.err(),
        "flush_refusals" => store.flush_refusals(caller).await.err(),
        "rotate_audit" => store.rotate_audit(caller).await.err(),
        "tend_audit_forever" => store.tend_audit_forever(caller).await.err(),
        "create_token" => store.create_token(caller, TokenSettings::default()).await.err(),
        "list_tokens" => store.list_tokens(caller).await.err(),
        "token" => store.token(caller, "0").await.err(),
        "verify_token" => store.verify_token(caller).await.err(),
        "update_token" => store.update_token(caller, "0", TokenSettings::default()).await.err(),
        "roll_token" => store.roll_token(caller, "0").await.err(),
        "issue_temporary" => {
            let session = Session {
                permission: Permission::ObjectReadOnly,
                bucket: bucket(),
                actions: None,
                paths: None,
            };
            store.issue_temporary(caller, "0", session, 60).await.err()
        }
        "delete_token" => store.delete_token(caller, "0").await.err(),
        "reclaim" => store.reclaim(caller).await.err(),
        "reclaim_forever" => store.reclaim_forever(caller).await.err(),
        "sweep_orphans" => store.sweep_orphans(caller).await.err(),
        // open to all, by design: it says nothing of what exists
        "evaluate_cors" => store.evaluate_cors(caller, name).await.err().or(Some(Error::AccessDenied)),
        other => match denied_upload(store, other).await {
            Some(outcome) => outcome,
            None => match denied_configuration(store, other).await {
                Some(outcome) => outcome,
                None => denied_setting(store, other).await,
            },
        },
    }
}

/// The same of copies and uploads.
async fn denied_upload(store: &Store, method: &str) -> Option<Option<Error>> {
    let (caller, name, key) = (&Caller::Anonymous, &bucket(), &object_key("k"));
    let (id, first) = (UploadId([0; 16]), PartNumber::new(1).expect("valid"));
    let source = CopySource {
        bucket: bucket(),
        key: object_key("k"),
        version: None,
        conditions: Conditions::default(),
        customer_key: None,
    };
    let mut body = Source::default().then_fail(Error::internal("it was read"));
    Some(match method {
        "copy_object" => store.copy_object(caller, &source, name, key, &CopyObject::default()).await.err(),
        "create_upload" => store.create_upload(caller, name, key, &CreateUpload::default()).await.err(),
        "abort_upload" => store.abort_upload(caller, name, key, id).await.err(),
        "put_part" => {
            store.put_part(caller, name, key, (id, first), PutPart::default(), &mut body).await.err()
        }
        "copy_part" => store
            .copy_part(caller, name, key, (id, first), &CopyPart { source, range: None, customer_key: None })
            .await
            .err(),
        "complete_upload" => {
            store.complete_upload(caller, name, key, id, CompleteUpload::default()).await.err()
        }
        "list_parts" => store.list_parts(caller, name, key, id, (0, 1), None).await.err(),
        "list_uploads" => store.list_uploads(caller, name, &UploadQuery::default()).await.err(),
        _ => return None,
    })
}

/// The same of what is configured beside objects, and of jobs.
async fn denied_configuration(store: &Store, method: &str) -> Option<Option<Error>> {
    let (caller, name) = (&Caller::Anonymous, &bucket());
    let domain = DomainName::parse("files.example.com").expect("valid");
    let custom = crate::configuration::domain("files.example.com");
    let (sippy, secrets) = crate::configuration::sippy();
    let queue = QueueName::parse("queue").expect("valid");
    let kind = JobKind::PrefixDelete { prefix: String::new() };
    Some(match method {
        "custom_domains" => store.custom_domains(caller, name).await.err(),
        "add_custom_domain" => store.add_custom_domain(caller, name, &custom).await.err(),
        "update_custom_domain" => {
            store.update_custom_domain(caller, name, &domain, &DomainChange::default()).await.err()
        }
        "remove_custom_domain" => store.remove_custom_domain(caller, name, &domain).await.err(),
        "managed_domain" => store.managed_domain(caller, name).await.err(),
        "put_managed_domain" => store.put_managed_domain(caller, name, true).await.err(),
        "sippy" => store.sippy(caller, name).await.err(),
        "put_sippy" => store.put_sippy(caller, name, &sippy, &secrets).await.err(),
        "delete_sippy" => store.delete_sippy(caller, name).await.err(),
        "local_uploads" => store.local_uploads(caller, name).await.err(),
        "put_local_uploads" => store.put_local_uploads(caller, name, true).await.err(),
        "list_queues" => store.list_queues(caller).await.err(),
        "create_queue" => store.create_queue(caller, &queue).await.err(),
        "delete_queue" => store.delete_queue(caller, "0").await.err(),
        "bucket_notifications" => store.bucket_notifications(caller, name).await.err(),
        "add_notifications" => store.add_notifications(caller, name, "0", &[]).await.err(),
        "delete_notifications" => store.delete_notifications(caller, name, "0", None).await.err(),
        "start_job" => store.start_job(caller, name, &kind).await.err(),
        "job" => store.job(caller, name, JobId([0; 16])).await.err(),
        "list_jobs" => store.list_jobs(caller, name, &JobQuery::default()).await.err(),
        "work_on_jobs" => store.work_on_jobs(caller, &mut JobRound::default()).await.err(),
        "job_wanted" => store.job_wanted(caller).await.err(),
        _ => return None,
    })
}

/// The same of settings and notes.
async fn denied_setting(store: &Store, method: &str) -> Option<Error> {
    let (caller, name, key) = (&Caller::Anonymous, &bucket(), &object_key("k"));
    let object = VersionRef { key, version: None };
    match method {
        "bucket_settings" => store.bucket_settings(caller, name).await.err(),
        "put_versioning" => store.put_versioning(caller, name, Versioning::Enabled).await.err(),
        "put_object_lock" => store.put_object_lock(caller, name, ObjectLockConfig::default()).await.err(),
        "put_bucket_locks" => store.put_bucket_locks(caller, name, &BucketLocks::default()).await.err(),
        "put_default_storage_class" => {
            store.put_default_storage_class(caller, name, StorageClass::Standard).await.err()
        }
        "bucket_lifecycle" => store.bucket_lifecycle(caller, name).await.err(),
        "object_expiry" => store.object_expiry(caller, name, &ObjectInfo::unknown(key)).await.err(),
        "upload_expiry" => store.upload_expiry(caller, name, key).await.err(),
        "put_bucket_lifecycle" => {
            store.put_bucket_lifecycle(caller, name, &LifecyclePolicy::default()).await.err()
        }
        "bucket_tags" => store.bucket_tags(caller, name).await.err(),
        "put_bucket_tags" => store.put_bucket_tags(caller, name, None).await.err(),
        "public_access_block" => store.public_access_block(caller, name).await.err(),
        "put_public_access_block" => store.put_public_access_block(caller, name, None).await.err(),
        "upload_rules" => store.upload_rules(caller, name).await.err(),
        "rules_for_upload" => store.rules_for_upload(caller, name).await.err(),
        "put_upload_rules" => store.put_upload_rules(caller, name, None).await.err(),
        "object_tags" => store.object_tags(caller, name, object).await.err(),
        "put_object_tags" => store.put_object_tags(caller, name, object, &TagSet::default()).await.err(),
        "object_lock" => store.object_lock(caller, name, object).await.err(),
        "object_retention" => store.object_retention(caller, name, object).await.err(),
        "put_object_retention" => store.put_object_retention(caller, name, object, None, false).await.err(),
        "put_legal_hold" => store.put_legal_hold(caller, name, object, true).await.err(),
        other => panic!("{other} has no row in these tables"),
    }
}

/// The methods of the store that take a caller, as its sources have them.
fn methods() -> Vec<&'static str> {
    let sources = [
        include_str!("../../src/lib.rs"),
        include_str!("../../src/audit/query.rs"),
        include_str!("../../src/audit/refusals.rs"),
        include_str!("../../src/audit/rotation.rs"),
        include_str!("../../src/buckets.rs"),
        include_str!("../../src/configuration.rs"),
        include_str!("../../src/notifications.rs"),
        include_str!("../../src/jobs.rs"),
        include_str!("../../src/jobs/work.rs"),
        include_str!("../../src/lifecycle.rs"),
        include_str!("../../src/lifecycle/due.rs"),
        include_str!("../../src/rate_limits.rs"),
        include_str!("../../src/reclaim.rs"),
        include_str!("../../src/upload.rs"),
        include_str!("../../src/unsettled.rs"),
        include_str!("../../src/objects.rs"),
        include_str!("../../src/objects/delete.rs"),
        include_str!("../../src/objects/get.rs"),
        include_str!("../../src/objects/list.rs"),
        include_str!("../../src/objects/put.rs"),
        include_str!("../../src/objects/copy.rs"),
        include_str!("../../src/objects/list_versions.rs"),
        include_str!("../../src/notes.rs"),
        include_str!("../../src/settings.rs"),
        include_str!("../../src/tokens.rs"),
        include_str!("../../src/uploads.rs"),
        include_str!("../../src/uploads/part.rs"),
        include_str!("../../src/uploads/copy_part.rs"),
        include_str!("../../src/uploads/complete.rs"),
        include_str!("../../src/uploads/list.rs"),
    ];
    let functions = sources.iter().flat_map(|source| source.split("    pub async fn ").skip(1));
    let of_the_store =
        functions.filter(|text| text.split(')').next().is_some_and(|head| head.contains("&self")));
    of_the_store.filter_map(|text| text.split('(').next()).collect()
}

#[tokio::test]
async fn nobody_gets_past_the_first_line() {
    let world = World::new().await;
    world.put("k", "body").await.expect("stores");
    world.engine.fail_reads(Some(EngineError::Io("it was asked".into())));
    world.engine.plan(|_| CommitFate::Refused(EngineError::Io("it was asked".into())));
    let methods = methods();
    assert!(methods.len() >= 75, "{methods:?}");
    for method in methods {
        if method == "evaluate_cors" {
            world.engine.fail_reads(None);
        }
        assert_eq!(denied(&world.store, method).await, Some(Error::AccessDenied), "{method}");
        world.engine.fail_reads(Some(EngineError::Io("it was asked".into())));
    }
}

#[tokio::test]
async fn a_listing_shows_no_more_than_what_was_committed() {
    let world = World::new().await;
    world.engine.plan(|_| CommitFate::Refused(EngineError::Busy));
    world.put("k", "body").await.expect_err("refused");
    world.engine.clear_plan();
    let query = ListQuery { limit: 10, ..ListQuery::default() };
    let page = world.store.list_objects(&Caller::System, &bucket(), &query).await.expect("lists");
    assert_eq!(page.entries, Vec::<ListEntry>::new());
}
