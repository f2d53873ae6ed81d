use super::*;

fn failure(xml: &str) -> String {
    error_document("put photos/a", "403", &xml::parse(xml.as_bytes(), LIMITS).unwrap()).to_string()
}

#[test]
fn a_refusal_is_told_in_the_servers_words_with_its_hint() {
    let said = failure(
        "<Error><Code>AccessDenied</Code><Message>No &amp; no</Message><Hint>ask\u{7}</Hint></Error>",
    );
    assert_eq!(said, "put photos/a: 403 AccessDenied: No & no\n  ask?");
    let said = failure("<Error><Code>NoSuchKey</Code><Message>Gone</Message></Error>");
    assert_eq!(said, "put photos/a: 403 NoSuchKey: Gone");
    let long = failure(&format!("<Error><Message>{}</Message></Error>", "x".repeat(100_000)));
    assert!(long.len() < 2_000);
}

#[test]
fn children_are_found_by_name() {
    let document = xml::parse(b"<A><B>1</B><C><D>2</D></C><B>3</B></A>", LIMITS).unwrap();
    assert_eq!(leaf(&document, "B"), Some("1"));
    assert_eq!((leaf(&document, "C"), leaf(&document, "X")), (None, None));
    assert_eq!(children(&document, "B").count(), 2);
}
