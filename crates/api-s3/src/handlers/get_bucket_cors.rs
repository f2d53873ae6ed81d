//! GetBucketCors.

use s3_wire::ops::get_bucket_cors;

use crate::call::Call;
use crate::error::Failure;
use crate::reply::Reply;

pub(crate) async fn run(call: &Call<'_>) -> Result<Reply, Failure> {
    let policy = call.store().bucket_cors(call.caller, call.bucket()?).await?;
    Ok(Reply::xml(get_bucket_cors::encode(&policy)))
}
