use domain::StorageClass;
use proptest::prelude::*;

use super::*;
use crate::error_code::S3ErrorCode;

fn headers(pairs: &[(&'static str, &[u8])]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in pairs {
        map.append(*name, HeaderValue::from_bytes(value).unwrap());
    }
    map
}

fn shown(metadata: &ObjectMetadata) -> Vec<(String, String)> {
    let mut map = HeaderMap::new();
    encode(metadata, &mut map);
    let mut pairs: Vec<_> =
        map.iter().map(|(n, v)| (n.to_string(), String::from_utf8(v.as_bytes().to_vec()).unwrap())).collect();
    pairs.sort_unstable();
    pairs
}

#[test]
fn what_a_client_says_is_kept_to_the_letter() {
    let metadata = decode(&headers(&[
        ("content-type", b"image/PNG; x=\"y\""),
        ("content-language", b"de, en"),
        ("content-disposition", "attachment; filename=\"ü.png\"".as_bytes()),
        ("content-encoding", b"gzip"),
        ("cache-control", b"no-cache"),
        ("cache-control", b"max-age=1"),
        ("expires", b"0"),
        ("x-amz-storage-class", b"STANDARD_IA"),
        ("x-amz-meta-b", b"2"),
        ("x-amz-meta-a", b"1"),
        ("x-amz-meta-a", b"3"),
        ("x-amz-meta-utf8", "ü".as_bytes()),
        ("x-amz-meta-latin1", b"\xfc"),
        ("x-amz-meta-word", b"=?UTF-8?Q?=C3=BC?="),
        ("x-amz-tagging", b"not metadata"),
        ("x-amz-meta", b"not metadata"),
    ]))
    .unwrap();
    let text = |t: &str| Some(t.to_owned());
    assert_eq!(
        metadata.http,
        HttpMetadata {
            content_type: text("image/PNG; x=\"y\""),
            content_language: text("de, en"),
            content_disposition: text("attachment; filename=\"ü.png\""),
            content_encoding: text("gzip"),
            cache_control: text("no-cache, max-age=1"),
            expires: text("0"),
        }
    );
    assert_eq!(metadata.storage_class, StorageClass::StandardIa);
    let custom: Vec<_> = metadata.custom.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    assert_eq!(custom, [("a", "1,3"), ("b", "2"), ("latin1", "ü"), ("utf8", "ü"), ("word", "ü")]);
    assert_eq!(decode(&HeaderMap::new()), Ok(ObjectMetadata::default()));
}

#[test]
fn the_framing_is_no_part_of_the_content() {
    let table: [(&[&str], Option<&str>, bool); 9] = [
        (&["aws-chunked"], None, true),
        (&["AWS-Chunked"], None, true),
        (&["aws-chunked,gzip"], Some("gzip"), true),
        (&["gzip, aws-chunked"], Some("gzip"), true),
        (&["aws-chunked", "gzip"], Some("gzip"), true),
        (&["aws-chunked, , br , gzip"], Some("br,gzip"), true),
        (&["gzip, br"], Some("gzip, br"), false),
        (&["xaws-chunked"], Some("xaws-chunked"), false),
        (&[], None, false),
    ];
    for (values, expected, framed) in table {
        let pairs: Vec<_> = values.iter().map(|v| ("content-encoding", v.as_bytes())).collect();
        let map = headers(&pairs);
        assert_eq!(decode(&map).unwrap().http.content_encoding.as_deref(), expected, "{values:?}");
        assert_eq!(is_aws_chunked(&map), framed, "{values:?}");
    }
}

#[test]
fn an_unknown_storage_class() {
    let error = decode(&headers(&[("x-amz-storage-class", b"GLACIER")])).unwrap_err();
    assert_eq!(error.code, S3ErrorCode::InvalidStorageClass);
}

#[test]
fn what_is_shown() {
    let custom =
        [("plain", "text"), ("umlaut", "ü"), ("split", "a\r\nset-cookie: b"), ("ü", "1"), ("a b", "2")];
    let metadata = ObjectMetadata {
        http: HttpMetadata { content_type: Some("text/ü".into()), ..HttpMetadata::default() },
        custom: custom.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
        storage_class: StorageClass::StandardIa,
    };
    let expected = [
        ("content-type", "text/ü"),
        ("x-amz-meta-plain", "text"),
        ("x-amz-meta-split", "=?UTF-8?B?YQ0Kc2V0LWNvb2tpZTogYg==?="),
        ("x-amz-meta-umlaut", "=?UTF-8?B?w7w=?="),
        ("x-amz-missing-meta", "2"),
        ("x-amz-storage-class", "STANDARD_IA"),
    ];
    let shown = shown(&metadata);
    let pairs: Vec<_> = shown.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    assert_eq!(pairs, expected);
    assert!(self::shown(&ObjectMetadata::default()).is_empty());
}

#[test]
fn nothing_stored_splits_a_reply() {
    let http = HttpMetadata {
        content_type: Some("text/plain\r\nset-cookie: a=b".into()),
        cache_control: Some("a\nb".into()),
        expires: Some("a\0".into()),
        ..HttpMetadata::default()
    };
    assert!(shown(&ObjectMetadata { http, ..ObjectMetadata::default() }).is_empty());
}

proptest! {
    #[test]
    fn custom_metadata_comes_back(
        custom in prop::collection::btree_map("[a-z0-9!#$%&'*+.^_`|~-]{1,8}", any::<String>(), 0..4),
    ) {
        let metadata = ObjectMetadata { custom: custom.into_iter().collect(), ..ObjectMetadata::default() };
        let mut map = HeaderMap::new();
        encode(&metadata, &mut map);
        prop_assert_eq!(decode(&map), Ok(metadata));
    }
}
