//! UploadPart.

use domain::{Error, UploadId};
use s3_wire::ops::upload_part;
use store::PutPart;

use crate::body::RequestBody;
use crate::call::Call;
use crate::error::Failure;
use crate::reply::Reply;

pub(crate) async fn run(call: &Call<'_>, mut body: RequestBody<'_, '_>) -> Result<Reply, Failure> {
    let request = upload_part::decode(call.query, call.headers)?;
    let part = (upload_id(&request.upload_id)?, request.number);
    let integrity = call.integrity(request.integrity);
    let customer_key = call.customer_key()?;
    let put = PutPart { length: Some(request.content_length), integrity, customer_key };
    let info = call.store().put_part(call.caller, call.bucket()?, call.key()?, part, put, &mut body).await?;
    let mut headers = upload_part::encode(&info.etag, &info.checksums);
    call.show_encryption(&info, &mut headers)?;
    Ok(Reply::ok(headers))
}

/// An upload's id; any other text names no upload.
pub(super) fn upload_id(text: &str) -> Result<UploadId, Error> {
    UploadId::parse(text).ok_or(Error::NoSuchUpload)
}
