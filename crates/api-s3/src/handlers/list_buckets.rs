//! ListBuckets.

use s3_wire::ops::list_buckets::{self, BucketRow};

use crate::call::Call;
use crate::error::Failure;
use crate::reply::Reply;

pub(crate) async fn run(call: &Call<'_>) -> Result<Reply, Failure> {
    let request = list_buckets::decode(call.query, call.headers)?;
    let buckets = call.store().list_buckets(call.caller).await?;
    let rows: Vec<_> = buckets.iter().map(|b| BucketRow { name: &b.name, created: b.created }).collect();
    let (headers, document) = list_buckets::encode(call.store().account(), &request, &rows);
    Ok(Reply::xml(document).with_headers(headers))
}
