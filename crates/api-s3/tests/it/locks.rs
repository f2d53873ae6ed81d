//! Object lock: what a bucket's default and a version's own retention and legal hold forbid, and to whom.

use std::time::Duration;

use crate::fixture::*;

const DAY: Duration = Duration::from_secs(86_400);
const UNTIL: &str = "2026-02-01T00:00:00Z";

/// With the bucket `vault`, created with object lock.
async fn with_vault() -> World {
    let world = World::new().await;
    let create = put("/vault", "").header("x-amz-bucket-object-lock-enabled", "true");
    assert_eq!(world.send(&create).await.status, 200);
    world
}

async fn stored(world: &World, ask: Ask) -> String {
    let answer = world.send(&ask).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.header("x-amz-version-id").expect("each version has an id")
}

fn retained(mode: &str) -> Ask {
    put("/vault/k", "v")
        .header("x-amz-object-lock-mode", mode)
        .header("x-amz-object-lock-retain-until-date", UNTIL)
}

fn retention(mode: &str, until: &str) -> Ask {
    let document =
        format!("<Retention><Mode>{mode}</Mode><RetainUntilDate>{until}</RetainUntilDate></Retention>");
    put("/vault/k", document).query("retention", "")
}

fn hold(status: &str) -> Ask {
    put("/vault/k", format!("<LegalHold><Status>{status}</Status></LegalHold>")).query("legal-hold", "")
}

fn bypassing(ask: Ask) -> Ask {
    ask.header("x-amz-bypass-governance-retention", "true")
}

fn version(id: &str) -> Ask {
    delete("/vault/k").query("versionId", id)
}

/// GetObjectLockConfiguration and PutObjectLockConfiguration. Spec: Amazon S3 API.
#[tokio::test]
async fn a_bucket_keeps_what_comes_for_a_while() {
    let world = with_vault().await;
    let versions = world.send(&get("/vault").query("versioning", "")).await;
    assert_eq!(versions.element("Status"), "Enabled", "a lock keeps versions");
    let config = |default: &str| {
        let rule = format!("<Rule><DefaultRetention>{default}</DefaultRetention></Rule>");
        let rule = if default.is_empty() { String::new() } else { rule };
        format!(
            "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled>{rule}</ObjectLockConfiguration>"
        )
    };
    let set = |bucket, default| put(bucket, config(default)).query("object-lock", "");
    let ten_days = "<Mode>GOVERNANCE</Mode><Days>10</Days>";
    assert_eq!(world.send(&set("/vault", ten_days)).await.status, 200);
    let kept = world.send(&get("/vault").query("object-lock", "")).await;
    for (name, value) in [("ObjectLockEnabled", "Enabled"), ("Mode", "GOVERNANCE"), ("Days", "10")] {
        assert_eq!(kept.element(name), value, "{name}");
    }
    let id = stored(&world, put("/vault/k", "v")).await;
    let read = world.send(&head("/vault/k")).await;
    assert_eq!(read.header("x-amz-object-lock-mode").as_deref(), Some("GOVERNANCE"));
    assert_eq!(
        read.header("x-amz-object-lock-retain-until-date").as_deref(),
        Some("2026-01-11T00:00:00.000Z")
    );
    let refused = world.send(&version(&id)).await;
    assert_eq!(refused.verdict(), verdict(403, "AccessDenied"));
    assert_eq!(refused.element("Message"), "Access Denied because object protected by object lock.");
    assert!(refused.hint().contains("2026-01-11"), "{}", refused.hint());
    world.clock.advance(10 * DAY + Duration::from_secs(1));
    assert_eq!(world.send(&version(&id)).await.status, 204, "its time is over");
    let table = [
        (set("/vault", "<Mode>GOVERNANCE</Mode><Days>0</Days>"), 400, "InvalidArgument"),
        (set("/vault", "<Mode>GOVERNANCE</Mode><Days>36501</Days>"), 400, "InvalidArgument"),
        (set("/vault", "<Mode>GOVERNANCE</Mode><Days>36500</Days>"), 200, ""),
        (set("/vault", "<Mode>COMPLIANCE</Mode><Years>101</Years>"), 400, "InvalidArgument"),
        (set("/vault", "<Mode>COMPLIANCE</Mode><Years>100</Years>"), 200, ""),
        (set("/vault", "<Mode>FOREVER</Mode><Days>1</Days>"), 400, "MalformedXML"),
        (set("/vault", "<Mode>GOVERNANCE</Mode>"), 400, "MalformedXML"),
        (set("/vault", ""), 200, ""),
        (set("/inside", ten_days), 409, "InvalidBucketState"),
        (set("/vault", ten_days).by(READER), 403, "AccessDenied"),
        (get("/inside").query("object-lock", ""), 404, "ObjectLockConfigurationNotFoundError"),
        (
            put("/vault", "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>")
                .query("versioning", ""),
            409,
            "InvalidBucketState",
        ),
    ];
    for (ask, status, code) in table {
        assert_eq!(world.send(&ask).await.verdict(), verdict(status, code), "{ask:?}");
    }
}

/// Spec: Amazon S3 user guide, object lock, retention modes.
#[tokio::test]
async fn governance_yields_to_admins_who_say_so_and_compliance_to_nobody() {
    for (mode, bypassed) in [("GOVERNANCE", 204), ("COMPLIANCE", 403)] {
        let world = with_vault().await;
        let id = stored(&world, retained(mode)).await;
        let shown = world.send(&get("/vault/k").query("retention", "")).await;
        assert_eq!(
            (shown.element("Mode").as_str(), shown.element("RetainUntilDate").as_str()),
            (mode, "2026-02-01T00:00:00.000Z")
        );
        assert_eq!(world.send(&version(&id)).await.verdict(), verdict(403, "AccessDenied"), "{mode}");
        // longer is always allowed, shorter and none are not
        assert_eq!(world.send(&retention(mode, "2026-02-02T00:00:00Z")).await.status, 200);
        for shorter in [retention(mode, UNTIL), put("/vault/k", "<Retention/>").query("retention", "")] {
            assert_eq!(world.send(&shorter).await.verdict(), verdict(403, "AccessDenied"), "{mode}");
        }
        let document = format!("<Delete><Object><Key>k</Key><VersionId>{id}</VersionId></Object></Delete>");
        let many = world.send(&post("/vault", document).query("delete", "")).await;
        assert_eq!((many.status, many.code().as_str()), (200, "AccessDenied"), "{}", many.text());
        // without a version a marker hides it, and what is kept stays
        assert_eq!(world.send(&delete("/vault/k")).await.status, 204);
        assert_eq!(world.send(&get("/vault/k").query("versionId", &id)).await.text(), "v");
        assert_eq!(world.send(&bypassing(version(&id))).await.status, bypassed, "{mode}");
    }
}

/// The header is no permission: it counts for those who may change the bucket's settings.
#[tokio::test]
async fn bypassing_is_for_admins() {
    let world = World::new().await;
    let locked =
        put("/inside", "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>");
    assert_eq!(world.send(&locked.query("versioning", "")).await.status, 200);
    let config =
        "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>";
    assert_eq!(world.send(&put("/inside", config).query("object-lock", "")).await.status, 200);
    let at = |mut ask: Ask| {
        ask.path = "/inside/k".into();
        ask
    };
    let id = stored(&world, at(retained("GOVERNANCE"))).await;
    let shorter = at(retention("GOVERNANCE", "2026-01-02T00:00:00Z"));
    for ask in [at(version(&id)), shorter.clone()] {
        for signed in [bypassing(ask.clone()).by(BOUND), bypassing(ask.clone()).by(BOUND).presigned()] {
            assert_eq!(world.send(&signed).await.verdict(), verdict(403, "AccessDenied"), "{signed:?}");
        }
        // nor can the holder of an admin's URL add it
        let added = ask.presigned().unsigned("x-amz-bypass-governance-retention", "true");
        assert_eq!(world.send(&added).await.verdict(), verdict(403, "AccessDenied"));
    }
    assert_eq!(world.send(&bypassing(shorter)).await.status, 200);
    // who writes may hold, and not let go
    assert_eq!(world.send(&at(hold("ON")).by(BOUND)).await.status, 200);
    let lifted = world.send(&at(hold("OFF")).by(BOUND)).await;
    assert_eq!(lifted.verdict(), verdict(403, "AccessDenied"));
    assert_eq!(world.send(&at(hold("OFF"))).await.status, 200);
    assert_eq!(world.send(&bypassing(at(version(&id)))).await.status, 204);
    // where it means nothing it is refused
    let put = bypassing(put("/inside/k", "v"));
    assert_eq!(world.send(&put).await.verdict(), verdict(501, "NotImplemented"));
}

#[tokio::test]
async fn a_legal_hold_keeps_until_it_is_lifted() {
    let world = with_vault().await;
    let id = stored(&world, put("/vault/k", "v").header("x-amz-object-lock-legal-hold", "ON")).await;
    let shown = async || world.send(&get("/vault/k").query("legal-hold", "")).await.element("Status");
    assert_eq!(shown().await, "ON");
    assert_eq!(
        world.send(&head("/vault/k")).await.header("x-amz-object-lock-legal-hold").as_deref(),
        Some("ON")
    );
    let refused = world.send(&bypassing(version(&id))).await;
    assert_eq!(refused.verdict(), verdict(403, "AccessDenied"), "a hold is not bypassed");
    assert!(refused.hint().contains("legal hold"), "{}", refused.hint());
    assert_eq!(world.send(&hold("OFF")).await.status, 200);
    assert_eq!(shown().await, "OFF");
    assert_eq!(world.send(&version(&id)).await.status, 204);
}

#[tokio::test]
async fn locks_that_are_refused() {
    let world = with_vault().await;
    stored(&world, put("/vault/k", "v")).await;
    world.send(&put("/inside/k", "v")).await;
    let elsewhere = |mut ask: Ask| {
        ask.path = "/inside/k".into();
        ask
    };
    let header = |name: &str, value: &str| put("/vault/k", "x").header(name, value);
    let table = [
        (get("/vault/k").query("retention", ""), 404, "NoSuchObjectLockConfiguration", ""),
        (retention("GOVERNANCE", "2025-12-31T00:00:00Z"), 400, "InvalidArgument", "must be in the future"),
        (retention("FOREVER", UNTIL), 400, "MalformedXML", ""),
        (retention("GOVERNANCE", "soon"), 400, "MalformedXML", "ISO 8601"),
        (hold("MAYBE"), 400, "MalformedXML", "ON or OFF"),
        (elsewhere(retention("GOVERNANCE", UNTIL)), 400, "InvalidRequest", "missing Object Lock"),
        (elsewhere(hold("ON")), 400, "InvalidRequest", "missing Object Lock"),
        (elsewhere(retained("GOVERNANCE")), 400, "InvalidRequest", "missing Object Lock"),
        (header("x-amz-object-lock-mode", "GOVERNANCE"), 400, "InvalidArgument", "must both be supplied"),
        (retained("FOREVER"), 400, "InvalidArgument", "GOVERNANCE or COMPLIANCE"),
        (header("x-amz-object-lock-legal-hold", "maybe"), 400, "InvalidArgument", "'ON' or 'OFF'"),
        (hold("ON").by(READER), 403, "AccessDenied", ""),
        (retention("GOVERNANCE", UNTIL).query("versionId", "00000000000000ff"), 404, "NoSuchVersion", ""),
    ];
    for (ask, status, code, words) in table {
        let answer = world.send(&ask).await;
        assert_eq!(answer.verdict(), verdict(status, code), "{ask:?}: {}", answer.text());
        let told = format!("{} {}", answer.element("Message"), answer.hint());
        assert!(told.contains(words), "{code}: {told}");
    }
    let strict = World::strict().await;
    let create = put("/vault", "").header("x-amz-bucket-object-lock-enabled", "true");
    assert_eq!(strict.send(&create).await.verdict(), verdict(501, "NotImplemented"));
    for ask in [elsewhere(retained("GOVERNANCE")), bypassing(delete("/inside/k"))] {
        assert_eq!(strict.send(&ask).await.verdict(), verdict(501, "NotImplemented"));
    }
}
