//! DeleteObject.

use auth::Action;
use http::StatusCode;
use s3_wire::object_lock::bypasses_governance;
use s3_wire::ops::delete_object;
use s3_wire::versioning;
use store::DeleteObject;

use super::delete_objects::deletion;
use super::get_object::version;
use crate::call::Call;
use crate::error::Failure;
use crate::reply::Reply;

pub(crate) async fn run(call: &Call<'_>) -> Result<Reply, Failure> {
    let mut object = DeleteObject::from(call.key()?.clone());
    if call.strict_r2 {
        delete_object::decode(call.query)?;
    } else {
        object.version = version(call)?;
        object.conditions = delete_object::conditions(call.headers)?;
    }
    let bypass = bypass_governance(call);
    let deleted = call.store().delete_object(call.caller, call.bucket()?, object.clone(), bypass).await?;
    let mut reply = Reply::empty(StatusCode::NO_CONTENT);
    versioning::set_deletion(&mut reply.headers, deletion(&object, deleted));
    Ok(reply)
}

/// Whether retention in governance mode is to be bypassed: for those only who may change the bucket's settings.
pub(super) fn bypass_governance(call: &Call<'_>) -> bool {
    let may = call.caller.allow(Action::WriteBucketSettings, call.route.bucket.as_ref()).is_ok();
    may && bypasses_governance(call.headers)
}
