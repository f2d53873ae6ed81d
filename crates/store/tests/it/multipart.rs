//! Multipart uploads from their beginning to their end, and what is left afterwards.

mod lists;
mod reading;
mod rules;
mod versioned;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use auth::Caller;
use domain::UploadId;
use domain::{Error, ObjectMetadata, StorageClass};
use meta::EngineError;
use store::{Completed, CreateUpload, Integrity, PutPart};
use testkit::CommitFate;
use tokio::sync::Notify;

use crate::source::Source;
use crate::world::{PART_MIN, World, bucket, etag, etag_of_parts, named, now, object_key, pattern};

const SYSTEM: &Caller = &Caller::System;

/// Rows of the tables `u`, `p`, `e`, `x` and `g`.
async fn rows(world: &World) -> [usize; 5] {
    let mut rows = [0; 5];
    for (count, table) in rows.iter_mut().zip(["u", "p", "e", "x", "g"]) {
        *count = world.rows(table).await;
    }
    rows
}

#[tokio::test]
async fn parts_come_in_any_order_and_are_joined_in_that_of_their_numbers() {
    let world = World::new().await;
    let metadata = ObjectMetadata {
        custom: vec![("owner".into(), "grün".into())],
        storage_class: StorageClass::StandardIa,
        ..ObjectMetadata::default()
    };
    let create = CreateUpload { metadata: metadata.clone(), ..CreateUpload::default() };
    let id = world.begin_with("k", &create).await.expect("begins");
    let (mut parts, mut bodies) = (Vec::new(), Vec::new());
    for (number, size) in [(10_000, 10), (1, PART_MIN), (7, 30_000), (2, PART_MIN + 1)] {
        let body = pattern(size, u64::from(number));
        let info = world.part("k", (id, number), body.clone()).await.expect("stores");
        assert_eq!((info.size, &info.etag), (size as u64, &etag(&body)));
        parts.push(named(number, &info));
        bodies.push((number, body));
    }
    assert!(matches!(world.get("k").await, Err(Error::NoSuchKey { .. })), "nothing is seen before the end");
    world.clock.advance(Duration::from_secs(5));
    let info = now(world.complete("k", id, &parts).await);
    parts.sort_by_key(|part| part.number);
    bodies.sort_by_key(|(number, _)| *number);
    assert_eq!(info.etag, etag_of_parts(parts.iter().map(|part| &part.etag)));
    assert_eq!((info.parts, &info.metadata), (Some(4), &metadata));
    assert_eq!(info.last_modified, domain::Clock::now(&*world.clock));
    assert_eq!(world.head("k").await.as_ref(), Ok(&info));
    let whole: Vec<u8> = bodies.iter().flat_map(|(_, body)| body.to_vec()).collect();
    assert_eq!(info.size, whole.len() as u64);
    assert!(world.get("k").await.expect("reads") == whole);
    assert_eq!(rows(&world).await, [0, 4, 1, 4, 0]);
    assert_eq!(world.reclaim().await, Ok(0), "every part is needed");
    assert_eq!(rows(&world).await, [0, 0, 0, 4, 0]);
    assert!(world.get("k").await.expect("reads") == whole);
    world.delete("k").await.expect("deletes");
    assert_eq!(world.reclaim().await, Ok(4));
    world.assert_bare("after all").await;
}

#[tokio::test]
async fn a_part_is_replaced_wholly_or_not_at_all() {
    let world = World::new().await;
    let id = world.begin("k").await;
    let first = world.part("k", (id, 1), pattern(100, 1)).await.expect("stores");
    let second = world.part("k", (id, 1), pattern(200, 2)).await.expect("replaces");
    assert_eq!(world.reclaim().await, Ok(1), "the first one's bytes");
    let gone = Error::ClientDisconnect;
    let mut broken = Source::whole(pattern(300, 3)).then_fail(gone.clone());
    assert_eq!(world.part_with("k", (id, 1), PutPart::default(), &mut broken).await, Err(gone));
    let integrity = Integrity { md5: Some([0; 16]), ..Integrity::default() };
    let wrong = PutPart { integrity, ..PutPart::default() };
    let refused = world.part_with("k", (id, 1), wrong, &mut Source::whole(pattern(300, 3))).await;
    assert!(matches!(refused, Err(Error::BadMd5 { .. })), "{refused:?}");
    let short = PutPart { length: Some(301), ..PutPart::default() };
    let refused = world.part_with("k", (id, 1), short, &mut Source::whole(pattern(300, 3))).await;
    assert!(matches!(refused, Err(Error::IncompleteBody { .. })), "{refused:?}");
    world.engine.plan(|_| CommitFate::Refused(EngineError::Busy));
    assert_eq!(world.part("k", (id, 1), pattern(300, 3)).await, Err(Error::SlowDown));
    world.engine.clear_plan();
    world.reclaim().await.expect("reclaims");
    assert_eq!(world.blob_ids().await.len(), 1, "nothing is left of what failed");
    assert_eq!(world.complete("k", id, &[named(1, &first)]).await, Err(Error::InvalidPart { part: 1 }));
    now(world.complete("k", id, &[named(1, &second)]).await);
    assert!(world.get("k").await.expect("reads") == pattern(200, 2));
}

#[tokio::test]
async fn parts_that_go_into_no_object_are_let_go() {
    let world = World::new().await;
    let id = world.begin("k").await;
    let (parts, _) = world.parts("k", id, &[PART_MIN, PART_MIN, 20_000, 1, 10]).await;
    let info = now(world.complete("k", id, &[parts[3].clone(), parts[1].clone()]).await);
    assert_eq!((info.size, info.parts), (PART_MIN as u64 + 1, Some(2)));
    assert_eq!(world.reclaim().await, Ok(3));
    assert_eq!(rows(&world).await, [0, 0, 0, 2, 0]);
    let whole = [pattern(PART_MIN, 2), pattern(1, 4)].concat();
    assert!(world.get("k").await.expect("reads") == whole);
    assert_eq!(world.sweep().await, Ok(0));
    world.delete("k").await.expect("deletes");
    world.reclaim().await.expect("reclaims");
    world.assert_bare("after all").await;
}

/// An upload that has ended takes nothing more, and answers nothing but what it came to.
async fn assert_ended(world: &World, key: &str, id: UploadId, outcome: Result<Completed, Error>) {
    let gone = Error::NoSuchUpload;
    let before = world.blob_ids().await;
    assert_eq!(world.part(key, (id, 1), "late").await, Err(gone.clone()));
    assert_eq!(world.part_copy(key, (id, 1), "source", None).await, Err(gone.clone()));
    assert_eq!(world.abort(key, id).await, Err(gone.clone()));
    let listed = world.store.list_parts(SYSTEM, &bucket(), &object_key(key), id, (0, 10), None).await;
    assert_eq!(listed.map(drop), Err(gone));
    assert_eq!(world.complete(key, id, &[]).await, outcome, "whatever is named");
    assert_eq!(world.blob_ids().await, before);
}

#[tokio::test]
async fn an_aborted_upload_is_gone_with_all_its_parts() {
    let world = World::new().await;
    let id = world.begin("k").await;
    let (parts, _) = world.parts("k", id, &[PART_MIN, 0, 20_000]).await;
    let other = world.begin("k").await;
    assert_eq!(world.abort("other", id).await, Err(Error::NoSuchUpload), "an upload is of one key");
    world.abort("k", id).await.expect("aborts");
    assert_ended(&world, "k", id, Err(Error::NoSuchUpload)).await;
    assert_eq!(world.complete("k", id, &parts).await, Err(Error::NoSuchUpload));
    assert_eq!(world.reclaim().await, Ok(3));
    assert_eq!(rows(&world).await, [1, 0, 0, 0, 0], "another upload of the key goes on");
    assert_ended(&world, "k", id, Err(Error::NoSuchUpload)).await;
    let info = world.part("k", (other, 1), "body").await.expect("stores");
    now(world.complete("k", other, &[named(1, &info)]).await);
    world.delete("k").await.expect("deletes");
    world.reclaim().await.expect("reclaims");
    world.assert_bare("after all").await;
}

#[tokio::test]
async fn a_completion_is_answered_again() {
    let mut world = World::new().await;
    let id = world.begin("k").await;
    let (parts, whole) = world.parts("k", id, &[PART_MIN, 10]).await;
    // the answer is lost on its way
    world.engine.plan(|_| CommitFate::AnswerLost(EngineError::Io("the line is dead".into())));
    assert!(matches!(world.complete("k", id, &parts).await, Err(Error::Internal { .. })));
    world.engine.clear_plan();
    let etag = world.head("k").await.expect("it took effect").etag;
    for _ in 0..2 {
        assert_ended(&world, "k", id, Ok(Completed::Before(etag.clone()))).await;
        assert_eq!(world.complete("k", id, &parts).await, Ok(Completed::Before(etag.clone())));
        assert_eq!(world.complete("other", id, &parts).await, Err(Error::NoSuchUpload), "of one key");
        assert!(world.get("k").await.expect("reads") == whole);
        world.reclaim().await.expect("reclaims");
        world.restart().await;
    }
    world.put("k", "new").await.expect("stores");
    assert_eq!(world.complete("k", id, &parts).await, Ok(Completed::Before(etag)));
    assert_eq!(world.get("k").await.as_deref(), Ok(b"new".as_slice()), "and nothing comes back");
}

#[tokio::test(start_paused = true)]
async fn a_completion_is_remembered_for_a_day() {
    let world = World::new().await;
    let id = world.begin("k").await;
    let (parts, _) = world.parts("k", id, &[10]).await;
    let etag = now(world.complete("k", id, &parts).await).etag;
    let hour = Duration::from_secs(60 * 60);
    let day = async {
        for hours in 0..26 {
            let expected =
                if hours <= 24 { Ok(Completed::Before(etag.clone())) } else { Err(Error::NoSuchUpload) };
            assert_eq!(world.complete("k", id, &parts).await, expected, "after {hours} hours");
            world.clock.advance(hour);
            tokio::time::sleep(hour + Duration::from_secs(120)).await;
        }
    };
    tokio::select! {
        ended = world.store.reclaim_forever(SYSTEM) => panic!("{ended:?}"),
        () = day => {}
    }
    assert_eq!(world.rows("f").await, 0);
    assert!(world.get("k").await.is_ok());
}

#[tokio::test]
async fn a_part_under_way_when_its_upload_ends_leaves_nothing() {
    for aborted in [true, false] {
        let world = World::new().await;
        let id = world.begin("k").await;
        let (parts, _) = world.parts("k", id, &[10]).await;
        let (reached, open): (Arc<Notify>, Arc<Notify>) = Default::default();
        let mut body = Source::whole(pattern(20_000, 2)).then_wait(&reached, &open);
        let late = world.part_with("k", (id, 1), PutPart::default(), &mut body);
        let meanwhile = async {
            reached.notified().await;
            if aborted {
                world.abort("k", id).await.expect("aborts");
            } else {
                now(world.complete("k", id, &parts).await);
            }
            world.reclaim().await.expect("reclaims");
            open.notify_one();
        };
        let (late, ()) = tokio::join!(late, meanwhile);
        assert_eq!(late, Err(Error::NoSuchUpload));
        world.reclaim().await.expect("reclaims");
        assert_eq!(world.get("k").await.is_ok(), !aborted);
        world.delete("k").await.expect("deletes");
        world.reclaim().await.expect("reclaims");
        world.assert_bare(if aborted { "after the abort" } else { "after completion" }).await;
    }
}

/// The bucket goes, its upload is still to be ended: what is stored in it until then goes as well.
#[tokio::test]
async fn a_part_under_way_when_its_bucket_goes_leaves_nothing() {
    for reclaimed in [true, false] {
        let world = World::new().await;
        let id = world.begin("k").await;
        world.parts("k", id, &[10]).await;
        let (reached, open): (Arc<Notify>, Arc<Notify>) = Default::default();
        let mut body = Source::whole(pattern(20_000, 2)).then_wait(&reached, &open);
        let late = world.part_with("k", (id, 2), PutPart::default(), &mut body);
        let meanwhile = async {
            reached.notified().await;
            world.store.delete_bucket(SYSTEM, &bucket()).await.expect("it has no object");
            if reclaimed {
                assert_eq!(world.reclaim().await, Ok(1));
            }
            open.notify_one();
        };
        let (late, ()) = tokio::join!(late, meanwhile);
        assert_eq!(late.map(drop), if reclaimed { Err(Error::NoSuchUpload) } else { Ok(()) });
        world.reclaim().await.expect("reclaims");
        world.assert_bare(&format!("reclaimed before: {reclaimed}")).await;
    }
}

/// Whichever of the two takes effect first, the other finds the upload ended.
#[tokio::test]
async fn completion_and_abort_exclude_each_other() {
    for held in ["completion", "abort"] {
        let world = World::new().await;
        let id = world.begin("k").await;
        let (parts, whole) = world.parts("k", id, &[PART_MIN, 10]).await;
        let mut first = Some(CommitFate::Held);
        world.engine.plan(move |_| first.take().unwrap_or(CommitFate::Passed));
        let meanwhile = async {
            world.engine.wait_for_held(1).await;
            if held == "abort" {
                now(world.complete("k", id, &parts).await);
            } else {
                world.abort("k", id).await.expect("aborts");
            }
            world.reclaim().await.expect("reclaims");
            world.engine.release();
        };
        let late = async {
            match held {
                "abort" => world.abort("k", id).await,
                _ => world.complete("k", id, &parts).await.map(drop),
            }
        };
        let (late, ()) = tokio::join!(late, meanwhile);
        assert_eq!(late, Err(Error::NoSuchUpload), "{held}");
        world.reclaim().await.expect("reclaims");
        match held {
            "abort" => assert!(world.get("k").await.expect("reads") == whole),
            _ => world.assert_bare("after the abort").await,
        }
    }
}

#[tokio::test]
async fn a_deleted_bucket_takes_its_uploads_along() {
    let world = World::new().await;
    world.put("source", pattern(20_000, 1)).await.expect("stores");
    let mut uploads = Vec::new();
    for key in ["a", "a", "b"] {
        let id = world.begin(key).await;
        world.parts(key, id, &[PART_MIN, 10]).await;
        world.part_copy(key, (id, 3), "source", None).await.expect("copies");
        uploads.push((key, id));
    }
    // more than one commit aborts
    for _ in 0..250 {
        world.begin("many").await;
    }
    world.delete("source").await.expect("deletes");
    world.store.delete_bucket(SYSTEM, &bucket()).await.expect("uploads are no objects");
    let missing = Error::NoSuchBucket { bucket: bucket() };
    assert_eq!(world.part("a", (uploads[0].1, 1), "late").await, Err(missing));
    world.store.create_bucket(SYSTEM, &bucket(), None).await.expect("creates");
    for (key, id) in uploads {
        assert_ended(&world, key, id, Err(Error::NoSuchUpload)).await;
    }
    assert_eq!(world.reclaim().await, Ok(7));
    world.assert_bare("after the bucket").await;
}

/// Reclaim goes on after whichever of its commits failed.
#[tokio::test]
async fn ended_uploads_are_cleared_away_in_steps_that_can_be_repeated() {
    for refused in 0.. {
        let world = World::new().await;
        world.put("source", pattern(20_000, 1)).await.expect("stores");
        let (completed, aborted) = (world.begin("k").await, world.begin("k").await);
        let (parts, _) = world.parts("k", completed, &[PART_MIN, 10, 20]).await;
        world.parts("k", aborted, &[PART_MIN, 10]).await;
        world.part_copy("k", (aborted, 9), "source", None).await.expect("copies");
        now(world.complete("k", completed, &parts[..2]).await);
        world.abort("k", aborted).await.expect("aborts");
        let commits = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&commits);
        world.engine.plan(move |_| match count.fetch_add(1, Ordering::SeqCst) {
            n if n == refused => CommitFate::Refused(EngineError::Busy),
            _ => CommitFate::Passed,
        });
        let first = world.reclaim().await;
        world.engine.clear_plan();
        let all_went_well = commits.load(Ordering::SeqCst) <= refused;
        assert_eq!(first.is_ok(), all_went_well, "commit {refused}: {first:?}");
        world.reclaim().await.expect("reclaims");
        assert_eq!(rows(&world).await, [0, 0, 0, 3, 0], "commit {refused}");
        assert_eq!(world.blob_ids().await.len(), 3, "commit {refused}");
        let whole = [pattern(PART_MIN, 1), pattern(10, 2)].concat();
        assert!(world.get("k").await.expect("reads") == whole);
        if all_went_well {
            assert!(refused >= 4, "there were {refused} commits");
            break;
        }
    }
}

/// A row that is not understood is kept, and holds nothing else up.
#[tokio::test]
async fn a_damaged_row_of_an_ended_upload_stops_nothing_else() {
    let world = World::new().await;
    let (first, second) = (world.begin("k").await, world.begin("k").await);
    world.abort("k", first).await.expect("aborts");
    // the first of the ended uploads in order
    world.forge_row([b"e".as_slice(), &[0; 24]].concat(), vec![99].into(), false).await;
    world.parts("k", second, &[10, 20]).await;
    world.abort("k", second).await.expect("aborts");
    assert!(matches!(world.reclaim().await, Err(Error::Corrupt { .. })));
    assert_eq!(world.blob_ids().await, []);
    assert_eq!(rows(&world).await, [0, 0, 1, 0, 0]);
}
