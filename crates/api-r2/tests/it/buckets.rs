//! Buckets: created, shown, changed, listed, deleted.

use domain::StorageClass;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::fixture::{World, ask};

#[tokio::test]
async fn a_buckets_life() {
    let world = World::new().await;
    let document = r#"{"name":"photos","locationHint":"weur","storageClass":"InfrequentAccess"}"#;
    let create = ask("POST", "{b}").header("content-type", "text/plain;charset=UTF-8").body(document);
    let answer = world.send(create.clone()).await;
    let bucket = answer.result();
    let expected = json!({ "name": "photos", "creation_date": bucket["creation_date"], "location": "weur",
        "jurisdiction": "default", "storage_class": "InfrequentAccess" });
    assert_eq!(bucket, expected);
    assert!(bucket["creation_date"].as_str().is_some_and(|date| date.ends_with('Z') && date.len() == 24));
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("x-request-id").len(), 32);
    assert_eq!(world.send(ask("GET", "{b}/photos")).await.result(), expected);
    assert_eq!(world.send(create).await.refusal(), (409, 10_004));
    assert_eq!(world.send(ask("PUT", "{b}/photos")).await.refusal(), (409, 10_004));
    let patch = |class: &str| ask("PATCH", "{b}/photos").header("cf-r2-storage-class", class);
    assert_eq!(world.send(patch("Standard")).await.result()["storage_class"], "Standard");
    assert_eq!(world.send(patch("STANDARD_IA")).await.refusal(), (400, 10_029));
    assert_eq!(world.send(ask("PATCH", "{b}/photos")).await.refusal(), (400, 10_029));
    assert_eq!(world.send(ask("GET", "{b}/photos")).await.result()["storage_class"], "Standard");
    world.send(ask("PUT", "{b}/photos/objects/a").body("x")).await.result();
    assert_eq!(world.send(ask("DELETE", "{b}/photos")).await.refusal(), (409, 10_008));
    world.send(ask("DELETE", "{b}/photos/objects/a")).await.result();
    assert_eq!(world.send(ask("DELETE", "{b}/photos")).await.result(), json!({}));
    for method in ["GET", "DELETE"] {
        assert_eq!(world.send(ask(method, "{b}/photos")).await.refusal(), (404, 10_006), "{method}");
    }
    assert_eq!(world.send(patch("Standard")).await.refusal(), (404, 10_006));
}

#[tokio::test]
async fn a_bucket_is_put_by_name_and_objects_take_its_class() {
    let world = World::new().await;
    let put = ask("PUT", "{b}/cold").header("cf-r2-storage-class", "InfrequentAccess");
    let bucket = world.send(put).await.result();
    assert_eq!(bucket["storage_class"], "InfrequentAccess");
    assert!(bucket.get("location").is_none());
    let stored = world.send(ask("PUT", "{b}/cold/objects/a").body("x")).await.result();
    assert_eq!(stored["storage_class"], "InfrequentAccess");
    let named = ask("PUT", "{b}/cold/objects/b").body("x").header("cf-r2-storage-class", "Standard");
    assert_eq!(world.send(named).await.result()["storage_class"], "Standard");
    let name = domain::BucketName::parse("cold").unwrap();
    let settings = world.store.bucket_settings(&auth::Caller::System, &name).await.unwrap();
    assert_eq!(settings.storage_class, StorageClass::StandardIa);
}

#[tokio::test]
async fn buckets_that_are_not_created_say_why() {
    let world = World::new().await;
    for (document, refusal, said) in [
        (r#"{"name":"Photos"}"#, (400, 10_005), "/name"),
        (r#"{"name":"ab"}"#, (400, 10_005), "3 to 63"),
        (r#"{"name":"photos","locationHint":"mars"}"#, (400, 10_029), "/locationHint"),
        (r#"{"name":"photos","storageClass":"GLACIER"}"#, (400, 10_040), "InfrequentAccess"),
        (r#"{"name":"photos","public":true}"#, (400, 10_040), "unknown field `public`"),
        (r#"{"name":"photos","name":"other"}"#, (400, 10_040), "duplicate field `name`"),
        (r#"{"locationHint":"weur"}"#, (400, 10_040), "missing field `name`"),
        ("", (400, 10_040), "EOF"),
        ("name=photos", (400, 10_040), "line 1"),
        (r#"["photos"]{}"#, (400, 10_040), ""),
    ] {
        let answer = world.send(ask("POST", "{b}").body(document)).await;
        assert_eq!(answer.refusal(), refusal, "{document}");
        assert!(answer.said().contains(said), "{document}: {}", answer.said());
    }
    let answer = world.send(ask("POST", "{b}").body(" ".repeat(17_000))).await;
    assert_eq!(answer.refusal(), (400, 10_029));
    let names: Vec<Value> =
        world.send(ask("GET", "{b}")).await.result()["buckets"].as_array().unwrap().clone();
    assert_eq!(names.len(), 1);
}

#[tokio::test]
async fn there_is_one_jurisdiction() {
    let world = World::new().await;
    for jurisdiction in ["default", ""] {
        let request = ask("GET", "{b}/inside").header("cf-r2-jurisdiction", jurisdiction);
        assert_eq!(world.send(request).await.status, 200, "{jurisdiction}");
    }
    for jurisdiction in ["eu", "fedramp"] {
        let within = |request: crate::fixture::Ask| request.header("cf-r2-jurisdiction", jurisdiction);
        for target in
            ["{b}/inside", "{b}/inside/cors", "{b}/inside/lock", "{b}/inside/objects", "{b}/inside/objects/a"]
        {
            assert_eq!(world.send(within(ask("GET", target))).await.refusal(), (404, 10_006), "{target}");
        }
        assert_eq!(world.send(within(ask("DELETE", "{b}/inside"))).await.refusal(), (404, 10_006));
        let list = world.send(within(ask("GET", "{b}"))).await.result();
        assert_eq!(list, json!({ "buckets": [] }));
        let create = within(ask("POST", "{b}").body(r#"{"name":"photos"}"#));
        assert_eq!(world.send(create).await.refusal(), (400, 10_029));
        assert_eq!(world.send(within(ask("PUT", "{b}/photos"))).await.refusal(), (400, 10_029));
    }
    let mars = ask("GET", "{b}/inside").header("cf-r2-jurisdiction", "mars");
    assert_eq!(world.send(mars).await.refusal(), (400, 10_029));
}

async fn names(world: &World, query: &str) -> (Vec<String>, Option<String>) {
    let answer = world.send(ask("GET", &format!("{{b}}?{query}"))).await;
    let result = answer.result();
    let names = result["buckets"].as_array().expect("a list").iter();
    let names = names.map(|bucket| bucket["name"].as_str().expect("a name").to_owned()).collect();
    let info = answer.json()["result_info"].clone();
    (names, info["cursor"].as_str().map(str::to_owned))
}

#[tokio::test]
async fn buckets_are_searched_and_paged_in_both_orders() {
    let world = World::new().await;
    let mut all = vec!["inside".to_owned()];
    for name in ["alpha", "alphabet", "beta", "gamma-alpha", "zeta"] {
        world.send(ask("PUT", &format!("{{b}}/{name}"))).await.result();
        all.push(name.to_owned());
    }
    all.sort();
    assert_eq!(names(&world, "").await, (all.clone(), None));
    let matching: Vec<_> = all.iter().filter(|name| name.contains("alpha")).cloned().collect();
    assert_eq!(names(&world, "name_contains=alpha").await, (matching, None));
    let down: Vec<_> = all.iter().rev().cloned().collect();
    assert_eq!(names(&world, "direction=desc&order=name").await, (down.clone(), None));
    assert_eq!(names(&world, "start_after=beta").await.0, all[3..]);
    assert_eq!(names(&world, "start_after=beta&direction=desc").await.0, down[4..]);
    for (direction, expected) in [("asc", &all), ("desc", &down)] {
        for per_page in 1..=7 {
            let (mut got, mut cursor) = (Vec::new(), String::new());
            loop {
                let query = format!("direction={direction}&per_page={per_page}&cursor={cursor}");
                let (page, next) = names(&world, &query).await;
                assert!(page.len() <= per_page && !page.is_empty());
                got.extend(page);
                let Some(next) = next else { break };
                cursor = next;
            }
            assert_eq!(got, *expected, "{direction} {per_page}");
        }
    }
    for (query, code) in [
        ("per_page=0", 10_022),
        ("per_page=1001", 10_022),
        ("per_page=x", 10_022),
        ("order=size", 10_029),
        ("direction=up", 10_029),
        ("cursor=!", 10_029),
        ("name_contains=%FF", 10_029),
    ] {
        assert_eq!(world.send(ask("GET", &format!("{{b}}?{query}"))).await.refusal(), (400, code), "{query}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn any_query_is_answered(query in "[a-z_=&%+A-Z0-9]{0,60}") {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let world = World::new().await;
            let answer = world.send(ask("GET", &format!("{{b}}?{query}"))).await;
            assert!(answer.status.as_u16() < 500, "{query}");
        });
    }
}
