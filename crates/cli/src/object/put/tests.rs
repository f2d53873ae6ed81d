use proptest::prelude::*;

use super::*;

#[test]
fn parts_are_few_enough() {
    assert_eq!(part_bytes_for(0), Ok(PART_BYTES));
    assert_eq!(part_bytes_for(80 * 1_000 * MIB), Ok(PART_BYTES));
    assert_eq!(part_bytes_for(80 * 1_000 * MIB + 1), Ok(PART_BYTES + MIB));
    assert!(part_bytes_for(u64::MAX).is_err());
    assert!(part_size("4MiB").is_err() && part_size("2GiB").is_err());
    assert_eq!(part_size("5MiB"), Ok(5 * MIB));
}

#[test]
fn types_by_ending() {
    for (key, content_type) in [
        ("a/b.JPG", Some("image/jpeg")),
        ("x.tar.gz", Some("application/gzip")),
        ("a.png/b", None),
        ("png", None),
        (".html", Some("text/html")),
        ("a.unknown", None),
    ] {
        assert_eq!(content_type::of_key(key), content_type, "{key}");
    }
}

#[test]
fn metadata_by_example() {
    assert_eq!(metadata("User-Id=4=2"), Ok(("x-amz-meta-user-id".to_owned(), "4=2".to_owned())));
    for text in ["", "a", "=b", "a b=c", "a=\n", "a=ü"] {
        assert!(metadata(text).is_err(), "{text}");
    }
}

#[test]
fn a_file_that_changes_is_not_stored() {
    assert!(check_length("put", Some(5), 4).is_err());
    assert!(check_length("put", Some(5), 5).is_ok() && check_length("put", None, 4).is_ok());
}

proptest! {
    #[test]
    fn a_length_fits_into_its_parts(length in 0..=domain::limits::OBJECT_MAX_BYTES) {
        let part_bytes = part_bytes_for(length).unwrap();
        prop_assert!(length.div_ceil(part_bytes) <= u64::from(domain::limits::PARTS_MAX));
    }

    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        let _ = (metadata(&text), part_size(&text));
    }
}
