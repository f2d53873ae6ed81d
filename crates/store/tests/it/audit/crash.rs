//! The power goes at every operation of the disk: whatever change is there has its entry, and no entry tells of a change that
//! is not.

use std::sync::Arc;

use auth::Caller;
use domain::{BucketName, CorsPolicy, CorsRule};
use testkit::{SeededRandom, SimDisk};

use super::{all, read, refusal, stranger};
use crate::world::World;

const SYSTEM: &Caller = &Caller::System;

fn policy(n: u32) -> CorsPolicy {
    CorsPolicy {
        rules: vec![CorsRule {
            allowed_origins: vec![format!("https://{n}.example.com")],
            allowed_methods: vec!["PUT".to_owned()],
            ..CorsRule::default()
        }],
    }
}

async fn live(disk: &SimDisk) {
    let Some(world) = World::on_disk(disk, Arc::new(SeededRandom::new(7))).await else { return };
    let name = |n: u32| BucketName::parse(&format!("bucket-{n}")).expect("valid");
    for n in 0..3 {
        let _ = world.store.create_bucket(SYSTEM, &name(n), None).await;
        let _ = world.store.put_bucket_cors(SYSTEM, &name(n), &policy(n)).await;
        world.store.refusals().note(refusal(&world, stranger(), "10.0.0.1", "Unauthorized"));
        let _ = world.store.flush_refusals(SYSTEM).await;
        let _ = world.store.rotate_audit(SYSTEM).await;
    }
    let _ = world.store.delete_bucket(SYSTEM, &name(0)).await;
}

/// What the log says that there is.
async fn check(disk: &SimDisk) {
    let world = World::on_disk(disk, Arc::new(SeededRandom::new(8))).await.expect("opens");
    let (mut buckets, mut policies) = (Vec::new(), Vec::new());
    let oldest_first = store::AuditQuery { oldest_first: true, ..all() };
    for entry in read(&world, &oldest_first).await {
        let Some(id) = entry.resource.id().map(str::to_owned) else { continue };
        match entry.action.as_str() {
            "CreateBucket" => buckets.push(id),
            "PutBucketCors" => policies.push(id),
            "DeleteBucket" => {
                buckets.retain(|other| *other != id);
                policies.retain(|other| *other != id);
            }
            _ => {}
        }
    }
    assert_eq!((world.rows("b").await, world.rows("c").await), (buckets.len(), policies.len()));
    for bucket in &buckets {
        let name = BucketName::parse(bucket).expect("valid");
        let has_policy = world.store.bucket_cors(SYSTEM, &name).await.is_ok();
        assert_eq!(has_policy, policies.contains(bucket), "{bucket}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_and_its_entry_are_both_there_or_neither() {
    let mut ops = 0;
    loop {
        let mut lasted = false;
        for seed in 0..3 {
            let disk = SimDisk::new();
            disk.fail_after_ops(ops);
            live(&disk).await;
            lasted = !disk.is_power_gone();
            check(&disk.power_cut(&SeededRandom::new(seed))).await;
        }
        if lasted {
            break;
        }
        ops += 1;
    }
    assert!(ops > 20, "{ops} operations were enough");
}
