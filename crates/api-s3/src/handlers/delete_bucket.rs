//! DeleteBucket.

use http::StatusCode;

use crate::call::Call;
use crate::error::Failure;
use crate::reply::Reply;

pub(crate) async fn run(call: &Call<'_>) -> Result<Reply, Failure> {
    call.store().delete_bucket(call.caller, call.bucket()?).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}
