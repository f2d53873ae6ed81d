//! The audit log and the limits of buckets, as the door has them.

use serde_json::json;

use crate::fixture::{OBJECTS, READER, World, ask, token_id};

#[tokio::test]
async fn the_log_is_for_admins_and_comes_in_pages() {
    let world = World::new().await;
    for _ in 0..2 {
        world.send(ask("DELETE", "{b}/inside/cors")).await.result();
    }
    assert_eq!(world.send(ask("PUT", "{b}/inside/cors").token(READER)).await.refusal(), (400, 10_040));
    let denied = ask("PATCH", "{b}/inside").header("cf-r2-storage-class", "Standard").token(READER);
    assert_eq!(world.send(denied).await.refusal(), (403, 10_003));
    assert_eq!(world.send(ask("GET", "{a}/logs/audit").token(OBJECTS)).await.refusal(), (403, 10_003));
    let read = async |query: &str| world.send(ask("GET", &format!("{{a}}/logs/audit?{query}"))).await;
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = read(&format!("limit=2&direction=asc&cursor={cursor}")).await;
        for entry in page.result().as_array().expect("a list") {
            found.push((entry["action"]["description"].clone(), entry["raw"]["code"].clone()));
        }
        let info = page.json()["result_info"].clone();
        assert_eq!(info["per_page"], 2);
        match info["cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    let expected = [
        (json!("CreateBucket"), json!(null)),
        (json!("DeleteBucketCors"), json!(null)),
        (json!("DeleteBucketCors"), json!(null)),
        (json!("PutCors"), json!("MalformedJson")),
        (json!("PatchBucket"), json!("AccessDenied")),
        (json!("ListAuditLogs"), json!("AccessDenied")),
    ];
    assert_eq!(found, expected);
    let entry = read("action_type=PatchBucket").await.result()[0].clone();
    assert_eq!(entry["action"]["result"], "failure");
    assert_eq!(entry["actor"]["token_id"], token_id(1));
    assert_eq!(entry["raw"]["status_code"], 403);
    let lines = read("format=jsonl").await;
    assert_eq!(lines.header("content-type"), "application/x-ndjson");
    assert_eq!(lines.body.split(|byte| *byte == b'\n').count(), 7, "six lines, each with its end");
    let wrong = read("actor_email=a").await;
    assert_eq!(wrong.refusal(), (400, 10_029));
    assert!(wrong.said().contains("raw_status_code"), "those that are known: {}", wrong.said());
}

#[tokio::test]
async fn what_is_refused_of_the_configuration_is_told_without_its_secrets() {
    let world = World::new().await;
    let sippy = r#"{"source":{"provider":"aws","region":"eu-west-1","bucket":"from","accessKeyId":"AKIA","secretAccessKey":"hidden"},
        "destination":{"provider":"r2","accessKeyId":"id","secretAccessKey":"hidden"}}"#;
    for (method, target, body) in [
        ("PUT", "{b}/inside/sippy", sippy),
        ("PUT", "{b}/inside/sippy", &sippy.replace("region", "hidden")),
        ("POST", "{b}/inside/jobs", r#"{"jobType":"prefixDelete","prefix":""}"#),
        ("POST", "{a}/queues", r#"{"queue_name":"q"}"#),
    ] {
        let refused = world.send(ask(method, target).token(READER).body(body.to_owned())).await;
        assert!([400, 403].contains(&refused.refusal().0), "{target}");
        assert!(!String::from_utf8_lossy(&refused.body).contains("hidden"), "{target}");
    }
    let log = world.send(ask("GET", "{a}/logs/audit?action_result=failure&direction=asc")).await.result();
    assert!(!log.to_string().contains("hidden"), "{log}");
    let told: Vec<_> = log
        .as_array()
        .expect("a list")
        .iter()
        .map(|entry| (entry["action"]["description"].as_str(), entry["resource"]["id"].as_str()))
        .collect();
    let inside = Some("inside");
    let expected = [
        (Some("PutSippy"), inside),
        (Some("PutSippy"), inside),
        (Some("CreateJob"), inside),
        (Some("CreateQueue"), None),
    ];
    assert_eq!(told, expected);
}

/// Jobs are settings to a bucket's limit, and what deletes by a prefix in one request is not.
#[tokio::test]
async fn a_buckets_limit_is_for_its_objects_and_not_for_its_jobs() {
    let world = World::new().await;
    world.send(ask("PUT", "{b}/inside/limits").body(r#"{"requests":{"perSecond":1}}"#)).await.result();
    for _ in 0..3 {
        let job = r#"{"jobType":"prefixDelete","prefix":"a/"}"#;
        world.send(ask("POST", "{b}/inside/jobs").body(job)).await.result();
        world.send(ask("GET", "{b}/inside/jobs")).await.result();
        world.send(ask("GET", "{b}/inside/domains/custom")).await.result();
    }
    let delete = ask("DELETE", "{b}/inside/objects?prefix=a/");
    world.send(delete.clone()).await.result();
    assert_eq!(world.send(delete).await.refusal(), (429, 10_058));
}

#[tokio::test]
async fn limits_are_set_shown_and_kept() {
    let world = World::new().await;
    let limits =
        async |method, body: &str| world.send(ask(method, "{b}/inside/limits").body(body.to_owned())).await;
    let none = json!({ "requests": null, "maxBytes": null, "maxObjects": null });
    assert_eq!(limits("GET", "").await.result(), none);
    let set = json!({ "requests": { "perSecond": 2, "burst": 2 }, "maxBytes": null, "maxObjects": null });
    assert_eq!(limits("PUT", r#"{"requests":{"perSecond":2}}"#).await.result(), set);
    assert_eq!(limits("GET", "").await.result(), set);
    assert_eq!(limits("PUT", r#"{"requests":{"perSecond":0}}"#).await.refusal(), (400, 10_029));
    assert_eq!(limits("PUT", r#"{"maxBytes":-1}"#).await.refusal(), (400, 10_040));
    let get = ask("GET", "{b}/inside/objects/missing");
    for _ in 0..2 {
        assert_eq!(world.send(get.clone()).await.refusal(), (404, 10_007));
    }
    let refused = world.send(get.clone()).await;
    assert_eq!((refused.refusal(), refused.header("retry-after")), ((429, 10_058), "1"));
    assert!(refused.said().contains("this bucket"), "{}", refused.said());
    assert_eq!(limits("DELETE", "").await.result(), none);
    assert_eq!(world.send(get).await.refusal(), (404, 10_007));
}

#[tokio::test]
async fn a_quota_is_set_and_refuses_what_goes_beyond() {
    let world = World::new().await;
    let quota = json!({ "requests": null, "maxBytes": 10, "maxObjects": 2 });
    let set = world.send(ask("PUT", "{b}/inside/limits").body(quota.to_string())).await;
    assert_eq!(set.result(), quota);
    let put = async |key: &str, body: &'static str| {
        world.send(ask("PUT", &format!("{{b}}/inside/objects/{key}")).body(body)).await
    };
    assert_eq!(put("a", "12345").await.status, 200);
    let refused = put("b", "123456").await;
    assert_eq!(refused.refusal(), (403, 10_003));
    assert!(refused.said().contains("10 bytes"), "{}", refused.said());
    assert_eq!(put("b", "1").await.status, 200);
    assert!(put("c", "").await.said().contains("2 objects"));
    assert_eq!(put("a", "123456789").await.status, 200, "what is there may change");
}
