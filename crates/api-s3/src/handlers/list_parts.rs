//! ListParts.

use domain::{Checksum, Error, PartNumber, UploadChecksum};
use s3_wire::ops::list_parts::{self, PartRow, Upload};

use super::upload_part::upload_id;
use crate::call::Call;
use crate::error::Failure;
use crate::reply::Reply;

pub(crate) async fn run(call: &Call<'_>) -> Result<Reply, Failure> {
    let request = list_parts::decode(call.query)?;
    let (bucket, key) = (call.bucket()?, call.key()?);
    // no part has a number behind the last there can be
    let after = u16::try_from(request.page.marker).unwrap_or(u16::MAX);
    let id = upload_id(&request.upload_id)?;
    let (wanted, customer_key) = ((after, request.page.limit), call.customer_key()?);
    let page = call.store().list_parts(call.caller, bucket, key, id, wanted, customer_key.as_ref()).await?;
    let row = |part: &store::Part| {
        let number = PartNumber::new(part.number.into()).ok_or_else(|| Error::internal("a part's number"))?;
        Ok((number, part.info.clone()))
    };
    let parts = page.parts.iter().map(row).collect::<Result<Vec<_>, Error>>()?;
    let algorithm = page.upload.checksum.map(UploadChecksum::algorithm);
    let is_wanted = |checksum: &&Checksum| algorithm.is_none_or(|wanted| wanted == checksum.algorithm());
    let rows: Vec<_> = parts
        .iter()
        .map(|(number, info)| PartRow {
            number: *number,
            size: info.size,
            etag: &info.etag,
            last_modified: info.last_modified,
            checksum: info.checksums.iter().find(is_wanted),
        })
        .collect();
    let upload = Upload {
        bucket,
        key,
        owner: call.store().account(),
        storage_class: page.upload.metadata.storage_class,
        checksum: page.upload.checksum,
    };
    Ok(Reply::xml(list_parts::encode(&request, &upload, &rows, page.more)))
}
