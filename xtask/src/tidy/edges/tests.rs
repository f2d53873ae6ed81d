use serde_json::json;

use super::*;

fn krate(name: &str, normal: &[&str], tests: &[&str]) -> Manifest {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Manifest { name: name.to_owned(), normal: owned(normal), tests: owned(tests) }
}

#[test]
fn metadata_becomes_crates() {
    let metadata = json!({ "packages": [{
        "name": "meta",
        "dependencies": [
            { "name": "domain", "kind": null },
            { "name": "testkit", "kind": "dev" },
            { "name": "cc", "kind": "build" },
        ],
    }]});
    assert_eq!(crates_of(&metadata).unwrap(), [krate("meta", &["domain", "cc"], &["testkit"])]);
    assert!(crates_of(&json!({})).is_err());
}

#[test]
fn edges_in_the_table_pass() {
    let crates = [
        krate("domain", &["thiserror"], &["testkit"]),
        krate("meta", &["domain", "bytes"], &["testkit", "proptest"]),
        krate("testkit", &["domain", "meta"], &[]),
        krate("store", &["meta", "domain"], &["meta-embedded"]),
        krate("meta-embedded", &["meta"], &[]),
    ];
    assert_eq!(check(&crates), []);
}

#[test]
fn edges_outside_the_table_fail() {
    let table = [
        (krate("domain", &["meta"], &[]), "error: domain: may not depend on meta"),
        (krate("store", &["testkit"], &[]), "error: store: may not depend on testkit"),
        (krate("meta", &["domain"], &["store"]), "error: meta: its tests may not depend on store"),
        (krate("common", &[], &[]), "error: common: is not in the table of crates; give it a row and an ADR"),
    ];
    let others = ["domain", "meta", "store", "testkit"];
    for (bad, expected) in table {
        let mut crates: Vec<Manifest> =
            others.iter().filter(|name| **name != bad.name).map(|name| krate(name, &[], &[])).collect();
        crates.push(bad);
        let found: Vec<String> = check(&crates).iter().map(ToString::to_string).collect();
        assert_eq!(found, [expected]);
    }
}

#[test]
fn a_pure_crate_links_no_runtime_but_its_tests_may() {
    assert_eq!(check(&[krate("sigv4", &["hmac"], &["tokio"])]), []);
    let found = check(&[krate("sigv4", &["tokio"], &[])]);
    assert_eq!(found.len(), 1);
    assert!(found[0].to_string().contains("may not link tokio"), "{found:?}");
    assert_eq!(check(&[krate("store", &["http"], &[])]).len(), 1);
}

#[test]
fn versions_outside_the_root_fail() {
    let manifest = |line: &str| {
        let text =
            format!("[package]\nname = \"x\"\nversion = \"0.0.0\"\n\n[dev-dependencies]\n# why\n{line}\n");
        Tree::from([("crates/x/Cargo.toml".to_owned(), text)])
    };
    assert_eq!(check_manifests(&manifest("bytes.workspace = true")), []);
    assert_eq!(check_manifests(&manifest("bytes = { workspace = true, features = [\"std\"] }")), []);
    let found = check_manifests(&manifest("bytes = \"1\""));
    assert_eq!(found.len(), 1);
    assert!(found[0].to_string().contains("crates/x/Cargo.toml:7"), "{found:?}");
}

#[test]
fn the_table_is_acyclic_and_names_known_crates() {
    for (at, row) in TABLE.iter().enumerate() {
        for edge in row.normal {
            let below = TABLE.iter().position(|other| other.name == *edge);
            assert!(below.is_some(), "{} names the unknown crate {edge}", row.name);
            // Rows stand bottom up; testkit's own edges all point below it too.
            assert!(below < Some(at), "{} → {edge} points up", row.name);
        }
    }
}
