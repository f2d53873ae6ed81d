//! What a hostile client gets: an answer, always, and nothing that is not its own.

use bytes::Bytes;
use http_body_util::Full;
use proptest::prelude::*;

use crate::fixture::{ADMIN, World, ask};

fn block_on(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime").block_on(test);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_document_is_answered(
        document in "[\\[\\]{}\",:a-zA-Z0-9 ]{0,80}",
        setting in prop::sample::select(vec![
            "cors", "lifecycle", "lock", "sippy", "local-uploads", "domains/managed", "domains/custom/a.b",
        ]),
    ) {
        block_on(async {
            let world = World::new().await;
            let answer = world.put_setting(setting, &document).await;
            assert!(matches!(answer.status.as_u16(), 200 | 400 | 404), "{document}");
        });
    }

    #[test]
    fn any_path_is_answered(path in "[a-z0-9/%._~-]{0,80}", method in prop::sample::select(vec!["GET", "PUT", "POST", "DELETE", "PATCH", "HEAD", "OPTIONS"])) {
        block_on(async {
            let world = World::new().await;
            for target in [format!("/client/v4/{path}"), format!("{{b}}/{path}"), format!("{{b}}/inside/objects/{path}")] {
                let answer = world.send(ask(method, &target).body("")).await;
                assert!(answer.status.as_u16() < 500, "{method} {target}");
            }
        });
    }
}

#[tokio::test]
async fn names_that_look_like_paths_are_names() {
    let world = World::new().await;
    let keys = ["../../etc/passwd", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "..%00", "%5c..%5c", "a%0d%0ab"];
    for key in keys {
        let target = format!("{{b}}/inside/objects/{key}");
        world.send(ask("PUT", &target).body("x")).await.result();
        let read = world.send(ask("GET", &target)).await;
        assert_eq!((read.status.as_u16(), &read.body[..]), (200, &b"x"[..]), "{key}");
    }
    for bucket in ["..", "%2e%2e", "in%73ide", "inside%00", "inside%2Fobjects", "_", &"a".repeat(64)] {
        let answer = world.send(ask("GET", &format!("{{b}}/{bucket}/objects"))).await;
        assert_eq!(answer.refusal(), (400, 10_005), "{bucket}");
    }
}

#[tokio::test]
async fn a_document_is_read_within_its_bound() {
    let world = World::new().await;
    let spaces = |count: usize| Full::new(Bytes::from(vec![b' '; count]));
    let mib = 1024 * 1024;
    for (target, count) in [
        ("{b}/inside/cors", 64 * 1024 + 1),
        ("{b}/inside/lock", 4 * mib + 1),
        ("{b}/inside/lifecycle", 4 * mib + 1),
    ] {
        let answer = world.send_body(ask("PUT", target), spaces(count)).await;
        assert_eq!(answer.refusal(), (400, 10_029), "{target}");
        // a blank less, and it is read and found empty
        let answer = world.send_body(ask("PUT", target), spaces(count - 1)).await;
        assert_eq!(answer.refusal(), (400, 10_040), "{target}");
    }
    let deep = "[".repeat(100_000);
    assert_eq!(world.put_setting("lock", &deep).await.refusal(), (400, 10_040));
    let parameters = "a&".repeat(600);
    assert_eq!(world.send(ask("GET", &format!("{{b}}?{parameters}"))).await.refusal(), (400, 10_029));
}

/// serde takes a list for a struct's members in order.
#[tokio::test]
async fn a_list_is_no_object() {
    let world = World::new().await;
    for (setting, list) in [
        ("local-uploads", "[true]"),
        ("domains/managed", " [true]"),
        ("domains/custom/files.example.com", "[null,null]"),
        ("lock", "[[]]"),
        ("sippy", "[{},{}]"),
    ] {
        assert_eq!(world.put_setting(setting, list).await.refusal(), (400, 10_040), "{setting}");
    }
    let queue = ask("POST", "{a}/queues").body(r#"["queue"]"#);
    assert_eq!(world.send(queue).await.refusal(), (400, 10_040));
}

#[tokio::test]
async fn what_is_said_repeats_little_and_no_secret() {
    let world = World::new().await;
    let long = "x".repeat(50_000);
    let answer = world.put_setting("cors", &format!(r#"{{"{long}":1}}"#)).await;
    assert_eq!(answer.refusal(), (400, 10_040));
    assert!(answer.body.len() < 2_000);
    let target = format!("{{b}}/inside/objects/{ADMIN}%");
    let answer = world.send(ask("GET", &target)).await;
    assert!(!String::from_utf8_lossy(&answer.body).contains(ADMIN));
}
