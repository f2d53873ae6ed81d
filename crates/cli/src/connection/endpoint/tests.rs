use proptest::prelude::*;

use super::*;

#[test]
fn endpoints_by_example() {
    for (url, is_tls, host) in [
        ("http://127.0.0.1:9000", false, "127.0.0.1:9000"),
        ("HTTPS://Files.Example.com/", true, "files.example.com"),
        ("https://files.example.com:443", true, "files.example.com"),
        ("http://files.example.com:80/", false, "files.example.com"),
        ("http://files.example.com:443", false, "files.example.com:443"),
        ("http://[::1]:9000", false, "[::1]:9000"),
    ] {
        assert_eq!(Endpoint::parse(url), Ok(Endpoint { is_tls, host: host.to_owned() }), "{url}");
    }
    for url in [
        "",
        "localhost:9000",
        "ftp://a",
        "http://",
        "http:///a",
        "http://a/b",
        "http://a b",
        "http://u:p@a",
        "http://:9000",
        "http://a?b",
    ] {
        assert!(Endpoint::parse(url).is_err(), "{url}");
    }
}

#[test]
fn a_bucket_stands_in_the_path_or_before_the_host() {
    let endpoint = Endpoint::parse("https://s3.example.com").unwrap();
    let bucket = BucketName::parse("photos").unwrap();
    let address = |key, virtual_host| endpoint.address(&bucket, key, virtual_host);
    let own = |host: &str, path: &str| (host.to_owned(), path.to_owned());
    assert_eq!(address(Some("a b/ü+%"), false), own("s3.example.com", "/photos/a%20b/%C3%BC%2B%25"));
    assert_eq!(address(Some("a"), true), own("photos.s3.example.com", "/a"));
    assert_eq!(address(None, false), own("s3.example.com", "/photos"));
    assert_eq!(address(None, true), own("photos.s3.example.com", "/"));
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "(https?://)?\\PC{0,60}") {
        if let Ok(endpoint) = Endpoint::parse(&text) {
            prop_assert_eq!(Endpoint::parse(&endpoint.url()), Ok(endpoint));
        }
    }
}
