//! Lifecycle policies and storage classes as clients see them: set, announced on every reply that speaks of an object, done.

use std::time::Duration;

use auth::Caller;
use domain::{BucketName, StorageClass};
use store::{LifecycleRound, LifecycleStep};

use crate::fixture::*;

const RULES: &str = "<LifecycleConfiguration><Rule><ID>old logs</ID><Status>Enabled</Status>\
    <Filter><Prefix>logs/</Prefix></Filter><Expiration><Days>2</Days></Expiration></Rule>\
    <Rule><ID>stale</ID><Status>Enabled</Status><Filter/><AbortIncompleteMultipartUpload>\
    <DaysAfterInitiation>1</DaysAfterInitiation></AbortIncompleteMultipartUpload></Rule>\
    </LifecycleConfiguration>";
const EXPIRES: &str = "expiry-date=\"Sat, 03 Jan 2026 00:00:00 GMT\", rule-id=\"old%20logs\"";

impl World {
    /// Sets the storage class of objects that come without one.
    pub(crate) async fn default_class(&self, bucket: &str, class: StorageClass) {
        let name = BucketName::parse(bucket).expect("valid");
        self.store.put_default_storage_class(&Caller::System, &name, class).await.expect("sets");
    }

    async fn begin(&self, path: &str) -> Answer {
        self.send(&post(path, "").query("uploads", "")).await
    }
}

#[tokio::test]
async fn a_policy_is_set_announced_and_followed() {
    let world = World::new().await;
    let lifecycle = |ask: Ask| ask.query("lifecycle", "");
    let default = world.send(&lifecycle(get("/inside"))).await;
    assert_eq!(default.element("ID"), "Default Multipart Abort Rule");
    assert_eq!(
        world.begin("/inside/k").await.header("x-amz-abort-date").as_deref(),
        Some("Thu, 08 Jan 2026 00:00:00 GMT")
    );
    let set = world.send(&lifecycle(put("/inside", RULES))).await;
    assert_eq!(set.status, 200, "{}", set.text());
    assert_eq!(world.send(&lifecycle(get("/inside"))).await.element("ID"), "old logs");

    let begun = world.begin("/inside/logs/parts").await;
    assert_eq!(begun.header("x-amz-abort-date").as_deref(), Some("Fri, 02 Jan 2026 00:00:00 GMT"));
    assert_eq!(begun.header("x-amz-abort-rule-id").as_deref(), Some("stale"));
    let id = begun.element("UploadId");
    let part = put("/inside/logs/parts", "part").query("partNumber", "1").query("uploadId", &id);
    let etag = world.send(&part).await.header("etag").expect("stored");
    let parts = format!("<Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part>");
    let parts = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
    let complete = post("/inside/logs/parts", parts).query("uploadId", &id);
    let copy = put("/inside/logs/copy", "").header("x-amz-copy-source", "/inside/logs/a");
    for (ask, expiry) in [
        (put("/inside/logs/a", "body"), Some(EXPIRES)),
        (put("/inside/other", "body"), None),
        (complete, Some(EXPIRES)),
        (copy, Some(EXPIRES)),
        (get("/inside/logs/a"), Some(EXPIRES)),
        (head("/inside/logs/parts"), Some(EXPIRES)),
        (head("/inside/other"), None),
    ] {
        let answer = world.send(&ask).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.header("x-amz-expiration").as_deref(), expiry, "{} {}", ask.method, ask.path);
    }

    world.clock.advance(Duration::from_secs(2 * 86_400));
    let mut round = LifecycleRound::default();
    while world.store.apply_lifecycle(&Caller::System, &mut round).await != Ok(LifecycleStep::Over) {}
    for (path, status) in [
        ("/inside/logs/a", 404),
        ("/inside/logs/parts", 404),
        ("/inside/logs/copy", 404),
        ("/inside/other", 200),
    ] {
        assert_eq!(world.send(&head(path)).await.status, status, "{path}");
    }
    let uploads = world.send(&get("/inside").query("uploads", "")).await;
    assert!(!uploads.text().contains("<Upload>"), "{}", uploads.text());

    assert_eq!(world.send(&lifecycle(delete("/inside"))).await.status, 204);
    let none = world.send(&lifecycle(get("/inside"))).await;
    assert_eq!(none.verdict(), verdict(404, "NoSuchLifecycleConfiguration"));
    assert_eq!(world.begin("/inside/k").await.header("x-amz-abort-date"), None);
}

#[tokio::test]
async fn what_names_no_storage_class_gets_that_of_its_bucket() {
    let world = World::new().await;
    let class = async |path: &str| world.send(&head(path)).await.header("x-amz-storage-class");
    world.send(&put("/inside/before", "x")).await;
    world.default_class("inside", StorageClass::StandardIa).await;
    let named = |ask: Ask| ask.header("x-amz-storage-class", "STANDARD");
    world.send(&put("/inside/k", "x")).await;
    world.send(&named(put("/inside/named", "x"))).await;
    world.send(&put("/outside/k", "x")).await;
    assert_eq!(class("/inside/before").await, None);
    assert_eq!(class("/inside/k").await.as_deref(), Some("STANDARD_IA"));
    assert_eq!(class("/inside/named").await, None);
    assert_eq!(class("/outside/k").await, None);
    for (ask, expected) in
        [(post("/inside/u", ""), "STANDARD_IA"), (named(post("/inside/v", "")), "STANDARD")]
    {
        let begun = world.send(&ask.clone().query("uploads", "")).await;
        let parts = get(&ask.path).query("uploadId", &begun.element("UploadId"));
        assert_eq!(world.send(&parts).await.element("StorageClass"), expected);
    }
}
