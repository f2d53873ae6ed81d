//! PutBucketCors: in force with the next request.

use http::StatusCode;
use s3_wire::ops::put_bucket_cors;

use crate::body::RequestBody;
use crate::call::Call;
use crate::error::Failure;
use crate::reply::Reply;

/// Spec: Amazon S3 API, PutBucketCors (64 KB). It also bounds what a stranger's preflight is held against.
const DOCUMENT_MAX_BYTES: usize = 64 * 1024;

pub(crate) async fn run(call: &Call<'_>, mut body: RequestBody<'_, '_>) -> Result<Reply, Failure> {
    let document = call.document(&mut body, DOCUMENT_MAX_BYTES).await?;
    let policy = put_bucket_cors::decode(&document)?;
    call.store().put_bucket_cors(call.caller, call.bucket()?, &policy).await?;
    Ok(Reply::empty(StatusCode::OK))
}
