//! AbortMultipartUpload.

use http::StatusCode;
use s3_wire::ops::abort_multipart_upload;

use super::upload_part::upload_id;
use crate::call::Call;
use crate::error::Failure;
use crate::reply::Reply;

pub(crate) async fn run(call: &Call<'_>) -> Result<Reply, Failure> {
    let id = upload_id(&abort_multipart_upload::decode(call.query))?;
    call.store().abort_upload(call.caller, call.bucket()?, call.key()?, id).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}
