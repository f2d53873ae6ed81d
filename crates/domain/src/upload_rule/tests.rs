use proptest::prelude::*;

use super::*;

fn rule() -> UploadRule {
    UploadRule::default()
}

fn types(patterns: &[&str]) -> UploadRule {
    UploadRule { content_types: patterns.iter().map(|p| (*p).to_owned()).collect(), ..rule() }
}

#[test]
fn sizes_are_inclusive() {
    let rule = UploadRule { min_bytes: Some(5), max_bytes: Some(10), ..rule() };
    let small = |bytes| Err(Error::EntityTooSmall { bytes, min_bytes: 5 });
    let large = Err(Error::EntityTooLarge { max_bytes: 10 });
    for (bytes, end, progress) in [
        (0, small(0), Ok(())),
        (4, small(4), Ok(())),
        (5, Ok(()), Ok(())),
        (10, Ok(()), Ok(())),
        (11, large.clone(), large.clone()),
        (u64::MAX, large.clone(), large),
    ] {
        assert_eq!(rule.check("k", None, Some(bytes)), end, "{bytes}");
        assert_eq!(rule.check_end(bytes), end, "{bytes}");
        assert_eq!(rule.check_progress(bytes), progress, "{bytes}");
    }
    assert_eq!(rule.check("k", None, None), Ok(()), "a length that is not known is judged as it comes");
    assert_eq!(super::UploadRule::default().check("k", Some("x/y"), Some(u64::MAX)), Ok(()));
}

#[test]
fn content_types_by_example() {
    let table: [(&[&str], &str, bool); 17] = [
        (&["image/png"], "image/png", true),
        (&["image/png"], "IMAGE/PNG", true),
        (&["Image/*"], "image/png", true),
        (&["image/*"], "image/svg+xml; charset=utf-8", true),
        (&["image/*"], " image/png ;x", true),
        (&["image/png", "text/*"], "text/css", true),
        (&["*"], "anything/at-all", true),
        (&["*/*"], "a/b", true),
        (&["application/*+json"], "application/ld+json", true),
        (&["image/png"], "image/jpeg", false),
        (&["image/*"], "text/html", false),
        (&["image/*"], "", false),
        (&["image/*"], "ximage/png", false),
        // a browser takes the last of these two for the type
        (&["image/*"], "image/png;,text/html", false),
        (&["image/*"], "image/png, image/png", false),
        (&["image/png"], "image/png/x", false),
        (&["application/*+json"], "application/json", false),
    ];
    for (patterns, sent, allowed) in table {
        let verdict = types(patterns).check("k", Some(sent), None);
        assert_eq!(verdict.is_ok(), allowed, "{patterns:?} {sent}");
    }
    let none = types(&["image/*"]).check("k", None, None).unwrap_err();
    let Error::UploadRefused(fault) = none else { panic!("{none}") };
    assert_eq!(
        fault.to_string(),
        "Content-Type \"application/octet-stream\" is not allowed here. Allowed: image/*."
    );
    assert_eq!(types(&["application/*"]).check("k", None, None), Ok(()));
}

#[test]
fn keys_by_example() {
    let table = [
        ("a/b.png", "a/b.png", true),
        ("avatars/*.png", "avatars/7.png", true),
        ("avatars/*.png", "avatars/.png", true),
        ("avatars/*.png", "avatars/7/8.png", true),
        ("*", "", true),
        ("**", "x", true),
        ("a*a", "aa", true),
        ("*ab*bc*", "xabbcx", true),
        ("a*a", "a", false),
        ("avatars/*.png", "avatars/7.png.exe", false),
        ("avatars/*.png", "Avatars/7.png", false),
        ("*ab*bc*", "xabcx", false),
        ("", "x", false),
        ("caf\u{e9}/*", "cafe\u{301}/1", true),
        ("*e", "cafe\u{301}", false),
    ];
    for (pattern, key, allowed) in table {
        let rule = UploadRule { key_pattern: Some(pattern.to_owned()), ..rule() };
        assert_eq!(rule.check(key, None, None).is_ok(), allowed, "{pattern} {key}");
    }
    let rule = UploadRule { prefix: "up/".to_owned(), ..rule() };
    assert!(rule.applies_to("up/x") && !rule.applies_to("down/x"));
    let rule = UploadRule { prefix: "caf\u{e9}/".to_owned(), ..rule };
    assert!(rule.applies_to("cafe\u{301}/x"), "another spelling of a key is no way around its rule");
}

#[test]
fn rules_that_cannot_be_kept() {
    let long = "x".repeat(1_025);
    let bad = [
        UploadRule { min_bytes: Some(2), max_bytes: Some(1), ..rule() },
        UploadRule { key_pattern: Some(long.clone()), ..rule() },
        UploadRule { prefix: long, ..rule() },
        types(&["image"]),
        types(&["image/"]),
        types(&["image/png/x"]),
        types(&["image/png; charset=x"]),
        types(&["image/png,text/css"]),
        types(&[""]),
        UploadRule { content_types: vec!["a/b".to_owned(); 101], ..rule() },
    ];
    for rule in bad {
        assert!(matches!(rule.validate(), Err(UploadRuleFault::Rule(_))), "{rule:?}");
    }
    for rule in [rule(), types(&["*", "*/*", "image/*", "application/*+json"])] {
        assert_eq!(rule.validate(), Ok(()));
    }
}

proptest! {
    #[test]
    fn a_pattern_matches_what_it_was_made_from(pieces in prop::collection::vec("[ab]{0,3}", 1..5), between in "[ab]{0,3}") {
        prop_assert!(matches(&pieces.join("*"), &pieces.join(&between)));
    }

    /// Against the definition: a star is nothing, or one character and a star.
    #[test]
    fn matching_is_its_definition(pattern in "[ab*]{0,7}", text in "[ab]{0,7}") {
        fn defined(pattern: &[u8], text: &[u8]) -> bool {
            match (pattern, text) {
                ([], text) => text.is_empty(),
                ([b'*', rest @ ..], text) => {
                    defined(rest, text) || !text.is_empty() && defined(pattern, &text[1..])
                }
                ([p, pattern @ ..], [t, text @ ..]) => p == t && defined(pattern, text),
                (_, []) => false,
            }
        }
        prop_assert_eq!(matches(&pattern, &text), defined(pattern.as_bytes(), text.as_bytes()));
    }
}
