use proptest::prelude::*;

use super::*;

#[test]
fn three_forms_are_one() {
    let rest = json!({ "rules": [{
        "allowed": { "origins": ["https://a"], "methods": ["PUT"], "headers": ["*"] },
        "exposeHeaders": ["ETag"], "maxAgeSeconds": 60, "id": "one",
    }] });
    let rule = json!({
        "AllowedOrigins": ["https://a"], "AllowedMethods": ["PUT"], "AllowedHeaders": ["*"],
        "ExposeHeaders": ["ETag"], "MaxAgeSeconds": 60, "ID": "one",
    });
    for form in [rest.clone(), json!([rule]), json!({ "CORSRules": [rule] })] {
        assert_eq!(rest_form(form), Ok(rest.clone()));
    }
}

#[test]
fn what_is_no_policy_is_refused_here() {
    for (form, word) in [
        (json!({}), "neither rules nor CORSRules"),
        (json!({ "CORSRules": 1 }), "neither rules nor CORSRules"),
        (json!("x"), "neither an object nor an array"),
        (json!([1]), "a rule is an object"),
        (json!([{ "AllowedOrigin": [] }]), "\"AllowedOrigin\""),
    ] {
        assert!(rest_form(form.clone()).unwrap_err().contains(word), "{form}");
    }
}

proptest! {
    #[test]
    fn any_document_is_read_or_refused(text in "[\\[\\]{}:,\"a-zA-Z0-9]{0,60}") {
        if let Ok(document) = serde_json::from_str(&text) {
            let _ = rest_form(document);
        }
    }
}
