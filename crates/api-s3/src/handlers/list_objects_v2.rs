//! ListObjectsV2.

use s3_wire::ops::list_objects_v2;

use crate::call::Call;
use crate::error::Failure;
use crate::reply::Reply;

pub(crate) async fn run(call: &Call<'_>) -> Result<Reply, Failure> {
    let bucket = call.bucket()?;
    let request = list_objects_v2::decode(call.query)?;
    let page = call.store().list_objects(call.caller, bucket, &request.to_query()).await?;
    Ok(Reply::xml(list_objects_v2::encode(bucket, call.store().account(), &request, &page)))
}
