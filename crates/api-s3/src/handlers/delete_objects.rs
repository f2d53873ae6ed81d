//! DeleteObjects: one commit for the keys that can be deleted, a row for each that cannot.

use domain::limits::XML_BODY_MAX_BYTES;
use domain::versioning::Deletion;
use s3_wire::ops::delete_objects;

use crate::body::RequestBody;
use crate::call::Call;
use crate::error::Failure;
use crate::reply::Reply;

pub(crate) async fn run(call: &Call<'_>, mut body: RequestBody<'_, '_>) -> Result<Reply, Failure> {
    let document = call.document(&mut body, XML_BODY_MAX_BYTES).await?;
    // conditions and versions are refused until the store judges them
    let request = delete_objects::decode(&document, true)?;
    let keys: Vec<_> = request.objects.into_iter().map(|object| object.key).collect();
    let outcomes = call.store().delete_objects(call.caller, call.bucket()?, &keys).await?;
    // R2 lists what was deleted whatever it was asked
    let quiet = request.quiet && !call.strict_r2();
    let deleted = outcomes.iter().map(|outcome| (&outcome.key, Deletion::Object));
    Ok(Reply::xml(delete_objects::encode(deleted, &request.refused, quiet)))
}
