//! The workers on a real server; what each does is tested where it is done.

use std::net::SocketAddr;

use domain::lifecycle::{LifecyclePolicy, LifecycleTime};
use domain::{BucketName, Checksum, Error, LifecycleRule, ObjectKey, Timestamp};
use hyper::body::Bytes;
use store::{BodySource, BoxFuture, GetObject, PutObject};

use super::*;

const SYSTEM: &Caller = &Caller::System;

struct Empty;

impl BodySource for Empty {
    fn next(&mut self) -> BoxFuture<'_, Result<Option<Bytes>, Error>> {
        Box::pin(async { Ok(None) })
    }

    fn trailing_checksums(&self) -> Vec<Checksum> {
        Vec::new()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_begins_with_what_is_due_and_ends_when_it_is_told_to() {
    let root = tempfile::tempdir().unwrap();
    let address = SocketAddr::from(([127, 0, 0, 1], 0));
    let server = crate::dev::open(root.path(), address, &[], &[]).await.unwrap().server;
    let (store, stop) = (Arc::clone(server.store()), server.stop_handle());
    let (name, key) = (BucketName::parse("due").unwrap(), ObjectKey::parse("k").unwrap());
    store.create_bucket(SYSTEM, &name, None).await.unwrap();
    store.put_object(SYSTEM, &name, &key, PutObject::default(), &mut Empty).await.unwrap();
    let expiration = Some(LifecycleTime::Date(Timestamp::from_millis(0)));
    let rule = LifecycleRule { enabled: true, expiration, ..LifecycleRule::default() };
    store.put_bucket_lifecycle(SYSTEM, &name, &LifecyclePolicy::new(vec![rule]).unwrap()).await.unwrap();
    let gone = async {
        while store.head_object(SYSTEM, &name, &key, &GetObject::default()).await.is_ok() {
            tokio::task::yield_now().await;
        }
        stop.stop();
    };
    let both = async { tokio::join!(server.run(), gone) };
    assert!(tokio::time::timeout(Duration::from_secs(30), both).await.is_ok());
}
