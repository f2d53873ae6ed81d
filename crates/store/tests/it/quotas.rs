//! Quotas: what goes beyond is refused, before it is read where that can be known, and no race gets past.

use std::sync::Arc;

use auth::Caller;
use domain::quota::Bounded;
use domain::versioning::Versioning;
use domain::{BucketLimits, Conditions, Error, Quota};
use store::{CopyObject, CopySource, PutObject};
use tokio::task::JoinSet;

use crate::source::Source;
use crate::world::{PART_MIN, World, bucket, named, object_key, pattern};

const SYSTEM: &Caller = &Caller::System;

const fn of(quota: Quota) -> BucketLimits {
    BucketLimits { requests: None, quota }
}

async fn with_quota(max_bytes: Option<u64>, max_objects: Option<u64>) -> World {
    let world = World::new().await;
    world
        .store
        .put_bucket_limits(SYSTEM, &bucket(), &of(Quota { max_bytes, max_objects }))
        .await
        .expect("sets");
    world
}

const fn over(what: Bounded, most: u64) -> Error {
    Error::QuotaExceeded { what, most }
}

async fn held(world: &World) -> (u64, u64) {
    let totals = world.store.bucket_totals(SYSTEM, &bucket()).await.expect("totals");
    (totals.objects(), totals.kept_bytes)
}

#[tokio::test]
async fn bytes_at_below_and_above_the_quota() {
    let world = with_quota(Some(1_000), None).await;
    world.put("a", pattern(600, 1)).await.expect("within");
    assert_eq!(world.put("b", pattern(401, 2)).await.err(), Some(over(Bounded::Bytes, 1_000)));
    world.put("b", pattern(400, 2)).await.expect("to the byte");
    assert_eq!(world.put("c", pattern(1, 3)).await.err(), Some(over(Bounded::Bytes, 1_000)));
    world.put("c", pattern(0, 3)).await.expect("nothing always fits");
    world.put("a", pattern(599, 4)).await.expect("a smaller one in its place");
    assert_eq!(world.put("a", pattern(601, 4)).await.err(), Some(over(Bounded::Bytes, 1_000)));
    assert_eq!(world.get("a").await.as_deref(), Ok(&pattern(599, 4)[..]), "what was refused changed nothing");
    world.delete("b").await.expect("deletes");
    world.put("b", pattern(401, 5)).await.expect("there is room again");
    assert_eq!(held(&world).await, (3, 1_000));
    // it becomes smaller than what is there: that stays, and may only shrink
    world
        .store
        .put_bucket_limits(SYSTEM, &bucket(), &of(Quota { max_bytes: Some(10), max_objects: None }))
        .await
        .expect("sets");
    assert_eq!(world.put("d", pattern(1, 1)).await.err(), Some(over(Bounded::Bytes, 10)));
    world.put("a", pattern(500, 1)).await.expect("less than before");
}

#[tokio::test]
async fn objects_are_counted_and_versions_are_bytes() {
    let world = with_quota(Some(1_000), Some(2)).await;
    world.put("a", pattern(100, 1)).await.expect("within");
    world.put("b", pattern(100, 1)).await.expect("within");
    assert_eq!(world.put("c", pattern(1, 1)).await.err(), Some(over(Bounded::Objects, 2)));
    world.put("a", pattern(200, 2)).await.expect("in the place of one");
    world.store.put_versioning(SYSTEM, &bucket(), Versioning::Enabled).await.expect("sets");
    world.put("a", pattern(600, 3)).await.expect("to 900, with the older version's");
    assert_eq!(held(&world).await, (2, 900));
    assert_eq!(world.put("a", pattern(101, 4)).await.err(), Some(over(Bounded::Bytes, 1_000)));
    world.delete("b").await.expect("a marker takes no room");
    assert_eq!(held(&world).await, (1, 900));
}

#[tokio::test]
async fn a_body_that_cannot_fit_is_not_read() {
    let world = with_quota(Some(1_000), None).await;
    let put = PutObject { length: Some(1_001), ..PutObject::default() };
    let mut body = Source::default().then_fail(Error::internal("it was read"));
    assert_eq!(world.put_with("a", put, &mut body).await.err(), Some(over(Bounded::Bytes, 1_000)));
    // and one that did not say how long it is only once it is there
    let mut body = Source::whole(pattern(1_001, 1));
    let put = PutObject { length: None, ..PutObject::default() };
    assert_eq!(world.put_with("a", put, &mut body).await.err(), Some(over(Bounded::Bytes, 1_000)));
    world.put("a", pattern(20, 1)).await.expect("fits");
    world.store.put_bucket_limits(SYSTEM, &bucket(), &of(Quota::default())).await.expect("takes it away");
    world.put("b", pattern(50_000, 1)).await.expect("no bound any more");
    world.reclaim().await.expect("reclaims");
    assert_eq!(world.blob_ids().await.len(), 1, "nothing is left of what was refused");
}

#[tokio::test]
async fn copies_and_parts_count() {
    let (part, room) = (PART_MIN as u64, 3 * PART_MIN as u64);
    let world = with_quota(Some(room), None).await;
    let copied = |to: &str| {
        let conditions = Conditions::default();
        let (bucket, key) = (bucket(), object_key("a"));
        let source = CopySource { bucket, key, version: None, conditions, customer_key: None };
        let (world, to) = (&world, object_key(to));
        async move {
            world
                .store
                .copy_object(SYSTEM, &source, &source.bucket, &to, &CopyObject::default())
                .await
                .map(drop)
        }
    };
    world.put("a", pattern(PART_MIN, 1)).await.expect("within");
    copied("b").await.expect("within");
    let id = world.begin("k").await;
    let first = world.part("k", (id, 1), pattern(PART_MIN, 1)).await.expect("to the byte");
    assert_eq!(copied("c").await.err(), None, "a part that is not an object yet is none of a copy's bytes");
    world.delete("c").await.expect("deletes");
    let refused = world.part("k", (id, 2), pattern(1, 2)).await.err();
    assert_eq!(refused, Some(over(Bounded::Bytes, room)));
    crate::world::now(world.complete("k", id, &[named(1, &first)]).await);
    assert_eq!(held(&world).await, (3, 3 * part));
    assert_eq!(copied("c").await.err(), Some(over(Bounded::Bytes, room)));
    world.reclaim().await.expect("reclaims");
    let id = world.begin("l").await;
    let refused = world.part("l", (id, 1), pattern(1, 2)).await.err();
    assert_eq!(refused, Some(over(Bounded::Bytes, room)), "and with all objects there is no room for a part");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_at_once_do_not_get_past_it() {
    let world = Arc::new(with_quota(Some(10_000), Some(7)).await);
    let mut racers = JoinSet::new();
    for n in 0..40 {
        let world = Arc::clone(&world);
        racers.spawn(async move { world.put(&format!("k{n}"), pattern(100, n)).await.is_ok() });
    }
    let stored = racers.join_all().await.into_iter().filter(|stored| *stored).count();
    assert_eq!((stored, held(&world).await), (7, (7, 700)));
    let mut racers = JoinSet::new();
    world
        .store
        .put_bucket_limits(SYSTEM, &bucket(), &of(Quota { max_bytes: Some(1_000), max_objects: None }))
        .await
        .expect("sets");
    for n in 0..40 {
        let world = Arc::clone(&world);
        // some ride in the commit, some are blobs
        racers.spawn(async move { world.put(&format!("l{n}"), pattern(100, n)).await.is_ok() });
    }
    let stored = racers.join_all().await.into_iter().filter(|stored| *stored).count();
    assert_eq!((stored, held(&world).await), (3, (10, 1_000)));
}
