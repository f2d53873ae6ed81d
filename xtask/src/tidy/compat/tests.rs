use super::*;

const RUST_TEST: &str = "\
#[test]
fn expires_to_the_second() {}
#[tokio::test(flavor = \"current_thread\")]
async fn browser_progress() {}
fn start_server() {}
// #[test] fn commented_out() {}
";

const PUT_RS: &str =
    "fn not_a_test() {}\n#[cfg(test)]\nmod tests {\n    #[test]\n    fn beside_the_code() {}\n}\n";

fn found(rows: &str) -> Vec<String> {
    let tree = Tree::from([
        (COMPAT.to_owned(), format!("# Behaviours\n\n| # | What | Proof |\n|---|---|---|\n{rows}\n")),
        ("crates/e2e/tests/it/presigned.rs".to_owned(), RUST_TEST.to_owned()),
        ("crates/e2e/clients/python/boto.py".to_owned(), "def put_presigned(): pass\n".to_owned()),
        ("crates/store/src/put.rs".to_owned(), PUT_RS.to_owned()),
    ]);
    check(&tree).iter().map(ToString::to_string).collect()
}

#[test]
fn rows_with_existing_tests_pass() {
    for rows in [
        "| 003-3 | 1 s to 604,800 s | `expires_to_the_second` |",
        "| 004-5 | a | b | `presigned::browser_progress`, `put_presigned` |",
        "| 003-11 | WAF HMAC | not built: public buckets come later |",
        "| 002-4 | a page | no test: it is a page |",
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

/// As [`found`], in a table with a column of tests.
fn found_in_table(row: &str) -> Vec<String> {
    found(&format!(
        "| a table before | `anything` |\n\n| What | R2 | Test |\n| --- | --- | --- |\n{row}\n\ntext"
    ))
}

#[test]
fn tables_of_tests_name_existing_ones() {
    for row in [
        "| `Range` | yes | `expires_to_the_second`, `put_presigned` |",
        "| `Range` | yes | `beside_the_code` |",
        "| `Range` | yes | no test: nothing is done, as `anybody` can see |",
        "| `Range` | yes | not built: later |",
    ] {
        assert_eq!(found_in_table(row), [""; 0], "{row}");
    }
    let none = "the row names no test and does not say `not built: …` or `no test: …`";
    let table = [
        ("| `Range` | yes | `gone` |", "the row names `gone`, which is no test"),
        ("| `Range` | yes | `expires_to_the_second`, `gone` |", "the row names `gone`, which is no test"),
        ("| `Range` | yes | `not_a_test` |", "the row names `not_a_test`, which is no test"),
        ("| `Range` | yes | |", none),
        ("| `Range` | yes | – |", none),
        ("| `Range` | yes | no test: |", none),
    ];
    for (row, expected) in table {
        assert_eq!(found_in_table(row), [format!("error: docs/compat.md:9: {expected}")], "{row}");
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
