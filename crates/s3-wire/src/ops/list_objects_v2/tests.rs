use domain::listing::ListEntry;
use domain::{ETag, ObjectInfo, ObjectKey, ObjectMetadata, Timestamp};
use proptest::prelude::*;

use super::*;
use crate::error_code::S3ErrorCode;

const ACCOUNT: &str = "123456789abcdef0123456789abcdef0";

fn read(query: &str) -> Result<ListObjectsV2, S3Error> {
    decode(&Query::parse(query).unwrap())
}

fn key(text: &str) -> ListPosition {
    ListPosition::Key(text.into())
}

fn prefix(text: &str) -> ListPosition {
    ListPosition::Prefix(text.into())
}

fn document(query: &str, page: &ListPage) -> String {
    let (bucket, owner) = (BucketName::parse("my-bucket").unwrap(), AccountId::parse(ACCOUNT).unwrap());
    String::from_utf8(encode(&bucket, &owner, &read(query).unwrap(), page).to_vec()).unwrap()
}

#[test]
fn the_later_of_two_beginnings_wins() {
    let table = [
        (None, None, None),
        (Some("a"), None, Some(key("a"))),
        (None, Some(key("b")), Some(key("b"))),
        (None, Some(prefix("b/")), Some(prefix("b/"))),
        (Some("a"), Some(key("b")), Some(key("b"))),
        (Some("c"), Some(key("b")), Some(key("c"))),
        (Some("a"), Some(prefix("b/")), Some(prefix("b/"))),
        (Some("b/x"), Some(prefix("b/")), Some(prefix("b/"))),
        (Some("b0"), Some(prefix("b/")), Some(key("b0"))),
    ];
    for (start_after, place, expected) in table {
        let mut query = start_after.map(|s| format!("start-after={s}&")).unwrap_or_default();
        if let Some(place) = &place {
            query += &format!("continuation-token={}", token::encode(place));
        }
        assert_eq!(read(&query).unwrap().to_query().after, expected, "{start_after:?} {place:?}");
    }
    assert_eq!(read("start-after=").unwrap().start_after, None);
}

#[test]
fn tokens_that_are_not_ours() {
    for bad in ["", "a", "!!", "YWJj", "a2E=", "a_8", &"a".repeat(5_000), "%C3%BC"] {
        let error = read(&format!("continuation-token={bad}")).unwrap_err();
        assert_eq!(error.code, S3ErrorCode::InvalidArgument, "{bad}");
        assert_eq!(error.message, "The continuation token provided is incorrect");
    }
}

#[test]
fn a_full_reply() {
    let object = ObjectInfo {
        key: ObjectKey::parse("a b").unwrap(),
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
    };
    let page = ListPage {
        entries: vec![ListEntry::Object(object), ListEntry::Prefix("c/".into())],
        next: Some(prefix("c/")),
    };
    let before = token::encode(&key("a"));
    let query =
        format!("delimiter=%2F&max-keys=2&start-after=0%2F&continuation-token={before}&encoding-type=url");
    assert_eq!(
        document(&query, &page),
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
             <ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>my-bucket</Name>\
             <Contents><Key>a%20b</Key><Size>5</Size><LastModified>2026-01-02T03:04:05.678Z</LastModified>\
             <ETag>&quot;5d41402abc4b2a76b9719d911017c592&quot;</ETag><StorageClass>STANDARD</StorageClass></Contents>\
             <IsTruncated>true</IsTruncated><CommonPrefixes><Prefix>c%2F</Prefix></CommonPrefixes>\
             <Prefix></Prefix><Delimiter>%2F</Delimiter><StartAfter>0%2F</StartAfter>\
             <ContinuationToken>{before}</ContinuationToken>\
             <NextContinuationToken>{}</NextContinuationToken><MaxKeys>2</MaxKeys><KeyCount>2</KeyCount>\
             <EncodingType>url</EncodingType></ListBucketResult>",
            token::encode(&prefix("c/")),
        )
    );
    let owner = format!("<Owner><DisplayName>{ACCOUNT}</DisplayName><ID>{ACCOUNT}</ID></Owner></Contents>");
    assert!(document("fetch-owner=true", &page).contains(&owner));
    assert!(!document("fetch-owner=false", &page).contains("Owner"));
}

#[test]
fn an_empty_page() {
    let text = document("", &ListPage::default());
    assert!(
        text.contains("<IsTruncated>false</IsTruncated><Prefix></Prefix><MaxKeys>1000</MaxKeys>"),
        "{text}"
    );
    assert!(text.contains("<KeyCount>0</KeyCount>"), "{text}");
    let more = ListPage { entries: Vec::new(), next: Some(key("")) };
    let text = document("max-keys=0", &more);
    let token = text.split("NextContinuationToken>").nth(1).unwrap().trim_end_matches("</");
    assert_eq!(token::decode(token), Ok(key("")));
}

proptest! {
    #[test]
    fn tokens_come_back(text in ".{0,200}", is_prefix in any::<bool>()) {
        let place = if is_prefix { ListPosition::Prefix(text) } else { ListPosition::Key(text) };
        let token = token::encode(&place);
        prop_assert!(token.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
        prop_assert_eq!(token::decode(&token), Ok(place));
    }
}
