//! HeadBucket.

use s3_wire::ops::head_bucket;

use crate::call::Call;
use crate::error::Failure;
use crate::reply::Reply;

pub(crate) async fn run(call: &Call<'_>) -> Result<Reply, Failure> {
    call.store().head_bucket(call.caller, call.bucket()?).await?;
    Ok(Reply::ok(head_bucket::encode()))
}
