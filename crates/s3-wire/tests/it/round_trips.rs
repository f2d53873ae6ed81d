//! decode(encode(x)) = x, for policies and for batches of keys with any text in them.

use domain::limits::DELETE_MAX_KEYS;
use domain::{CorsPolicy, CorsRule, ObjectKey};
use proptest::prelude::*;
use s3_wire::ops::delete_objects;
use s3_wire::xml::Writer;
use s3_wire::{cors, xml};

fn texts() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(any::<String>(), 0..3)
}

fn rule() -> impl Strategy<Value = CorsRule> {
    let id = prop::option::of(any::<String>());
    (id, texts(), texts(), texts(), texts(), prop::option::of(any::<u32>())).prop_map(
        |(id, allowed_origins, allowed_methods, allowed_headers, expose_headers, max_age_seconds)| CorsRule {
            id,
            allowed_origins,
            allowed_methods,
            allowed_headers,
            expose_headers,
            max_age_seconds,
        },
    )
}

fn key() -> impl Strategy<Value = ObjectKey> {
    any::<String>().prop_filter_map("a key has a byte", |text| ObjectKey::parse(text).ok())
}

proptest! {
    #[test]
    fn policies(rules in prop::collection::vec(rule(), 0..4)) {
        let policy = CorsPolicy { rules };
        prop_assert_eq!(cors::decode(&cors::encode(&policy)), Ok(policy));
    }

    #[test]
    fn keys_to_delete(keys in prop::collection::vec(key(), 1..20), quiet in any::<bool>()) {
        let mut document = Writer::with_capacity(0);
        document.open_root("Delete");
        for key in &keys {
            document.open("Object");
            document.leaf("Key", key.as_str());
            document.close("Object");
        }
        document.leaf_display("Quiet", quiet);
        document.close("Delete");
        let request = delete_objects::decode(&document.finish()).unwrap();
        prop_assert_eq!(&request.keys, &keys);
        prop_assert!(request.refused.is_empty());
        prop_assert_eq!(request.quiet, quiet);

        let reply = delete_objects::encode(keys.iter(), &[], false);
        let limits = xml::Limits { bytes: reply.len(), elements: 3 * DELETE_MAX_KEYS };
        let root = xml::parse(&reply, limits).unwrap().expect_root("DeleteResult").unwrap();
        let shown: Vec<_> =
            root.children().unwrap().iter().map(|d| d.children().unwrap()[0].leaf_text().unwrap()).collect();
        prop_assert_eq!(shown, keys.iter().map(ObjectKey::as_str).collect::<Vec<_>>());
    }
}
