use super::*;

#[test]
fn a_rule_is_replaced_in_its_place() {
    let rules = || vec![json!({ "id": "a" }), json!({ "id": "b" })];
    let new = json!({ "id": "a", "enabled": true });
    assert_eq!(with_rule(rules(), "a", Some(new.clone())), [new.clone(), json!({ "id": "b" })]);
    assert_eq!(with_rule(rules(), "c", Some(new.clone())).last(), Some(&new));
    assert_eq!(with_rule(rules(), "a", None), [json!({ "id": "b" })]);
}

#[test]
fn ages_are_whole_days() {
    assert_eq!((days_s("30d"), days_s("24h")), (Ok(2_592_000), Ok(86_400)));
    for text in ["0d", "1h", "90", "x"] {
        assert!(days_s(text).is_err(), "{text}");
    }
}
