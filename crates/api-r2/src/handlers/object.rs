//! One object: read, stored, deleted. Its headers are S3's.

use bytes::Bytes;
use domain::{Checksum, Error};
use exchange::{Incoming, ReplyBody};
use http::{HeaderMap, StatusCode};
use s3_wire::ops::{get_object, put_object};
use s3_wire::{Query, metadata};
use store::{BodySource, BoxFuture, DeleteObject, GetObject, Integrity, NotServed, PutObject};

use super::buckets::storage_class;
use crate::call::{Call, Reply};
use crate::error::{Failure, R2Error};
use crate::wire::object::{Deleted, Stored};

/// Most bytes of an upload.
///
/// Spec: R2 docs, platform limits (uploads through the REST API and wrangler).
const UPLOAD_MAX_BYTES: u64 = 300 * 1024 * 1024;

/// `x-amz-*` headers that are taken beside R2's own; any other would change what is stored, and is refused.
const S3_HEADERS: [&str; 2] = ["x-amz-meta-", "x-amz-checksum-"];

pub(super) async fn get(call: &Call<'_>) -> Result<Reply, Failure> {
    let request = get_object::decode(&Query::default(), call.headers)?;
    let wanted = GetObject {
        conditions: request.conditions.clone(),
        range: request.range,
        if_range: request.if_range.clone(),
        ..GetObject::default()
    };
    let object = match call.store().get_object(call.caller, call.bucket()?, call.key()?, &wanted).await {
        Ok(object) => object,
        Err(reason) => return not_served(reason),
    };
    let (status, headers) = get_object::encode(&object.info, object.range, None, &request);
    let body = ReplyBody::object(object.body, call.request_id).await?;
    Ok(Reply { status, headers, body })
}

/// 304 with the validators, when the client has the object already; an error otherwise.
fn not_served((error, info): NotServed) -> Result<Reply, Failure> {
    match (&error, info) {
        (Error::PreconditionFailed { failed }, Some(info)) if failed.is_not_modified() => {
            let headers = get_object::encode_not_modified(&info);
            Ok(Reply { status: StatusCode::NOT_MODIFIED, headers, body: ReplyBody::empty() })
        }
        _ => Err(error.into()),
    }
}

pub(super) async fn put(call: &Call<'_>, incoming: &mut Incoming<'_>) -> Result<Reply, Failure> {
    refuse_s3_headers(call.headers)?;
    let request = put_object::decode(call.headers)?;
    if request.content_length > UPLOAD_MAX_BYTES {
        return Err(Error::EntityTooLarge { max_bytes: UPLOAD_MAX_BYTES }.into());
    }
    let class = storage_class(call)?;
    let mut metadata = request.metadata;
    metadata.storage_class = class.unwrap_or_default();
    let put = PutObject {
        metadata,
        bucket_class: class.is_none(),
        length: Some(request.content_length),
        conditions: request.conditions,
        integrity: Integrity {
            md5: request.integrity.content_md5,
            payload_sha256: None,
            checksums: request.integrity.checksums,
            algorithms: request.integrity.algorithms,
        },
        ..PutObject::default()
    };
    let mut body = Content(incoming);
    let info = call.store().put_object(call.caller, call.bucket()?, call.key()?, put, &mut body).await?;
    Reply::result(Stored::from(&info))
}

pub(super) async fn delete(call: &Call<'_>) -> Result<Reply, Failure> {
    let key = call.key()?;
    call.store().delete_object(call.caller, call.bucket()?, DeleteObject::from(key.clone()), false).await?;
    Reply::result(Deleted { key: key.to_string() })
}

/// # Errors
/// `InvalidArgument` that names the header.
fn refuse_s3_headers(headers: &HeaderMap) -> Result<(), R2Error> {
    if metadata::is_aws_chunked(headers) {
        return Err(R2Error::invalid_argument("A body in aws-chunked framing is for the S3 API."));
    }
    let is_unknown =
        |name: &str| name.starts_with("x-amz-") && !S3_HEADERS.iter().any(|known| name.starts_with(known));
    match headers.keys().find(|name| is_unknown(name.as_str())) {
        None => Ok(()),
        Some(name) => Err(R2Error::invalid_argument(format!("The header {name} is for the S3 API."))
            .with_hint("Leave it out, or send the object to the S3 API.")),
    }
}

/// The body as it comes.
struct Content<'i, 'b>(&'i mut Incoming<'b>);

impl BodySource for Content<'_, '_> {
    fn next(&mut self) -> BoxFuture<'_, Result<Option<Bytes>, Error>> {
        Box::pin(async {
            loop {
                match self.0.receive().await? {
                    Some(piece) if piece.is_empty() => {}
                    other => return Ok(other),
                }
            }
        })
    }

    fn trailing_checksums(&self) -> Vec<Checksum> {
        Vec::new()
    }
}
