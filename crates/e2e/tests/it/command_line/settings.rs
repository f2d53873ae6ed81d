//! Buckets and their settings by command, through the REST API.

use e2e::Larder;

use super::{fine, json, run};

#[test]
fn buckets_come_change_and_go() {
    let larder = Larder::dev();
    fine(
        &larder,
        &["bucket", "create", "photos", "--location", "weur", "--storage-class", "InfrequentAccess"],
    );
    let list = json(&fine(&larder, &["bucket", "list", "--json"]));
    let names: Vec<_> = list["buckets"].as_array().unwrap().iter().map(|bucket| &bucket["name"]).collect();
    assert_eq!(names, ["photos", "user-uploads"]);
    let some = fine(&larder, &["bucket", "list", "--contains", "hot"]);
    assert!(some.contains("photos") && !some.contains("user-uploads"), "{some}");
    let info = |member: &str| json(&fine(&larder, &["bucket", "info", "photos", "--json"]))[member].clone();
    assert_eq!((info("location"), info("storage_class")), ("weur".into(), "InfrequentAccess".into()));
    fine(&larder, &["bucket", "update", "photos", "--storage-class", "Standard"]);
    assert_eq!(info("storage_class"), "Standard");
    assert_eq!(run(&larder, &["object", "put", "photos/a", "-"], b"a").code, 0);
    let full = run(&larder, &["bucket", "delete", "photos"], b"");
    assert!(full.code == 1 && full.err.contains("10008"), "{}", full.err);
    fine(&larder, &["object", "delete", "photos/a"]);
    fine(&larder, &["bucket", "delete", "photos"]);
    assert_eq!(run(&larder, &["bucket", "info", "photos"], b"").code, 1);
}

#[test]
fn a_cors_policy_in_any_form() {
    let larder = Larder::dev();
    let get = || json(&fine(&larder, &["cors", "get", "user-uploads", "--json"]));
    fine(&larder, &["cors", "set", "user-uploads", "--origin", "https://one.example", "--method", "put"]);
    assert_eq!(get()["rules"][0]["allowed"]["methods"], serde_json::json!(["PUT"]));
    let policy = get().to_string();
    let s3 = br#"{"CORSRules":[{"AllowedOrigins":["https://two.example"],"AllowedMethods":["GET"],"MaxAgeSeconds":5}]}"#;
    for (form, origin) in [(&s3[..], "https://two.example"), (policy.as_bytes(), "https://one.example")] {
        assert_eq!(run(&larder, &["cors", "set", "user-uploads", "--file", "-"], form).code, 0);
        assert_eq!(get()["rules"][0]["allowed"]["origins"], serde_json::json!([origin]));
    }
    assert!(fine(&larder, &["cors", "get", "user-uploads"]).contains("https://one.example"));
    let wrong = run(&larder, &["cors", "set", "user-uploads", "--origin", "one.example"], b"");
    assert!(wrong.code == 1 && wrong.err.contains("https://one.example"), "the fix is named: {}", wrong.err);
    fine(&larder, &["cors", "delete", "user-uploads"]);
    assert_eq!(run(&larder, &["cors", "get", "user-uploads"], b"").code, 1);
}

#[test]
fn lifecycle_rules_one_by_one() {
    let larder = Larder::dev();
    let names = || {
        let policy = json(&fine(&larder, &["lifecycle", "get", "user-uploads", "--json"]));
        policy["rules"]
            .as_array()
            .unwrap()
            .iter()
            .map(|rule| rule["id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let before = names();
    let add = ["lifecycle", "add", "user-uploads", "--id", "thumbs", "--prefix", "t/", "--expire-after"];
    fine(&larder, &[&add[..], &["30d"]].concat());
    fine(&larder, &[&add[..], &["31d", "--infrequent-access-after", "30d"]].concat());
    assert_eq!(names(), [before.clone(), vec!["thumbs".to_owned()]].concat());
    assert!(fine(&larder, &["lifecycle", "get", "user-uploads"]).contains("31 days"));
    let all = fine(&larder, &["lifecycle", "get", "user-uploads", "--json"]);
    fine(&larder, &["lifecycle", "remove", "user-uploads", "--id", "thumbs"]);
    let unknown = run(&larder, &["lifecycle", "remove", "user-uploads", "--id", "thumbs"], b"");
    assert!(unknown.code == 1 && unknown.err.contains("its rules are"), "{}", unknown.err);
    assert_eq!(names(), before);
    assert_eq!(run(&larder, &["lifecycle", "set", "user-uploads", "--file", "-"], all.as_bytes()).code, 0);
    assert_eq!(names().len(), before.len() + 1);
    let nothing = run(&larder, &["lifecycle", "add", "user-uploads", "--id", "x"], b"");
    assert!(nothing.code == 2 && nothing.err.contains("it does nothing"), "{}", nothing.err);
}
