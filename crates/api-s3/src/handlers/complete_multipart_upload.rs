//! CompleteMultipartUpload.

use domain::ObjectInfo;
use domain::limits::XML_BODY_MAX_BYTES;
use http::HeaderMap;
use s3_wire::S3Error;
use s3_wire::ops::complete_multipart_upload::{self, CompleteMultipartUpload};
use s3_wire::ops::integrity;
use store::{CompleteUpload, Completed};

use super::get_object::composite_of;
use super::put_object::show_expiry;
use super::upload_part::upload_id;
use crate::body::RequestBody;
use crate::call::Call;
use crate::error::Failure;
use crate::reply::Reply;

pub(crate) async fn run(call: &Call<'_>, mut body: RequestBody<'_, '_>) -> Result<Reply, Failure> {
    // its checksum headers are of the object
    let promised = integrity::decode_document(call.headers)?;
    let document = call.document_of(promised, &mut body, XML_BODY_MAX_BYTES).await?;
    let request = complete_multipart_upload::decode(call.query, call.headers, &document)?;
    let id = upload_id(&request.upload_id)?;
    let complete = wanted(call, request)?;
    let (bucket, key) = (call.bucket()?, call.key()?);
    let completed = call.store().complete_upload(call.caller, bucket, key, id, complete).await?;
    let mut shown = HeaderMap::new();
    let is_repeated = matches!(completed, Completed::Before(_));
    let info = match completed {
        Completed::Now(info) => {
            show_expiry(call, &info, &mut shown).await?;
            call.show_encryption(&info, &mut shown)?;
            *info
        }
        Completed::Before(etag) => ObjectInfo { etag, ..ObjectInfo::unknown(key) },
    };
    let (mut headers, document) =
        complete_multipart_upload::encode(bucket, &call.head.url(), &info, composite_of(&info));
    if is_repeated {
        // it is not remembered which version that was
        headers.remove("x-amz-version-id");
    }
    headers.extend(shown);
    Ok(Reply::xml(document).with_headers(headers))
}

fn wanted(call: &Call<'_>, request: CompleteMultipartUpload) -> Result<CompleteUpload, S3Error> {
    let parts = request.parts.len();
    if let Some(given) = request.checksum.as_ref().and_then(|checksum| checksum.composite_of)
        && usize::from(given) != parts
    {
        return Err(S3Error::invalid_request(format!(
            "The checksum is one of {given} parts, and {parts} are named."
        )));
    }
    Ok(CompleteUpload {
        parts: request.parts,
        conditions: call.conditions_of_write(request.conditions),
        checksums: request.checksum.map(|checksum| checksum.checksum).into_iter().collect(),
        checksum_type: request.checksum_type,
        size: request.size_bytes,
        equal_parts: call.strict_r2,
        bounds: call.limits.whole.clone(),
        customer_key: call.customer_key()?,
    })
}
