//! DeleteObjects: one commit for what can be deleted, a row for each that cannot.

use domain::limits::XML_BODY_MAX_BYTES;
use domain::versioning::Deletion;
use s3_wire::ops::delete_objects::{self, DeleteError};
use store::{DeleteObject, Deleted};

use super::delete_object::bypass_governance;
use crate::body::RequestBody;
use crate::call::Call;
use crate::error::Failure;

use crate::reply::Reply;

pub(crate) async fn run(call: &Call<'_>, mut body: RequestBody<'_, '_>) -> Result<Reply, Failure> {
    let document = call.document(&mut body, XML_BODY_MAX_BYTES).await?;
    let request = delete_objects::decode(&document, call.strict_r2)?;
    let objects: Vec<_> = request
        .objects
        .into_iter()
        .map(|o| DeleteObject { key: o.key, version: o.version, conditions: o.conditions })
        .collect();
    let bypass = bypass_governance(call);
    let outcomes = call.store().delete_objects(call.caller, call.bucket()?, objects.clone(), bypass).await?;
    let (mut deleted, mut refused) = (Vec::new(), request.refused);
    for (object, outcome) in objects.iter().zip(outcomes) {
        match outcome {
            Ok(outcome) => deleted.push((&object.key, deletion(object, outcome))),
            Err(error) => refused.push(DeleteError {
                key: object.key.to_string(),
                version: object.version.map(|version| version.to_string()),
                error: *Failure::from(error).reply,
            }),
        }
    }
    // R2 lists what was deleted whatever it was asked
    let quiet = request.quiet && !call.strict_r2;
    Ok(Reply::xml(delete_objects::encode(deleted.into_iter(), &refused, quiet)))
}

/// What is told of a deletion.
pub(super) fn deletion(object: &DeleteObject, outcome: Deleted) -> Deletion {
    match (object.version, outcome) {
        (Some(version), Deleted { is_marker: true, .. }) => Deletion::Marker(version),
        (Some(version), _) => Deletion::Version(version),
        (None, Deleted { version_id: Some(marker), .. }) => Deletion::NewMarker(marker),
        (None, _) => Deletion::Object,
    }
}
