use std::collections::HashSet;

use super::*;

/// Every reference in a document, and whether it leads somewhere.
fn check_references(document: &Value, here: &Value) {
    match here {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get("$ref") {
                let pointer = reference.strip_prefix('#').expect("within the document");
                assert!(document.pointer(pointer).is_some(), "{reference}");
            }
            members.values().for_each(|member| check_references(document, member));
        }
        Value::Array(items) => items.iter().for_each(|item| check_references(document, item)),
        _ => {}
    }
}

#[test]
fn every_route_is_described_and_nothing_else() {
    let document = document();
    let mut described = HashSet::new();
    let mut ids = HashSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            described.insert((method.to_ascii_uppercase(), path.trim_start_matches('/').to_owned()));
            assert!(ids.insert(operation["operationId"].as_str().unwrap().to_owned()), "{path}");
            let named = |place: &str| -> Vec<String> {
                let parameters = operation["parameters"].as_array().unwrap().iter();
                let named = parameters.filter(|parameter| parameter["in"] == place);
                named.map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect()
            };
            let in_template: Vec<String> = path
                .split('/')
                .filter(|part| part.starts_with('{'))
                .map(|part| part.trim_matches(['{', '}']).to_owned())
                .collect();
            assert_eq!(named("path"), in_template, "{path}");
            assert!(
                operation["responses"]["200"]["content"]
                    .as_object()
                    .is_some_and(|content| !content.is_empty()),
                "{path}"
            );
        }
    }
    let routes: HashSet<_> =
        ROUTES.iter().map(|(_, method, template)| ((*method).to_owned(), (*template).to_owned())).collect();
    assert_eq!(described, routes);
    check_references(&document, &document);
    let operations: HashSet<_> = ROUTES.iter().map(|(operation, ..)| operation).collect();
    assert_eq!(operations.len(), Operation::ALL.len(), "an operation without a path");
}

#[test]
fn schemas_have_names_of_their_own() {
    let document = document();
    let names: Vec<&String> = document["components"]["schemas"].as_object().unwrap().keys().collect();
    let numbered =
        names.iter().filter(|name| name.ends_with(|c: char| c.is_ascii_digit()) && !name.ends_with("R2"));
    assert_eq!(numbered.collect::<Vec<_>>(), Vec::<&&String>::new());
}
