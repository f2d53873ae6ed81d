//! PutObject.

use auth::Caller;
use domain::{BucketName, Error, ObjectInfo};
use http::HeaderMap;
use s3_wire::lifecycle;
use s3_wire::ops::put_object;
use store::{PutObject, Store};

use crate::body::RequestBody;
use crate::call::Call;
use crate::error::Failure;
use crate::reply::Reply;

pub(crate) async fn run(call: &Call<'_>, mut body: RequestBody<'_, '_>) -> Result<Reply, Failure> {
    let request = put_object::decode(call.headers)?;
    create_bucket_if_wanted(call, request.create_bucket).await?;
    let put = PutObject {
        metadata: request.metadata,
        bucket_class: names_no_class(call),
        length: Some(request.content_length),
        conditions: call.conditions_of_write(request.conditions),
        integrity: call.integrity(request.integrity),
        note: call.note()?,
        customer_key: call.customer_key()?,
    };
    let info = call.store().put_object(call.caller, call.bucket()?, call.key()?, put, &mut body).await?;
    let mut headers = put_object::encode(&info);
    call.show_encryption(&info, &mut headers)?;
    show_expiry(call, &info, &mut headers).await?;
    Ok(Reply::ok(headers))
}

/// Whether the storage class is left to the bucket.
pub(super) fn names_no_class(call: &Call<'_>) -> bool {
    !call.headers.contains_key("x-amz-storage-class")
}

/// Says when an object that was just stored will be deleted, if it will be and if that can be found out: stored it is.
pub(super) async fn show_expiry(
    call: &Call<'_>,
    info: &ObjectInfo,
    headers: &mut HeaderMap,
) -> Result<(), Failure> {
    show_expiry_in(call.store(), call.caller, call.bucket()?, info, headers).await;
    Ok(())
}

/// As [`show_expiry`], without a call.
pub(super) async fn show_expiry_in(
    store: &Store,
    caller: &Caller,
    bucket: &BucketName,
    info: &ObjectInfo,
    headers: &mut HeaderMap,
) {
    if let Ok(Some((at, rule))) = store.object_expiry(caller, bucket, info).await {
        lifecycle::set_expiration(headers, at, &rule);
    }
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
