//! A bucket's CORS policy: in force with the next request.

use exchange::Incoming;

use super::refused_rule;
use crate::call::{Call, Reply};
use crate::document;
use crate::error::Failure;
use crate::wire::cors::Cors;

/// Spec: Amazon S3 API, PutBucketCors (64 KB). It also bounds what a stranger's preflight is held against.
const DOCUMENT_MAX_BYTES: usize = 64 * 1024;

pub(super) async fn get(call: &Call<'_>) -> Result<Reply, Failure> {
    let policy = call.store().bucket_cors(call.caller, call.bucket()?).await?;
    Reply::result(Cors::from(&policy))
}

pub(super) async fn put(call: &Call<'_>, body: &mut Incoming<'_>) -> Result<Reply, Failure> {
    let policy = document::read::<Cors>(body, DOCUMENT_MAX_BYTES).await?.check().map_err(refused_rule)?;
    call.store().put_bucket_cors(call.caller, call.bucket()?, &policy).await?;
    Reply::done()
}

pub(super) async fn delete(call: &Call<'_>) -> Result<Reply, Failure> {
    call.store().delete_bucket_cors(call.caller, call.bucket()?).await?;
    Reply::done()
}
