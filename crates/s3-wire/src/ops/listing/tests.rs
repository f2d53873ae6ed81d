use super::*;

fn read(query: &str) -> Result<Listing, S3Error> {
    Listing::decode(&Query::parse(query).unwrap())
}

#[test]
fn page_sizes() {
    let of = |text: &str| read(&format!("max-keys={text}")).map(|l| (l.max_keys.limit(), l.max_keys.echo()));
    let table = [
        ("0", (0, 0)),
        ("1", (1, 1)),
        ("2.9", (2, 2)),
        ("1e1", (10, 10)),
        ("%207%20", (7, 7)),
        ("999", (999, 999)),
        ("1000", (1_000, 1_000)),
        ("1001", (1_000, 1_001)),
        ("2147483647", (1_000, 2_147_483_647)),
        ("99999999999999999999", (1_000, 2_147_483_647)),
    ];
    for (text, expected) in table {
        assert_eq!(of(text), Ok(expected), "{text}");
    }
    for text in ["", "%20", "-1", "-0.5", "a", "NaN", "nan", "Infinity", "inf", "-inf", "1e999", "1,0"] {
        let error = of(text).unwrap_err();
        assert_eq!(error.code, S3ErrorCode::InvalidMaxKeys, "{text}");
        assert_eq!(error.message, "MaxKeys params must be positive integer <= 1000.");
    }
    assert_eq!(read("").unwrap().max_keys.limit(), 1_000);
}

#[test]
fn encodings() {
    assert!(!read("").unwrap().url_encoded);
    assert!(read("encoding-type=url").unwrap().url_encoded);
    for (text, shown) in [("URL", "URL"), ("", ""), ("base64", "base64")] {
        let error = read(&format!("encoding-type={text}")).unwrap_err();
        assert_eq!(error.code, S3ErrorCode::NotImplemented);
        assert_eq!(error.message, format!("Unrecognized encoding-type \"{shown}\" not implemented"));
    }
}

#[test]
fn an_empty_delimiter_is_none() {
    let listing = read("delimiter=&prefix=").unwrap();
    assert_eq!((listing.delimiter, listing.prefix.as_str()), (None, ""));
    let listing = read("delimiter=%2F%2F&prefix=a%2B+b").unwrap();
    assert_eq!((listing.delimiter.as_deref(), listing.prefix.as_str()), (Some("//"), "a+ b"));
}
