//! GetObject; what it shares with HeadObject is here.

use domain::{ChecksumType, Error, ObjectInfo, VersionId};
use http::StatusCode;
use s3_wire::ops::get_object::{self, GetObject, Parts};
use store::NotServed;

use crate::call::Call;
use crate::error::Failure;
use crate::reply::{Reply, ReplyBody};

pub(crate) async fn run(call: &Call<'_>) -> Result<Reply, Failure> {
    let request = get_object::decode(call.query, call.headers)?;
    let wanted = wanted(call, &request)?;
    let object = match call.store().get_object(call.caller, call.bucket()?, call.key()?, &wanted).await {
        Ok(object) => object,
        Err(reason) => return not_served(reason),
    };
    let (status, headers) =
        get_object::encode(&object.info, object.range, parts(&object.info).as_ref(), &request);
    let body = ReplyBody::object(object.body, call.request_id).await?;
    Ok(Reply { status, headers, body })
}

/// The question to the store.
pub(super) fn wanted(call: &Call<'_>, request: &GetObject) -> Result<store::GetObject, Error> {
    Ok(store::GetObject {
        conditions: request.conditions.clone(),
        range: request.range,
        if_range: request.if_range.clone(),
        part: request.part_number,
        version: version(call)?,
    })
}

/// The version that is asked for.
pub(super) fn version(call: &Call<'_>) -> Result<Option<VersionId>, Error> {
    let text = call.query.get("versionId").filter(|text| !text.is_empty());
    text.map(super::copy_object::version).transpose()
}

/// What a reply says of the object's parts.
pub(super) fn parts(info: &ObjectInfo) -> Option<Parts> {
    info.parts.map(|count| Parts { count, checksum_type: info.checksum_type, part_checksum: None })
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
        _ => Err(error.into()),
    }
}
