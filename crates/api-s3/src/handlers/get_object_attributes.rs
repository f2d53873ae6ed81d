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
    let row = |(size, number): (&u64, u64)| {
        let number = PartNumber::new(number)?;
        let checksum = info.part_checksums.as_ref().and_then(|checksums| checksums.get(number.get()));
        Some(ObjectPart { number, size: *size, checksum })
    };
    let rows: Vec<_> = sizes.iter().zip(1..).skip(after).take(limit).filter_map(row).collect();
    let parts = info.parts.map(|count| ObjectParts {
        count,
        checksum_type: info.checksum_type,
        rows: &rows,
        is_truncated: after.saturating_add(rows.len()) < usize::from(count),
    });
    let (headers, document) = get_object_attributes::encode(&request, &info, parts.as_ref());
    Ok(Reply::xml(document).with_headers(headers))
}
