//! PutBucketEncryption and DeleteBucketEncryption: what every bucket has may be asked for, and nothing changes.

use http::StatusCode;
use s3_wire::ops::put_bucket_encryption;

use super::DOCUMENT_MAX_BYTES;
use crate::body::RequestBody;
use crate::call::Call;
use crate::error::Failure;
use crate::reply::Reply;

pub(crate) async fn put(call: &Call<'_>, mut body: RequestBody<'_, '_>) -> Result<Reply, Failure> {
    let document = call.document(&mut body, DOCUMENT_MAX_BYTES).await?;
    put_bucket_encryption::decode(&document)?;
    call.store().bucket_settings(call.caller, call.bucket()?).await?;
    Ok(Reply::done())
}

pub(crate) async fn delete(call: &Call<'_>) -> Result<Reply, Failure> {
    call.store().bucket_settings(call.caller, call.bucket()?).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}
