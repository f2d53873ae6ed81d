//! The account, tokens of themselves, and the one question of GraphQL.

use auth::Caller;
use domain::{BucketName, ObjectKey, ObjectMetadata, StorageClass};
use serde_json::json;
use store::CreateUpload;

use crate::fixture::{ACCOUNT, ADMIN, OBJECTS, READER, World, ask, token_id};

#[tokio::test]
async fn a_token_verifies_itself() {
    let world = World::new().await;
    for (number, token) in [ADMIN, READER, OBJECTS].into_iter().enumerate() {
        for target in ["/client/v4/user/tokens/verify", "{a}/tokens/verify"] {
            let answer = world.send(ask("GET", target).token(token)).await;
            assert_eq!(answer.result(), json!({ "id": token_id(number), "status": "active" }), "{target}");
            let message = json!([{ "code": 10_000, "message": "This API Token is valid and active" }]);
            assert_eq!(answer.json()["messages"], message);
            assert_eq!(world.send(ask("GET", target).token("wrong")).await.refusal(), (401, 1_000));
        }
    }
}

#[tokio::test]
async fn the_account_is_the_only_one() {
    let world = World::new().await;
    let account = json!({ "id": ACCOUNT, "name": "Larder", "type": "standard" });
    let answer = world.send(ask("GET", "/client/v4/accounts?page=1")).await;
    assert_eq!(answer.result(), json!([account]));
    let info = answer.json()["result_info"].clone();
    assert_eq!(info, json!({ "per_page": 1000, "page": 1, "count": 1, "total_count": 1 }));
    assert_eq!(world.send(ask("GET", "/client/v4/accounts?page=2")).await.result(), json!([]));
    assert_eq!(world.send(ask("GET", "/client/v4/accounts?page=0")).await.refusal(), (400, 10_029));
    assert_eq!(world.send(ask("GET", "{a}")).await.result(), account);
    let memberships = world.send(ask("GET", "/client/v4/memberships")).await.result();
    assert_eq!(memberships, json!([{ "id": ACCOUNT, "status": "accepted", "account": account }]));
    assert_eq!(world.send(ask("GET", "/client/v4/user")).await.refusal(), (403, 9_109));
    assert_eq!(world.send(ask("GET", "/client/v4/accounts").token(OBJECTS)).await.refusal(), (403, 10_003));
}

#[tokio::test]
async fn what_a_bucket_holds_is_told() {
    let world = World::new().await;
    for (key, body) in [("a", "12345"), ("folder/b", "123")] {
        world.send(ask("PUT", &format!("{{b}}/inside/objects/{key}")).body(body)).await.result();
    }
    let question = |operation: &str, account: &str, bucket: &str| {
        let filter = json!({ "bucketName": bucket, "datetime_geq": "2026-01-01T00:00:00.000Z" });
        let query = "query getR2StorageMetrics { viewer { accounts { r2StorageAdaptiveGroups { max { objectCount } } } } }";
        let variables = json!({ "accountTag": account, "filter": filter });
        let document = json!({ "query": query, "operationName": operation, "variables": variables });
        ask("POST", "/client/v4/graphql").body(document.to_string())
    };
    let name = "getR2StorageMetrics";
    let answer = world.send(question(name, ACCOUNT, "inside")).await.json();
    let group = &answer["data"]["viewer"]["accounts"][0]["r2StorageAdaptiveGroups"][0];
    let inside = BucketName::parse("inside").expect("valid");
    let held = world.store.bucket_totals(&Caller::System, &inside).await.expect("reads").standard;
    // more than the keys
    assert!(held.metadata_bytes > 9, "{held:?}");
    assert_eq!(
        group["max"],
        json!({ "objectCount": 2, "payloadSize": 8, "metadataSize": held.metadata_bytes })
    );
    for bucket in ["nowhere", "eu_inside", "", "../x"] {
        let answer = world.send(question(name, ACCOUNT, bucket)).await.json();
        assert_eq!(answer["data"]["viewer"]["accounts"][0]["r2StorageAdaptiveGroups"], json!([]), "{bucket}");
    }
    for wrong in [question("getEverything", ACCOUNT, "inside"), question(name, "other", "inside")] {
        let answer = world.send(wrong).await;
        assert_eq!(answer.status, 400);
        assert!(answer.json()["data"].is_null() && answer.json()["errors"][0]["message"].is_string());
    }
    let answer = world.send(ask("POST", "/client/v4/graphql").body("{}")).await;
    assert_eq!(answer.refusal(), (400, 10_040));
}

#[tokio::test]
async fn what_the_account_holds_is_told_by_class() {
    let world = World::new().await;
    world.send(ask("POST", "{b}").body(r#"{"name":"second"}"#)).await.result();
    for (target, class, body) in
        [("inside/objects/a", "Standard", "12345"), ("second/objects/b", "InfrequentAccess", "123")]
    {
        let put = ask("PUT", &format!("{{b}}/{target}")).header("cf-r2-storage-class", class).body(body);
        world.send(put).await.result();
    }
    let (second, key) = (BucketName::parse("second").expect("valid"), ObjectKey::parse("c").expect("valid"));
    let metadata = ObjectMetadata { storage_class: StorageClass::StandardIa, ..ObjectMetadata::default() };
    let create = CreateUpload { metadata, ..CreateUpload::default() };
    world.store.create_upload(&Caller::System, &second, &key, &create).await.expect("begins");
    let totals = world.store.bucket_totals(&Caller::System, &second).await.expect("reads");
    let metrics = world.send(ask("GET", "{a}/r2/metrics")).await.result();
    let figures = |class: &str, sort: &str| {
        let amount = &metrics[class][sort];
        ["objects", "payloadSize", "metadataSize"].map(|name| amount[name].as_u64().expect("a number"))
    };
    let of_b = totals.infrequent_access.metadata_bytes;
    assert_eq!(figures("infrequentAccess", "published"), [1, 3, of_b]);
    assert_eq!(figures("standard", "published")[..2], [1, 5]);
    assert_eq!(figures("infrequentAccess", "uploaded"), [1, 0, 0]);
    assert_eq!(figures("standard", "uploaded"), [0, 0, totals.upload_metadata_bytes]);
    assert!(totals.upload_metadata_bytes > 0);
}

#[tokio::test]
async fn the_api_describes_itself_without_a_token() {
    let world = World::new().await;
    for method in ["GET", "HEAD"] {
        let answer = world.send(ask(method, "/client/v4/openapi.json").without("authorization")).await;
        assert_eq!(answer.status, 200);
        if method == "HEAD" {
            assert!(answer.body.is_empty());
            continue;
        }
        assert_eq!(
            (answer.header("content-type"), &answer.json()["openapi"]),
            ("application/json", &json!("3.1.0"))
        );
        let text = String::from_utf8_lossy(&answer.body);
        assert!(text.contains("event_notifications") && !text.contains(ACCOUNT));
    }
    let put = ask("PUT", "/client/v4/openapi.json").without("authorization");
    assert_eq!(world.send(put).await.refusal(), (400, 9_106));
}
