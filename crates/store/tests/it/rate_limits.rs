//! Limits on requests: of access keys and of buckets, in force at once, through restarts, and only where they are.

use std::time::Duration;

use auth::{Action, BucketScope, Caller, Permission, Scope, Target};
use domain::error::Limited;
use domain::{BucketLimits, BucketName, Error, RateLimit};
use store::KeyRates;

use crate::world::{World, bucket, object_key};

const SYSTEM: &Caller = &Caller::System;

fn limit(per_second: u32, burst: u32) -> RateLimit {
    RateLimit::new(per_second, burst).expect("valid")
}

fn of(requests: Option<RateLimit>) -> BucketLimits {
    BucketLimits { requests, ..BucketLimits::default() }
}

fn caller(world: &World, id: &str) -> Caller {
    Caller::Known {
        account: world.store.account().clone(),
        access_key_id: id.to_owned(),
        scope: Scope::new(Permission::AdminReadWrite, BucketScope::All),
        origin: None,
    }
}

/// With a limit of each key, and of one called `special` another.
async fn limited(each: RateLimit) -> World {
    let rates = KeyRates { each: Some(each), of: [("special".to_owned(), limit(1, 20))].into() };
    World::new().await.map_store(|store| store.with_key_rates(rates))
}

async fn get(world: &World, caller: &Caller) -> Result<(), Error> {
    let (bucket, key) = (bucket(), object_key("k"));
    world.store.admit(caller, Action::GetObject, Target::Key(&bucket, &key)).await
}

/// How many requests of a caller are admitted at once, of up to 100.
async fn admitted(world: &World, caller: &Caller) -> usize {
    let mut count = 0;
    while count < 100 && get(world, caller).await.is_ok() {
        count += 1;
    }
    count
}

#[tokio::test]
async fn each_access_key_has_its_own_limit() {
    let world = limited(limit(10, 3)).await;
    let (a, b) = (caller(&world, "a"), caller(&world, "b"));
    assert_eq!((admitted(&world, &a).await, admitted(&world, &b).await), (3, 3));
    assert_eq!(admitted(&world, &caller(&world, "special")).await, 20);
    let refused = Error::RateLimited { by: Limited::AccessKey, limit: limit(10, 3), wait_ms: 100 };
    assert_eq!(get(&world, &a).await, Err(refused));
    // whatever it asks for
    assert!(world.store.admit(&a, Action::VerifyToken, Target::Account).await.is_err());
    assert_eq!(admitted(&world, SYSTEM).await, 100, "the server itself has none");
    world.clock.advance(Duration::from_millis(200));
    assert_eq!(admitted(&world, &a).await, 2);
}

#[tokio::test]
async fn a_buckets_limit_is_for_all_who_use_it_and_not_on_its_settings() {
    let mut world = World::new().await;
    let (a, b) = (caller(&world, "a"), caller(&world, "b"));
    assert_eq!(admitted(&world, &a).await, 100, "there is none at first");
    world.store.put_bucket_limits(SYSTEM, &bucket(), &of(Some(limit(10, 5)))).await.expect("sets");
    for round in 0..2 {
        assert_eq!(admitted(&world, &a).await, 5, "round {round}");
        let refused = Error::RateLimited { by: Limited::Bucket, limit: limit(10, 5), wait_ms: 100 };
        assert_eq!(get(&world, &b).await, Err(refused));
        let (name, other) = (bucket(), BucketName::parse("other").expect("valid"));
        for (action, target) in [
            (Action::WriteBucketSettings, Target::Bucket(&name)),
            (Action::ListBuckets, Target::Account),
            (Action::ListObjectsV2, Target::Prefix(&other, "")),
        ] {
            assert_eq!(world.store.admit(&a, action, target).await, Ok(()), "{action:?}");
        }
        // a restart forgets what was asked, and not the limit
        world.restart().await;
    }
    assert_eq!(world.store.bucket_limits(SYSTEM, &bucket()).await, Ok(of(Some(limit(10, 5)))));
    world.store.put_bucket_limits(SYSTEM, &bucket(), &of(Some(limit(50, 50)))).await.expect("raises");
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(admitted(&world, &a).await, 50);
    world.store.put_bucket_limits(SYSTEM, &bucket(), &of(None)).await.expect("removes");
    assert_eq!((admitted(&world, &a).await, world.rows("r").await), (100, 0));
    // it goes with its bucket
    world.store.put_bucket_limits(SYSTEM, &bucket(), &of(Some(limit(1, 1)))).await.expect("sets");
    world.store.delete_bucket(SYSTEM, &bucket()).await.expect("deletes");
    assert_eq!(world.rows("r").await, 0);
    world.store.create_bucket(SYSTEM, &bucket(), None).await.expect("creates");
    assert_eq!(admitted(&world, &a).await, 100);
}

#[tokio::test]
async fn what_is_remembered_of_those_who_are_limited_is_bounded() {
    let world = limited(limit(1, 1)).await;
    for n in 0..20_000 {
        assert_eq!(get(&world, &caller(&world, &n.to_string())).await, Ok(()));
    }
    // most are still remembered, those that had to make room are not
    let mut refused = 0;
    for n in 0..20_000 {
        refused += usize::from(get(&world, &caller(&world, &n.to_string())).await.is_err());
    }
    assert!((8_000..=16_384).contains(&refused), "{refused}");
}
