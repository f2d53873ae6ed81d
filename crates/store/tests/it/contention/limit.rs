//! R2's limit of concurrent writes to one key, where it holds: decided in the commit, by when the object that is there was stored.

use std::sync::Arc;
use std::time::Duration;

use domain::{Clock, Conditions, Error};
use store::{CompleteUpload, CopyObject, PutObject};
use testkit::CommitFate;
use tokio::sync::Notify;

use crate::source::Source;
use crate::world::{World, object_key, source};

/// What a write that begins now is held to.
fn limited(world: &World) -> Conditions {
    Conditions { begun: Some(world.clock.now()), ..Conditions::default() }
}

fn crowded<T>() -> Result<T, Error> {
    Err(Error::ConcurrentWrites { key: object_key("k") })
}

#[tokio::test]
async fn of_concurrent_writes_to_a_key_one_in_a_second_is_taken() {
    for (age_ms, is_taken) in [(0, false), (999, false), (1_000, true), (1_001, true)] {
        let world = World::new().await;
        let (reached, open) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let mut body = Source::default().then_wait(&reached, &open).piece("slow");
        let put = PutObject { conditions: limited(&world), ..PutObject::default() };
        let meanwhile = async {
            reached.notified().await;
            world.clock.advance(Duration::from_millis(1));
            world.put("k", "quick").await.expect("stores");
            world.clock.advance(Duration::from_millis(age_ms));
            open.notify_one();
        };
        let (slow, ()) = tokio::join!(world.put_with("k", put, &mut body), meanwhile);
        let expected = if is_taken { Ok(()) } else { crowded() };
        assert_eq!(slow.map(drop), expected, "{age_ms} ms after the other");
        assert_eq!(
            world.get("k").await.expect("reads"),
            if is_taken { b"slow".to_vec() } else { b"quick".to_vec() }
        );
    }
}

/// One after the other is no concurrency, however fast; and what was deleted leaves nothing to compare with.
#[tokio::test]
async fn writes_one_after_the_other_are_all_taken() {
    let world = World::new().await;
    for n in 0..3 {
        let put = PutObject { conditions: limited(&world), ..PutObject::default() };
        world.put_with("k", put, &mut Source::whole(format!("{n}"))).await.expect("stores");
        world.clock.advance(Duration::from_millis(n % 2));
    }
    let conditions = limited(&world);
    world.clock.advance(Duration::from_millis(1));
    world.put("k", "other").await.expect("stores");
    world.delete("k").await.expect("deletes");
    let put = PutObject { conditions, ..PutObject::default() };
    world.put_with("k", put, &mut Source::whole("again")).await.expect("stores");
}

/// A write that comes between another's look and its commit is seen all the same.
#[tokio::test]
async fn no_race_gets_around_the_limit() {
    for kind in ["put", "copy", "complete"] {
        let world = World::new().await;
        world.put("source", "of a copy").await.expect("stores");
        let id = world.begin("k").await;
        let (parts, _) = world.parts("k", id, &[10]).await;
        let conditions = limited(&world);
        world.clock.advance(Duration::from_millis(1));
        let mut first = Some(CommitFate::Held);
        world.engine.plan(move |_| first.take().unwrap_or(CommitFate::Passed));
        let write = async {
            match kind {
                "put" => {
                    let put = PutObject { conditions, ..PutObject::default() };
                    world.put_with("k", put, &mut Source::whole("late")).await.map(drop)
                }
                "copy" => {
                    let copy = CopyObject { conditions, ..CopyObject::default() };
                    world.copy_with(&source("source"), "k", &copy).await.map(drop)
                }
                _ => {
                    let complete = CompleteUpload { parts, conditions, ..CompleteUpload::default() };
                    world.complete_with("k", id, complete).await.map(drop)
                }
            }
        };
        let meanwhile = async {
            world.engine.wait_for_held(1).await;
            world.put("k", "first").await.expect("stores");
            world.engine.release();
        };
        let (late, ()) = tokio::join!(write, meanwhile);
        assert_eq!(late, crowded(), "{kind}");
        assert_eq!(world.get("k").await.expect("reads"), b"first", "{kind}");
    }
}
