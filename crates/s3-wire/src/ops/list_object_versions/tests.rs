use domain::{ETag, ObjectInfo};

use super::*;
use crate::error_code::S3ErrorCode;

fn read(query: &str) -> Result<ListObjectVersions, S3Error> {
    decode(&Query::parse(query).unwrap())
}

fn after(query: &str) -> Option<VersionPosition> {
    read(query).unwrap().to_query().after
}

const AT: Timestamp = Timestamp::from_millis(1_767_323_045_678);

fn version(key: &str, number: u64, is_latest: bool) -> VersionEntry {
    let info = ObjectInfo {
        size: 5,
        etag: ETag::from_text("abc"),
        last_modified: AT,
        ..ObjectInfo::unknown(&ObjectKey::parse(key).unwrap())
    };
    VersionEntry::Object { info, version: VersionId::Number(number), is_latest }
}

#[test]
fn a_page_begins_where_the_last_one_ended() {
    let version = VersionId::Number(31);
    assert_eq!(after(""), None);
    assert_eq!(after("key-marker=a/b"), Some(VersionPosition::Key("a/b".into())));
    assert_eq!(after("key-marker=a/&delimiter=/"), Some(VersionPosition::Prefix("a/".into())));
    assert_eq!(after("key-marker=a/b&delimiter=/"), Some(VersionPosition::Key("a/b".into())));
    assert_eq!(after("key-marker=a/b/&delimiter=/&prefix=a/"), Some(VersionPosition::Prefix("a/b/".into())));
    assert_eq!(
        after("key-marker=a/&version-id-marker=000000000000001f&delimiter=/"),
        Some(VersionPosition::Version { key: "a/".into(), version }),
        "a key that ends with the delimiter has versions of its own"
    );
    assert_eq!(after("key-marker=a&version-id-marker="), Some(VersionPosition::Key("a".into())));
    let query = read("versions&prefix=p%26&max-keys=5000&encoding-type=url").unwrap();
    assert_eq!((query.to_query().prefix.as_str(), query.to_query().limit), ("p&", 1_000));
    for (wanted, limit) in [(999, 999), (1_000, 1_000), (1_001, 1_000)] {
        assert_eq!(read(&format!("versions&max-keys={wanted}")).unwrap().to_query().limit, limit);
    }
}

#[test]
fn markers_that_are_none() {
    use S3ErrorCode::{InvalidArgument, InvalidMaxKeys, NotImplemented};
    let table = [
        (
            "version-id-marker=null",
            InvalidArgument,
            "A version-id marker cannot be specified without a key marker.",
        ),
        ("key-marker=a&version-id-marker=7", InvalidArgument, "Invalid version id specified"),
        ("max-keys=-1", InvalidMaxKeys, "MaxKeys params must be positive integer <= 1000."),
        ("encoding-type=x", NotImplemented, "Unrecognized encoding-type \"x\" not implemented"),
    ];
    for (query, code, message) in table {
        let error = read(query).unwrap_err();
        assert_eq!((error.code, &*error.message), (code, message), "{query}");
    }
}

#[test]
fn a_page_as_a_document() {
    let id = "123456789abcdef0123456789abcdef0";
    let owner = format!("<Owner><DisplayName>{id}</DisplayName><ID>{id}</ID></Owner>");
    let marker = VersionEntry::DeleteMarker {
        key: ObjectKey::parse("a&b").unwrap(),
        version: VersionId::Number(3),
        last_modified: AT,
        is_latest: true,
    };
    let page = VersionPage {
        entries: vec![
            marker,
            version("a&b", 2, false),
            VersionEntry::Prefix("c/".into()),
            version("d", 1, true),
        ],
        next: Some(VersionPosition::Version { key: "d".into(), version: VersionId::Number(1) }),
    };
    let bucket = BucketName::parse("bucket").unwrap();
    let owner_id = AccountId::parse(id).unwrap();
    let request = read("versions&key-marker=a%26&version-id-marker=null&delimiter=/&max-keys=4").unwrap();
    let at = "<LastModified>2026-01-02T03:04:05.678Z</LastModified>";
    let content = "<ETag>&quot;abc&quot;</ETag><Size>5</Size><StorageClass>STANDARD</StorageClass>";
    assert_eq!(
        encode(&bucket, &owner_id, &request, &page),
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><ListVersionsResult xmlns=\"{}\"><Name>bucket</Name>\
             <Prefix></Prefix><KeyMarker>a&amp;</KeyMarker><VersionIdMarker>null</VersionIdMarker>\
             <NextKeyMarker>d</NextKeyMarker><NextVersionIdMarker>0000000000000001</NextVersionIdMarker>\
             <MaxKeys>4</MaxKeys><Delimiter>/</Delimiter><IsTruncated>true</IsTruncated>\
             <DeleteMarker><Key>a&amp;b</Key><VersionId>0000000000000003</VersionId><IsLatest>true</IsLatest>{at}{owner}</DeleteMarker>\
             <Version><Key>a&amp;b</Key><VersionId>0000000000000002</VersionId><IsLatest>false</IsLatest>{at}{content}{owner}</Version>\
             <Version><Key>d</Key><VersionId>0000000000000001</VersionId><IsLatest>true</IsLatest>{at}{content}{owner}</Version>\
             <CommonPrefixes><Prefix>c/</Prefix></CommonPrefixes></ListVersionsResult>",
            crate::xml::NAMESPACE
        )
    );
    let text = |query: &str, page: &VersionPage| {
        String::from_utf8(encode(&bucket, &owner_id, &read(query).unwrap(), page).to_vec()).unwrap()
    };
    let next = |next| VersionPage { next: Some(next), ..page.clone() };
    let encoded = text("encoding-type=url", &next(VersionPosition::Prefix("c/".into())));
    assert!(encoded.contains(
        "<NextKeyMarker>c%2F</NextKeyMarker><MaxKeys>1000</MaxKeys><EncodingType>url</EncodingType>"
    ));
    assert!(encoded.contains("<Key>a%26b</Key>") && encoded.contains("<Prefix>c%2F</Prefix>"));
    let empty = VersionPage { entries: Vec::new(), ..next(VersionPosition::Key(String::new())) };
    let empty = text("max-keys=0", &empty);
    assert!(empty.contains("<IsTruncated>true") && !empty.contains("NextKeyMarker"), "{empty}");
}
