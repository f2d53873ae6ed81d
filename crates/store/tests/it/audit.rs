//! The audit log: a change and its entry are one commit, refused requests are bounded wherever they wait, and both are forgotten
//! by age and by size.

mod changes;
mod configured;
mod crash;

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use auth::{BucketScope, Caller, Permission, Scope};
use domain::audit::{Actor, Interface, Origin, Outcome, Resource, Verb};
use domain::{AuditEntry, Clock as _, Error};
use meta::EngineError;
use store::{AuditFilter, AuditPage, AuditQuery, AuditSettings, Refusal, Settings};
use testkit::CommitFate;

use crate::world::{World, bucket, small};

const SYSTEM: &Caller = &Caller::System;

fn all() -> AuditQuery {
    AuditQuery { limit: 10_000, ..AuditQuery::default() }
}

async fn read(world: &World, query: &AuditQuery) -> Vec<AuditEntry> {
    let page = world.store.list_audit(SYSTEM, query).await.expect("reads");
    page.entries.into_iter().map(|(_, entry)| entry).collect()
}

async fn refused(world: &World) -> Vec<AuditEntry> {
    let filter = AuditFilter { done: Some(false), ..AuditFilter::default() };
    read(world, &AuditQuery { filter, ..all() }).await
}

fn refusal(world: &World, actor: Actor, peer: &str, code: &str) -> Refusal {
    let peer: IpAddr = peer.parse().expect("an address");
    Refusal {
        at: world.clock.now(),
        action: "GetObject".to_owned(),
        verb: Verb::View,
        status: 403,
        code: code.to_owned(),
        actor,
        resource: Resource::Bucket(bucket()),
        key: Some("k".to_owned()),
        origin: Origin::new(Interface::S3, Some(peer), "1", Some("test")),
    }
}

fn stranger() -> Actor {
    Actor::Unknown { claimed: None }
}

fn known(id: &str) -> Actor {
    Actor::Known { access_key_id: id.to_owned(), temporary: false }
}

async fn world(audit: AuditSettings) -> World {
    World::with(Settings { audit, ..small() }).await
}

#[tokio::test]
async fn refusals_are_written_together_and_survive_a_restart() {
    let mut world = World::new().await;
    for code in ["AccessDenied", "SignatureDoesNotMatch"] {
        world.store.refusals().note(refusal(&world, known("a"), "10.0.0.1", code));
    }
    assert_eq!(world.rows("l\u{2}").await, 0, "nothing is written for each");
    let commits = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&commits);
    world.engine.plan(move |_| {
        count.fetch_add(1, Ordering::SeqCst);
        CommitFate::Passed
    });
    world.store.flush_refusals(SYSTEM).await.expect("writes");
    world.store.flush_refusals(SYSTEM).await.expect("has nothing to write");
    assert_eq!(commits.load(Ordering::SeqCst), 1);
    world.restart().await;
    let entries = refused(&world).await;
    let codes = entries.iter().map(|entry| match &entry.outcome {
        Outcome::Refused { status: 403, code } => code.as_str(),
        other => panic!("{other:?}"),
    });
    assert_eq!(codes.collect::<Vec<_>>(), ["SignatureDoesNotMatch", "AccessDenied"], "the newest first");
    let entry = entries.first().expect("an entry");
    assert_eq!((entry.actor.clone(), entry.key.as_deref()), (known("a"), Some("k")));
    let origin = entry.origin.as_ref().expect("an origin");
    assert_eq!((origin.peer, origin.user_agent.as_deref()), ("10.0.0.1".parse().ok(), Some("test")));
    // what a new process writes comes on top, also when its clock is late
    world.clock.set(domain::Timestamp::from_millis(0));
    world.store.refusals().note(refusal(&world, known("a"), "10.0.0.1", "Late"));
    let first = refused(&world).await.swap_remove(0);
    assert_eq!(first.outcome, Outcome::Refused { status: 403, code: "Late".to_owned() });
}

#[tokio::test]
async fn a_flood_of_refusals_is_counted_and_not_kept() {
    let world = World::new().await;
    // alike: one place, one code
    for n in 0..100 {
        let from_one = format!("2001:db8::{n:x}");
        world.store.refusals().note(refusal(&world, stranger(), &from_one, "Unauthorized"));
    }
    let entries = refused(&world).await;
    let repeated: Vec<u64> = entries.iter().map(|entry| entry.repeated).collect();
    assert_eq!(repeated, [96, 0, 0, 0]);
    // from everywhere: strangers fill half of the room, and leave the other to those who are known
    for n in 0..3_000_u32 {
        let from = format!("10.0.{}.{}", n >> 8, n & 255);
        world.store.refusals().note(refusal(&world, stranger(), &from, "Unauthorized"));
    }
    for n in 0..600 {
        world.store.refusals().note(refusal(&world, known(&n.to_string()), "10.0.0.1", "AccessDenied"));
    }
    let entries = refused(&world).await;
    let of = |kind: fn(&Actor) -> bool| entries.iter().filter(|entry| kind(&entry.actor)).count();
    assert_eq!(of(|actor| matches!(actor, Actor::Unknown { .. })), 500 + 4);
    assert_eq!(of(|actor| matches!(actor, Actor::Known { .. })), 500);
    let dropped = entries.iter().find(|entry| entry.outcome == Outcome::Dropped).expect("is told of");
    assert_eq!((dropped.repeated, &dropped.actor), (2_500 + 100, &Actor::Server));
}

#[tokio::test]
async fn refusals_that_cannot_be_written_are_told_of_later() {
    let world = World::new().await;
    let note = || world.store.refusals().note(refusal(&world, known("a"), "10.0.0.1", "AccessDenied"));
    (0..6).for_each(|_| note());
    world.engine.plan(|_| CommitFate::Refused(EngineError::Full));
    assert_eq!(world.store.flush_refusals(SYSTEM).await, Err(Error::InsufficientStorage));
    note();
    assert_eq!(refused(&world).await, [], "what is there is read all the same");
    // whoever waits for them may leave
    world.engine.plan(|_| CommitFate::Held);
    note();
    {
        let mut flush = std::pin::pin!(world.store.flush_refusals(SYSTEM));
        tokio::select! {
            _ = &mut flush => panic!("the commit is held"),
            () = world.engine.wait_for_held(1) => {}
        }
    }
    world.engine.clear_plan();
    let entries = refused(&world).await;
    let dropped: u64 = entries.iter().map(|entry| entry.repeated).sum();
    assert_eq!((entries.len(), dropped), (1, 8), "{entries:?}");
}

#[tokio::test]
async fn refusals_can_be_switched_off() {
    let world = world(AuditSettings { refusals: false, ..AuditSettings::default() }).await;
    world.store.refusals().note(refusal(&world, known("a"), "10.0.0.1", "AccessDenied"));
    assert_eq!(refused(&world).await, []);
    assert_eq!(read(&world, &all()).await.len(), 1, "changes are kept");
}

#[tokio::test]
async fn what_is_too_old_is_forgotten() {
    let retention = Duration::from_secs(100);
    let world = world(AuditSettings { retention, ..AuditSettings::default() }).await;
    world.store.refusals().note(refusal(&world, known("a"), "10.0.0.1", "AccessDenied"));
    assert_eq!(read(&world, &all()).await.len(), 2);
    world.clock.advance(retention);
    world.store.delete_bucket_cors(SYSTEM, &bucket()).await.expect("changes");
    assert_eq!(world.store.rotate_audit(SYSTEM).await, Ok(0), "at its age it is kept");
    world.clock.advance(Duration::from_millis(1));
    assert_eq!(world.store.rotate_audit(SYSTEM).await, Ok(2));
    let actions = read(&world, &all()).await.into_iter().map(|entry| entry.action);
    assert_eq!(actions.collect::<Vec<_>>(), ["DeleteBucketCors"]);
    assert_eq!((world.rows("l\u{1}").await, world.rows("l\u{2}").await), (1, 0));
}

#[tokio::test]
async fn what_is_too_much_is_forgotten_and_refusals_take_no_room_of_changes() {
    let max_bytes = 20_000;
    let world = world(AuditSettings { max_bytes, ..AuditSettings::default() }).await;
    for _ in 0..5 {
        for n in 0..900 {
            let id = format!("{n:032}");
            world.store.refusals().note(refusal(&world, known(&id), "10.0.0.1", "AccessDenied"));
        }
        world.store.flush_refusals(SYSTEM).await.expect("writes");
    }
    let forgotten = world.store.rotate_audit(SYSTEM).await.expect("rotates");
    let left = world.rows("l\u{2}").await;
    assert_eq!(forgotten, 4_500 - left as u64);
    assert!((100..200).contains(&left), "{left} rows of {max_bytes} bytes");
    assert_eq!(world.rows("l\u{1}").await, 1, "the bucket's making");
    let newest = refused(&world).await.swap_remove(0);
    assert_eq!(newest.actor, known(&format!("{:032}", 899)));
    assert_eq!(world.store.rotate_audit(SYSTEM).await, Ok(0));
}

#[tokio::test]
async fn entries_are_found_by_what_they_are_and_in_pages() {
    let world = World::new().await;
    let begun = world.clock.now();
    for n in 0..10_u64 {
        world.clock.advance(Duration::from_secs(1));
        world.store.delete_bucket_cors(SYSTEM, &bucket()).await.expect("changes");
        let code = if n % 2 == 0 { "Even" } else { "Odd" };
        let (id, peer) = (format!("key{}", n % 3), format!("10.0.0.{n}"));
        world.store.refusals().note(refusal(&world, known(&id), &peer, code));
        world.store.flush_refusals(SYSTEM).await.expect("writes");
    }
    let count = async |filter: AuditFilter| read(&world, &AuditQuery { filter, ..all() }).await.len();
    let none = AuditFilter::default;
    assert_eq!(count(none()).await, 21);
    assert_eq!(count(AuditFilter { done: Some(true), ..none() }).await, 11);
    assert_eq!(count(AuditFilter { verb: Some(Verb::View), ..none() }).await, 10);
    assert_eq!(count(AuditFilter { action: Some("CreateBucket".into()), ..none() }).await, 1);
    assert_eq!(count(AuditFilter { access_key_id: Some("key0".into()), ..none() }).await, 4);
    assert_eq!(count(AuditFilter { peer: "10.0.0.7".parse().ok(), ..none() }).await, 1);
    assert_eq!(count(AuditFilter { status: Some(403), ..none() }).await, 10);
    assert_eq!(count(AuditFilter { status: Some(404), ..none() }).await, 0);
    assert_eq!(count(AuditFilter { resource_id: Some(bucket().to_string()), ..none() }).await, 21);
    assert_eq!(count(AuditFilter { resource_id: Some("other".into()), ..none() }).await, 0);
    let between = |from: u64, to: u64| {
        let (since, before) = (Some(begun.plus_seconds(from)), Some(begun.plus_seconds(to)));
        AuditQuery { since, before, ..all() }
    };
    assert_eq!(read(&world, &between(0, 1)).await.len(), 1, "the first moment counts, the last does not");
    assert_eq!(read(&world, &between(3, 5)).await.len(), 4);
    assert_eq!(read(&world, &between(5, 5)).await.len(), 0);
    let whole: Vec<_> = world.store.list_audit(SYSTEM, &all()).await.expect("reads").entries;
    for (oldest_first, limit) in [(false, 1), (false, 4), (true, 1), (true, 4), (true, 21)] {
        let (mut paged, mut after) = (Vec::new(), None);
        loop {
            let query = AuditQuery { after, oldest_first, limit, ..AuditQuery::default() };
            let AuditPage { entries, more } = world.store.list_audit(SYSTEM, &query).await.expect("reads");
            assert!(entries.len() <= limit);
            after = entries.last().map(|(number, _)| *number);
            paged.extend(entries);
            if !more {
                break;
            }
        }
        if oldest_first {
            paged.reverse();
        }
        assert!(paged == whole, "pages of {limit}, oldest first: {oldest_first}");
    }
}

#[tokio::test]
async fn admins_read_the_log_and_nobody_else() {
    let world = World::new().await;
    let account = world.store.account().clone();
    for (permission, may) in [
        (Permission::AdminReadWrite, true),
        (Permission::AdminReadOnly, true),
        (Permission::ObjectReadWrite, false),
        (Permission::ObjectReadOnly, false),
    ] {
        let caller = Caller::Known {
            account: account.clone(),
            access_key_id: "k".to_owned(),
            scope: Scope::new(permission, BucketScope::All),
            origin: None,
        };
        let outcome = world.store.list_audit(&caller, &all()).await.map(|page| page.entries.len());
        assert_eq!(outcome, if may { Ok(1) } else { Err(Error::AccessDenied) }, "{permission:?}");
        assert_eq!(world.store.flush_refusals(&caller).await, Err(Error::AccessDenied));
        assert_eq!(world.store.rotate_audit(&caller).await, Err(Error::AccessDenied));
    }
}
