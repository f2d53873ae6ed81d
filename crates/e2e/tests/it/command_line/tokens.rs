//! Tokens and temporary credentials of a running server by command.

use e2e::{Larder, command};

use super::{fine, json};

/// Puts an object with a key pair; how that ends, and what is said.
fn put(larder: &Larder, path: &str, id: &str, secret: &str, token: Option<&str>) -> (i32, String) {
    let mut environment = vec![
        ("R2_ENDPOINT", larder.endpoint()),
        ("R2_ACCESS_KEY_ID", id.to_owned()),
        ("R2_SECRET_ACCESS_KEY", secret.to_owned()),
    ];
    environment.extend(token.map(|token| ("R2_SESSION_TOKEN", token.to_owned())));
    let said = command(&environment, &["object", "put", path, "-"], b"x");
    (said.code, said.err)
}

#[test]
fn a_token_from_its_making_to_its_end() {
    let larder = Larder::dev();
    fine(&larder, &["bucket", "create", "other"]);
    let options = ["--name", "app", "--bucket", "user-uploads", "--expires", "90d", "--json"];
    let made = json(&fine(&larder, &[&["token", "create"], &options[..]].concat()));
    let text = |member: &str| made[member].as_str().unwrap().to_owned();
    let (id, secret) = (text("access_key_id"), text("secret_access_key"));
    let may = |path: &str, secret: &str| put(&larder, path, &id, secret, None).0 == 0;
    assert!(may("user-uploads/a", &secret) && !may("other/a", &secret));
    assert_eq!((&made["token"]["id"], made["token"].get("value")), (&made["access_key_id"], None));

    for shown in [fine(&larder, &["token", "list"]), fine(&larder, &["token", "get", &id])] {
        assert!(shown.contains(&id) && shown.contains("app"), "{shown}");
        assert!(!shown.contains(&secret) && !shown.contains(&text("value")), "shown again");
    }
    fine(&larder, &["token", "disable", &id]);
    assert!(!may("user-uploads/a", &secret));
    fine(&larder, &["token", "enable", &id]);
    assert!(may("user-uploads/a", &secret));
    assert!(!may("other/a", &secret), "its policies stay");

    let rolled = fine(&larder, &["token", "roll", &id]);
    let value = |name: &str| {
        rolled.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('=')).unwrap().to_owned()
    };
    assert_eq!((rolled.lines().count(), value("R2_ACCESS_KEY_ID")), (3, id.clone()));
    assert_ne!(value("CLOUDFLARE_API_TOKEN"), text("value"));
    assert!(!may("user-uploads/a", &secret) && may("user-uploads/a", &value("R2_SECRET_ACCESS_KEY")));
    fine(&larder, &["token", "delete", &id]);
    let (code, said) = put(&larder, "user-uploads/a", &id, &value("R2_SECRET_ACCESS_KEY"), None);
    assert!(code == 1 && said.contains("401"), "{said}");
}

#[test]
fn the_server_makes_a_temporary_credential() {
    let larder = Larder::dev();
    let options = ["--permission", "object-read-write", "--prefix", "in/", "--ttl", "600", "--json"];
    let online = ["temp-credentials", "--online", "--bucket", "user-uploads"];
    let made = json(&fine(&larder, &[&online[..], &options].concat()));
    let text = |member: &str| made[member].as_str().unwrap().to_owned();
    let may = |path: &str| {
        let (id, secret, token) = (text("AccessKeyId"), text("SecretAccessKey"), text("SessionToken"));
        put(&larder, path, &id, &secret, Some(&token)).0 == 0
    };
    assert!(may("user-uploads/in/a") && !may("user-uploads/a"));
}
