//! CopyObject.

use domain::Conditions;
use s3_wire::ops::{copy_object, customer_key, put_object};
use s3_wire::{CopySource, S3Error, versioning};
use store::{CopyObject, CustomerKey};

use crate::call::Call;
use crate::error::Failure;
use crate::reply::Reply;

pub(crate) async fn run(call: &Call<'_>) -> Result<Reply, Failure> {
    let request = copy_object::decode(call.headers)?;
    let source = source(call, request.source, request.source_conditions)?;
    let copy = CopyObject {
        directive: request.metadata_directive,
        metadata: request.metadata,
        storage_class: request.storage_class,
        conditions: call.conditions_of_write(request.conditions),
        note: call.note()?,
        keep_tags: !request.replace_tags,
        customer_key: call.customer_key()?,
        checksum: request.checksum_algorithm,
        rules: call.limits.copy.clone(),
    };
    let copied = call.store().copy_object(call.caller, &source, call.bucket()?, call.key()?, &copy).await?;
    let composite_of = super::get_object::composite_of(&copied.info);
    let source_version = put_object::version_id(&copied.source);
    let (mut headers, document) = copy_object::encode(&copied.info, composite_of, &source_version);
    call.show_encryption(&copied.info, &mut headers)?;
    super::put_object::show_expiry(call, &copied.info, &mut headers).await?;
    Ok(Reply::xml(document).with_headers(headers))
}

/// The question for the source.
pub(super) fn source(
    call: &Call<'_>,
    source: CopySource,
    conditions: Conditions,
) -> Result<store::CopySource, S3Error> {
    let CopySource { bucket, key, version_id } = source;
    let version = version_id.map(|text| versioning::parse(&text, "x-amz-copy-source")).transpose()?;
    let customer_key = customer_key::decode_copy_source(call.headers)?;
    let customer_key = customer_key.map(|key| CustomerKey::new(key.expose()));
    Ok(store::CopySource { bucket, key, version, conditions, customer_key })
}
