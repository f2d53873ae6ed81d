//! What is configured beside objects: domains, migration, local uploads, queues and notifications.

use http::StatusCode;
use serde_json::{Value, json};

use crate::fixture::{ACCOUNT, READER, World, ask};

const ZONE: &str = "00112233445566778899aabbccddeeff";

fn custom(domain: &str) -> String {
    json!({ "domain": domain, "zoneId": ZONE, "enabled": true, "minTLS": "1.2" }).to_string()
}

#[tokio::test]
async fn custom_domains_are_kept_changed_in_part_and_removed() {
    let world = World::new().await;
    let (list, one) = ("{b}/inside/domains/custom", "{b}/inside/domains/custom/files.example.com");
    assert_eq!(world.send(ask("GET", list)).await.result(), json!({ "domains": [] }));
    let added = world.send(ask("POST", list).body(custom("Files.example.com"))).await.result();
    let kept = json!({ "domain": "files.example.com", "enabled": true, "minTLS": "1.2", "ciphers": [], "zoneId": ZONE });
    assert_eq!(added, kept);
    let mut shown = kept.clone();
    shown["status"] = json!({ "ownership": "unknown", "ssl": "unknown" });
    assert_eq!(world.send(ask("GET", one)).await.result(), shown);
    assert_eq!(world.send(ask("GET", list)).await.result(), json!({ "domains": [shown] }));
    // as wrangler sends it: it must not disable the domain
    let part = json!({ "domain": "files.example.com", "minTLS": "1.3" }).to_string();
    let changed = world.send(ask("PUT", one).body(part)).await.result();
    assert_eq!((&changed["enabled"], &changed["minTLS"]), (&json!(true), &json!("1.3")));
    let changed =
        world.send(ask("PUT", one).body(r#"{"enabled":false,"ciphers":["ECDHE-RSA"]}"#)).await.result();
    let expected = (&json!(false), &json!("1.3"), &json!(["ECDHE-RSA"]));
    assert_eq!((&changed["enabled"], &changed["minTLS"], &changed["ciphers"]), expected);
    assert_eq!(world.send(ask("DELETE", one)).await.result(), json!({ "domain": "files.example.com" }));
    for request in [ask("GET", one), ask("DELETE", one), ask("PUT", one).body("{}")] {
        assert_eq!(world.send(request).await.refusal(), (404, 7_003));
    }
}

#[tokio::test]
async fn a_domain_that_is_taken_or_is_none_is_refused() {
    let world = World::new().await;
    world.send(ask("PUT", "{b}/second")).await.result();
    world.send(ask("POST", "{b}/inside/domains/custom").body(custom("a.example.com"))).await.result();
    let taken = world.send(ask("POST", "{b}/second/domains/custom").body(custom("a.example.com"))).await;
    assert_eq!(taken.refusal(), (409, 10_029));
    assert!(taken.said().contains("bucket inside"), "{}", taken.said());
    let enabled = r#""enabled":true"#;
    for (document, code, said) in [
        (custom("https://a.example.com"), 10_029, "/domain"),
        (custom("a"), 10_029, "files.example.com"),
        (format!(r#"{{"domain":"b.c","zoneId":"z",{enabled}}}"#), 10_029, "/zoneId"),
        (format!(r#"{{"domain":"b.c","zoneId":"{ZONE}",{enabled},"ciphers":["a b"]}}"#), 10_029, "/ciphers"),
        (format!(r#"{{"domain":"b.c","zoneId":"{ZONE}",{enabled},"minTLS":"1.4"}}"#), 10_040, "1.4"),
        (format!(r#"{{"domain":"b.c","zoneId":"{ZONE}",{enabled},"zoneName":"b"}}"#), 10_040, "zoneName"),
        (format!(r#"{{"domain":"b.c","zoneId":"{ZONE}"}}"#), 10_040, "enabled"),
    ] {
        let answer = world.send(ask("POST", "{b}/second/domains/custom").body(document.clone())).await;
        assert_eq!(answer.refusal(), (400, code), "{document}");
        assert!(answer.said().contains(said), "{document}: {}", answer.said());
    }
    let one = "{b}/inside/domains/custom/a.example.com";
    let other = world.send(ask("PUT", one).body(r#"{"domain":"b.example.com"}"#)).await;
    assert_eq!(other.refusal(), (400, 10_029));
    assert_eq!(world.send(ask("GET", "{b}/inside/domains/custom/a")).await.refusal(), (400, 10_029));
    assert_eq!(world.send(ask("GET", "{b}/nowhere/domains/custom")).await.refusal(), (404, 10_006));
    assert_eq!(world.send(ask("DELETE", one).token(READER)).await.refusal(), (403, 10_003));
    let elsewhere = ask("GET", "{b}/inside/domains/custom").header("cf-r2-jurisdiction", "eu");
    assert_eq!(world.send(elsewhere).await.refusal(), (404, 10_006));
    // its bucket takes it along
    world.send(ask("DELETE", "{b}/inside")).await.result();
    world.send(ask("POST", "{b}/second/domains/custom").body(custom("a.example.com"))).await.result();
}

#[tokio::test]
async fn zones_are_looked_up_by_name_and_domains_name_theirs() {
    let world = World::new().await;
    let answer = world.send(ask("GET", "/client/v4/zones?name=example.com")).await;
    let zone = answer.result()[0].clone();
    assert_eq!(
        (&zone["name"], &zone["status"], &zone["account"]["id"]),
        (&json!("example.com"), &json!("active"), &json!(ACCOUNT))
    );
    assert_eq!(answer.json()["result_info"]["total_count"], 1);
    let domain = json!({ "domain": "a.b.example.com", "zoneId": zone["id"], "enabled": true }).to_string();
    world.send(ask("POST", "{b}/inside/domains/custom").body(domain)).await.result();
    let shown = world.send(ask("GET", "{b}/inside/domains/custom/a.b.example.com")).await.result();
    assert_eq!(shown["zoneName"], "example.com");
    assert_eq!(world.send(ask("GET", "/client/v4/zones?name=nothing")).await.result(), json!([]));
    assert_eq!(world.send(ask("GET", "/client/v4/zones")).await.refusal(), (400, 10_029));
}

#[tokio::test]
async fn the_managed_domain_and_local_uploads_are_switched() {
    let world = World::new().await;
    let managed = "{b}/inside/domains/managed";
    let first = world.send(ask("GET", managed)).await.result();
    assert_eq!(first["enabled"], false);
    let id = first["bucketId"].as_str().unwrap();
    assert_eq!(first["domain"], format!("pub-{id}.r2.localhost:9000"));
    let on = world.send(ask("PUT", managed).body(r#"{"enabled":true}"#)).await.result();
    assert_eq!((&on["enabled"], &on["bucketId"]), (&json!(true), &first["bucketId"]));
    assert_eq!(world.send(ask("GET", managed)).await.result(), on);
    let uploads = "{b}/inside/local-uploads";
    assert_eq!(world.send(ask("GET", uploads)).await.result(), json!({ "enabled": false }));
    assert_eq!(
        world.send(ask("PUT", uploads).body(r#"{"enabled":true}"#)).await.result(),
        json!({ "enabled": true })
    );
    assert_eq!(world.send(ask("GET", uploads)).await.result(), json!({ "enabled": true }));
    for target in [managed, uploads] {
        for wrong in ["", "{}", r#"{"enabled":"yes"}"#, r#"{"enabled":true,"more":1}"#] {
            assert_eq!(world.send(ask("PUT", target).body(wrong)).await.refusal(), (400, 10_040), "{wrong}");
        }
        let reader = ask("PUT", target).token(READER).body(r#"{"enabled":true}"#);
        assert_eq!(world.send(reader).await.refusal(), (403, 10_003));
    }
}

#[tokio::test]
async fn a_migration_is_kept_and_its_secrets_never_come_back() {
    let world = World::new().await;
    let target = "{b}/inside/sippy";
    assert_eq!(world.send(ask("GET", target)).await.result(), json!({ "enabled": false }));
    let destination = json!({ "provider": "r2", "accessKeyId": "key-id", "secretAccessKey": "hush-there" });
    let sources = [
        (
            json!({ "provider": "aws", "region": "eu-west-1", "bucket": "b", "accessKeyId": "A", "secretAccessKey": "hush-here" }),
            json!({ "provider": "aws", "region": "eu-west-1", "bucket": "b" }),
        ),
        (
            json!({ "provider": "gcs", "bucket": "b", "clientEmail": "a@b", "privateKey": "hush-here" }),
            json!({ "provider": "gcs", "bucket": "b" }),
        ),
        (
            json!({ "provider": "s3", "bucketUrl": "https://s3.example.com/b", "accessKeyId": "A", "secretAccessKey": "hush-here" }),
            json!({ "provider": "s3", "bucketUrl": "https://s3.example.com/b" }),
        ),
        (
            json!({ "provider": "azure", "accountName": "a", "container": "c", "sasToken": "hush-here" }),
            json!({ "provider": "azure", "container": "c" }),
        ),
    ];
    for (source, shown) in sources {
        let document = json!({ "source": source, "destination": destination }).to_string();
        let answer = world.send(ask("PUT", target).body(document)).await;
        let expected = json!({ "enabled": true, "source": shown,
            "destination": { "provider": "r2", "account": ACCOUNT, "bucket": "inside", "accessKeyId": "key-id" } });
        assert_eq!(answer.result(), expected);
        let shown = world.send(ask("GET", target)).await;
        assert_eq!(shown.result(), expected);
        let said = [answer.body, shown.body].concat();
        assert!(!String::from_utf8_lossy(&said).contains("hush"));
    }
    let aws = |more: &str| {
        format!(
            r#"{{"source":{{"provider":"aws","region":"r","bucket":"b","accessKeyId":"A"{more}}},"destination":{destination}}}"#
        )
    };
    for (document, code) in [
        (aws(r#","secretAccessKey":["hush"]"#), 10_040),
        (aws(r#","secretAccessKey":"hush","hush":1"#), 10_040),
        (aws(""), 10_040),
        (r#"{"source":"hush"}"#.to_owned(), 10_040),
        (r#"{"hush"#.to_owned(), 10_040),
        (aws(r#","secretAccessKey":"""#), 10_029),
        (aws(r#","secretAccessKey":"hush""#).replace("\"aws\"", "\"ftp\""), 10_040),
        (json!({ "source": { "provider": "azure", "accountName": "a", "container": "c" }, "destination": destination }).to_string(), 10_029),
        (json!({ "source": { "provider": "s3", "bucketUrl": "s3.example.com", "accessKeyId": "A", "secretAccessKey": "hush" }, "destination": destination }).to_string(), 10_029),
    ] {
        let answer = world.send(ask("PUT", target).body(document.clone())).await;
        assert_eq!(answer.refusal(), (400, code), "{document}");
        assert!(!answer.said().contains("hush"), "{}", answer.said());
    }
    assert_eq!(world.send(ask("GET", target)).await.result()["source"]["provider"], "azure");
    assert_eq!(world.send(ask("DELETE", target)).await.result(), json!({ "enabled": false }));
    assert_eq!(world.send(ask("GET", target)).await.result(), json!({ "enabled": false }));
}

#[tokio::test]
async fn queues_are_made_and_notifications_configured_for_them() {
    let world = World::new().await;
    let queue = world.send(ask("POST", "{a}/queues").body(r#"{"queue_name":"my-queue"}"#)).await.result();
    let id = queue["queue_id"].as_str().unwrap().to_owned();
    let again = world.send(ask("POST", "{a}/queues").body(r#"{"queue_name":"my-queue"}"#)).await;
    assert_eq!(again.refusal(), (409, 10_029));
    let named = world.send(ask("GET", "{a}/queues?page=1&name=my-queue")).await;
    assert_eq!((named.result(), &named.json()["result_info"]["total_count"]), (json!([queue]), &json!(1)));
    assert_eq!(world.send(ask("GET", "{a}/queues?name=my")).await.result(), json!([]));
    assert_eq!(world.send(ask("GET", &format!("{{a}}/queues/{id}"))).await.result(), queue);
    let target = format!("{{a}}/event_notifications/r2/inside/configuration/queues/{id}");
    let rules = |prefix: &str, action: &str| {
        json!({ "rules": [{ "prefix": prefix, "suffix": "", "actions": [action] }] }).to_string()
    };
    let put = world.send(ask("PUT", &target).body(rules("a/", "PutObject"))).await;
    assert_eq!(put.result(), Value::Null);
    assert_eq!(
        world.send(ask("PUT", &target).body(rules("a/b", "PutObject"))).await.refusal(),
        (409, 10_029)
    );
    world.send(ask("PUT", &target).body(rules("a/", "DeleteObject"))).await.result();
    let all = "{a}/event_notifications/r2/inside/configuration";
    let shown = world.send(ask("GET", all)).await.result();
    let group = &shown["queues"][0];
    assert_eq!(
        (&shown["bucketName"], &group["queueName"], &group["queueId"]),
        (&json!("inside"), &json!("my-queue"), &json!(id))
    );
    assert_eq!(world.send(ask("GET", &target)).await.result(), *group);
    let rule = &group["rules"][0];
    assert_eq!((&rule["prefix"], &rule["actions"]), (&json!("a/"), &json!(["PutObject"])));
    assert_eq!(world.send(ask("DELETE", &format!("{{a}}/queues/{id}"))).await.refusal(), (409, 10_029));
    let one = json!({ "ruleIds": [rule["ruleId"]] }).to_string();
    assert_eq!(world.send(ask("DELETE", &target).body(one.clone())).await.result(), Value::Null);
    assert_eq!(world.send(ask("DELETE", &target).body(one)).await.refusal(), (404, 7_003));
    assert_eq!(world.send(ask("DELETE", &target)).await.result(), Value::Null);
    assert_eq!(world.send(ask("GET", all)).await.result(), json!({ "bucketName": "inside", "queues": [] }));
    assert_eq!(world.send(ask("GET", &target)).await.refusal(), (404, 7_003));
    world.send(ask("DELETE", &format!("{{a}}/queues/{id}"))).await.result();
    assert_eq!(world.send(ask("PUT", &target).body(rules("", "PutObject"))).await.refusal(), (404, 7_003));
    assert_eq!(world.send(ask("GET", &format!("{{a}}/queues/{id}"))).await.refusal(), (404, 7_003));
}

#[tokio::test]
async fn notifications_and_queues_that_are_refused_say_why() {
    let world = World::new().await;
    let queue = world.send(ask("POST", "{a}/queues").body(r#"{"queue_name":"q"}"#)).await.result();
    let target = format!(
        "{{a}}/event_notifications/r2/inside/configuration/queues/{}",
        queue["queue_id"].as_str().unwrap()
    );
    let long = "p".repeat(1_025);
    for (document, code, said) in [
        (r#"{"rules":[]}"#.to_owned(), 10_029, "1 to 100"),
        (r#"{"rules":[{"actions":[]}]}"#.to_owned(), 10_029, "at least one"),
        (r#"{"rules":[{"actions":["GetObject"]}]}"#.to_owned(), 10_040, "GetObject"),
        (format!(r#"{{"rules":[{{"actions":["PutObject"],"prefix":"{long}"}}]}}"#), 10_029, "1024"),
        (
            format!(r#"{{"rules":[{{"actions":["PutObject"],"description":"{long}"}}]}}"#),
            10_029,
            "description",
        ),
        ("[]".to_owned(), 10_040, ""),
    ] {
        let answer = world.send(ask("PUT", &target).body(document.clone())).await;
        assert_eq!(answer.refusal(), (400, code), "{document}");
        assert!(answer.said().contains(said), "{document}: {}", answer.said());
    }
    for name in ["", "-q", "Q", &"q".repeat(64)] {
        let answer =
            world.send(ask("POST", "{a}/queues").body(json!({ "queue_name": name }).to_string())).await;
        assert_eq!(answer.refusal(), (400, 10_029), "{name}");
    }
    let reader = ask("POST", "{a}/queues").token(READER).body(r#"{"queue_name":"r"}"#);
    assert_eq!(world.send(reader).await.refusal(), (403, 10_003));
    assert_eq!(world.send(ask("GET", "{a}/queues").token(READER)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_is_not_built_says_so() {
    let world = World::new().await;
    assert_eq!(world.send(ask("GET", "{a}/r2-catalog/inside")).await.refusal(), (404, 40_401));
    for request in [
        ask("POST", "{a}/r2-catalog/inside/enable").body(""),
        ask("GET", "{a}/slurper/jobs"),
        ask("PUT", "{a}/slurper/source/connectivity-precheck").body("{}"),
    ] {
        let answer = world.send(request).await;
        assert_eq!(answer.refusal(), (501, 10_015));
        assert!(answer.said().contains("not built"), "{}", answer.said());
    }
}
