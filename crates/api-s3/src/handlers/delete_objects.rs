//! DeleteObjects: one commit for the keys that can be deleted, a row for each that cannot.

use domain::limits::XML_BODY_MAX_BYTES;
use s3_wire::ops::delete_objects;
use store::DeleteObject;

use crate::body::RequestBody;
use crate::call::Call;
use crate::error::Failure;
use crate::reply::Reply;

pub(crate) async fn run(call: &Call<'_>, mut body: RequestBody<'_, '_>) -> Result<Reply, Failure> {
    let document = call.document(&mut body, XML_BODY_MAX_BYTES).await?;
    let request = delete_objects::decode(&document)?;
    let objects = request.keys.iter().cloned().map(DeleteObject::from).collect();
    call.store().delete_objects(call.caller, call.bucket()?, objects, false).await?;
    // R2 lists what was deleted whatever it was asked
    let quiet = request.quiet && !call.strict_r2();
    Ok(Reply::xml(delete_objects::encode(request.keys.iter(), &request.refused, quiet)))
}
