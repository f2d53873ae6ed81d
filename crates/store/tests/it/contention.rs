//! Many at once: one winner, no lost update, nothing left of the losers.

mod deletes;
mod limit;
mod multipart;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use auth::Caller;
use domain::condition::Failed;
use domain::etag::parse_etag_list;
use domain::{BucketName, Conditions, Error};
use store::{GetObject, PutObject, Settings};
use tokio::task::JoinSet;

use crate::source::Source;
use crate::world::{World, bucket, object_key, pattern, read_all, small};

const RACERS: u64 = 32;

type Run<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Runs the same on many tasks and returns what each came to.
async fn race<T: Send + 'static>(world: &Arc<World>, run: fn(Arc<World>, u64) -> Run<T>) -> Vec<(u64, T)> {
    race_of(RACERS, world, run).await
}

async fn race_of<T: Send + 'static>(
    racers: u64,
    world: &Arc<World>,
    run: fn(Arc<World>, u64) -> Run<T>,
) -> Vec<(u64, T)> {
    let runs = 0..racers;
    let mut racers = JoinSet::new();
    for n in runs {
        let run = run(Arc::clone(world), n);
        racers.spawn(async move { (n, run.await) });
    }
    racers.join_all().await
}

fn if_none() -> PutObject {
    let conditions = Conditions { if_none_match: Some(parse_etag_list("*")), ..Conditions::default() };
    PutObject { conditions, ..PutObject::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn if_none_match_has_one_winner() {
    const OBJECTS: [(&str, usize); 2] = [("small", 100), ("large", 20_000)];
    let world = Arc::new(World::new().await);
    for _ in 0..10 {
        let results = race(&world, |world, n| {
            Box::pin(async move {
                let mut results = Vec::new();
                for (key, size) in OBJECTS {
                    let mut body = Source::in_pieces(&pattern(size, n), 5_000);
                    results.push(world.put_with(key, if_none(), &mut body).await);
                }
                results
            })
        });
        let results = results.await;
        for (which, (key, size)) in OBJECTS.into_iter().enumerate() {
            let (won, lost): (Vec<_>, Vec<_>) = results.iter().partition(|(_, each)| each[which].is_ok());
            let [(winner, _)] = won[..] else { panic!("{} winners", won.len()) };
            let failed = Err(Error::PreconditionFailed { failed: Failed::IfNoneMatch });
            assert!(lost.iter().all(|(_, each)| each[which] == failed), "{lost:?}");
            assert!(world.get(key).await.expect("reads") == pattern(size, *winner), "the winner's bytes");
        }
        world.reclaim().await.expect("reclaims");
        assert_eq!(world.blob_ids().await.len(), 1, "nothing is left of the losers");
        world.delete("small").await.expect("deletes");
        world.delete("large").await.expect("deletes");
    }
}

/// Adds one to the number in an object, if nobody else has changed it meanwhile.
async fn increment(world: &World) -> Result<(), Error> {
    let (name, key, get) = (bucket(), object_key("counter"), GetObject::default());
    let object =
        world.store.get_object(&Caller::System, &name, &key, &get).await.map_err(|(error, _)| error)?;
    let etag = parse_etag_list(&object.info.etag.to_string());
    let text = String::from_utf8(read_all(object.body).await?).expect("a number");
    let next: u64 = text.parse::<u64>().expect("a number") + 1;
    let conditions = Conditions { if_match: Some(etag), ..Conditions::default() };
    let put = PutObject { conditions, ..PutObject::default() };
    world.put_with("counter", put, &mut Source::whole(next.to_string())).await.map(drop)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn if_match_loses_no_update() {
    let world = Arc::new(World::new().await);
    world.put("counter", "0").await.expect("stores");
    let done = race(&world, |world, _| {
        Box::pin(async move {
            let mut done = 0;
            while done < 5 {
                match increment(&world).await {
                    Ok(()) => done += 1,
                    Err(Error::PreconditionFailed { failed: Failed::IfMatch }) => {}
                    Err(error) => panic!("{error}"),
                }
            }
        })
    });
    done.await;
    assert_eq!(world.get("counter").await, Ok((RACERS * 5).to_string().into_bytes()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_creates_the_bucket_and_none_is_too_many() {
    let world = Arc::new(World::with(Settings { buckets_max: 9, ..small() }).await);
    let name = |n: u64| BucketName::parse(&format!("bucket-{n}")).expect("valid");
    let same = race(&world, move |world, _| {
        Box::pin(async move {
            let name = BucketName::parse("bucket-x").expect("valid");
            loop {
                match world.store.create_bucket(&Caller::System, &name, None).await {
                    // the door answers 503 and the client tries again
                    Err(Error::SlowDown) => {}
                    other => return other,
                }
            }
        })
    });
    let same = same.await;
    assert_eq!(same.iter().filter(|(_, result)| result.is_ok()).count(), 1);
    let exists =
        Err(Error::BucketAlreadyOwnedByYou { bucket: BucketName::parse("bucket-x").expect("valid") });
    assert!(same.iter().all(|(_, result)| result.is_ok() || *result == exists), "{same:?}");

    let different = race(&world, |world, n| {
        Box::pin(async move {
            let name = BucketName::parse(&format!("bucket-{n}")).expect("valid");
            loop {
                match world.store.create_bucket(&Caller::System, &name, None).await {
                    Err(Error::SlowDown) => {}
                    other => return other,
                }
            }
        })
    });
    let mut created = 0;
    for (n, result) in different.await {
        match result {
            Ok(()) => {
                created += 1;
                assert!(world.store.head_bucket(&Caller::System, &name(n)).await.is_ok());
            }
            Err(error) => assert_eq!(error, Error::TooManyBuckets),
        }
    }
    assert_eq!(created, 7);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_bucket_is_deleted_empty_or_not_at_all() {
    for _ in 0..20 {
        let world = Arc::new(World::new().await);
        let results = race(&world, |world, n| {
            Box::pin(async move {
                if n % 4 == 0 {
                    world.store.delete_bucket(&Caller::System, &bucket()).await
                } else {
                    world.put(&format!("k{n}"), pattern(5_000, n)).await.map(drop)
                }
            })
        });
        let results = results.await;
        let gone = results.iter().any(|(n, result)| n % 4 == 0 && result.is_ok());
        for (n, result) in &results {
            match result {
                Ok(()) if n % 4 == 0 => {}
                Ok(()) => {
                    assert!(!gone && world.get(&format!("k{n}")).await.is_ok(), "an acknowledged object");
                }
                Err(Error::BucketNotEmpty { .. } | Error::BucketConflict { .. }) => assert_eq!(n % 4, 0),
                Err(Error::NoSuchBucket { .. }) => assert!(gone),
                Err(error) => panic!("{error}"),
            }
        }
        world.reclaim().await.expect("reclaims");
        assert_eq!(world.blob_ids().await.len(), world.rows("o").await, "nothing is left of refused uploads");
    }
}
