use domain::ChecksumAlgorithm;

use super::*;
use crate::error_code::S3ErrorCode;

const ACCOUNT: &str = "123456789abcdef0123456789abcdef0";

fn read(query: &str) -> Result<ListParts, S3Error> {
    decode(&Query::parse(query).unwrap())
}

fn reply(request: &ListParts, numbers: &[u64], checksum: Option<&Checksum>, is_truncated: bool) -> String {
    let (bucket, key) = (BucketName::parse("my-bucket").unwrap(), ObjectKey::parse("a/b&c").unwrap());
    let (owner, etag) = (AccountId::parse(ACCOUNT).unwrap(), ETag::from_text("abc"));
    let upload = Upload {
        bucket: &bucket,
        key: &key,
        owner: &owner,
        storage_class: StorageClass::StandardIa,
        checksum: checksum.map(|checksum| UploadChecksum::of(checksum.algorithm())),
    };
    let row = |number: &u64| PartRow {
        number: PartNumber::new(*number).unwrap(),
        size: 5,
        etag: &etag,
        last_modified: Timestamp::from_millis(1_767_323_045_678),
        checksum,
    };
    let rows: Vec<_> = numbers.iter().map(row).collect();
    String::from_utf8(encode(request, &upload, &rows, is_truncated).to_vec()).unwrap()
}

#[test]
fn which_parts() {
    let request = read("uploadId=u&max-parts=2&part-number-marker=7&encoding-type=url").unwrap();
    assert_eq!((request.upload_id.as_str(), request.page.limit, request.page.marker), ("u", 2, 7));
    assert!(request.url_encoded);
    for (wanted, limit) in [(999, 999), (1_000, 1_000), (1_001, 1_000)] {
        assert_eq!(read(&format!("uploadId=u&max-parts={wanted}")).unwrap().page.limit, limit);
    }
    assert_eq!(read("uploadId=&x-id=ListParts"), Ok(ListParts::default()));
    assert_eq!(read("uploadId=u&max-parts=x").unwrap_err().code, S3ErrorCode::InvalidArgument);
    assert_eq!(read("uploadId=u&part-number-marker=-1").unwrap_err().code, S3ErrorCode::InvalidArgument);
    assert_eq!(read("uploadId=u&encoding-type=x").unwrap_err().code, S3ErrorCode::NotImplemented);
}

#[test]
fn the_whole_reply() {
    let checksum = Checksum::from_base64(ChecksumAlgorithm::Crc32, "NhCmhg==").unwrap();
    let text = reply(&read("uploadId=u%261").unwrap(), &[1], Some(&checksum), false);
    assert_eq!(
        text,
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
             <ListPartsResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Bucket>my-bucket</Bucket>\
             <Key>a/b&amp;c</Key><UploadId>u&amp;1</UploadId><PartNumberMarker>0</PartNumberMarker>\
             <NextPartNumberMarker>1</NextPartNumberMarker><MaxParts>1000</MaxParts>\
             <IsTruncated>false</IsTruncated><Part><PartNumber>1</PartNumber>\
             <LastModified>2026-01-02T03:04:05.678Z</LastModified><ETag>&quot;abc&quot;</ETag><Size>5</Size>\
             <ChecksumCRC32>NhCmhg==</ChecksumCRC32></Part>\
             <Initiator><DisplayName>{ACCOUNT}</DisplayName><ID>{ACCOUNT}</ID></Initiator>\
             <Owner><DisplayName>{ACCOUNT}</DisplayName><ID>{ACCOUNT}</ID></Owner>\
             <StorageClass>STANDARD_IA</StorageClass><ChecksumAlgorithm>CRC32</ChecksumAlgorithm>\
             <ChecksumType>COMPOSITE</ChecksumType></ListPartsResult>"
        )
    );
}

#[test]
fn a_page_says_where_the_next_begins() {
    let request = read("uploadId=u&max-parts=2&part-number-marker=3&encoding-type=url").unwrap();
    let text = reply(&request, &[5, 9], None, true);
    assert!(text.contains(
        "<Key>a%2Fb%26c</Key><UploadId>u</UploadId><PartNumberMarker>3</PartNumberMarker>\
         <NextPartNumberMarker>9</NextPartNumberMarker><MaxParts>2</MaxParts><IsTruncated>true</IsTruncated>"
    ));
    assert!(text.ends_with("<EncodingType>url</EncodingType></ListPartsResult>"));
    assert!(!text.contains("Checksum"));
    let none = reply(&request, &[], None, true);
    assert!(none.contains("<NextPartNumberMarker>3</NextPartNumberMarker>"), "the same place again");
}
