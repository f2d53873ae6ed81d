//! Uploads that break off, stall, trickle or lie: nothing of them is left, and others are not hurt.

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use auth::Caller;
use blob::FileBlobs;
use bytes::Bytes;
use domain::condition::Failed;
use domain::etag::parse_etag_list;
use domain::limits::PUT_MAX_BYTES;
use domain::versioning::Versioning;
use domain::{Conditions, Error};
use meta::{Body, MemoryEngine, Write};
use store::{PutObject, Settings};
use testkit::{CommitFate, SeededRandom, SimDisk};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::source::Source;
use crate::world::{INLINE_MAX, World, bucket, pattern, small};

/// Runs an upload until its body stalls, then drops it, as a server does when a client goes away.
async fn break_off<T>(upload: impl Future<Output = T>, stalled: &Notify) {
    tokio::select! {
        _ = upload => panic!("a stalled upload does not end"),
        () = stalled.notified() => {}
    }
}

fn with_length(length: Option<u64>) -> PutObject {
    PutObject { length, ..PutObject::default() }
}

/// A world whose blobs are files on a simulated disk, so that unfinished ones can be seen.
async fn on_disk(settings: Settings) -> (World, SimDisk) {
    let (disk, random) = (SimDisk::new(), Arc::new(SeededRandom::new(1)));
    let files = blob::Settings { chunk_bytes: 64 * 1024, reserve_free_bytes: 0 };
    let blobs = FileBlobs::open(Arc::new(disk.clone()), random.clone(), files).expect("opens");
    let world = World::over(Arc::new(MemoryEngine::new()), Arc::new(blobs), random, settings).await;
    world.store.create_bucket(&Caller::System, &bucket(), None).await.expect("creates");
    (world, disk)
}

#[tokio::test]
async fn broken_off_at_every_piece_leaves_nothing() {
    for size in [INLINE_MAX, 250_000] {
        let body = pattern(size, 1);
        let piece_bytes = size / 5;
        for length in [Some(size as u64), None] {
            let (world, disk) = on_disk(small()).await;
            for pieces in 0..=5 {
                let stalled = Arc::new(Notify::new());
                let source = || Source::in_pieces(&body, piece_bytes).first(pieces);
                let mut stalling = source().then_stall(&stalled);
                break_off(world.put_with("k", with_length(length), &mut stalling), &stalled).await;
                let gone = Error::ClientDisconnect;
                let mut failing = source().then_fail(gone.clone());
                assert_eq!(world.put_with("k", with_length(length), &mut failing).await, Err(gone));
            }
            world.reclaim().await.expect("reclaims");
            disk.wait_for_files(<[String]>::is_empty);
            world.assert_bare(&format!("{size} bytes, length {length:?}")).await;
        }
    }
}

#[tokio::test]
async fn lengths_must_be_true() {
    let world = World::new().await;
    for size in [100, 250_000_u64] {
        let body = pattern(usize::try_from(size).expect("small"), 1);
        for announced in [size - 1, size + 1, 0] {
            let put = with_length(Some(announced));
            let refused = world.put_with("k", put, &mut Source::in_pieces(&body, 70)).await;
            let Err(Error::IncompleteBody { expected_bytes, received_bytes }) = refused else {
                panic!("{refused:?}")
            };
            assert_eq!(expected_bytes, announced);
            let overshoot = received_bytes.saturating_sub(announced);
            assert!(
                received_bytes == size || (1..=70).contains(&overshoot),
                "no more is read than shows the lie"
            );
        }
    }
    world.reclaim().await.expect("reclaims");
    world.assert_bare("after bodies of false lengths").await;

    let mut unread = Source::default().then_fail(Error::internal("it was read"));
    let refused = world.put_with("k", with_length(Some(PUT_MAX_BYTES + 1)), &mut unread).await;
    assert_eq!(refused, Err(Error::EntityTooLarge { max_bytes: PUT_MAX_BYTES }));
}

/// How many pieces and bytes of bodies each commit carried.
fn watch_bodies(world: &World) -> Arc<Mutex<Vec<(usize, u64)>>> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    world.engine.plan(move |batch| {
        for write in &batch.writes {
            if let Write::Put { body: Some(body @ Body::Pieces(pieces)), .. } = write {
                log.lock().expect("a test").push((pieces.len(), body.carried_bytes()));
            }
        }
        CommitFate::Passed
    });
    seen
}

#[tokio::test]
async fn a_trickle_costs_no_allocation_a_byte() {
    let settings = Settings { inline_max_bytes: 64 * 1024, ..small() };
    let world = World::with(settings).await;
    let bodies = watch_bodies(&world);
    for size in [40_000, 100_000] {
        let body = pattern(size, 1);
        let mut trickle = Source::in_pieces(&body, 1);
        world.put_with("k", PutObject::default(), &mut trickle).await.expect("stores");
        assert!(world.get("k").await.expect("reads") == body);
    }
    let bodies = bodies.lock().expect("a test").clone();
    let [(pieces, 40_000)] = bodies[..] else { panic!("the larger body is a blob: {bodies:?}") };
    assert!(pieces <= 40_000 / 4_096 + 1, "{pieces} pieces");
}

#[tokio::test]
async fn memory_is_given_back_and_others_go_to_blobs_meanwhile() {
    let settings = Settings { inline_max_bytes: 64 * 1024, upload_memory_bytes: 64 * 1024, ..small() };
    let world = World::with(settings).await;
    let stalled = Arc::new(Notify::new());
    {
        let mut body = Source::whole("some").then_stall(&stalled);
        let mut upload = pin!(world.put_with("slow", PutObject::default(), &mut body));
        tokio::select! {
            _ = &mut upload => panic!("a stalled upload does not end"),
            () = stalled.notified() => {}
        }
        // unknown lengths take all they might need
        world.put("k", "another body").await.expect("a small body finds its place on disk");
        assert_eq!(world.blob_ids().await.len(), 1);
    }
    for n in 0..20 {
        world.put(&format!("k{n}"), "body").await.expect("stores");
        let refused = world.put_with("k", with_length(Some(9)), &mut Source::whole("too short")).await;
        assert!(refused.is_ok() || matches!(refused, Err(Error::IncompleteBody { .. })));
        let refused = world.put_with("k", with_length(Some(7)), &mut Source::whole("short")).await;
        assert!(matches!(refused, Err(Error::IncompleteBody { .. })));
    }
    world.reclaim().await.expect("reclaims");
    assert_eq!(world.blob_ids().await, [], "all of these fitted in memory again");
}

#[tokio::test(start_paused = true)]
async fn blobs_are_written_a_few_at_a_time() {
    let world = World::with(Settings { blob_writers_max: 2, ..small() }).await;
    let (body, length) = (pattern(10_000, 1), Some(10_000));
    let stalled = Arc::new(Notify::new());
    {
        let source = || Source::whole(body.slice(..5_000)).then_stall(&stalled);
        let (mut first, mut second) = (source(), source());
        let mut first = pin!(world.put_with("a", with_length(length), &mut first));
        let mut second = pin!(world.put_with("b", with_length(length), &mut second));
        for upload in [first.as_mut(), second.as_mut()] {
            break_off(upload, &stalled).await;
        }
        let before = tokio::time::Instant::now();
        let put = with_length(length);
        assert_eq!(world.put_with("k", put, &mut Source::whole(body.clone())).await, Err(Error::SlowDown));
        assert!(before.elapsed() >= Duration::from_secs(5), "it waited for its turn first");
        world.put("small", "body").await.expect("small bodies do not wait");
    }
    for _ in 0..5 {
        world.put("k", body.clone()).await.expect("both turns were given back");
    }
}

#[tokio::test]
async fn a_client_that_leaves_during_the_commit_leaks_nothing() {
    let conditional = || Conditions { if_none_match: Some(parse_etag_list("*")), ..Conditions::default() };
    for size in [10, 10_000] {
        for fate in [CommitFate::Held, CommitFate::AnswerHeld] {
            let world = World::new().await;
            let planned = fate.clone();
            world.engine.plan(move |_| planned.clone());
            let put = PutObject { conditions: conditional(), ..PutObject::default() };
            {
                let mut body = Source::whole(pattern(size, 1));
                let mut upload = pin!(world.put_with("k", put.clone(), &mut body));
                tokio::select! {
                    _ = &mut upload => panic!("the commit is held"),
                    () = world.engine.wait_for_held(1) => {}
                }
            }
            world.engine.clear_plan();
            assert_eq!(world.sweep().await, Ok(0), "the sweep leaves alone what may yet be referred to");
            world.engine.release();
            world.reclaim().await.expect("reclaims");
            // an inline body's commit may be dropped with its upload; a blob's is seen through
            match world.get("k").await {
                Ok(read) => assert!(read == pattern(size, 1)),
                Err(Error::NoSuchKey { .. }) => assert!(size == 10 && fate == CommitFate::Held),
                Err(error) => panic!("{error}"),
            }
            world.delete("k").await.expect("deletes");
            world.reclaim().await.expect("reclaims");
            world.assert_bare(&format!("{size} bytes, {fate:?}")).await;
        }
    }
}

#[tokio::test]
async fn a_commit_that_is_seen_through_and_refused_leaves_no_blob() {
    let world = World::new().await;
    let mut commits = 0;
    world.engine.plan(move |_| {
        commits += 1;
        if commits == 1 { CommitFate::Held } else { CommitFate::Passed }
    });
    let conditions = Conditions { if_none_match: Some(parse_etag_list("*")), ..Conditions::default() };
    let put = PutObject { conditions, ..PutObject::default() };
    {
        let mut body = Source::whole(pattern(10_000, 1));
        let mut upload = pin!(world.put_with("k", put, &mut body));
        tokio::select! {
            _ = &mut upload => panic!("the commit is held"),
            () = world.engine.wait_for_held(1) => {}
        }
    }
    world.put("k", "the winner").await.expect("stores");
    world.engine.release();
    assert_eq!(world.reclaim().await, Ok(1), "its fate is known, and the blob goes");
    assert_eq!(world.get("k").await.as_deref(), Ok(b"the winner".as_slice()));
    assert_eq!(world.blob_ids().await, []);
}

#[tokio::test]
async fn a_lost_condition_leaves_no_blob() {
    let world = Arc::new(World::new().await);
    world.put("k", "first").await.expect("stores");
    let conditions = Conditions { if_match: Some(parse_etag_list("*")), ..Conditions::default() };
    let put = PutObject { conditions, ..PutObject::default() };
    let (stalled, open) = (Arc::default(), Arc::default());
    // the object goes while the body is under way: the second judgement decides
    let mut body = Source::whole(pattern(10_000, 1)).then_wait(&stalled, &open);
    let key = crate::world::object_key("k");
    let name = bucket();
    let upload = world.store.put_object(&Caller::System, &name, &key, put, &mut body);
    let meanwhile = async {
        stalled.notified().await;
        world.delete("k").await.expect("deletes");
        open.notify_one();
    };
    let (stored, ()) = tokio::join!(upload, meanwhile);
    assert_eq!(stored, Err(Error::PreconditionFailed { failed: Failed::IfMatch }));
    world.reclaim().await.expect("reclaims");
    world.assert_bare("after the refused upload").await;
}

#[tokio::test]
async fn an_upload_into_a_bucket_that_goes_meanwhile_fails() {
    let world = World::new().await;
    let (stalled, open) = (Arc::default(), Arc::default());
    let mut body = Source::whole(pattern(10_000, 1)).then_wait(&stalled, &open);
    let (key, name) = (crate::world::object_key("k"), bucket());
    let upload = world.store.put_object(&Caller::System, &name, &key, PutObject::default(), &mut body);
    let meanwhile = async {
        stalled.notified().await;
        world.store.delete_bucket(&Caller::System, &bucket()).await.expect("it is empty");
        open.notify_one();
    };
    let (stored, ()) = tokio::join!(upload, meanwhile);
    assert_eq!(stored, Err(Error::NoSuchBucket { bucket: bucket() }));
    world.reclaim().await.expect("reclaims");
    world.assert_bare("after the refused upload").await;
}

/// A body that is made as it is read, and knows how much of it is alive.
struct Counted {
    pieces_left: usize,
    alive: Arc<AtomicUsize>,
    peak: Arc<AtomicUsize>,
}

struct CountedPiece(Vec<u8>, Arc<AtomicUsize>);

impl AsRef<[u8]> for CountedPiece {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for CountedPiece {
    fn drop(&mut self) {
        self.1.fetch_sub(self.0.len(), Ordering::SeqCst);
    }
}

const COUNTED_PIECE: usize = 64 * 1024;

impl store::BodySource for Counted {
    fn next(&mut self) -> store::BoxFuture<'_, Result<Option<Bytes>, Error>> {
        Box::pin(async move {
            if self.pieces_left == 0 {
                return Ok(None);
            }
            self.pieces_left -= 1;
            let alive = self.alive.fetch_add(COUNTED_PIECE, Ordering::SeqCst) + COUNTED_PIECE;
            self.peak.fetch_max(alive, Ordering::SeqCst);
            let piece = CountedPiece(vec![7; COUNTED_PIECE], Arc::clone(&self.alive));
            Ok(Some(Bytes::from_owner(piece)))
        })
    }

    fn trailing_checksums(&self) -> Vec<domain::Checksum> {
        Vec::new()
    }
}

#[tokio::test]
async fn a_body_of_any_size_is_never_in_memory_as_a_whole() {
    for length in [Some(400 * COUNTED_PIECE as u64), None] {
        let (world, _) = on_disk(Settings { inline_max_bytes: 512 * 1024, ..small() }).await;
        let peak = Arc::new(AtomicUsize::new(0));
        let mut body = Counted { pieces_left: 400, alive: Arc::default(), peak: Arc::clone(&peak) };
        let (name, key) = (bucket(), crate::world::object_key("k"));
        let put = world.store.put_object(&Caller::System, &name, &key, with_length(length), &mut body);
        assert_eq!(put.await.expect("stores").size, 400 * COUNTED_PIECE as u64);
        // of an unknown length, what may turn out to be small waits in memory first
        let bound = if length.is_none() { 1024 * 1024 } else { 512 * 1024 };
        let peak = peak.load(Ordering::SeqCst);
        assert!(peak <= bound, "{peak} bytes of the body were alive at once, {bound} are allowed");
        assert_eq!(body.alive.load(Ordering::SeqCst), 0, "and none afterwards");
    }
}

#[tokio::test(start_paused = true)]
async fn uploads_that_fill_the_memory_move_what_was_there_all_the_same() {
    const OBJECTS: u64 = 8;
    let settings = Settings { inline_max_bytes: 64 * 1024, upload_memory_bytes: 512 * 1024, ..small() };
    let world = Arc::new(World::with(settings).await);
    for n in 0..OBJECTS {
        world.put(&format!("k{n}"), pattern(60_000, n)).await.expect("stores");
    }
    world.store.put_versioning(&Caller::System, &bucket(), Versioning::Enabled).await.expect("turns");
    let started = tokio::time::Instant::now();
    let (mut tasks, mut gates) = (JoinSet::new(), Vec::new());
    for n in 0..OBJECTS {
        let (open, reached) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let mut source = Source::whole(pattern(60_000, 9)).then_wait(&reached, &open);
        let world = Arc::clone(&world);
        tasks.spawn(async move {
            let put = PutObject { length: Some(60_000), ..PutObject::default() };
            world.put_with(&format!("k{n}"), put, &mut source).await.map(drop)
        });
        reached.notified().await;
        gates.push(open);
    }
    // each holds its share of the memory; each has a body to make a version of
    gates.iter().for_each(|open| open.notify_one());
    assert!(tasks.join_all().await.iter().all(Result::is_ok));
    assert!(started.elapsed() < Duration::from_secs(1), "none waits for another's memory");
    assert_eq!(world.rows("v").await, 16);
}
