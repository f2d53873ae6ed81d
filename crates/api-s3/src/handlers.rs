//! One file for each operation that is built: input and body to a store call, its outcome to a reply.
//!
//! What is not built answers R2's 501, after the same checks as everything else.

mod abort_multipart_upload;
mod bucket_encryption;
mod bucket_lifecycle;
mod bucket_settings;
mod bucket_tagging;
mod bucket_upload_rules;
mod bucket_versioning;
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
mod list_object_versions;
mod list_objects;
mod list_objects_v2;
mod list_parts;
mod object_lock;
mod object_tagging;
pub(crate) mod post_object;
mod public_access_block;
mod put_bucket_cors;
mod put_object;
mod upload_part;
mod upload_part_copy;

use s3_wire::{Operation, S3Error};

use crate::body::RequestBody;
use crate::call::Call;
use crate::error::Failure;
use crate::reply::Reply;

/// Most bytes of a document with a few settings.
const DOCUMENT_MAX_BYTES: usize = 64 * 1024;

/// Runs the operation of a request.
///
/// # Errors
/// The operation's own; `NotImplemented` for one that is not built, or that R2 does not have when it is to be followed
/// strictly.
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
        GetBucketLifecycleConfiguration => bucket_lifecycle::get(call).await,
        PutBucketLifecycleConfiguration => bucket_lifecycle::put(call, body).await,
        DeleteBucketLifecycle => bucket_lifecycle::delete(call).await,
        PutBucketEncryption => bucket_encryption::put(call, body).await,
        DeleteBucketEncryption => bucket_encryption::delete(call).await,
        GetBucketEncryption | GetBucketAcl | GetBucketReplication => bucket_settings::run(call).await,
        ListObjects => list_objects::run(call).await,
        ListObjectsV2 => list_objects_v2::run(call).await,
        DeleteObjects => delete_objects::run(call, body).await,
        PutObject => put_object::run(call, body).await,
        GetObject => get_object::run(call).await,
        HeadObject => head_object::run(call).await,
        DeleteObject => delete_object::run(call).await,
        CopyObject => copy_object::run(call).await,
        CreateMultipartUpload => create_multipart_upload::run(call).await,
        UploadPart => upload_part::run(call, body).await,
        UploadPartCopy => upload_part_copy::run(call).await,
        CompleteMultipartUpload => complete_multipart_upload::run(call, body).await,
        AbortMultipartUpload => abort_multipart_upload::run(call).await,
        ListParts => list_parts::run(call).await,
        ListMultipartUploads => list_multipart_uploads::run(call).await,
        _ if call.strict_r2 => bucket_settings::run(call).await,
        _ => beyond_r2(call, body).await,
    }
}

/// What R2 does not have.
#[rustfmt::skip] // as above
async fn beyond_r2(call: &Call<'_>, body: RequestBody<'_, '_>) -> Result<Reply, Failure> {
    use Operation::*;
    match call.route.operation {
        GetBucketVersioning => bucket_versioning::get(call).await,
        PutBucketVersioning => bucket_versioning::put(call, body).await,
        GetBucketUploadRules => bucket_upload_rules::get(call).await,
        PutBucketUploadRules => bucket_upload_rules::put(call, body).await,
        DeleteBucketUploadRules => bucket_upload_rules::delete(call).await,
        GetBucketTagging => bucket_tagging::get(call).await,
        PutBucketTagging => bucket_tagging::put(call, body).await,
        DeleteBucketTagging => bucket_tagging::delete(call).await,
        GetObjectLockConfiguration => object_lock::get_config(call).await,
        PutObjectLockConfiguration => object_lock::put_config(call, body).await,
        GetPublicAccessBlock => public_access_block::get(call).await,
        PutPublicAccessBlock => public_access_block::put(call, body).await,
        DeletePublicAccessBlock => public_access_block::delete(call).await,
        GetBucketPolicy => public_access_block::policy(call).await,
        GetBucketPolicyStatus => public_access_block::policy_status(call).await,
        ListObjectVersions => list_object_versions::run(call).await,
        GetObjectAttributes => get_object_attributes::run(call).await,
        GetObjectTagging => object_tagging::get(call).await,
        PutObjectTagging => object_tagging::put(call, body).await,
        DeleteObjectTagging => object_tagging::delete(call).await,
        GetObjectRetention => object_lock::get_retention(call).await,
        PutObjectRetention => object_lock::put_retention(call, body).await,
        GetObjectLegalHold => object_lock::get_legal_hold(call).await,
        PutObjectLegalHold => object_lock::put_legal_hold(call, body).await,
        unbuilt => Err(S3Error::not_implemented(unbuilt).into()),
    }
}
