//! ListBuckets.

use s3_wire::ops::list_buckets::{self, BucketRow};
use store::BucketQuery;

use crate::call::Call;
use crate::error::Failure;
use crate::reply::Reply;

pub(crate) async fn run(call: &Call<'_>) -> Result<Reply, Failure> {
    let request = list_buckets::decode(call.query, call.headers)?;
    let query = BucketQuery {
        prefix: request.prefix.clone(),
        after: request.after().map(str::to_owned),
        limit: request.max_keys.limit(),
    };
    let page = call.store().list_buckets(call.caller, &query).await?;
    let rows: Vec<_> = page.buckets.iter().map(|b| BucketRow { name: &b.name, created: b.created }).collect();
    let (headers, document) = list_buckets::encode(call.store().account(), &request, &rows, page.more);
    Ok(Reply::xml(document).with_headers(headers))
}
