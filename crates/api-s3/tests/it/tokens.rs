//! Stored API tokens as key pairs: in use at once, and out of use at once.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use auth::{Caller, Permission, SecretAccessKey};
use domain::api_token::{Jurisdiction, PermissionGroup, TokenPolicy, TokenResource};
use domain::{BucketName, Clock as _, IpRange, TokenSettings};
use http_body_util::Full;

use crate::fixture::*;
use crate::forms::form::form;
use crate::temporary::{leaked, made};

const SYSTEM: &Caller = &Caller::System;

/// May read and write objects in the bucket `inside`.
fn settings() -> TokenSettings {
    let inside = BucketName::parse("inside").expect("valid");
    let policy = TokenPolicy {
        groups: vec![PermissionGroup::BucketItemWrite],
        resources: vec![TokenResource::Bucket(Jurisdiction::Default, inside)],
    };
    TokenSettings { name: "app".into(), policies: vec![policy], ..TokenSettings::default() }
}

impl World {
    async fn token(&self, settings: TokenSettings) -> Key {
        let (token, value) = self.store.create_token(SYSTEM, settings).await.expect("creates");
        Key { id: leaked(&token.id), secret: leaked(SecretAccessKey::of_value(value.expose()).expose()) }
    }

    /// The reply to a request that comes from an address.
    async fn send_from(&self, ask: &Ask, peer: Option<&str>) -> Answer {
        let mut request = ask.request(self.now_s()).map(|()| Full::new(ask.body.clone()));
        if let Some(peer) = peer {
            let peer: IpAddr = peer.parse().expect("an address");
            request.extensions_mut().insert(SocketAddr::new(peer, 50_000));
        }
        self.send_raw(request).await
    }
}

/// What stands in the hint, and the verdict, for each way to sign.
async fn refused(world: &World, key: Key, expected: (u16, &str), hint: &str) {
    let child = made("inside", Permission::ObjectReadWrite).by(key).at(world);
    for ask in [
        put("/inside/k", "v").by(key),
        put("/inside/k", "v").by(key).presigned(),
        put("/inside/k", "v").with(&child),
    ] {
        let answer = world.send(&ask).await;
        assert_eq!(answer.verdict(), verdict(expected.0, expected.1), "{}", answer.text());
        assert!(answer.hint().contains(hint), "{}", answer.hint());
    }
    let mut form = form("k", "x");
    form.key = key;
    assert_eq!(world.post(&form).await.verdict(), verdict(expected.0, expected.1));
}

async fn accepted(world: &World, key: Key) {
    let child = made("inside", Permission::ObjectReadWrite).by(key).at(world);
    for ask in [
        put("/inside/k", "v").by(key),
        put("/inside/k", "v").by(key).presigned(),
        put("/inside/k", "v").with(&child),
    ] {
        assert_eq!(world.send(&ask).await.status, 200);
    }
    assert_eq!(world.send(&put("/outside/k", "v").by(key)).await.verdict(), verdict(403, "AccessDenied"));
}

#[tokio::test]
async fn a_stored_token_ends_at_once_with_its_children() {
    let world = World::new().await;
    let key = world.token(settings()).await;
    // signing keys are cached from here on
    accepted(&world, key).await;
    let off = TokenSettings { disabled: true, ..settings() };
    world.store.update_token(SYSTEM, key.id, off).await.expect("updates");
    refused(&world, key, (401, "Unauthorized"), "This API token is disabled.").await;
    world.store.update_token(SYSTEM, key.id, settings()).await.expect("updates");
    accepted(&world, key).await;
    let rolled = world.store.roll_token(SYSTEM, key.id).await.expect("rolls");
    let new = Key { secret: leaked(SecretAccessKey::of_value(rolled.expose()).expose()), ..key };
    accepted(&world, new).await;
    assert_eq!(world.send(&get("/inside/k").by(key)).await.verdict(), verdict(403, "SignatureDoesNotMatch"));
    let child = made("inside", Permission::ObjectReadWrite).by(key).at(&world);
    assert_eq!(world.send(&get("/inside/k").with(&child)).await.verdict(), verdict(400, "InvalidToken"));
    world.store.delete_token(SYSTEM, key.id).await.expect("deletes");
    refused(&world, new, (401, "Unauthorized"), "").await;
}

#[tokio::test]
async fn a_stored_token_is_good_in_its_time() {
    let world = World::new().await;
    let now = world.clock.now();
    let timed = TokenSettings {
        not_before: Some(now.plus_seconds(60)),
        expires: Some(now.plus_seconds(120)),
        ..settings()
    };
    let key = world.token(timed).await;
    refused(&world, key, (401, "Unauthorized"), "is not valid before 2026-01-01T00:01:00").await;
    world.clock.advance(Duration::from_secs(60));
    accepted(&world, key).await;
    world.clock.advance(Duration::from_secs(60));
    refused(&world, key, (401, "Unauthorized"), "expired at 2026-01-01T00:02:00").await;
}

/// Who has not its secret hears of a token that cannot be used what he hears of none.
#[tokio::test]
async fn strangers_hear_nothing_of_a_token_that_is_out_of_use() {
    let world = World::new().await;
    let key = world.token(TokenSettings { disabled: true, ..settings() }).await;
    let stranger = Key { secret: "not-the-secret", ..key };
    let nobody = Key { id: "ffffffffffffffffffffffffffffffff", secret: "not-the-secret" };
    for sign in [|ask: Ask| ask, Ask::presigned, |ask: Ask| ask.expires(0)] {
        let [of_token, of_nobody] = [stranger, nobody].map(|key| sign(get("/inside/k")).by(key));
        let (of_token, of_nobody) = (world.send(&of_token).await, world.send(&of_nobody).await);
        assert_eq!(of_token.verdict(), verdict(401, "Unauthorized"));
        assert_eq!((of_token.code(), of_token.hint()), (of_nobody.code(), of_nobody.hint()));
    }
    let [of_token, of_nobody] = [stranger, nobody].map(|key| {
        let invented = made("inside", Permission::ObjectReadWrite).by(key).at(&world);
        get("/inside/k").with(&invented)
    });
    let (of_token, of_nobody) = (world.send(&of_token).await, world.send(&of_nobody).await);
    assert_eq!(of_token.verdict(), verdict(401, "Unauthorized"), "{}", of_token.text());
    assert_eq!((of_token.code(), of_token.hint()), (of_nobody.code(), of_nobody.hint()));
    let mut form = form("k", "x");
    form.key = stranger;
    assert_eq!(world.post(&form).await.verdict(), verdict(401, "Unauthorized"));
}

#[tokio::test]
async fn a_token_bound_to_addresses_is_held_to_the_connections_own() {
    let world = World::new().await;
    let ranges = |text: &str| vec![IpRange::parse(text).expect("a range")];
    let bound = TokenSettings { ip_in: ranges("10.0.0.0/8"), ip_not_in: ranges("10.6.6.6"), ..settings() };
    let key = world.token(bound).await;
    for ask in [put("/inside/k", "v").by(key), put("/inside/k", "v").by(key).presigned()] {
        for good in ["10.1.2.3", "::ffff:10.1.2.3"] {
            assert_eq!(world.send_from(&ask, Some(good)).await.status, 200, "{good}");
        }
        for bad in [Some("192.0.2.1"), Some("10.6.6.6"), Some("::1"), None] {
            // a header is anybody's to write
            let ask =
                ask.clone().unsigned("x-forwarded-for", "10.1.2.3").unsigned("forwarded", "for=10.1.2.3");
            let answer = world.send_from(&ask, bad).await;
            assert_eq!(answer.verdict(), verdict(403, "AccessDenied"), "{bad:?}");
            assert!(answer.hint().contains("request_ip"), "{}", answer.hint());
        }
    }
}
