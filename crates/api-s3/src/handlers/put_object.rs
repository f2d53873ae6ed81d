//! PutObject.

use s3_wire::S3Error;
use s3_wire::headers::header_text;
use s3_wire::ops::put_object;
use s3_wire::screen::header_not_implemented;
use store::PutObject;

use crate::body::RequestBody;
use crate::call::Call;
use crate::error::Failure;
use crate::reply::Reply;

pub(crate) async fn run(call: &Call<'_>, mut body: RequestBody<'_, '_>) -> Result<Reply, Failure> {
    refuse_auto_create(call)?;
    let request = put_object::decode(call.headers)?;
    let put = PutObject {
        metadata: request.metadata,
        length: Some(request.content_length),
        conditions: request.conditions,
        integrity: call.integrity(request.integrity),
        ..PutObject::default()
    };
    let info = call.store().put_object(call.caller, call.bucket()?, call.key()?, put, &mut body).await?;
    Ok(Reply::ok(put_object::encode(&info)))
}

/// Creating the bucket on the way is not built; a client that counts on it must not get `NoSuchBucket` for an answer.
///
/// Spec: R2 docs, S3 API extensions, auto-creating buckets.
fn refuse_auto_create(call: &Call<'_>) -> Result<(), S3Error> {
    const HEADER: &str = "cf-create-bucket-if-missing";
    match header_text(call.headers, HEADER) {
        Some(value) if !value.eq_ignore_ascii_case("false") => Err(header_not_implemented(HEADER, &value)),
        _ => Ok(()),
    }
}
