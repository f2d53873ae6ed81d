//! GetBucketLifecycleConfiguration, PutBucketLifecycleConfiguration and DeleteBucketLifecycle.

use domain::LifecyclePolicy;
use domain::limits::XML_BODY_MAX_BYTES;
use http::StatusCode;
use s3_wire::lifecycle;

use crate::body::RequestBody;
use crate::call::Call;
use crate::error::Failure;
use crate::reply::Reply;

pub(crate) async fn get(call: &Call<'_>) -> Result<Reply, Failure> {
    let policy = call.store().bucket_lifecycle(call.caller, call.bucket()?).await?;
    Ok(Reply::xml(lifecycle::encode(&policy)))
}

pub(crate) async fn put(call: &Call<'_>, mut body: RequestBody<'_, '_>) -> Result<Reply, Failure> {
    let document = call.document(&mut body, XML_BODY_MAX_BYTES).await?;
    let policy = lifecycle::decode(&document)?;
    call.store().put_bucket_lifecycle(call.caller, call.bucket()?, &policy).await?;
    Ok(Reply::done())
}

pub(crate) async fn delete(call: &Call<'_>) -> Result<Reply, Failure> {
    call.store().put_bucket_lifecycle(call.caller, call.bucket()?, &LifecyclePolicy::default()).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}
