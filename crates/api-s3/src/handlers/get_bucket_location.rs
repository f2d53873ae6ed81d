//! GetBucketLocation.

use s3_wire::ops::get_bucket_location;

use crate::call::Call;
use crate::error::Failure;
use crate::reply::Reply;

pub(crate) async fn run(call: &Call<'_>) -> Result<Reply, Failure> {
    let location = call.store().bucket_location(call.caller, call.bucket()?).await?;
    Ok(Reply::xml(get_bucket_location::encode(location.as_deref())))
}
