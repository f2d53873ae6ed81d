//! Every operation that is not built says so in R2's words, and in strict mode each that R2 does not have; settings that a
//! bucket never got have R2's fixed answers.

use crate::fixture::*;

/// Method, subresource, and what R2 calls the operation: its own mistake is among the names. Observed: R2, 2026-06-11.
type Row = (&'static str, &'static str, &'static str);

/// Nobody's, of a bucket.
const BUCKET: &[Row] = &[
    ("GET", "website", "GetBucketWebsite"),
    ("GET", "notification", "GetBucketNotificationConfiguration"),
    ("GET", "requestPayment", "GetBucketRequestPayment"),
    ("GET", "logging", "GetBucketLogging"),
    ("GET", "accelerate", "GetBucketAccelerateConfiguration"),
    ("GET", "ownershipControls", "GetBucketOwnershipControls"),
    ("GET", "intelligent-tiering", "GetBucketIntelligentTieringConfiguration"),
    ("GET", "inventory", "GetBucketInventoryConfiguration"),
    ("GET", "metrics", "GetBucketMetricsConfiguration"),
    ("GET", "analytics", "GetBucketAnalyticsConfiguration"),
    ("PUT", "accelerate", "PutBucketAccelerateConfiguration"),
    ("PUT", "acl", "PutBucketAcl"),
    ("PUT", "analytics", "PutBucketAnalyticsConfiguration"),
    ("PUT", "intelligent-tiering", "PutBucketIntelligentTieringConfiguration"),
    ("PUT", "inventory", "PutBucketInventoryConfiguration"),
    ("PUT", "logging", "PutBucketLogging"),
    ("PUT", "metrics", "PutBucketMetricsConfiguration"),
    ("PUT", "notification", "PutBucketNotificationConfiguration"),
    ("PUT", "ownershipControls", "PutBucketOwnershipControls"),
    ("PUT", "policy", "PutBucketPolicy"),
    ("PUT", "replication", "PutBucketReplication"),
    ("PUT", "requestPayment", "PutBucketRequestPayment"),
    ("PUT", "website", "PutBucketWebsite"),
    ("DELETE", "analytics", "DeleteBucketAnalyticsConfiguration"),
    ("DELETE", "intelligent-tiering", "DeleteBucketIntelligentTieringConfiguration"),
    ("DELETE", "inventory", "DeleteBucketInventoryConfiguration"),
    ("DELETE", "metrics", "DeleteBucketMetricsConfiguration"),
    ("DELETE", "ownershipControls", "DeleteBucketOwnershipControls"),
    ("DELETE", "policy", "DeleteBucketPolicy"),
    ("DELETE", "replication", "DeleteBucketReplication"),
    ("DELETE", "website", "DeleteBucketWebsite"),
    ("POST", "", "Presigned post requests are not yet implemented"),
];

/// Nobody's, of an object.
const OBJECT: &[Row] = &[
    ("GET", "acl", "GetObjectAcl"),
    ("GET", "torrent", "GetObjectTorrent"),
    ("PUT", "acl", "PutObjectAcl"),
    ("PUT", "renameObject", "RenameObject"),
    ("POST", "restore", "RestoreObject"),
    ("POST", "select", "SelectObjectContent"),
];

/// Ours and not R2's, of a bucket.
const BUCKET_BEYOND_R2: &[Row] = &[
    ("GET", "versions", "ListObjectVersions"),
    ("GET", "policy", "GetBucketPolicy"),
    ("GET", "policyStatus", "GetGetBucketPolicyStatus"),
    ("GET", "publicAccessBlock", "GetPublicAccessBlock"),
    ("PUT", "object-lock", "PutObjectLockConfiguration"),
    ("PUT", "publicAccessBlock", "PutPublicAccessBlock"),
    ("PUT", "tagging", "PutBucketTagging"),
    ("DELETE", "tagging", "DeleteBucketTagging"),
];

/// Ours and not R2's, of an object.
const OBJECT_BEYOND_R2: &[Row] = &[
    ("GET", "tagging", "GetObjectTagging"),
    ("GET", "retention", "GetObjectRetention"),
    ("GET", "legal-hold", "GetObjectLegalHold"),
    ("PUT", "tagging", "PutObjectTagging"),
    ("PUT", "retention", "PutObjectRetention"),
    ("PUT", "legal-hold", "PutObjectLegalHold"),
    ("DELETE", "tagging", "DeleteObjectTagging"),
    ("GET", "attributes", "GetObjectAttributes"),
];

async fn each_is_501(world: &World, path: &str, rows: &[Row]) {
    for (method, parameter, operation) in rows {
        let asked =
            if parameter.is_empty() { ask(method, path) } else { ask(method, path).query(parameter, "") };
        let answer = world.send(&asked).await;
        assert_eq!(answer.verdict(), verdict(501, "NotImplemented"), "{method} {path}?{parameter}");
        assert_eq!(answer.element("Message"), format!("{operation} not implemented"));
    }
}

#[tokio::test]
async fn each_is_refused_by_name() {
    for world in [World::new().await, World::strict().await] {
        world.send(&put("/inside/k", "v")).await;
        each_is_501(&world, "/inside", BUCKET).await;
        each_is_501(&world, "/inside/k", OBJECT).await;
        assert_eq!(world.stored("/inside/k").await, Some("v".into()), "nothing happened to it");
    }
}

#[tokio::test]
async fn strict_r2_has_no_more_than_r2() {
    let world = World::strict().await;
    world.send(&put("/inside/k", "v")).await;
    each_is_501(&world, "/inside", BUCKET_BEYOND_R2).await;
    each_is_501(&world, "/inside/k", OBJECT_BEYOND_R2).await;
    // to R2 these are a bucket's own operations, with a parameter that it does not know
    let table = [
        ("PUT", "versioning", 400, "InvalidArgument"),
        ("PUT", "larder-upload-rules", 400, "InvalidArgument"),
        ("DELETE", "larder-upload-rules", 400, "InvalidArgument"),
        ("DELETE", "publicAccessBlock", 400, "InvalidArgument"),
        ("GET", "larder-upload-rules", 501, "NotImplemented"),
    ];
    for (method, parameter, status, code) in table {
        let answer = world.send(&ask(method, "/inside").query(parameter, "")).await;
        assert_eq!(answer.verdict(), verdict(status, code), "{method} {parameter}");
        assert!(answer.element("Message").contains(parameter), "{}", answer.element("Message"));
    }
    assert_eq!(world.stored("/inside/k").await, Some("v".into()), "nothing happened to it");
}

#[tokio::test]
async fn strict_r2_can_hold_in_one_bucket() {
    let world = World::strict_in("inside").await;
    for path in ["/inside/k", "/outside/k"] {
        world.send(&put(path, "v")).await;
    }
    each_is_501(&world, "/inside", BUCKET_BEYOND_R2).await;
    each_is_501(&world, "/inside/k", OBJECT_BEYOND_R2).await;
    let tags = "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>";
    for (path, status) in [("/inside/k", 501), ("/outside/k", 200)] {
        assert_eq!(world.send(&put(path, tags).query("tagging", "")).await.status, status);
        // as a host, too
        let host = format!("{}.files.example.com", path.trim_start_matches('/').trim_end_matches("/k"));
        assert_eq!(world.send(&put("/k", tags).query("tagging", "").host(&host)).await.status, status);
    }
}

/// Observed: R2, 2026-06-11.
#[tokio::test]
async fn settings_with_fixed_answers() {
    let table = [
        ("versioning", 200, "<VersioningConfiguration "),
        ("encryption", 200, "<SSEAlgorithm>AES256</SSEAlgorithm>"),
        ("acl", 200, "<Permission>FULL_CONTROL</Permission>"),
        ("tagging", 404, "<Code>NoSuchTagSet</Code>"),
        ("object-lock", 404, "<Code>ObjectLockConfigurationNotFoundError</Code>"),
        ("replication", 404, "<Code>ReplicationConfigurationNotFoundError</Code>"),
    ];
    for world in [World::new().await, World::strict().await] {
        for (parameter, status, part) in table {
            let answer = world.send(&get("/inside").query(parameter, "")).await;
            assert_eq!(answer.status, status, "{parameter}");
            assert!(answer.text().contains(part), "{parameter}: {}", answer.text());
            let missing = world.send(&get("/missing").query(parameter, "")).await;
            assert_eq!(missing.verdict(), verdict(404, "NoSuchBucket"), "{parameter}");
        }
    }
}
