//! The official Rust SDK with its defaults.

use std::time::Duration;

use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use aws_sdk_s3::{Client, Config};
use e2e::{Larder, exchange};

pub(crate) fn client(larder: &Larder) -> Client {
    let credentials = Credentials::new(&larder.access_key_id, &larder.secret, None, None, "test");
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
