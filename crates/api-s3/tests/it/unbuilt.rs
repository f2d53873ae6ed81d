//! Every operation that is not built says so in R2's words; settings that R2 does not have have R2's fixed answers.

use crate::fixture::*;

/// The texts are R2's, its own mistake among them. Observed: R2, 2026-06-11.
#[tokio::test]
async fn each_is_refused_by_name() {
    let world = World::new().await;
    world.send(&put("/inside/k", "v")).await;
    let bucket = [
        ("GET", "lifecycle", "GetBucketLifecycleConfiguration"),
        ("GET", "versions", "ListObjectVersions"),
        ("GET", "policy", "GetBucketPolicy"),
        ("GET", "policyStatus", "GetGetBucketPolicyStatus"),
        ("GET", "website", "GetBucketWebsite"),
        ("GET", "notification", "GetBucketNotificationConfiguration"),
        ("GET", "requestPayment", "GetBucketRequestPayment"),
        ("GET", "logging", "GetBucketLogging"),
        ("GET", "accelerate", "GetBucketAccelerateConfiguration"),
        ("GET", "publicAccessBlock", "GetPublicAccessBlock"),
        ("GET", "ownershipControls", "GetBucketOwnershipControls"),
        ("GET", "intelligent-tiering", "GetBucketIntelligentTieringConfiguration"),
        ("GET", "inventory", "GetBucketInventoryConfiguration"),
        ("GET", "metrics", "GetBucketMetricsConfiguration"),
        ("GET", "analytics", "GetBucketAnalyticsConfiguration"),
        ("PUT", "lifecycle", "PutBucketLifecycleConfiguration"),
        ("PUT", "encryption", "PutBucketEncryption"),
        ("PUT", "accelerate", "PutBucketAccelerateConfiguration"),
        ("PUT", "acl", "PutBucketAcl"),
        ("PUT", "analytics", "PutBucketAnalyticsConfiguration"),
        ("PUT", "intelligent-tiering", "PutBucketIntelligentTieringConfiguration"),
        ("PUT", "inventory", "PutBucketInventoryConfiguration"),
        ("PUT", "logging", "PutBucketLogging"),
        ("PUT", "metrics", "PutBucketMetricsConfiguration"),
        ("PUT", "notification", "PutBucketNotificationConfiguration"),
        ("PUT", "object-lock", "PutObjectLockConfiguration"),
        ("PUT", "ownershipControls", "PutBucketOwnershipControls"),
        ("PUT", "policy", "PutBucketPolicy"),
        ("PUT", "publicAccessBlock", "PutPublicAccessBlock"),
        ("PUT", "replication", "PutBucketReplication"),
        ("PUT", "requestPayment", "PutBucketRequestPayment"),
        ("PUT", "tagging", "PutBucketTagging"),
        ("PUT", "website", "PutBucketWebsite"),
        ("DELETE", "lifecycle", "DeleteBucketLifecycle"),
        ("DELETE", "encryption", "DeleteBucketEncryption"),
        ("DELETE", "analytics", "DeleteBucketAnalyticsConfiguration"),
        ("DELETE", "intelligent-tiering", "DeleteBucketIntelligentTieringConfiguration"),
        ("DELETE", "inventory", "DeleteBucketInventoryConfiguration"),
        ("DELETE", "metrics", "DeleteBucketMetricsConfiguration"),
        ("DELETE", "ownershipControls", "DeleteBucketOwnershipControls"),
        ("DELETE", "policy", "DeleteBucketPolicy"),
        ("DELETE", "replication", "DeleteBucketReplication"),
        ("DELETE", "tagging", "DeleteBucketTagging"),
        ("DELETE", "website", "DeleteBucketWebsite"),
        ("POST", "", "Presigned post requests are not yet implemented"),
    ];
    let object = [
        ("GET", "tagging", "GetObjectTagging"),
        ("GET", "acl", "GetObjectAcl"),
        ("GET", "torrent", "GetObjectTorrent"),
        ("GET", "retention", "GetObjectRetention"),
        ("GET", "legal-hold", "GetObjectLegalHold"),
        ("PUT", "tagging", "PutObjectTagging"),
        ("PUT", "acl", "PutObjectAcl"),
        ("PUT", "retention", "PutObjectRetention"),
        ("PUT", "legal-hold", "PutObjectLegalHold"),
        ("PUT", "renameObject", "RenameObject"),
        ("POST", "restore", "RestoreObject"),
        ("POST", "select", "SelectObjectContent"),
        ("DELETE", "tagging", "DeleteObjectTagging"),
    ];
    let bucket = bucket.map(|row| ("/inside", row));
    let object = object.map(|row| ("/inside/k", row));
    for (path, (method, parameter, operation)) in bucket.into_iter().chain(object) {
        let asked =
            if parameter.is_empty() { ask(method, path) } else { ask(method, path).query(parameter, "") };
        let answer = world.send(&asked).await;
        assert_eq!(answer.verdict(), verdict(501, "NotImplemented"), "{method} {path}?{parameter}");
        assert_eq!(answer.element("Message"), format!("{operation} not implemented"));
    }
    assert_eq!(world.stored("/inside/k").await, Some("v".into()), "nothing happened to it");
}

/// Observed: R2, 2026-06-11.
#[tokio::test]
async fn settings_with_fixed_answers() {
    let world = World::new().await;
    let table = [
        ("versioning", 200, "<VersioningConfiguration "),
        ("encryption", 200, "<SSEAlgorithm>AES256</SSEAlgorithm>"),
        ("acl", 200, "<Permission>FULL_CONTROL</Permission>"),
        ("tagging", 404, "<Code>NoSuchTagSet</Code>"),
        ("object-lock", 404, "<Code>ObjectLockConfigurationNotFoundError</Code>"),
        ("replication", 404, "<Code>ReplicationConfigurationNotFoundError</Code>"),
    ];
    for (parameter, status, part) in table {
        let answer = world.send(&get("/inside").query(parameter, "")).await;
        assert_eq!(answer.status, status, "{parameter}");
        assert!(answer.text().contains(part), "{parameter}: {}", answer.text());
        let missing = world.send(&get("/missing").query(parameter, "")).await;
        assert_eq!(missing.verdict(), verdict(404, "NoSuchBucket"), "{parameter}");
    }
}
