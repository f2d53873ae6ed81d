//! Buckets and their settings.

use auth::Caller;
use domain::{BucketName, CorsPolicy, CorsRule, Error};
use store::{Bucket, BucketQuery, Settings};

use crate::world::{World, bucket, object_key, small};

fn name(text: &str) -> BucketName {
    BucketName::parse(text).expect("valid")
}

fn policy(origin: &str) -> CorsPolicy {
    let rule = CorsRule {
        id: Some("r".into()),
        allowed_origins: vec![origin.into()],
        allowed_methods: vec!["PUT".into(), "GET".into()],
        allowed_headers: vec!["*".into()],
        expose_headers: vec!["ETag".into()],
        max_age_seconds: Some(600),
    };
    CorsPolicy { rules: vec![rule] }
}

#[tokio::test]
async fn buckets_come_and_go() {
    let world = World::new().await;
    let (store, caller, other) = (&world.store, &Caller::System, name("other"));
    let missing = Err(Error::NoSuchBucket { bucket: other.clone() });
    assert_eq!(store.head_bucket(caller, &other).await, missing.clone());
    assert_eq!(store.bucket_location(caller, &other).await.map(drop), missing.clone().map(drop));
    store.create_bucket(caller, &other, Some("weur".into())).await.expect("creates");
    let again = store.create_bucket(caller, &other, None).await;
    assert_eq!(again, Err(Error::BucketAlreadyOwnedByYou { bucket: other.clone() }));
    assert_eq!(store.bucket_location(caller, &other).await, Ok(Some("weur".into())));
    assert_eq!(store.bucket_location(caller, &bucket()).await, Ok(None));
    let listed = all(&world).await;
    let names: Vec<_> = listed.iter().map(|bucket| bucket.name.as_str()).collect();
    assert_eq!(names, ["other", "user-uploads"]);
    assert_eq!(store.head_bucket(caller, &other).await.as_ref(), Ok(&listed[0]));

    world.put("k", "body").await.expect("stores");
    let full = store.delete_bucket(caller, &bucket()).await;
    assert_eq!(full, Err(Error::BucketNotEmpty { bucket: bucket() }));
    store.delete_bucket(caller, &other).await.expect("deletes");
    assert_eq!(store.delete_bucket(caller, &other).await, missing.map(drop));
}

/// Every bucket.
async fn all(world: &World) -> Vec<Bucket> {
    let query = BucketQuery { limit: 1_000, ..BucketQuery::default() };
    world.store.list_buckets(&Caller::System, &query).await.expect("lists").buckets
}

async fn page(world: &World, prefix: &str, after: Option<&str>, limit: u32) -> (Vec<String>, bool) {
    let query = BucketQuery { prefix: prefix.into(), after: after.map(str::to_owned), limit };
    let page = world.store.list_buckets(&Caller::System, &query).await.expect("lists");
    (page.buckets.iter().map(|bucket| bucket.name.to_string()).collect(), page.more)
}

#[tokio::test]
async fn buckets_come_in_pages() {
    let world = World::new().await;
    for n in 0..25 {
        world.store.create_bucket(&Caller::System, &name(&format!("b-{n:02}")), None).await.expect("creates");
    }
    let (mut listed, mut more) = (Vec::<String>::new(), true);
    while more {
        let read = world.engine.scanned();
        let next = page(&world, "", listed.last().map(String::as_str), 10).await;
        assert!(next.0.len() == 10 || !next.1);
        assert_eq!(world.engine.scanned() - read, next.0.len() as u64, "no more is read than is shown");
        listed.extend(next.0);
        more = next.1;
    }
    assert_eq!(listed.len(), 26);
    assert!(listed.is_sorted());
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    assert_eq!(page(&world, "b-1", Some("b-17"), 1_000).await, (names(&["b-18", "b-19"]), false));
    assert_eq!(page(&world, "b-1", Some("a"), 2).await, (names(&["b-10", "b-11"]), true));
    assert_eq!(page(&world, "b-1", Some("c"), 2).await, (names(&[]), false));
    assert_eq!(page(&world, "\u{ff}", Some("\u{0}"), 2).await, (names(&[]), false));
    assert_eq!(page(&world, "b-", None, 0).await, (names(&[]), true));
    assert_eq!(page(&world, "c", None, 0).await, (names(&[]), false));
}

#[tokio::test]
async fn an_account_has_so_many_buckets() {
    let mut world = World::with(Settings { buckets_max: 3, ..small() }).await;
    let create = async |world: &World, n: u32| {
        world.store.create_bucket(&Caller::System, &name(&format!("bucket-{n}")), None).await
    };
    create(&world, 1).await.expect("two");
    create(&world, 2).await.expect("three");
    assert_eq!(create(&world, 3).await, Err(Error::TooManyBuckets));
    let there = create(&world, 2).await;
    assert_eq!(there, Err(Error::BucketAlreadyOwnedByYou { bucket: name("bucket-2") }), "it says what is so");
    world.restart().await;
    assert_eq!(create(&world, 3).await, Err(Error::TooManyBuckets), "the count outlives a restart");
    world.store.delete_bucket(&Caller::System, &name("bucket-1")).await.expect("deletes");
    create(&world, 3).await.expect("three again");
    assert_eq!(create(&world, 4).await, Err(Error::TooManyBuckets));
}

#[tokio::test]
async fn a_bucket_of_an_old_name_sees_nothing_of_the_old_one() {
    let world = World::new().await;
    let (store, caller) = (&world.store, &Caller::System);
    world.put("k", crate::world::pattern(10_000, 1)).await.expect("stores");
    store.put_bucket_cors(caller, &bucket(), &policy("https://a.example")).await.expect("sets");
    world.delete("k").await.expect("deletes");
    // its blob still waits for reclaim
    store.delete_bucket(caller, &bucket()).await.expect("deletes");
    assert_eq!(world.rows("c").await, 0, "the settings went with it");
    store.create_bucket(caller, &bucket(), None).await.expect("creates");
    assert_eq!(store.bucket_cors(caller, &bucket()).await, Err(Error::NoSuchCorsPolicy));
    assert_eq!(world.get("k").await, Err(Error::NoSuchKey { key: object_key("k") }));
    world.reclaim().await.expect("reclaims");
    world.assert_bare("after reclaim").await;
}

#[tokio::test]
async fn cors_policies_are_in_force_at_once() {
    let world = World::new().await;
    let (store, caller) = (&world.store, &Caller::System);
    assert_eq!(store.evaluate_cors(&Caller::Anonymous, &bucket()).await, Ok(None));
    let first = policy("https://a.example");
    store.put_bucket_cors(caller, &bucket(), &first).await.expect("sets");
    assert_eq!(store.evaluate_cors(&Caller::Anonymous, &bucket()).await, Ok(Some(first.clone())));
    assert_eq!(store.bucket_cors(caller, &bucket()).await, Ok(first.clone()));
    let invalid = store.put_bucket_cors(caller, &bucket(), &policy("localhost:3000")).await;
    assert!(matches!(invalid, Err(Error::InvalidCorsPolicy(_))), "{invalid:?}");
    assert_eq!(store.bucket_cors(caller, &bucket()).await, Ok(first), "a refused policy replaces nothing");
    for _ in 0..2 {
        store.delete_bucket_cors(caller, &bucket()).await.expect("none is no error");
        assert_eq!(store.evaluate_cors(&Caller::Anonymous, &bucket()).await, Ok(None));
    }
    let missing = name("missing");
    assert_eq!(store.evaluate_cors(&Caller::Anonymous, &missing).await, Ok(None), "nobody learns that");
    let refused = Err(Error::NoSuchBucket { bucket: missing.clone() });
    assert_eq!(store.put_bucket_cors(caller, &missing, &policy("https://a.example")).await, refused);
    assert_eq!(store.delete_bucket_cors(caller, &missing).await, refused);
}

#[tokio::test]
async fn the_account_is_made_once() {
    let mut world = World::new().await;
    let account = world.store.account().clone();
    world.restart().await;
    assert_eq!(world.store.account(), &account);
    let other = domain::AccountId::parse("00000000000000000000000000000000").expect("valid");
    let parts = store::Parts {
        engine: world.engine.clone(),
        blobs: world.blobs.clone(),
        clock: world.clock.clone(),
        random: world.random.clone(),
    };
    let credentials = store::Credentials::default();
    let opened = store::Store::open(parts, credentials, small(), Some(other)).await;
    assert!(matches!(opened.err(), Some(Error::Internal { .. })), "the data is another account's");
}
