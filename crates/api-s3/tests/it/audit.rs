//! What the door tells the audit log of whom it refuses, and the limits on requests whatever way they come.

use auth::{Caller, Permission};
use domain::audit::{Actor, Outcome};
use domain::{AuditEntry, BucketLimits, BucketName, RateLimit};
use store::{AuditFilter, AuditQuery};

use crate::fixture::*;
use crate::forms::form::form;
use crate::temporary::{leaked, made};

const SYSTEM: &Caller = &Caller::System;

async fn refused(world: &World) -> Vec<AuditEntry> {
    let filter = AuditFilter { done: Some(false), ..AuditFilter::default() };
    let query = AuditQuery { limit: 100, oldest_first: true, filter, ..AuditQuery::default() };
    let page = world.store.list_audit(SYSTEM, &query).await.expect("reads");
    page.entries.into_iter().map(|(_, entry)| entry).collect()
}

fn told(entry: &AuditEntry) -> (String, Actor) {
    let Outcome::Refused { code, .. } = &entry.outcome else { panic!("{entry:?}") };
    let id = entry.resource.id().unwrap_or("-");
    (format!("{} {code} {id}/{}", entry.action, entry.key.as_deref().unwrap_or("-")), entry.actor.clone())
}

#[tokio::test]
async fn who_is_refused_is_told_as_far_as_he_has_shown_it() {
    let world = World::new().await;
    let wrong = Key { secret: "wrong", ..READER };
    let claims = |key: Key| Actor::Unknown { claimed: Some(key.id.to_owned()) };
    // whose key it is was not looked up, or there is none
    let stranger = || Actor::Unknown { claimed: None };
    let known = |key: Key, temporary| Actor::Known { access_key_id: key.id.to_owned(), temporary };
    let nobody = Key { id: "a-secret-in-the-wrong-field", secret: "x" };
    let temporary = made("inside", Permission::ObjectReadOnly).by(ADMIN).at(&world);
    for (ask, expected) in [
        (get("/inside/a").by(wrong), ("GET SignatureDoesNotMatch inside/a", claims(READER))),
        (get("/inside/a").by(wrong).presigned(), ("GET SignatureDoesNotMatch inside/a", claims(READER))),
        (get("/inside/b").by(nobody), ("GET Unauthorized inside/b", stranger())),
        (get("/inside/c").signed_ago(10_000), ("GET RequestTimeTooSkewed inside/c", stranger())),
        (put("/inside/d", "x").by(READER), ("PutObject AccessDenied inside/d", known(READER, false))),
        (put("/inside/e", "x").with(&temporary), ("PutObject AccessDenied inside/e", known(ADMIN, true))),
        (get("/").by(BOUND), ("ListBuckets AccessDenied -/-", known(BOUND, false))),
    ] {
        let before = refused(&world).await.len();
        assert!(world.send(&ask).await.status >= 400);
        let entries = refused(&world).await;
        assert_eq!(entries.len(), before + 1);
        let (what, actor) = told(&entries[before]);
        assert_eq!((what.as_str(), actor), expected);
    }
    let mut tampered = form("f", "x");
    tampered.key = Key { secret: "wrong", ..BOUND };
    assert_eq!(world.post(&tampered).await.status, 403);
    let last = told(refused(&world).await.last().expect("an entry"));
    assert_eq!(last, ("PostObject SignatureDoesNotMatch inside/-".to_owned(), claims(BOUND)));
    // what is not there is no refusal
    let before = refused(&world).await.len();
    for ask in [get("/inside/missing"), get("/missing"), delete("/inside"), head("/inside/missing")] {
        world.send(&ask).await;
    }
    assert_eq!(refused(&world).await.len(), before);
}

/// What waits in memory is bounded, whatever a client makes up.
#[tokio::test]
async fn what_a_stranger_makes_up_is_cut() {
    let world = World::new().await;
    let long = leaked(&"X".repeat(10_000));
    let path = leaked(&format!("/inside/{}", "k".repeat(5_000)));
    let agent = "a".repeat(5_000);
    let ask = ask(long, path).by(Key { id: long, secret: "x" }).unsigned("user-agent", &agent);
    assert!(world.send(&ask).await.status >= 400);
    let entry = refused(&world).await.pop().expect("an entry");
    let origin = entry.origin.as_ref().expect("an origin");
    let lengths = [
        entry.action.len(),
        entry.key.map_or(0, |key| key.len()),
        origin.user_agent.as_ref().map_or(0, String::len),
    ];
    assert_eq!(lengths, [48, 256 + "…".len(), 128 + "…".len()]);
    assert_eq!(entry.actor, Actor::Unknown { claimed: None });
}

#[tokio::test]
async fn every_way_to_an_object_is_limited_and_none_to_the_settings() {
    let world = World::new().await;
    let bucket = BucketName::parse("inside").expect("valid");
    let limits = BucketLimits { requests: RateLimit::new(1, 1), ..BucketLimits::default() };
    world.store.put_bucket_limits(SYSTEM, &bucket, &limits).await.expect("sets");
    let use_up = async || {
        world.clock.advance(std::time::Duration::from_secs(1));
        assert_eq!(world.send(&get("/inside/missing")).await.status, 404);
    };
    for ask in [
        get("/inside/a"),
        get("/inside/a").presigned(),
        head("/inside/a"),
        put("/inside/a", "x"),
        put("/inside/a", "x").presigned(),
        delete("/inside/a"),
        get("/inside"),
        get("/inside").query("list-type", "2"),
        get("/inside").query("versions", ""),
        get("/inside").query("uploads", ""),
        post("/inside/a", "").query("uploads", ""),
        post("/inside", "<Delete><Object><Key>a</Key></Object></Delete>").query("delete", ""),
        get("/inside/a").query("tagging", ""),
    ] {
        use_up().await;
        let answer = world.send(&ask).await;
        assert_eq!((answer.status, answer.header("retry-after").as_deref()), (429, Some("1")), "{ask:?}");
    }
    use_up().await;
    let answer = world.post(&form("f", "x")).await;
    assert_eq!((answer.status, answer.code().as_str()), (429, "TooManyRequests"));
    assert_eq!(world.stored("/outside/a").await, None, "another bucket has no limit");
    for ask in [get("/inside").query("cors", ""), get("/inside").query("location", ""), get("/")] {
        assert_ne!(world.send(&ask).await.status, 429, "{ask:?}");
    }
}
