//! The subresources of each kind of route, in the order in which they win, and the parameters of listings.
//!
//! Observed: R2, 2026-06-11. R2 does not know the rows marked "ours"; it would refuse them in other words, or store an object.

use crate::operation::Operation::{self, *};

pub(super) const LIST_BUCKETS: &[&str] = &["prefix", "start-after", "continuation-token", "max-keys"];

pub(super) const LIST_OBJECTS_V1: &[&str] = &["delimiter", "encoding-type", "marker", "max-keys", "prefix"];

pub(super) const LIST_OBJECTS_V2: &[&str] = &[
    "list-type",
    "continuation-token",
    "delimiter",
    "encoding-type",
    "fetch-owner",
    "max-keys",
    "prefix",
    "start-after",
];

pub(super) const BUCKET_GET: &[(&str, Operation)] = &[
    ("uploads", ListMultipartUploads),
    ("location", GetBucketLocation),
    ("cors", GetBucketCors),
    ("lifecycle", GetBucketLifecycleConfiguration),
    // answered with fixed texts
    ("versioning", GetBucketVersioning),
    ("encryption", GetBucketEncryption),
    ("tagging", GetBucketTagging),
    ("object-lock", GetObjectLockConfiguration),
    ("replication", GetBucketReplication),
    ("acl", GetBucketAcl),
    // not implemented by R2
    ("versions", ListObjectVersions),
    ("policy", GetBucketPolicy),
    ("policyStatus", GetBucketPolicyStatus),
    ("website", GetBucketWebsite),
    ("notification", GetBucketNotificationConfiguration),
    ("requestPayment", GetBucketRequestPayment),
    ("logging", GetBucketLogging),
    ("accelerate", GetBucketAccelerateConfiguration),
    ("publicAccessBlock", GetPublicAccessBlock),
    ("ownershipControls", GetBucketOwnershipControls),
    ("intelligent-tiering", GetBucketIntelligentTieringConfiguration),
    ("inventory", GetBucketInventoryConfiguration),
    ("metrics", GetBucketMetricsConfiguration),
    ("analytics", GetBucketAnalyticsConfiguration),
    ("larder-upload-rules", GetBucketUploadRules), // ours
];

pub(super) const BUCKET_PUT: &[(&str, Operation)] = &[
    ("cors", PutBucketCors),
    ("lifecycle", PutBucketLifecycleConfiguration),
    ("encryption", PutBucketEncryption),
    ("accelerate", PutBucketAccelerateConfiguration),
    ("acl", PutBucketAcl),
    ("analytics", PutBucketAnalyticsConfiguration),
    ("intelligent-tiering", PutBucketIntelligentTieringConfiguration),
    ("inventory", PutBucketInventoryConfiguration),
    ("logging", PutBucketLogging),
    ("metrics", PutBucketMetricsConfiguration),
    ("notification", PutBucketNotificationConfiguration),
    ("object-lock", PutObjectLockConfiguration),
    ("ownershipControls", PutBucketOwnershipControls),
    ("policy", PutBucketPolicy),
    ("publicAccessBlock", PutPublicAccessBlock),
    ("replication", PutBucketReplication),
    ("requestPayment", PutBucketRequestPayment),
    ("tagging", PutBucketTagging),
    ("versioning", PutBucketVersioning), // ours
    ("website", PutBucketWebsite),
    ("larder-upload-rules", PutBucketUploadRules), // ours
];

pub(super) const BUCKET_DELETE: &[(&str, Operation)] = &[
    ("cors", DeleteBucketCors),
    ("lifecycle", DeleteBucketLifecycle),
    ("encryption", DeleteBucketEncryption),
    ("analytics", DeleteBucketAnalyticsConfiguration),
    ("intelligent-tiering", DeleteBucketIntelligentTieringConfiguration),
    ("inventory", DeleteBucketInventoryConfiguration),
    ("metrics", DeleteBucketMetricsConfiguration),
    ("ownershipControls", DeleteBucketOwnershipControls),
    ("policy", DeleteBucketPolicy),
    ("publicAccessBlock", DeletePublicAccessBlock), // ours
    ("replication", DeleteBucketReplication),
    ("tagging", DeleteBucketTagging),
    ("website", DeleteBucketWebsite),
    ("larder-upload-rules", DeleteBucketUploadRules), // ours
];

pub(super) const OBJECT_GET: &[(&str, Operation)] = &[
    ("uploadId", ListParts),
    ("uploads", ListMultipartUploads), // of the bucket: the key is ignored
    ("tagging", GetObjectTagging),
    ("acl", GetObjectAcl),
    ("attributes", GetObjectAttributes),
    ("torrent", GetObjectTorrent),
    ("retention", GetObjectRetention),
    ("legal-hold", GetObjectLegalHold),
];

pub(super) const OBJECT_PUT: &[(&str, Operation)] = &[
    ("tagging", PutObjectTagging),
    ("acl", PutObjectAcl),
    ("retention", PutObjectRetention),
    ("legal-hold", PutObjectLegalHold),
    ("renameObject", RenameObject), // ours
];

pub(super) const OBJECT_POST: &[(&str, Operation)] = &[
    ("uploads", CreateMultipartUpload),
    ("uploadId", CompleteMultipartUpload),
    ("restore", RestoreObject),      // ours
    ("select", SelectObjectContent), // ours
];

/// Parts of an object that R2 ignores on HEAD and DELETE; we refuse them.
pub(super) const OBJECT_SUBRESOURCES: &[&str] =
    &["tagging", "acl", "attributes", "torrent", "retention", "legal-hold"];
