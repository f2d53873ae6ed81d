//! CreateBucket.

use s3_wire::ops::create_bucket;

use crate::body::RequestBody;
use crate::call::Call;
use crate::error::Failure;
use crate::reply::Reply;

/// A location constraint and its namespaces, many times over.
const DOCUMENT_MAX_BYTES: usize = 64 * 1024;

pub(crate) async fn run(call: &Call<'_>, mut body: RequestBody<'_, '_>) -> Result<Reply, Failure> {
    let bucket = call.bucket()?;
    let document = call.document(&mut body, DOCUMENT_MAX_BYTES).await?;
    let request = create_bucket::decode(&document)?;
    call.store().create_bucket(call.caller, bucket, request.location).await?;
    Ok(Reply::ok(create_bucket::encode(bucket)))
}
