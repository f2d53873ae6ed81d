//! PutObject.

use domain::Error;
use s3_wire::ops::put_object;
use store::PutObject;

use crate::body::RequestBody;
use crate::call::Call;
use crate::error::Failure;
use crate::reply::Reply;

pub(crate) async fn run(call: &Call<'_>, mut body: RequestBody<'_, '_>) -> Result<Reply, Failure> {
    let request = put_object::decode(call.headers)?;
    create_bucket_if_wanted(call, request.create_bucket).await?;
    let put = PutObject {
        metadata: request.metadata,
        length: Some(request.content_length),
        conditions: request.conditions,
        integrity: call.integrity(request.integrity),
        note: call.note()?,
        customer_key: call.customer_key()?,
    };
    let info = call.store().put_object(call.caller, call.bucket()?, call.key()?, put, &mut body).await?;
    let mut headers = put_object::encode(&info);
    call.show_encryption(&info, &mut headers)?;
    Ok(Reply::ok(headers))
}

/// Creates the bucket of an upload that asks for it, if there is none.
///
/// Spec: R2 docs, S3 API extensions, auto-creating buckets on upload.
pub(super) async fn create_bucket_if_wanted(call: &Call<'_>, wanted: bool) -> Result<(), Failure> {
    if !wanted {
        return Ok(());
    }
    match call.store().head_bucket(call.caller, call.bucket()?).await {
        Err(Error::NoSuchBucket { .. }) => {}
        other => return Ok(other.map(drop)?),
    }
    match call.store().create_bucket(call.caller, call.bucket()?, None).await {
        Ok(()) | Err(Error::BucketAlreadyOwnedByYou { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
