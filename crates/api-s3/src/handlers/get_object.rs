//! GetObject; what it shares with HeadObject is here.

use domain::{Error, RangeRequest};
use http::StatusCode;
use s3_wire::ops::get_object::{self, GetObject};
use store::NotServed;

use crate::call::Call;
use crate::error::Failure;
use crate::reply::{Reply, ReplyBody};

pub(crate) async fn run(call: &Call<'_>) -> Result<Reply, Failure> {
    let request = get_object::decode(call.query, call.headers)?;
    let wanted = wanted(&request);
    let object = match call.store().get_object(call.caller, call.bucket()?, call.key()?, &wanted).await {
        Ok(object) => object,
        Err(reason) => return not_served(reason),
    };
    let (status, headers) = get_object::encode(&object.info, object.range, None, &request);
    let body = ReplyBody::object(object.body, call.request_id).await?;
    Ok(Reply { status, headers, body })
}

/// The question to the store.
pub(super) fn wanted(request: &GetObject) -> store::GetObject {
    // every object has one part: the last 0 bytes of any object cannot be satisfied, once it is known to exist
    let is_missing_part = request.part_number.is_some_and(|number| number.get() > 1);
    store::GetObject {
        conditions: request.conditions.clone(),
        range: request.range.or_else(|| is_missing_part.then_some(RangeRequest::Suffix(0))),
        if_range: request.if_range.clone(),
    }
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
