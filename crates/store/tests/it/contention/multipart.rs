//! Uploads and copies that exclude each other: one outcome, nothing lost and nothing left over.

use std::collections::HashMap;
use std::sync::Arc;

use auth::Caller;
use domain::UploadId;
use domain::condition::Failed;
use domain::versioning::{VersionEntry, VersionQuery, Versioning};
use domain::{Error, ObjectInfo, VersionId};
use store::{CompleteUpload, Completed, CopyObject, DeleteObject, GetObject};
use testkit::{SeededRandom, SimDisk};

use super::{if_none, race_of};
use crate::source::Source;
use crate::world::{PART_MIN, World, bucket, named, object_key, pattern, read_all, source};

const RACERS: u64 = 64;

/// One in memory, one whose commits are synced.
pub(super) async fn worlds() -> [Arc<World>; 2] {
    let random = Arc::new(SeededRandom::new(1));
    let on_disk = World::on_disk(&SimDisk::new(), random).await.expect("opens");
    on_disk.store.create_bucket(&Caller::System, &bucket(), None).await.expect("creates");
    [Arc::new(World::new().await), Arc::new(on_disk)]
}

/// What racer `n` tries to store under a key that must be free, and how that came out.
async fn create(world: &World, n: u64) -> (Vec<u8>, Result<(), Error>) {
    let conditions = if_none().conditions;
    let body = pattern(PART_MIN + 100, n);
    match n % 3 {
        0 => {
            let stored = world.put_with("k", if_none(), &mut Source::whole(body.clone())).await;
            (body.to_vec(), stored.map(drop))
        }
        1 => {
            let key = format!("source{}", n % 2);
            let copy = CopyObject { conditions, ..CopyObject::default() };
            let copied = world.copy_with(&source(&key), "k", &copy).await;
            (world.get(&key).await.expect("reads"), copied.map(drop))
        }
        _ => {
            let id = world.begin("k").await;
            let first = world.part("k", (id, 1), body.slice(..PART_MIN)).await.expect("stores");
            let second = world.part("k", (id, 2), body.slice(PART_MIN..)).await.expect("stores");
            let parts = vec![named(1, &first), named(2, &second)];
            let complete = CompleteUpload { parts, conditions, ..CompleteUpload::default() };
            let completed = world.complete_with("k", id, complete).await;
            if completed.is_err() {
                world.abort("k", id).await.expect("it is still under way");
            }
            (body.to_vec(), completed.map(drop))
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn put_copy_and_completion_have_one_winner() {
    for world in worlds().await {
        world.put_parts("source0", &[PART_MIN, 10]).await;
        world.put("source1", pattern(9_000, 1)).await.expect("stores");
        for versioning in [Versioning::Off, Versioning::Off, Versioning::Enabled, Versioning::Suspended] {
            if versioning != Versioning::Off {
                world.store.put_versioning(&Caller::System, &bucket(), versioning).await.expect("turns");
            }
            let results =
                race_of(RACERS, &world, |world, n| Box::pin(async move { create(&world, n).await }));
            let results: Vec<_> = results.await.into_iter().map(|(_, result)| result).collect();
            let (won, lost): (Vec<_>, Vec<_>) = results.into_iter().partition(|(_, result)| result.is_ok());
            let [(body, _)] = &won[..] else { panic!("{} winners", won.len()) };
            let failed = Err(Error::PreconditionFailed { failed: Failed::IfNoneMatch });
            assert!(lost.iter().all(|(_, result)| *result == failed));
            assert!(world.get("k").await.expect("reads") == *body, "the winner's bytes");
            world.delete("k").await.expect("deletes");
            for (version, _) in versions(&world, "k").await {
                delete_version(&world, "k", version).await;
            }
            world.reclaim().await.expect("reclaims");
            assert_eq!(world.blob_ids().await.len(), 3, "nothing but the sources is left");
        }
        for key in ["source0", "source1"] {
            delete_version(&world, key, VersionId::Null).await;
        }
        world.reclaim().await.expect("reclaims");
        world.assert_bare("after all").await;
    }
}

/// Every version of a key, newest first, and whether it has content.
async fn versions(world: &World, key: &str) -> Vec<(VersionId, bool)> {
    let query = VersionQuery { prefix: key.into(), limit: 1_000, ..VersionQuery::default() };
    let page = world.store.list_versions(&Caller::System, &bucket(), &query).await.expect("lists");
    let version = |entry| match entry {
        VersionEntry::Object { version, .. } => (version, true),
        VersionEntry::DeleteMarker { version, .. } => (version, false),
        VersionEntry::Prefix(prefix) => panic!("{prefix} is folded"),
    };
    page.entries.into_iter().map(version).collect()
}

pub(super) async fn delete_version(world: &World, key: &str, version: VersionId) {
    let object = DeleteObject { version: Some(version), ..object_key(key).into() };
    world.store.delete_object(&Caller::System, &bucket(), object, false).await.expect("deletes");
}

/// Adds a version, or a marker; returns its id and its bytes.
async fn add_version(world: &World, n: u64) -> Result<(Option<VersionId>, Option<Vec<u8>>), Error> {
    let body = pattern(PART_MIN + 100, n);
    match n % 4 {
        0 => {
            let info = world.put("k", body.clone()).await?;
            Ok((info.version_id, Some(body.to_vec())))
        }
        1 => {
            let info = world.copy("source", "k").await?;
            Ok((info.version_id, Some(world.get("source").await?)))
        }
        2 => {
            let object = object_key("k").into();
            let deleted = world.store.delete_object(&Caller::System, &bucket(), object, false).await?;
            Ok((deleted.version_id, None))
        }
        _ => {
            let id = world.begin("k").await;
            let part = world.part("k", (id, 1), body.clone()).await?;
            match world.complete("k", id, &[named(1, &part)]).await {
                Ok(Completed::Now(info)) => Ok((info.version_id, Some(body.to_vec()))),
                Ok(Completed::Before(_)) => panic!("it was completed once"),
                Err(error) => world.abort("k", id).await.and(Err(error)),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_version_is_lost() {
    for world in worlds().await {
        world.store.put_versioning(&Caller::System, &bucket(), Versioning::Enabled).await.expect("turns");
        let source = world.put("source", pattern(9_000, 1)).await.expect("stores");
        let results =
            race_of(RACERS, &world, |world, n| Box::pin(async move { add_version(&world, n).await }));
        let mut expected = HashMap::new();
        for (n, result) in results.await {
            match result {
                Ok((Some(version), body)) => assert!(expected.insert(version, body).is_none(), "{n}"),
                // too many were before it; the client tries again
                Err(Error::SlowDown) => {}
                other => panic!("{n}: {:?}", other.map(|(version, _)| version)),
            }
        }
        world.reclaim().await.expect("reclaims");
        let listed = versions(&world, "k").await;
        assert_eq!(listed.len(), expected.len(), "what was acknowledged is there, and nothing else");
        for (version, has_content) in listed {
            let body = &expected[&version];
            assert_eq!(has_content, body.is_some());
            if let Some(body) = body {
                let get = GetObject { version: Some(version), ..GetObject::default() };
                let object = world.store.get_object(&Caller::System, &bucket(), &object_key("k"), &get).await;
                let object = object.unwrap_or_else(|(error, _)| panic!("{error}"));
                assert!(read_all(object.body).await.expect("reads") == *body, "{version}");
            }
            delete_version(&world, "k", version).await;
        }
        delete_version(&world, "source", source.version_id.expect("versions are kept")).await;
        world.reclaim().await.expect("reclaims");
        world.assert_bare("after all versions").await;
    }
}

/// What one racer did to an upload, and how that came out.
#[derive(Debug)]
enum Did {
    Complete(Result<Completed, Error>),
    Abort(Result<(), Error>),
    Part(Result<(), Error>),
}

async fn end(world: &World, n: u64) -> Did {
    let (id, first, second) = upload_of(world).await;
    match n % 8 {
        0 | 3 | 6 => {
            let parts = [named(1, &first), named(2, &second)];
            Did::Complete(world.complete("k", id, &parts).await)
        }
        4 => Did::Abort(world.abort("k", id).await),
        _ => Did::Part(world.part("k", (id, 1), pattern(PART_MIN + 1, n)).await.map(drop)),
    }
}

/// The upload that is fought over, by the object that keeps its id and what its parts are.
async fn upload_of(world: &World) -> (UploadId, ObjectInfo, ObjectInfo) {
    let id = world.get("id").await.expect("reads").try_into().expect("sixteen bytes");
    let first = world.head("first").await.expect("is there");
    (UploadId(id), first, world.head("second").await.expect("is there"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn completion_abort_and_parts_have_one_outcome() {
    let mut outcomes = [0, 0];
    for world in worlds().await {
        for _ in 0..12 {
            let id = world.begin("k").await;
            let (first, second) = (pattern(PART_MIN, 100), pattern(10, 101));
            world.put("id", id.0.to_vec()).await.expect("stores");
            for (number, key, body) in [(1, "first", &first), (2, "second", &second)] {
                world.put(key, body.clone()).await.expect("stores");
                world.part("k", (id, number), body.clone()).await.expect("stores");
            }
            let results = race_of(RACERS, &world, |world, n| Box::pin(async move { end(&world, n).await }));
            let results = results.await;
            let completed: Vec<_> = results
                .iter()
                .filter_map(|(_, did)| match did {
                    Did::Complete(Ok(Completed::Now(info))) => Some(info.etag.clone()),
                    _ => None,
                })
                .collect();
            let aborted = results.iter().filter(|(_, did)| matches!(did, Did::Abort(Ok(())))).count();
            assert_eq!(completed.len() + aborted, 1, "one outcome: {results:?}");
            for (_, did) in &results {
                let allowed = match did {
                    Did::Complete(Ok(Completed::Now(_))) | Did::Abort(Ok(())) | Did::Part(Ok(())) => true,
                    Did::Complete(Ok(Completed::Before(etag))) => completed.contains(etag),
                    Did::Complete(Err(Error::InvalidPart { part: 1 })) => true,
                    Did::Complete(Err(Error::NoSuchUpload)) => aborted == 1,
                    Did::Abort(Err(error)) | Did::Part(Err(error)) => *error == Error::NoSuchUpload,
                    Did::Complete(Err(_)) => false,
                };
                assert!(allowed, "{did:?}");
            }
            world.reclaim().await.expect("reclaims");
            match completed.len() {
                0 => assert!(matches!(world.get("k").await, Err(Error::NoSuchKey { .. }))),
                _ => assert!(world.get("k").await.expect("reads") == [&first[..], &second[..]].concat()),
            }
            outcomes[completed.len()] += 1;
            for key in ["k", "id", "first", "second"] {
                world.delete(key).await.expect("deletes");
            }
            world.reclaim().await.expect("reclaims");
            world.assert_bare("after a round").await;
        }
    }
    eprintln!("{} aborted, {} completed", outcomes[0], outcomes[1]);
}

/// Copies of a source that comes and goes, with reclaim in between: whatever was acknowledged is whole.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn copies_outlive_a_source_that_comes_and_goes() {
    for world in worlds().await {
        for _ in 0..3 {
            let bodies: Vec<_> = (0..3).map(|n| pattern(9_000 + n, 1)).collect();
            world.put("k", bodies[0].clone()).await.expect("stores");
            let results = race_of(RACERS, &world, |world, n| {
                Box::pin(async move {
                    match n % 8 {
                        0 => world.delete("k").await.map(|()| false),
                        1 | 2 => {
                            let body = pattern(9_000 + usize::try_from(n % 8).expect("small"), 1);
                            world.put("k", body).await.map(|_| false)
                        }
                        3 => world.reclaim().await.map(|_| false),
                        4 => {
                            let id = world.begin(&format!("copy{n}")).await;
                            let part = world.part_copy(&format!("copy{n}"), (id, 1), "k", None).await;
                            match part {
                                Ok(part) => {
                                    world.complete(&format!("copy{n}"), id, &[named(1, &part)]).await?;
                                    Ok(true)
                                }
                                Err(error) => {
                                    world.abort(&format!("copy{n}"), id).await?;
                                    Err(error)
                                }
                            }
                        }
                        _ => world.copy("k", &format!("copy{n}")).await.map(|_| true),
                    }
                })
            });
            let mut copies = Vec::new();
            for (n, result) in results.await {
                match result {
                    Ok(true) => copies.push(n),
                    Ok(false) | Err(Error::NoSuchKey { .. } | Error::SlowDown) => {}
                    Err(error) => panic!("{n}: {error}"),
                }
            }
            world.delete("k").await.expect("deletes");
            world.reclaim().await.expect("reclaims");
            for n in copies {
                let body = world.get(&format!("copy{n}")).await.expect("reads");
                assert!(bodies.iter().any(|one| *one == body), "copy {n}");
                world.delete(&format!("copy{n}")).await.expect("deletes");
            }
            world.reclaim().await.expect("reclaims");
            world.assert_bare("after a round").await;
        }
    }
}
