use s3_wire::xml;

use super::*;

#[test]
fn a_page_is_read_with_its_odd_names() {
    let page =
        b"<ListBucketResult><Contents><Key>a%20b%2B%2Fc+d</Key><Size>5</Size><ETag>&quot;x&quot;</ETag>\
        <LastModified>2026-01-02T03:04:05.000Z</LastModified><StorageClass>STANDARD</StorageClass></Contents>\
        <CommonPrefixes><Prefix>p%2F</Prefix></CommonPrefixes></ListBucketResult>";
    let page = xml::parse(page, xml::Limits { bytes: 10_000, elements: 100 }).unwrap();
    let object = json!({
        "key": "a b+/c d", "size": 5, "etag": "x", "last_modified": "2026-01-02T03:04:05.000Z", "storage_class": "STANDARD",
    });
    assert_eq!(entries(&page).unwrap(), [Entry::Object(object), Entry::Prefix("p/".to_owned())]);
    assert!(decoded("%zz").is_err() && decoded("%FF").is_err());
}
