use proptest::prelude::*;

use super::*;

#[test]
fn objects_by_example() {
    for (text, bucket, key) in [
        ("photos/a.jpg", "photos", "a.jpg"),
        ("s3://photos/a/b c%20+.jpg", "photos", "a/b c%20+.jpg"),
        ("r2://photos//a/", "photos", "/a/"),
        ("photos/../x", "photos", "../x"),
    ] {
        let path = ObjectPath::parse(text).unwrap();
        assert_eq!((path.bucket.as_str(), path.key.as_str()), (bucket, key), "{text}");
    }
    for text in ["", "photos", "photos/", "/a", "No/a", "s3://", "s3:///a", "https://photos/a"] {
        assert!(ObjectPath::parse(text).is_err(), "{text}");
    }
    assert!(ObjectPath::parse(&format!("photos/{}", "k".repeat(1_025))).is_err());
}

#[test]
fn a_prefix_may_be_empty() {
    for (text, prefix) in [("photos", ""), ("photos/", ""), ("s3://photos/a/", "a/")] {
        assert_eq!(PrefixPath::parse(text).unwrap().prefix, prefix);
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        let _ = (ObjectPath::parse(&text), PrefixPath::parse(&text));
    }

    #[test]
    fn a_path_is_read_back_as_it_is_shown(key in "[^\\p{Cc}]{1,60}") {
        if let Ok(path) = ObjectPath::parse(&format!("photos/{key}")) {
            prop_assert_eq!(path.key.as_str(), &key);
            prop_assert_eq!(ObjectPath::parse(&path.to_string()), Ok(path));
        }
    }
}
