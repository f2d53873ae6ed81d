//! DeleteObjects: one commit for the keys that can be deleted, a row for each that cannot.

use domain::limits::XML_BODY_MAX_BYTES;
use s3_wire::ops::delete_objects::{self, DeleteError};
use store::DeleteObject;

use crate::body::RequestBody;
use crate::call::Call;
use crate::error::Failure;
use crate::handlers::delete_object::deletion;
use crate::reply::Reply;

pub(crate) async fn run(call: &Call<'_>, mut body: RequestBody<'_, '_>) -> Result<Reply, Failure> {
    let document = call.document(&mut body, XML_BODY_MAX_BYTES).await?;
    let request = delete_objects::decode(&document, call.strict_r2())?;
    let objects: Vec<DeleteObject> = request
        .objects
        .into_iter()
        .map(|object| DeleteObject {
            key: object.key,
            version: object.version,
            conditions: object.conditions,
        })
        .collect();
    let asked: Vec<_> = objects.iter().map(|object| (object.key.clone(), object.version)).collect();
    let outcomes = call.store().delete_objects(call.caller, call.bucket()?, objects, false).await?;
    let (mut deleted, mut refused) = (Vec::new(), request.refused);
    for ((key, version), outcome) in asked.iter().zip(outcomes) {
        match outcome {
            Ok(done) => deleted.push((key, deletion(version.is_some(), &done))),
            Err(error) => {
                let error = *Failure::from(error).reply;
                let version = version.map(|version| version.to_string());
                refused.push(DeleteError { key: key.to_string(), version, error });
            }
        }
    }
    // R2 lists what was deleted whatever it was asked
    let quiet = request.quiet && !call.strict_r2();
    Ok(Reply::xml(delete_objects::encode(deleted.into_iter(), &refused, quiet)))
}
