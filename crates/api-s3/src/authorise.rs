//! Which permission an operation needs: a table without a `_` arm. The decision itself is `auth`'s.

use auth::Action;
use s3_wire::Operation;

/// What a caller of `operation` must be allowed to do, built or not: an operation that is not built must not tell more to
/// those who may not use it.
#[rustfmt::skip] // a name to a line would hide the table
pub(crate) const fn action(operation: Operation) -> Action {
    use Operation::*;
    match operation {
        ListBuckets => Action::ListBuckets,
        CreateBucket => Action::CreateBucket,
        DeleteBucket => Action::DeleteBucket,
        HeadBucket => Action::HeadBucket,
        GetBucketLocation | GetBucketCors | GetBucketEncryption | GetBucketLifecycleConfiguration
        | GetBucketVersioning | GetBucketUploadRules | GetBucketTagging | GetObjectLockConfiguration | GetBucketReplication
        | GetBucketAcl | GetBucketPolicy | GetBucketPolicyStatus | GetBucketWebsite
        | GetBucketNotificationConfiguration | GetBucketRequestPayment | GetBucketLogging
        | GetBucketAccelerateConfiguration | GetPublicAccessBlock | GetBucketOwnershipControls
        | GetBucketIntelligentTieringConfiguration | GetBucketInventoryConfiguration
        | GetBucketMetricsConfiguration | GetBucketAnalyticsConfiguration => Action::ReadBucketSettings,
        PutBucketCors | DeleteBucketCors | PutBucketVersioning | PutBucketUploadRules | DeleteBucketUploadRules | PutBucketEncryption | DeleteBucketEncryption
        | PutBucketLifecycleConfiguration | DeleteBucketLifecycle | PutBucketTagging | DeleteBucketTagging
        | PutObjectLockConfiguration | PutBucketReplication | DeleteBucketReplication | PutBucketAcl
        | PutBucketPolicy | DeleteBucketPolicy | PutBucketWebsite | DeleteBucketWebsite
        | PutBucketNotificationConfiguration | PutBucketRequestPayment | PutBucketLogging
        | PutBucketAccelerateConfiguration | PutPublicAccessBlock | DeletePublicAccessBlock | PutBucketOwnershipControls
        | DeleteBucketOwnershipControls | PutBucketIntelligentTieringConfiguration
        | DeleteBucketIntelligentTieringConfiguration | PutBucketInventoryConfiguration
        | DeleteBucketInventoryConfiguration | PutBucketMetricsConfiguration
        | DeleteBucketMetricsConfiguration | PutBucketAnalyticsConfiguration
        | DeleteBucketAnalyticsConfiguration => Action::WriteBucketSettings,
        ListObjects | ListObjectsV2 | ListMultipartUploads | ListObjectVersions | ListParts => {
            Action::ListObjects
        }
        GetObject | HeadObject | GetObjectTagging | GetObjectAcl | GetObjectAttributes | GetObjectTorrent
        | GetObjectRetention | GetObjectLegalHold | SelectObjectContent => Action::ReadObject,
        PutObject | PostObject | CopyObject | CreateMultipartUpload | UploadPart | UploadPartCopy
        | CompleteMultipartUpload | AbortMultipartUpload | PutObjectTagging | DeleteObjectTagging
        | PutObjectAcl | PutObjectRetention | PutObjectLegalHold | RenameObject
        | RestoreObject => Action::WriteObject,
        DeleteObject | DeleteObjects => Action::DeleteObject,
    }
}
