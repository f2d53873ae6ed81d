//! API tokens over REST: a token's life, what is refused and where, who may, and what each learns of itself.

use std::time::Duration;

use serde_json::{Value, json};

use crate::fixture::{ACCOUNT, ADMIN, Answer, Ask, OBJECTS, READER, World, ask, token_id};

const STORAGE_WRITE: &str = "bf7481a1826f439697cb59a20b22293e";
const STORAGE_READ: &str = "b4992e1108244f5d8bfbd5744320c2e1";
const ITEM_WRITE: &str = "2efd5506f9c8494dacb1fa10a3e7d5b6";
pub(crate) const ITEM_READ: &str = "6a018a9f2fc74eb6b293b0c548f38b39";

/// A group on resources, as a body.
pub(crate) fn wanted(group: &str, resources: &Value) -> Value {
    let policy = json!({ "effect": "allow", "resources": resources, "permission_groups": [{ "id": group }] });
    json!({ "name": "app", "policies": [policy] })
}

fn account() -> Value {
    json!({ format!("com.cloudflare.api.account.{ACCOUNT}"): "*" })
}

fn all_buckets() -> Value {
    json!({ format!("com.cloudflare.api.account.{ACCOUNT}"): { "com.cloudflare.edge.r2.bucket.*": "*" } })
}

pub(crate) fn bucket(name: &str) -> Value {
    json!({ format!("com.cloudflare.edge.r2.bucket.{ACCOUNT}_default_{name}"): "*" })
}

/// With more members.
pub(crate) fn with(mut document: Value, more: &Value) -> Value {
    for (name, value) in more.as_object().expect("an object") {
        document[name] = value.clone();
    }
    document
}

pub(crate) fn send(method: &'static str, target: &str, document: &Value) -> Ask {
    ask(method, target).body(document.to_string())
}

pub(crate) async fn create(world: &World, document: &Value) -> Value {
    world.send(send("POST", "{a}/tokens", document)).await.result()
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

async fn works(world: &World, value: &str) -> bool {
    world.send(ask("GET", "{b}").token(value)).await.status == 200
}

#[tokio::test]
async fn a_tokens_life_over_rest() {
    let world = World::new().await;
    for base in ["{a}/tokens", "/client/v4/user/tokens"] {
        let made = world.send(send("POST", base, &wanted(STORAGE_READ, &account()))).await.result();
        let (id, value) = (text(&made["id"]), text(&made["value"]));
        assert!(value.starts_with("cfat_") && id.len() == 32, "{made}");
        let group = json!({ "id": STORAGE_READ, "name": "Workers R2 Storage Read" });
        let policy = json!({ "effect": "allow", "resources": account(), "permission_groups": [group] });
        let moment = "2026-01-01T00:00:00Z";
        let shown = json!({
            "id": id, "name": "app", "status": "active", "issued_on": moment, "modified_on": moment,
            "last_used_on": null, "policies": [policy],
        });
        assert_eq!(with(made, &json!({ "value": null })), with(shown.clone(), &json!({ "value": null })));
        let one = format!("{base}/{id}");
        assert_eq!(world.send(ask("GET", &one)).await.result(), shown);
        assert!(works(&world, &value).await);
        let used = world.send(ask("GET", &one)).await.result();
        assert_eq!(used, with(shown, &json!({ "last_used_on": moment })));
        assert_eq!(world.send(ask("GET", base)).await.result(), json!([used]));

        // what was shown can be sent back, with a change
        let off = with(used, &json!({ "status": "disabled", "name": "off" }));
        let changed = world.send(send("PUT", &one, &off)).await.result();
        assert_eq!((&changed["status"], &changed["name"]), (&json!("disabled"), &json!("off")));
        assert!(!works(&world, &value).await);
        // an id of Cloudflare's, as its own documents have
        let mut document = off.clone();
        document["policies"][0]["id"] = json!("f267e341f3dd4697bd3b9f71dd96247f");
        let again = world.send(send("PUT", &one, &document)).await.result();
        assert_eq!(again["policies"], changed["policies"]);
        // without a status it stays as it is
        let kept = world.send(send("PUT", &one, &wanted(STORAGE_READ, &account()))).await.result();
        assert_eq!((&kept["status"], &kept["name"]), (&json!("disabled"), &json!("app")));
        let on = with(kept, &json!({ "status": "active" }));
        world.send(send("PUT", &one, &on)).await.result();
        assert!(works(&world, &value).await);

        for body in ["{}", ""] {
            let rolled = world.send(ask("PUT", &format!("{one}/value")).body(body)).await.result();
            let rolled = text(&rolled);
            assert!(rolled != value && works(&world, &rolled).await && !works(&world, &value).await);
        }
        assert_eq!(world.send(ask("DELETE", &one)).await.result(), json!({ "id": id }));
        for (method, target) in
            [("GET", one.clone()), ("DELETE", one.clone()), ("PUT", one.clone() + "/value")]
        {
            let answer = world.send(ask(method, &target)).await;
            assert_eq!(answer.refusal(), (404, 7003), "{method}");
        }
        let document = wanted(ITEM_READ, &all_buckets());
        assert_eq!(world.send(send("PUT", &one, &document)).await.refusal(), (404, 7003));
        assert_eq!(world.send(ask("GET", base)).await.result(), json!([]));
    }
}

#[tokio::test]
async fn policies_conditions_and_times_are_shown_as_they_were_sent() {
    let world = World::new().await;
    let condition =
        json!({ "request_ip": { "in": ["10.0.0.0/8", "2001:db8::/32"], "not_in": ["10.0.0.1/32"] } });
    let times = json!({ "not_before": "2025-01-01T00:00:00Z", "expires_on": "2026-06-01T00:00:00.500Z" });
    let made = create(
        &world,
        &with(with(wanted(ITEM_WRITE, &all_buckets()), &times), &json!({ "condition": condition })),
    )
    .await;
    for member in ["not_before", "expires_on"] {
        assert_eq!(made[member], times[member]);
    }
    assert_eq!((&made["condition"], &made["policies"][0]["resources"]), (&condition, &all_buckets()));
    // the name in older examples, one address, and null for none
    let old = json!({ "request.ip": { "in": ["192.0.2.7"], "not_in": null } });
    let document =
        with(wanted(ITEM_READ, &bucket("inside")), &json!({ "condition": old, "expires_on": null }));
    let made = create(&world, &document).await;
    let expected = json!({ "request_ip": { "in": ["192.0.2.7/32"], "not_in": [] } });
    assert_eq!((&made["condition"], &made["policies"][0]["resources"]), (&expected, &bucket("inside")));
    // two policies, and buckets of a jurisdiction
    let elsewhere = json!({ format!("com.cloudflare.edge.r2.bucket.{ACCOUNT}_eu_other"): "*" });
    let mut document = wanted(STORAGE_WRITE, &account());
    let second = wanted(ITEM_READ, &elsewhere)["policies"][0].clone();
    document["policies"].as_array_mut().expect("a list").push(second);
    let made = create(&world, &document).await;
    assert_eq!(made["policies"][1]["resources"], elsewhere);
    let replaced = world
        .send(send("PUT", &format!("{{a}}/tokens/{}", text(&made["id"])), &wanted(ITEM_READ, &all_buckets())))
        .await
        .result();
    assert_eq!(replaced["policies"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_token_that_is_not_kept_says_where_and_why() {
    let world = World::new().await;
    let good = || wanted(ITEM_READ, &bucket("inside"));
    let other = ACCOUNT.replace('1', "2");
    let policy = |policy: Value| with(good(), &json!({ "policies": [policy] }));
    let groups = json!([{ "id": ITEM_READ }]);
    let of = |resources: Value| wanted(ITEM_READ, &resources);
    let ips = |list: Value| with(good(), &json!({ "condition": { "request_ip": list } }));
    let cases = [
        (json!([]), 10_040, "", "this is a list"),
        (json!({ "name": "app" }), 10_040, "", "missing field `policies`"),
        (with(good(), &json!({ "value": "mine" })), 10_040, "/value", "unknown field"),
        (
            policy(json!({ "effect": "deny", "resources": {}, "permission_groups": [] })),
            10_040,
            "/policies/0/effect",
            "deny",
        ),
        (policy(json!({ "meta": "x" })), 10_040, "/policies/0/meta", "unknown field"),
        (
            policy(json!({ "effect": "allow", "resources": 1, "permission_groups": groups })),
            10_040,
            "/policies/0/resources",
            "invalid type",
        ),
        (of(json!({ "a": 1 })), 10_040, "/policies/0/resources/a", "a resource is"),
        (ips(json!([null, null])), 10_040, "/condition/request_ip", "invalid type: sequence"),
        (ips(json!({ "in": [], "only": [] })), 10_040, "/condition/request_ip/only", "unknown field"),
        (with(good(), &json!({ "status": "on" })), 10_040, "/status", "unknown variant"),
        (
            policy(
                json!({ "id": "x", "effect": "allow", "resources": bucket("inside"), "permission_groups": groups }),
            ),
            1_001,
            "/policies/0/id",
            "Reusing existing policies is not supported",
        ),
        (with(good(), &json!({ "name": "" })), 1_001, "", "1 to 120"),
        (with(good(), &json!({ "policies": [] })), 1_001, "", "needs a policy"),
        (wanted("f00d", &bucket("inside")), 1_001, "/policies/0/permission_groups/0/id", ITEM_READ),
        (wanted(STORAGE_READ, &all_buckets()), 1_001, "", "Storage groups are for the account"),
        (wanted(ITEM_READ, &account()), 1_001, "", "Bucket Item groups for buckets"),
        (of(json!({ "a/b": "*" })), 1_001, "/policies/0/resources/a~1b", "_default_<bucket>"),
        (
            of(json!({ format!("com.cloudflare.edge.r2.bucket.{other}_default_inside"): "*" })),
            1_001,
            "/policies/0/resources/com",
            ACCOUNT,
        ),
        (
            of(json!({ format!("com.cloudflare.edge.r2.bucket.{ACCOUNT}_mars_inside"): "*" })),
            1_001,
            "/policies/0/resources/com",
            ACCOUNT,
        ),
        (
            of(json!({ format!("com.cloudflare.edge.r2.bucket.{ACCOUNT}_default_No"): "*" })),
            1_001,
            "/policies/0/resources/com",
            ACCOUNT,
        ),
        (
            of(json!({ format!("com.cloudflare.edge.r2.bucket.{ACCOUNT}_default_inside"): "x" })),
            1_001,
            "/policies/0/resources/com",
            ACCOUNT,
        ),
        (
            of(json!({ format!("com.cloudflare.api.account.{other}"): "*" })),
            1_001,
            "/policies/0/resources/com",
            ACCOUNT,
        ),
        (of(json!({ "com.cloudflare.edge.r2.bucket.*": "*" })), 1_001, "/policies/0/resources/com", ACCOUNT),
        (ips(json!({ "in": ["10.0.0.1", "nowhere"] })), 1_001, "/condition/request_ip/in/1", "192.0.2.0/24"),
        (ips(json!({ "not_in": ["10.0.0.0/99"] })), 1_001, "/condition/request_ip/not_in/0", "192.0.2.0/24"),
        (with(good(), &json!({ "expires_on": "soon" })), 1_001, "/expires_on", "ISO 8601"),
        (with(good(), &json!({ "not_before": 7 })), 10_040, "/not_before", "invalid type"),
        (
            with(good(), &json!({ "not_before": "2026-03-01", "expires_on": "2026-02-01" })),
            1_001,
            "",
            "expires after it begins",
        ),
        (with(good(), &json!({ "status": "expired" })), 1_001, "/status", "active or disabled"),
    ];
    for (document, code, place, why) in cases {
        let answer = world.send(send("POST", "{a}/tokens", &document)).await;
        assert_eq!(answer.refusal(), (400, code), "{document} {}", answer.said());
        let pointer = answer.json()["errors"][0]["source"]["pointer"].clone();
        let is_there =
            pointer.as_str().unwrap_or_default().starts_with(place) && place.is_empty() == pointer.is_null();
        assert!(is_there, "{document}: {pointer}");
        assert!(answer.said().contains(why), "{document}: {}", answer.said());
    }
    // a name that is there twice would be a guess
    let twice = good().to_string().replacen(
        r#"_default_inside":"*""#,
        &format!(r#"_default_inside":"*","com.cloudflare.edge.r2.bucket.{ACCOUNT}_default_inside":"*""#),
        1,
    );
    let answer = world.send(ask("POST", "{a}/tokens").body(twice)).await;
    assert!(answer.refusal() == (400, 10_040) && answer.said().contains("twice"), "{}", answer.said());
    let large = format!("{}{}", good(), " ".repeat(256 * 1024));
    assert_eq!(world.send(ask("POST", "{a}/tokens").body(large)).await.refusal(), (400, 10_029));
    let roll = ask("PUT", &format!("{{a}}/tokens/{}/value", token_id(0))).body(r#"{"value":"mine"}"#);
    assert_eq!(world.send(roll).await.refusal(), (400, 10_040));
    assert_eq!(world.send(ask("GET", "{a}/tokens")).await.result(), json!([]), "nothing was made");
    for id in ["x", &"A".repeat(32), "..", &"0".repeat(33)] {
        assert_eq!(
            world.send(ask("GET", &format!("{{a}}/tokens/{id}"))).await.refusal(),
            (404, 7003),
            "{id}"
        );
    }
    for (method, target) in [("POST", "verify"), ("PATCH", ""), ("GET", "a/value"), ("PUT", "a/b/c")] {
        let target = format!("{{a}}/tokens/{target}");
        assert_eq!(
            world.send(ask(method, target.trim_end_matches('/'))).await.refusal(),
            (404, 7000),
            "{target}"
        );
    }
}

#[tokio::test]
async fn tokens_are_listed_in_pages_by_age() {
    let world = World::new().await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(create(&world, &wanted(ITEM_READ, &all_buckets())).await["id"].clone());
        world.clock.advance(Duration::from_secs(1));
    }
    let page = async |query: &str| {
        let answer = world.send(ask("GET", &format!("{{a}}/tokens?{query}"))).await;
        let list = answer.result();
        let found: Vec<Value> =
            list.as_array().expect("a list").iter().map(|token| token["id"].clone()).collect();
        (found, answer.json()["result_info"].clone())
    };
    let info = |page: u32, per_page: u32, count: usize| json!({ "page": page, "per_page": per_page, "count": count, "total_count": 5 });
    assert_eq!(page("").await, (ids.clone(), info(1, 1000, 5)));
    assert_eq!(page("per_page=2").await, (ids[..2].to_vec(), info(1, 2, 2)));
    assert_eq!(page("per_page=2&page=3").await, (ids[4..].to_vec(), info(3, 2, 1)));
    assert_eq!(page("per_page=2&page=4294967295").await, (vec![], info(u32::MAX, 2, 0)));
    let newest: Vec<Value> = ids.iter().rev().cloned().collect();
    assert_eq!(page("direction=desc&per_page=2").await.0, newest[..2]);
    assert_eq!(page("direction=asc").await.0, ids);
    for (query, code) in
        [("page=0", 10_029), ("per_page=0", 10_022), ("per_page=1001", 10_022), ("direction=up", 10_029)]
    {
        let answer = world.send(ask("GET", &format!("{{a}}/tokens?{query}"))).await;
        assert_eq!(answer.refusal(), (400, code), "{query}");
    }
}

#[tokio::test]
async fn permission_groups_are_listed_by_name_and_scope() {
    let world = World::new().await;
    let list = async |base: &str, query: &str| {
        world.send(ask("GET", &format!("{base}/tokens/permission_groups{query}"))).await.result()
    };
    let group = |id: &str, name: &str, scope: &str| json!({ "id": id, "name": format!("Workers R2 Storage {name}"), "scopes": [format!("com.cloudflare.{scope}")] });
    let all = [
        group(STORAGE_WRITE, "Write", "api.account"),
        group(STORAGE_READ, "Read", "api.account"),
        group(ITEM_WRITE, "Bucket Item Write", "edge.r2.bucket"),
        group(ITEM_READ, "Bucket Item Read", "edge.r2.bucket"),
    ];
    for base in ["{a}", "/client/v4/user"] {
        assert_eq!(list(base, "").await, json!(all));
        assert_eq!(list(base, "?name=&scope=").await, json!(all));
        assert_eq!(list(base, "?name=Workers%20R2%20Storage%20Bucket%20Item%20Read").await, json!([all[3]]));
        assert_eq!(list(base, "?scope=com.cloudflare.api.account").await, json!(all[..2]));
        assert_eq!(list(base, "?scope=com.cloudflare.api.account.zone").await, json!([]));
    }
}

/// A grant of REST on everything that makes or shows tokens is `ManageTokens`, which admins of all buckets have.
#[tokio::test]
async fn only_admins_manage_tokens() {
    let world = World::new().await;
    let made = create(&world, &wanted(STORAGE_READ, &account())).await;
    let one = format!("{{a}}/tokens/{}", text(&made["id"]));
    let temporary =
        json!({ "bucket": "inside", "parentAccessKeyId": token_id(0), "permission": "object-read-only" });
    let document = wanted(STORAGE_WRITE, &account());
    for request in [
        ask("GET", "{a}/tokens"),
        send("POST", "{a}/tokens", &document),
        ask("GET", &one),
        send("PUT", &one, &document),
        ask("DELETE", &one),
        send("PUT", &format!("{one}/value"), &json!({})),
        send("POST", "{a}/r2/temp-access-credentials", &temporary),
    ] {
        for token in [READER, OBJECTS, &text(&made["value"])] {
            let answer = world.send(request.clone().token(token)).await;
            assert_eq!(answer.refusal(), (403, 10_003), "{} {}", request.method, request.target);
        }
        let nobody = world.send(request.clone().without("authorization")).await;
        assert_eq!(nobody.refusal(), (400, 9106), "{} {}", request.method, request.target);
    }
    let kept = world.send(ask("GET", &one)).await.result();
    assert_eq!(kept["policies"], made["policies"]);
    assert_eq!(world.send(ask("GET", "{a}/tokens/permission_groups").token(READER)).await.status, 200);
}

fn verified(answer: &Answer) -> (Value, Value) {
    (answer.result(), answer.json()["messages"][0].clone())
}

/// Of a token that is out of use its own status is all there is to be had.
#[tokio::test]
async fn a_token_out_of_use_learns_its_status_and_nothing_else() {
    let world = World::new().await;
    let times = json!({ "not_before": "2026-01-01T00:01:00Z", "expires_on": "2026-01-01T00:02:00Z" });
    let made = create(&world, &with(wanted(STORAGE_WRITE, &account()), &times)).await;
    let (id, value) = (text(&made["id"]), text(&made["value"]));
    // an object whose key ends as the path of a verification does
    world.send(ask("PUT", "{b}/inside/objects/a/tokens/verify").body("x")).await.result();
    let shut = async |why: &str, code: u64| {
        for target in
            ["{b}", "{b}/inside/objects/a/tokens/verify", "{a}", "{a}/tokens", "/client/v4/tokens/verify"]
        {
            let answer = world.send(ask("GET", target).token(&value)).await;
            assert_eq!(answer.refusal(), (401, code), "{target}");
            assert!(answer.said().contains(why), "{target}: {}", answer.said());
        }
        let put = ask("PUT", "{b}/inside/objects/b/tokens/verify").body("x").token(&value);
        assert_eq!(world.send(put).await.refusal(), (401, code));
        let other = format!("/client/v4/accounts/{}/tokens/verify", ACCOUNT.replace('1', "2"));
        assert!(world.send(ask("GET", &other).token(&value)).await.status != 200);
    };
    let targets = ["/client/v4/user/tokens/verify", "{a}/tokens/verify"];
    shut("not valid before", 10_000).await;
    for target in targets {
        assert_eq!(world.send(ask("GET", target).token(&value)).await.refusal(), (401, 1_000));
    }
    for (seconds, status, message) in
        [(60, "active", "This API Token is valid and active"), (60, "expired", "This API Token is expired")]
    {
        world.clock.advance(Duration::from_secs(seconds));
        for target in targets {
            let (result, said) = verified(&world.send(ask("GET", target).token(&value)).await);
            assert_eq!(result, with(json!({ "id": id, "status": status }), &times));
            assert_eq!(said, json!({ "code": 10_000, "message": message }));
        }
    }
    shut("expired at", 10_000).await;
    // that it asked is no use of it
    let used = world.send(ask("GET", &format!("{{a}}/tokens/{id}"))).await.result()["last_used_on"].clone();
    assert_eq!(used, "2026-01-01T00:01:00Z");
    let off = with(wanted(STORAGE_WRITE, &account()), &json!({ "status": "disabled" }));
    world.send(send("PUT", &format!("{{a}}/tokens/{id}"), &off)).await.result();
    for target in targets {
        let (result, said) = verified(&world.send(ask("GET", target).token(&value)).await);
        assert_eq!(result, json!({ "id": id, "status": "disabled" }));
        assert_eq!(said["message"], "This API Token is disabled");
    }
    shut("disabled", 10_000).await;
    world.send(ask("DELETE", &format!("{{a}}/tokens/{id}"))).await.result();
    assert_eq!(world.send(ask("GET", targets[0]).token(&value)).await.refusal(), (401, 1_000));
    assert!(works(&world, ADMIN).await);
}

#[tokio::test]
async fn a_token_is_used_from_its_addresses() {
    let world = World::new().await;
    let condition = json!({ "condition": { "request_ip": { "in": ["10.0.0.0/8"] } } });
    let made = create(&world, &with(wanted(STORAGE_READ, &account()), &condition)).await;
    let value = text(&made["value"]);
    let from = async |target: &str, peer: Option<&str>| {
        let request = ask("GET", target).token(&value).header("x-forwarded-for", "10.0.0.1");
        world.send_from(request.header("forwarded", "for=10.0.0.1"), peer).await
    };
    assert_eq!(from("{b}", Some("10.1.2.3")).await.status, 200);
    for (peer, shown) in
        [(Some("192.0.2.7"), "192.0.2.7"), (Some("::ffff:192.0.2.7"), "192.0.2.7"), (None, "unknown")]
    {
        let answer = from("{b}", peer).await;
        assert_eq!(answer.refusal(), (403, 9_109), "{peer:?}");
        let expected = format!("Cannot use the access token from location: {shown}");
        assert_eq!(answer.json()["errors"][0]["message"], expected);
        assert!(answer.said().contains("request_ip"), "{}", answer.said());
        assert_eq!(from("/client/v4/user/tokens/verify", peer).await.refusal(), (401, 1_000));
    }
}
