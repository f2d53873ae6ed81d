//! One file for each operation that is built: input and body to a store call, its outcome to a reply.
//!
//! What is not built answers R2's 501, after the same checks as everything else.

mod abort_multipart_upload;
mod bucket_settings;
mod complete_multipart_upload;
mod copy_object;
mod create_bucket;
mod create_multipart_upload;
mod delete_bucket;
mod delete_bucket_cors;
mod delete_object;
mod delete_objects;
mod get_bucket_cors;
mod get_bucket_location;
mod get_object;
mod get_object_attributes;
mod head_bucket;
mod head_object;
mod list_buckets;
mod list_multipart_uploads;
mod list_objects;
mod list_objects_v2;
mod list_parts;
pub(crate) mod post_object;
mod put_bucket_cors;
mod put_object;
mod upload_part;
mod upload_part_copy;

use s3_wire::{Operation, S3Error};

use crate::body::RequestBody;
use crate::call::Call;
use crate::error::Failure;
use crate::reply::Reply;

/// Runs the operation of a request.
///
/// # Errors
/// The operation's own; `NotImplemented` for one that is not built.
#[rustfmt::skip] // a name to a line would hide the table
pub(crate) async fn run(call: &Call<'_>, body: RequestBody<'_, '_>) -> Result<Reply, Failure> {
    use Operation::*;
    match call.route.operation {
        ListBuckets => list_buckets::run(call).await,
        CreateBucket => create_bucket::run(call, body).await,
        HeadBucket => head_bucket::run(call).await,
        DeleteBucket => delete_bucket::run(call).await,
        GetBucketLocation => get_bucket_location::run(call).await,
        GetBucketCors => get_bucket_cors::run(call).await,
        PutBucketCors => put_bucket_cors::run(call, body).await,
        DeleteBucketCors => delete_bucket_cors::run(call).await,
        ListObjects => list_objects::run(call).await,
        ListObjectsV2 => list_objects_v2::run(call).await,
        DeleteObjects => delete_objects::run(call, body).await,
        PutObject => put_object::run(call, body).await,
        GetObject => get_object::run(call).await,
        HeadObject => head_object::run(call).await,
        DeleteObject => delete_object::run(call).await,
        CopyObject => copy_object::run(call).await,
        GetObjectAttributes if !call.strict_r2() => get_object_attributes::run(call).await,
        CreateMultipartUpload => create_multipart_upload::run(call).await,
        UploadPart => upload_part::run(call, body).await,
        UploadPartCopy => upload_part_copy::run(call).await,
        CompleteMultipartUpload => complete_multipart_upload::run(call, body).await,
        AbortMultipartUpload => abort_multipart_upload::run(call).await,
        ListParts => list_parts::run(call).await,
        ListMultipartUploads => list_multipart_uploads::run(call).await,
        GetBucketVersioning | GetBucketEncryption | GetBucketAcl | GetBucketTagging
        | GetObjectLockConfiguration | GetBucketReplication => bucket_settings::run(call).await,
        unbuilt @ (PostObject | PutBucketVersioning | GetBucketUploadRules | PutBucketUploadRules | DeleteBucketUploadRules | PutBucketEncryption | DeleteBucketEncryption
        | GetBucketLifecycleConfiguration | PutBucketLifecycleConfiguration | DeleteBucketLifecycle
        | PutBucketTagging | DeleteBucketTagging | PutObjectLockConfiguration | PutBucketReplication
        | DeleteBucketReplication | PutBucketAcl | ListObjectVersions | GetBucketPolicy | PutBucketPolicy
        | DeleteBucketPolicy | GetBucketPolicyStatus | GetBucketWebsite | PutBucketWebsite
        | DeleteBucketWebsite | GetBucketNotificationConfiguration | PutBucketNotificationConfiguration
        | GetBucketRequestPayment | PutBucketRequestPayment | GetBucketLogging | PutBucketLogging
        | GetBucketAccelerateConfiguration | PutBucketAccelerateConfiguration | GetPublicAccessBlock
        | PutPublicAccessBlock | DeletePublicAccessBlock | GetBucketOwnershipControls | PutBucketOwnershipControls
        | DeleteBucketOwnershipControls | GetBucketIntelligentTieringConfiguration
        | PutBucketIntelligentTieringConfiguration | DeleteBucketIntelligentTieringConfiguration
        | GetBucketInventoryConfiguration | PutBucketInventoryConfiguration
        | DeleteBucketInventoryConfiguration | GetBucketMetricsConfiguration | PutBucketMetricsConfiguration
        | DeleteBucketMetricsConfiguration | GetBucketAnalyticsConfiguration
        | PutBucketAnalyticsConfiguration | DeleteBucketAnalyticsConfiguration | GetObjectTagging | PutObjectTagging | DeleteObjectTagging
        | GetObjectAcl | PutObjectAcl | GetObjectAttributes | GetObjectTorrent | GetObjectRetention
        | PutObjectRetention | GetObjectLegalHold | PutObjectLegalHold | RenameObject | RestoreObject
        | SelectObjectContent) => Err(S3Error::not_implemented(unbuilt).into()),
    }
}
