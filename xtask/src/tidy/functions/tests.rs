use super::*;

fn function_of(lines: usize) -> String {
    format!("fn long() {{\n{}}}\n", "    step();\n".repeat(lines - 2))
}

fn tree(path: &str, source: String) -> Tree {
    Tree::from([(path.to_owned(), source)])
}

#[test]
fn functions_are_found_with_their_sizes() {
    let source = "\
fn one() {}
trait T {
    fn declared(&self) -> [u8; { 1 + 1 }];
    fn two(&self, f: fn(u8) -> u8) -> [u8; { 2 }] {
        if true { \"}\" } // }
    }
}
async fn three<F>(f: F)
where
    F: Fn(u8),
{
    fn inner() { }
}
";
    let found = functions(&mask::code_only(source));
    let names: Vec<(&str, usize, usize)> = found.iter().map(|f| (f.name.as_str(), f.line, f.lines)).collect();
    assert_eq!(names, [("one", 1, 1), ("two", 4, 3), ("three", 8, 6), ("inner", 12, 1)]);
}

#[test]
fn the_limit_is_inclusive() {
    let path = "crates/store/src/put.rs";
    assert_eq!(check_with(&tree(path, function_of(LINES_MAX)), &[]), []);
    let found = check_with(&tree(path, function_of(LINES_MAX + 1)), &[]);
    assert_eq!(found, [Finding::error("crates/store/src/put.rs:1", "`long` has 71 lines, 70 are the limit")]);
}

#[test]
fn tests_may_be_long() {
    let long = function_of(LINES_MAX + 1);
    assert_eq!(check_with(&tree("crates/store/src/put/tests.rs", long.clone()), &[]), []);
    assert_eq!(check_with(&tree("crates/store/tests/it/put.rs", long.clone()), &[]), []);
    let inline = format!("fn a() {{}}\n#[cfg(test)]\nmod tests {{\n{long}}}\n");
    assert_eq!(check_with(&tree("crates/store/src/put.rs", inline), &[]), []);
}

#[test]
fn a_permission_covers_one_function_and_must_be_needed() {
    let path = "crates/store/src/put.rs";
    let allowed = [(path, "long", "a table")];
    assert_eq!(check_with(&tree(path, function_of(LINES_MAX + 1)), &allowed), []);
    let idle = check_with(&tree(path, function_of(3)), &allowed);
    assert_eq!(idle, [Finding::error(path, "the permission for `long` is unused")]);
}
