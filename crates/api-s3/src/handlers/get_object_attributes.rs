//! GetObjectAttributes.

use domain::PartNumber;
use s3_wire::ops::get_object_attributes::{self, ObjectPart, ObjectParts};

use crate::call::Call;
use crate::error::Failure;
use crate::reply::Reply;

pub(crate) async fn run(call: &Call<'_>) -> Result<Reply, Failure> {
    let request = get_object_attributes::decode(call.headers)?;
    let version = super::get_object::version(call)?;
    let key = call.customer_key()?;
    let (info, sizes) =
        call.store().object_parts(call.caller, call.bucket()?, call.key()?, version, key.as_ref()).await?;
    let after = usize::try_from(request.page.marker).unwrap_or(usize::MAX);
    let limit = usize::try_from(request.page.limit).unwrap_or(usize::MAX);
    let rows: Vec<_> = sizes
        .iter()
        .zip(1_u64..)
        .filter_map(|(size, number)| {
            Some(ObjectPart { number: PartNumber::new(number)?, size: *size, checksum: None })
        })
        .skip(after)
        .take(limit)
        .collect();
    let parts = info.parts.map(|count| ObjectParts {
        count,
        checksum_type: info.checksum_type,
        rows: &rows,
        is_truncated: after.saturating_add(rows.len()) < usize::from(count),
    });
    let (headers, document) = get_object_attributes::encode(&request, &info, parts.as_ref());
    Ok(Reply::xml(document).with_headers(headers))
}
