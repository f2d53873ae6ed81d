use domain::listing::ListEntry;
use domain::{ETag, ObjectInfo, ObjectKey, ObjectMetadata, Timestamp};

use super::*;

const ACCOUNT: &str = "123456789abcdef0123456789abcdef0";

fn read(query: &str) -> ListObjects {
    decode(&Query::parse(query).unwrap()).unwrap()
}

fn object(key: &str) -> ListEntry {
    ListEntry::Object(ObjectInfo {
        key: ObjectKey::parse(key).unwrap(),
        size: 5,
        etag: ETag::from_text("5d41402abc4b2a76b9719d911017c592"),
        last_modified: Timestamp::from_millis(1_767_323_045_678),
        version: 7,
        version_id: None,
        metadata: ObjectMetadata::default(),
        checksums: Vec::new(),
        checksum_type: domain::ChecksumType::FullObject,
        parts: None,
        part_checksums: None,
        encryption: None,
    })
}

fn document(query: &str, page: &ListPage) -> String {
    let (bucket, owner) = (BucketName::parse("my-bucket").unwrap(), AccountId::parse(ACCOUNT).unwrap());
    String::from_utf8(encode(&bucket, &owner, &read(query), page).to_vec()).unwrap()
}

#[test]
fn the_question() {
    let query = read("prefix=a&delimiter=%2F&max-keys=2000&marker=ab").to_query();
    assert_eq!(
        query,
        ListQuery {
            prefix: "a".into(),
            delimiter: Some("/".into()),
            after: Some(ListPosition::Key("ab".into())),
            limit: 1_000,
        }
    );
    assert_eq!(read("marker=").to_query().after, None);
    for (wanted, limit) in [(999, 999), (1_000, 1_000), (1_001, 1_000)] {
        assert_eq!(read(&format!("max-keys={wanted}")).to_query().limit, limit);
    }
}

#[test]
fn a_marker_that_is_a_common_prefix_skips_its_keys() {
    let key = |text: &str| Some(ListPosition::Key(text.into()));
    let prefix = |text: &str| Some(ListPosition::Prefix(text.into()));
    let table = [
        ("delimiter=%2F&marker=a%2F", prefix("a/")),
        ("delimiter=%2F&marker=a%2Fb", key("a/b")),
        ("delimiter=%2F&marker=a%2Fb%2F", key("a/b/")),
        ("delimiter=%2F&prefix=a%2F&marker=a%2Fb%2F", prefix("a/b/")),
        ("delimiter=%2F&prefix=a%2F&marker=a%2F", key("a/")),
        ("delimiter=%2F&prefix=b&marker=a%2F", key("a/")),
        ("delimiter=xy&marker=axy", prefix("axy")),
        ("marker=a%2F", key("a/")),
        // the prefix decomposed, the marker as a list shows it
        ("delimiter=%2F&prefix=e%CC%81&marker=%C3%A9a%2F", prefix("éa/")),
        ("delimiter=e%CC%81&marker=a%C3%A9", prefix("aé")),
    ];
    for (query, expected) in table {
        assert_eq!(read(query).to_query().after, expected, "{query}");
    }
}

#[test]
fn a_full_reply() {
    let page = ListPage {
        entries: vec![object("a&b"), ListEntry::Prefix("c/".into())],
        next: Some(ListPosition::Prefix("c/".into())),
    };
    assert_eq!(
        document("delimiter=%2F&max-keys=2", &page),
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
             <ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>my-bucket</Name>\
             <Contents><Key>a&amp;b</Key><Size>5</Size><LastModified>2026-01-02T03:04:05.678Z</LastModified>\
             <ETag>&quot;5d41402abc4b2a76b9719d911017c592&quot;</ETag><StorageClass>STANDARD</StorageClass>\
             <Owner><DisplayName>{ACCOUNT}</DisplayName><ID>{ACCOUNT}</ID></Owner></Contents>\
             <IsTruncated>true</IsTruncated><CommonPrefixes><Prefix>c/</Prefix></CommonPrefixes>\
             <Prefix></Prefix><Delimiter>/</Delimiter><Marker></Marker><NextMarker>c/</NextMarker>\
             <MaxKeys>2</MaxKeys></ListBucketResult>"
        )
    );
}

#[test]
fn names_are_encoded_on_request_and_safe_otherwise() {
    let page = ListPage {
        entries: vec![object("a/ü\u{1}"), ListEntry::Prefix("b/".into())],
        next: Some(ListPosition::Key("a/ü\u{1}".into())),
    };
    let text = document("prefix=a%2F&marker=m%2F&delimiter=%2F&encoding-type=url", &page);
    for part in [
        "<Key>a%2F%C3%BC%01</Key>",
        "<CommonPrefixes><Prefix>b%2F</Prefix></CommonPrefixes>",
        "<Prefix>a%2F</Prefix>",
        "<Delimiter>%2F</Delimiter>",
        "<Marker>m%2F</Marker><NextMarker>a%2F%C3%BC%01</NextMarker>",
        "<EncodingType>url</EncodingType></ListBucketResult>",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let text = document("", &page);
    assert!(text.contains("<Key>a/ü&#x1;</Key>"), "{text}");
    assert!(!text.contains("EncodingType") && !text.contains("Delimiter"));
}

#[test]
fn an_empty_page() {
    let nothing = ListPage::default();
    let text = document("max-keys=0", &nothing);
    assert!(
        text.contains("<IsTruncated>false</IsTruncated>") && text.contains("<MaxKeys>0</MaxKeys>"),
        "{text}"
    );
    let more = ListPage { entries: Vec::new(), next: Some(ListPosition::Key(String::new())) };
    let text = document("max-keys=0", &more);
    assert!(text.contains("<IsTruncated>true</IsTruncated>") && !text.contains("NextMarker"), "{text}");
}
