//! DeleteBucketCors: in force with the next request.

use http::StatusCode;

use crate::call::Call;
use crate::error::Failure;
use crate::reply::Reply;

pub(crate) async fn run(call: &Call<'_>) -> Result<Reply, Failure> {
    call.store().delete_bucket_cors(call.caller, call.bucket()?).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}
