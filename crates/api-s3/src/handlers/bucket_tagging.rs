//! GetBucketTagging, PutBucketTagging and DeleteBucketTagging.

use http::StatusCode;
use s3_wire::tagging;

use super::DOCUMENT_MAX_BYTES;
use crate::body::RequestBody;
use crate::call::Call;
use crate::error::Failure;
use crate::reply::Reply;

pub(crate) async fn get(call: &Call<'_>) -> Result<Reply, Failure> {
    Ok(Reply::xml(tagging::encode(&call.store().bucket_tags(call.caller, call.bucket()?).await?)))
}

pub(crate) async fn put(call: &Call<'_>, mut body: RequestBody<'_, '_>) -> Result<Reply, Failure> {
    let document = call.document(&mut body, DOCUMENT_MAX_BYTES).await?;
    let tags = tagging::decode_bucket(&document)?;
    call.store().put_bucket_tags(call.caller, call.bucket()?, Some(&tags)).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

pub(crate) async fn delete(call: &Call<'_>) -> Result<Reply, Failure> {
    call.store().put_bucket_tags(call.caller, call.bucket()?, None).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}
