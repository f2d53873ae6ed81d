//! CreateMultipartUpload.

use domain::Encryption;
use s3_wire::lifecycle;
use s3_wire::ops::{create_multipart_upload, customer_key};
use store::CreateUpload;

use super::put_object::{create_bucket_if_wanted, names_no_class};
use crate::call::{Call, show_encryption};
use crate::error::Failure;
use crate::reply::Reply;

pub(crate) async fn run(call: &Call<'_>) -> Result<Reply, Failure> {
    let request = create_multipart_upload::decode(call.headers, call.strict_r2)?;
    create_bucket_if_wanted(call, request.create_bucket).await?;
    let create = CreateUpload {
        metadata: request.metadata,
        bucket_class: names_no_class(call),
        checksum: request.checksum,
        conditions: request.conditions,
        note: call.note()?,
        customer_key: call.customer_key()?,
    };
    let (bucket, key) = (call.bucket()?, call.key()?);
    let id = call.store().create_upload(call.caller, bucket, key, &create).await?.to_string();
    let (mut headers, document) = create_multipart_upload::encode(bucket, key, &id, request.checksum);
    let customer_key = customer_key::decode(call.headers)?;
    let encryption = match customer_key {
        Some(_) => Some(Encryption::Customer),
        None => call.store().encryption(),
    };
    show_encryption(encryption, customer_key.as_ref(), &mut headers);
    // begun it is, also when this cannot be found out
    if let Ok(Some((at, rule))) = call.store().upload_expiry(call.caller, bucket, key).await {
        lifecycle::set_abort(&mut headers, at, &rule);
    }
    Ok(Reply::xml(document).with_headers(headers))
}
