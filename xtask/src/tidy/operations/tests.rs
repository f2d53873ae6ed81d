use super::*;

const OPERATIONS: &str = "//! x\n/// All. `{`\npub enum Operation {\n    /// One, two.\n    ListObjects,\n    #[doc(hidden)]\n    \
    ListObjectsV2(ListObjectsV2, u8),\n    GetObject { key: Key },\n}\nfn other() {}\n";

fn tree(files: &[(&str, &str)]) -> Tree {
    let mut tree: Tree = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    tree.insert(ENUM.to_owned(), OPERATIONS.to_owned());
    tree
}

fn found(files: &[(&str, &str)]) -> Vec<String> {
    check(&tree(files)).iter().map(ToString::to_string).collect()
}

#[test]
fn variants_are_read_with_and_without_data() {
    assert_eq!(variants(&mask::code_only(OPERATIONS)), ["ListObjects", "ListObjectsV2", "GetObject"]);
    assert_eq!(variants("pub enum Operation { A, B }"), ["A", "B"]);
    let by_macro = "macro_rules! operations {\n(x) => { pub enum Operation { $($name,)* } };\n}\n\
        operations! {\n    // bucket\n    A, B = \"Bee\",\n    C,\n}\n";
    assert_eq!(variants(&mask::code_only(by_macro)), ["A", "B", "C"]);
    assert_eq!(variants("enum Other { A }"), [""; 0]);
}

#[test]
fn names_are_spelled_in_snake_case() {
    assert_eq!(snake_case("PutBucketCors"), "put_bucket_cors");
    assert_eq!(snake_case("ListObjectsV2"), "list_objects_v2");
}

#[test]
fn an_operation_that_is_not_built_needs_nothing() {
    assert_eq!(found(&[]), [""; 0]);
    assert_eq!(check(&Tree::new()), []);
}

#[test]
fn a_built_operation_with_row_and_test_passes() {
    let handler = ("crates/api-s3/src/handlers/list_objects.rs", "");
    let compat = ("docs/compat.md", "| ListObjects | ok |");
    for test in [
        ("crates/e2e/tests/it/list_objects.rs", "fn a() {}"),
        ("crates/e2e/tests/it/main.rs", "fn list_objects_pages() {}"),
        ("crates/e2e/clients/js/v3.mjs", "new ListObjectsCommand"),
        ("crates/e2e/clients/python/b.py", "client.list_objects(Bucket=b)"),
        ("crates/api-s3/tests/it/main.rs", "// ListObjects"),
    ] {
        assert_eq!(found(&[handler, compat, test]), [""; 0], "{test:?}");
    }
}

#[test]
fn a_built_operation_without_them_fails() {
    let handler = ("crates/api-s3/src/handlers/list_objects.rs", "");
    let compat = ("docs/compat.md", "| ListObjectsV2 | ok |");
    let test = ("crates/e2e/tests/it/main.rs", "fn list_objects_v2() { ListObjectsV2 }");
    let errors = found(&[handler, compat, test]);
    assert_eq!(errors.len(), 2, "{errors:?}");
    assert!(errors[0].contains("docs/compat.md does not mention ListObjects"), "{errors:?}");
    assert!(errors[1].contains("no end-to-end test mentions ListObjects"), "{errors:?}");
}

#[test]
fn an_enum_that_cannot_be_read_is_reported() {
    let tree = Tree::from([(ENUM.to_owned(), "pub struct Operation;".to_owned())]);
    assert_eq!(check(&tree).len(), 1);
}
