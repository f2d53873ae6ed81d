//! GetBucketVersioning and PutBucketVersioning.

use s3_wire::versioning;

use super::DOCUMENT_MAX_BYTES;
use crate::body::RequestBody;
use crate::call::Call;
use crate::error::Failure;
use crate::reply::Reply;

pub(crate) async fn get(call: &Call<'_>) -> Result<Reply, Failure> {
    let settings = call.store().bucket_settings(call.caller, call.bucket()?).await?;
    Ok(Reply::xml(versioning::encode(settings.versioning)))
}

pub(crate) async fn put(call: &Call<'_>, mut body: RequestBody<'_, '_>) -> Result<Reply, Failure> {
    let document = call.document(&mut body, DOCUMENT_MAX_BYTES).await?;
    call.store().put_versioning(call.caller, call.bucket()?, versioning::decode(&document)?).await?;
    Ok(Reply::done())
}
