//! Temporary credentials over REST.

use domain::Clock as _;
use serde_json::{Value, json};

use crate::fixture::{ACCOUNT, World, token_id};
use crate::tokens::{ITEM_READ, bucket, create, send, text, wanted, with};

#[tokio::test]
async fn a_temporary_credential_is_made_over_rest() {
    let world = World::new().await;
    let issue =
        async |document: &Value| world.send(send("POST", "{a}/r2/temp-access-credentials", document)).await;
    let wanted_for = |parent: usize, permission: &str| json!({ "bucket": "inside", "parentAccessKeyId": token_id(parent), "permission": permission, "ttlSeconds": 60 });
    let paths = json!({ "prefixes": ["in/"], "objects": ["one"] });
    let answer = issue(&with(wanted_for(2, "object-read-write"), &paths)).await;
    let made = answer.result();
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(made.as_object().map(serde_json::Map::len), Some(3), "{made}");
    assert_eq!(text(&made["accessKeyId"]), token_id(2));
    assert_eq!(text(&made["secretAccessKey"]).len(), 64);
    let now = world.clock.now();
    let parent = world.store.credentials().find(&token_id(2), now, None).expect("the parent");
    let session_token = text(&made["sessionToken"]);
    let account = world.store.account();
    let verify = |now_s| {
        let is_ours = |host: &str| host == format!("{ACCOUNT}.r2.cloudflarestorage.com");
        auth::temporary::verify(&session_token, parent.key(), account, now_s, is_ours)
    };
    let verified = verify(now.as_seconds()).expect("holds");
    assert_eq!(verified.secret.expose(), text(&made["secretAccessKey"]));
    assert_eq!(
        verified.session.paths.map(|paths| (paths.prefixes, paths.objects)),
        Some((vec!["in/".to_owned()], vec!["one".to_owned()]))
    );
    assert!(verify(now.as_seconds() + 59).is_ok() && verify(now.as_seconds() + 60).is_err());
    // 900 seconds when none are named
    let mut document = wanted_for(2, "object-read-only");
    document.as_object_mut().expect("an object").remove("ttlSeconds");
    assert_eq!(issue(&document).await.status, 200);

    let good = || wanted_for(2, "object-read-write");
    for (document, code, place, why) in [
        (with(good(), &json!({ "ttlSeconds": 0 })), 10_029, "", "1 to 604800"),
        (with(good(), &json!({ "ttlSeconds": 604_801 })), 10_029, "", "1 to 604800"),
        (with(good(), &json!({ "ttlSeconds": "900" })), 10_040, "/ttlSeconds", "invalid type"),
        (with(good(), &json!({ "bucket": "No" })), 10_029, "/bucket", "name of one bucket"),
        (with(good(), &json!({ "permission": "all" })), 10_029, "/permission", "admin-read-write"),
        (with(good(), &json!({ "prefixes": [] })), 10_029, "/prefixes", "names no key"),
        (with(good(), &json!({ "objects": [] })), 10_029, "/objects", "names no key"),
        (with(good(), &json!({ "prefixes": ["a", ""] })), 10_029, "/prefixes/1", "1 to 1024"),
        (with(good(), &json!({ "objects": ["x".repeat(1_025)] })), 10_029, "/objects/0", "1 to 1024"),
        (with(good(), &json!({ "objects": vec!["x".repeat(1_000); 20] })), 10_029, "", "name fewer paths"),
        (with(good(), &json!({ "actions": ["GetObject"] })), 10_040, "/actions", "unknown field"),
        (
            with(good(), &json!({ "parentAccessKeyId": "0".repeat(31) + "f" })),
            10_029,
            "/parentAccessKeyId",
            "token's id",
        ),
        // wider than the parent
        (wanted_for(1, "object-read-write"), 10_029, "", "does not have object-read-write"),
        (wanted_for(1, "admin-read-write"), 10_029, "", "does not have admin-read-write"),
        (wanted_for(2, "admin-read-only"), 10_029, "", "does not have admin-read-only"),
    ] {
        let answer = issue(&document).await;
        assert_eq!(answer.refusal(), (400, code), "{document}: {}", answer.said());
        assert_eq!(
            answer.json()["errors"][0]["source"]["pointer"].as_str().unwrap_or_default(),
            place,
            "{document}"
        );
        assert!(answer.said().contains(why), "{document}: {}", answer.said());
    }
    assert_eq!(issue(&wanted_for(1, "admin-read-only")).await.status, 200);
    assert_eq!(issue(&wanted_for(0, "admin-read-write")).await.status, 200);
    // a parent that reaches other buckets only
    let bound = create(&world, &wanted(ITEM_READ, &bucket("elsewhere"))).await;
    let document =
        with(good(), &json!({ "parentAccessKeyId": bound["id"], "permission": "object-read-only" }));
    assert!(issue(&document).await.said().contains("does not have object-read-only on the bucket inside"));
}
