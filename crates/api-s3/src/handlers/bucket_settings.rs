//! Settings that every bucket has alike: encryption, ACL, replication; in strict mode those too that R2 does not have.
//! Only the bucket's existence is looked up.

use s3_wire::ops::bucket_settings;
use s3_wire::{Operation, S3Error};

use crate::call::Call;
use crate::error::Failure;
use crate::reply::Reply;

pub(crate) async fn run(call: &Call<'_>) -> Result<Reply, Failure> {
    call.store().bucket_location(call.caller, call.bucket()?).await?;
    match call.route.operation {
        Operation::GetBucketVersioning => Ok(Reply::xml(bucket_settings::versioning())),
        Operation::GetBucketEncryption => Ok(Reply::xml(bucket_settings::encryption())),
        Operation::GetBucketAcl => Ok(Reply::xml(bucket_settings::acl(call.store().account()))),
        Operation::GetBucketTagging => Err(bucket_settings::tagging().into()),
        Operation::GetObjectLockConfiguration => Err(bucket_settings::object_lock().into()),
        Operation::GetBucketReplication => Err(bucket_settings::replication().into()),
        other => Err(S3Error::not_implemented(other).into()),
    }
}
