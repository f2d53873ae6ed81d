//! CopyObject.

use domain::{Conditions, Error, VersionId};
use s3_wire::CopySource;
use s3_wire::ops::{copy_object, put_object};
use store::CopyObject;

use crate::call::Call;
use crate::error::Failure;
use crate::reply::Reply;

pub(crate) async fn run(call: &Call<'_>) -> Result<Reply, Failure> {
    let request = copy_object::decode(call.headers)?;
    let source = source(request.source, request.source_conditions)?;
    let copy = CopyObject {
        directive: request.metadata_directive,
        metadata: request.metadata,
        storage_class: request.storage_class,
        conditions: request.conditions,
        ..CopyObject::default()
    };
    let copied = call.store().copy_object(call.caller, &source, call.bucket()?, call.key()?, &copy).await?;
    let composite_of = super::get_object::composite_of(&copied.info);
    let source_version = put_object::version_id(&copied.source);
    let (headers, document) = copy_object::encode(&copied.info, composite_of, &source_version);
    Ok(Reply::xml(document).with_headers(headers))
}

/// The question for the source.
pub(super) fn source(source: CopySource, conditions: Conditions) -> Result<store::CopySource, Error> {
    let CopySource { bucket, key, version_id } = source;
    let version = version_id.map(|text| version(&text)).transpose()?;
    Ok(store::CopySource { bucket, key, version, conditions })
}

/// A version's id; any other text names no version.
pub(super) fn version(text: &str) -> Result<VersionId, Error> {
    VersionId::parse(text).ok_or(Error::InvalidVersionId)
}
