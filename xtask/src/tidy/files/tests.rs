use super::*;

fn tree(files: &[(&str, &str)]) -> Tree {
    files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
}

fn found(files: &[(&str, &str)]) -> Vec<String> {
    check(&tree(files)).iter().map(ToString::to_string).collect()
}

#[test]
fn a_well_formed_crate_passes() {
    let files = [
        ("crates/meta/src/lib.rs", "//! Typed tables.\nmod tables;\nmod engine;\n"),
        ("crates/meta/src/tables.rs", "//! Rows.\npub(crate) mod objects;\n#[cfg(test)]\nmod tests;\n"),
        ("crates/meta/src/tables/objects.rs", "//! Objects.\n"),
        ("crates/meta/src/tables/tests.rs", "fn t() {}\n"),
        ("crates/meta/src/engine/mod.rs", "//! The port.\n"),
        ("crates/meta/tests/it/main.rs", "mod listing;\n"),
        ("crates/meta/tests/it/listing.rs", "fn t() {}\n"),
        ("crates/meta/tests/it.rs", "fn t() {}\n"),
    ];
    assert_eq!(found(&files), [""; 0]);
}

#[test]
fn a_module_without_its_paragraph_fails() {
    for text in ["", "use std::fs;\n", "//!\n//! late\n", "// not a doc\n"] {
        let errors = found(&[("crates/meta/src/lib.rs", text)]);
        assert_eq!(errors.len(), 1, "{text:?}");
        assert!(errors[0].contains("charter"), "{errors:?}");
    }
}

#[test]
fn size_warns_then_fails() {
    let file = |lines: usize| format!("//! x\n{}", "const A: u8 = 1;\n".repeat(lines - 1));
    let path = "crates/meta/src/lib.rs";
    assert_eq!(found(&[(path, &file(LINES_WARN))]), [""; 0]);
    assert!(found(&[(path, &file(LINES_WARN + 1))])[0].starts_with("warning: "));
    assert!(found(&[(path, &file(LINES_MAX))])[0].starts_with("warning: "));
    assert!(found(&[(path, &file(LINES_MAX + 1))])[0].starts_with("error: "));
    let with_tests = format!("{}#[cfg(test)]\nmod tests {{\n{}}}\n", file(400), "fn t() {}\n".repeat(2000));
    assert_eq!(found(&[(path, &with_tests)]), [""; 0]);
}

#[test]
fn drawers_fail_as_file_folder_and_inline_module() {
    let root = ("crates/meta/src/lib.rs", "//! x\nmod utils;\n");
    let errors = found(&[root, ("crates/meta/src/utils.rs", "//! x\n")]);
    assert_eq!(errors.len(), 2, "{errors:?}");
    assert!(errors.iter().all(|error| error.contains("`utils` names no thing")), "{errors:?}");
    assert_eq!(found(&[("crates/meta/src/lib.rs", "//! x\npub mod helpers {\n}\n")]).len(), 1);
    assert_eq!(found(&[("crates/meta/tests/common/main.rs", "")]).len(), 1);
    assert_eq!(
        found(&[("crates/meta/src/lib.rs", "//! x\n// mod utils\nconst A: &str = \"mod misc\";\n")]),
        [""; 0]
    );
}

#[test]
fn unfinished_work_fails_wherever_it_stands() {
    for line in ["fn f() { todo!() }", "#[ignore]", "#[ignore = \"slow\"]", "unimplemented!()", "dbg!(x)"] {
        let errors = found(&[("crates/meta/tests/it/main.rs", line)]);
        assert_eq!(errors.len(), 1, "{line}");
        assert!(errors[0].contains("main.rs:1"), "{errors:?}");
    }
    assert_eq!(found(&[("crates/meta/tests/it/main.rs", "// todo! \nlet a = \"#[ignore]\";")]), [""; 0]);
}

#[test]
fn a_file_no_module_declares_is_dead() {
    let root = ("crates/meta/src/lib.rs", "//! x\n// mod old;\nmod new;\n");
    let errors = found(&[root, ("crates/meta/src/new.rs", "//! x\n"), ("crates/meta/src/old.rs", "//! x\n")]);
    assert_eq!(errors, ["error: crates/meta/src/old.rs: dead file: no `mod old;` declares it"]);
    let it = ("crates/meta/tests/it/main.rs", "mod a;\n");
    assert_eq!(found(&[it, ("crates/meta/tests/it/b.rs", "")]).len(), 1);
    let nested = ("crates/meta/src/new/tests/extra.rs", "fn t() {}\n");
    assert_eq!(found(&[root, ("crates/meta/src/new.rs", "//! x\n"), nested]).len(), 1);
}

#[test]
fn the_map_is_short_and_points_at_what_exists() {
    let file = ("docs/compat.md", "");
    let good = "See `docs/compat.md`, `docs/`, `crates/<name>/src/lib.rs` and `cargo run`.\n";
    assert_eq!(found(&[file, ("ARCHITECTURE.md", good)]), [""; 0]);
    let gone = found(&[file, ("ARCHITECTURE.md", "a\nSee `docs/gone.md`.\n")]);
    assert_eq!(gone, ["error: ARCHITECTURE.md:2: `docs/gone.md` does not exist"]);
    assert_eq!(found(&[("ARCHITECTURE.md", &"x\n".repeat(301))]).len(), 1);
}
