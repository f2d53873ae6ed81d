//! DeleteObject.

use domain::DeleteConditions;
use domain::versioning::Deletion;
use http::StatusCode;
use s3_wire::ops::delete_object;
use store::{DeleteObject, Deleted};

use crate::call::Call;
use crate::error::Failure;
use crate::reply::Reply;

pub(crate) async fn run(call: &Call<'_>) -> Result<Reply, Failure> {
    delete_object::decode(call.query)?;
    let conditions =
        if call.strict_r2() { DeleteConditions::default() } else { delete_object::conditions(call.headers)? };
    let object = DeleteObject { key: call.key()?.clone(), version: None, conditions };
    call.store().delete_object(call.caller, call.bucket()?, object, false).await?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// What a deletion did, in the words of a reply; `named` when one version was asked for.
pub(super) fn deletion(named: bool, deleted: &Deleted) -> Deletion {
    match (deleted.version_id, deleted.is_marker) {
        (None, _) => Deletion::Object,
        (Some(version), false) => Deletion::Version(version),
        (Some(version), true) if named => Deletion::Marker(version),
        (Some(version), true) => Deletion::NewMarker(version),
    }
}
