use super::*;

#[test]
fn tests_are_told_from_production() {
    for path in [
        "crates/meta/src/lib.rs",
        "crates/testkit/src/clock.rs",
        "xtask/src/main.rs",
        "crates/x/src/tests_of.rs",
    ] {
        assert!(is_production(path), "{path}");
    }
    for path in [
        "crates/meta/src/tables/tests.rs",
        "crates/meta/tests/it/main.rs",
        "crates/meta/benches/scan.rs",
        "docs/a.md",
    ] {
        assert!(!is_production(path), "{path}");
    }
}

#[test]
fn production_ends_where_the_inline_tests_begin() {
    let table = [
        ("a\nb\n#[cfg(test)]\nmod tests {\n}\n", 2),
        ("a\n#[cfg(test)]\n#[allow(clippy::x)]\n\nmod tests {\n}\n", 1),
        ("a\n#[cfg(test)] mod tests {\n}\n", 1),
        ("a\n#[cfg(test)]\npub(crate) mod tests {\n}\n", 1),
        ("a\n#[cfg(test)]\nmod tests;\n", 3),
        ("a\n#[cfg(test)]\nuse x;\nmod real {\n}\n", 5),
        ("", 0),
    ];
    for (source, lines) in table {
        assert_eq!(production_lines(source), lines, "{source}");
    }
}

#[test]
fn a_finding_says_kind_place_and_rule() {
    assert_eq!(Finding::error("a.rs:3", "bad").to_string(), "error: a.rs:3: bad");
    assert_eq!(Finding::warning("a.rs", "long").to_string(), "warning: a.rs: long");
}

/// The repository obeys its own rules; a broken one fails here too, with the findings.
#[test]
fn xtask_itself_is_tidy() {
    let tree = workspace::read_tree(workspace::root(), &["xtask"]).unwrap();
    assert!(tree.contains_key("xtask/src/tidy.rs"));
    let mut findings = files::check(&tree);
    findings.extend(functions::check(&tree));
    findings.extend(edges::check_manifests(&tree));
    assert_eq!(findings, []);
}
