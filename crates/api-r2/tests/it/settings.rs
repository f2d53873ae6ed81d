//! CORS, lifecycle, locks: kept, shown as they were sent, refused with the rule and its fix.

use serde_json::{Value, json};

use crate::fixture::{World, ask};

#[tokio::test]
async fn a_cors_policy_comes_and_goes() {
    let world = World::new().await;
    assert_eq!(world.send(ask("GET", "{b}/inside/cors")).await.refusal(), (404, 10_059));
    let policy = json!({ "rules": [
        { "id": "app", "allowed": { "origins": ["https://app.example.com"], "methods": ["GET", "PUT"],
            "headers": ["content-type"] }, "exposeHeaders": ["ETag"], "maxAgeSeconds": 3600 },
        { "allowed": { "origins": ["*"], "methods": ["GET"] } },
    ] });
    assert_eq!(world.put_setting("cors", &policy.to_string()).await.result(), json!({}));
    assert_eq!(world.send(ask("GET", "{b}/inside/cors")).await.result(), policy);
    assert_eq!(world.send(ask("DELETE", "{b}/inside/cors")).await.result(), json!({}));
    assert_eq!(world.send(ask("GET", "{b}/inside/cors")).await.refusal(), (404, 10_059));
    assert_eq!(world.send(ask("DELETE", "{b}/inside/cors")).await.result(), json!({}));
    assert_eq!(world.send(ask("GET", "{b}/nowhere/cors")).await.refusal(), (404, 10_006));
}

#[tokio::test]
async fn a_lifecycle_policy_is_kept_and_shown() {
    let world = World::new().await;
    let default = json!({ "rules": [{ "id": "Default Multipart Abort Rule", "enabled": true,
        "conditions": { "prefix": "" },
        "abortMultipartUploadsTransition": { "condition": { "type": "Age", "maxAge": 604_800 } } }] });
    assert_eq!(world.send(ask("GET", "{b}/inside/lifecycle")).await.result(), default);
    let policy = json!({ "rules": [
        { "id": "logs", "enabled": true, "conditions": { "prefix": "logs/" },
            "deleteObjectsTransition": { "condition": { "type": "Age", "maxAge": 86_400 } },
            "storageClassTransitions": [{ "condition": { "type": "Date", "date": "2027-01-01T00:00:00.000Z" },
                "storageClass": "InfrequentAccess" }] },
        { "id": "off", "enabled": false, "conditions": { "prefix": "" },
            "abortMultipartUploadsTransition": { "condition": { "type": "Age", "maxAge": 60 } } },
    ] });
    let put = ask("PUT", "{b}/inside/lifecycle").header("cf-r2-data-catalog-check", "true");
    assert_eq!(world.send(put.body(policy.to_string())).await.result(), json!({}));
    assert_eq!(world.send(ask("GET", "{b}/inside/lifecycle")).await.result(), policy);
    let bare = r#"{"rules":[{"id":"a","enabled":true,"conditions":{},"storageClassTransitions":[],
        "deleteObjectsTransition":{"condition":{"type":"Date","date":"2027-01-01"}}}]}"#;
    world.put_setting("lifecycle", bare).await.result();
    let shown = world.send(ask("GET", "{b}/inside/lifecycle")).await.result();
    assert_eq!(shown["rules"][0]["deleteObjectsTransition"]["condition"]["date"], "2027-01-01T00:00:00.000Z");
    assert_eq!(world.put_setting("lifecycle", r#"{"rules":[]}"#).await.result(), json!({}));
    assert_eq!(world.send(ask("GET", "{b}/inside/lifecycle")).await.result(), json!({ "rules": [] }));
}

#[tokio::test]
async fn locks_are_kept_shown_and_enforced() {
    let world = World::new().await;
    assert_eq!(world.send(ask("GET", "{b}/inside/lock")).await.result(), json!({ "rules": [] }));
    for key in ["keep/a", "keep/b", "free"] {
        world.send(ask("PUT", &format!("{{b}}/inside/objects/{key}")).body("x")).await.result();
    }
    let locks = json!({ "rules": [
        { "id": "a day", "enabled": true, "prefix": "keep/", "condition": { "type": "Age", "maxAgeSeconds": 86_400 } },
        { "id": "for ever", "enabled": false, "prefix": "", "condition": { "type": "Indefinite" } },
        { "id": "date", "enabled": true, "prefix": "old/", "condition": { "type": "Date", "date": "2026-01-02T03:04:05.000Z" } },
    ] });
    assert_eq!(world.put_setting("lock", &locks.to_string()).await.result(), json!({}));
    assert_eq!(world.send(ask("GET", "{b}/inside/lock")).await.result(), locks);
    for request in
        [ask("DELETE", "{b}/inside/objects/keep/a"), ask("PUT", "{b}/inside/objects/keep/a").body("y")]
    {
        let answer = world.send(request).await;
        assert_eq!(answer.refusal(), (403, 10_069));
        assert!(answer.said().contains("a day"), "{}", answer.said());
    }
    let bulk = world.send(ask("DELETE", "{b}/inside/objects").body(r#"["keep/a","free","keep/b"]"#)).await;
    let json = bulk.json();
    assert_eq!(
        (bulk.status.as_u16(), &json["success"], &json["result"]),
        (200, &Value::Bool(false), &Value::Null)
    );
    let errors: Vec<_> =
        json["errors"].as_array().unwrap().iter().map(|error| &error["source"]["pointer"]).collect();
    assert_eq!(errors, ["/0", "/2"]);
    assert_eq!(world.send(ask("GET", "{b}/inside/objects/free")).await.refusal(), (404, 10_007));
    world.clock.advance(std::time::Duration::from_secs(86_400));
    world.send(ask("DELETE", "{b}/inside/objects/keep/a")).await.result();
    world.put_setting("lock", r#"{"rules":[]}"#).await.result();
    world.send(ask("DELETE", "{b}/inside/objects/keep/b")).await.result();
}

#[tokio::test]
async fn rules_that_are_refused_name_their_place_and_their_fix() {
    let world = World::new().await;
    let cors = |rule: &str| {
        ("cors", format!(r#"{{"rules":[{{"allowed":{{"origins":["*"],"methods":["GET"]}}}},{rule}]}}"#))
    };
    let lock = |rule: &str| ("lock", format!(r#"{{"rules":[{rule}]}}"#));
    let lifecycle = |rule: &str| ("lifecycle", format!(r#"{{"rules":[{rule}]}}"#));
    let cases = [
        (
            cors(r#"{"allowed":{"origins":["localhost:3000"],"methods":["GET"]}}"#),
            10_029,
            r#"http://localhost:3000"#,
        ),
        (cors(r#"{"allowed":{"origins":["https://a.b/"],"methods":["GET"]}}"#), 10_029, "/rules/1"),
        (cors(r#"{"id":"me","allowed":{"origins":["*"],"methods":["get"]}}"#), 10_029, "me"),
        (
            cors(r#"{"allowed":{"origins":["*"],"methods":["GET"]},"maxAgeSeconds":86401}"#),
            10_029,
            "maxAgeSeconds is at most",
        ),
        (cors(r#"{"allowed":{"origins":["*"],"methods":[]}}"#), 10_029, "allowed.methods"),
        (
            cors(r#"{"AllowedOrigins":["*"],"AllowedMethods":["GET"]}"#),
            10_040,
            "unknown field `AllowedOrigins`",
        ),
        (cors(r#"{"allowed":{"origins":["*"],"methods":["GET"]},"maxAgeSeconds":-1}"#), 10_040, "-1"),
        (("cors", r#"{"rules":[]}"#.to_owned()), 10_029, "at least one rule"),
        (("cors", r#"[{"allowed":{}}]"#.to_owned()), 10_040, ""),
        (lock(r#"{"id":"","enabled":true,"condition":{"type":"Indefinite"}}"#), 10_029, "/rules/0"),
        (
            lock(r#"{"id":"a","enabled":true,"condition":{"type":"Age","maxAgeSeconds":0}}"#),
            10_029,
            "at least one second",
        ),
        (lock(r#"{"id":"a","enabled":true,"condition":{"type":"Age","maxAge":5}}"#), 10_040, "maxAge"),
        (
            lock(
                r#"{"id":"a","enabled":true,"condition":{"type":"Age","maxAgeSeconds":5,"date":"2026-01-01"}}"#,
            ),
            10_040,
            "date",
        ),
        (lock(r#"{"id":"a","enabled":true,"condition":{"type":"Date","date":"soon"}}"#), 10_029, "ISO 8601"),
        (
            lock(r#"{"id":"a","enabled":true,"condition":{"type":"Indefinite","maxAgeSeconds":5}}"#),
            10_040,
            "maxAgeSeconds",
        ),
        (lock(r#"{"id":"a","enabled":true,"condition":{"type":"Never"}}"#), 10_040, "Never"),
        (lock(r#"{"id":"a","condition":{"type":"Indefinite"}}"#), 10_040, "enabled"),
        (
            lock(r#"{"id":"a","enabled":true,"suffix":"x","condition":{"type":"Indefinite"}}"#),
            10_040,
            "suffix",
        ),
        (lifecycle(r#"{"id":"a","enabled":true,"conditions":{}}"#), 10_029, "At least one action"),
        (
            lifecycle(
                r#"{"id":"a","enabled":true,"deleteObjectsTransition":{"condition":{"type":"Age","maxAge":5}}}"#,
            ),
            10_040,
            "conditions",
        ),
        (lifecycle(r#"{"id":"a","enabled":true,"conditions":{"suffix":"x"}}"#), 10_040, "suffix"),
        (lifecycle(r#"{"id":"a","enabled":true,"conditions":{},"noncurrent":1}"#), 10_040, "noncurrent"),
        (
            lifecycle(
                r#"{"id":"a","enabled":true,"conditions":{},"abortMultipartUploadsTransition":{"condition":{"type":"Date","date":"2026-01-01"}}}"#,
            ),
            10_029,
            "no Date",
        ),
        (
            lifecycle(
                r#"{"id":"a","enabled":true,"conditions":{},"storageClassTransitions":[{"condition":{"type":"Age","maxAge":5},"storageClass":"Standard"}]}"#,
            ),
            10_029,
            "no other class",
        ),
    ];
    for ((setting, document), code, said) in cases {
        let answer = world.put_setting(setting, &document).await;
        assert_eq!(answer.refusal(), (400, code), "{document}");
        assert!(answer.said().contains(said), "{document}: {}", answer.said());
    }
    let twice = r#"{"id":"a","enabled":true,"condition":{"type":"Indefinite"}}"#;
    let answer = world.put_setting("lock", &format!(r#"{{"rules":[{twice},{twice}]}}"#)).await;
    assert_eq!(answer.refusal(), (400, 10_029));
    assert!(answer.said().contains("/rules") && answer.said().contains("\\\"a\\\""), "{}", answer.said());
    // nothing of it was kept
    assert_eq!(world.send(ask("GET", "{b}/inside/lock")).await.result(), json!({ "rules": [] }));
    assert_eq!(world.send(ask("GET", "{b}/inside/cors")).await.refusal(), (404, 10_059));
}
