//! GetPublicAccessBlock, PutPublicAccessBlock and DeletePublicAccessBlock; the policy that is in force, to be read.
//!
//! The S3 API serves nobody anonymously: no bucket has a policy, and none is public by it.

use domain::Error;
use domain::error::Setting;
use http::StatusCode;
use s3_wire::public_access;

use super::DOCUMENT_MAX_BYTES;
use crate::body::RequestBody;
use crate::call::Call;
use crate::error::Failure;
use crate::reply::Reply;

pub(crate) async fn get(call: &Call<'_>) -> Result<Reply, Failure> {
    let block = call.store().public_access_block(call.caller, call.bucket()?).await?;
    Ok(Reply::xml(public_access::encode(block)))
}

pub(crate) async fn put(call: &Call<'_>, mut body: RequestBody<'_, '_>) -> Result<Reply, Failure> {
    let document = call.document(&mut body, DOCUMENT_MAX_BYTES).await?;
    let block = public_access::decode(&document)?;
    call.store().put_public_access_block(call.caller, call.bucket()?, Some(&block)).await?;
    Ok(Reply::done())
}

pub(crate) async fn delete(call: &Call<'_>) -> Result<Reply, Failure> {
    call.store().put_public_access_block(call.caller, call.bucket()?, None).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// GetBucketPolicy.
pub(crate) async fn policy(call: &Call<'_>) -> Result<Reply, Failure> {
    call.store().bucket_settings(call.caller, call.bucket()?).await?;
    Err(Error::NoSuchSetting(Setting::BucketPolicy).into())
}

/// GetBucketPolicyStatus.
pub(crate) async fn policy_status(call: &Call<'_>) -> Result<Reply, Failure> {
    call.store().bucket_settings(call.caller, call.bucket()?).await?;
    Ok(Reply::xml(public_access::encode_policy_status(false)))
}
