//! UploadPartCopy.

use http::HeaderMap;
use s3_wire::ops::upload_part_copy;
use store::CopyPart;

use super::copy_object::source;
use super::upload_part::upload_id;
use crate::call::Call;
use crate::error::Failure;
use crate::reply::Reply;

pub(crate) async fn run(call: &Call<'_>) -> Result<Reply, Failure> {
    let request = upload_part_copy::decode(call.query, call.headers)?;
    let part = (upload_id(&request.upload_id)?, request.number);
    let copy = CopyPart {
        source: source(call, request.source, request.source_conditions)?,
        range: request.range,
        customer_key: call.customer_key()?,
    };
    let info = call.store().copy_part(call.caller, call.bucket()?, call.key()?, part, &copy).await?;
    let checksum = info.checksums.first();
    let document = upload_part_copy::encode(&info.etag, info.last_modified, checksum);
    let mut headers = HeaderMap::new();
    call.show_encryption(&info, &mut headers)?;
    Ok(Reply::xml(document).with_headers(headers))
}
