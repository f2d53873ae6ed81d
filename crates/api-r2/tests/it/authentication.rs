//! Who is let in, and what everybody else is told.

use crate::fixture::{ACCOUNT, ADMIN, OBJECTS, READER, World, ask, hash, token_id};

#[tokio::test]
async fn only_a_known_token_is_let_in() {
    let world = World::new().await;
    let id = token_id(0);
    let secret = hash(ADMIN);
    let (bears_id, bears_secret) = (format!("Bearer {id}"), format!("Bearer {secret}"));
    let cases = [
        (vec![], (400, 9106)),
        (vec![("x-auth-email", "a@example.com"), ("x-auth-key", "0123456789abcdef")], (400, 6003)),
        (vec![("x-auth-key", ADMIN)], (400, 6003)),
        (vec![("authorization", ADMIN)], (400, 6003)),
        (vec![("authorization", "Bearer ")], (400, 6003)),
        (vec![("authorization", "Bearer a b")], (400, 6003)),
        (vec![("authorization", "Basic YTpi")], (400, 6003)),
        (vec![("authorization", "Bearer \u{fc}")], (400, 6003)),
        (vec![("authorization", "Bearer wrong")], (401, 10_000)),
        (vec![("authorization", bears_id.as_str())], (401, 10_000)),
        (vec![("authorization", bears_secret.as_str())], (401, 10_000)),
        (vec![("authorization", "Bearer x"), ("authorization", "Bearer x")], (400, 6003)),
    ];
    let targets = [
        "{b}",
        "{b}/inside",
        "{b}/nowhere",
        "{b}/inside/objects/a",
        "/client/v4/nothing",
        "/client/v4/graphql",
    ];
    for (headers, expected) in &cases {
        for target in targets {
            let mut request = ask("GET", target).without("authorization");
            for (name, value) in headers {
                request = request.header(name, value);
            }
            let answer = world.send(request).await;
            assert_eq!(answer.refusal(), *expected, "{headers:?} {target}");
            let text = String::from_utf8_lossy(&answer.body).into_owned();
            assert!(!text.contains(&id) && !text.contains(&secret) && !text.contains(ADMIN), "{text}");
        }
    }
    assert_eq!(world.send(ask("GET", "{b}").token(ADMIN)).await.status, 200);
    let lower =
        ask("GET", "{b}").without("authorization").header("authorization", &format!("bearer {ADMIN}"));
    assert_eq!(world.send(lower).await.status, 200);
}

#[tokio::test]
async fn another_accounts_path_is_not_for_this_token() {
    let world = World::new().await;
    let other = ACCOUNT.replace('1', "2");
    for rest in ["", "/r2/buckets", "/r2/buckets/inside", "/tokens/verify"] {
        let answer = world.send(ask("GET", &format!("/client/v4/accounts/{other}{rest}"))).await;
        assert_eq!(answer.refusal(), (403, 10_000), "{rest}");
    }
    let answer = world.send(ask("GET", "/client/v4/accounts/me/r2/buckets")).await;
    assert_eq!(answer.refusal(), (404, 7003));
    assert_eq!(world.send(ask("GET", "/client/v4/nothing")).await.refusal(), (404, 7000));
    assert_eq!(world.send(ask("GET", "{b}/inside/nothing")).await.refusal(), (404, 10_015));
}

#[tokio::test]
async fn object_tokens_are_for_the_s3_api_and_readers_change_nothing() {
    let world = World::new().await;
    world.send(ask("PUT", "{b}/inside/objects/a").body("x")).await.result();
    let cases = [
        ("GET", "{b}", "", true),
        ("GET", "{b}/inside", "", true),
        ("GET", "{b}/inside/lifecycle", "", true),
        ("GET", "{b}/inside/lock", "", true),
        ("GET", "{b}/inside/objects", "", true),
        ("GET", "{b}/inside/objects/a", "", true),
        ("GET", "{a}", "", true),
        ("POST", "{b}", r#"{"name":"other"}"#, false),
        ("PUT", "{b}/other", "", false),
        ("PATCH", "{b}/inside", "", false),
        ("DELETE", "{b}/inside", "", false),
        ("PUT", "{b}/inside/cors", r#"{"rules":[{"allowed":{"origins":["*"],"methods":["GET"]}}]}"#, false),
        ("DELETE", "{b}/inside/cors", "", false),
        ("PUT", "{b}/inside/lifecycle", r#"{"rules":[]}"#, false),
        ("PUT", "{b}/inside/lock", r#"{"rules":[]}"#, false),
        ("PUT", "{b}/inside/objects/b", "x", false),
        ("DELETE", "{b}/inside/objects/a", "", false),
        ("DELETE", "{b}/inside/objects", r#"["a"]"#, false),
    ];
    for (method, target, body, reads) in cases {
        let request = ask(method, target).body(body).header("cf-r2-storage-class", "Standard");
        let answer = world.send(request.clone().token(OBJECTS)).await;
        assert_eq!(answer.refusal(), (403, 10_003), "{method} {target}");
        assert!(answer.said().contains("S3 API"), "{}", answer.said());
        let answer = world.send(request.token(READER)).await;
        if reads {
            assert_eq!(answer.status, 200, "{method} {target}");
        } else {
            assert_eq!(answer.refusal(), (403, 10_003), "{method} {target}");
        }
    }
    assert_eq!(world.send(ask("GET", "{b}/other")).await.refusal(), (404, 10_006));
    assert_eq!(world.send(ask("GET", "{b}/inside/objects/a")).await.body, "x");
}
