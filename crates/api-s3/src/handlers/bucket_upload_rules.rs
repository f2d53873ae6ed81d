//! GetBucketUploadRules, PutBucketUploadRules and DeleteBucketUploadRules: Larder's own.

use http::{HeaderValue, StatusCode, header};
use s3_wire::upload_rules;

use crate::body::RequestBody;
use crate::call::Call;
use crate::error::Failure;
use crate::reply::Reply;

pub(crate) async fn get(call: &Call<'_>) -> Result<Reply, Failure> {
    let rules = call.store().upload_rules(call.caller, call.bucket()?).await?;
    let mut reply = Reply::xml(upload_rules::encode(&rules));
    reply.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(reply)
}

pub(crate) async fn put(call: &Call<'_>, mut body: RequestBody<'_, '_>) -> Result<Reply, Failure> {
    let document = call.document(&mut body, upload_rules::DOCUMENT_MAX_BYTES).await?;
    let rules = upload_rules::decode(&document)?;
    call.store().put_upload_rules(call.caller, call.bucket()?, Some(&rules)).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

pub(crate) async fn delete(call: &Call<'_>) -> Result<Reply, Failure> {
    call.store().put_upload_rules(call.caller, call.bucket()?, None).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}
