use super::*;

#[test]
fn permissions_are_groups_on_resources() {
    let of = |name: &str, buckets: &[&str]| {
        let buckets: Vec<_> = buckets.iter().map(|name| BucketName::parse(name).unwrap()).collect();
        policy(Permission::parse(name).unwrap(), "acc", "default", &buckets)
    };
    let admin = of("admin-read-write", &[]).unwrap();
    assert_eq!(admin["resources"], json!({ "com.cloudflare.api.account.acc": "*" }));
    assert_eq!(admin["permission_groups"], json!([{ "id": "bf7481a1826f439697cb59a20b22293e" }]));
    let all = of("object-read-only", &[]).unwrap();
    let expected = json!({ "com.cloudflare.api.account.acc": { "com.cloudflare.edge.r2.bucket.*": "*" } });
    assert_eq!(all["resources"], expected);
    let two = of("object-read-write", &["one", "two"]).unwrap();
    let expected = json!({
        "com.cloudflare.edge.r2.bucket.acc_default_one": "*", "com.cloudflare.edge.r2.bucket.acc_default_two": "*",
    });
    assert_eq!(two["resources"], expected);
    assert!(of("admin-read-only", &["one"]).is_err());
}

#[test]
fn a_wrong_id_is_not_repeated() {
    let said = super::super::token_id("cfat_secret").unwrap_err();
    assert!(!said.contains("secret"), "{said}");
    assert!(super::super::token_id("0123456789abcdef0123456789abcdef").is_ok());
}
