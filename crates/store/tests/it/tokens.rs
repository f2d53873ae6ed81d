//! API tokens: kept, used, changed and ended, also across restarts, power cuts and requests that were given up.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use auth::{AccessKey, BucketScope, Caller, Permission, Scope, SecretAccessKey, Session};
use domain::api_token::{PermissionGroup, TokenPolicy, TokenResource};
use domain::audit::Resource;
use domain::{ApiToken, BucketName, Clock as _, Error, IpRange, TokenSettings};
use meta::EngineError;
use seal::Keyring;
use store::{AuditQuery, Store, TOKENS_MAX, TokenChange};
use testkit::{CommitFate, SeededRandom, SimDisk};

use crate::world::{World, bucket};

const SYSTEM: &Caller = &Caller::System;

fn settings(group: PermissionGroup, resource: TokenResource) -> TokenSettings {
    let policy = TokenPolicy { groups: vec![group], resources: vec![resource] };
    TokenSettings { name: "app".into(), policies: vec![policy], ..TokenSettings::default() }
}

fn reader() -> TokenSettings {
    settings(PermissionGroup::BucketItemRead, TokenResource::AllBuckets)
}

/// The access key of an id or a value, as a request from `peer` finds it now.
fn find_from(world: &World, id: &str, peer: Option<IpAddr>) -> Option<AccessKey> {
    let found = world.store.credentials().find(id, world.clock.now(), peer)?;
    found.usable().ok().cloned()
}

fn find(world: &World, id: &str) -> Option<AccessKey> {
    find_from(world, id, None)
}

fn bearer(world: &World, value: &str) -> Option<String> {
    let found = world.store.credentials().find_bearer(value, world.clock.now(), None)?;
    found.usable().ok().map(|key| key.id.clone())
}

#[tokio::test]
async fn a_token_is_made_used_changed_rolled_and_deleted() {
    let mut world = World::new().await;
    let (token, value) = world.store.create_token(SYSTEM, reader()).await.expect("creates");
    let key = find(&world, &token.id).expect("is found");
    assert_eq!(key.secret.expose(), SecretAccessKey::of_value(value.expose()).expose());
    assert_eq!(key.scope, Scope::new(Permission::ObjectReadOnly, BucketScope::All));
    assert_eq!(bearer(&world, value.expose()).as_deref(), Some(token.id.as_str()));
    assert_eq!(world.store.list_tokens(SYSTEM).await, Ok(vec![token.clone()]));
    assert!(!format!("{value:?}").contains(value.expose()));

    world.clock.advance(Duration::from_secs(5));
    let write = settings(PermissionGroup::BucketItemWrite, TokenResource::AllBuckets);
    let changed = world.store.update_token(SYSTEM, &token.id, write).await.expect("updates");
    assert_eq!((changed.issued, changed.modified), (token.issued, world.clock.now()));
    let key = find(&world, &token.id).expect("is found");
    assert_eq!(key.scope, Scope::new(Permission::ObjectReadWrite, BucketScope::All));
    assert_eq!(bearer(&world, value.expose()).as_deref(), Some(token.id.as_str()), "its value stays");

    let generation = |world: &World| {
        let found = world.store.credentials().find(&token.id, world.clock.now(), None);
        found.expect("is found").generation()
    };
    let before = generation(&world);
    let rolled = world.store.roll_token(SYSTEM, &token.id).await.expect("rolls");
    assert_ne!(generation(&world), before, "cached signing keys of the old secret are not taken");
    assert_eq!(
        (bearer(&world, value.expose()), bearer(&world, rolled.expose())),
        (None, Some(token.id.clone()))
    );

    world.restart().await;
    assert_eq!(bearer(&world, rolled.expose()).as_deref(), Some(token.id.as_str()), "after a restart");
    assert_eq!(bearer(&world, value.expose()), None);
    let off = TokenSettings { disabled: true, ..reader() };
    world.store.update_token(SYSTEM, &token.id, off.clone()).await.expect("updates");
    assert!(find(&world, &token.id).is_none() && bearer(&world, rolled.expose()).is_none());
    world.restart().await;
    assert!(find(&world, &token.id).is_none(), "disabled it stays");
    let keeps = TokenChange { settings: reader(), keeps_status: true };
    let kept = world.store.update_token(SYSTEM, &token.id, keeps.clone()).await.expect("updates");
    assert!(kept.settings.disabled && find(&world, &token.id).is_none(), "a change of something else");
    world.store.update_token(SYSTEM, &token.id, reader()).await.expect("updates");
    assert!(find(&world, &token.id).is_some());
    world.store.update_token(SYSTEM, &token.id, keeps).await.expect("updates");
    assert!(find(&world, &token.id).is_some());

    world.store.delete_token(SYSTEM, &token.id).await.expect("deletes");
    for _ in 0..2 {
        assert!(find(&world, &token.id).is_none() && bearer(&world, rolled.expose()).is_none());
        let missing = Err(Error::NoSuchToken { id: token.id.clone() });
        assert_eq!(world.store.token(SYSTEM, &token.id).await, missing);
        assert_eq!(world.store.delete_token(SYSTEM, &token.id).await, missing.map(drop));
        world.restart().await;
    }
    assert_eq!(world.rows("k").await, 0);
}

#[tokio::test]
async fn a_token_is_used_in_its_time_and_from_its_addresses() {
    let world = World::new().await;
    let now = world.clock.now();
    let range = |text: &str| vec![IpRange::parse(text).expect("a range")];
    let bound = TokenSettings {
        not_before: Some(now.plus_seconds(10)),
        expires: Some(now.plus_seconds(20)),
        ip_in: range("10.0.0.0/8"),
        ..reader()
    };
    let (token, _) = world.store.create_token(SYSTEM, bound).await.expect("creates");
    let from = |text: &str| find_from(&world, &token.id, text.parse().ok()).is_some();
    for (seconds, usable) in [(0, false), (9, false), (10, true), (19, true), (20, false)] {
        world.clock.set(now.plus_seconds(seconds));
        assert_eq!(from("10.1.1.1"), usable, "{seconds}");
        assert!(!from("192.0.2.1") && !from("nowhere"));
    }
}

#[tokio::test]
async fn only_admins_of_all_buckets_manage_tokens_and_each_may_ask_about_itself() {
    let world = World::new().await;
    let (other, _) = world.store.create_token(SYSTEM, reader()).await.expect("creates");
    let caller = |id: &str, scope| Caller::Known {
        account: world.store.account().clone(),
        access_key_id: id.to_owned(),
        scope,
        origin: None,
    };
    let only = || BucketScope::Only([bucket()].into());
    let session = Session {
        permission: Permission::AdminReadWrite,
        bucket: BucketName::parse("user-uploads").expect("valid"),
        actions: None,
        paths: None,
    };
    for scope in [
        Scope::new(Permission::AdminReadOnly, BucketScope::All),
        Scope::new(Permission::ObjectReadWrite, BucketScope::All),
        Scope::new(Permission::ObjectReadOnly, only()),
        Scope::new(Permission::AdminReadWrite, only()),
        Scope::admin().narrowed(session.clone()),
    ] {
        let denied = Err(Error::AccessDenied);
        let is_temporary = scope.is_temporary();
        let caller = caller(&other.id, scope);
        let store = &world.store;
        assert_eq!(store.create_token(&caller, reader()).await.map(drop), denied);
        assert_eq!(store.list_tokens(&caller).await.map(drop), denied);
        assert_eq!(store.token(&caller, &other.id).await.map(drop), denied);
        assert_eq!(store.update_token(&caller, &other.id, reader()).await.map(drop), denied);
        assert_eq!(store.roll_token(&caller, &other.id).await.map(drop), denied);
        assert_eq!(store.delete_token(&caller, &other.id).await, denied);
        let own = store.verify_token(&caller).await;
        assert_eq!(own, if is_temporary { Err(Error::AccessDenied) } else { Ok(Some(other.clone())) });
    }
    assert_eq!(world.store.verify_token(&Caller::Anonymous).await, Err(Error::AccessDenied));
    let admin = caller("0123", Scope::admin());
    assert_eq!(world.store.verify_token(&admin).await, Ok(None), "it is not a stored one");
    assert!(world.store.create_token(&admin, reader()).await.is_ok());
}

#[tokio::test]
async fn what_cannot_be_kept_is_refused_and_their_number_is_bounded() {
    let world = World::new().await;
    let nameless = TokenSettings { name: String::new(), ..reader() };
    assert!(matches!(world.store.create_token(SYSTEM, nameless).await, Err(Error::InvalidApiToken { .. })));
    for _ in 0..TOKENS_MAX {
        world.store.create_token(SYSTEM, reader()).await.expect("creates");
    }
    let over = world.store.create_token(SYSTEM, reader()).await;
    assert!(matches!(over, Err(Error::InvalidApiToken { reason }) if reason.contains("1,000")));
    let first = world.store.list_tokens(SYSTEM).await.expect("lists")[0].id.clone();
    world.store.delete_token(SYSTEM, &first).await.expect("deletes");
    assert!(world.store.create_token(SYSTEM, reader()).await.is_ok());
}

#[tokio::test]
async fn a_secret_is_nowhere_in_the_rows_and_opens_with_its_key_only() {
    let mut world = World::new().await;
    let (token, value) = world.store.create_token(SYSTEM, reader()).await.expect("creates");
    let secret = SecretAccessKey::of_value(value.expose());
    let row = meta::Engine::get(&*world.engine, format!("k{}", token.id).as_bytes()).await.expect("reads");
    let row = row.expect("is there").value;
    for text in [value.expose(), secret.expose(), &secret.expose()[..16]] {
        assert!(!row.windows(text.len()).any(|bytes| bytes == text.as_bytes()));
    }
    // another key of the same name, and no key of that name
    for line in [
        "test AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=",
        "other AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=",
    ] {
        world.restart().await;
        let keyring = Keyring::parse(line).expect("a key");
        let spare = spare(&world).await;
        let reopened = std::mem::replace(&mut world.store, spare);
        world.store = reopened.with_tokens(keyring).await.expect("opens");
        assert!(find(&world, &token.id).is_none(), "{line}");
        assert_eq!(world.store.list_tokens(SYSTEM).await, Ok(vec![token.clone()]), "it is listed");
    }
    let rolled = world.store.roll_token(SYSTEM, &token.id).await.expect("rolls");
    assert_eq!(bearer(&world, rolled.expose()), Some(token.id));
}

/// Some store, to take another one's place.
async fn spare(world: &World) -> Store {
    World::with(world.settings).await.store
}

#[tokio::test]
async fn a_change_whose_request_was_given_up_comes_to_its_end() {
    let world = World::new().await;
    let (token, value) = world.store.create_token(SYSTEM, reader()).await.expect("creates");
    for (fate, held) in [(CommitFate::Held, 1), (CommitFate::AnswerHeld, 2)] {
        let planned = fate.clone();
        world.engine.plan(move |_| planned.clone());
        {
            let off = TokenSettings { disabled: true, ..reader() };
            let mut change = std::pin::pin!(world.store.update_token(SYSTEM, &token.id, off));
            tokio::select! {
                _ = &mut change => panic!("the commit is held"),
                () = world.engine.wait_for_held(held) => {}
            }
            assert!(find(&world, &token.id).is_some(), "nothing was answered");
        }
        assert!(find(&world, &token.id).is_none(), "it may be disabled, so it counts as that");
        world.engine.clear_plan();
        world.engine.release();
        world.reclaim().await.expect("reclaims");
        assert!(world.store.token(SYSTEM, &token.id).await.expect("is there").settings.disabled);
        assert!(find(&world, &token.id).is_none());
        world.store.update_token(SYSTEM, &token.id, reader()).await.expect("updates");
        assert_eq!(bearer(&world, value.expose()).as_deref(), Some(token.id.as_str()));
    }
}

#[tokio::test]
async fn a_change_that_the_engine_refuses_changes_nothing() {
    let world = World::new().await;
    let (token, value) = world.store.create_token(SYSTEM, reader()).await.expect("creates");
    let off = TokenSettings { disabled: true, ..reader() };
    world.engine.plan(|_| CommitFate::Refused(EngineError::Busy));
    assert!(world.store.update_token(SYSTEM, &token.id, off.clone()).await.is_err());
    assert!(world.store.roll_token(SYSTEM, &token.id).await.is_err());
    assert!(world.store.delete_token(SYSTEM, &token.id).await.is_err());
    assert!(world.store.create_token(SYSTEM, reader()).await.is_err());
    world.engine.clear_plan();
    assert_eq!(bearer(&world, value.expose()).as_deref(), Some(token.id.as_str()));
    assert_eq!(world.store.list_tokens(SYSTEM).await, Ok(vec![token.clone()]));
    // what became of it is not known: it is not used before the next start
    world.engine.plan(|_| CommitFate::AnswerLost(EngineError::Io("the line is dead".into())));
    assert!(world.store.update_token(SYSTEM, &token.id, off).await.is_err());
    assert!(find(&world, &token.id).is_none());
}

/// Uses are noted in memory and written by a round, in one commit; what was not written a restart forgets.
#[tokio::test(start_paused = true)]
async fn the_last_use_of_a_token_is_kept_now_and_then() {
    let mut world = World::new().await;
    let (token, value) = world.store.create_token(SYSTEM, reader()).await.expect("creates");
    let (idle, _) = world.store.create_token(SYSTEM, reader()).await.expect("creates");
    assert_eq!(token.last_used, None);
    let use_it = |world: &World| {
        let found = world.store.credentials().find_bearer(value.expose(), world.clock.now(), None);
        found.expect("is found").used(world.clock.now());
    };
    let last_used = async |world: &World| {
        let tokens = [&token, &idle].map(|token| world.store.token(SYSTEM, &token.id));
        let [a, b] = tokens;
        (a.await.expect("is there").last_used, b.await.expect("is there").last_used)
    };
    let round = async |world: &World| {
        let forever = world.store.reclaim_forever(SYSTEM);
        assert!(tokio::time::timeout(Duration::from_secs(400), forever).await.is_err());
    };
    use_it(&world);
    let first = world.clock.now();
    assert_eq!((last_used(&world).await, world.rows("j").await), ((Some(first), None), 0));
    round(&world).await;
    assert_eq!(world.rows("j").await, 1);
    // a change of the token keeps it, and neither is written without news
    world.store.update_token(SYSTEM, &token.id, reader()).await.expect("updates");
    world.engine.plan(|batch| panic!("there is nothing to write: {batch:?}"));
    round(&world).await;
    world.engine.clear_plan();
    assert_eq!(last_used(&world).await.0, Some(first));
    world.clock.advance(Duration::from_secs(60));
    use_it(&world);
    assert_eq!(last_used(&world).await.0, Some(world.clock.now()));
    world.restart().await;
    assert_eq!(last_used(&world).await, (Some(first), None), "what was kept");
    use_it(&world);
    round(&world).await;
    world.restart().await;
    assert_eq!(last_used(&world).await.0, Some(world.clock.now()));
    world.store.delete_token(SYSTEM, &token.id).await.expect("deletes");
    assert_eq!((world.rows("j").await, world.rows("k").await), (0, 1));
}

#[tokio::test]
async fn a_child_is_made_of_a_parent_that_may_do_as_much() {
    let world = World::new().await;
    let session = |permission| Session { permission, bucket: bucket(), actions: None, paths: None };
    let (token, value) = world.store.create_token(SYSTEM, reader()).await.expect("creates");
    let issue = |id: String, permission, seconds| {
        let (store, session) = (&world.store, session(permission));
        async move { store.issue_temporary(SYSTEM, &id, session, seconds).await }
    };
    let parent = || token.id.clone();
    let child = issue(parent(), Permission::ObjectReadOnly, 900).await.expect("makes it");
    let (account, now_s) = (world.store.account(), world.clock.now().as_seconds());
    let key = find(&world, &token.id).expect("is found");
    let r2s_name = format!("{account}.r2.cloudflarestorage.com");
    let verified =
        auth::temporary::verify(child.session_token.expose(), &key, account, now_s, |host| host == r2s_name);
    assert_eq!(verified.expect("holds").session, session(Permission::ObjectReadOnly));
    assert!(!format!("{child:?}").contains(child.secret.expose()) && child.access_key_id == token.id);
    assert_ne!(child.secret.expose(), SecretAccessKey::of_value(value.expose()).expose());
    for (permission, seconds, expected) in [
        (Permission::ObjectReadWrite, 900, "does not have object-read-write"),
        (Permission::AdminReadOnly, 900, "does not have admin-read-only"),
        (Permission::ObjectReadOnly, 0, "1 to 604800"),
        (Permission::ObjectReadOnly, -5, "1 to 604800"),
        (Permission::ObjectReadOnly, 604_801, "1 to 604800"),
        (Permission::ObjectReadOnly, i64::MAX, "1 to 604800"),
    ] {
        let refused = issue(parent(), permission, seconds).await.expect_err("is refused");
        assert!(refused.to_string().contains(expected), "{refused}");
    }
    let missing = issue("0".repeat(32), Permission::ObjectReadOnly, 900).await;
    assert_eq!(missing.map(drop), Err(Error::NoSuchToken { id: "0".repeat(32) }));
    let bound = TokenSettings { ip_in: vec![IpRange::parse("10.0.0.0/8").expect("a range")], ..reader() };
    world.store.update_token(SYSTEM, &token.id, bound).await.expect("updates");
    assert!(issue(parent(), Permission::ObjectReadOnly, 900).await.is_ok(), "its users have the addresses");
    let off = TokenSettings { disabled: true, ..reader() };
    world.store.update_token(SYSTEM, &token.id, off).await.expect("updates");
    let refused = issue(parent(), Permission::ObjectReadOnly, 900).await.expect_err("is refused");
    assert!(refused.to_string().contains("disabled"), "{refused}");
    // two were made, and the log has two
    let log = world.store.list_audit(SYSTEM, &AuditQuery { limit: 100, ..AuditQuery::default() }).await;
    let log = log.expect("reads").entries.into_iter().map(|(_, entry)| entry);
    let made: Vec<_> = log.filter(|entry| entry.action == "CreateTemporaryCredential").collect();
    assert_eq!(made.len(), 2);
    let expected = format!("object-read-only on {} for 900 s", bucket());
    assert!(made.iter().all(|entry| entry.after.as_ref() == Some(&expected)), "{made:?}");
    assert!(made.iter().all(|entry| entry.resource == Resource::Token(token.id.clone())), "{made:?}");
}

/// Power cuts between and during changes: what was answered is there after each start.
#[tokio::test]
async fn answered_changes_survive_power_cuts() {
    let random = Arc::new(SeededRandom::new(11));
    let disk = SimDisk::new();
    let mut world = World::on_disk(&disk, random).await.expect("opens");
    let mut kept: Vec<(ApiToken, String)> = Vec::new();
    for round in 0..12_usize {
        let (token, value) = world.store.create_token(SYSTEM, reader()).await.expect("creates");
        kept.push((token, value.expose().to_owned()));
        if round % 3 == 1 {
            let (token, _) = kept.remove(round % kept.len());
            world.store.delete_token(SYSTEM, &token.id).await.expect("deletes");
        }
        if round % 3 == 2 {
            let at = round % kept.len();
            let rolled = world.store.roll_token(SYSTEM, &kept[at].0.id).await.expect("rolls");
            kept[at].1 = rolled.expose().to_owned();
        }
        world.restart().await;
        assert_eq!(world.store.list_tokens(SYSTEM).await.expect("lists").len(), kept.len(), "round {round}");
        for (token, value) in &kept {
            assert_eq!(bearer(&world, value).as_deref(), Some(token.id.as_str()), "round {round}");
        }
    }
}
