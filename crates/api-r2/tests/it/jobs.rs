//! Jobs as they are asked for and shown, and what the account holds.

use auth::Caller;
use serde_json::{Value, json};
use store::{JobRound, JobStep};

use crate::fixture::{READER, World, ask};

impl World {
    async fn work(&self) {
        let mut round = JobRound::default();
        while self.store.work_on_jobs(&Caller::System, &mut round).await.expect("works") != JobStep::Idle {}
    }

    async fn put_objects(&self, keys: &[&str]) {
        for key in keys {
            self.send(ask("PUT", &format!("{{b}}/inside/objects/{key}")).body("12345")).await.result();
        }
    }

    async fn keys(&self) -> Vec<Value> {
        let objects = self.send(ask("GET", "{b}/inside/objects")).await.result();
        objects.as_array().expect("a list").iter().map(|object| object["key"].clone()).collect()
    }

    async fn start(&self, document: &Value) -> Value {
        self.clock.advance(std::time::Duration::from_millis(1));
        self.send(ask("POST", "{b}/inside/jobs").body(document.to_string())).await.result()
    }
}

#[tokio::test]
async fn a_job_is_asked_for_done_and_shown() {
    let world = World::new().await;
    world.put_objects(&["a/1", "a/2", "b/1"]).await;
    let job = world.start(&json!({ "jobType": "prefixDelete", "prefix": "a/" })).await;
    let one = format!("{{b}}/inside/jobs/{}", job["id"].as_str().unwrap());
    assert_eq!(
        (&job["status"], &job["jobType"], &job["prefix"]),
        (&json!("ENQUEUED"), &json!("prefixDelete"), &json!("a/"))
    );
    assert_eq!(world.send(ask("GET", &one)).await.result(), job);
    world.put_objects(&["a/later"]).await;
    world.work().await;
    let done = world.send(ask("GET", &one)).await.result();
    let expected = (&json!("COMPLETED"), &json!(2), &json!(0), &Value::Null);
    assert_eq!(
        (&done["status"], &done["processedObjects"], &done["skippedObjects"], &done["error"]),
        expected
    );
    assert!(done["finishedAt"].is_string());
    assert_eq!(world.keys().await, ["a/later", "b/1"]);
    for id in ["0".repeat(32), "job".to_owned()] {
        assert_eq!(world.send(ask("GET", &format!("{{b}}/inside/jobs/{id}"))).await.refusal(), (404, 7_003));
    }
}

#[tokio::test]
async fn objects_move_to_the_other_class_and_back() {
    let world = World::new().await;
    world.put_objects(&["a", "b"]).await;
    let class =
        async || world.send(ask("GET", "{b}/inside/objects")).await.result()[0]["storage_class"].clone();
    let there = json!({ "jobType": "storageClassMigration", "sourceStorageClass": "Standard",
        "destinationStorageClass": "InfrequentAccess" });
    world.start(&there).await;
    world.work().await;
    assert_eq!(class().await, "InfrequentAccess");
    let metrics = world.send(ask("GET", "{a}/r2/metrics")).await.result();
    let none = json!({ "objects": 0, "payloadSize": 0, "metadataSize": 0 });
    let moved = &metrics["infrequentAccess"]["published"];
    assert_eq!((&moved["objects"], &moved["payloadSize"]), (&json!(2), &json!(10)));
    assert_eq!(metrics["standard"]["published"], none);
    assert_eq!(metrics["infrequentAccess"]["uploaded"], none);
    let back = world.start(&json!({ "jobType": "storageClassMigration" })).await;
    assert_eq!(
        (&back["sourceStorageClass"], &back["destinationStorageClass"]),
        (&json!("InfrequentAccess"), &json!("Standard"))
    );
    world.work().await;
    assert_eq!(class().await, "Standard");
}

#[tokio::test]
async fn jobs_are_listed_in_pages_by_type_and_status() {
    let world = World::new().await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.insert(0, world.start(&json!({ "jobType": "prefixDelete", "prefix": "" })).await["id"].clone());
    }
    world.start(&json!({ "jobType": "storageClassMigration" })).await;
    let list = |query: String| world.send(ask("GET", &format!("{{b}}/inside/jobs{query}")));
    let first = list("?jobType=prefixDelete&maxKeys=2".to_owned()).await.result();
    assert_eq!(
        first["jobs"].as_array().unwrap().iter().map(|job| job["id"].clone()).collect::<Vec<_>>(),
        ids[..2]
    );
    let token = first["nextContinuationToken"].as_str().unwrap();
    let second =
        list(format!("?jobType=prefixDelete&status=ENQUEUED&continuationToken={token}")).await.result();
    assert_eq!((&second["jobs"][0]["id"], &second["nextContinuationToken"]), (&ids[2], &Value::Null));
    for (query, count) in
        [("", 4), ("?jobType=storageClassMigration", 1), ("?jobType=prefixDelete&status=CANCELLED", 0)]
    {
        assert_eq!(list(query.to_owned()).await.result()["jobs"].as_array().unwrap().len(), count, "{query}");
    }
    for (query, code) in [
        ("?status=RUNNING", 10_029),
        ("?jobType=other", 10_029),
        ("?maxKeys=0", 10_022),
        ("?continuationToken=x", 10_029),
    ] {
        assert_eq!(list(query.to_owned()).await.refusal(), (400, code), "{query}");
    }
}

#[tokio::test]
async fn jobs_that_are_refused_say_why() {
    let world = World::new().await;
    for (document, code, said) in [
        (r#"{"jobType":"prefixDelete","prefix":"a"}"#, 10_029, "ends in /"),
        (r#"{"jobType":"prefixDelete"}"#, 10_040, "prefix"),
        (r#"{"jobType":"storageClassMigration","sourceStorageClass":"Standard"}"#, 10_029, "both"),
        (
            r#"{"jobType":"storageClassMigration","sourceStorageClass":"Standard","destinationStorageClass":"Standard"}"#,
            10_029,
            "the same",
        ),
        (r#"{"jobType":"other"}"#, 10_040, "other"),
        ("{}", 10_040, "jobType"),
    ] {
        let answer = world.send(ask("POST", "{b}/inside/jobs").body(document)).await;
        assert_eq!(answer.refusal(), (400, code), "{document}");
        assert!(answer.said().contains(said), "{document}: {}", answer.said());
    }
    let empty = r#"{"jobType":"prefixDelete","prefix":""}"#;
    assert_eq!(
        world.send(ask("POST", "{b}/inside/jobs").token(READER).body(empty)).await.refusal(),
        (403, 10_003)
    );
    let queue = world.send(ask("POST", "{a}/queues").body(r#"{"queue_name":"q"}"#)).await.result();
    let target = format!(
        "{{a}}/event_notifications/r2/inside/configuration/queues/{}",
        queue["queue_id"].as_str().unwrap()
    );
    world.send(ask("PUT", &target).body(r#"{"rules":[{"actions":["PutObject"]}]}"#)).await.result();
    assert_eq!(world.send(ask("POST", "{b}/inside/jobs").body(empty)).await.refusal(), (409, 10_083));
    for _ in 0..100 {
        world.start(&json!({ "jobType": "prefixDelete", "prefix": "a/" })).await;
    }
    let more =
        world.send(ask("POST", "{b}/inside/jobs").body(r#"{"jobType":"storageClassMigration"}"#)).await;
    assert_eq!(more.refusal(), (429, 10_058));
    assert!(more.said().contains("100 jobs"), "{}", more.said());
}

/// As it was before there were jobs.
#[tokio::test]
async fn deleting_by_a_prefix_begins_a_job() {
    let world = World::new().await;
    world.put_objects(&["a/1", "b/1"]).await;
    let answer = world.send(ask("DELETE", "{b}/inside/objects?prefix=a/")).await;
    assert_eq!((&answer.result()["jobType"], answer.header("deprecation")), (&json!("prefixDelete"), "true"));
    world.work().await;
    assert_eq!(world.keys().await, ["b/1"]);
    for (target, body) in [("?prefix=b", ""), ("?prefix=b/", r#"["b/1"]"#), ("?prefix=", "{}")] {
        let both = ask("DELETE", &format!("{{b}}/inside/objects{target}")).body(body);
        assert_eq!(world.send(both).await.refusal(), (400, 10_029), "{target} {body}");
    }
}
