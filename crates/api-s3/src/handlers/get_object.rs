//! GetObject; what it shares with HeadObject is here.

use domain::{ChecksumType, Error, ObjectInfo, VersionId};
use exchange::ReplyBody;
use http::{HeaderMap, StatusCode};
use s3_wire::ops::get_object::{self, GetObject, Parts};
use s3_wire::{S3Error, lifecycle, object_lock, tagging, versioning};
use store::{NotServed, Object};

use crate::call::Call;
use crate::error::Failure;
use crate::reply::Reply;

pub(crate) async fn run(call: &Call<'_>) -> Result<Reply, Failure> {
    let request = get_object::decode(call.query, call.headers)?;
    let wanted = wanted(call, &request)?;
    let object = match call.store().get_object(call.caller, call.bucket()?, call.key()?, &wanted).await {
        Ok(object) => object,
        Err(reason) => return not_served(reason),
    };
    let (status, mut headers) =
        get_object::encode(&object.info, object.range, parts(&object.info, &request).as_ref(), &request);
    describe(&object, &mut headers);
    call.show_encryption(&object.info, &mut headers)?;
    let body = ReplyBody::object(object.body, call.request_id).await?;
    Ok(Reply { status, headers, body })
}

/// The question to the store.
pub(super) fn wanted(call: &Call<'_>, request: &GetObject) -> Result<store::GetObject, S3Error> {
    Ok(store::GetObject {
        conditions: request.conditions.clone(),
        range: request.range,
        if_range: request.if_range.clone(),
        part: request.part_number,
        version: version(call)?,
        customer_key: call.customer_key()?,
    })
}

/// The version that is asked for. R2 has none, and ignores the parameter.
pub(super) fn version(call: &Call<'_>) -> Result<Option<VersionId>, S3Error> {
    if call.strict_r2 { Ok(None) } else { versioning::version_id(call.query) }
}

/// Adds what else is known of an object that is served.
pub(super) fn describe(object: &Object, headers: &mut HeaderMap) {
    tagging::set_count(headers, &object.note.tags);
    object_lock::set_headers(headers, &object.note.lock);
    if let Some((at, rule)) = &object.expiry {
        lifecycle::set_expiration(headers, *at, rule);
    }
}

/// What a reply says of the object's parts, and of the one that is asked for.
pub(super) fn parts(info: &ObjectInfo, request: &GetObject) -> Option<Parts> {
    let wanted = info.part_checksums.as_ref().zip(request.part_number);
    let part_checksum = wanted.and_then(|(checksums, number)| checksums.get(number.get()));
    info.parts.map(|count| Parts { count, checksum_type: info.checksum_type, part_checksum })
}

/// The number of parts, when the object's checksums are made from those of its parts.
pub(super) fn composite_of(info: &ObjectInfo) -> Option<u16> {
    info.parts.filter(|_| info.checksum_type == ChecksumType::Composite)
}

/// 304 with the validators, when the client has the object already; an error otherwise.
///
/// Spec: RFC 9110, section 15.4.5.
pub(super) fn not_served((error, info): NotServed) -> Result<Reply, Failure> {
    match (&error, info) {
        (Error::PreconditionFailed { failed }, Some(info)) if failed.is_not_modified() => {
            Ok(Reply::empty(StatusCode::NOT_MODIFIED).with_headers(get_object::encode_not_modified(&info)))
        }
        (Error::IsDeleteMarker { version, .. }, _) => {
            let version = *version;
            let mut failure = Failure::from(error);
            versioning::set_version_id(&mut failure.headers, version);
            versioning::set_delete_marker(&mut failure.headers);
            Err(failure)
        }
        _ => Err(error.into()),
    }
}
