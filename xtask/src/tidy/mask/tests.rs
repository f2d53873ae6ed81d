use super::code_only;

/// Each source and what must remain of it, spaces squeezed.
#[test]
fn only_code_remains() {
    let table = [
        ("let a = 1; // fn x() {", "let a = 1;"),
        ("a /* { /* nested */ } */ b", "a b"),
        (r#"f("} \" {") }"#, r#"f(" ") }"#),
        (r##"r#"} " {"# x"##, r##"r#" "# x"##),
        (r#"br"}" y"#, r#"br" " y"#),
        ("r#type { }", "r#type { }"),
        ("for\"{\"", "for\" \""),
        ("'{' '}'", "' ' ' '"),
        (r"'\'' '\u{7d}' z", "' ' ' ' z"),
        ("fn f<'a>(x: &'a str) {}", "fn f<'a>(x: &'a str) {}"),
        ("'ä' x", "' ' x"),
    ];
    for (source, expected) in table {
        let squeezed = code_only(source).split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(squeezed, expected.split_whitespace().collect::<Vec<_>>().join(" "), "{source}");
    }
}

#[test]
fn lines_keep_their_numbers() {
    let source = "a\n/* one\ntwo */\n\"three\nfour\"\nb";
    assert_eq!(code_only(source).lines().count(), source.lines().count());
    assert_eq!(code_only(source).lines().last(), Some("b"));
}

#[test]
fn an_unfinished_literal_ends_with_the_text() {
    for source in ["\"abc", "/* abc", "r#\"abc\"", "'", "'\\", "\"\\"] {
        assert!(code_only(source).len() <= source.len(), "{source}");
    }
}
