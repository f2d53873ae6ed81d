use super::*;

const RUST_TEST: &str = "\
#[test]
fn expires_to_the_second() {}
#[tokio::test(flavor = \"current_thread\")]
async fn browser_progress() {}
fn start_server() {}
// #[test] fn commented_out() {}
";

fn found(rows: &str) -> Vec<String> {
    let tree = Tree::from([
        (COMPAT.to_owned(), format!("# Behaviours\n\n| # | What | Proof |\n|---|---|---|\n{rows}\n")),
        ("crates/e2e/tests/it/presigned.rs".to_owned(), RUST_TEST.to_owned()),
        ("crates/e2e/clients/python/boto.py".to_owned(), "def put_presigned(): pass\n".to_owned()),
        ("crates/store/src/put.rs".to_owned(), "fn not_a_test() {}".to_owned()),
    ]);
    check(&tree).iter().map(ToString::to_string).collect()
}

#[test]
fn rows_with_existing_tests_pass() {
    for rows in [
        "| 003-3 | 1 s to 604,800 s | `expires_to_the_second` |",
        "| 004-5 | a | b | `presigned::browser_progress`, `put_presigned` |",
        "| 003-11 | WAF HMAC | not built: public buckets come later |",
        "| a row of another table | `anything` |",
        "no row at all",
    ] {
        assert_eq!(found(rows), [""; 0], "{rows}");
    }
}

#[test]
fn rows_without_proof_fail() {
    let table = [
        ("| 003-3 | a | yes, tested |", "row 003-3 names no test"),
        ("| 003-3 | a | |", "row 003-3 names no test"),
        ("| 003-3 | a | not built: |", "row 003-3 names no test"),
        ("| 003-3 | a | `gone` |", "row 003-3 names `gone`, which is no test"),
        ("| 003-3 | a | `start_server` |", "which is no test"),
        ("| 003-3 | a | `not_a_test` |", "which is no test"),
        ("| 003-3 | a | `commented_out` |", "which is no test"),
    ];
    for (row, expected) in table {
        let errors = found(row);
        assert_eq!(errors.len(), 1, "{row}: {errors:?}");
        assert!(errors[0].contains(expected) && errors[0].contains("docs/compat.md:5"), "{errors:?}");
    }
}

#[test]
fn a_row_stands_once() {
    let row = "| 003-3 | a | `expires_to_the_second` |";
    let errors = found(&format!("{row}\n{row}"));
    assert_eq!(errors, ["error: docs/compat.md:6: row 003-3 stands twice"]);
}

#[test]
fn without_the_document_nothing_is_checked() {
    assert_eq!(check(&Tree::new()), []);
}
