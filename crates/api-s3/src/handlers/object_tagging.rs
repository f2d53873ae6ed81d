//! GetObjectTagging, PutObjectTagging and DeleteObjectTagging.

use domain::{TagSet, VersionId};
use http::StatusCode;
use s3_wire::{tagging, versioning};
use store::VersionRef;

use super::DOCUMENT_MAX_BYTES;
use super::get_object::version;
use crate::body::RequestBody;
use crate::call::Call;
use crate::error::Failure;
use crate::reply::Reply;

pub(crate) async fn get(call: &Call<'_>) -> Result<Reply, Failure> {
    let object = VersionRef { key: call.key()?, version: version(call)? };
    let (tags, id) = call.store().object_tags(call.caller, call.bucket()?, object).await?;
    Ok(of_version(Reply::xml(tagging::encode(&tags)), id))
}

pub(crate) async fn put(call: &Call<'_>, mut body: RequestBody<'_, '_>) -> Result<Reply, Failure> {
    let document = call.document(&mut body, DOCUMENT_MAX_BYTES).await?;
    let tags = tagging::decode_object(&document)?;
    Ok(of_version(Reply::done(), change(call, &tags).await?))
}

pub(crate) async fn delete(call: &Call<'_>) -> Result<Reply, Failure> {
    let id = change(call, &TagSet::default()).await?;
    Ok(of_version(Reply::empty(StatusCode::NO_CONTENT), id))
}

async fn change(call: &Call<'_>, tags: &TagSet) -> Result<Option<VersionId>, Failure> {
    let object = VersionRef { key: call.key()?, version: version(call)? };
    Ok(call.store().put_object_tags(call.caller, call.bucket()?, object, tags).await?)
}

fn of_version(mut reply: Reply, id: Option<VersionId>) -> Reply {
    if let Some(id) = id {
        versioning::set_version_id(&mut reply.headers, id);
    }
    reply
}
