//! ListObjectVersions.

use s3_wire::ops::list_object_versions;

use crate::call::Call;
use crate::error::Failure;
use crate::reply::Reply;

pub(crate) async fn run(call: &Call<'_>) -> Result<Reply, Failure> {
    let bucket = call.bucket()?;
    let request = list_object_versions::decode(call.query)?;
    let page = call.store().list_versions(call.caller, bucket, &request.to_query()).await?;
    Ok(Reply::xml(list_object_versions::encode(bucket, call.store().account(), &request, &page)))
}
