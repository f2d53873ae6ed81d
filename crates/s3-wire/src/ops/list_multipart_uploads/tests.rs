use domain::ChecksumAlgorithm;

use super::*;
use crate::error_code::S3ErrorCode;

const ACCOUNT: &str = "123456789abcdef0123456789abcdef0";

fn read(query: &str) -> Result<ListMultipartUploads, S3Error> {
    decode(&Query::parse(query).unwrap())
}

fn reply(request: &ListMultipartUploads, entries: &[UploadEntry<'_>], is_truncated: bool) -> String {
    let (bucket, owner) = (BucketName::parse("my-bucket").unwrap(), AccountId::parse(ACCOUNT).unwrap());
    String::from_utf8(encode(&bucket, &owner, request, entries, is_truncated).to_vec()).unwrap()
}

fn row(key: &ObjectKey) -> UploadRow<'_> {
    UploadRow {
        key,
        upload_id: "id&1",
        initiated: Timestamp::from_millis(1_767_323_045_678),
        storage_class: StorageClass::Standard,
        checksum: Some(UploadChecksum::of(ChecksumAlgorithm::Crc64Nvme)),
    }
}

#[test]
fn which_uploads() {
    let all = read(
        "uploads&prefix=a/&delimiter=/&key-marker=a/b&upload-id-marker=u&max-uploads=2&encoding-type=url",
    );
    let expected = ListMultipartUploads {
        prefix: "a/".into(),
        delimiter: Some("/".into()),
        key_marker: "a/b".into(),
        upload_id_marker: "u".into(),
        limit: 2,
        url_encoded: true,
    };
    assert_eq!(all, Ok(expected));
    let plain = read("uploads=&delimiter=&x-id=ListMultipartUploads").unwrap();
    assert_eq!((plain.delimiter, plain.limit, plain.url_encoded), (None, 1_000, false));
    assert_eq!([plain.prefix, plain.key_marker, plain.upload_id_marker], [""; 3]);
    for (wanted, limit) in [(999, 999), (1_000, 1_000), (1_001, 1_000), (5_000, 1_000)] {
        assert_eq!(read(&format!("uploads&max-uploads={wanted}")).unwrap().limit, limit);
    }
    let error = read("uploads&max-uploads=x").unwrap_err();
    assert_eq!(error.message, "Provided max-uploads not an integer or within integer range");
    assert_eq!(read("uploads&encoding-type=x").unwrap_err().code, S3ErrorCode::NotImplemented);
}

#[test]
fn where_a_page_begins() {
    let after = |query: &str| read(query).unwrap().after();
    let key = |key: &str| Some(UploadsAfter::Position(ListPosition::Key(key.into())));
    assert_eq!(after("uploads"), None);
    assert_eq!(after("uploads&upload-id-marker=u"), None, "of no meaning alone");
    assert_eq!(after("uploads&key-marker=a"), key("a"));
    assert_eq!(
        after("uploads&key-marker=a&upload-id-marker=u"),
        Some(UploadsAfter::Upload { key: "a".into(), upload_id: "u".into() })
    );
    assert_eq!(
        after("uploads&prefix=a/&delimiter=/&key-marker=a/b/"),
        Some(UploadsAfter::Position(ListPosition::Prefix("a/b/".into())))
    );
    assert_eq!(after("uploads&prefix=a/&delimiter=/&key-marker=a/b"), key("a/b"));
}

#[test]
fn the_whole_reply() {
    let key = ObjectKey::parse("a<b").unwrap();
    let request = read("uploads&prefix=a&delimiter=/&key-marker=a/a&max-uploads=2").unwrap();
    let text = reply(&request, &[UploadEntry::Prefix("a/"), UploadEntry::Upload(row(&key))], true);
    assert_eq!(
        text,
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
             <ListMultipartUploadsResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
             <Bucket>my-bucket</Bucket><KeyMarker>a/a</KeyMarker><UploadIdMarker></UploadIdMarker>\
             <NextKeyMarker>a&lt;b</NextKeyMarker><NextUploadIdMarker>id&amp;1</NextUploadIdMarker>\
             <Prefix>a</Prefix><Delimiter>/</Delimiter><MaxUploads>2</MaxUploads><IsTruncated>true</IsTruncated>\
             <Upload><Key>a&lt;b</Key><UploadId>id&amp;1</UploadId>\
             <Initiator><DisplayName>{ACCOUNT}</DisplayName><ID>{ACCOUNT}</ID></Initiator>\
             <Owner><DisplayName>{ACCOUNT}</DisplayName><ID>{ACCOUNT}</ID></Owner>\
             <StorageClass>STANDARD</StorageClass><Initiated>2026-01-02T03:04:05.678Z</Initiated>\
             <ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType></Upload>\
             <CommonPrefixes><Prefix>a/</Prefix></CommonPrefixes></ListMultipartUploadsResult>"
        )
    );
}

#[test]
fn markers_of_the_next_page() {
    let request = read("uploads&delimiter=/&encoding-type=url").unwrap();
    let text = reply(&request, &[UploadEntry::Prefix("a b/")], true);
    assert!(text.contains("<NextKeyMarker>a%20b%2F</NextKeyMarker><Prefix>"), "{text}");
    assert!(text.contains("<Delimiter>%2F</Delimiter>"));
    assert!(text.ends_with("<EncodingType>url</EncodingType></ListMultipartUploadsResult>"));
    assert!(!text.contains("NextUploadIdMarker"));
    let key = ObjectKey::parse("k").unwrap();
    assert!(!reply(&request, &[UploadEntry::Upload(row(&key))], false).contains("Next"));
    assert!(!reply(&request, &[], true).contains("Next"));
}
