//! The official Rust SDK with its defaults.

use std::time::Duration;

use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    CompletedMultipartUpload, CompletedPart, Delete, ObjectAttributes, ObjectIdentifier,
};
use aws_sdk_s3::{Client, Config};
use e2e::{Larder, exchange};

pub(crate) fn client(larder: &Larder) -> Client {
    client_of(larder, Credentials::new(&larder.access_key_id, &larder.secret, None, None, "test"))
}

pub(crate) fn client_of(larder: &Larder, credentials: Credentials) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("auto"))
        .endpoint_url(larder.endpoint())
        .credentials_provider(credentials)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    Client::from_conf(config)
}

#[tokio::test]
async fn objects_and_listings() {
    let larder = Larder::dev();
    let client = client(&larder);
    let bucket = &larder.bucket;
    for key in ["a/1", "a/2", "b", "ü +%"] {
        let body = ByteStream::from(key.as_bytes().to_vec());
        client.put_object().bucket(bucket).key(key).body(body).content_type("text/x").send().await.unwrap();
    }
    let got = client.get_object().bucket(bucket).key("ü +%").send().await.unwrap();
    assert_eq!(got.content_type(), Some("text/x"));
    assert_eq!(got.body.collect().await.unwrap().to_vec(), "ü +%".as_bytes());
    let part = client.get_object().bucket(bucket).key("a/1").range("bytes=1-1").send().await.unwrap();
    assert_eq!(part.body.collect().await.unwrap().to_vec(), b"/");
    let listed = client.list_objects_v2().bucket(bucket).delimiter("/").send().await.unwrap();
    let keys: Vec<_> = listed.contents().iter().filter_map(|object| object.key()).collect();
    assert_eq!(keys, ["b", "ü +%"]);
    assert_eq!(listed.common_prefixes()[0].prefix(), Some("a/"));
    let ids = ["a/1", "a/2", "none"].map(|key| ObjectIdentifier::builder().key(key).build().unwrap());
    let delete = Delete::builder().set_objects(Some(ids.to_vec())).build().unwrap();
    let deleted = client.delete_objects().bucket(bucket).delete(delete).send().await.unwrap();
    assert_eq!(deleted.deleted().len(), 3);
    let missing = client.head_object().bucket(bucket).key("a/1").send().await.unwrap_err();
    assert!(missing.into_service_error().is_not_found());
}

#[tokio::test]
async fn a_streamed_body_with_a_trailing_checksum() {
    let larder = Larder::dev();
    let client = client(&larder);
    let file = larder.data().with_extension("upload");
    let content: Vec<u8> = (0..2_500_000_u32).map(|n| n.to_le_bytes()[1]).collect();
    std::fs::write(&file, &content).unwrap();
    let body = ByteStream::from_path(&file).await.unwrap();
    client.put_object().bucket(&larder.bucket).key("stream").body(body).send().await.unwrap();
    let got = client.get_object().bucket(&larder.bucket).key("stream").send().await.unwrap();
    assert!(got.body.collect().await.unwrap().to_vec() == content);
}

#[tokio::test]
async fn presigned_urls() {
    let larder = Larder::dev();
    let client = client(&larder);
    let expires = || PresigningConfig::expires_in(Duration::from_secs(300)).unwrap();
    let put = client.put_object().bucket(&larder.bucket).key("p q").content_type("image/jpeg");
    let put = put.presigned(expires()).await.unwrap();
    let send = |method: &str, uri: &str, headers: &[(&str, &str)], body: &[u8]| {
        let target = uri.strip_prefix(&larder.endpoint()).expect("path style on an address").to_owned();
        let host = larder.signer().host;
        let mut all = vec![("host", host.as_str())];
        all.extend(headers);
        exchange(larder.address, method, &target, &all, body)
    };
    let stored = send("PUT", put.uri(), &[("content-type", "image/jpeg")], b"jpeg");
    assert_eq!(stored.status, 200, "{}", stored.text());
    let get = client.get_object().bucket(&larder.bucket).key("p q").presigned(expires()).await.unwrap();
    let read = send("GET", get.uri(), &[], b"");
    assert_eq!((read.status, read.body.as_slice()), (200, b"jpeg".as_slice()));
    assert_eq!(read.header("content-type"), Some("image/jpeg"));
}

const PARTS: &str = "parts/ü";

/// Begins an upload of [`PARTS`].
async fn begun(client: &Client, larder: &Larder) -> String {
    let created = client.create_multipart_upload().bucket(&larder.bucket).key(PARTS).send().await.unwrap();
    created.upload_id().unwrap().to_owned()
}

async fn part(client: &Client, larder: &Larder, id: &str, number: i32, body: Vec<u8>) -> CompletedPart {
    let part = client.upload_part().bucket(&larder.bucket).key(PARTS).upload_id(id).part_number(number);
    let sent = part.body(ByteStream::from(body)).send().await.unwrap();
    let part = CompletedPart::builder().part_number(number).set_e_tag(sent.e_tag);
    part.set_checksum_crc32(sent.checksum_crc32).build()
}

#[tokio::test]
async fn parts_are_listed_and_an_upload_is_aborted() {
    let larder = Larder::dev();
    let client = client(&larder);
    let bucket = &larder.bucket;
    let id = begun(&client, &larder).await;
    for number in [2, 1] {
        part(&client, &larder, &id, number, vec![7; 10]).await;
    }
    let list = || client.list_parts().bucket(bucket).key(PARTS).upload_id(&id).max_parts(1);
    let first = list().send().await.unwrap();
    let next = list().set_part_number_marker(first.next_part_number_marker).send().await.unwrap();
    for (page, number, is_truncated) in [(first.parts, 1, true), (next.parts, 2, false)] {
        let [listed] = page.unwrap().try_into().unwrap();
        assert_eq!((listed.part_number(), listed.size()), (Some(number), Some(10)), "{is_truncated}");
    }
    assert_eq!((first.is_truncated, next.is_truncated), (Some(true), Some(false)));
    let uploads = || client.list_multipart_uploads().bucket(bucket).prefix("parts/").send();
    let found = uploads().await.unwrap();
    let found: Vec<_> = found.uploads().iter().map(|upload| (upload.key(), upload.upload_id())).collect();
    assert_eq!(found, [(Some(PARTS), Some(id.as_str()))]);
    client.abort_multipart_upload().bucket(bucket).key(PARTS).upload_id(&id).send().await.unwrap();
    assert!(uploads().await.unwrap().uploads().is_empty());
    let gone = list().send().await.unwrap_err();
    assert_eq!(gone.code(), Some("NoSuchUpload"));
}

#[tokio::test]
async fn attributes_tell_how_an_object_was_put_together() {
    let larder = Larder::dev();
    let client = client(&larder);
    let bucket = &larder.bucket;
    let id = begun(&client, &larder).await;
    let mut parts = Vec::new();
    for (number, size) in [(1, 5 << 20), (2, 3)] {
        parts.push(part(&client, &larder, &id, number, vec![7; size]).await);
    }
    let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
    let complete = client.complete_multipart_upload().bucket(bucket).key(PARTS).upload_id(&id);
    let completed = complete.multipart_upload(parts).send().await.unwrap();
    let asked = client.get_object_attributes().bucket(bucket).key(PARTS);
    let asked =
        asked.object_attributes(ObjectAttributes::Etag).object_attributes(ObjectAttributes::ObjectSize);
    let told = asked.object_attributes(ObjectAttributes::ObjectParts).send().await.unwrap();
    assert_eq!(told.e_tag(), completed.e_tag().map(|etag| etag.trim_matches('"')));
    assert_eq!(told.object_size(), Some((5 << 20) + 3));
    assert_eq!(told.object_parts().unwrap().total_parts_count(), Some(2));
    let last = client.get_object().bucket(bucket).key(PARTS).part_number(2).send().await.unwrap();
    assert_eq!(last.parts_count(), Some(2));
    assert_eq!(last.body.collect().await.unwrap().to_vec(), [7; 3]);
}
