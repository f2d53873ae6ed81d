//! The account, tokens of themselves, and the one question of GraphQL.

use serde_json::json;

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
async fn what_a_bucket_holds_is_counted() {
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
    assert_eq!(group["max"], json!({ "objectCount": 2, "payloadSize": 8, "metadataSize": 9 }));
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
